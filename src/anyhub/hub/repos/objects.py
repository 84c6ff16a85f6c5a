"""The git objects of a hub: found through the database's list of packs, and gathered into fewer packs over time."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from anyhub.errors import CorruptFileError
from anyhub.git.objects import GitObject
from anyhub.git.packs import PackInfo, PackStore
from anyhub.hub.repos.catalog import Catalog
from anyhub.hub.repos.garbage import Garbage
from anyhub.hub.sql.database import Database

MANY_PACKS = 32
LARGEST_GATHERED = 64 * 1024 * 1024


class Objects:
    """Reads objects, notes packs, and keeps their number small."""

    def __init__(self, database: Database, packs: PackStore, garbage: Garbage) -> None:
        self._database = database
        self._packs = packs
        self._garbage = garbage
        self._catalog = Catalog(database)

    def add(self, folder: str, objects: Sequence[GitObject]) -> list[PackInfo]:
        """Make objects durable, not yet visible: `note` does that, in the transaction that needs them."""
        return [self._packs.add(folder, objects)] if objects else []

    def note(self, repo: int, packs: Sequence[PackInfo]) -> None:
        """Make packs visible, inside a transaction."""
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO packs (repo, name, size, objects) VALUES (?, ?, ?, ?)",
                ((repo, pack.name, pack.size, pack.objects) for pack in packs),
            )

    def read(self, repo: int, folder: str, oid: str) -> bytes:
        """Return the bytes of an object.

        Raises:
            CorruptFileError: When no pack has it.
        """
        if (found := self.find(repo, folder, oid)) is not None:
            return found.data
        missing = f"The hub's packs do not have the object {oid}. Restore repos/{folder} from a backup."
        raise self._catalog.lost(repo, CorruptFileError(missing))

    def find(self, repo: int, folder: str, oid: str) -> GitObject | None:
        """Return an object, or None when no pack has it."""
        for _ in range(2):  # packs may be gathered into a new one between the list and the look
            for pack in self._names(repo):
                with suppress(FileNotFoundError):
                    if (found := self._packs.read(folder, pack, oid)) is not None:
                        return found
        return None

    def adopt(self, folder: str, objects: Path) -> list[PackInfo]:
        """Make the packs of a git object directory durable, not yet visible; their files are gone from there."""
        return [self._packs.adopt(folder, pack) for pack in sorted(objects.glob("pack/*.pack"))]

    def share(self, repo: int, folder: str, to: int, to_folder: str) -> None:
        """Give one repository all packs of another, inside a transaction."""
        self.note(to, [self._packs.share(folder, to_folder, name) for name in self._names(repo)])

    def directory(self, repo: int, folder: str, scratch: Path) -> Path:
        """Return a git object directory with all objects of a repository; it may be made in ``scratch`` for that."""
        return self._packs.directory(folder, self._names(repo), scratch)

    def gather(self, repo: int, folder: str) -> None:
        """Write the small packs of a repository as one, when there are many.

        Of the packs sorted by size each is taken that is not larger than all before it together, so that an object is
        written again only about as often as the repository doubles.
        """
        if len(self._names(repo)) <= MANY_PACKS:
            return
        with self._database.transaction() as connection:
            small = self._worth_gathering(repo)
            if len(small) < 2:
                return
            found = {each.oid: each for name in small for each in self._packs.objects(folder, name)}
            gathered = self._packs.add(folder, list(found.values()))
            self.note(repo, [gathered])
            for name in small:
                if name != gathered.name:
                    connection.execute("DELETE FROM packs WHERE repo = ? AND name = ?", (repo, name))
                    self._garbage.note_pack(folder, name)
        self._garbage.collect()

    def _worth_gathering(self, repo: int) -> list[str]:
        rows = self._database.query("SELECT name, size FROM packs WHERE repo = ? ORDER BY size", repo)
        total = 0
        names: list[str] = []
        for name, size in rows:
            if (len(names) >= MANY_PACKS // 2 and size > 2 * total) or total + size > LARGEST_GATHERED:
                break
            total += size
            names.append(name)
        return names

    def _names(self, repo: int) -> list[str]:
        return [name for (name,) in self._database.query("SELECT name FROM packs WHERE repo = ? ORDER BY size", repo)]
