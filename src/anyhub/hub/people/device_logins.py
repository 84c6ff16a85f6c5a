"""Logins on machines without a browser, which a person approves elsewhere (RFC 8628)."""

from __future__ import annotations

import secrets

from anyhub.errors import AuthenticationError, ConflictError, NotFoundError
from anyhub.hub.people.secrets import digest_of, new_user_code, read_user_code
from anyhub.hub.repos.catalog import now_microseconds
from anyhub.hub.sql.database import Database
from anyhub.people import DeviceCode

LIFETIME = 600
INTERVAL = 5
MAX_PENDING = 1000

_SECOND = 1_000_000


class DeviceLogins:
    """Reads and writes the table of logins that are under way."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self) -> DeviceCode:
        """Begin a login that somebody has to approve.

        Raises:
            ConflictError: When very many are under way.
        """
        device_code, user_code, now = secrets.token_urlsafe(32), new_user_code(), now_microseconds()
        with self._database.transaction() as connection:
            # One that has expired is kept for a while, so that its machine is told so.
            connection.execute("DELETE FROM device_codes WHERE expires_at < ?", (now - LIFETIME * _SECOND,))
            if connection.execute("SELECT count(*) FROM device_codes").fetchone()[0] >= MAX_PENDING:
                raise ConflictError(f"{MAX_PENDING} logins are under way, and no more are taken. Wait some minutes.")
            connection.execute(
                "INSERT INTO device_codes (digest, user_code, expires_at) VALUES (?, ?, ?)",
                (digest_of(device_code), user_code, now + LIFETIME * _SECOND),
            )
        return DeviceCode(device_code, user_code, LIFETIME, INTERVAL)

    def decide(self, user_code: str, user: int | None) -> None:
        """Approve a login as a user, given by key, or refuse it, when None.

        Raises:
            NotFoundError: When there is no such code, or it has expired, or was decided on.
        """
        with self._database.transaction() as connection:
            found = connection.execute(
                "UPDATE device_codes SET user = ?, denied = ?"
                " WHERE user_code = ? AND expires_at > ? AND user IS NULL AND NOT denied",
                (user, user is None, read_user_code(user_code), now_microseconds()),
            )
            if not found.rowcount:
                raise NotFoundError("No login waits for this code, or it has expired. Begin the login anew.")

    def poll(self, device_code: str) -> int | None:
        """Return the key of the user who approved a login, once; None when nobody has looked at it yet.

        Raises:
            AuthenticationError: When there is nothing to wait for, or the machine asks too often. Its detail ``oauth``
                is the word that RFC 8628 has for it: ``expired_token``, ``access_denied`` or ``slow_down``.
        """
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT expires_at, polled_at, user, denied FROM device_codes WHERE digest = ?",
                (digest_of(device_code),),
            ).fetchone()
            refusal = _refusal(row)
            if row is not None and refusal != "slow_down" and (refusal or row[2] is not None):
                connection.execute("DELETE FROM device_codes WHERE digest = ?", (digest_of(device_code),))
            else:
                connection.execute(
                    "UPDATE device_codes SET polled_at = ? WHERE digest = ?",
                    (now_microseconds(), digest_of(device_code)),
                )
        if refusal is not None:
            raise AuthenticationError(_SENTENCES[refusal], oauth=refusal)
        return None if row is None or row[2] is None else int(row[2])


_SENTENCES = {
    "expired_token": "This login has expired, or was never begun. Begin it anew.",
    "access_denied": "This login was refused. Begin it anew, when that was a mistake.",
    "slow_down": f"This login is asked for too often. Wait {INTERVAL} seconds between two questions.",
}


def _refusal(row: tuple[int, int | None, int | None, int] | None) -> str | None:
    """Return why a login does not go on, or None when it waits or was approved."""
    now = now_microseconds()
    if row is None or row[0] <= now:
        return "expired_token"
    _, polled_at, user, denied = row
    if denied:
        return "access_denied"
    if user is None and polled_at is not None and now - polled_at < (INTERVAL - 1) * _SECOND:
        return "slow_down"  # a second is given away: the questions may have been on their way for different times
    return None
