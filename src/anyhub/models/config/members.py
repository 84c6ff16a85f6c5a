"""What a type hint allows: the classes that it comes down to."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeAlias

from anyhub.models.config.type_hints import substituted


@dataclass(frozen=True)
class Member:
    """One class that a hint allows, and what stands in its brackets."""

    type: type
    arguments: tuple[Any, ...] = ()


Members: TypeAlias = tuple[Member, ...]

ANYTHING: Members = (Member(object),)
"""What no hint at all allows."""

_WORDS = (typing.Final, typing.ClassVar, typing.Required, typing.NotRequired, typing.Annotated)
_MAX_MEMBERS = 1000


def members_of(*hints: Any) -> Members:
    """Return the classes that type hints allow, in their order; `ANYTHING` when one of them says nothing."""
    found: list[Member] = []
    waiting = list(reversed(hints))
    while waiting:
        hint = waiting.pop()
        inside = _inside(hint)
        if inside is not None:
            waiting += reversed(inside)
        elif isinstance(member := _member(hint), Member) and member not in found:
            found.append(member)
        if len(waiting) + len(found) > _MAX_MEMBERS:  # an alias that names itself, and nothing else
            return ANYTHING
    return tuple(found) or ANYTHING


def _member(hint: Any) -> Member:
    origin = typing.get_origin(hint)
    if isinstance(origin, type):
        return Member(origin, typing.get_args(hint))
    return Member(hint) if isinstance(hint, type) and hint is not typing.Any else Member(object)


def _inside(hint: Any) -> list[Any] | None:
    """Return the hints that a hint is made of, or stands for; None when it is one class."""
    if isinstance(hint, typing.TypeVar):
        return list(hint.__constraints__) or [Any if hint.__bound__ is None else hint.__bound__]
    if isinstance(hint, dataclasses.InitVar):
        return [hint.type]
    if supertype := getattr(hint, "__supertype__", None):  # a NewType
        return [supertype]
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return list(arguments)
    if origin is typing.Literal:
        return _types_of(arguments)
    if origin in _WORDS or getattr(origin, "_name", None) == "ReadOnly":
        return [arguments[0]]
    if hasattr(alias := origin or hint, "__value__") and not isinstance(alias, type):  # `type Name[T] = …`
        bound = dict(zip(getattr(alias, "__type_params__", ()), arguments, strict=False))
        return [substituted(alias.__value__, bound)]
    return None


def _types_of(values: Iterable[Any]) -> list[type]:
    return reduce(lambda found, value: found if type(value) in found else [*found, type(value)], values, [])
