"""Logging in by name and password, with a limit to guessing."""

from __future__ import annotations

from anyhub.errors import AuthenticationError
from anyhub.hub.people.account_table import Account
from anyhub.hub.people.passwords import hashed, is_right
from anyhub.hub.people.secrets import digest_of
from anyhub.hub.repos.catalog import now_microseconds
from anyhub.hub.sql.database import Database

MAX_FAILURES = 10
WINDOW_MINUTES = 15

_WINDOW = WINDOW_MINUTES * 60 * 1_000_000


class PasswordLogins:
    """Keeps the hashes of passwords, and counts those who guess."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def set(self, user: Account, password: str | None) -> None:
        """Set by which password a user logs in; None for by none."""
        kept = None if password is None else hashed(password)
        with self._database.transaction() as connection:
            connection.execute("UPDATE accounts SET password = ? WHERE id = ?", (kept, user.pk))

    def check(self, name: str, user: Account | None, password: str) -> None:
        """Return when the password is the user's; the same work is done when there is no such user.

        Raises:
            AuthenticationError: When it is not, or after ten failures for this name within fifteen minutes.
        """
        attempted = digest_of(name.lower())
        self._count(attempted)  # before the comparison, so that many guesses at once are counted too
        rows = self._database.query("SELECT password FROM accounts WHERE id = ?", user.pk if user else 0)
        if not is_right(password, rows[0][0] if rows else None):
            raise AuthenticationError("The name or the password is not right. Try again, or ask an admin of the hub.")
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM login_attempts WHERE name = ?", (attempted,))

    def _count(self, attempted: str) -> None:
        now = now_microseconds()
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM login_attempts WHERE at < ?", (now - _WINDOW,))
            count = connection.execute("SELECT count(*) FROM login_attempts WHERE name = ?", (attempted,)).fetchone()
            if count[0] >= MAX_FAILURES:
                raise AuthenticationError(
                    f"{MAX_FAILURES} attempts to log in by this name have failed. Wait {WINDOW_MINUTES} minutes."
                )
            connection.execute("INSERT INTO login_attempts (name, at) VALUES (?, ?)", (attempted, now))
