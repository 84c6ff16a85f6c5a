"""What a model class gives so that its models can be saved, pushed and loaded: its hooks."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from anyhub.models.config.capture import Capture
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
            a save does not write anew belong to the checkpoint before, and are removed.
    """

    _hub_mixin_config: Any
    _hub_mixin_capture: Capture | None

    @property
    def _hub_mixin_info(self) -> MixinInfo: ...
    @property
    def _hub_mixin_coders(self) -> Coders: ...
    @property
    def _hub_mixin_files(self) -> tuple[str, ...]: ...

    def _save_pretrained(self, save_directory: Path) -> None:
        """Write the model into an empty folder."""

    def generate_model_card(self, *args: Any, **kwargs: Any) -> Any:
        """Return the `ModelCard` of the model."""


def names_of(hook: Callable[..., Any]) -> tuple[frozenset[str], bool]:
    """Return the names of the parameters that a hook spells out, and whether it takes any others by ``**kwargs``."""
    parameters = inspect.signature(hook).parameters.values()
    any_other = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    variable = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return frozenset(parameter.name for parameter in parameters if parameter.kind not in variable), any_other
