"""Where the large files are that a repository links: for each the newest commit that has it."""

from __future__ import annotations

from collections.abc import Iterator

from anyhub.git.objects import Node
from anyhub.hub.repos.catalog import moment
from anyhub.hub.repos.comparing import Comparing
from anyhub.hub.repos.moving import MAIN
from anyhub.hub.repos.revisions import Revisions
from anyhub.hub.repos.tree_index import TreeIndex
from anyhub.hub.serving import LargeFile
from anyhub.hub.sql.database import Database
from anyhub.values import Commit, Digest, Ref


def linked_files(
    database: Database, comparing: Comparing, revisions: Revisions, trees: TreeIndex, repo: int
) -> list[LargeFile]:
    """List the large files of a repository, the newest first, each where the newest commit has it."""
    rows = database.query(
        "SELECT sha256, size, pushed_at FROM large_files WHERE repo = ? ORDER BY pushed_at DESC, sha256", repo
    )
    sought = {row[0] for row in rows}
    found: dict[str, tuple[str, str]] = {}
    for ref in sorted(revisions.refs(repo), key=_main_first) if sought else ():
        for sha256, path in _walk(comparing, revisions, trees, repo, ref):
            if sha256 in sought:
                found[sha256] = path, ref.name
                sought.remove(sha256)
                if not sought:
                    break
        if not sought:
            break
    return [
        LargeFile(Digest(sha256, size), *found.get(sha256, ("", "")), moment(pushed_at))
        for sha256, size, pushed_at in rows
    ]


def _walk(
    comparing: Comparing, revisions: Revisions, trees: TreeIndex, repo: int, ref: Ref
) -> Iterator[tuple[str, str]]:
    """Walk the large files of a reference and of what came before it, those of the newest commit first."""
    yield from _large(trees, repo, None, revisions.commit(repo, ref.target))
    for commit in comparing.ancestors(repo, [ref.target]):
        for parent in commit.parents:
            yield from _large(trees, repo, commit, revisions.commit(repo, parent))


def _large(trees: TreeIndex, repo: int, newer: Commit | None, commit: Commit) -> Iterator[tuple[str, str]]:
    """Walk the large files of a commit that are not in the newer one at the same place."""
    node: Node | None
    for path, _, node in trees.changed(repo, newer.tree if newer else None, commit.tree):
        if node is not None and node.sha256:
            yield node.sha256, path


def _main_first(ref: Ref) -> tuple[bool, str]:
    return ref.name != MAIN, ref.name
