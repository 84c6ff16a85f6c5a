"""The lines of every tree, in the database: what `ls-tree` would say, with sizes and large files resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from anyhub.errors import CorruptFileError, EntryNotFoundError, did_you_mean
from anyhub.git.objects import Node, git_order
from anyhub.git.trees import Nodes
from anyhub.hub.repos.catalog import Catalog
from anyhub.hub.sql.database import Database
from anyhub.values import Entry

Difference: TypeAlias = tuple[str, Node | None, Node | None]

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

    def has(self, repo: int, tree: str) -> bool:
        """Return whether the lines of a tree are here."""
        return bool(self._database.query("SELECT 1 FROM trees WHERE repo = ? AND oid = ?", repo, tree))

    def save(self, repo: int, new: Mapping[str, Nodes]) -> None:
        """Add the lines of trees by their ids, inside a transaction; trees that are there already are left."""
        with self._database.transaction() as connection:
            for oid, nodes in new.items():
                cursor = connection.execute("INSERT OR IGNORE INTO trees (repo, oid) VALUES (?, ?)", (repo, oid))
                if cursor.rowcount:
                    key = cursor.lastrowid
                    lines = (nodes[name] for name in sorted(nodes))
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

    def folder(self, repo: int, root: str, path: str) -> str | None:
        """Return the id of the tree of a folder below a root tree; None when there is no such folder."""
        if not path:
            return root
        node = self.find(repo, root, path)
        return node.oid if node is not None and node.is_folder else None

    def walk(
        self, repo: int, root: str, path: str = "", *, recursive: bool = True, commit: str = ""
    ) -> Iterator[Entry]:
        """List what is below a folder, in git's order, each folder before what is in it.

        Args:
            repo (`int`): The key of the repository.
            root (`str`): The id of the tree to look in.
            path (`str`): The folder in it; all of it when empty.
            recursive (`bool`): Whether folders are entered.
            commit (`str`): What the entries are to name as their commit.
        """
        tree = self.folder(repo, root, path)
        if tree is None:
            raise self.not_found(repo, root, path, "folder")
        yield from self._walk(repo, tree, f"{path}/" if path else "", recursive, commit)

    def _walk(self, repo: int, tree: str, prefix: str, recursive: bool, commit: str) -> Iterator[Entry]:
        for node in sorted(self.load(repo, tree).values(), key=git_order):
            yield entry_of(prefix + node.name, node, commit)
            if recursive and node.is_folder:
                yield from self._walk(repo, node.oid, f"{prefix}{node.name}/", recursive, commit)

    def changed(self, repo: int, before: str | None, after: str, prefix: str = "") -> Iterator[Difference]:
        """Walk the files in which two trees differ, each with what it was and what it is; None where it is missing.

        Folders that are the same in both are not entered. Everything is new where there is no tree before.
        """
        if before == after:
            return
        old, new = self.load(repo, before) if before else {}, self.load(repo, after)
        for name in sorted(old.keys() | new.keys()):
            was, now = old.get(name), new.get(name)
            if was == now:
                continue
            was_folder, is_folder = was is not None and was.is_folder, now is not None and now.is_folder
            if was is not None and was_folder and now is not None and is_folder:
                yield from self.changed(repo, was.oid, now.oid, f"{prefix}{name}/")
                continue
            if was is not None and now is not None and not was_folder and not is_folder:
                yield prefix + name, was, now
                continue
            if was is not None:
                yield from ((path, node, None) for path, node in self.files(repo, was, prefix))
            if now is not None:
                yield from ((path, None, node) for path, node in self.files(repo, now, prefix))

    def files(self, repo: int, node: Node, prefix: str = "") -> Iterator[tuple[str, Node]]:
        """Walk a file, or all files below a folder, each with its path."""
        if not node.is_folder:
            yield prefix + node.name, node
            return
        for child in self.load(repo, node.oid).values():
            yield from self.files(repo, child, f"{prefix}{node.name}/")

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


def entry_of(path: str, node: Node, commit: str = "") -> Entry:
    """Return a line of a tree as the value that leaves the hub, naming the commit that it was found in."""
    return Entry(path, node.oid, node.size, node.sha256, node.is_folder, node.pointer_size, commit)
