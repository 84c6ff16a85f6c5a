"""How much of a server one caller may take while others want some of it too."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from anyhub.errors import HubError

_AGAIN_SECONDS = 5


class TooManyError(HubError):
    """The caller has too much going on at once; nothing was changed, and it can be asked for again a little later."""


class Shares:
    """Counts what each caller holds.

    Args:
        most (`int`): How many one caller may hold at once.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def held(self, caller: str) -> Iterator[None]:
        """Let a caller hold one more while the body runs.

        Raises:
            TooManyError: When that is one too many.
        """
        with self._lock:
            if self._held[caller] >= self._most:
                raise TooManyError(
                    f"{caller or 'Who is not logged in'} sends {self._most} large bodies already, and no more are taken"
                    f" from one user at once. Try again in {_AGAIN_SECONDS} seconds, or with fewer threads.",
                    retry_after=_AGAIN_SECONDS,
                )
            self._held[caller] += 1
        try:
            yield
        finally:
            with self._lock:
                self._held[caller] -= 1
                if not self._held[caller]:
                    del self._held[caller]
