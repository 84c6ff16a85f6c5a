"""What a push to an embedded hub costs."""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks.options import Options
from benchmarks.tables import ratios, spread, table
from benchmarks.turns import in_fresh_process, take_turns


def bench_push(work: Path, options: Options) -> None:
    """Compare an embedded push with the floor: writing, syncing and hashing the bytes."""
    gibibytes = 0.125 if options.quick else 1.0
    hub, folder = work / "hub", work / "floor"
    folder.mkdir()
    count = iter(range(1000))

    def ours() -> dict[str, float]:
        figures = in_fresh_process(
            "pushing.push", hub=str(hub), repo=f"bench/m{next(count)}", folder=str(folder), gibibytes=gibibytes
        )
        shutil.rmtree(hub)
        return figures

    def stock() -> dict[str, float]:
        figures = in_fresh_process("pushing.push_stock_way", folder=str(folder), gibibytes=gibibytes)
        shutil.rmtree(folder)
        folder.mkdir()
        return figures

    gathered = take_turns(options.turns, {"ours": ours, "stock": stock})
    figures = gathered["ours"]
    floors = [max(pair) for pair in zip(figures["write and fsync"], figures["sha256"], strict=True)]
    both = figures["both at once"]
    rows = [[name, spread(values), ""] for name, values in figures.items()]
    rows.append(["stock: save, then hash", spread(gathered["stock"]["save, then hash"]), ""])
    rows.append(["**push / the larger of the two**", ratios(figures["push"], floors), "≤ 1.2"])
    rows.append(["**push / both at once**", ratios(figures["push"], both), "≤ 1.2"])
    table(f"Pushing {gibibytes:g} GiB to an embedded hub", ["", "median [range]", "goal"], rows)
