"""What commits to a repository of many files cost, and listing it."""

from __future__ import annotations

from pathlib import Path

from benchmarks.options import Options
from benchmarks.tables import spread, table
from benchmarks.turns import in_fresh_process, take_turns


def bench_repository(work: Path, options: Options) -> None:
    """Measure commits and listings on a repository of 50,000 files."""
    gathered = take_turns(
        options.turns, {"anyhub": lambda: in_fresh_process("repository.repository", hub=str(work / "files"))}
    )
    # Measured with other ways of writing the same objects (milliseconds): pygit2 into one pack, dulwich into one pack.
    others = {
        "1000 files (new)": "pygit2 213 ms, dulwich 111 ms",
        "1 files (one)": "pygit2 3.4 ms, dulwich 12.6 ms",
        "1000 files (more)": "pygit2 235 ms, dulwich 129 ms",
        "list with sizes": "pygit2 240 ms, dulwich 2,800 ms, git ls-tree 50 ms",
    }
    rows = [
        [name, spread([value * 1000 for value in values], "ms"), others.get(name, "")]
        for name, values in gathered["anyhub"].items()
    ]
    table("A repository of 50,000 files, every commit synced to the disk", ["", "anyhub", "figures to compare"], rows)
