"""The pull requests of a repository: what is proposed, for which branch, and what became of it."""

from __future__ import annotations

from typing import Any

from anyhub.errors import ConflictError, PullRequestNotFoundError, ValidationError
from anyhub.hub.catalog import moment, now_microseconds
from anyhub.hub.database import Database
from anyhub.values import Commit, PullRequest, PullRequestStatus, Ref

_SELECT = (
    "SELECT number, title, description, author, target, status, created_at, merge_commit FROM pull_requests"
    " WHERE repo = ?"
)


class PullRequests:
    """Reads and writes the table of pull requests; their commits are references like any other."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, repo: int) -> list[PullRequest]:
        """List all, the newest first."""
        return [_pull_request(row) for row in self._database.query(f"{_SELECT} ORDER BY number DESC", repo)]

    def get(self, repo: int, number: int) -> PullRequest:
        """Return one.

        Raises:
            PullRequestNotFoundError: Says which there are.
        """
        rows = self._database.query(f"{_SELECT} AND number = ?", repo, number)
        if not rows:
            known = ", ".join(f"#{each.number}" for each in self.all(repo)[:10])
            raise PullRequestNotFoundError(
                f"There is no pull request #{number}; " + (f"there are {known}." if known else "none was opened yet.")
            )
        return _pull_request(rows[0])

    def open(self, repo: int, target: Ref, head: Commit) -> PullRequest:
        """Add one for a branch, inside a transaction; its commits are those that lead to ``head``."""
        number = self._database.query("SELECT coalesce(max(number), 0) + 1 FROM pull_requests WHERE repo = ?", repo)[0][
            0
        ]
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO pull_requests (repo, number, title, description, author, target, status, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?, 'open', ?)",
                (repo, number, head.title, head.body, head.author, target.name, now_microseconds()),
            )
        return self.get(repo, number)

    def get_open(self, repo: int, number: int) -> PullRequest:
        """Return one that can be merged.

        Raises:
            ConflictError: When it is closed or merged.
        """
        found = self.get(repo, number)
        if found.status != "open":
            hint = "Nothing is left to do." if found.status == "merged" else "Reopen it first."
            raise ConflictError(f"Pull request #{number} is {found.status}. {hint}")
        return found

    def set_status(self, repo: int, number: int, status: PullRequestStatus) -> PullRequest:
        """Close or reopen one.

        Raises:
            ConflictError: When it was merged: that can not be undone.
            ValidationError: When the status is another one than ``open`` and ``closed``.
        """
        if status not in ("open", "closed"):
            raise ValidationError(f"The status of a pull request is set to 'open' or 'closed', not {status!r}.")
        with self._database.transaction() as connection:
            if self.get(repo, number).status == "merged":
                raise ConflictError(f"Pull request #{number} was merged. Open a new one to change the branch back.")
            connection.execute(
                "UPDATE pull_requests SET status = ? WHERE repo = ? AND number = ?", (status, repo, number)
            )
        return self.get(repo, number)

    def set_merged(self, repo: int, number: int, commit: str) -> None:
        """Note the commit that brought one to its branch, inside a transaction."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE pull_requests SET status = 'merged', merge_commit = ? WHERE repo = ? AND number = ?",
                (commit, repo, number),
            )


def _pull_request(row: Any) -> PullRequest:
    number, title, description, author, target, status, created_at, merge_commit = row
    return PullRequest(number, title, description, author, target, status, moment(created_at), merge_commit)
