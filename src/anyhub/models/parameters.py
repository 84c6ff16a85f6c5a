"""The parameters of a model class's `__init__`, and what one call gave them."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from anyhub.models.type_hints import hints_of

_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_EMPTY = inspect.Parameter.empty


@dataclass
class Call:
    """What a call gave to the parameters of a class.

    Attributes:
        values (`dict`): Values by name; what ``**kwargs`` took is among them.
        unnamed (`list[str]`): Parameters that got a value by position and can not be given one by name.
    """

    values: dict[str, Any] = field(default_factory=dict)
    unnamed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Parameters:
    """The parameters of a class's `__init__`, without ``self``.

    Attributes:
        function: The `__init__`.
        signature (`inspect.Signature`): Its parameters.
        named (`dict`): Those that can be given by name.
        open (`bool`): Whether any other name may be given too, because there is a ``**kwargs``.
    """

    function: Any
    signature: inspect.Signature
    named: dict[str, inspect.Parameter]
    open: bool

    @classmethod
    def of(cls, model_class: type) -> Parameters:
        """Look at a class. It is looked at again each time, since a decorator may replace its `__init__` later."""
        function = model_class.__init__  # type: ignore[misc]
        signature = _signature(function)
        kinds = {name: parameter.kind for name, parameter in signature.parameters.items()}
        named = {name: parameter for name, parameter in signature.parameters.items() if kinds[name] in _BY_NAME}
        return cls(function, signature, named, open=inspect.Parameter.VAR_KEYWORD in kinds.values())

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
        return {name: hint for name, hint in hints_of(self.function).items() if name in self.named}

    def default(self, name: str) -> Any:
        """Return the default of a parameter, or `inspect.Parameter.empty`."""
        return self.named[name].default if name in self.named else _EMPTY

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
        """Return what a call gives to the parameters; nothing when they do not fit, which `__init__` will say."""
        try:
            bound = self.signature.bind_partial(*args, **kwargs).arguments
        except TypeError:
            return Call()
        call = Call()
        for name, value in bound.items():
            kind = self.signature.parameters[name].kind
            if kind is inspect.Parameter.VAR_KEYWORD:
                call.values.update(value)
            elif kind in _BY_NAME:
                call.values[name] = value
            else:
                call.unnamed.append(f"*{name}" if kind is inspect.Parameter.VAR_POSITIONAL else name)
        return call


def _signature(function: Any) -> inspect.Signature:
    if function is object.__init__:  # says that it takes anything, and takes nothing
        return inspect.Signature()
    try:
        signature = inspect.signature(function)
    except ValueError:  # written in C, without a signature
        return inspect.Signature()
    return signature.replace(parameters=list(signature.parameters.values())[1:])
