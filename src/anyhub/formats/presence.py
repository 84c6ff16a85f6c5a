"""Whether a path that a caller names is the file or the folder that it should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anyhub.errors import EntryNotFoundError, ValidationError, did_you_mean

if TYPE_CHECKING:
    from pathlib import Path


def require_file(path: Path) -> Path:
    """Return a path that is a file.

    Raises:
        EntryNotFoundError: When there is none; names the nearest of its kind.
        ValidationError: When it is a folder.
    """
    if path.is_dir():
        raise ValidationError(f"{str(path)!r} is a folder; give the path of a file in it.")
    if not path.exists():
        raise EntryNotFoundError(f"There is no file {str(path)!r}; save or download it first.{_near(path)}")
    return path


def require_folder(path: Path) -> Path:
    """Return a path that is a folder.

    Raises:
        EntryNotFoundError: When there is none; names the nearest.
        ValidationError: When it is a file.
    """
    if path.is_dir():
        return path
    if path.exists():
        raise ValidationError(f"{str(path)!r} is a file; give the path of a folder.")
    raise EntryNotFoundError(
        f"There is no folder {str(path)!r}; save or download what is to be in it first.{_near(path)}"
    )


def _near(path: Path) -> str:
    folder = path.absolute().parent
    if folder == folder.parent or not folder.is_dir():  # what lies in the root of a system is nobody's misspelling
        return ""
    return did_you_mean(path.name, [other.name for other in folder.iterdir() if other.suffix == path.suffix])
