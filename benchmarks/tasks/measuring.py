"""How a task measures its own time and memory."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.watch import MIB


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds some work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def timed_on_backed_pages(work: Callable[[], object], target: Path, size: int) -> float:
    """Time some work that writes a large file."""
    back_pages(target, size)
    seconds = timed(work)
    target.unlink(missing_ok=True)
    os.sync()
    return seconds


def back_pages(target: Path, size: int) -> None:
    """Use as much memory for pages of files as will be written, and free it; nothing is left to be written then.

    A virtual machine may have given its free memory back to its host, and each page of it then costs a fault at its
    first use: otherwise whoever runs first pays.
    """
    target.unlink(missing_ok=True)
    piece = bytes(8 * MIB)
    with target.open("wb", buffering=0) as stream:
        for _ in range(0, size + size // 8, len(piece)):
            stream.write(piece)
    os.sync()
    target.unlink()
    os.sync()
