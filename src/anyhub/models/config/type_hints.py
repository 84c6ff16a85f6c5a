"""The type hints of a function or a class, as types."""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Iterator
from typing import Any

_UNRESOLVED = (NameError, TypeError, AttributeError, SyntaxError)


def hints_of(annotated: Any) -> dict[str, Any]:
    """Return the type hints of a function or a class, those written as texts resolved.

    Args:
        annotated: A function, or a class whose bases' hints count as well.

    Returns:
        `dict`: Hints by name. One that names what can not be found from where it was written (a class inside of a
        function, an import for type checkers only) is left out.
    """
    try:
        return typing.get_type_hints(annotated)
    except _UNRESOLVED:
        return dict(_resolve_one_by_one(annotated))


def _resolve_one_by_one(annotated: Any) -> Iterator[tuple[str, Any]]:
    owners = reversed(annotated.__mro__) if isinstance(annotated, type) else [annotated]
    for owner in owners:
        names = vars(sys.modules[owner.__module__]) if owner.__module__ in sys.modules else {}
        for name, hint in getattr(owner, "__annotations__", {}).items():
            try:
                alone = types.SimpleNamespace(__annotations__={name: hint})
                yield name, typing.get_type_hints(alone, globalns=names)[name]
            except _UNRESOLVED:
                continue
