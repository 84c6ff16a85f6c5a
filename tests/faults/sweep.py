"""Breaks a save at each system call that touches the disk, one run for each, and looks at what is left.

``python tests/faults/sweep.py [--every K] [--way WAY]`` runs `child.py` under ``strace``: killed just before the call,
or the call answered by an error. Afterwards the folder must be exactly the old one or exactly the new one, and the next
save must succeed and leave nothing of ours behind. Prints a table; the exit status is 1 when a point does not hold.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import child
import strace
from strace import Outcome, Point

from anyhub import folders

_ALL = (
    "openat write pwrite64 fsync fdatasync rename renameat renameat2 link linkat symlink symlinkat "
    "unlink unlinkat rmdir mkdir mkdirat chmod fchmod fchmodat chown fchown fchownat utimensat flock"
)
_CHANGES = "write pwrite64 rename renameat renameat2 link linkat unlink unlinkat rmdir mkdir mkdirat"
# fault -> what strace does, and to which calls
FAULTS = {
    "killed": ("signal=KILL", _ALL.split()),
    "disk full": ("error=ENOSPC", f"openat {_CHANGES}".split()),
    "disk broken": ("error=EIO", f"fsync fdatasync {_CHANGES}".split()),
    "not allowed": ("error=EPERM", f"openat chmod fchmod chown flock {_CHANGES}".split()),
    "not supported": ("error=EINVAL", ["renameat2", "link", "linkat", "flock", "fsync"]),
}


def trace(way: str, work: Path, calls: Iterable[str]) -> list[str]:
    """Return the calls of a save that goes well, as strace writes them, from the beginning of the save."""
    return strace.trace(_command(_set_up(work, way), way), work / "calls", calls)[1]


def points(way: str, work: Path) -> list[Point]:
    """List every call of a save that goes well, with each fault that can befall it."""
    return strace.points(way, _command(_set_up(work, way), way), work / "calls", FAULTS)


def examine(point: Point, work: Path) -> Outcome:
    """Run one point and return what is left."""
    old, _, new = child.WAYS[point.way]
    folder = _set_up(work, point.way)
    run = strace.broken(_command(folder, point.way), point, FAULTS)
    if point.way == "journal" or point.fault in ("not supported", "not allowed"):
        folders.settle(folder)
    left = content(folder)
    if left != old and left != new:
        return Outcome(point, f"mixed: {sorted(left or ())}")
    if run.returncode == 0 and left != new:
        return Outcome(point, "said to be saved, and is not")
    child.save(folder, child.WAYS[point.way][1])
    if content(folder) != new:
        return Outcome(point, f"the next save left {sorted(content(folder) or ())}")
    if rest := list(folder.parent.rglob(".anyhub*")):
        return Outcome(point, f"left behind: {rest}")
    return Outcome(point, "new" if left == new else "old")


def sweep(ways: list[str], every: int) -> Iterator[Outcome]:
    """Examine every ``every``-th point of some ways of saving."""
    with tempfile.TemporaryDirectory(prefix="faults-") as place:
        found = [point for way in ways for point in points(way, Path(place))]
        for point in found[::every]:
            yield examine(point, Path(place))


def _set_up(work: Path, way: str) -> Path:
    place = work / "place"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    old = child.WAYS[way][0]
    if old is not None:
        (place / "model").mkdir()
        for name, data in old.items():
            (place / "model" / name).write_bytes(data)
    return place / "model"


def _command(folder: Path, way: str) -> strace.Traced:
    return strace.command([sys.executable, "-B", "-S", child.__file__, str(folder), way])


def content(folder: Path) -> dict[str, bytes] | None:
    """Return what a user sees of a folder, or None when there is none."""
    if not folder.is_dir():
        return None
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".anyhub-")}


if __name__ == "__main__":
    sys.exit(strace.main(__doc__, child.WAYS, sweep))
