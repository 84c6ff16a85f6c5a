"""Values that are written as an object: dicts of every sort, and namespaces."""

# ruff: noqa: ARG002, RUF012 - every kind has methods and constants of the same shape

from __future__ import annotations

import typing
from typing import Any

from anyhub.models.config.kinds.forms import NOT_STORABLE
from anyhub.models.config.kinds.kind import Kind

_FACTORIES: dict[str, Any] = {each.__name__: each for each in (list, dict, set, tuple, int, float, str, bool)}


class Mappings(Kind):
    """Dicts; where the keys are no texts and can not be told from texts, an array of pairs."""

    names = {
        "dict": ("builtins", "dict"),
        "OrderedDict": ("collections", "OrderedDict"),
        "Counter": ("collections", "Counter"),
    }
    forms = (dict, list)

    def fit(self, cls: type, form: Any) -> int:
        if type(form) is dict:
            return 2 if cls is dict else 1
        return 1 if is_pairs(form) else 0

    def parts(self, value: Any) -> Any:
        return dict(value)

    def hint_for(self, cls: type, arguments: tuple[Any, ...], key: str | int, scope: Any) -> Any:
        if typing.is_typeddict(cls):
            return scope.hints(cls, arguments).get(key, Any)
        return arguments[1] if len(arguments) == 2 else int if cls.__name__ == "Counter" else Any

    def parts_are_alike(self, cls: type, arguments: tuple[Any, ...]) -> bool:
        return not typing.is_typeddict(cls)

    def make(self, cls: type, parts: Any, parameter: str) -> Any:
        return cls(parts)


class DefaultDicts(Mappings):
    """Dicts that make what is missing: the maker is one of the built-in types, named in the note, or None."""

    names = {"defaultdict": ("collections", "defaultdict")}

    def parameter(self, value: Any) -> str:
        return "" if value.default_factory is None else value.default_factory.__name__

    def parameter_for(self, cls: type, arguments: tuple[Any, ...]) -> str:
        made = arguments[1] if len(arguments) == 2 else None
        name = getattr(typing.get_origin(made) or made, "__name__", "")
        return name if name in _FACTORIES else ""

    def parts(self, value: Any) -> Any:
        factory = value.default_factory
        return dict(value) if factory is None or factory in _FACTORIES.values() else NOT_STORABLE

    def make(self, cls: type, parts: Any, parameter: str) -> Any:
        if parameter and parameter not in _FACTORIES:
            raise ValueError(f"{parameter!r} makes no defaults")
        return cls(_FACTORIES.get(parameter), parts)


class Namespaces(Kind):
    """Objects that have nothing but attributes."""

    names = {
        "Namespace": ("argparse", "Namespace"),
        "SimpleNamespace": ("types", "SimpleNamespace"),
    }
    forms = (dict,)

    def parts(self, value: Any) -> Any:
        return dict(vars(value)) if all(type(name) is str for name in vars(value)) else NOT_STORABLE

    def make(self, cls: type, parts: Any, parameter: str) -> Any:
        return cls(**parts)


def is_pairs(form: Any) -> bool:
    """Return whether a JSON value is a dict, written as an array of pairs."""
    return type(form) is list and all(type(pair) is list and len(pair) == 2 for pair in form)
