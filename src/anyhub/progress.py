"""A progress bar on the terminal, for work that takes more than a second."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, TypeAlias

Update: TypeAlias = Callable[[int], object]
"""Say that so many more bytes, or whatever the bar counts, are done."""

_SECONDS_BEFORE_IT_SHOWS = 1


@contextmanager
def bar(
    total: int, description: str, *, unit: str = "B", tqdm_class: Callable[..., Any] | None = None
) -> Iterator[Update]:
    """Show how much of some work is done, while the block runs.

    Nothing is shown, and `tqdm` is not imported, when standard error is no terminal or the environment variable
    ``ANYHUB_NO_PROGRESS`` or ``HF_HUB_DISABLE_PROGRESS_BARS`` is set to anything but ``0``.

    Args:
        total (`int`): How much there is to do.
        description (`str`): What is being done, such as the name of a file.
        unit (`str`): What is counted; bytes, by default.
        tqdm_class (`Callable`, *optional*): A class with the interface of `tqdm.tqdm` to show it with, wherever
            standard error leads.

    Yields:
        A function to be told how much more was done. It may be called from several threads.
    """
    if tqdm_class is None:
        if not _is_wanted():
            yield _ignore
            return
        from tqdm import tqdm

        tqdm_class = tqdm
    lock = Lock()
    with tqdm_class(
        total=total, desc=description, unit=unit, unit_scale=unit == "B", delay=_SECONDS_BEFORE_IT_SHOWS
    ) as shown:

        def update(count: int) -> None:
            with lock:
                shown.update(count)

        yield update


def _is_wanted() -> bool:
    names = ("ANYHUB_NO_PROGRESS", "HF_HUB_DISABLE_PROGRESS_BARS")
    return not any(os.environ.get(name, "0") not in ("", "0") for name in names) and sys.stderr.isatty()


def _ignore(count: int) -> None:
    """Show nothing."""
