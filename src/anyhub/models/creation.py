"""The creation of a model, before its `__init__`: whatever it is given is remembered, as it is then."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any


def check_keywords(cls: type, keywords: Iterable[str], mixin: Any) -> None:
    """Refuse keywords of a class definition that no base takes.

    Args:
        cls (`type`): The new class.
        keywords: Those that the mixin does not know.
        mixin (`type[ModelHubMixin]`): The mixin.

    Raises:
        UnexpectedArgumentError: Names the first of them, and the nearest that there is.
    """
    after = cls.__mro__[cls.__mro__.index(mixin) + 1 :]
    if any("__init_subclass__" in vars(base) for base in after if base is not object):
        return
    import inspect

    from anyhub.errors import UnexpectedArgumentError, did_you_mean

    names = [*keywords]
    known = [name for name in inspect.signature(mixin.__init_subclass__).parameters if name != "kwargs"]
    raise UnexpectedArgumentError(
        f"The definition of {cls.__name__} has the keyword {names[0]!r}, which none of its bases takes; those of the "
        f"mixin are {', '.join(known)}.{did_you_mean(names[0], known)}",
        names=names,
    )


def remember_names(cls: type) -> None:
    """Keep what the type hints of a class that is made within a function speak of, while the function runs."""
    if "<locals>" in cls.__qualname__:
        from anyhub.models.config.local_names import remember_local_names

        remember_local_names(cls)


def remember_always(cls: Any, own_new: Any) -> None:
    """Make sure that all arguments are seen: a base's `__new__` may pass none of them on to that of the mixin.

    Args:
        cls (`type[ModelHubMixin]`): A new class.
        own_new: The `__new__` of the mixin, which sees all that it is given.
    """
    new = cls.__new__
    if new is own_new or hasattr(new, "_remembers"):
        return

    @functools.wraps(new)
    def remembering(called: type[Any], /, *args: Any, **kwargs: Any) -> Any:
        instance = new(called, *args, **kwargs)
        if isinstance(instance, called):
            remember(instance, args, kwargs)
        return instance

    remembering._remembers = True  # type: ignore[attr-defined]
    cls.__new__ = staticmethod(remembering)


def make(new: Callable[..., Any], cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call the `__new__` of the next base, with the arguments if it takes them."""
    if new is object.__new__:
        return new(cls)
    import inspect

    try:
        inspect.signature(new).bind(cls, *args, **kwargs)
    except TypeError:
        return new(cls)
    except ValueError:  # written in C, without a signature: such a one takes what its `__init__` takes
        pass
    return new(cls, *args, **kwargs)


def remember(instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Keep what an instance is constructed with, unless its class states a configuration for all."""
    if type(instance)._hub_mixin_config is not None:
        return
    from anyhub.models.config.capture import capture

    captured = capture(type(instance), args, kwargs, instance._hub_mixin_coders)
    # Past the class's own `__setattr__`, which may be for frozen instances, or not be ready before `__init__`.
    object.__setattr__(instance, "_hub_mixin_capture", captured)
    object.__setattr__(instance, "_hub_mixin_config", captured.view())
