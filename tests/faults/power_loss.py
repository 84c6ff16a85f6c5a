"""Cuts the power after each system call of a save that changes the disk, and loads from what that may leave.

``python tests/faults/power_loss.py [--every K] [--way WAY]`` records the calls of one save, plays them on the model of
a disk in `disk.py`, and makes a folder of each state that the model says may be left after each call. From each
`from_pretrained` must answer the old model or the new one exactly, and once `save_pretrained` has returned only the new
one; the next save must succeed and leave nothing of ours behind. Prints a table; the exit status is 1 when a state does
not hold.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import strace
from disk import Disk, Tree
from model_sweep import MODULE, WORKERS, Bench
from model_ways import WAYS
from replay import CALLS, WHOLE, Call, Replay
from strace import Outcome, Point
from zygote import Zygote

FAULT = "power loss"
RETURNED = "returned"


def states(bench: Bench) -> Iterator[tuple[Point, Tree]]:
    """Give each state that a loss of power may leave, each call's once."""
    lines = bench.calls(CALLS, *WHOLE)
    saved = tree_of(bench.current)
    disk = Disk(tree_of(bench.base))
    replay = Replay(disk, bench.current)
    calls = [call for line in lines if (call := Call.parse(line))]
    for number, call in enumerate(calls):
        if replay.play(call):
            point = Point(bench.way, FAULT, call.name, number)
            yield from ((point, tree) for tree in disk.losses())
    if disk.now() != saved:
        raise ValueError("The calls that were recorded do not lead to what is there; see replay.py.")
    point = Point(bench.way, FAULT, RETURNED, len(calls))
    yield from ((point, tree) for tree in disk.losses())


def tree_of(folder: Path) -> Tree:
    """Return what is below a folder."""
    paths = {str(path.relative_to(folder)): path for path in folder.rglob("*")}
    return {name: None if path.is_dir() else path.read_bytes() for name, path in paths.items()}


def examine(bench: Bench, every: int = 1) -> Iterator[Outcome]:
    """Look at every ``every``-th state, and at each that may be left once the save has returned."""
    known: dict[frozenset[tuple[str, bytes | None]], str] = {}
    for number, (point, tree) in enumerate(states(bench)):
        if number % every and point.call != RETURNED:
            continue
        key = frozenset(tree.items())
        if key not in known:
            known[key] = bench.verdict(_materialised(tree, bench.current))
        state = known[key]
        yield Outcome(point, "said to be saved, and is not" if (point.call, state) == (RETURNED, "old") else state)


def _materialised(tree: Mapping[str, bytes | None], place: Path) -> Path:
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for name, data in sorted(tree.items()):
        if data is None:
            (place / name).mkdir()
        else:
            (place / name).write_bytes(data)
    return place


def sweep(ways: list[str], every: int) -> Iterator[Outcome]:
    """Examine every ``every``-th state of some ways of saving."""
    with tempfile.TemporaryDirectory(prefix="faults-") as work, ThreadPoolExecutor(WORKERS) as pool:
        places = [Path(work, str(number)) for number in range(len(ways))]
        for outcomes in pool.map(_sweep_one, ways, places, [every] * len(ways)):
            yield from outcomes


def _sweep_one(way: str, work: Path, every: int) -> list[Outcome]:
    with Zygote(MODULE) as zygote:
        return list(examine(Bench(zygote, way, work), every))


if __name__ == "__main__":
    sys.exit(strace.main(__doc__, WAYS, sweep))
