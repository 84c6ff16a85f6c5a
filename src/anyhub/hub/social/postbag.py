"""What webhooks are to be told next: taken out of the outbox one by one, in order, and put back when it failed."""

from __future__ import annotations

from dataclasses import dataclass

from anyhub.hub.repos.catalog import now_microseconds
from anyhub.hub.sql.database import Database

DELAYS = (10, 60, 600, 2700)
"""Seconds between the five attempts."""
LEASE = 120
"""Seconds for which what was taken is nobody else's, so that several processes may deliver for one hub."""

_SECOND = 1_000_000
_DUE = """
SELECT d.id, w.url, w.secret, d.payload, d.attempts FROM deliveries d JOIN webhooks w ON w.id = d.webhook
WHERE w.enabled AND d.next_at <= ? AND d.id = (SELECT min(id) FROM deliveries e WHERE e.webhook = d.webhook)
ORDER BY d.next_at LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Letter:
    """One thing to tell one webhook.

    Attributes:
        id (`int`): Its key.
        url (`str`): Where to post to.
        secret (`str`, *optional*): What to send along.
        payload (`str`): JSON, with addresses that lack that of the server.
        attempts (`int`): How often it was tried before.
    """

    id: int
    url: str
    secret: str | None
    payload: str
    attempts: int


class Postbag:
    """Reads and writes the table of deliveries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, most: int) -> list[Letter]:
        """Take what is due, at most one thing for each webhook; nobody else takes it for two minutes."""
        now = now_microseconds()
        if not self._database.query("SELECT 1 FROM deliveries WHERE next_at <= ? LIMIT 1", now):
            return []
        with self._database.transaction() as connection:
            rows = connection.execute(_DUE, (now, most)).fetchall()
            connection.executemany(
                "UPDATE deliveries SET next_at = ? WHERE id = ?", ((now + LEASE * _SECOND, row[0]) for row in rows)
            )
        return [Letter(*row) for row in rows]

    def drop(self, letter: Letter) -> None:
        """Forget a letter: it arrived, or it never will."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM deliveries WHERE id = ?", (letter.id,))

    def put_back(self, letter: Letter) -> bool:
        """Note that a letter did not arrive; return whether it will be tried again."""
        if letter.attempts >= len(DELAYS):
            self.drop(letter)
            return False
        due = now_microseconds() + DELAYS[letter.attempts] * _SECOND
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE deliveries SET attempts = attempts + 1, next_at = ? WHERE id = ?", (due, letter.id)
            )
        return True
