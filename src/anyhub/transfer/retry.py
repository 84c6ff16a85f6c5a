"""When to try again, and how long to wait before: longer each time, never in step with others, never for ever."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT = 60.0
"""Seconds for which a server may ask to be left alone; it is asked again then, whatever it said."""

_TEMPORARY = frozenset((408, 429, 500, 502, 503, 504))


@dataclass(frozen=True)
class Patience:
    """How often something is tried, and how long it is waited between.

    Attributes:
        tries (`int`): How often at most, without any progress between.
        first (`float`): Seconds before the second try; twice as many before each further one.
        sleep: Waits for so many seconds.
        clock: Returns seconds from some moment on, which never goes back.
        now: Returns the date and time.
        chance: Returns a number from 0 to 1.
    """

    tries: int = 6
    first: float = 0.25
    sleep: Callable[[float], object] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    chance: Callable[[], float] = random.random

    def wait(self, failures: int, asked: float | None = None) -> None:
        """Wait after so many failures one after the other, for as long as the server asked for where it did.

        Half of the time is left to chance, so that clients which were cut together do not come back together.
        """
        longest = min(self.first * 2.0 ** (failures - 1), LONGEST_WAIT)
        own = longest * (0.5 + 0.5 * self.chance())
        self.sleep(own if asked is None else min(max(asked, 0.0) + 0.1 * own, LONGEST_WAIT))

    def asked_for(self, headers: Mapping[str, str]) -> float | None:
        """Return for how many seconds a server asks to be left alone, or None when it does not say.

        ``Retry-After`` is a count of seconds or a date (RFC 9110, section 10.2.3); ``RateLimit`` has a parameter ``t``.
        """
        said = headers.get("retry-after", "").strip()
        if re.fullmatch(r"[0-9]{1,9}", said):
            return float(said)
        if said:
            try:
                at = parsedate_to_datetime(said)
                return (at.replace(tzinfo=at.tzinfo or UTC) - self.now()).total_seconds()
            except (ValueError, OverflowError):
                return None
        found = re.search(r";\s*t=([0-9]{1,9})", headers.get("ratelimit", ""))
        return float(found[1]) if found else None


def is_temporary(status: int, *, repeatable: bool, asked: float | None) -> bool:
    """Return whether a refusal may be another answer a little later.

    Args:
        status (`int`): Of HTTP.
        repeatable (`bool`): Whether the request may be done twice. One that may not is sent again only where the server
            says that it did nothing: for too many requests, and for a time that it names.
        asked (`float`, *optional*): For how long the server asks to be left alone.
    """
    if repeatable:
        return status in _TEMPORARY
    return status == 429 or (status == 503 and asked is not None)
