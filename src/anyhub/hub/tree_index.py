"""The lines of every tree, in the database: what `ls-tree` would say, with sizes and large files resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from anyhub.errors import CorruptFileError, EntryNotFoundError, did_you_mean
from anyhub.git.objects import Node, git_order
from anyhub.git.trees import NewTree, Nodes
from anyhub.hub.catalog import Catalog
from anyhub.hub.database import Database
from anyhub.values import Entry

_MANY = 2000
_NAMES = ("name", "mode", "oid", "size", "sha256", "pointer_size")
_COLUMNS = ", ".join(_NAMES)
_ENTRY_COLUMNS = ", ".join(f"entries.{name}" for name in _NAMES)


class TreeIndex:
    """Reads and writes the lines of trees."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self, repo: int, tree: str) -> Nodes:
        """Return the lines of one tree by name."""
        key = self._key(repo, tree)
        rows = self._database.query(f"SELECT {_COLUMNS} FROM entries WHERE tree = ?", key)
        return {row[0]: Node._make(row) for row in rows}

    def save(self, repo: int, new: Mapping[str, NewTree]) -> None:
        """Add trees, inside a transaction; those that are there already are left."""
        with self._database.transaction() as connection:
            for oid, tree in new.items():
                cursor = connection.execute("INSERT OR IGNORE INTO trees (repo, oid) VALUES (?, ?)", (repo, oid))
                if cursor.rowcount:
                    key = cursor.lastrowid
                    lines = (tree.nodes[name] for name in sorted(tree.nodes))
                    connection.executemany(
                        f"INSERT INTO entries (tree, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
                        ((key, *node) for node in lines),
                    )

    def find(self, repo: int, root: str, path: str) -> Node | None:
        """Return the line at a path below a root tree, or None."""
        node: Node | None = None
        tree = root
        for name in path.split("/"):
            if node is not None and not node.is_folder:
                return None
            rows = self._database.query(
                f"SELECT {_ENTRY_COLUMNS} FROM trees JOIN entries ON entries.tree = trees.id"
                " WHERE trees.repo = ? AND trees.oid = ? AND name = ?",
                repo,
                tree,
                name,
            )
            if not rows:
                return None
            node = Node._make(rows[0])
            tree = node.oid
        return node

    def walk(self, repo: int, root: str, path: str = "", *, recursive: bool = True) -> Iterator[Entry]:
        """List what is below a folder, in git's order, each folder before what is in it."""
        tree = root
        if path:
            node = self.find(repo, root, path)
            if node is None or not node.is_folder:
                raise self.not_found(repo, root, path, "folder")
            tree = node.oid
        yield from self._walk(repo, tree, f"{path}/" if path else "", recursive)

    def _walk(self, repo: int, tree: str, prefix: str, recursive: bool) -> Iterator[Entry]:
        for node in sorted(self.load(repo, tree).values(), key=git_order):
            yield entry_of(prefix + node.name, node)
            if recursive and node.is_folder:
                yield from self._walk(repo, node.oid, f"{prefix}{node.name}/", recursive)

    def changed(self, repo: int, before: str, after: str, prefix: str = "") -> Iterator[tuple[str, Node | None]]:
        """Walk the files in which two trees differ, each with what it is afterwards (None when it is gone).

        Folders that are the same in both are not entered.
        """
        if before == after:
            return
        old, new = self.load(repo, before), self.load(repo, after)
        for name in sorted(old.keys() | new.keys()):
            was, now = old.get(name), new.get(name)
            if was == now:
                continue
            was_folder, is_folder = was is not None and was.is_folder, now is not None and now.is_folder
            if was is not None and was_folder and now is not None and is_folder:
                yield from self.changed(repo, was.oid, now.oid, f"{prefix}{name}/")
                continue
            if was is not None:
                yield from self._all(repo, was, prefix, gone=True)
            if now is not None:
                yield from self._all(repo, now, prefix, gone=False)

    def _all(self, repo: int, node: Node, prefix: str, *, gone: bool) -> Iterator[tuple[str, Node | None]]:
        if not node.is_folder:
            yield prefix + node.name, None if gone else node
            return
        for child in self.load(repo, node.oid).values():
            yield from self._all(repo, child, f"{prefix}{node.name}/", gone=gone)

    def not_found(self, repo: int, root: str, path: str, what: str = "file") -> EntryNotFoundError:
        """Return the error for a path that is not there, naming the nearest one that is."""
        paths = [entry.path for entry in self.walk(repo, root)]
        if len(paths) > _MANY:  # comparing with each would take seconds: the same name elsewhere, or one like it here
            folder, _, name = path.rpartition("/")
            paths = [p for p in paths if p.endswith(f"/{name}") or p.rpartition("/")[0] == folder][:_MANY]
        return EntryNotFoundError(f"There is no {what} {path!r} at this revision.{did_you_mean(path, paths)}")

    def _key(self, repo: int, tree: str) -> int:
        rows = self._database.query("SELECT id FROM trees WHERE repo = ? AND oid = ?", repo, tree)
        if not rows:
            missing = f"The hub's database does not have the tree {tree}. Restore it from a backup."
            raise Catalog(self._database).lost(repo, CorruptFileError(missing))
        return int(rows[0][0])


def entry_of(path: str, node: Node) -> Entry:
    """Return a line of a tree as the value that leaves the hub."""
    return Entry(path, node.oid, node.size, node.sha256, node.is_folder, node.pointer_size)
