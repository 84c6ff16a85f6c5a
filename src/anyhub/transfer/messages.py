"""Requests and answers of HTTP, as whoever carries them sees them; `anyhub.transfer.pools` carries them by sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias


@dataclass(frozen=True)
class Stream:
    """A body that is made while it is sent, and once more when it has to be sent again.

    Attributes:
        pieces: Returns its pieces, from the beginning.
        size (`int`, *optional*): How many bytes they are, where that is known.
    """

    pieces: Callable[[], Iterable[bytes | memoryview]]
    size: int | None = None


Body: TypeAlias = bytes | Stream | None


@dataclass(frozen=True)
class Outgoing:
    """One request.

    Attributes:
        method (`str`): Of HTTP.
        url (`str`): The full address.
        headers: All that are to be sent, but the length of the body.
        body: What is sent along.
        patience (`float`): Seconds for which nothing may come before the server counts as stalled.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: Body = None
    patience: float = 30.0


class Incoming(Protocol):
    """One answer, whose body has not been read yet."""

    @property
    def status(self) -> int:
        """The status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, by lower-case name."""

    def read1(self, most: int) -> bytes:
        """Return some bytes of the body as soon as there are any; none at its end.

        Raises:
            NetworkError, StalledError: When the body ends before its announced end, or nothing comes.
        """

    def close(self) -> None:
        """Take no more of it."""


class Sender(Protocol):
    """Carries requests to servers. It follows no redirects, tries nothing twice, and knows no credentials."""

    def send(self, request: Outgoing) -> Incoming:
        """Send a request and return its answer, whatever the status.

        Raises:
            NetworkError, StalledError: When there is none. Its ``sent`` is False when no byte of the request left.
        """

    def is_private(self, url: str) -> bool:
        """Return whether nobody between here and there can read what is sent."""
