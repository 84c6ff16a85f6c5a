"""Breaks a process at one system call with ``strace``, and counts how each break ended."""

from __future__ import annotations

import argparse
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from mark import MARK

# fault -> what strace does, and to which calls
Faults: TypeAlias = Mapping[str, tuple[str, Sequence[str]]]
Done: TypeAlias = subprocess.CompletedProcess[bytes]
# Takes more options for strace, and runs what is to be traced under it.
Traced: TypeAlias = Callable[[Sequence[str]], Done]

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


def command(line: Sequence[str]) -> Traced:
    """Return what runs a command line from its start to its end."""

    def run(options: Sequence[str]) -> Done:
        return subprocess.run(
            ["strace", "-f", "-qq", *options, *line], check=False, stdin=subprocess.DEVNULL, capture_output=True
        )

    return run


def trace(run: Traced, log: Path, calls: Iterable[str], *options: str) -> tuple[list[str], list[str]]:
    """Return the calls of a run that goes well, as strace writes them: up to the mark, and after it."""
    # "?" before a name: some machines lack the older calls. Descriptors are shown with their paths.
    wanted = ",".join(f"?{call}" for call in ("openat", *calls))
    run(["-y", "-o", str(log), "-e", f"trace={wanted}", *options]).check_returncode()
    lines = [re.sub(r"^\d+ +", "", line) for line in log.read_text().splitlines()]
    begin = next(number for number, line in enumerate(lines) if MARK in line) + 1
    return lines[:begin], lines[begin:]


def points(way: str, run: Traced, log: Path, faults: Faults) -> list[Point]:
    """List every call after the mark of a run that goes well, with each fault that can befall it."""
    before, after = trace(run, log, {call for _, calls in faults.values() for call in calls})
    seen = Counter(_CALL.findall("\n".join(before)))
    found = []
    for line in after:
        if match := _CALL.match(line):
            seen[match[1]] += 1
            found += [
                Point(way, name, match[1], seen[match[1]]) for name, (_, hit) in faults.items() if match[1] in hit
            ]
    return found


def broken(run: Traced, point: Point, faults: Faults) -> Done:
    """Run what meets a point."""
    inject = f"inject={point.call}:{faults[point.fault][0]}:when={point.number}"
    return run(["-o", "/dev/null", "-e", f"trace={point.call}", "-e", inject])


def main(description: str | None, ways: Iterable[str], sweep: Callable[[list[str], int], Iterator[Outcome]]) -> int:
    """Sweep over the ways that the command line names, print a table, and return the exit status."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, metavar="K", help="only every K-th point")
    parser.add_argument("--way", choices=ways, action="append", help="only this one; may be given again")
    arguments = parser.parse_args()
    return 1 if _print_table(sweep(arguments.way or list(ways), arguments.every)) else 0


def _print_table(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Print how many points ended how, and return those that do not hold."""
    table: dict[tuple[str, str], Counter[str]] = {}
    failed = []
    for outcome in outcomes:
        row = table.setdefault((outcome.point.way, outcome.point.fault), Counter())
        row["points"] += 1
        row[outcome.state if outcome.holds else "mixed"] += 1
        failed += [] if outcome.holds else [outcome]
    print(f"{'way':14} {'fault':14} {'points':>7} {'old':>5} {'new':>5} {'mixed':>6}")
    for (way, fault), row in table.items():
        print(f"{way:14} {fault:14} {row['points']:7} {row['old']:5} {row['new']:5} {row['mixed']:6}")
    for outcome in failed:
        print(f"{outcome.point}: {outcome.state}")
    print(f"{sum(row['points'] for row in table.values())} points, {len(failed)} do not hold")
    return failed
