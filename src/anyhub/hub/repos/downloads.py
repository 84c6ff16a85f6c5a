"""Counts downloads: in memory at once, and in the database at most once a second."""

from __future__ import annotations

import logging
import threading
from collections import Counter

from anyhub.errors import HubError
from anyhub.hub.repos.catalog import today
from anyhub.hub.sql.database import Database

_SECONDS = 1.0

log = logging.getLogger("anyhub.hub")


class Downloads:
    """Gathers what is to be counted, so that a download does not wait for the disk.

    It is written by a thread that lives for a second after the first download that is not written yet, however many
    come meanwhile. A process that is killed loses the downloads of its last second; one that ends writes them first.

    Args:
        database (`Database`): Where they are counted.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counted: Counter[tuple[int, int]] = Counter()
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def count(self, repo: int) -> None:
        """Count one download of a repository, today."""
        with self._lock:
            self._counted[repo, today()] += 1
            if self._timer is None:
                self._timer = threading.Timer(_SECONDS, self._write_or_warn)
                self._timer.name = "anyhub-downloads"
                self._timer.start()

    def write(self) -> None:
        """Write what was counted until now.

        Raises:
            HubError: When the database can not be written; the next call tries again.
        """
        with self._lock:
            counted, self._counted = self._counted, Counter()
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        if not counted:
            return
        try:
            with self._database.transaction() as connection:
                connection.executemany(
                    "INSERT INTO downloads (repo, day, count) SELECT id, ?, ? FROM repos WHERE id = ?"
                    " ON CONFLICT (repo, day) DO UPDATE SET count = count + excluded.count",
                    [(day, count, repo) for (repo, day), count in counted.items()],  # one that was deleted counts none
                )
        except HubError:
            with self._lock:
                self._counted.update(counted)
            raise

    def close(self) -> None:
        """Write what was counted, as far as that can be done."""
        self._write_or_warn()

    def _write_or_warn(self) -> None:
        try:
            self.write()
        except HubError as error:
            log.warning("Downloads were not counted yet: %s", error)
