"""Taking large files out of every commit of a repository, as if they had never been in it."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Sequence
from dataclasses import replace

from anyhub.errors import CorruptFileError
from anyhub.git.objects import FOLDER_MODE, GitObject, tree_object
from anyhub.git.trees import EMPTY_TREE, Nodes
from anyhub.hub.commits.raw_commits import with_other_ids
from anyhub.hub.repos.catalog import Place
from anyhub.hub.repos.comparing import Comparing
from anyhub.hub.repos.moving import Move, Moves
from anyhub.hub.repos.objects import Objects
from anyhub.hub.repos.revisions import Revisions
from anyhub.hub.repos.tree_index import TreeIndex
from anyhub.hub.sql.database import Database
from anyhub.values import Commit


class Purge:
    """Rewrites the commits of one repository, inside a transaction.

    Commits that had none of the files, nor came after one that had, stay as they are. The old versions of the others
    are forgotten: no revision leads to them any more.
    """

    def __init__(
        self,
        database: Database,
        objects: Objects,
        trees: TreeIndex,
        revisions: Revisions,
        moves: Moves,
        place: Place,
    ) -> None:
        self._database = database
        self._objects = objects
        self._trees = trees
        self._revisions = revisions
        self._comparing = Comparing(revisions, trees)
        self._moves = moves
        self._place = place
        self._ids: dict[str, str] = {}  # what became of trees, commits and tags
        self._made: list[GitObject] = []
        self._new_trees: dict[str, Nodes] = {}
        self._new_commits: list[Commit] = []

    def rewrite(self, sha256s: Sequence[str]) -> None:
        """Write every commit anew that has one of the files, and all that came after, and move the references."""
        pk = self._place.pk
        refs = self._database.query("SELECT name, target, object FROM refs WHERE repo = ?", pk)
        unwanted = frozenset(sha256s)
        commits = list(self._comparing.ancestors(pk, {target for _, target, _ in refs}))
        for commit in _oldest_first(commits):
            self._rewrite_commit(commit, unwanted)
        moves = [self._moved(*ref) for ref in refs if self._ids[ref[1]] != ref[1]]
        if not moves:
            return
        self._objects.note(pk, self._objects.add(self._place.folder, self._made))
        self._trees.save(pk, self._new_trees)
        self._revisions.save(pk, *self._new_commits)
        self._moves.make(self._place, *moves)
        self._forget(commits)

    def _rewrite_commit(self, commit: Commit, unwanted: frozenset[str]) -> None:
        tree = self._rewritten(commit.tree, unwanted) or self._empty()
        parents = tuple(self._ids[parent] for parent in commit.parents)
        if (tree, parents) == (commit.tree, commit.parents):
            self._ids[commit.oid] = commit.oid
            return
        made = with_other_ids(self._object(commit.oid), ChainMap({commit.tree: tree}, self._ids))
        self._made.append(made)
        self._new_commits.append(replace(commit, oid=made.oid, tree=tree, parents=parents))
        self._ids[commit.oid] = made.oid

    def _rewritten(self, tree: str, unwanted: frozenset[str]) -> str | None:
        """Return what a tree is without the files, or None when nothing is left of it."""
        if tree in self._ids:
            return self._ids[tree] or None
        nodes = self._trees.load(self._place.pk, tree)
        kept: Nodes = {}
        for name, node in nodes.items():
            if node.is_folder:
                below = self._rewritten(node.oid, unwanted)
                if below is not None:
                    kept[name] = node._replace(mode=FOLDER_MODE, oid=below)
            elif node.sha256 not in unwanted:
                kept[name] = node
        self._ids[tree] = tree if kept == nodes else self._save(kept) if kept else ""
        return self._ids[tree] or None

    def _save(self, nodes: Nodes) -> str:
        made = tree_object(nodes.values())
        self._made.append(made)
        self._new_trees[made.oid] = nodes
        return made.oid

    def _empty(self) -> str:
        self._made.append(GitObject.of("tree", b""))
        self._new_trees[EMPTY_TREE] = {}
        return EMPTY_TREE

    def _moved(self, name: str, target: str, object: str | None) -> Move:
        if object is None:
            return Move(name, self._ids[target])
        return Move(name, self._ids[target], self._rewritten_tag(object))

    def _rewritten_tag(self, oid: str) -> str:
        """Return what an annotated tag is of what became of its commit."""
        found = self._object(oid)
        if found.type != "tag":
            return self._ids.get(oid, oid)
        target = found.data.partition(b"\n")[0].partition(b" ")[2].decode()
        made = with_other_ids(found, {target: self._rewritten_tag(target)})
        self._made.append(made)
        return made.oid

    def _object(self, oid: str) -> GitObject:
        found = self._objects.find(self._place.pk, self._place.folder, oid)
        if found is None:
            raise CorruptFileError(f"The hub's packs do not have the object {oid}. Restore it from a backup.")
        return found

    def _forget(self, commits: Sequence[Commit]) -> None:
        """Take the old versions out of the index, and note as what a pull request is merged now."""
        pk = self._place.pk
        gone = [oid for oid, new in self._ids.items() if oid != new]
        with self._database.transaction() as connection:
            for oid in gone:
                connection.execute("DELETE FROM commits WHERE repo = ? AND oid = ?", (pk, oid))
                connection.execute("DELETE FROM trees WHERE repo = ? AND oid = ?", (pk, oid))
            connection.executemany(
                "UPDATE discussions SET merge_commit = ? WHERE repo = ? AND merge_commit = ?",
                ((self._ids[each.oid], pk, each.oid) for each in commits),
            )


def _oldest_first(commits: Sequence[Commit]) -> list[Commit]:
    """Sort commits so that each comes after its parents, whatever their clocks said."""
    by_oid = {each.oid: each for each in commits}
    done: dict[str, Commit] = {}
    waiting = [(oid, False) for oid in by_oid]
    while waiting:
        oid, ready = waiting.pop()
        if ready:
            done[oid] = by_oid[oid]
        elif oid not in done:
            waiting.append((oid, True))
            waiting += ((parent, False) for parent in by_oid[oid].parents if parent not in done)
    return list(done.values())
