"""The file anyhub.json of a checkpoint: what it was saved with, and what its config.json can not hold.

::

    {
      "environment": {"anyhub": "0.1.0", "python": "3.11.7", "torch": "2.13.0"},
      "facts": {"license": "mit"},
      "format": 1,
      "not_stored": ["tokenizer"],
      "types": {"path": "pathlib.Path"}
    }

``environment`` has the versions of what the model was saved with; ``types`` and ``not_stored`` belong to
`anyhub.models.config`: how values of config.json are to be read that plain JSON has no words for, and the names of the
arguments that are not in it. ``facts`` is metadata of the card: what was said of this checkpoint, and holds for the
saves that come after; see `anyhub.models.facts`. What is empty is left out, and so is the file when all of it is.

A ``format`` that is larger than ours gives other meanings to the words, so nothing of such a file is used; the model
loads as one without it does. Words that we do not know are passed over.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from anyhub.constants import MANIFEST_NAME
from anyhub.errors import CorruptFileError, ValidationError
from anyhub.formats import strict_json
from anyhub.formats.objections import Objection

logger = logging.getLogger(__name__)

FORMAT = 1
MAX_BYTES = 16 << 20


@dataclass(frozen=True)
class Manifest:
    """What the file anyhub.json says.

    Attributes:
        environment (`Mapping[str, str]`): Versions, by the names of packages and ``"python"``.
        types (`Mapping[str, str]`): How values of config.json are to be read; see `anyhub.models.config`.
        not_stored (`tuple[str, ...]`): Arguments of the model that config.json does not hold.
        facts (`Mapping[str, Any]`): Metadata of the card, as whoever wrote the file has it.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    not_stored: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    def dump(self) -> str:
        """Return the text of the file; the same manifest always makes the same text.

        Raises:
            ValidationError: When it is larger than what is read again.
        """
        content = {
            "environment": dict(self.environment),
            "facts": dict(self.facts),
            "types": dict(self.types),
            "not_stored": [*self.not_stored],
        }
        text = json.dumps(
            {"format": FORMAT, **{key: value for key, value in content.items() if value}}, sort_keys=True, indent=2
        )
        try:
            _audit(text.encode())
        except Objection as objection:
            raise ValidationError(
                f"{MANIFEST_NAME} could not be read again: {objection}; keep large tables out of the model's arguments."
            ) from None
        return text

    @classmethod
    def read(cls, path: Path, remedy: str) -> Self:
        """Return what a file says.

        Args:
            path (`Path`): The file.
            remedy (`str`): What to do when it can not be read, as the end of a sentence.

        Raises:
            CorruptFileError: When it is not a JSON object of these words, or has more than 16 MiB or too many values.
        """
        with path.open("rb") as file:
            return cls.parse(file.read(MAX_BYTES + 1), str(path), remedy)

    @classmethod
    def parse(cls, data: bytes, place: str, remedy: str) -> Self:
        """Return what the bytes of such a file say, as `read` does; ``place`` is where they are."""
        try:
            content = _audit(data)
            written_by = _whole(content)
            if written_by > FORMAT:
                logger.warning(
                    "%s has the format %d, and this version of anyhub knows those up to %d: nothing of it is used. "
                    "Install a newer anyhub.",
                    place,
                    written_by,
                    FORMAT,
                )
                return cls()
            return cls(
                environment=_texts_by_name(content, "environment"),
                types=_texts_by_name(content, "types"),
                not_stored=_texts(content, "not_stored"),
                facts=_object(content, "facts"),
            )
        except Objection as objection:
            raise CorruptFileError(f"{place!r} is no sound {MANIFEST_NAME}: {objection}; {remedy}.") from None


def _audit(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_BYTES:
        raise Objection(f"it has more than {MAX_BYTES:,} bytes")
    content = strict_json.parse(data)
    if not isinstance(content, dict):
        raise Objection("it is not a JSON object")
    return content


def _whole(content: dict[str, Any]) -> int:
    number = content.get("format")
    if type(number) is not int or number < 1:
        raise Objection("it has no 'format', a whole number")
    return number


def _texts_by_name(content: dict[str, Any], key: str) -> dict[str, str]:
    value = _object(content, key)
    if not all(isinstance(each, str) for each in value.values()):
        raise Objection(f"it has {key!r}, in which not all is text")
    return value


def _object(content: dict[str, Any], key: str) -> dict[str, Any]:
    value = content.get(key, {})
    if not isinstance(value, dict):
        raise Objection(f"it has {key!r}, which is no object")
    return value


def _texts(content: dict[str, Any], key: str) -> tuple[str, ...]:
    value = content.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Objection(f"it has {key!r}, which is no list of texts")
    return tuple(value)
