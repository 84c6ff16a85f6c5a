"""What the cache knows of the files of one commit without asking the hub.

A commit never changes, so a list of its files that was true once is true for ever. It is kept as text:

    complete
    4f2b…  9f86…  4096 132 model.safetensors
    83ba…  -      17   0   config.json

The first line says whether the list has every file (``complete``) or only those that were asked for (``partial``). In
every other line are the git object id, the SHA-256 of a large file or ``-``, the size of the content and that of the
LFS pointer in bytes, and the path.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from anyhub.cache import notes
from anyhub.values import Entry

_COMPLETE = "complete"
_PARTIAL = "partial"


def read_all(record: Path) -> list[Entry] | None:
    """Return every file of a commit, or None when the record is not there or not of every file."""
    lines = _lines(record)
    if not lines or lines[0] != _COMPLETE:
        return None
    try:
        return [_parse(line) for line in lines[1:]]
    except ValueError:  # a damaged record is none: the hub is asked again
        return None


def read_one(record: Path, path: str) -> Entry | None:
    """Return one file of a commit, or None when it is not in the record."""
    ending = f" {path}"
    for line in _lines(record)[1:]:
        if line.endswith(ending):
            with suppress(ValueError):
                if (entry := _parse(line)).path == path:
                    return entry
    return None


def write_all(record: Path, entries: Iterable[Entry], root: Path) -> None:
    """Keep the list of every file of a commit, in a cache whose `root` it is below."""
    notes.write(record, "\n".join((_COMPLETE, *map(_spell, entries))), root)


def add_one(record: Path, entry: Entry, root: Path) -> None:
    """Keep one file of a commit beside those that are known, in a cache whose `root` the record is below.

    When two processes add at once, one line may be lost; then the hub is asked again.
    """
    lines = _lines(record) or [_PARTIAL]
    if (line := _spell(entry)) not in lines:
        notes.write(record, "\n".join((*lines, line)), root)


def _lines(record: Path) -> list[str]:
    text = notes.read(record)
    return text.split("\n") if text else []


def _spell(entry: Entry) -> str:
    return f"{entry.oid} {entry.sha256 or '-'} {entry.size} {entry.pointer_size} {entry.path}"


def _parse(line: str) -> Entry:
    oid, sha256, size, pointer_size, path = line.split(" ", 4)
    return Entry(path, oid, int(size), None if sha256 == "-" else sha256, pointer_size=int(pointer_size))
