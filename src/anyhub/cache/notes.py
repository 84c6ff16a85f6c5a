"""Small texts that the cache keeps beside the files, and could also do without."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from anyhub import files
from anyhub.errors import ReadOnlyError


def read(path: Path) -> str | None:
    """Return a note, or None when there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError):
        return None


def write(path: Path, text: str) -> None:
    """Write a note, in place of the one that is there; not in a cache that can only be read, which serves without."""
    with suppress(ReadOnlyError):
        _make_way(path)
        files.make_folder(path.parent)
        files.write(path, text)


def _make_way(path: Path) -> None:
    """Remove what had a part of this name: where there once was a branch ``a``, there may now be one ``a/b``."""
    for folder in path.parents:
        if folder.is_file():
            files.remove(folder)
        if folder.exists():
            break
    if path.is_dir():
        files.remove_tree(path)
