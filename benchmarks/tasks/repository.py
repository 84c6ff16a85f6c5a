"""A repository of many files."""

from __future__ import annotations

import os
from typing import Any

from benchmarks.tasks.measuring import timed


def repository(hub: str) -> dict[str, float]:
    """Commit to and list a repository of 50,000 files."""
    from anyhub import LocalHub
    from anyhub.values import AddFile

    opened = LocalHub(hub)
    repo = opened.repo_id(f"bench/files-{os.getpid()}")
    opened.create(repo)

    def add(folder: str, count: int, size: int = 1400) -> None:
        changes = [
            AddFile(f"{folder}{index // 100}/{index}.txt", (b"%s %d " % (folder.encode(), index)).ljust(size, b"x"))
            for index in range(count)
        ]
        figures[f"{count} files ({folder})"] = timed(lambda: opened.commit(repo, changes, message=folder))

    figures: dict[str, float] = {}
    add("new", 1_000)
    add("bulk", 50_000)
    add("one", 1)
    add("more", 1_000)
    head = opened.resolve(repo).oid
    figures["list with sizes"] = timed(lambda: list(opened.tree(repo, head)))
    figures["read 1,000 files"] = timed(lambda: _read_some(opened, repo, head))
    opened.delete(repo)
    return figures


def _read_some(opened: Any, repo: Any, head: str) -> None:
    for entry in opened.find(repo, head, [f"bulk{index // 100}/{index}.txt" for index in range(1000)]):
        opened.open(repo, entry).read()
