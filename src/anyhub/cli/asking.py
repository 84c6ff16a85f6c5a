"""Questions to the person at the keyboard: whether to go on, and what is not to be shown."""

from __future__ import annotations

import argparse
import getpass
import sys

from anyhub.cli.output import for_stream
from anyhub.errors import ValidationError


def confirm(question: str, args: argparse.Namespace) -> None:
    """Ask before something is removed for good, unless ``--yes`` was given.

    Raises:
        ValidationError: When the answer is no, or when there is nobody to ask.
    """
    if args.yes:
        return
    if not sys.stdin.isatty():
        raise ValidationError(f"{question} There is nobody to ask here; give --yes.")
    print(for_stream(f"{question} [y/N] ", sys.stderr), end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise ValidationError("Nothing was done.")


def secret(prompt: str) -> str:
    """Return what is typed without being shown; from a pipe, its first line.

    Raises:
        ValidationError: When nothing is given.
    """
    text = getpass.getpass(f"{prompt}: ") if sys.stdin.isatty() else sys.stdin.readline()
    if not (text := text.strip()):
        raise ValidationError(f"Nothing was given for the {prompt.lower()}; type it in, or send it through a pipe.")
    return text
