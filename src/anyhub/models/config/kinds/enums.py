"""Members of enumerations."""

# ruff: noqa: ARG002 - every kind has methods and constants of the same shape

from __future__ import annotations

from enum import Enum, Flag
from typing import Any

from anyhub.models.config.kinds.forms import NOT_STORABLE, finite
from anyhub.models.config.kinds.kind import Kind

_ATOMS = (type(None), bool, int, float, str)


class Enums(Kind):
    """Enumerations, by the value of the member, or by its name where JSON has no such value."""

    forms = (bool, int, float, str)

    def covers(self, cls: type) -> bool:
        return issubclass(cls, Enum)

    def fit(self, cls: type, form: Any) -> int:
        return 2 if type(form) in self.forms and _member(cls, form) is not None else 0

    def parts(self, value: Any) -> Any:
        for form in (_plain(value.value), value.name):
            if type(form) in self.forms and _member(type(value), form) == value:
                return form
        return NOT_STORABLE

    def make(self, cls: Any, parts: Any, parameter: str) -> Any:
        member = _member(cls, parts)
        if member is None:
            known = ", ".join(repr(_plain(each.value)) for each in cls)
            raise ValueError(f"use one of {known}")
        return member


def _plain(value: Any) -> Any:
    base = next((atom for atom in (bool, int, float, str) if isinstance(value, atom)), None)
    return value if base is None else finite(base(value))


def _member(cls: Any, form: Any) -> Any:
    """Return the member with such a value, else the one of such a name, else None."""
    for member in cls:
        if (plain := _plain(member.value)) == form and type(plain) is type(form):
            return member
    if issubclass(cls, Flag) and type(form) is int:
        return _flags(cls, form)
    named = cls.__members__.get(form) if isinstance(form, str) else None
    return named if named is not None and type(_plain(named.value)) not in _ATOMS else None


def _flags(cls: Any, form: int) -> Any:
    try:
        return cls(form)
    except ValueError:
        return None
