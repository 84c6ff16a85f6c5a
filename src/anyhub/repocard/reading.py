"""The text of a card or a template, read from a file within limits."""

from __future__ import annotations

from pathlib import Path

from anyhub.errors import CorruptFileError, ValidationError

_MAX_BYTES = 16 << 20


def read_text(path: Path) -> str:
    """Return what a file says, line ends as they are.

    Raises:
        ValidationError: When it takes more than 16 MiB.
        CorruptFileError: When it is not UTF-8.
    """
    if (size := path.stat().st_size) > _MAX_BYTES:
        raise ValidationError(
            f"{str(path)!r} takes {size:,} bytes, more than the {_MAX_BYTES:,} that a card may; make it shorter."
        )
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise CorruptFileError(f"{str(path)!r} is not UTF-8 at byte {error.start:,}; save it as UTF-8.") from None
