"""A process that changes a hub in a folder, to be killed: ``python hub_child.py PLACE OPERATION``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "src"))

# What a hub imports when it is needed is imported now, so that the faults meet the operation and not the interpreter.
import ctypes  # noqa: E402, F401
import fcntl  # noqa: E402, F401
import getpass  # noqa: E402, F401
import hashlib  # noqa: E402, F401
import shutil  # noqa: E402, F401
import sqlite3  # noqa: E402, F401

import dulwich.attrs  # noqa: E402
import dulwich.pack  # noqa: E402, F401
from mark import begin  # noqa: E402

from anyhub.hub.local import LocalHub  # noqa: E402
from anyhub.hub.repos.objects import MANY_PACKS  # noqa: E402
from anyhub.values import AddFile, RepoId  # noqa: E402

REPO, OTHER, NEIGHBOUR, FRESH = (RepoId("me", name) for name in ("model", "other", "neighbour", "fresh"))
SHARED = AddFile("shared.bin", b"\0shared" * 1_000)
WEIGHTS = b"\0new weights" * 25_000
SMALL = AddFile("notes.txt", b"new notes")
DONE = "done"


def _large(place: Path) -> AddFile:
    return AddFile("weights.bin", place / "weights.bin")


def _commit(hub: LocalHub, place: Path, *, pull_request: bool = False) -> None:
    hub.commit(REPO, [SMALL, _large(place)], message="new", pull_request=pull_request)


def _commit_in_two_steps(hub: LocalHub, place: Path) -> None:
    hub.commit(REPO, [SMALL], message="new")
    hub.commit(REPO, [_large(place)], message="new")


OPERATIONS: dict[str, Callable[[LocalHub, Path], object]] = {
    "commit": _commit,
    "pull request": lambda hub, place: _commit(hub, place, pull_request=True),
    "merge": lambda hub, place: hub.merge(REPO, 1),
    "squash": lambda hub, place: hub.squash(REPO, "main", "squashed"),
    "delete": lambda hub, place: hub.delete(OTHER),
    "create": lambda hub, place: hub.create(FRESH),
    "gather": _commit,
}
IN_TWO_STEPS = "in two steps"  # how not to do it: the sweep is shown that it would be caught


def prepare(place: Path, operation: str) -> None:
    """Make a hub to change, and a user's own file beside it."""
    (place / "weights.bin").write_bytes(WEIGHTS)
    hub = LocalHub(place / "hub")
    for repo in (REPO, OTHER, NEIGHBOUR):
        hub.create(repo)
        hub.commit(repo, [AddFile("notes.txt", b"old notes"), SHARED, _own(repo)], message="old")
    hub.commit(REPO, [AddFile("a.txt", b"a"), AddFile("a.bin", b"\0a")], message="proposed", pull_request=True)
    if operation == "gather":  # three packs are there, and one more than MANY_PACKS are gathered
        for number in range(MANY_PACKS - 3):
            hub.commit(REPO, [AddFile(f"{number}.txt", b"%d" % number)], message=f"number {number}")
    hub.close()


def _own(repo: RepoId) -> AddFile:
    return AddFile("own.bin", b"\0" + repo.name.encode() * 1_000)


if __name__ == "__main__":
    where, what = Path(sys.argv[1]), sys.argv[2]
    begin()
    change = _commit_in_two_steps if what == IN_TWO_STEPS else OPERATIONS[what]
    opened = LocalHub(where / "hub")
    change(opened, where)
    print(DONE, flush=True)
    opened.close()
