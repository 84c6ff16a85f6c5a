"""Commits beside each other: what came before both, where they differ, and which one changed a file last."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence

from anyhub.git.objects import Node
from anyhub.git.pointers import ATTRIBUTES_PATH
from anyhub.hub.repos.revisions import Revisions
from anyhub.hub.repos.tree_index import TreeIndex, entry_of
from anyhub.hub.serving import FileChange
from anyhub.values import Commit


class Comparing:
    """Reads the index of commits and that of trees."""

    def __init__(self, revisions: Revisions, trees: TreeIndex) -> None:
        self._revisions = revisions
        self._trees = trees

    def ancestors(self, repo: int, starts: Iterable[str]) -> Iterator[Commit]:
        """Walk commits and all that came before them, the newest first, each once."""
        seen = set(starts)
        waiting = [_by_age(self._revisions.commit(repo, oid)) for oid in seen]
        heapq.heapify(waiting)
        while waiting:
            commit = heapq.heappop(waiting)[2]
            yield commit
            for parent in commit.parents:
                if parent not in seen:
                    seen.add(parent)
                    heapq.heappush(waiting, _by_age(self._revisions.commit(repo, parent)))

    def common_ancestor(self, repo: int, one: str, other: str) -> Commit | None:
        """Return the nearest commit that both of two commits are or came from; None when there is none."""
        sides = {one: 1}
        sides[other] = sides.get(other, 0) | 2
        waiting = [_by_age(self._revisions.commit(repo, oid)) for oid in sides]
        heapq.heapify(waiting)
        while waiting:
            commit = heapq.heappop(waiting)[2]
            side = sides[commit.oid]
            if side == 3:
                return commit
            for parent in commit.parents:
                before = sides.get(parent, 0)
                if before | side != before:
                    sides[parent] = before | side
                    heapq.heappush(waiting, _by_age(self._revisions.commit(repo, parent)))
        return None

    def differences(self, repo: int, before: str, after: str) -> Iterator[FileChange]:
        """Walk the files in which two commits differ."""
        old, new = self._revisions.commit(repo, before), self._revisions.commit(repo, after)
        for path, was, now in self._trees.changed(repo, old.tree, new.tree):
            yield FileChange(path, was and entry_of(path, was, old.oid), now and entry_of(path, now, new.oid))

    def conflicts(self, repo: int, base: Commit, head: Commit, target: Commit) -> list[str]:
        """Return the paths that two commits made two different things of, since they had ``base`` in common."""
        theirs = {path: now for path, _, now in self._trees.changed(repo, base.tree, target.tree)}
        return sorted(
            path
            for path, _, now in self._trees.changed(repo, base.tree, head.tree)
            if path != ATTRIBUTES_PATH and path in theirs and not same_file(theirs[path], now)
        )

    def last_commits(self, repo: int, start: Commit, paths: Sequence[str]) -> dict[str, Commit]:
        """Return for each path that is there the newest commit, along first parents, that changed it."""
        sought = {path: node for path in paths if (node := self._trees.find(repo, start.tree, path)) is not None}
        found: dict[str, Commit] = {}
        for commit in self._revisions.history(repo, start):
            if not sought:
                break
            parent = self._revisions.commit(repo, commit.parents[0]) if commit.parents else None
            for path in self._changed_here(repo, commit, parent, sought):
                del sought[path]
                found[path] = commit
        return {path: found[path] for path in paths if path in found}

    def _changed_here(self, repo: int, commit: Commit, parent: Commit | None, sought: dict[str, Node]) -> list[str]:
        """Return the paths that are another thing in a commit than in the one before it."""
        if parent is None:
            return list(sought)
        if parent.tree == commit.tree:
            return []
        changed = []
        by_folder: dict[str, list[str]] = {}
        for path in sought:
            by_folder.setdefault(path.rpartition("/")[0], []).append(path)
        for folder, below in by_folder.items():
            before = self._trees.folder(repo, parent.tree, folder)
            if before != self._trees.folder(repo, commit.tree, folder):
                old = self._trees.load(repo, before) if before else {}
                changed += [p for p in below if not same_file(old.get(p.rpartition("/")[2]), sought[p])]
        return changed


def same_file(one: Node | None, other: Node | None) -> bool:
    """Return whether two lines of trees stand for the same content and mode, or both for nothing."""
    if one is None or other is None:
        return one is other
    return (one.mode, one.oid) == (other.mode, other.oid)


def _by_age(commit: Commit) -> tuple[float, str, Commit]:
    return -commit.date.timestamp(), commit.oid, commit
