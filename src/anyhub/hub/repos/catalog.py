"""The repositories of a hub: which there are, and what is known of each as a whole."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from anyhub.errors import HubError, RepositoryExistsError, RepositoryNotFoundError, did_you_mean
from anyhub.hub.serving import Standing
from anyhub.hub.sql.database import Database
from anyhub.values import DEFAULT_BRANCH, Gate, RepoFacts, RepoId, RepoInfo

DAYS_OF_DOWNLOADS = 30
_MICROSECONDS_A_DAY = 24 * 3600 * 1_000_000

INFO = f"""
SELECT folder, type, namespace, name, private, created_at, modified_at, creator, gated, facts,
       (SELECT target FROM refs WHERE repo = repos.id AND name = 'refs/heads/{DEFAULT_BRANCH}'),
       (SELECT coalesce(sum(size), 0) FROM large_files WHERE repo = repos.id),
       (SELECT count(*) FROM likes WHERE repo = repos.id),
       (SELECT coalesce(sum(count), 0) FROM downloads
        WHERE repo = repos.id AND day > strftime('%s', 'now') / 86400 - {DAYS_OF_DOWNLOADS})
FROM repos
"""

_STANDING = """
SELECT namespace, name, type, private, gated, creator FROM repos WHERE key = ?1
UNION ALL
SELECT namespace, name, type, private, gated, creator FROM repos
WHERE id = (SELECT repo FROM redirects WHERE key = ?1)
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


def today() -> int:
    """Return the number of the day, counted from 1970, in UTC."""
    return now_microseconds() // _MICROSECONDS_A_DAY


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
        """Return where a repository is kept, by its name or one that it had before.

        Raises:
            RepositoryNotFoundError: Names the nearest one.
        """
        rows = self._database.query("SELECT id, folder FROM repos WHERE key = ?", repo.key)
        if rows:
            return Place(repo, *rows[0])
        rows = self._database.query(
            "SELECT namespace, name, type, id, folder FROM repos WHERE id = (SELECT repo FROM redirects WHERE key = ?)",
            repo.key,
        )
        if not rows:
            raise self._not_found(repo)
        namespace, name, type, pk, folder = rows[0]
        return Place(RepoId(namespace, name, type), pk, folder)

    def find(self, repo: RepoId) -> RepoInfo | None:
        """Return what is known of a repository, by its name or one that it had before; None when there is none."""
        rows = self._database.query(f"{INFO} WHERE key = ?", repo.key) or self._database.query(
            f"{INFO} WHERE id = (SELECT repo FROM redirects WHERE key = ?)", repo.key
        )
        return info_of(rows[0]) if rows else None

    def standing(self, repo: RepoId) -> Standing | None:
        """Return by what it is decided who may do what with a repository; None when there is none."""
        rows = self._database.query(_STANDING, repo.key)
        if not rows:
            return None
        namespace, name, type, private, gated, creator = rows[0]
        return Standing(RepoId(namespace, name, type), bool(private), gated, creator)

    def info(self, repo: RepoId) -> RepoInfo:
        """Return what is known of a repository as a whole.

        Raises:
            RepositoryNotFoundError: Names the nearest one.
        """
        if (found := self.find(repo)) is None:
            raise self._not_found(repo)
        return found

    def insert(self, repo: RepoId, private: bool, creator: str) -> Place:
        """Add a repository, inside a transaction; a name that another one had before is no longer that one's.

        Raises:
            RepositoryExistsError: When one of that name, in any case, exists.
        """
        self._check_owner(repo)
        self._check_free(repo, "Use exist_ok=True to go on, or another name.")
        folder, now = secrets.token_hex(8), now_microseconds()
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM redirects WHERE key = ?", (repo.key,))
            cursor = connection.execute(
                "INSERT INTO repos (folder, key, type, namespace, name, private, created_at, modified_at, creator)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (folder, repo.key, repo.type, repo.namespace, repo.name, private, now, now, creator),
            )
        return Place(repo, int(cursor.lastrowid or 0), folder)

    def delete(self, place: Place) -> None:
        """Remove a repository, and note its folder and its large files as garbage, inside a transaction."""
        with self._database.transaction() as connection:
            connection.execute("INSERT INTO garbage (kind, name) VALUES ('folder', ?)", (place.folder,))
            for table in ("large_files", "uploads"):
                connection.execute(
                    f"INSERT OR IGNORE INTO garbage (kind, name) SELECT 'blob', sha256 FROM {table} WHERE repo = ?",
                    (place.pk,),
                )
            connection.execute("DELETE FROM repos WHERE id = ?", (place.pk,))

    def move(self, place: Place, to: RepoId) -> None:
        """Rename a repository, inside a transaction; its old name goes on to mean it until another one takes that."""
        with self._database.transaction() as connection:
            if to.key != place.repo.key:
                self._check_owner(to)
                self._check_free(to, "Choose another name, or delete that one first.")
                connection.execute("DELETE FROM redirects WHERE key = ?", (to.key,))
                connection.execute("INSERT INTO redirects (key, repo) VALUES (?, ?)", (place.repo.key, place.pk))
            connection.execute(
                "UPDATE repos SET key = ?, type = ?, namespace = ?, name = ? WHERE id = ?",
                (to.key, to.type, to.namespace, to.name, place.pk),
            )

    def set_private(self, pk: int, private: bool) -> None:
        """Set whether only its owners may see a repository, inside a transaction."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE repos SET private = ? WHERE id = ?", (private, pk))

    def set_gated(self, pk: int, gated: Gate | None) -> None:
        """Set whether the files of a repository are only for those who asked for access, inside a transaction."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE repos SET gated = ? WHERE id = ?", (gated, pk))

    def lost(self, pk: int, error: HubError) -> HubError:
        """Return why something that the database speaks of is not there: its repository is gone, or ``error``."""
        if self._database.query("SELECT 1 FROM repos WHERE id = ?", pk):
            return error
        return RepositoryNotFoundError("The repository was deleted while it was read. Look which there are now.")

    def touch(self, pk: int) -> None:
        """Note that something in a repository changed now."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE repos SET modified_at = ? WHERE id = ?", (now_microseconds(), pk))

    def has_account(self, name: str) -> bool:
        """Return whether exactly this is, or was, the name of a user or an organisation."""
        return bool(self._database.query("SELECT 1 FROM accounts WHERE name = ?", name))

    def _check_owner(self, repo: RepoId) -> None:
        """Refuse a namespace that nobody may choose, unless it is a name that an account was given."""
        if not self.has_account(repo.namespace):
            RepoId.parse(str(repo), namespace="")

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


def info_of(row: Any) -> RepoInfo:
    """Return a row of `INFO` as the value that leaves the hub."""
    (folder, type, namespace, name, private, created_at, modified_at, creator, gated, facts, *rest) = row
    head, storage, likes, downloads = rest
    return RepoInfo(
        RepoId(namespace, name, type),
        bool(private),
        moment(created_at),
        moment(modified_at),
        head,
        storage,
        id=folder,
        creator=creator,
        gated=gated,
        likes=likes,
        downloads=downloads,
        facts=_facts(facts),
    )


def _facts(text: str) -> RepoFacts:
    known = json.loads(text)
    return RepoFacts(
        card=known.get("card", {}),
        tags=tuple(known.get("tags", ())),
        pipeline_tag=known.get("pipeline_tag"),
        library_name=known.get("library_name"),
        config=known.get("config", {}),
        parameters=known.get("parameters", {}),
        gguf=known.get("gguf", {}),
    )
