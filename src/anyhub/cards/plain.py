"""The values that YAML and JSON share: what a card's metadata may hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from numbers import Integral, Real
from typing import Any

from anyhub.errors import ValidationError

_MAX_DEPTH = 20  # what `anyhub.cards.block` reads
_MAX_INTEGER = 10**999
_AS_THEY_ARE = frozenset((str, float, bool, type(None)))


def plain(value: Any, key: str, depth: int = 2) -> Any:
    """Copy a value in those types that YAML and JSON share.

    Args:
        value: A text, number, truth value, None, date, or a list, tuple or mapping of such.
        key (`str`): What the value belongs to, for the message.
        depth (`int`): The level that a list or dict here would be on; those at the top of a card are on level 2.

    Raises:
        ValidationError: When it holds something else, is deeper than 20 levels, or has a number of 1,000 digits.
    """
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, (list, tuple, dict, Mapping)) and depth <= _MAX_DEPTH:
        return _plain_items(value, key, depth + 1)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Integral) and abs(int(value)) < _MAX_INTEGER:
        return int(value)
    if isinstance(value, Real) and not isinstance(value, Integral):
        return float(value)
    if isinstance(value, date):
        return value.isoformat()
    raise ValidationError(f"The key {key!r} of the card's metadata {_objection(value)}.")


def same(one: object, other: object) -> bool:
    """Return whether two plain values are written alike; `==` would take 1, 1.0 and True for the same."""
    return repr(one) == repr(other)


def _plain_items(value: list[Any] | tuple[Any, ...] | Mapping[Any, Any], key: str, depth: int) -> Any:
    if not isinstance(value, Mapping):
        return [plain(item, key, depth) for item in value]
    for name in value:
        if not isinstance(name, (str, Real, type(None))):
            raise ValidationError(
                f"The key {key!r} of the card's metadata holds a key of type {type(name).__name__}; use texts."
            )
    return {plain(name, key): plain(item, key, depth) for name, item in value.items()}


def _objection(value: Any) -> str:
    if isinstance(value, Integral):
        return "has a number of more than 999 digits; write it as a text"
    if isinstance(value, (list, tuple, Mapping)):
        return f"is nested more than {_MAX_DEPTH} levels deep; keep it flatter"
    return f"holds a value of type {type(value).__name__}; use texts, numbers, truth values, dates, lists and dicts"
