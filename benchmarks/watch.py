"""Watches the private memory of a process: ``python -m benchmarks.watch PID`` prints its peak when told to end.

It is a process of its own, because a library that is busy in compiled code lets no thread of Python run beside it.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

PAGE = 4096
MIB = 1 << 20
_INTERVAL = 0.001


def private_mebibytes(pid: int | str = "self") -> float:
    """Return the memory that belongs to a process alone and to no file."""
    _, resident, of_files, *_ = map(int, Path(f"/proc/{pid}/statm").read_text().split())
    return (resident - of_files) * PAGE / MIB


def growth(work: Callable[[], object]) -> float:
    """Return by how many MiB the private memory of this process is larger at the peak of some work than before it."""
    line = [sys.executable, "-m", "benchmarks.watch", str(os.getpid())]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as watcher:
        assert watcher.stdin
        assert watcher.stdout
        before = float(watcher.stdout.readline())
        work()
        watcher.stdin.close()
        return max(0.0, float(watcher.stdout.readline()) - before)


def _watch(pid: str) -> None:
    peak = private_mebibytes(pid)
    print(peak, flush=True)
    while not select.select([sys.stdin], [], [], _INTERVAL)[0]:
        peak = max(peak, private_mebibytes(pid))
    print(max(peak, private_mebibytes(pid)), flush=True)


if __name__ == "__main__":
    _watch(sys.argv[1])
