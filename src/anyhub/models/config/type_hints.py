"""The type hints of a function or a class, as types."""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import InitVar
from typing import Any

_UNRESOLVED = (NameError, TypeError, AttributeError, SyntaxError, ValueError)


def hints_of(
    annotated: Any, names: Mapping[str, Any] = types.MappingProxyType({}), arguments: tuple[Any, ...] = ()
) -> dict[str, Any]:
    """Return the type hints of a function or a class, those written as texts resolved.

    Args:
        annotated: A function, or a class whose bases' hints count as well.
        names (`Mapping`): What names mean that the module does not have: those of the function it was written in.
        arguments (`tuple`): For a generic class, the types in its brackets.

    Returns:
        `dict`: Hints by name. One that names what can not be found (an import for type checkers only) is left out.
    """
    if not isinstance(annotated, type):
        return _resolved(annotated, names)
    hints: dict[str, Any] = {}
    bound = _type_variables(annotated, arguments)
    for owner in reversed(annotated.__mro__):
        own = _resolved(owner, names)
        hints |= {name: substituted(hint, bound.get(owner, {})) for name, hint in own.items()}
    return hints


def annotations_of(annotated: Any) -> Mapping[str, Any]:
    """Return the annotations of a function or class itself, as they are: types, or texts that name types."""
    if sys.version_info >= (3, 14):
        import annotationlib

        return annotationlib.get_annotations(annotated, format=annotationlib.Format.FORWARDREF)
    if isinstance(annotated, type):
        return vars(annotated).get("__annotations__") or {}
    return getattr(annotated, "__annotations__", None) or {}


def substituted(hint: Any, bound: Mapping[Any, Any]) -> Any:
    """Return a hint with types in the place of type variables."""
    if isinstance(hint, typing.TypeVar):
        return bound.get(hint, hint)
    parameters = getattr(hint, "__parameters__", ())
    if isinstance(hint, type) or not any(each in bound for each in parameters):
        return hint
    try:
        return hint[tuple(bound.get(each, each) for each in parameters)]
    except TypeError:  # it has more in its brackets than types
        return hint


def _resolved(owner: Any, names: Mapping[str, Any]) -> dict[str, Any]:
    annotations = annotations_of(owner)
    if not annotations:
        return {}
    module = sys.modules.get(getattr(owner, "__module__", ""))
    known = getattr(_unwrapped(owner), "__globals__", None) or (vars(module) if module else {})
    own = {each.__name__: each for each in getattr(owner, "__type_params__", ())}
    local = {**names, **own} | ({owner.__name__: owner} if isinstance(owner, type) else {})
    try:
        return _evaluated(annotations, known, local)
    except _UNRESOLVED:
        return dict(_one_by_one(annotations, known, local))


def _unwrapped(function: Any) -> Any:
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function


def _one_by_one(
    annotations: Mapping[str, Any], known: dict[str, Any], local: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    for name, hint in annotations.items():
        try:
            yield name, _evaluated({name: hint}, known, local)[name]
        except _UNRESOLVED:
            continue


def _evaluated(annotations: Mapping[str, Any], known: dict[str, Any], local: Mapping[str, Any]) -> dict[str, Any]:
    holder = types.SimpleNamespace(__annotations__={name: _text_of(hint) for name, hint in annotations.items()})
    return typing.get_type_hints(holder, known, {**known, **local} if local else None)


def _text_of(hint: Any) -> Any:
    # `InitVar["Layer"]` is not looked into by typing, and is only a word for the class decorator.
    return hint.type if isinstance(hint, InitVar) else hint


def _type_variables(cls: type, arguments: tuple[Any, ...]) -> dict[type, dict[Any, Any]]:
    """Return what the type variables of a class and its bases stand for, by class."""
    bound: dict[type, dict[Any, Any]] = {}
    waiting: list[tuple[Any, tuple[Any, ...]]] = [(cls, arguments)]
    while waiting:
        owner, given = waiting.pop()
        if owner in bound or not isinstance(owner, type):
            continue
        parameters = getattr(owner, "__parameters__", ())
        bound[owner] = dict(zip(parameters, given, strict=False))
        for base in vars(owner).get("__orig_bases__", owner.__bases__):
            each = tuple(substituted(one, bound[owner]) for one in typing.get_args(base))
            waiting.append((typing.get_origin(base) or base, each))
    return bound
