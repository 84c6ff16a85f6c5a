"""The files of a folder on this machine that are uploaded with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from anyhub.api.patterns import Patterns, select
from anyhub.errors import ValidationError, did_you_mean
from anyhub.files import PREFIX


def list_local_folder(folder: Path, allow: Patterns | None = None, ignore: Patterns | None = None) -> list[str]:
    """Return the paths, relative to a folder and joined by ``/``, of the files in it that are to be uploaded, sorted.

    What belongs to a tool and not to the user is never among them: ``.git``, ``.cache/huggingface``, and what a killed
    process left of a file that it wrote.

    A link to a file is uploaded as that file. A link to a folder is refused, unless a pattern leaves it out: it may
    lead anywhere, even back to where it is.

    Args:
        folder (`Path`): Where they are.
        allow (*optional*): Upload only what one of these patterns matches; see `anyhub.api.patterns`.
        ignore (*optional*): Do not upload what one of these matches.

    Raises:
        ValidationError: When there is no such folder, or something in it is neither a file nor a folder.
    """
    _check_folder(folder)
    paths = select(sorted(_walk(folder, "")), allow, ignore)
    for path in paths:
        if not (folder / path).is_file():
            raise ValidationError(
                f"{str(folder / path)!r} {_objection(folder / path)}; leave it out by ignore_patterns."
            )
    return paths


def _walk(folder: Path, prefix: str) -> Iterator[str]:
    """Find everything below a folder that is not a folder itself."""
    with os.scandir(folder) as found:
        for each in found:
            path = prefix + each.name
            if _is_a_tools(path):
                continue
            if each.is_dir(follow_symlinks=False):
                yield from _walk(Path(each), f"{path}/")
            else:
                yield path


def _is_a_tools(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name == ".git" or name.startswith(PREFIX) or f"/{path}".endswith("/.cache/huggingface")


def _check_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    if folder.exists():
        raise ValidationError(f"{str(folder)!r} is a file; use upload_file.")
    beside = [each.name for each in folder.parent.iterdir()] if folder.parent.is_dir() else []
    hint = did_you_mean(folder.name, beside)
    raise ValidationError(f"There is no folder {str(folder)!r} on this machine; check the path.{hint}")


def _objection(path: Path) -> str:
    if path.is_dir():
        return "is a link to a folder, which is not followed"
    if path.is_symlink():
        return f"is a link to {str(path.readlink())!r}, where nothing is"
    return "is neither a file nor a folder"
