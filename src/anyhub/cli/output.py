"""How commands print: JSON for programs, tables for people, and no escape sequence that came from a hub.

Names, titles, cards and messages were written by other people. On a terminal an escape sequence in them could repaint
what stands there or type for the user, so it is taken out; into a file or a pipe every character goes as it is.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import sys
import unicodedata
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TextIO

from anyhub.errors import StorageError

_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI: colours, moves, erasing
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC, DCS, SOS, PM, APC: strings
    r"|\x1b[ -/]*[0-~]?"  # the other sequences, ECMA-48 section 5.3
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"  # control characters but tab and line feed
    r"|[\u200e\u200f\u202a-\u202e\u2066-\u2069]"  # what turns the direction of text
)
_GAP = "  "


def have_streams() -> None:
    """Let what is printed to a stream that the caller closed (``>&-``) vanish."""
    sys.stdout = sys.stdout or io.StringIO()
    sys.stderr = sys.stderr or io.StringIO()


def deliver() -> None:
    """Send on what was printed so far.

    Raises:
        BrokenPipeError: When what reads the output went away.
        StorageError: When the output can not be written.
    """
    _deliver(sys.stdout.flush)


def _deliver(send: Callable[[], object]) -> None:
    try:
        send()
    except OSError as error:
        with suppress(OSError):
            sys.stdout.close()  # or the interpreter would flush it once more when it ends, and complain
        if isinstance(error, BrokenPipeError):
            raise
        raise StorageError(
            f"The output could not be written ({error.strerror}); let it go elsewhere, and run the command again."
        ) from error


def _print(line: str) -> None:
    _deliver(lambda: print(line))


def print_json(value: object) -> None:
    """Print a value as JSON, in ASCII: `\\u` escapes are the same text, and harm no terminal and no encoding."""
    _print(json.dumps(value, indent=2, default=str))


def print_text(text: str) -> None:
    """Print text that came from a hub, as it is or, on a terminal, without escape sequences."""
    _print(for_stream(text, sys.stdout))


def print_error(message: str) -> None:
    """Print one line on the error stream."""
    print(f"anyhub: {for_stream(one_line(message), sys.stderr)}", file=sys.stderr)


def print_table(
    headers: Sequence[str], rows: Sequence[Sequence[str]], *, shrink: str, right: Collection[str] = ()
) -> None:
    """Print rows below headers; on a terminal, as wide as that is.

    Args:
        headers: Names of the columns.
        rows: One text for each column.
        shrink (`str`): The column of which the end is cut off when lines would be too long.
        right: Columns that are aligned to the right.
    """
    lines = [[for_stream(one_line(cell), sys.stdout) for cell in row] for row in (headers, *rows)]
    widths = [max(map(width, column)) for column in zip(*lines, strict=True)]
    if sys.stdout.isatty():
        at = headers.index(shrink)
        spare = shutil.get_terminal_size().columns - sum(widths) - len(_GAP) * (len(widths) - 1)
        widths[at] = max(width(shrink), widths[at] + min(spare, 0))
    for line in lines:
        cells = (_fit(*cell) for cell in zip(line, widths, [name in right for name in headers], strict=True))
        _print(_GAP.join(cells).rstrip())


def _fit(text: str, columns: int, right: bool) -> str:
    if width(text) > columns:
        text = _cut(text, columns - 1) + "…"
    blank = " " * (columns - width(text))
    return blank + text if right else text + blank


def _cut(text: str, columns: int) -> str:
    while width(text) > columns:
        text = text[:-1]
    return text


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes (Unicode Standard Annex 11)."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def for_stream(text: str, stream: TextIO) -> str:
    """Return the text without escape sequences when the stream is a terminal."""
    return _ESCAPES.sub("", text) if stream.isatty() else text


def one_line(text: str) -> str:
    """Return the text with every run of white space as one blank."""
    return " ".join(text.split())


def size_text(size: int) -> str:
    """Return a number of bytes for a person: `1.2 MB`."""
    value, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 999.95:
            break
        value, unit = value / 1000, larger
    return f"{size} B" if unit == "B" else f"{value:.1f} {unit}"


def date_text(moment: datetime) -> str:
    """Return a time for a person: to the minute, where they are."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def date_json(moment: datetime) -> str:
    """Return a time for a program: ISO 8601, in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
