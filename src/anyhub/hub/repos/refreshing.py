"""Facts that are behind the default branch, read anew: of a hub of an older format, or of one that was put back."""

from __future__ import annotations

import logging

from anyhub.errors import HubError
from anyhub.hub.repos.catalog import Place
from anyhub.hub.repos.facts import Facts
from anyhub.hub.repos.revisions import Revisions
from anyhub.hub.sql.database import Database
from anyhub.values import DEFAULT_BRANCH, RepoId

logger = logging.getLogger(__name__)

_STALE = f"""
SELECT repos.id, folder, type, namespace, repos.name, target FROM repos
JOIN refs ON refs.repo = repos.id AND refs.name = 'refs/heads/{DEFAULT_BRANCH}'
WHERE facts_of != target AND
"""


class Refreshing:
    """Finds repositories whose facts were not read from the commit that ``main`` is at, and reads them.

    Args:
        database (`Database`): The hub's.
        facts (`Facts`): Reads and writes.
    """

    def __init__(self, database: Database, facts: Facts) -> None:
        self._database = database
        self._facts = facts
        self._revisions = Revisions(database)

    def one(self, repo: RepoId) -> None:
        """Read the facts of one repository when they are behind; where that fails, they stay as they are."""
        for row in self._database.query(f"{_STALE} repos.key = ?", repo.key):
            self._read(_place(row))

    def after(self, last: int, most: int) -> list[Place]:
        """List repositories whose facts are behind, by their key in the database, from the one after ``last`` on."""
        rows = self._database.query(f"{_STALE} repos.id > ? ORDER BY repos.id LIMIT ?", last, most)
        return [_place(row) for row in rows]

    def several(self, last: int, most: int) -> int | None:
        """Read the facts of some repositories, each in a transaction of its own.

        Args:
            last (`int`): The key of the last repository that was looked at; 0 to begin with.
            most (`int`): How many to read.

        Returns:
            The key of the last one that was looked at now; None when there are no more.
        """
        places = self.after(last, most)
        for place in places:
            self._read(place)
        return places[-1].pk if places else None

    def _read(self, place: Place) -> None:
        """Read the facts of one repository, unless somebody has moved its branch, and so read them, meanwhile."""
        try:
            with self._database.transaction() as connection:
                found = connection.execute(f"{_STALE} repos.id = ?", (place.pk,)).fetchone()
                if found is not None:
                    self._facts.note(place, self._revisions.commit(place.pk, found[-1]))
        except HubError as error:  # the disk may be full or read-only: what is known can be told all the same
            logger.info("The facts of %s were not read: %s", place.repo, error)


def _place(row: tuple[int, str, str, str, str, str]) -> Place:
    pk, folder, type, namespace, name, _ = row
    return Place(RepoId(namespace, name, type), pk, folder)  # type: ignore[arg-type]  # the database has no others
