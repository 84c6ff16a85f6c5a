"""What a command is, and the arguments that several of them share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from anyhub.values import REPO_TYPES


@dataclass(frozen=True, slots=True)
class Command:
    """One word after `anyhub`.

    Attributes:
        name (`str`): The word.
        summary (`str`): What it does, in one line of the list of commands.
        description (`str`): What it does, prints, and answers with `--json`.
        examples: Command lines that can be tried as they are.
        add_arguments (`Callable`): Declares its arguments.
        run (`Callable`): Does it, and prints the answer.
    """

    name: str
    summary: str
    description: str
    examples: tuple[str, ...]
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], None]


@dataclass(frozen=True, slots=True)
class Group:
    """A word after `anyhub` that is followed by the word of a command.

    Attributes:
        name (`str`): The word.
        summary (`str`): What its commands are about, in one line of the list of commands.
        commands (`tuple`): They.
    """

    name: str
    summary: str
    commands: tuple[Command, ...]


def add_repo(parser: argparse.ArgumentParser) -> None:
    """Declare REPO and --type, which together name a repository."""
    parser.add_argument("repo", metavar="REPO", help="a repository: 'namespace/name', or 'name' for one of yours")
    add_type(parser)


def add_type(parser: argparse.ArgumentParser) -> None:
    """Declare --type."""
    parser.add_argument("--type", choices=REPO_TYPES, default="model", help="kind of repository (default: model)")


def add_revision(parser: argparse.ArgumentParser) -> None:
    """Declare --revision, of something that is read."""
    parser.add_argument(
        "--revision", metavar="REV", help="a branch, a tag, a commit id or refs/pr/N (default: the branch main)"
    )


def add_limit(parser: argparse.ArgumentParser, what: str) -> None:
    """Declare --limit."""
    parser.add_argument("--limit", type=_count, metavar="N", help=f"at most N {what}")


def add_patterns(parser: argparse.ArgumentParser, verb: str) -> None:
    """Declare --include and --exclude, which may be given several times."""
    parser.add_argument(
        "--include", action="append", metavar="PATTERN", help=f"{verb} only files whose path fits, such as '*.json'"
    )
    parser.add_argument("--exclude", action="append", metavar="PATTERN", help="leave out files whose path fits")


def _count(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return number
