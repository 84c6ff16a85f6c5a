"""Breaks changes of a hub in a folder at each system call that touches the disk, one run for each.

``python tests/faults/hub_sweep.py [--every K] [--way OPERATION]`` runs `hub_child.py` under ``strace``: killed just
before the call, or told that the disk is full. Afterwards the hub must be exactly the old one or exactly the new one,
every byte that a reference leads to must be there, the next commit must succeed and leave nothing of ours behind, and
``git fsck`` must find nothing. Prints a table; the exit status is 1 when a point does not hold.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import hub_child
import strace
from strace import Outcome, Point

from anyhub.errors import CorruptFileError, HubError
from anyhub.hub.local import LocalHub
from anyhub.values import AddFile, Commit, Entry, Query, RepoId

_WRITES = "openat write pwrite64 ftruncate fsync fdatasync rename renameat renameat2 link linkat mkdir mkdirat"
FAULTS = {
    "killed": ("signal=KILL", f"{_WRITES} unlink unlinkat rmdir chmod fchmod fchmodat".split()),
    "disk full": ("error=ENOSPC", _WRITES.split()),
}


class Bench:
    """An operation, the hub that it is to change, and what that is before and after.

    Attributes:
        operation (`str`): The name of the operation.
        old: What the hub is before.
        new: What it is afterwards.
    """

    def __init__(self, operation: str, work: Path) -> None:
        self.operation = operation
        self._work = work
        self._base = work / "base"
        shutil.rmtree(self._base, ignore_errors=True)
        self._base.mkdir(parents=True)
        hub_child.prepare(self._base, operation)
        self.old = state(self._base / "hub")
        place = self.place()
        subprocess.run(self.command(place), check=True, capture_output=True)
        self.new = state(place / "hub")

    def place(self) -> Path:
        """Return a copy of the hub, to be broken, and of the user's file beside it."""
        place = self._work / "place"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self._base, place)
        return place

    def command(self, place: Path) -> list[str]:
        """Return what runs the operation on a copy."""
        return [sys.executable, "-B", hub_child.__file__, str(place), self.operation]

    def points(self) -> list[Point]:
        """List every call of the operation when it goes well, with each fault that can befall it."""
        return strace.points(self.operation, strace.command(self.command(self.place())), self._work / "calls", FAULTS)

    def examine(self, point: Point) -> Outcome:
        """Run one point and return what is left."""
        place = self.place()
        run = strace.broken(strace.command(self.command(place)), point, FAULTS)
        try:
            return Outcome(point, self._verdict(place, is_done=hub_child.DONE.encode() in run.stdout))
        except (HubError, OSError) as error:
            return Outcome(point, f"{type(error).__name__}: {error}")

    def _verdict(self, place: Path, *, is_done: bool) -> str:
        left = state(place / "hub")
        if left not in (self.old, self.new):
            return f"mixed: {left}"
        if is_done and left != self.new:
            return "said to be done, and is not"
        if (place / "weights.bin").read_bytes() != hub_child.WEIGHTS:
            return "the user's own file was changed"
        checks = (unreadable, next_commit, unreadable, objections)  # in this order: git's look clears staging/ as well
        if found := [each for check in checks for each in check(place / "hub")]:
            return "; ".join(found)
        return "new" if left == self.new else "old"


def state(folder: Path) -> dict[str, object]:
    """Return what a user sees of a hub: each repository's references with all commits below, and its pull requests."""
    seen: dict[str, object] = {}
    with closing(LocalHub(folder)) as hub:
        for repo in _repos(hub):
            refs = {ref.name: [_seen(commit) for commit in _below(hub, repo, ref.target)] for ref in hub.refs(repo)}
            pulls = [(each.number, each.status, each.merge_commit is not None) for each in hub.discussions(repo)]
            seen[str(repo)] = refs, pulls
    return seen


def unreadable(folder: Path) -> list[str]:
    """Name the files, of all commits that references lead to, whose bytes are not those that the commit has."""
    found = []
    with closing(LocalHub(folder)) as hub:
        for repo in _repos(hub):
            commits = {commit.oid for ref in hub.refs(repo) for commit in _below(hub, repo, ref.target)}
            files = {entry for oid in commits for entry in hub.tree(repo, oid) if not entry.is_folder}
            found += [f"{repo}: {entry.path} is not what it was" for entry in files if not _is_whole(hub, repo, entry)]
    return found


def next_commit(folder: Path) -> list[str]:
    """Commit once more, and return what is wrong with that."""
    changes = [AddFile("next.txt", b"next"), AddFile("next.bin", b"\0next")]
    with closing(LocalHub(folder)) as hub:
        before = hub.resolve(hub_child.REPO)
        done = hub.commit(hub_child.REPO, changes, message="next")
        head = hub.resolve(hub_child.REPO)
    wrong = [] if head == done.commit and head.parents == (before.oid,) else ["the next commit is not the next"]
    left = [path.name for path in (folder / "staging").iterdir()]
    return [*wrong, *(f"left behind: staging/{name}" for name in left)]


def objections(folder: Path) -> list[str]:
    """Return what git objects to in any repository."""
    found = []
    with closing(LocalHub(folder)) as hub:
        for repo in _repos(hub):
            with hub.git_dir(repo) as git:
                check = ["git", "--git-dir", str(git), "fsck", "--full", "--strict", "--no-dangling", "--no-progress"]
                run = subprocess.run(check, check=False, capture_output=True, text=True)
            if run.returncode or run.stdout or run.stderr:
                found.append(f"{repo}: git fsck: {run.stdout}{run.stderr}")
    return found


def sweep(operations: list[str], every: int) -> Iterator[Outcome]:
    """Examine every ``every``-th point of some operations."""
    with tempfile.TemporaryDirectory(prefix="faults-") as work:
        for operation in operations:
            bench = Bench(operation, Path(work))
            for point in bench.points()[::every]:
                yield bench.examine(point)


def _repos(hub: LocalHub) -> list[RepoId]:
    return [info.repo for info in hub.search(Query())]


def _below(hub: LocalHub, repo: RepoId, oid: str) -> list[Commit]:
    """Return a commit and all that it descends from."""
    found: dict[str, Commit] = {}
    waiting = [oid]
    while waiting:
        if (oid := waiting.pop()) not in found:
            found[oid] = hub.resolve(repo, oid)
            waiting.extend(found[oid].parents)
    return list(found.values())


def _seen(commit: Commit) -> tuple[object, ...]:
    return commit.title, commit.body, commit.tree, len(commit.parents)  # its id differs in each run, with the time


def _is_whole(hub: LocalHub, repo: RepoId, entry: Entry) -> bool:
    try:
        with hub.open(repo, entry) as stream:
            data = stream.read()
    except CorruptFileError:
        return False
    if entry.sha256 is not None:
        return len(data) == entry.size and hashlib.sha256(data).hexdigest() == entry.sha256
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest() == entry.oid


if __name__ == "__main__":
    sys.exit(strace.main(__doc__, hub_child.OPERATIONS, sweep))
