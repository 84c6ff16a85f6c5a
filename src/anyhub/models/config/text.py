"""The text of a config.json, and what is accepted as one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from anyhub.constants import CONFIG_NAME
from anyhub.errors import CorruptFileError, ValidationError

T = TypeVar("T", str, bytes)

MAX_BYTES = 64 * 1024 * 1024
"""Bytes of a config.json."""

MAX_VALUES = 1_000_000
"""Values in a config.json, so that the small ones in a file of that size do not fill the memory."""


def dump(content: Any) -> str:
    """Return the text of a config.json; it has no numbers but those that JSON has.

    Raises:
        ValidationError: When it could not be read again: it is too large, or has text that is none. Names the argument.
    """
    text = json.dumps(content, indent=2, allow_nan=False)
    if "\\ud" in text:
        _refuse_broken_text(content)
    if len(text) > MAX_BYTES or _count(text, ",", "[", "{") > MAX_VALUES:
        largest, of_it = max(_texts_of(content), key=lambda pair: len(pair[1]))
        raise ValidationError(
            f"{largest} has {_count(of_it, ',', '[', '{'):,} values in {len(of_it):,} bytes, and {CONFIG_NAME} can "
            f"have {MAX_VALUES:,} in {MAX_BYTES:,}; keep large tables out of the model's arguments."
        )
    return text


def _refuse_broken_text(content: Any) -> None:
    """Refuse a half of a surrogate pair, which no encoding has; both halves are one letter to JSON, and fine."""
    for name, text in _texts_of(content):
        try:
            json.dumps(json.loads(text), ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise ValidationError(
                f"{name} has a text with {error.object[error.start]!a}, half of a letter, which {CONFIG_NAME} can not "
                "hold; pass bytes, or decode it with errors='replace'."
            ) from error


def _texts_of(content: Any) -> list[tuple[str, str]]:
    """Return the JSON of each argument, and what it is called in a message."""
    if not isinstance(content, dict):
        return [("The configuration", json.dumps(content))]
    return [(f"{name!r}", json.dumps({name: value})) for name, value in content.items()]


def _count(text: T, *marks: T) -> int:
    return sum(map(text.count, marks))


def read(path: Path, remedy: str) -> Any:
    """Return what a config.json says.

    ``NaN`` and ``Infinity``, which are not JSON, are read, since other tools write them.

    Args:
        path (`Path`): The file.
        remedy (`str`): What to do when it can not be read, as the end of a sentence.

    Raises:
        CorruptFileError: When it is too large, too deep, not JSON, null, or has a key twice, of which no two readers
            need take the same.
    """
    if path.stat().st_size > MAX_BYTES:
        raise CorruptFileError(f"{str(path)!r} has more than {MAX_BYTES:,} bytes; {remedy}.")
    data = path.read_bytes()
    if _count(data, b",", b"[", b"{") > MAX_VALUES:
        raise CorruptFileError(f"{str(path)!r} has more than {MAX_VALUES:,} values; {remedy}.")
    content = _parsed(data, path, remedy)
    if content is None:
        raise CorruptFileError(f"{str(path)!r} holds null, not an object; {remedy}.")
    return content


def _parsed(data: bytes, path: Path, remedy: str) -> Any:
    try:
        return json.loads(data, object_pairs_hook=_object)
    except RecursionError as error:
        raise CorruptFileError(f"{str(path)!r} is nested too deeply; {remedy}.") from error
    except _RepeatedKeyError as error:
        raise CorruptFileError(f"{str(path)!r} has the key {str(error)[:80]!r} twice; {remedy}.") from error
    except ValueError as error:
        raise CorruptFileError(f"{str(path)!r} is not JSON ({error}); {remedy}.") from error


class _RepeatedKeyError(Exception):
    pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        seen: set[str] = set()
        raise _RepeatedKeyError(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return content
