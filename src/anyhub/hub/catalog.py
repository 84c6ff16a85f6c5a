"""The repositories of a hub: which there are, and what is known of each as a whole."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from anyhub.errors import HubError, RepositoryExistsError, RepositoryNotFoundError, did_you_mean
from anyhub.hub.database import Database
from anyhub.values import DEFAULT_BRANCH, Query, RepoId, RepoInfo

_INFO = f"""
SELECT type, namespace, name, private, created_at, modified_at,
       (SELECT target FROM refs WHERE repo = repos.id AND name = 'refs/heads/{DEFAULT_BRANCH}'),
       (SELECT coalesce(sum(size), 0) FROM large_files WHERE repo = repos.id)
FROM repos
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the hub keeps a repository: its key in the database, and the folder of its packs."""

    repo: RepoId
    pk: int
    folder: str


def now_microseconds() -> int:
    """Return the time in the unit in which the database keeps it."""
    return int(datetime.now(UTC).timestamp() * 1_000_000)


def moment(microseconds: int) -> datetime:
    """Return a kept time as an aware `datetime`."""
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC)


class Catalog:
    """Reads and writes the table of repositories."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pk(self, repo: RepoId) -> int:
        """Return the database's key of a repository.

        Raises:
            RepositoryNotFoundError: Names the nearest one.
        """
        return self.place(repo).pk

    def place(self, repo: RepoId) -> Place:
        """Return where a repository is kept.

        Raises:
            RepositoryNotFoundError: Names the nearest one.
        """
        rows = self._database.query("SELECT id, folder FROM repos WHERE key = ?", repo.key)
        if not rows:
            raise self._not_found(repo)
        return Place(repo, *rows[0])

    def info(self, repo: RepoId) -> RepoInfo:
        """Return what is known of a repository as a whole.

        Raises:
            RepositoryNotFoundError: Names the nearest one.
        """
        rows = self._database.query(f"{_INFO} WHERE key = ?", repo.key)
        if not rows:
            raise self._not_found(repo)
        return _info(rows[0])

    def search(self, query: Query) -> Iterator[RepoInfo]:
        """List repositories, the last modified first."""
        conditions: list[str] = ["type = ?"]
        values: list[str] = [query.type]
        if query.author is not None:
            conditions.append("lower(namespace) = ?")
            values.append(query.author.lower())
        if query.search:
            conditions.append("instr(lower(namespace || '/' || name), ?)")
            values.append(query.search.lower())
        where = " AND ".join(conditions)
        limit = -1 if query.limit is None else query.limit
        for row in self._database.query(f"{_INFO} WHERE {where} ORDER BY modified_at DESC LIMIT {limit:d}", *values):
            yield _info(row)

    def insert(self, repo: RepoId, private: bool) -> Place:
        """Add a repository, inside a transaction.

        Raises:
            RepositoryExistsError: When one of that name, in any case, exists.
        """
        self._check_free(repo, "Use exist_ok=True to go on, or another name.")
        folder, now = secrets.token_hex(8), now_microseconds()
        with self._database.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO repos (folder, key, type, namespace, name, private, created_at, modified_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (folder, repo.key, repo.type, repo.namespace, repo.name, private, now, now),
            )
        return Place(repo, int(cursor.lastrowid or 0), folder)

    def delete(self, repo: RepoId) -> None:
        """Remove a repository, and note its folder and its large files as garbage."""
        with self._database.transaction() as connection:
            place = self.place(repo)
            connection.execute("INSERT INTO garbage (kind, name) VALUES ('folder', ?)", (place.folder,))
            connection.execute(
                "INSERT OR IGNORE INTO garbage (kind, name) SELECT 'blob', sha256 FROM large_files WHERE repo = ?",
                (place.pk,),
            )
            connection.execute("DELETE FROM repos WHERE id = ?", (place.pk,))

    def move(self, repo: RepoId, to: RepoId) -> None:
        """Rename a repository."""
        with self._database.transaction() as connection:
            pk = self.pk(repo)
            if to.key != repo.key:
                self._check_free(to, "Choose another name, or delete that one first.")
            connection.execute(
                "UPDATE repos SET key = ?, type = ?, namespace = ?, name = ? WHERE id = ?",
                (to.key, to.type, to.namespace, to.name, pk),
            )

    def set_private(self, repo: RepoId, private: bool) -> None:
        """Set whether only its owners may see a repository."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE repos SET private = ? WHERE id = ?", (private, self.pk(repo)))

    def lost(self, pk: int, error: HubError) -> HubError:
        """Return why something that the database speaks of is not there: its repository is gone, or ``error``."""
        if self._database.query("SELECT 1 FROM repos WHERE id = ?", pk):
            return error
        return RepositoryNotFoundError("The repository was deleted while it was read. Look which there are now.")

    def touch(self, pk: int) -> None:
        """Note that something in a repository changed now."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE repos SET modified_at = ? WHERE id = ?", (now_microseconds(), pk))

    def _check_free(self, repo: RepoId, advice: str) -> None:
        rows = self._database.query("SELECT namespace || '/' || name FROM repos WHERE key = ?", repo.key)
        if rows:
            raise RepositoryExistsError(f"The {repo.type} repository {rows[0][0]!r} exists. {advice}")

    def _not_found(self, repo: RepoId) -> RepositoryNotFoundError:
        rows = self._database.query("SELECT namespace || '/' || name FROM repos WHERE type = ?", repo.type)
        return RepositoryNotFoundError(
            f"There is no {repo.type} repository {str(repo)!r} on this hub."
            + (did_you_mean(str(repo), (name for (name,) in rows)) or " create_repo makes it, or push to it first.")
        )


def _info(row: Any) -> RepoInfo:
    type, namespace, name, private, created_at, modified_at, head, storage = row
    repo = RepoId(namespace, name, type)
    return RepoInfo(repo, bool(private), moment(created_at), moment(modified_at), head, storage)
