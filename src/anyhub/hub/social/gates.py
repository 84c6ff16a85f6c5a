"""Who asked for access to which gated repository, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, get_args

from anyhub.community import AccessRequest, AccessStatus
from anyhub.errors import ConflictError, NotFoundError, TooLargeError, ValidationError
from anyhub.hub.repos.catalog import moment, now_microseconds
from anyhub.hub.sql.database import Database

STATUSES: tuple[AccessStatus, ...] = get_args(AccessStatus)
MAX_FIELDS = 16_384
MAX_REASON = 1000

_SELECT = "SELECT user, status, created_at, fields, reason FROM access_requests WHERE repo = ?"


class Gates:
    """Reads and writes the table of access requests; what changes it is to be called inside a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, repo: int, user: str) -> AccessRequest | None:
        """Return a user's request, or None."""
        rows = self._database.query(f"{_SELECT} AND user = ?", repo, user)
        return _request(rows[0]) if rows else None

    def all(self, repo: int, status: AccessStatus) -> list[AccessRequest]:
        """List requests of a status, the latest first."""
        _check_status(status)
        rows = self._database.query(f"{_SELECT} AND status = ? ORDER BY created_at DESC, user", repo, status)
        return [_request(row) for row in rows]

    def ask(self, repo: int, user: str, fields: Mapping[str, Any]) -> AccessRequest:
        """Ask for access; asking again changes nothing.

        Raises:
            ConflictError: When the repository is not gated, or the request was rejected.
            TooLargeError: When the answers to its questions are too long.
        """
        (gated,) = self._database.query("SELECT gated FROM repos WHERE id = ?", repo)[0]
        if gated is None:
            raise ConflictError("This repository is not gated: whoever sees it may read it.")
        found = self.find(repo, user)
        if found is not None and found.status == "rejected":
            raise ConflictError("Your request for access was rejected. Ask the owners of the repository why.")
        if found is not None:
            return found
        return self._add(repo, user, "accepted" if gated == "auto" else "pending", fields)

    def handle(self, repo: int, user: str, status: AccessStatus, reason: str) -> AccessRequest:
        """Decide on a request, or decide otherwise.

        Raises:
            NotFoundError: When the user never asked.
            ConflictError: When it is of that status already.
        """
        _check_status(status)
        if len(reason) > MAX_REASON:
            raise TooLargeError(f"A reason has at most {MAX_REASON} characters, not {len(reason)}. Shorten it.")
        found = self.find(repo, user)
        if found is None:
            raise NotFoundError(f"{user!r} did not ask for access. Grant it, when they shall have it all the same.")
        if found.status == status:
            raise ConflictError(f"The request of {user!r} is {status} already. Nothing is left to do.")
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE access_requests SET status = ?, reason = ? WHERE repo = ? AND user = ?",
                (status, reason, repo, user),
            )
        return self._get(repo, user)

    def grant(self, repo: int, user: str) -> AccessRequest:
        """Give access to a user who did not ask, or who waits.

        Raises:
            ConflictError: When the user has it already.
        """
        found = self.find(repo, user)
        if found is not None and found.status == "accepted":
            raise ConflictError(f"{user!r} has access already. Nothing is left to do.")
        return self._add(repo, user, "accepted", {} if found is None else found.fields)

    def _add(self, repo: int, user: str, status: AccessStatus, fields: Mapping[str, Any]) -> AccessRequest:
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO access_requests (repo, user, status, created_at, fields, reason)"
                " VALUES (?, ?, ?, ?, ?, '')",
                (repo, user, status, now_microseconds(), _spelled(fields)),
            )
        return self._get(repo, user)

    def _get(self, repo: int, user: str) -> AccessRequest:
        return _request(self._database.query(f"{_SELECT} AND user = ?", repo, user)[0])


def _check_status(status: str) -> None:
    if status not in STATUSES:
        raise ValidationError(f"{status!r} is not what a request can be; use one of {', '.join(map(repr, STATUSES))}.")


def _spelled(fields: Mapping[str, Any]) -> str:
    try:
        text = json.dumps(dict(fields))
    except (TypeError, ValueError, RecursionError):
        raise ValidationError("The answers that come with a request are plain values. Send text.") from None
    if len(text) > MAX_FIELDS:
        raise TooLargeError(f"The answers that come with a request have at most {MAX_FIELDS} bytes, not {len(text)}.")
    return text


def _request(row: Any) -> AccessRequest:
    user, status, created_at, fields, reason = row
    return AccessRequest(user, status, moment(created_at), json.loads(fields), reason)
