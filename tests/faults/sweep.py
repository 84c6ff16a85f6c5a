"""Breaks a save at each system call that touches the disk, one run for each, and looks at what is left.

``python tests/faults/sweep.py [--every K] [--way WAY]`` runs `child.py` under ``strace``: killed just before the call,
or the call answered by an error. Afterwards the folder must be exactly the old one or exactly the new one, and the next
save must succeed and leave nothing of ours behind. Prints a table; the exit status is 1 when a point does not hold.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import child

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
_CALL = re.compile(r"^(\w+)\(", re.MULTILINE)


@dataclass(frozen=True)
class Point:
    """One call of one run, and what befalls it."""

    way: str
    fault: str
    call: str
    number: int


@dataclass(frozen=True)
class Outcome:
    """What was found after a point: ``"old"``, ``"new"``, or why it does not hold."""

    point: Point
    state: str

    @property
    def holds(self) -> bool:
        return self.state in ("old", "new")


def trace(way: str, work: Path, calls: str) -> list[str]:
    """Return the calls of a save that goes well, as strace writes them, from the beginning of the save."""
    return _begun(_trace(way, work, calls))[1]


def points(way: str, work: Path) -> list[Point]:
    """List every call of a save that goes well, with each fault that can befall it."""
    before, save = _begun(_trace(way, work, ",".join(f"?{call}" for call in _ALL.split())))
    seen = Counter(_CALL.findall("\n".join(before)))
    found = []
    for line in save:
        if match := _CALL.match(line):
            seen[match[1]] += 1
            found += [
                Point(way, name, match[1], seen[match[1]]) for name, (_, hit) in FAULTS.items() if match[1] in hit
            ]
    return found


def _trace(way: str, work: Path, calls: str) -> list[str]:
    log = work / "calls"
    # "?" before a name: some machines lack the older calls. Descriptors are shown with their paths.
    _run(_set_up(work, way), way, "-y", "-o", str(log), "-e", f"trace=openat,{calls}").check_returncode()
    return [re.sub(r"^\d+ +", "", line) for line in log.read_text().splitlines()]


def _begun(lines: list[str]) -> tuple[list[str], list[str]]:
    """Part the start of the interpreter from the save."""
    begin = next(number for number, line in enumerate(lines) if child.MARK in line) + 1
    return lines[:begin], lines[begin:]


def examine(point: Point, work: Path) -> Outcome:
    """Run one point and return what is left."""
    old, _, new = child.WAYS[point.way]
    folder = _set_up(work, point.way)
    effect = FAULTS[point.fault][0]
    inject = f"inject={point.call}:{effect}:when={point.number}"
    run = _run(folder, point.way, "-o", "/dev/null", "-e", f"trace={point.call}", "-e", inject)
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


def _run(folder: Path, way: str, *options: str) -> subprocess.CompletedProcess[bytes]:
    command = ["strace", "-f", "-qq", *options, sys.executable, "-B", "-S", child.__file__, str(folder), way]
    return subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True)


def content(folder: Path) -> dict[str, bytes] | None:
    """Return what a user sees of a folder, or None when there is none."""
    if not folder.is_dir():
        return None
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".anyhub-")}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, metavar="K", help="only every K-th point")
    parser.add_argument(
        "--way", choices=child.WAYS, action="append", help="only this way of saving; may be given again"
    )
    arguments = parser.parse_args()
    table: dict[tuple[str, str], Counter[str]] = {}
    failed = []
    for outcome in sweep(arguments.way or list(child.WAYS), arguments.every):
        row = table.setdefault((outcome.point.way, outcome.point.fault), Counter())
        row["points"] += 1
        row[outcome.state if outcome.holds else "mixed"] += 1
        failed += [] if outcome.holds else [outcome]
    print(f"{'way':10} {'fault':14} {'points':>7} {'old':>5} {'new':>5} {'mixed':>6}")
    for (way, fault), row in table.items():
        print(f"{way:10} {fault:14} {row['points']:7} {row['old']:5} {row['new']:5} {row['mixed']:6}")
    for outcome in failed:
        print(f"{outcome.point}: {outcome.state}")
    print(f"{sum(row['points'] for row in table.values())} points, {len(failed)} do not hold")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
