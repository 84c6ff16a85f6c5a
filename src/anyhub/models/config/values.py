"""How one value of a configuration is written as JSON, and read back by its type hint.

::

    written                                         read back when the hint says so
    None, bool, int, finite float, str              as they are
    list, tuple, named tuple, set, frozenset  ↔     array
    dict whose keys are texts or numbers      ↔     object; its keys are texts
    dataclass                                 ↔     object, a key for each field; unknown keys are skipped
    Enum                                      ↔     its value
    Path                                      ↔     text
    a type of the class's ``coders``          ↔     whatever the encoder returns

Anything else, infinity and NaN among it, has no JSON form: `encode` answers `NOT_JSON`.
"""

from __future__ import annotations

import dataclasses
import math
import sys
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from pathlib import PurePath
from typing import Any, Final, TypeAlias

from anyhub.errors import CorruptFileError
from anyhub.models.config.type_hints import hints_of

Coders: TypeAlias = Mapping[type, tuple[Callable[[Any], Any], Callable[[Any], Any]]]
"""An encoder and a decoder for each type that JSON does not know."""

_WRITTEN_AS: dict[type, tuple[type, ...]] = {list: (tuple, set, frozenset), str: (PurePath,)}

NOT_JSON: Final = object()
"""What `encode` answers for a value that has no JSON form."""


def encode(value: Any, coders: Coders) -> Any:
    """Return a JSON value that stands for ``value`` and shares nothing with it, or `NOT_JSON`.

    Args:
        value: Anything.
        coders (`Mapping`): Asked first, the most specific type before its bases.
    """
    try:
        return _encode(value, coders)
    except RecursionError:  # a list that has itself in it
        return NOT_JSON


def _encode(value: Any, coders: Coders) -> Any:
    if coder := _coder_of(type(value), coders):
        return _encode(coder[0](value), {})
    match value:
        case Enum():
            return _encode(value.value, coders)
        case None | bool():
            return value
        case str():
            return str(value)
        case int():
            return int(value)
        case float():
            return float(value) if math.isfinite(value) else NOT_JSON
        case PurePath():
            return str(value)
        case dict():
            return _encode_object(value.items(), coders)
        case list() | tuple():
            return _encode_array(value, coders)
        case set() | frozenset():
            array = _encode_array(value, coders)
            return array if array is NOT_JSON else sorted(array, key=repr)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _encode_object(_fields_of(value), coders)
    return _encode(value.item(), coders) if _is_numpy_scalar(value) else NOT_JSON


def _encode_array(values: Iterable[Any], coders: Coders) -> Any:
    array = [_encode(value, coders) for value in values]
    return NOT_JSON if any(value is NOT_JSON for value in array) else array


def _encode_object(items: Iterable[tuple[Any, Any]], coders: Coders) -> Any:
    encoded: dict[str, Any] = {}
    for key, value in items:
        name, content = _encode_key(key, coders), _encode(value, coders)
        if name is None or name in encoded or content is NOT_JSON:
            return NOT_JSON
        encoded[name] = content
    return encoded


def _encode_key(key: Any, coders: Coders) -> str | None:
    name = _encode(key, coders)
    return str(name) if isinstance(name, str | int | float) and not isinstance(name, bool) else None


def _fields_of(value: Any) -> list[tuple[str, Any]]:
    return [(field.name, getattr(value, field.name)) for field in dataclasses.fields(value)]


def _is_numpy_scalar(value: Any) -> bool:
    numpy = sys.modules.get("numpy")  # a value of its types can only be here when it was imported
    return numpy is not None and isinstance(value, numpy.generic)


def _coder_of(cls: type, coders: Coders) -> tuple[Callable[[Any], Any], Callable[[Any], Any]] | None:
    return next((coders[base] for base in cls.__mro__ if base in coders), None)


def encode_fields(value: Any, coders: Coders) -> tuple[dict[str, Any], list[str]]:
    """Return what can be stored of a dict or dataclass, key by key, and the keys of what can not."""
    items = value.items() if isinstance(value, Mapping) else _fields_of(value)
    encoded = {str(key): encode(content, coders) for key, content in items}
    lost = [key for key, content in encoded.items() if content is NOT_JSON]
    return {key: content for key, content in encoded.items() if content is not NOT_JSON}, lost


def decode(hint: Any, value: Any, coders: Coders, *, name: str = "") -> Any:
    """Return the value that a JSON value stands for, where a value of the type ``hint`` is expected.

    Args:
        hint: A type, a form of `typing` such as ``list[Layer] | None``, or None when nothing is known.
        value: What was read from JSON; it is returned as it is where the hint says nothing about it.
        coders (`Mapping`): As for `encode`.
        name (`str`): What the value is called, for messages.

    Raises:
        CorruptFileError: When the hint is an `Enum` that has no such value.
    """
    if value is None or hint is None:
        return value
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return decode(arguments[0], value, coders, name=name)
    if origin in (typing.Union, types.UnionType):
        return decode(_member_for(value, arguments, coders), value, coders, name=name)
    cls = origin or hint
    if not isinstance(cls, type):
        return value
    if coder := _coder_of(cls, coders):
        return coder[1](value)
    if isinstance(value, dict):
        return _decode_object(cls, arguments, value, coders, name)
    if isinstance(value, list):
        return _decode_array(cls, arguments, value, coders, name)
    return _decode_scalar(cls, value, name)


def _decode_object(cls: type, arguments: tuple[Any, ...], value: dict[str, Any], coders: Coders, name: str) -> Any:
    if dataclasses.is_dataclass(cls):
        hints = hints_of(cls)
        wanted = [field.name for field in dataclasses.fields(cls) if field.init and field.name in value]
        return cls(**{key: decode(hints.get(key), value[key], coders, name=f"{name}.{key}") for key in wanted})
    if not issubclass(cls, Mapping) or len(arguments) != 2:
        return value
    of_key, of_value = arguments
    return {
        _decode_key(of_key, key, f"{name}.{key}"): decode(of_value, content, coders, name=f"{name}.{key}")
        for key, content in value.items()
    }


def _decode_key(hint: Any, key: str, name: str) -> Any:
    if hint in (int, float):
        return hint(key)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next((member for member in hint if str(member.value) == key), None) or _decode_scalar(hint, key, name)
    return key


def _decode_array(cls: type, arguments: tuple[Any, ...], value: list[Any], coders: Coders, name: str) -> Any:
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return cls(*_decode_each(tuple(hints_of(cls).values()), value, coders, name))
    if issubclass(cls, tuple) and arguments[1:] != (...,):
        return tuple(_decode_each(arguments, value, coders, name))
    decoded = _decode_each(arguments[:1] * len(value), value, coders, name)
    return cls(decoded) if issubclass(cls, tuple | set | frozenset) else decoded


def _decode_each(hints: tuple[Any, ...], values: list[Any], coders: Coders, name: str) -> list[Any]:
    known = hints + (None,) * (len(values) - len(hints))
    return [
        decode(hint, value, coders, name=f"{name}[{i}]")
        for i, (hint, value) in enumerate(zip(known, values, strict=False))
    ]


def _decode_scalar(cls: type, value: Any, name: str) -> Any:
    if issubclass(cls, PurePath) and isinstance(value, str):
        return cls(value)
    if not issubclass(cls, Enum):
        return value
    try:
        return cls(value)
    except ValueError as error:
        known = ", ".join(repr(member.value) for member in cls)
        raise CorruptFileError(
            f"{name!r} is {value!r} in config.json, which is no {cls.__name__}; use one of {known}."
        ) from error


def _member_for(value: Any, members: tuple[Any, ...], coders: Coders) -> Any:
    """Return the member of a union that a JSON value was most likely written from; None when nothing fits."""
    present = [member for member in members if member is not type(None)]
    if len(present) == 1:
        return present[0]
    return max((m for m in present if _fit(m, value, coders)), key=lambda m: _fit(m, value, coders), default=None)


def _fit(hint: Any, value: Any, coders: Coders) -> int:
    """Say how well a JSON value fits a hint: 0 not at all, 3 when it has just the fields of a dataclass."""
    cls = typing.get_origin(hint) or hint
    if not isinstance(cls, type):
        return 0
    if dataclasses.is_dataclass(cls):
        return _fit_dataclass(cls, value)
    if issubclass(cls, Enum):
        return 2 if any(member.value == value for member in cls) else 0
    if isinstance(value, cls):
        return 2
    written_so = _WRITTEN_AS.get(type(value), ())
    return 1 if issubclass(cls, written_so) or _coder_of(cls, coders) else 0


def _fit_dataclass(cls: type, value: Any) -> int:
    if not isinstance(value, dict):
        return 0
    fields = [field for field in dataclasses.fields(cls) if field.init]
    required = {
        field.name
        for field in fields
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }
    if not required <= value.keys():
        return 0
    return 3 if value.keys() <= {field.name for field in fields} else 1
