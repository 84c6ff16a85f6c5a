"""The parser of one command's words, which takes options before, between and after the others."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any


class CommandParser(argparse.ArgumentParser):
    """Parses what follows a command.

    `argparse` itself, below a parser of commands, gives words to all positional arguments as soon as it meets the
    first, so that ``REPO --revision v1 FILE`` leaves over FILE.
    """

    _mixing = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse options and other words in any order; a word that nothing takes is an error of this command."""
        if self._mixing or self._subparsers:  # this is how the intermixed parsing does its work; and words of a group
            return super().parse_known_args(args, namespace)
        found, unknown = self._parse(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown

    def _parse(self, args: Sequence[str], namespace: Any) -> tuple[Any, list[str]]:
        if "--" in args:  # which the intermixed parsing forgets after its first pass
            return super().parse_known_args(args, namespace)
        self._mixing = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._mixing = False
