"""A token that does not show itself, and who keeps them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from anyhub.errors import ValidationError
from anyhub.transfer.origins import Origin


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A token for one origin.

    Attributes:
        text (`str`): The token itself. Neither `repr` nor `str` shows it.
        is_meant_for_it (`bool`): Whether somebody gave it for exactly that origin, in a call or by logging in; else it
            is known that the environment names both, which says nothing about an address without encryption.
    """

    text: str
    is_meant_for_it: bool = True

    def __post_init__(self) -> None:
        """Refuse what can not stand in a header.

        Raises:
            ValidationError: Without the text in it.
        """
        if not re.fullmatch(r"[!-~]{1,4096}", self.text):
            raise ValidationError(
                "The token has a space, a line end or another character in it that no token has. Copy it again."
            )

    def __repr__(self) -> str:
        return "Secret(…)"


class Credentials(Protocol):
    """Knows which token belongs to which origin."""

    def secret_for(self, origin: Origin) -> Secret | None:
        """Return the token for an origin, or None to ask as nobody in particular."""


class NoCredentials:
    """Knows no token."""

    def secret_for(self, origin: Origin) -> Secret | None:  # noqa: ARG002 - as the protocol has it
        """Return None."""
        return None
