"""Reading JSON that another program sent: each field by its name and type, with one error for all that is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from anyhub.errors import CorruptFileError

T = TypeVar("T")

_OID = re.compile(r"[0-9a-f]{40}")
_HALF = re.compile(r"[\ud800-\udfff]")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def wrong(what: str) -> CorruptFileError:
    """Return the error for an answer that can not be read."""
    return CorruptFileError(f"The answer is not that of a hub: {what}. Check the address of the hub.")


def is_a(value: Any, kind: type[T], what: str) -> T:
    """Return a value that has to be of one type.

    Args:
        value: As JSON gave it.
        kind (`type`): `str`, `int`, `bool`, `list` or `dict`.
        what (`str`): Names it in the error.

    Raises:
        CorruptFileError: When it is of another type.
    """
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise wrong(f"{what} is of type {type(value).__name__} and not {kind.__name__}")
    if not _is_whole(value):
        raise wrong(f"{what} has half a character in it")
    return value


def _is_whole(value: object) -> bool:
    """Return whether a value is no text with half a character in it, which JSON can spell and no file can be named."""
    return not isinstance(value, str) or value.isascii() or _HALF.search(value) is None


def need(content: Mapping[str, Any], name: str, kind: type[T]) -> T:
    """Return a field that has to be there.

    Raises:
        CorruptFileError: When it is missing or of another type.
    """
    return is_a(content.get(name), kind, repr(name))


def maybe(content: Mapping[str, Any], name: str, kind: type[T]) -> T | None:
    """Return a field, or None when it is missing, null or of another type, since hubs differ in what they leave out."""
    value = content.get(name)
    if isinstance(value, kind) and not (kind is int and isinstance(value, bool)) and _is_whole(value):
        return value
    return None


def oid(content: Mapping[str, Any], name: str) -> str:
    """Return the id of a git object: 40 hexadecimal digits.

    Raises:
        CorruptFileError: When it is something else; ids become names of files, so nothing else may pass.
    """
    text = need(content, name, str)
    if _OID.fullmatch(text) is None:
        raise wrong(f"{name!r} is not the id of a git object but {text[:60]!r}")
    return text


def sha256(content: Mapping[str, Any], name: str) -> str:
    """Return a SHA-256: 64 hexadecimal digits.

    Raises:
        CorruptFileError: When it is something else.
    """
    text = need(content, name, str)
    if _SHA256.fullmatch(text) is None:
        raise wrong(f"{name!r} is not a SHA-256 but {text[:60]!r}")
    return text


def size(content: Mapping[str, Any], name: str) -> int:
    """Return a count of bytes.

    Raises:
        CorruptFileError: When it is none.
    """
    count = need(content, name, int)
    if count < 0:
        raise wrong(f"{name!r} is {count}")
    return count


def texts(content: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return the texts of a list; none when there is no list."""
    return tuple(item for item in maybe(content, name, list) or () if isinstance(item, str) and _is_whole(item))


def spell_date(date: datetime) -> str:
    """Return a time as RFC 3339 has it, in UTC and to the millisecond: ``2026-01-31T12:00:00.000Z``."""
    return date.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_date(content: Mapping[str, Any], name: str) -> datetime:
    """Return a time (RFC 3339), in UTC.

    Raises:
        CorruptFileError: When it is none.
    """
    text = need(content, name, str)
    try:
        date = datetime.fromisoformat(text)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter for the last day of all time in a zone behind
        raise wrong(f"{name!r} is not a date but {text[:60]!r}") from None
