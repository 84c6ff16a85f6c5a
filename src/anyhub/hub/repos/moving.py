"""The one way in which references move, and everything that follows when they do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from anyhub.hub.repos.catalog import Catalog, Place
from anyhub.hub.repos.facts import Facts
from anyhub.hub.repos.revisions import Revisions
from anyhub.hub.social.outbox import Outbox
from anyhub.hub.sql.database import Database
from anyhub.values import DEFAULT_BRANCH

MAIN = f"refs/heads/{DEFAULT_BRANCH}"


class Move(NamedTuple):
    """Where a reference is to be: at a commit, by way of a tag object where there is one; None for nowhere."""

    name: str
    target: str | None
    object: str | None = None


class Moves:
    """Points references elsewhere, reads anew what the files of ``main`` say, and tells those who watch."""

    def __init__(self, database: Database, facts: Facts) -> None:
        self._database = database
        self._facts = facts
        self._catalog = Catalog(database)
        self._revisions = Revisions(database)
        self._outbox = Outbox(database)

    def make(self, place: Place, *moves: Move) -> None:
        """Make all of some moves, inside a transaction."""
        with self._database.transaction():
            told = [(each.name, self._revisions.target(place.pk, each.name), each.target) for each in moves]
            for each in moves:
                if each.target is None:
                    self._revisions.remove(place.pk, each.name)
                else:
                    self._revisions.set(place.pk, each.name, each.target, each.object)
            self._catalog.touch(place.pk)
            self._note_facts(place, moves)
            self._outbox.note(place.pk, "repo.content", refs=told)

    def _note_facts(self, place: Place, moves: Sequence[Move]) -> None:
        for name, target, _ in moves:
            if name == MAIN and target is not None:
                self._facts.note(place, self._revisions.commit(place.pk, target))
