"""Small texts that the cache keeps beside the files, and could also do without."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from anyhub import files
from anyhub.errors import ReadOnlyError
from anyhub.hub.opening import check_free_for_folder


def read(path: Path) -> str | None:
    """Return a note, or None when there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError, UnicodeDecodeError):
        return None


def write(path: Path, text: str, root: Path) -> None:
    """Write a note, in place of the one that is there; not in a cache that can only be read, which serves without.

    Args:
        path (`Path`): Where.
        text (`str`): What.
        root (`Path`): A folder above it, made when it is missing. All below it is the cache's, what is above is not.

    Raises:
        StorageError: When a file is where the root, or a folder above it, has to be.
        DiskFullError: When the disk is full.
    """
    check_free_for_folder(root)
    with suppress(ReadOnlyError):
        _make_way(path, root)
        files.make_folder(path.parent)
        files.write(path, text)


def _make_way(path: Path, root: Path) -> None:
    """Remove what had a part of this name: where there once was a branch ``a``, there may now be one ``a/b``."""
    for folder in path.parents:
        if folder == root or folder.is_dir():
            break
        if folder.is_symlink() or folder.is_file():
            files.remove(folder)
    if path.is_dir():
        files.remove_tree(path)
