"""Connections to one SQLite file: one for each thread of each process, none of them held across a fork.

A process that forks while it has an SQLite file open gives its child a wrong picture of who locks it, so all idle
connections are closed just before a fork, and opened again when they are needed.
(https://www.sqlite.org/howtocorrupt.html, section 2.6.)
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from anyhub.errors import ReadOnlyError, StorageError

if TYPE_CHECKING:
    import sqlite3

BUSY_SECONDS = 60.0
"""For how long a connection waits for another writer, unless it is told otherwise."""
READING_KIBIBYTES = 4096
"""How much of the file each connection keeps in memory: a server has one for each of its threads."""
WRITING_KIBIBYTES = 65536
"""How much the one connection that writes keeps, until it has written."""

_Identity: TypeAlias = tuple[int, int]


class _Handle:
    """A connection of one thread; closed when the thread, or the database that had it, is gone.

    Attributes:
        connection: The connection.
        identity: Which file it has open, by device and inode.
        lasts (`bool`): Whether it may be used again: one that takes the file for unchanging may not.
        lock: Held while the connection is used.
        version (`int`, *optional*): What SQLite last said of the commits of others; None before it was asked.
    """

    def __init__(self, connection: sqlite3.Connection, identity: _Identity | None, *, lasts: bool = True) -> None:
        self.connection = connection
        self.identity = identity
        self.lasts = lasts
        self.lock = threading.RLock()
        self.version: int | None = None
        self.close = weakref.finalize(self, connection.close)

    def close_if_idle(self) -> bool:
        """Close the connection unless it is used right now; return whether it is closed."""
        if not self.close.alive:
            return True
        if not self.lock.acquire(blocking=False):
            return False
        try:
            if not self.connection.in_transaction:
                self.close()
        finally:
            self.lock.release()
        return not self.close.alive


class Connections:
    """The connections of this process to one file.

    Args:
        path (`Path`, *optional*): The file; a single shared connection in memory when None.
        prepare: Called with each new connection.

    Attributes:
        busy_seconds (`float`): For how long a new connection waits for another writer.
    """

    def __init__(self, path: Path | None, prepare: Callable[[sqlite3.Connection], None]) -> None:
        self._path = path
        self._prepare = prepare
        self._local = threading.local()
        self._handles: weakref.WeakSet[_Handle] = weakref.WeakSet()
        self.busy_seconds = BUSY_SECONDS
        self._is_broken_by_fork = False
        self._shared = self._open() if path is None else None
        if path is not None:
            _all.add(self)

    def is_missing(self) -> bool:
        """Return whether there is no file."""
        return self._path is not None and _identity(self._path) is None

    def ready(self) -> _Handle | None:
        """Return what this thread has open and may go on to use; None when it has to be opened first."""
        handle = self._current()
        return handle if handle is not None and handle.lasts else None

    @contextmanager
    def lent(self) -> Iterator[sqlite3.Connection]:
        """Lend this thread's connection to the file that has the name now."""
        handle = self._current() or self._open()
        with handle.lock:
            try:
                yield handle.connection
            finally:
                if not handle.lasts and not handle.connection.in_transaction:
                    self.close()

    def check_in_place(self) -> None:
        """Refuse to go on when the name of the file means another file, or none, than this thread has open.

        Raises:
            StorageError: When it does.
        """
        handle = self._shared or self._local.handle
        if self._path is not None and _identity(self._path) != handle.identity:
            raise StorageError(f"{self._path} was moved, removed or replaced meanwhile. Nothing was kept: try again.")

    def close(self) -> None:
        """Close this thread's connection."""
        handle: _Handle | None = getattr(self._local, "handle", None)
        if handle is not None:
            handle.close()
            self._local.handle = None

    def before_fork(self) -> None:
        """Close what is idle, so that the child may open the file."""
        busy = [handle for handle in list(self._handles) if not handle.close_if_idle()]
        self._is_broken_by_fork = bool(busy)

    def after_fork_in_parent(self) -> None:
        """Go on: whoever was using a connection still has it."""
        self._is_broken_by_fork = False

    def _current(self) -> _Handle | None:
        if self._shared is not None:
            return self._shared
        if self._is_broken_by_fork:
            raise StorageError(
                f"{self._path} was in use by another thread when this process was forked, and can not be used here."
                " Start processes with the method 'spawn', or fork when nothing is going on."
            )
        handle: _Handle | None = getattr(self._local, "handle", None)
        if handle is None or not handle.close.alive:
            return None
        if self._path is not None and not handle.connection.in_transaction and _identity(self._path) != handle.identity:
            self.close()
            return None
        return handle

    def _open(self) -> _Handle:
        connection, lasts = _opened(self._path, self.busy_seconds)
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        handle = _Handle(connection, _identity(self._path) if self._path else None, lasts=lasts)
        self._local.handle = handle
        self._handles.add(handle)
        return handle


_all: weakref.WeakSet[Connections] = weakref.WeakSet()


def _before_fork() -> None:
    for connections in list(_all):
        connections.before_fork()


def _after_fork_in_parent() -> None:
    for connections in list(_all):
        connections.after_fork_in_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent)


def _identity(path: Path) -> _Identity | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - at each query: a path object would take longer than the call
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino


def _opened(path: Path | None, busy_seconds: float) -> tuple[sqlite3.Connection, bool]:
    import sqlite3

    place = path or ":memory:"
    connection = sqlite3.connect(place, isolation_level=None, timeout=busy_seconds, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA cache_size=-{READING_KIBIBYTES}")
    except BaseException as error:
        connection.close()
        if path is None or not isinstance(error, sqlite3.OperationalError) or not _may_only_be_read(path):
            raise
        return _opened_read_only(path)
    return connection, True


def _may_only_be_read(path: Path) -> bool:
    return path.exists() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def _opened_read_only(path: Path) -> tuple[sqlite3.Connection, bool]:
    """Open a file where nothing may be written; say whether the connection will see what others write.

    SQLite can read beside a living writer when its shared-memory file is there. When no process has the database open
    nothing is left in the log, and the file alone is the whole truth: for this one look.
    """
    import sqlite3

    log, shared_memory = (path.with_name(path.name + ending) for ending in ("-wal", "-shm"))
    has_log = log.exists() and log.stat().st_size > 0
    if has_log and not shared_memory.exists():
        raise ReadOnlyError(
            f"{log} holds changes that a killed process left, and only somebody who may write there can bring them in."
            " Run `anyhub repos` once as the owner of the hub."
        )
    how = "mode=ro" if has_log else "mode=ro&immutable=1"
    connection = sqlite3.connect(f"{path.as_uri()}?{how}", uri=True, isolation_level=None, check_same_thread=False)
    return connection, has_log
