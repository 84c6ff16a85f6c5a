"""A picture of a value that shares nothing with it: JSON, and of which type each part is that JSON does not know."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import chain
from math import isfinite
from typing import Any, NamedTuple, TypeAlias

from anyhub.models.config.kinds import registry
from anyhub.models.config.kinds.forms import NOT_STORABLE
from anyhub.models.config.kinds.kind import Kind

Coders: TypeAlias = Mapping[type, tuple[Callable[[Any], Any], Callable[[Any], Any]]]
"""An encoder and a decoder for each type that JSON does not know."""

MAX_DEPTH = 100
"""How deep values may be nested; a reader has to follow them, too."""

_BASES: tuple[Any, ...] = (str, int, float, dict, list, tuple, set, frozenset)
_ATOMS = frozenset((type(None), bool, str))
_SMALL = 1 << 64


class Typed(NamedTuple):
    """A part of a snapshot whose type JSON does not tell.

    Attributes:
        cls (`type`): The type.
        name (`str`): What a note calls it, with its parameter; for a class of a user its module and name.
        form: JSON, or a list or dict of parts, or `Pairs`.
        kind (`Kind`, *optional*): How it is written; None for what a coder wrote, and for a subclass of a built-in type
            that nothing is known of.
        coder (`type`, *optional*): The type whose coder wrote it.
    """

    cls: type
    name: str
    form: Any
    kind: Kind | None = None
    coder: type | None = None


class Pairs(NamedTuple):
    """The form of a dict some keys of which are not texts."""

    items: list[tuple[Any, Any]]


def snapshot(value: Any, coders: Coders) -> Any:
    """Return a picture of a value, or `NOT_STORABLE`.

    Args:
        value: Anything.
        coders (`Mapping`): Asked first, the most specific type before its bases.
    """
    return _part(value, coders, MAX_DEPTH)


def _part(value: Any, coders: Coders, depth: int) -> Any:
    cls = type(value)
    if coders and (coder := coder_of(cls, coders)):
        return _coded(value, coder, coders)
    if cls in _ATOMS or (cls is int and -_SMALL < value < _SMALL) or (cls is float and isfinite(value)):
        return value
    if depth == 0:
        return NOT_STORABLE
    if known := registry.built_in(cls):
        return _of_kind(value, known.name, known.kind, coders, depth)
    if kind := registry.kind_of_users(cls):
        return _of_kind(value, name_of(cls), kind, coders, depth)
    return _of_base(value, coders, depth)


def _coded(value: Any, coder: type, coders: Coders) -> Any:
    encoded = snapshot(coders[coder][0](value), {})
    if encoded is NOT_STORABLE or _has_texts_for_numbers(encoded):  # a decoder would get the text, and not know
        return NOT_STORABLE
    return Typed(type(value), name_of(coder), plain(encoded), coder=coder)


def _has_texts_for_numbers(part: Any) -> bool:
    if isinstance(part, Typed):
        return part.cls is float or _has_texts_for_numbers(part.form)
    if isinstance(part, Pairs):
        return any(map(_has_texts_for_numbers, chain.from_iterable(part.items)))
    if type(part) is dict:
        return any(map(_has_texts_for_numbers, part.values()))
    return type(part) is list and any(map(_has_texts_for_numbers, part))


def _of_kind(value: Any, name: str, kind: Kind, coders: Coders, depth: int) -> Any:
    parts = kind.parts(value)
    form = _form(parts, coders, depth, lambda name: kind.restores(value, name))
    if form is NOT_STORABLE:
        return NOT_STORABLE
    if not kind.in_order:
        form.sort(key=lambda part: json.dumps(plain(part), sort_keys=True))
    if type(form) is type(value):
        return form
    parameter = kind.parameter(value)
    return Typed(type(value), f"{name}({parameter})" if parameter else name, form, kind)


def _form(parts: Any, coders: Coders, depth: int, restored: Callable[[Any], bool]) -> Any:
    if type(parts) is list:
        items = [_part(item, coders, depth - 1) for item in parts]
        return NOT_STORABLE if any(item is NOT_STORABLE for item in items) else items
    return _object(parts, coders, depth, restored) if type(parts) is dict else parts


def _object(parts: dict[Any, Any], coders: Coders, depth: int, restored: Callable[[Any], bool]) -> Any:
    items = [(_part(key, coders, depth - 1), _part(item, coders, depth - 1)) for key, item in parts.items()]
    if any(item is NOT_STORABLE for _, item in items):
        items = [(key, item) for key, item in items if item is not NOT_STORABLE or not restored(key)]
    if any(key is NOT_STORABLE or item is NOT_STORABLE for key, item in items):
        return NOT_STORABLE
    return dict(items) if all(type(key) is str for key, _ in items) else Pairs(items)


def _of_base(value: Any, coders: Coders, depth: int) -> Any:
    """Take a subclass of a built-in type for what it inherits."""
    for base in _BASES:
        if isinstance(value, base):
            form = _part(base(value), coders, depth)
            return form if form is NOT_STORABLE else Typed(type(value), name_of(type(value)), _bare(form))
    return NOT_STORABLE


def _bare(part: Any) -> Any:
    return part.form if isinstance(part, Typed) else part


def name_of(cls: type) -> str:
    """Return what a note calls a class of a user."""
    return f"{cls.__module__}:{cls.__qualname__}"


def coder_of(cls: type, coders: Coders) -> type | None:
    """Return the type whose coder is for a type: itself, or the nearest of its bases."""
    return next((base for base in cls.__mro__ if base in coders), None)


def plain(part: Any) -> Any:
    """Return the JSON of a part by itself, without regard to what it can be read back as."""
    if type(part) is list:
        return [item if type(item) in _ATOMS else plain(item) for item in part]
    if type(part) is dict:
        return {key: item if type(item) in _ATOMS else plain(item) for key, item in part.items()}
    if isinstance(part, Typed):
        return plain(part.form)
    if isinstance(part, Pairs):
        keys = [key_text(plain(key)) for key, _ in part.items]
        values = [plain(value) for _, value in part.items]
        if None in keys or len(set(keys)) < len(keys):
            return [[plain(key), value] for (key, _), value in zip(part.items, values, strict=True)]
        return dict(zip(keys, values, strict=True))
    return part


def is_plain(part: Any) -> bool:
    """Return whether a part is JSON and nothing else."""
    if type(part) in _ATOMS:
        return True
    inside = part if type(part) is list else part.values() if type(part) is dict else ()
    return not isinstance(part, Typed | Pairs) and all(type(each) in _ATOMS or is_plain(each) for each in inside)


def key_text(form: Any) -> str | None:
    """Return the text that a JSON value is written as where it is a key; None when it can not be one."""
    if type(form) is str:
        return form
    return json.dumps(form) if type(form) in (bool, int, float, type(None)) else None


def fields_snapshot(value: Any, coders: Coders) -> tuple[Any, list[str]]:
    """Return what can be kept of a dict or of an object with fields, and the keys of what can not."""
    whole = snapshot(value, coders)
    if whole is not NOT_STORABLE:
        return whole, []
    kind = None if type(value) is dict else registry.kind_of(type(value))
    parts = dict(value) if isinstance(value, dict) else kind.parts(value) if kind else NOT_STORABLE
    if type(parts) is not dict or not all(type(key) is str for key in parts):
        return NOT_STORABLE, []
    items = {key: snapshot(item, coders) for key, item in parts.items()}
    kept = {key: item for key, item in items.items() if item is not NOT_STORABLE}
    lost = [key for key in items if key not in kept and not (kind and kind.restores(value, key))]
    return (Typed(type(value), name_of(type(value)), kept, kind) if kind else kept), lost
