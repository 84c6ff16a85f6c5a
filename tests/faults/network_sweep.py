"""Files over a network that fails at random, for as long as is asked for: what came of it, and what it cost.

Each round sends one file up and brings one down, through a proxy with cuts, refusals and changed bits at random bytes.
The rounds follow from a number, so that one that went wrong can be had again.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from network import HEADERS, MIB, Outcome, cuts, down, impatient, up
from proxy import Direction, Fault, FaultProxy, fault_proxy

from anyhub.hub.remote.hub import RemoteHub
from anyhub.testing.server import running_hub
from anyhub.values import AddFile, Entry, RepoId

REPO = RepoId("ada", "engine")
SIZES = (300_000, 2 * MIB + 1, 5 * MIB + 12_345)
ALLOWED = MIB + HEADERS
"""Bytes that may be sent again for each cut."""


@dataclass
class Counts:
    """What was done in one direction, and what came of it."""

    rounds: int = 0
    cuts: int = 0
    refusals: int = 0
    flips: int = 0
    wrong: int = 0
    given_up: int = 0
    again: list[float] = field(default_factory=list)
    too_much: list[int] = field(default_factory=list)

    def add(self, seed: int, plan: Plan, outcome: Outcome) -> None:
        """Note one transfer."""
        self.rounds += 1
        self.cuts += plan.cuts
        self.refusals += plan.refusals
        self.flips += plan.flips
        self.wrong += outcome.wrong
        self.given_up += outcome.error is not None
        if plan.cuts and not plan.flips and outcome.error is None:
            self.again.append(outcome.sent_again / plan.cuts)
            if outcome.sent_again > plan.cuts * ALLOWED + 10 * HEADERS:
                self.too_much.append(seed)

    def line(self) -> str:
        """Return all of it in one line."""
        again = [value / 1024 for value in self.again] or [0.0]
        return (
            f"{self.rounds:,} files, {self.cuts:,} cuts, {self.refusals:,} refusals, {self.flips:,} bits changed;"
            f" {self.wrong} wrong files, {self.given_up} given up;"
            f" sent again for each cut: {sum(again) / len(again):,.0f} KiB on average, {max(again):,.0f} KiB at most"
        )


@dataclass(frozen=True)
class Plan:
    """What happens to one transfer."""

    faults: list[Fault]
    refusals: int
    cuts: int
    flips: int


@dataclass
class Line:
    """A hub behind a proxy, and the same hub without it."""

    hub: RemoteHub
    served: RemoteHub
    proxy: FaultProxy
    folder: Path
    files: list[tuple[Entry, bytes]]


def plan(random_: random.Random, direction: Direction, size: int) -> Plan:
    """Return one to five faults for a transfer of so many bytes."""
    faults = list(cuts(random_, direction, size, random_.randint(0, 4)))
    flips = int(random_.random() < 0.2 or not faults)
    places = [Fault(direction, random_.randrange(size), "flip") for _ in range(flips)]
    return Plan(faults + places, random_.choice((0, 0, 1, 2)), len(faults), flips)


def one_down(line: Line, seed: int, counts: Counts) -> None:
    """Bring one file."""
    random_ = random.Random(f"down {seed}")
    entry, content = random_.choice(line.files)
    planned = plan(random_, "down", entry.size)
    partial = line.folder / "partial"
    partial.unlink(missing_ok=True)
    line.proxy.script(planned.faults, refuse=planned.refusals)
    counts.add(seed, planned, down(line.hub, line.proxy, REPO, entry, content, partial))


def one_up(line: Line, seed: int, counts: Counts) -> None:
    """Send one file that the hub has not seen."""
    random_ = random.Random(f"up {seed}")
    content = random_.randbytes(random_.choice(SIZES))
    planned = plan(random_, "up", len(content))
    line.proxy.script(planned.faults, refuse=planned.refusals)
    counts.add(seed, planned, up(line.hub, line.proxy, line.served, REPO, f"up-{seed % 50}.bin", content))


@contextmanager
def lines(folder: Path) -> Iterator[Line]:
    """Run a hub with files of all sizes, and a proxy before it."""
    with running_hub(folder / "hub") as server, fault_proxy(server.endpoint) as proxy:
        token = server.create_user("ada")
        served = impatient(server.endpoint, token)
        served.create(REPO)
        contents = {f"{size}.bin": random.Random(size).randbytes(size) for size in SIZES}
        commit = served.commit(REPO, [AddFile(*each) for each in contents.items()], message="files").commit.oid
        files = [(served.entry(REPO, commit, path), content) for path, content in contents.items()]
        yield Line(impatient(proxy.endpoint, token, tries=12), served, proxy, folder, files)


def sweep(seconds: float, rounds: int | None, first: int) -> bool:
    """Run rounds, print what came of them, and return whether all was as it should be."""
    ways = {"down": (one_down, Counts()), "up": (one_up, Counts())}
    end, seed = time.monotonic() + seconds, first
    with tempfile.TemporaryDirectory() as folder, lines(Path(folder)) as line:
        while (time.monotonic() < end) if rounds is None else (seed < first + rounds):
            for run, counts in ways.values():
                run(line, seed, counts)
            seed += 1
    for way, (_, counts) in ways.items():
        print(f"{way}: {counts.line()}")
        if counts.too_much:
            print(f"  More than 1 MiB was sent again for each cut in the rounds {counts.too_much[:20]}.")
    return all(not counts.wrong and not counts.too_much for _, counts in ways.values())


def main() -> int:
    """Run the sweep as the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=180.0, help="how long it takes (180)")
    parser.add_argument("--rounds", type=int, help="how many rounds, in place of a time")
    parser.add_argument("--seed", type=int, default=0, help="the number of the first round (0)")
    asked = parser.parse_args()
    logging.getLogger("anyhub.server").setLevel(logging.CRITICAL)  # it would tell of every cut
    return 0 if sweep(asked.seconds, asked.rounds, asked.seed) else 1


if __name__ == "__main__":
    sys.exit(main())
