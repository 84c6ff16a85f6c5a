"""Copies of downloaded files in a folder of the user's: writable, and replaced when they differ."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from anyhub import files, temporary
from anyhub.errors import InvalidPathError, PathCollisionError
from anyhub.hub.opening import check_free_for_folder
from anyhub.paths import check_path


def keep_copies(source: Path, folder: Path, paths: Sequence[str], *, workers: int = 1) -> None:
    """Have a copy of some files in a folder, made where it is missing or has other bytes.

    Args:
        source (`Path`): The folder that has the files.
        folder (`Path`): The user's folder; made when it is missing.
        paths (`list[str]`): The files, names joined by ``/``, below either folder.
        workers (`int`): How many are copied at once.

    Raises:
        InvalidPathError: When a link in the user's folder would lead out of it.
        PathCollisionError: When the user's folder has a folder where a file is to be.
        StorageError: When a file is where a folder is to be.
        DiskFullError, ReadOnlyError: When a copy can not be made.
    """
    from anyhub.transfer.parallel import for_each

    check_free_for_folder(folder)
    lacking = [path for path in paths if not _is_copy(folder / check_path(path), source / path)]
    _refuse_folders(folder / path for path in lacking)
    for parent in {(folder / path).parent for path in lacking}:
        check_free_for_folder(parent)
        _check_stays_below(parent, folder)
        files.make_folder(parent)
    files.make_folder(folder)
    if not lacking:
        return
    with temporary.scratch(folder) as staging:

        def copy(path: str) -> None:
            staged = staging / os.urandom(8).hex()
            files.copy(source / path, staged)
            files.publish(staged, folder / path)

        for_each(copy, lacking, workers)


def _refuse_folders(copies: Iterable[Path]) -> None:
    for copy in copies:
        if copy.is_dir() and not copy.is_symlink():
            raise PathCollisionError(
                f"{str(copy)!r} is a folder and would become a file; move it away, or give another local_dir.",
                paths=[str(copy)],
            )


def _is_copy(copy: Path, file: Path) -> bool:
    if copy.is_symlink() or not copy.is_file() or copy.stat().st_size != file.stat().st_size:
        return False
    return files.hash_file(copy) == files.hash_file(file)


def _check_stays_below(parent: Path, folder: Path) -> None:
    if not parent.resolve().is_relative_to(folder.resolve()):
        raise InvalidPathError(f"{str(parent)!r} is a link that leads out of {str(folder)!r}; remove it.")
