"""How a class that is being loaded is constructed: with which arguments, as often as the loader asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anyhub.constants import CONFIG_NAME
from anyhub.models.config.gaps import missing_arguments, refuse_missing, refuse_unexpected
from anyhub.models.config.parameters import Parameters
from anyhub.models.hooks import names_of
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
        given = {self._parameters.stored_name(name): value for name, value in arguments.items()}
        self._arguments = {**withheld_arguments(), **given}
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
            UnexpectedArgumentError: When there are arguments that it does not take; names all of them.
        """
        refuse_unexpected(self._class, self._arguments, self._options())
        missing = missing_arguments(self._class, self._arguments)
        refuse_missing(self._class, missing, f"{CONFIG_NAME} of {model_id!r}")

    def _options(self) -> frozenset[str]:
        """Return what a caller may say to the loader, and not to the class."""
        hook, loader = names_of(self._class._from_pretrained)[0], names_of(self._class.from_pretrained)[0]
        return (hook | loader) - {"model_id", "pretrained_model_name_or_path"}

    def build(self) -> Any:
        """Construct the class."""
        positional, keywords = self._parameters.spread(self._arguments)
        self.built = self._class(*positional, **keywords)
        return self.built
