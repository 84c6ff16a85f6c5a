"""The answers of queries that were asked before, kept for as long as nobody has changed anything.

One memo is shared by all connections of a process to one database. SQLite tells a connection whether another one, of
this process or any other, has committed since it last asked (``PRAGMA data_version``); each query asks that first. What
has been read is kept only when no change was noticed between the beginning and the end of the reading: so an answer
from here is never older than the question.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable
from typing import Any

MOST_ROWS = 64
MOST_BYTES = 16 * 2**10
MOST_BYTES_TOGETHER = 16 * 2**20
_BYTES_OF_A_VALUE = 64


class Memo:
    """Rows by the query that found them, all of them of one generation: the time between two changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[Hashable, list[Any]] = {}
        self._size = 0
        self.generation = 0

    def forget(self) -> int:
        """Forget everything, since something has changed; return the new generation."""
        with self._lock:
            self._rows, self._size = {}, 0
            self.generation += 1
            return self.generation

    def get(self, key: Hashable) -> list[Any] | None:
        """Return what was found for a query, or None."""
        rows = self._rows.get(key)
        return None if rows is None else rows.copy()

    def keep(self, key: tuple[Any, ...], rows: list[Any], generation: int) -> None:
        """Keep what was found for a query, unless it is large, or something has changed since its generation."""
        if len(rows) > MOST_ROWS:
            return
        size = sum(map(_size, key)) + sum(_size(value) for row in rows for value in row)
        if size > MOST_BYTES:
            return
        with self._lock:
            if generation != self.generation:
                return
            if self._size + size > MOST_BYTES_TOGETHER:
                self._rows, self._size = {}, 0
            self._rows[key] = rows.copy()
            self._size += size


def _size(value: Any) -> int:
    return _BYTES_OF_A_VALUE + (len(value) if isinstance(value, (str, bytes)) else 0)
