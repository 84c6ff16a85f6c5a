"""What saving a model in a folder costs."""

from __future__ import annotations

import functools
from pathlib import Path

from benchmarks.cases import Case, cases
from benchmarks.options import Options
from benchmarks.tables import ratios, spread, table
from benchmarks.tasks.checkpoints import FLOOR
from benchmarks.turns import Figures, in_fresh_process, take_turns

OURS = ("anyhub", "anyhub save_torch_model")
STOCK_FUNCTION = "huggingface_hub save_torch_model"


def bench_save(work: Path, options: Options) -> None:
    """Compare saving a model with the stock library, which leaves the bytes in memory, and with the disk alone."""
    for case in cases(options):
        stock = case.stock.format("save")
        candidates = dict.fromkeys((*OURS, stock, STOCK_FUNCTION, FLOOR))
        gathered = take_turns(
            options.turns, {name: functools.partial(_save, name, case, work, watched=False) for name in candidates}
        )
        watched = take_turns(
            min(options.turns, 3),
            {name: functools.partial(_save, name, case, work, watched=True) for name in candidates if name != FLOOR},
        )
        _print(case, stock, gathered, watched)


def _save(candidate: str, case: Case, work: Path, *, watched: bool) -> dict[str, float]:
    return in_fresh_process(
        "checkpoints.save",
        candidate=candidate,
        work=str(work),
        gibibytes=case.gibibytes,
        dtype=case.dtype,
        shard=case.shard,
        watched=watched,
    )


def _print(case: Case, stock: str, gathered: dict[str, Figures], watched: dict[str, Figures]) -> None:
    rows = []
    for name, figures in gathered.items():
        row = [name, "yes" if name in (*OURS, FLOOR) else "no"]
        for figure in ("returned", "on the disk"):
            row += [spread(figures[figure]), ratios(gathered[_rival(name, stock)][figure], figures[figure])]
        rows.append([*row, spread(watched[name]["private"], "MiB") if name in watched else ""])
    table(
        f"Saving {case}; goal: on the disk no later, and no more memory",
        ["", "waits for the disk", "returned", "faster", "on the disk", "faster", "peak private memory"],
        rows,
    )


def _rival(name: str, stock: str) -> str:
    return STOCK_FUNCTION if name.endswith("save_torch_model") else stock
