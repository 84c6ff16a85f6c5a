"""How a class that is being loaded is constructed: with which arguments, as often as the loader asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anyhub.constants import CONFIG_NAME
from anyhub.models.config.file import missing_arguments, refuse_missing
from anyhub.models.config.parameters import Parameters
from anyhub.models.load import withheld_arguments


class Construction:
    """The call of a class, made with what was stored and what the caller gives.

    Args:
        model_class (`type`): The class.
        arguments (`Mapping`): What its hook was given for it; what could not be given by name is added here.

    Attributes:
        built: What was constructed last; None before.
    """

    def __init__(self, model_class: Any, arguments: Mapping[str, Any]) -> None:
        self._class = model_class
        self._parameters = Parameters.of(model_class)
        self._arguments = {**withheld_arguments(), **arguments}
        self.built: Any = None

    def take_own(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Take those that the class declares an argument of the same name as; return the others that say something."""
        declared = self._parameters.named
        self._arguments |= {name: value for name, value in options.items() if name in declared}
        return {name: value for name, value in options.items() if name not in declared and value is not None}

    def check(self, model_id: str) -> None:
        """Do nothing when the class can be called.

        Args:
            model_id (`str`): What is being loaded, for the message.

        Raises:
            MissingArgumentError: When arguments are missing that it can not do without; names all of them.
        """
        missing = missing_arguments(self._class, self._arguments)
        refuse_missing(self._class, missing, f"{CONFIG_NAME} of {model_id!r}")

    def build(self) -> Any:
        """Construct the class."""
        positional, keywords = self._parameters.spread(self._arguments)
        self.built = self._class(*positional, **keywords)
        return self.built
