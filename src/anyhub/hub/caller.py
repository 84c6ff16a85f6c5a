"""Who calls a hub on the network, and how it is to be reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from anyhub.errors import ValidationError

Token: TypeAlias = str | bool | None

Pairs: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Caller:
    """What a call says about itself; a hub that is a folder asks for none of it.

    Attributes:
        token (`str` or `bool`, *optional*): See `anyhub.hub.credentials.secret_of`. It is not shown.
        proxies: Pairs of a scheme and the address of a proxy; None for those of the system.
        headers: What else to send to the hub.
        user_agent (`str`): What it is told of the program that calls.
        timeout (`float`): Seconds for which it may send nothing.
        threads (`int`): How many files are sent at once.
    """

    token: Token = field(default=None, repr=False)
    proxies: Pairs | None = field(default=None, repr=False)
    headers: Pairs = field(default=(), repr=False)
    user_agent: str = ""
    timeout: float = 30.0
    threads: int = 5

    @classmethod
    def of(
        cls,
        token: Token = None,
        *,
        proxies: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        library_name: str | None = None,
        library_version: str | None = None,
        user_agent: Mapping[str, str] | str | None = None,
        timeout: float | None = None,
        threads: int | None = None,
    ) -> Caller:
        """Return what the arguments of a call say.

        Raises:
            ValidationError: When one of them is of another type than it has to be.
        """
        if token is not None and not isinstance(token, str | bool):
            raise ValidationError(f"A token is a text, True, False or None, not a {type(token).__name__}.")
        if timeout is not None and not timeout > 0:
            raise ValidationError(f"etag_timeout is a number of seconds above 0, not {timeout!r}.")
        return cls(
            token,
            None if proxies is None else _pairs("proxies", proxies),
            _pairs("headers", headers or {}),
            _agent(library_name, library_version, user_agent),
            30.0 if timeout is None else max(30.0, float(timeout)),
            5 if threads is None else max(1, threads),
        )


def _pairs(what: str, given: Mapping[str, str]) -> Pairs:
    if not isinstance(given, Mapping):
        raise ValidationError(f"{what} is a dict of texts, not a {type(given).__name__}.")
    return tuple(sorted((str(name), str(value)) for name, value in given.items() if value is not None))


def _agent(name: str | None, version: str | None, more: Mapping[str, str] | str | None) -> str:
    """Return what a program says of itself, in the form ``name/version; key/value``."""
    parts = [f"{name}/{version}" if version else name] if name else []
    if isinstance(more, Mapping):
        parts += [f"{key}/{value}" for key, value in more.items()]
    elif more:
        parts.append(str(more))
    return "; ".join(parts)
