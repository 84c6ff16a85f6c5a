"""Files that nothing needs any more: noted with the change that made them so, removed after it."""

from __future__ import annotations

from anyhub.content.stores import BlobStore
from anyhub.git.packs import PackStore
from anyhub.hub.sql.database import Database


class Garbage:
    """Removes what the table ``garbage`` names; what a killed process left of it is removed by the next one."""

    def __init__(self, database: Database, blobs: BlobStore, packs: PackStore) -> None:
        self._database = database
        self._blobs = blobs
        self._packs = packs

    def note_pack(self, folder: str, pack: str) -> None:
        """Note a pack whose objects are in another one now, inside a transaction."""
        with self._database.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO garbage (kind, name) VALUES ('pack', ?)", (f"{folder}/{pack}",))

    def collect(self) -> None:
        """Remove everything that is noted."""
        for kind, name in self._database.query("SELECT kind, name FROM garbage"):
            # Under the lock: no commit can link a large file while it is looked at and removed.
            with self._database.transaction() as connection:
                self._remove(kind, name)
                connection.execute("DELETE FROM garbage WHERE kind = ? AND name = ?", (kind, name))

    def _is_needed(self, sha256: str) -> bool:
        return bool(
            self._database.query(
                "SELECT 1 FROM large_files WHERE sha256 = ?1 UNION ALL SELECT 1 FROM uploads WHERE sha256 = ?1 LIMIT 1",
                sha256,
            )
        )

    def _remove(self, kind: str, name: str) -> None:
        match kind:
            case "blob":
                if not self._is_needed(name):
                    self._blobs.remove(name)
            case "folder":
                self._packs.remove_repo(name)
            case "pack":
                folder, _, pack = name.partition("/")
                if not self._database.query(
                    "SELECT 1 FROM packs JOIN repos ON repos.id = packs.repo WHERE folder = ? AND packs.name = ?",
                    folder,
                    pack,
                ):
                    self._packs.remove(folder, pack)
