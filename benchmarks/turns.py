"""Taking turns: each task in a fresh process, the candidates interleaved."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Figures = dict[str, list[float]]


def whole_process(statement: str) -> dict[str, float]:
    """Run a statement in a new interpreter and return the seconds from its start to its end."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], env=environment, check=True)
    return {"seconds": time.perf_counter() - start}


def in_fresh_process(task: str, **arguments: Any) -> dict[str, float]:
    """Run a task, such as ``"pushing.push"``, in a new interpreter and return the figures that it prints."""
    environment = {**os.environ, "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_XET": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a package that pip installed is compiled; so is this one then
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.work", task, json.dumps(arguments)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{task} {arguments} failed:\n{done.stderr}")
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def take_turns(turns: int, candidates: Mapping[str, Callable[[], dict[str, float]]]) -> dict[str, Figures]:
    """Run all candidates ``turns`` times, one after the other, and gather their figures."""
    gathered: dict[str, Figures] = {name: {} for name in candidates}
    for turn in range(turns):
        for name, run in candidates.items():
            print(f"  turn {turn + 1} of {turns}: {name}", file=sys.stderr)
            for figure, value in run().items():
                gathered[name].setdefault(figure, []).append(value)
    return gathered


def middle(values: list[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def drop_from_page_cache(path: Path) -> None:
    """Ask the kernel to forget a file's pages, so that the next read comes from the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)
