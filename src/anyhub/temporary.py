"""Folders that are private to one process while it works, and locks on those that all share.

A scratch folder is told from one that a killed process left by a lock that the living hold on it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from anyhub import files, syscalls

_ABANDONED_AFTER = 24 * 3600.0


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Wait until nobody else, in any process, is in such a body for the same folder.

    The lock is the folder's own, so nothing is left behind; where a system or file system has none, nobody waits.
    """
    if sys.platform == "win32":
        yield
        return
    fd = _open_folder(folder)
    try:
        while syscalls.lock(fd, wait=True) and not _is_still(fd, folder):
            held, fd = fd, _open_folder(folder)  # meanwhile another folder came to have that name, or none
            os.close(held)
        yield
    finally:
        os.close(fd)


@contextmanager
def scratch(parent: Path) -> Iterator[Path]:
    """Lend an empty private folder, which is removed afterwards; folders that killed processes left are removed first.

    Args:
        parent (`Path`): The folder in which it is made.

    Raises:
        DiskFullError, ReadOnlyError: When the disk refuses.
    """
    sweep(parent)
    folder, lock = _make_private(parent)
    try:
        yield folder
    finally:
        with suppress(OSError):  # the work is done or has failed already; the next sweep comes here too
            files.remove_tree(folder)
        if lock is not None:
            os.close(lock)


def _make_private(parent: Path) -> tuple[Path, int | None]:
    with files.storage_errors(parent):
        while True:
            folder = parent / files.fresh_name()
            folder.mkdir(mode=0o700)
            if sys.platform == "win32":
                return folder, None
            # A sweeper may come between mkdir and lock. It then holds the lock or has removed the folder: try another.
            with suppress(FileNotFoundError):
                fd = _open_folder(folder)
                if syscalls.lock(fd, wait=False) is not False and _is_still(fd, folder):
                    return folder, fd
                os.close(fd)


def sweep(parent: Path, prefix: str = files.PREFIX) -> None:
    """Remove the scratch folders and staged files that killed processes left in a folder.

    Args:
        parent (`Path`): The folder that they are in; what is below it is not looked at.
        prefix (`str`): From which `files.fresh_name` made their names.
    """
    with os.scandir(parent) as entries:
        ours = [Path(entry) for entry in entries if files.prefix_of(entry.name) == prefix]
    for path in ours:
        with suppress(OSError):  # gone meanwhile, or another user's
            _sweep_one(path)


def _sweep_one(path: Path) -> None:
    old = time.time() - path.lstat().st_ctime > _ABANDONED_AFTER
    if sys.platform == "win32" or path.is_symlink() or not path.is_dir():
        if old:
            files.remove_tree(path)
        return
    fd = _open_folder(path)
    try:
        held = syscalls.lock(fd, wait=False)
        if held or (held is None and old):
            files.remove_tree(path)
    finally:
        os.close(fd)


def _open_folder(path: Path) -> int:
    return os.open(path, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))


def _is_still(fd: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), path.stat())
    except FileNotFoundError:
        return False
