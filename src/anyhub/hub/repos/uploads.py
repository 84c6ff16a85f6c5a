"""The large files that a repository has: those that it links, and those that came ahead of their commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from anyhub import files
from anyhub.content.stores import BlobStore
from anyhub.hub.repos.catalog import now_microseconds
from anyhub.hub.sql.database import Database
from anyhub.values import Digest

KEPT_FOR_DAYS = 7
"""For how long a file that came waits for its commit."""

_KEPT_FOR = KEPT_FOR_DAYS * 24 * 3600 * 1_000_000


class Uploads:
    """Reads and writes which repository has which large file, and takes in new ones."""

    def __init__(self, database: Database, blobs: BlobStore) -> None:
        self._database = database
        self._blobs = blobs

    def size(self, repo: int, sha256: str) -> int | None:
        """Return the size of a large file that a repository links or has received, or None when it does neither."""
        rows = self._database.query(
            "SELECT size FROM large_files WHERE repo = ?1 AND sha256 = ?2"
            " UNION ALL SELECT size FROM uploads WHERE repo = ?1 AND sha256 = ?2",
            repo,
            sha256,
        )
        return int(rows[0][0]) if rows else None

    def lacking(self, repo: int, digests: Sequence[Digest]) -> list[Digest]:
        """Return those that a repository does not have; one whose bytes the store has lost counts as lacking."""
        return [
            each
            for each in digests
            if self.size(repo, each.sha256) != each.size or self._blobs.size(each.sha256) != each.size
        ]

    def receive(self, repo: int, digest: Digest, staged: Path) -> None:
        """Keep a file for a commit to come, and note those that have waited too long for theirs as garbage."""
        files.sync(staged)
        now = now_microseconds()
        with self._database.transaction() as connection:
            self._expire(now - _KEPT_FOR)
            connection.execute(
                "INSERT INTO uploads (repo, sha256, size, uploaded_at) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (repo, sha256) DO UPDATE SET uploaded_at = excluded.uploaded_at",
                (repo, digest.sha256, digest.size, now),
            )
            self._blobs.adopt(staged, digest)

    def link(self, repo: int, linked: Mapping[str, int]) -> None:
        """Note the size of each large file, by its SHA-256, that the commits of a repository have now."""
        now = now_microseconds()
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO large_files (repo, sha256, size, pushed_at) VALUES (?, ?, ?, ?)",
                ((repo, sha256, size, now) for sha256, size in linked.items()),
            )
            connection.executemany(
                "DELETE FROM uploads WHERE repo = ? AND sha256 = ?", ((repo, sha256) for sha256 in linked)
            )

    def drop(self, repo: int, sha256s: Iterable[str]) -> None:
        """Take large files from a repository, and note them as garbage."""
        with self._database.transaction() as connection:
            for sha256 in sha256s:
                for table in ("large_files", "uploads"):
                    connection.execute(f"DELETE FROM {table} WHERE repo = ? AND sha256 = ?", (repo, sha256))
                connection.execute("INSERT OR IGNORE INTO garbage (kind, name) VALUES ('blob', ?)", (sha256,))

    def _expire(self, before: int) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO garbage (kind, name) SELECT 'blob', sha256 FROM uploads WHERE uploaded_at < ?",
                (before,),
            )
            connection.execute("DELETE FROM uploads WHERE uploaded_at < ?", (before,))
