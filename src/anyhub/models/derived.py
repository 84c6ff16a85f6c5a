"""Attributes of a model class that are worked out from its definition when somebody reads them.

Libraries that integrate with `huggingface_hub` read them: so they have its names, and its meaning.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Derived(Generic[T]):
    """An attribute of a class, and of its instances, that a function of the class returns.

    Nothing is kept: a decorator, such as that of a dataclass, may replace the `__init__` of the class later.
    """

    def __init__(self, function: Callable[[Any], T]) -> None:
        self._function = function

    def __get__(self, instance: object, owner: type) -> T:
        return self._function(owner)


def init_parameters(cls: Any) -> dict[str, Any]:
    """Return the parameters of a class's `__init__` by name, ``self`` among them."""
    from anyhub.models.config.parameters import signature_of

    return dict(signature_of(cls.__init__).parameters)


def jsonable_default_values(cls: Any) -> dict[str, Any]:
    """Return the defaults of a class's parameters as config.json holds them, but those that it can not hold."""
    from anyhub.models.config.capture import capture
    from anyhub.models.config.values import plain

    defaults: dict[str, Any] = plain(capture(cls, (), {}, cls._hub_mixin_coders).arguments)
    return defaults


def jsonable_custom_types(cls: Any) -> tuple[type, ...]:
    """Return the types that a class has coders for."""
    return tuple(cls._hub_mixin_coders)


def takes_config(cls: Any) -> bool:
    """Return whether the hook `_from_pretrained` of a class asks for the whole configuration."""
    from anyhub.models.hooks import names_of

    return "config" in names_of(cls._from_pretrained)[0]
