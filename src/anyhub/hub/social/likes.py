"""Who likes which repository."""

from __future__ import annotations

from anyhub.hub.repos.catalog import now_microseconds
from anyhub.hub.sql.database import Database
from anyhub.values import RepoId


class Likes:
    """Reads and writes the table of likes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, repo: int, user: str) -> None:
        """Note that a user likes a repository; once is as good as twice."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO likes (repo, user, liked_at) VALUES (?, ?, ?)", (repo, user, now_microseconds())
            )

    def remove(self, repo: int, user: str) -> None:
        """Take a like back."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM likes WHERE repo = ? AND user = ?", (repo, user))

    def of_repo(self, repo: int) -> list[str]:
        """List the users who like a repository, the latest first."""
        rows = self._database.query("SELECT user FROM likes WHERE repo = ? ORDER BY liked_at DESC, user", repo)
        return [str(user) for (user,) in rows]

    def of_user(self, user: str) -> list[RepoId]:
        """List what a user likes, the latest first."""
        rows = self._database.query(
            "SELECT namespace, name, type FROM likes JOIN repos ON id = repo WHERE user = ?"
            " ORDER BY liked_at DESC, repo DESC",
            user,
        )
        return [RepoId(*row) for row in rows]
