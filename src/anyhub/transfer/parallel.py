"""The same work for many things, several at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def for_each(work: Callable[[T], object], things: Sequence[T], workers: int) -> None:
    """Do some work for every thing; the first failure ends it.

    Args:
        work: Does it for one; called from several threads.
        things: What it is done for.
        workers (`int`): How many at once.

    Raises:
        Exception: What the work raised first; what was not begun then is left undone.
    """
    if len(things) < 2 or workers < 2:
        for thing in things:
            work(thing)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(workers, thread_name_prefix="anyhub") as pool:
        try:
            for _ in pool.map(work, things):
                pass
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
