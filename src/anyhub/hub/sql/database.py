"""The hub's database: SQLite in WAL mode with full synchronisation, holding everything but the bytes of files.

The tables are those of `anyhub.hub.sql.schema`. What git objects say is kept here a second time (``commits``,
``trees``, ``entries``), written in the same transaction as the reference that makes them reachable, so that listings,
sizes and histories are one query.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyhub import files
from anyhub.errors import CorruptFileError, DiskFullError, FormatTooNewError, ReadOnlyError, StorageError
from anyhub.hub.sql.connections import READING_KIBIBYTES, WRITING_KIBIBYTES, Connections
from anyhub.hub.sql.memo import Memo
from anyhub.hub.sql.schema import FORMAT, MIGRATIONS, TABLES, statements

if TYPE_CHECKING:
    import sqlite3

APPLICATION_ID = 0x616E7968  # "anyh", by which `file` and we tell a hub from any other SQLite database
_RETRY_SECONDS = 2


class Database:
    """One database, used by any number of threads and processes.

    A file that is missing is made by the first transaction; until then queries find nothing. When the file is moved,
    removed or replaced while it is open, that is noticed at the next call.

    Args:
        path (`Path`, *optional*): The database's file; in memory when None.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._connections = Connections(path, self._prepare)
        self._memo = Memo()
        self._turn = threading.Lock()

    def query(self, sql: str, *values: Any) -> list[Any]:
        """Return all rows of a query; from the memo, when nothing was committed since it was asked before."""
        with self._errors():
            generation = self._memo.generation  # before the look at the file: see `Memo`
            handle = self._connections.ready()
            if handle is None:
                return self._query_anew(sql, values)
            with handle.lock:
                if not handle.close.alive:  # this process was forked by another thread just now
                    return self._query_anew(sql, values)
                connection = handle.connection
                if connection.in_transaction or "'now'" in sql:
                    return connection.execute(sql, values).fetchall()
                version = connection.execute("PRAGMA data_version").fetchone()[0]
                if version != handle.version:
                    handle.version, generation = version, self._memo.forget()
                key = (sql, *values)
                rows = self._memo.get(key)
                if rows is None:
                    rows = connection.execute(sql, values).fetchall()
                    self._memo.keep(key, rows, generation)
                return rows

    def _query_anew(self, sql: str, values: tuple[Any, ...]) -> list[Any]:
        """Query a database of which this thread has no connection yet, or that there is no file of."""
        if self._connections.is_missing():
            return Database(None).query(sql, *values)
        with self._connections.lent() as connection:
            return connection.execute(sql, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give the one connection that may write; what the body did is kept when it ends, and undone when it raises.

        A transaction inside another one of the same thread is part of it. `query` sees what it has done so far.
        """
        import sqlite3

        with self._errors():
            if self._path is not None and self._connections.is_missing():
                files.make_folder(self._path.parent)
            with self._connections.lent() as connection:
                if connection.in_transaction:
                    yield connection
                    return
                with self._in_turn():
                    connection.execute("BEGIN IMMEDIATE")
                    try:
                        connection.execute(f"PRAGMA cache_size=-{WRITING_KIBIBYTES}")
                        yield connection
                        self._connections.check_in_place()
                        connection.execute("COMMIT")
                    except BaseException:
                        with suppress(sqlite3.Error):  # a full disk may have undone the transaction already
                            connection.execute("ROLLBACK")
                        raise
                    finally:
                        self._memo.forget()  # SQLite tells a connection of all commits but its own
                        with suppress(sqlite3.Error):  # whatever is wrong with the file is being told already
                            connection.execute(f"PRAGMA cache_size=-{READING_KIBIBYTES}")

    def wait_at_most(self, seconds: float) -> None:
        """Wait no longer for another writer than this; where somebody waits for an answer, that is not long."""
        self._connections.busy_seconds = seconds
        if self._path is not None:  # a database in memory is gone with its connection
            self.close()

    def close(self) -> None:
        """Close this thread's connection; the next call opens another."""
        self._connections.close()

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Check a new connection's format, and make the tables of a new database."""
        connection.execute("PRAGMA foreign_keys=ON")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            self._create(connection)
        elif version > FORMAT:
            raise FormatTooNewError(
                f"{self._path} has format {version}, and this anyhub knows formats up to {FORMAT}. Upgrade anyhub."
            )
        elif version < FORMAT:
            self._migrate(connection)

    def _create(self, connection: sqlite3.Connection) -> None:
        """Make the tables, unless another process did so meanwhile."""
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                connection.execute("ROLLBACK")
                raise CorruptFileError(f"{self._path} is an SQLite database, but not a hub's. Choose another folder.")
            for statement in statements(";\n".join(TABLES)):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={FORMAT}")
        connection.execute("COMMIT")

    def _migrate(self, connection: sqlite3.Connection) -> None:
        """Bring an older format to this one, in one transaction, unless another process did so meanwhile."""
        connection.execute("BEGIN IMMEDIATE")
        try:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            for older in range(version, FORMAT):
                for statement in statements(MIGRATIONS[older]):
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version={FORMAT}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Let the threads of this process write one after another; SQLite itself would let them sleep and try again."""
        if not self._turn.acquire(timeout=self._connections.busy_seconds):
            raise _busy(self._path, self._connections.busy_seconds)
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn what SQLite says about the disk into errors that name the place and the next step."""
        import sqlite3

        try:
            yield
        except sqlite3.Error as error:
            if (translated := _translated(error, self._path, self._connections.busy_seconds)) is None:
                raise
            raise translated from error


def _busy(path: Path | None, waited: float) -> StorageError:
    return StorageError(
        f"{path or 'memory'} was in use for {waited:.0f} seconds without a pause. Try again later.",
        retry_after=_RETRY_SECONDS,
    )


def _translated(error: sqlite3.Error, path: Path | None, waited: float) -> StorageError | CorruptFileError | None:
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
        return _busy(path, waited)
    if name.startswith("SQLITE_IOERR"):
        return StorageError(f"{place} could not be used: {error}. Check the disk.")
    return None
