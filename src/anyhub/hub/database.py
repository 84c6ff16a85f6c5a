"""The hub's database: SQLite in WAL mode with full synchronisation, holding everything but the bytes of files.

The tables are drawn in ``docs/formats/hub-on-disk.md``. What git objects say is kept here a second time (``commits``,
``trees``, ``entries``), written in the same transaction as the reference that makes them reachable, so that listings,
sizes and histories are one query.
"""

from __future__ import annotations

import os
import shutil
import threading
import weakref
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyhub import files
from anyhub.errors import CorruptFileError, DiskFullError, FormatTooNewError, ReadOnlyError, StorageError

if TYPE_CHECKING:
    import sqlite3

FORMAT = 1
APPLICATION_ID = 0x616E7968  # "anyh", by which `file` and we tell a hub from any other SQLite database
BUSY_SECONDS = 60.0

_SCHEMA = """
CREATE TABLE repos (
    id INTEGER PRIMARY KEY,
    folder TEXT NOT NULL UNIQUE,         -- repos/<folder>/pack: random, so that a new repository never meets old files
    key TEXT NOT NULL UNIQUE,            -- lower-case models/me/x
    type TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
    private INTEGER NOT NULL,
    created_at INTEGER NOT NULL, modified_at INTEGER NOT NULL      -- microseconds since 1970, UTC
);
CREATE TABLE refs (
    repo INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE,
    name TEXT NOT NULL,                  -- refs/heads/main, refs/tags/v1, refs/pr/1
    target TEXT NOT NULL,                -- a commit id
    PRIMARY KEY (repo, name)
) WITHOUT ROWID;
CREATE TABLE packs (
    repo INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE,
    name TEXT NOT NULL, size INTEGER NOT NULL, objects INTEGER NOT NULL,
    PRIMARY KEY (repo, name)
) WITHOUT ROWID;
CREATE TABLE commits (
    repo INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE,
    oid TEXT NOT NULL, tree TEXT NOT NULL,
    parents TEXT NOT NULL,               -- ids, separated by spaces
    author TEXT NOT NULL, date INTEGER NOT NULL,                   -- seconds since 1970
    title TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (repo, oid)
) WITHOUT ROWID;
CREATE TABLE trees (
    id INTEGER PRIMARY KEY,
    repo INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE,
    oid TEXT NOT NULL,
    UNIQUE (repo, oid)
);
CREATE TABLE entries (
    tree INTEGER NOT NULL REFERENCES trees(id) ON DELETE CASCADE,
    name TEXT NOT NULL, mode INTEGER NOT NULL, oid TEXT NOT NULL,
    size INTEGER NOT NULL,               -- bytes of the content, not of its pointer
    sha256 TEXT, pointer_size INTEGER NOT NULL,
    PRIMARY KEY (tree, name)
) WITHOUT ROWID;
CREATE TABLE large_files (
    repo INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE,
    sha256 TEXT NOT NULL, size INTEGER NOT NULL,
    PRIMARY KEY (repo, sha256)
) WITHOUT ROWID;
CREATE INDEX large_files_by_sha256 ON large_files (sha256);
CREATE TABLE pull_requests (
    repo INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    title TEXT NOT NULL, description TEXT NOT NULL, author TEXT NOT NULL,
    target TEXT NOT NULL, status TEXT NOT NULL, created_at INTEGER NOT NULL,
    merge_commit TEXT,
    PRIMARY KEY (repo, number)
) WITHOUT ROWID;
"""


_inherited: list[sqlite3.Connection] = []
"""Connections of the process that this one was forked from: closing them here could disturb it."""


class _Handle:
    """Holds a connection, which is closed when the thread or the database that had it is gone."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._process = os.getpid()
        self.close = weakref.finalize(self, _close, connection, self._process)

    def is_ours(self) -> bool:
        """Return whether this process made the connection: one must not be used by the child of a fork."""
        return self._process == os.getpid()


def _close(connection: sqlite3.Connection, process: int) -> None:
    if process == os.getpid():
        connection.close()
    else:
        _inherited.append(connection)


class Database:
    """Connections to one database: one for each thread of each process, or a single shared one in memory.

    A file that is missing is made by the first transaction; until then queries find nothing.

    Args:
        path (`Path`, *optional*): The database's file; in memory when None.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._local = threading.local()
        self._lock = threading.RLock()
        self._shared = _Handle(self._connect()) if path is None else None

    def query(self, sql: str, *values: Any) -> list[Any]:
        """Return all rows of a query."""
        with self._errors(), self._exclusive_in_memory():
            if self._is_missing():
                return Database(None).query(sql, *values)
            return self._connection().execute(sql, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give the one connection that may write; what the body did is kept when it ends, and undone when it raises.

        A transaction inside another one of the same thread is part of it. `query` sees what it has done so far.
        """
        with self._errors(), self._exclusive_in_memory():
            if self._path is not None and self._is_missing():
                files.make_folder(self._path.parent)
            connection = self._connection()
            if connection.in_transaction:
                yield connection
                return
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                import sqlite3

                with suppress(sqlite3.Error):  # a full disk may have undone the transaction already
                    connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close this thread's connection; the next call opens another."""
        if (handle := self._handle()) is not None and handle is not self._shared:
            handle.close()
        self._local.handle = None

    def _exclusive_in_memory(self) -> AbstractContextManager[object]:
        return self._lock if self._path is None else nullcontext()

    def _is_missing(self) -> bool:
        return self._handle() is None and self._path is not None and not self._path.exists()

    def _handle(self) -> _Handle | None:
        if self._shared is not None:
            return self._shared
        handle: _Handle | None = getattr(self._local, "handle", None)
        return handle if handle is not None and handle.is_ours() else None

    def _connection(self) -> sqlite3.Connection:
        handle = self._handle()
        if handle is None:
            handle = self._local.handle = _Handle(self._connect())
        return handle.connection

    def _connect(self) -> sqlite3.Connection:
        connection = _opened(self._path)
        try:
            connection.execute("PRAGMA foreign_keys=ON")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                self._create(connection)
            elif version > FORMAT:
                raise FormatTooNewError(
                    f"{self._path} has format {version}, and this anyhub knows formats up to {FORMAT}. Upgrade anyhub."
                )
        except BaseException:
            connection.close()
            raise
        return connection

    def _create(self, connection: sqlite3.Connection) -> None:
        """Make the tables, unless another process did so meanwhile."""
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
            tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if tables:
                connection.execute("ROLLBACK")
                raise CorruptFileError(f"{self._path} is an SQLite database, but not a hub's. Choose another folder.")
            for statement in _SCHEMA.split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={FORMAT}")
        connection.execute("COMMIT")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn what SQLite says about the disk into errors that name the place and the next step."""
        import sqlite3

        try:
            yield
        except sqlite3.Error as error:
            if (translated := _translated(error, self._path)) is None:
                raise
            raise translated from error


def _opened(path: Path | None) -> sqlite3.Connection:
    import sqlite3

    place = path or ":memory:"
    connection = sqlite3.connect(place, isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA cache_size=-65536")
    except BaseException as error:
        connection.close()
        if path is None or not isinstance(error, sqlite3.OperationalError) or not _may_only_be_read(path):
            raise
        return _open_read_only(path)
    return connection


def _may_only_be_read(path: Path) -> bool:
    return path.exists() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def _open_read_only(path: Path) -> sqlite3.Connection:
    """Open a database where nothing may be written.

    SQLite can read beside a living writer when its shared-memory file is there; when no process has the database open
    nothing is left in the log, and the file alone is the whole truth.
    """
    import sqlite3

    log = path.with_name(path.name + "-wal")
    unchanging = "" if log.exists() and log.stat().st_size else "&immutable=1"
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro{unchanging}", uri=True, check_same_thread=False)
    connection.isolation_level = None
    return connection


def _translated(error: sqlite3.Error, path: Path | None) -> StorageError | CorruptFileError | None:
    name = getattr(error, "sqlite_errorname", "")
    place = path or "memory"
    if name.startswith("SQLITE_FULL"):
        free = shutil.disk_usage(path.parent).free if path else 0
        return DiskFullError(f"The disk is full: {free} bytes are left for {place}. Free some space and try again.")
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return ReadOnlyError(f"{place} can not be written. Ask its owner for access, or use another hub.")
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return CorruptFileError(f"{place} is not a database of a hub, or was damaged. Restore it from a backup.")
    if name.startswith("SQLITE_BUSY"):
        return StorageError(f"{place} was in use for {BUSY_SECONDS:.0f} seconds without a pause. Try again later.")
    if name.startswith("SQLITE_IOERR"):
        return StorageError(f"{place} could not be used: {error}. Check the disk.")
    return None
