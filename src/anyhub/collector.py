"""Python's garbage collector, held back while very many objects are made none of which is garbage."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def paused() -> Iterator[None]:
    """Leave the search for reference cycles until afterwards.

    The number of new objects alone sets the collector going, and in a process that has imported a framework one pass
    takes longer than loading a gigabyte. The body has to be short: what other threads make meanwhile is not looked at
    either. A collector that somebody has turned off stays off.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
