"""What loading a model from a folder costs."""

from __future__ import annotations

import functools
import shutil
from pathlib import Path

from benchmarks.cases import Case, cases
from benchmarks.options import Options
from benchmarks.tables import ratios, spread, table
from benchmarks.tasks.checkpoints import DISK
from benchmarks.turns import Figures, drop_from_page_cache, in_fresh_process, take_turns

OURS = ("anyhub", "anyhub copy", "anyhub load_torch_model")
STOCK_FUNCTION = "huggingface_hub load_torch_model"


def bench_load(work: Path, options: Options) -> None:
    """Compare loading with the stock library, from memory and from the disk, and with reading the files alone."""
    for number, case in enumerate(cases(options)):
        folder = work / str(number)
        in_fresh_process(
            "checkpoints.make", folder=str(folder), gibibytes=case.gibibytes, dtype=case.dtype, shard=case.shard
        )
        _bench_case(case, folder, options.turns)
        shutil.rmtree(folder)


def _bench_case(case: Case, folder: Path, turns: int) -> None:
    stock = case.stock.format("load")
    names = dict.fromkeys((*OURS, stock, STOCK_FUNCTION))
    load = functools.partial(_load, case, folder)
    for name in names:
        load(name)  # the pages are in memory
    warm = take_turns(turns, {name: functools.partial(load, name) for name in names})
    cold = {name: functools.partial(load, name, cold=True) for name in ("anyhub", stock)}
    chilled = take_turns(turns, {**cold, DISK: functools.partial(_read, folder)})
    watched = take_turns(min(turns, 3), {name: functools.partial(load, name, watched=True) for name in names})
    _print(f"Loading {case}, pages in memory; goal: usable 10× faster", warm, stock, "", watched)
    _print(f"Loading {case}, pages in memory, the first load of a process", warm, stock, "first ", watched)
    _print(f"Loading {case}, pages on the disk; goal: touched as soon as read", chilled, stock, "first ", watched)


def _load(case: Case, folder: Path, candidate: str, *, cold: bool = False, watched: bool = False) -> dict[str, float]:
    if cold:
        _drop(folder)
    return in_fresh_process(
        "checkpoints.load",
        candidate=candidate,
        folder=str(folder),
        layers_of=(case.gibibytes, case.dtype),
        watched=watched,
    )


def _read(folder: Path) -> dict[str, float]:
    _drop(folder)
    return in_fresh_process("checkpoints.read", folder=str(folder))


def _drop(folder: Path) -> None:
    for path in folder.iterdir():
        drop_from_page_cache(path)


def _print(title: str, gathered: dict[str, Figures], stock: str, turn: str, watched: dict[str, Figures]) -> None:
    rows = []
    for name, figures in gathered.items():
        row = [name]
        rival = STOCK_FUNCTION if name.endswith("load_torch_model") and STOCK_FUNCTION in gathered else stock
        for figure in (f"{turn}usable", f"{turn}touched"):
            row += [spread(figures[figure]), ratios(gathered[rival][figure], figures[figure])]
        rows.append([*row, spread(watched[name]["peak private"], "MiB") if name in watched else ""])
    table(title, ["", "usable", "faster", "every page touched", "faster", "peak private memory"], rows)
