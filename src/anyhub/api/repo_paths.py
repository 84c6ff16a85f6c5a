"""Paths in a repository, as callers write them."""

from __future__ import annotations

import os
from pathlib import PurePath

from anyhub.errors import InvalidPathError
from anyhub.paths import check_path


def text_of(path: str | PurePath) -> str:
    """Return a path with names joined by ``/``.

    Raises:
        InvalidPathError: When it is neither a text nor a path.
    """
    if isinstance(path, PurePath):
        return path.as_posix()
    if not isinstance(path, str):
        raise InvalidPathError(f"A path in a repository is a text such as 'logs/1.txt', not {path!r}.")
    return path


def folder_in_repo(path: str | PurePath | None) -> str:
    """Return the path of a folder of a repository without a slash at its end; empty, for the root.

    Raises:
        InvalidPathError: When it is absolute, or has ``..`` or another name in it that is not allowed.
    """
    text = "" if path is None else text_of(path)
    if text in ("", ".", "./"):
        return ""
    return check_path(text.removeprefix("./").rstrip("/") or text)


def file_in_repo(path: str | PurePath, source: object) -> str:
    """Return the path that a file is to have in a repository.

    Args:
        path (`str` or `PurePath`): That path; or a folder, when it is ``.`` or a text that ends with ``/``.
        source: What is put there. The path of a file on this machine gives the file its name in a folder.

    Raises:
        InvalidPathError: When a name in it is not allowed, or it is a folder and the source has no name.
    """
    text = text_of(path)
    if text != "." and not text.endswith("/"):
        return check_path(text)
    if not isinstance(source, str | os.PathLike):
        raise InvalidPathError(f"{text!r} is a folder; say what the file is to be called in it.")
    folder, name = folder_in_repo(text), PurePath(source).name
    return check_path(f"{folder}/{name}" if folder else name)
