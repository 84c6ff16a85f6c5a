"""The metadata of a card in a file, read and written as a dict."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from anyhub import files
from anyhub.cards.document import CardDocument, Changes
from anyhub.cards.plain import plain
from anyhub.repocard.reading import read_text


def metadata_load(local_path: str | Path) -> dict[str, Any] | None:
    """Return the metadata of a card in a file.

    Args:
        local_path (`str` or `Path`): The file.

    Returns:
        `dict`, or None when the card has no metadata.

    Raises:
        EntryNotFoundError: When there is no such file.
        ValidationError: When the YAML block can not be read, or the card is larger than 16 MiB.
        CorruptFileError: When the file is not UTF-8.
    """
    return CardDocument.read(read_text(Path(local_path))).values or None


def metadata_save(local_path: str | Path, data: Mapping[str, Any]) -> None:
    """Make some metadata all that a card in a file has; text, line ends, and the lines of what does not change stay.

    Args:
        local_path (`str` or `Path`): The file, which is made when it is missing.
        data: The metadata. Keys of the card that are not in it are removed.

    Raises:
        ValidationError: When a value can not be written; names the key.
        CorruptFileError: When the file is not UTF-8.
        DiskFullError, ReadOnlyError: When the disk refuses; an old file is still there then.
    """
    path = Path(local_path)
    document = CardDocument.read(read_text(path) if path.exists() else "", ignore_errors=True)
    now = {key: plain(value, key) for key, value in data.items()}
    files.write(path, document.written(Changes.between(document.values, now), document.cut.text))
