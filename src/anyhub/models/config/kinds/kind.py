"""What a family of types has to say so that its values can be kept in JSON: the shape that every kind has."""

# ruff: noqa: ARG002, RUF012 - every kind has methods and constants of the same shape

from __future__ import annotations

import sys
from typing import Any

from anyhub.models.config.kinds.forms import NOT_STORABLE


class Kind:
    """One way to write the values of some types as JSON, and to make them again.

    Attributes:
        names (`dict[str, tuple[str, str]]`): The types that are of this kind, each by the name that a note has for it:
            its module and its name there. It is empty for a kind whose types are those of users.
        forms (`tuple[type, ...]`): What the values are in JSON.
        in_order (`bool`): Whether the order of the items of an array means something.
    """

    names: dict[str, tuple[str, str]] = {}
    forms: tuple[type, ...] = (str,)
    in_order: bool = True

    def type_named(self, name: str) -> type | None:
        """Return the type that a note means; None while nobody has imported its module."""
        module, attribute = self.names[name]
        found: type | None = getattr(sys.modules.get(module), attribute, None)
        return found

    def covers(self, cls: type) -> bool:
        """Return whether a type of a user, which has no name here, is of this kind."""
        return False

    def parameter(self, value: Any) -> str:
        """Return what a note says of a value beside its name: the text in ``deque(5)``."""
        return ""

    def parameter_for(self, cls: type, arguments: tuple[Any, ...]) -> str:
        """Return that of the value that a type hint alone leads to."""
        return ""

    def type_for(self, cls: type, parameter: str) -> type:
        """Return the type that a note with such a parameter means."""
        return cls

    def fit(self, cls: type, form: Any) -> int:
        """Say how well a JSON value fits a type: 0 not at all, 1 perhaps, 2 well, 3 as nothing else would."""
        return 1 if type(form) in self.forms else 0

    def parts(self, value: Any) -> Any:
        """Return what a value is made of: JSON, or a list or dict of values of any kind, or `NOT_STORABLE`."""
        return NOT_STORABLE

    def hint_for(self, cls: type, arguments: tuple[Any, ...], key: str | int, scope: Any) -> Any:
        """Return the type hint of one part, by its key or index."""
        return Any

    def parts_are_alike(self, cls: type, arguments: tuple[Any, ...]) -> bool:
        """Return whether the type hint of every part is the same, whatever its key."""
        return False

    def restores(self, value: Any, name: str) -> bool:
        """Return whether a value that is made without one of its parts has it all the same: it is the default."""
        return False

    def make(self, cls: type, parts: Any, parameter: str) -> Any:
        """Return the value that has such parts.

        Raises:
            ValueError, TypeError: When there is none.
        """
        raise NotImplementedError
