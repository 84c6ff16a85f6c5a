"""Values that are written as an array: lists, tuples, sets, queues, ranges."""

# ruff: noqa: ARG002, RUF012 - every kind has methods and constants of the same shape

from __future__ import annotations

from typing import Any

from anyhub.models.config.kinds.kind import Kind


class Arrays(Kind):
    """Containers of items in a row."""

    names = {
        "list": ("builtins", "list"),
        "tuple": ("builtins", "tuple"),
        "deque": ("collections", "deque"),
    }
    forms = (list,)

    def fit(self, cls: type, form: Any) -> int:
        return (2 if cls is list else 1) if type(form) is list else 0

    def parameter(self, value: Any) -> str:
        limit = getattr(value, "maxlen", None)
        return "" if limit is None else str(limit)

    def parts(self, value: Any) -> Any:
        return list(value)

    def hint_for(self, cls: type, arguments: tuple[Any, ...], key: str | int, scope: Any) -> Any:
        if not arguments:
            return Any
        if cls is tuple and arguments[1:] != (...,):
            return arguments[key] if isinstance(key, int) and key < len(arguments) else Any
        return arguments[0]

    def parts_are_alike(self, cls: type, arguments: tuple[Any, ...]) -> bool:
        return cls is not tuple or not arguments or arguments[1:] == (...,)

    def make(self, cls: type, parts: Any, parameter: str) -> Any:
        return cls(parts, int(parameter)) if parameter else cls(parts)


class Sets(Kind):
    """Sets, in one order whatever the order was in memory."""

    names = {"set": ("builtins", "set"), "frozenset": ("builtins", "frozenset")}
    forms = (list,)
    in_order = False

    def parts(self, value: Any) -> Any:
        return list(value)

    def hint_for(self, cls: type, arguments: tuple[Any, ...], key: str | int, scope: Any) -> Any:
        return arguments[0] if arguments else Any

    def parts_are_alike(self, cls: type, arguments: tuple[Any, ...]) -> bool:
        return True

    def make(self, cls: type, parts: Any, parameter: str) -> Any:
        return cls(parts)


class Steps(Kind):
    """Ranges and slices: start, stop, step."""

    names = {"range": ("builtins", "range"), "slice": ("builtins", "slice")}
    forms = (list,)

    def fit(self, cls: type, form: Any) -> int:
        return 1 if type(form) is list and len(form) == 3 else 0

    def parts(self, value: Any) -> Any:
        return [value.start, value.stop, value.step]

    def make(self, cls: type, parts: Any, parameter: str) -> Any:
        return cls(*parts)
