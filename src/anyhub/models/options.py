"""The options of saving and loading, as a caller gives them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from anyhub.errors import ValidationError

R = TypeVar("R")


class _NotGiven:
    def __repr__(self) -> str:
        return "<not given>"


NOT_GIVEN: Final[Any] = _NotGiven()
"""The default of an option that a class may have an argument of the same name as; there None may mean something."""

LOADING = ("subfolder", "variant", "dtype", "device")
"""Options of loading that are the class's own where its `__init__` declares an argument of that name."""


def overridable(hook: Callable[..., R]) -> Callable[..., R]:
    """Return a hook as it is, of which checkers know that what overrides it takes other options, or none."""
    return hook


def given(**options: Any) -> dict[str, Any]:
    """Return those options that are not `NOT_GIVEN`."""
    return {name: value for name, value in options.items() if value is not NOT_GIVEN}


def stated(**options: Any) -> dict[str, Any]:
    """Return those options that are not None, where None says nothing."""
    return {name: value for name, value in options.items() if value is not None}


def subfolder_named(name: str | None) -> str:
    """Return the folder of a repository that a caller names, empty for the repository itself.

    Raises:
        InvalidPathError: When it can not be one.
    """
    from anyhub.paths import check_path

    if not name:
        return ""
    if not isinstance(name, str):
        raise ValidationError(f"subfolder is the name of a folder in the repository, not {name!r}; give a text.")
    return check_path(name.rstrip("/"))
