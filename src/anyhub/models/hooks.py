"""What a model class gives so that its models can be saved, pushed and loaded: its hooks."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable
from typing import Any, Protocol

from anyhub.errors import ValidationError, did_you_mean
from anyhub.models.config.capture import Capture
from anyhub.models.config.parameters import signature_of
from anyhub.models.config.values import Coders
from anyhub.models.mixin_info import MixinInfo


class HubModel(Protocol):
    """A model whose class has the hooks.

    Attributes:
        _hub_mixin_config: The configuration that the model has now: a dict, a dataclass, or None.
        _hub_mixin_capture (`Capture`, *optional*): What it was constructed with; None when that was not seen.
        _hub_mixin_info (`MixinInfo`): What the class says of itself.
        _hub_mixin_coders (`Coders`): The class's encoders and decoders for types that JSON does not know.
        _hub_mixin_files (`tuple[str, ...]`): Wildcards of the files that make up a checkpoint of the class; those that
            a save does not write anew belong to the checkpoint before, and are removed. ``{variant}`` stands for
            nothing, or for a dot and the variant that is saved.
        _hub_mixin_framework (`str`, *optional*): What the framework of the class is called, in cards.
    """

    _hub_mixin_config: Any
    _hub_mixin_capture: Capture | None

    @property
    def _hub_mixin_info(self) -> MixinInfo: ...
    @property
    def _hub_mixin_coders(self) -> Coders: ...
    @property
    def _hub_mixin_files(self) -> tuple[str, ...]: ...
    @property
    def _hub_mixin_framework(self) -> str | None: ...

    @property
    def _save_pretrained(self) -> Callable[..., None]:
        """Writes the model into an empty folder; takes options if it names them."""

    @property
    def save_pretrained(self) -> Callable[..., Any]:
        """Saves the model in a folder."""

    @property
    def push_to_hub(self) -> Callable[..., Any]:
        """Pushes the model to a repository."""

    def generate_model_card(self, *args: Any, **kwargs: Any) -> Any:
        """Return the `ModelCard` of the model."""


def names_of(hook: Callable[..., Any]) -> tuple[frozenset[str], bool]:
    """Return the names of the parameters that a hook spells out, and whether it takes any others by ``**kwargs``."""
    parameters = signature_of(hook).parameters.values()
    any_other = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    variable = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return frozenset(parameter.name for parameter in parameters if parameter.kind not in variable), any_other


def bound_name(hook: Callable[..., Any]) -> tuple[str, ...]:
    """Return the name of what a method is bound to, where nothing else can be given to it under that name."""
    function = getattr(hook, "__func__", None)
    first = next(iter(signature_of(function).parameters.values()), None) if function else None
    return (first.name,) if first is not None and first.kind is first.POSITIONAL_OR_KEYWORD else ()


def check_options(
    owner: type,
    hook: Callable[..., Any],
    options: Iterable[str],
    known: Collection[str],
    method: Callable[..., Any],
) -> None:
    """Refuse options that neither a method nor the hook that it calls takes.

    Args:
        owner (`type`): The class that the hook is of.
        hook: Takes those that it names, or any.
        options: The names of what the caller gives.
        known (`Collection[str]`): Names in the hook that are no options.
        method: What the caller has called.

    Raises:
        ValidationError: Names the first of them, those that the hook takes, and the nearest of both.
    """
    names, takes_any = names_of(hook)
    unknown = [name for name in options if name not in names and not takes_any]
    if unknown:
        taken = sorted(names - set(known))
        passed = f"passes on {', '.join(map(repr, taken))}" if taken else "passes on none"
        raise ValidationError(
            f"{owner.__name__}.{method.__name__} has no option {unknown[0]!r}; to {hook.__name__} it {passed}, and "
            f"others once the signature of that names them."
            + did_you_mean(unknown[0], [*taken, *(names_of(method)[0] - {"self"})])
        )
