"""Python's garbage collector, held back while a model is made."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collecting() -> Iterator[None]:
    """Leave the search for reference cycles until afterwards.

    Loading makes many objects and hardly any garbage, yet their number alone sets the collector going, and in a process
    that has imported a framework one pass takes longer than loading a gigabyte.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
