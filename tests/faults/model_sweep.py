"""Breaks `save_pretrained` of a PyTorch model at each system call that touches the disk, one fork for each.

``python tests/faults/model_sweep.py [--every K] [--way WAY]`` lets `model_child.py` save under ``strace``: killed just
before the call, or the call answered by an error. Afterwards `from_pretrained` must answer the old model or the new one
exactly, the folder must hold the files of that one and the user's own, and the next save must succeed and leave nothing
of ours behind. Prints a table; the exit status is 1 when a point does not hold.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import strace
from model_ways import REFUSED, WAYS
from strace import Outcome, Point
from sweep import FAULTS
from zygote import Zygote

MODULE = "model_child"
KILLED = -9
WORKERS = 2


class Bench:
    """A save, the place that it is to change, and what is seen of that before and after.

    Args:
        zygote (`Zygote`): Of `MODULE`.
        way (`str`): How to save.
        work (`Path`): A folder to work in.
        save (`str`): The function that saves.

    Attributes:
        base (`Path`): What is there before.
        current (`Path`): The copy of it that is broken.
        old: What is seen before.
        new: What is seen afterwards.
    """

    def __init__(self, zygote: Zygote, way: str, work: Path, save: str = "save") -> None:
        self.way = way
        self._zygote = zygote
        self._work = work
        self._save = save
        self.base = work / "base"
        self.current = work / "place"
        shutil.rmtree(work, ignore_errors=True)
        self.base.mkdir(parents=True)
        zygote.ask("prepare", str(self.base), way)
        self.old = zygote.ask("look", str(self.base))
        place = self.place()
        zygote.ask("save", str(place), way)
        self.new = zygote.ask("look", str(place))

    def place(self) -> Path:
        """Return a copy of what is there before, to be broken."""
        shutil.rmtree(self.current, ignore_errors=True)
        shutil.copytree(self.base, self.current)
        return self.current

    def calls(self, names: Iterable[str], *options: str) -> list[str]:
        """Return the calls of a save that goes well, as strace writes them; they lead to what is in `current`."""
        return strace.trace(self._traced(self.place()), self._work / "calls", names, *options)[1]

    def points(self) -> list[Point]:
        """List every call of a save that goes well, with each fault that can befall it."""
        return strace.points(self.way, self._traced(self.place()), self._work / "calls", FAULTS)

    def examine(self, point: Point) -> Outcome:
        """Run one point and return what is left."""
        place = self.place()
        status = strace.broken(self._traced(place), point, FAULTS).returncode
        if status not in (0, REFUSED, KILLED):
            return Outcome(point, f"neither saved nor refused: ended with {status}")
        state = self.verdict(place)
        if status == 0 and state == "old":
            state = "said to be saved, and is not"
        return Outcome(point, state)

    def verdict(self, place: Path) -> str:
        """Return ``"old"``, ``"new"``, or what is wrong with a place; saves there once more."""
        try:
            found = self._zygote.ask("judge", str(place), self.way)
        except RuntimeError as error:
            return f"the next save failed: {error}"
        if found["seen"] not in (self.old, self.new):
            return f"mixed: {_differences(found['seen'], self.old, self.new)}"
        if found["next"] != self.new:
            return f"the next save left {found['next']}"
        if found["left"]:
            return f"left behind: {found['left']}"
        return "old" if found["seen"] == self.old else "new"

    def _traced(self, place: Path) -> strace.Traced:
        return self._zygote.traced(self._save, str(place), self.way)


def _differences(seen: Any, old: Any, new: Any) -> str:
    """Say what a mixture is made of."""
    parts = {"model": (seen["model"], old["model"], new["model"])}
    for name in sorted(seen["files"].keys() | old["files"].keys() | new["files"].keys()):
        parts[name] = (seen["files"].get(name), old["files"].get(name), new["files"].get(name))
    words = [
        f"{name} is {'old' if is_ == was else 'new' if is_ == will_be else is_}"
        for name, (is_, was, will_be) in parts.items()
        if was != will_be or is_ != was
    ]
    return ", ".join(words)


def sweep(ways: list[str], every: int) -> Iterator[Outcome]:
    """Examine every ``every``-th point of some ways of saving."""
    with tempfile.TemporaryDirectory(prefix="faults-") as work, ThreadPoolExecutor(WORKERS) as pool:
        places = [Path(work, str(number)) for number in range(len(ways))]
        for outcomes in pool.map(_sweep_one, ways, places, [every] * len(ways)):
            yield from outcomes


def _sweep_one(way: str, work: Path, every: int) -> list[Outcome]:
    with Zygote(MODULE) as zygote:
        bench = Bench(zygote, way, work)
        return [bench.examine(point) for point in bench.points()[::every]]


if __name__ == "__main__":
    sys.exit(strace.main(__doc__, WAYS, sweep))
