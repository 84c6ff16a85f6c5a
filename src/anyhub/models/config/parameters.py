"""The parameters of a model class's `__init__`, and what one call gave them."""

from __future__ import annotations

import inspect
import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from anyhub.models.config.local_names import local_names
from anyhub.models.config.type_hints import hints_of

_Parameter = inspect.Parameter
_EMPTY = _Parameter.empty


@dataclass(frozen=True)
class Parameters:
    """The parameters of a class's `__init__`, without ``self``.

    Attributes:
        function: The `__init__`.
        signature (`inspect.Signature`): Its parameters.
        named (`dict`): All but ``**kwargs``, each by the name that its value is stored under; for ``*sizes``, which a
            keyword may be called like, that is `"*sizes"`.
        open (`bool`): Whether any other name may be given too, because there is a ``**kwargs``.
        names (`dict`): What names in annotations mean that the module does not have.
    """

    function: Any
    signature: inspect.Signature
    named: dict[str, inspect.Parameter]
    open: bool
    names: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, model_class: type) -> Parameters:
        """Look at a class. It is looked at again each time, since a decorator may replace its `__init__` later."""
        function = model_class.__init__  # type: ignore[misc]
        signature = _signature(function)
        all_of_them = signature.parameters.values()
        named = {_stored_as(each): each for each in all_of_them if each.kind is not _Parameter.VAR_KEYWORD}
        return cls(function, signature, named, len(named) < len(all_of_them), local_names(model_class))

    @cached_property
    def hints(self) -> dict[str, Any]:
        """The types of those that are annotated, else of the default if there is one."""
        of_defaults = {
            name: type(p.default) for name, p in self.named.items() if p.default is not _EMPTY and p.default is not None
        }
        return of_defaults | self._resolved

    @cached_property
    def unresolved(self) -> frozenset[str]:
        """Those whose annotation names what can not be found from where it was written."""
        annotated = {name for name, parameter in self.named.items() if parameter.annotation is not _EMPTY}
        return frozenset(annotated - self._resolved.keys())

    @cached_property
    def _resolved(self) -> dict[str, Any]:
        hints = self._all_hints
        return {
            name: _as_stored(parameter, hints[parameter.name])
            for name, parameter in self.named.items()
            if parameter.name in hints
        }

    def hint(self, name: str) -> Any:
        """Return the type hint of what is given by a name: that of a parameter, or of ``**kwargs``."""
        if name in self.named:
            return self.hints.get(name, Any)
        hint = self._hint_of_others
        return hint.get(name, Any) if isinstance(hint, dict) else hint

    @cached_property
    def _hint_of_others(self) -> Any:
        """The type hint of ``**kwargs``, or those of its keys, by name."""
        keywords = [each.name for each in self.signature.parameters.values() if each.kind is _Parameter.VAR_KEYWORD]
        hint = self._all_hints.get(keywords[0], Any) if keywords else Any
        return hints_of(typing.get_args(hint)[0], self.names) if typing.get_origin(hint) is typing.Unpack else hint

    @cached_property
    def required(self) -> list[str]:
        """Those without which no model can be constructed."""
        named = self.named.items()
        return [name for name, each in named if each.default is _EMPTY and each.kind is not _Parameter.VAR_POSITIONAL]

    @cached_property
    def _all_hints(self) -> dict[str, Any]:
        return hints_of(self.function, self.names)

    @cached_property
    def by_position(self) -> list[str]:
        """Those that can not be given by name."""
        kinds = (_Parameter.POSITIONAL_ONLY, _Parameter.VAR_POSITIONAL)
        return [name for name, parameter in self.named.items() if parameter.kind in kinds]

    def default(self, name: str) -> Any:
        """Return the default of a parameter, or `inspect.Parameter.empty`."""
        return self.named[name].default if name in self.named else _EMPTY

    def stored_name(self, name: str) -> str:
        """Return the name that is stored for one that a caller says: what ``*sizes`` takes may be given as ``sizes``.

        Not where there is a ``**kwargs``, for which that is a name like any other.
        """
        extra = f"*{name}"
        return extra if extra in self.named and not self.open else name

    def takes(self, name: str) -> bool:
        """Return whether an argument can be given by a name, which is as `stored_name` returns it."""
        return self.open or name in self.named

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return what a call gives to the parameters, by name; what ``**kwargs`` takes is among it.

        It is nothing when the arguments do not fit, which `__init__` will say.
        """
        try:
            bound = self.signature.bind_partial(*args, **kwargs).arguments
        except TypeError:
            return {}
        values: dict[str, Any] = {}
        for name, value in bound.items():
            parameter = self.signature.parameters[name]
            values |= value if parameter.kind is _Parameter.VAR_KEYWORD else {_stored_as(parameter): value}
        return values

    def spread(self, values: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """Return the positional and the keyword arguments of the call that `bind` returns ``values`` for.

        When a value is missing without which no such call can be made, all but those of ``*args`` are keywords, and
        `__init__` will say so.
        """
        keywords = dict(values)
        extra = [value for name in self.named if name.startswith("*") for value in keywords.pop(name, ())]
        kinds = (_Parameter.POSITIONAL_ONLY, _Parameter.POSITIONAL_OR_KEYWORD)[: 2 if extra else 1]
        leading = [name for name, parameter in self.named.items() if parameter.kind in kinds]
        if any(name not in keywords and self.default(name) is _EMPTY for name in leading):
            return [], keywords
        return [*(keywords.pop(name, self.default(name)) for name in leading), *extra], keywords


def _stored_as(parameter: inspect.Parameter) -> str:
    return f"*{parameter.name}" if parameter.kind is _Parameter.VAR_POSITIONAL else parameter.name


def _as_stored(parameter: inspect.Parameter, hint: Any) -> Any:
    return types.GenericAlias(tuple, (hint, ...)) if parameter.kind is _Parameter.VAR_POSITIONAL else hint


def _signature(function: Any) -> inspect.Signature:
    if function is object.__init__:  # says that it takes anything, and takes nothing
        return inspect.Signature()
    try:
        signature = signature_of(function)
    except ValueError:  # written in C, without a signature
        return inspect.Signature()
    return signature.replace(parameters=list(signature.parameters.values())[1:])


def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """Return the signature of a function, whatever its annotations name.

    Raises:
        ValueError: When it is written in C, without a signature.
    """
    if sys.version_info >= (3, 14):  # annotations are evaluated when asked for, and may name what is not there
        import annotationlib

        return inspect.signature(function, annotation_format=annotationlib.Format.FORWARDREF)
    return inspect.signature(function)
