"""The text of a config.json, and what is accepted as one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from anyhub.errors import CorruptFileError

MAX_BYTES = 64 * 1024 * 1024
"""Bytes of a config.json."""

MAX_VALUES = 500_000
"""Values in a config.json, so that the small ones in a file of that size do not fill the memory."""


def dump(content: Any) -> str:
    """Return the text of a config.json; it has no numbers but those that JSON has."""
    return json.dumps(content, indent=2, allow_nan=False)


def read(path: Path, remedy: str) -> dict[str, Any]:
    """Return what a config.json says.

    ``NaN`` and ``Infinity``, which are not JSON, are read, since other tools write them.

    Args:
        path (`Path`): The file.
        remedy (`str`): What to do when it can not be read, as the end of a sentence.

    Raises:
        CorruptFileError: When it is too large, too deep, not JSON, not an object, or has a key twice, of which no two
            readers need take the same.
    """
    if path.stat().st_size > MAX_BYTES:
        raise CorruptFileError(f"{str(path)!r} has more than {MAX_BYTES:,} bytes; {remedy}.")
    data = path.read_bytes()
    if sum(map(data.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise CorruptFileError(f"{str(path)!r} has more than {MAX_VALUES:,} values; {remedy}.")
    content = _parsed(data, path, remedy)
    if not isinstance(content, dict):
        raise CorruptFileError(f"{str(path)!r} holds a {type(content).__name__}, not an object; {remedy}.")
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
