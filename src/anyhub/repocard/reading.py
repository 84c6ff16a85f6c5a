"""The text of a card or a template, read from a file within limits."""

from __future__ import annotations

from pathlib import Path

from anyhub.errors import CorruptFileError, EntryNotFoundError, ValidationError, did_you_mean

_MAX_BYTES = 16 << 20


def read_text(path: Path) -> str:
    """Return what a file says, line ends as they are.

    Raises:
        EntryNotFoundError: When there is no such file.
        ValidationError: When it takes more than 16 MiB.
        CorruptFileError: When it is not UTF-8.
    """
    if not path.is_file():
        raise EntryNotFoundError(no_file(path))
    if (size := path.stat().st_size) > _MAX_BYTES:
        raise ValidationError(
            f"{str(path)!r} takes {size:,} bytes, more than the {_MAX_BYTES:,} that a card may; make it shorter."
        )
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise CorruptFileError(f"{str(path)!r} is not UTF-8 at byte {error.start:,}; save it as UTF-8.") from None


def no_file(path: Path) -> str:
    """Return the message that there is no such file, with the nearest that there is."""
    if path.is_dir():
        return f"{str(path)!r} is a folder; give the path of a file in it."
    beside = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
    return f"There is no file {str(path)!r}; give the path of one that there is.{did_you_mean(path.name, beside)}"
