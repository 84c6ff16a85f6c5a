"""A watch over an answer: one that comes too slowly is given up, however regularly a byte drips in."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from anyhub.errors import StalledError
from anyhub.transfer.messages import Incoming
from anyhub.transfer.origins import Origin

LEAST_RATE = 1024
"""Bytes per second that have to come."""


class Watched:
    """An `Incoming` that has to bring at least `LEAST_RATE`, on average over each span of time.

    Args:
        incoming (`Incoming`): The answer.
        url (`str`): Where it comes from.
        seconds (`float`): The span.
        clock: Returns seconds from some moment on.
    """

    def __init__(self, incoming: Incoming, url: str, seconds: float, clock: Callable[[], float]) -> None:
        self._incoming = incoming
        self._url = url
        self._seconds = seconds
        self._clock = clock
        self._waited = 0.0
        self._came = 0

    @property
    def status(self) -> int:
        """The status."""
        return self._incoming.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, by lower-case name."""
        return self._incoming.headers

    def read1(self, most: int) -> bytes:
        """Return some bytes of the body as soon as there are any; none at its end."""
        asked = self._clock()
        data = self._incoming.read1(most)
        self._waited += self._clock() - asked  # while the bytes are used, nobody waits for more
        self._came += len(data)
        if self._waited < self._seconds:
            return data
        if data and self._came < LEAST_RATE * self._waited:
            self.close()
            raise StalledError(
                f"{Origin.of(self._url)} sent {self._came:,} bytes in {self._waited:.0f} seconds, which is too slow to"
                " go on. Try again later."
            )
        self._waited, self._came = 0.0, 0
        return data

    def close(self) -> None:
        """Take no more of it."""
        self._incoming.close()
