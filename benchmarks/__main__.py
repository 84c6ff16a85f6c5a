"""Measures everything and prints one table each: ``python -m benchmarks [SECTION …] [--turns N] [--quick]``."""

from __future__ import annotations

import argparse
import functools
import importlib.metadata
import os
import platform
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.turns import (
    Figures,
    drop_from_page_cache,
    in_fresh_process,
    middle,
    number,
    spread,
    take_turns,
    whole_process,
)


def table(title: str, head: list[str], rows: list[list[str]]) -> None:
    """Print a table in Markdown."""
    print(f"\n### {title}\n")
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, ["-" * width for width in widths], *rows]:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |")


def bench_imports(_work: Path, turns: int, _quick: bool) -> None:
    """Compare what the mixin's import costs above an empty interpreter."""
    statements = {
        "nothing": "pass",
        "anyhub": "from anyhub import PyTorchModelHubMixin",
        "huggingface_hub": "from huggingface_hub import PyTorchModelHubMixin",
    }
    gathered = take_turns(
        turns * 3,
        {name: functools.partial(whole_process, text) for name, text in statements.items()},
    )
    seconds = {name: figures["seconds"] for name, figures in gathered.items()}
    ours, stock = (middle(seconds[name]) - middle(seconds["nothing"]) for name in ("anyhub", "huggingface_hub"))
    table(
        "Importing `PyTorchModelHubMixin`, the whole process",
        ["", "time", "above an empty interpreter", "of the stock one"],
        [
            [name, spread([s * 1000 for s in seconds[name]], "ms"), f"{number(above * 1000)} ms", ratio]
            for name, above, ratio in [
                ("nothing", 0.0, ""),
                ("anyhub", ours, f"1/{stock / ours:.1f}"),
                ("huggingface_hub", stock, "1"),
            ]
        ],
    )


def bench_push(work: Path, turns: int, quick: bool) -> None:
    """Compare an embedded push with the floor: writing, syncing and hashing the bytes."""
    gibibytes = 0.125 if quick else 1.0
    hub, folder = work / "hub", work / "floor"
    folder.mkdir()
    count = iter(range(1000))

    def ours() -> dict[str, float]:
        figures = in_fresh_process(
            "push", hub=str(hub), repo=f"bench/m{next(count)}", folder=str(folder), gibibytes=gibibytes
        )
        shutil.rmtree(hub)
        return figures

    def stock() -> dict[str, float]:
        figures = in_fresh_process("push_stock_way", folder=str(folder), gibibytes=gibibytes)
        shutil.rmtree(folder)
        folder.mkdir()
        return figures

    gathered = take_turns(turns, {"ours": ours, "stock": stock})
    figures = gathered["ours"]
    floors = [max(pair) for pair in zip(figures["write and fsync"], figures["sha256"], strict=True)]
    both = figures["both at once"]
    rows = [[name, spread(values), ""] for name, values in figures.items()]
    rows.append(["stock: save, then hash", spread(gathered["stock"]["save, then hash"]), ""])
    rows.append(["**push / the larger of the two**", _ratios(figures["push"], floors), "≤ 1.2"])
    rows.append(["**push / both at once**", _ratios(figures["push"], both), "≤ 1.2"])
    table(f"Pushing {gibibytes:g} GiB to an embedded hub", ["", "median [range]", "goal"], rows)


def bench_load(work: Path, turns: int, quick: bool) -> None:
    """Compare loading by name from the cache with the stock mixin loading a local folder."""
    for gibibytes, dtype in [(0.125, "float32")] if quick else [(1.0, "float32"), (4.0, "bfloat16")]:
        _bench_load(work / dtype, turns, gibibytes, dtype)


def _bench_load(work: Path, turns: int, gibibytes: float, dtype: str) -> None:
    hub, folder, repo = work / "hub", work / "folder", "bench/model"
    in_fresh_process("make_model", hub=str(hub), repo=repo, folder=str(folder), gibibytes=gibibytes, dtype=dtype)
    blobs = [path for path in (hub / "blobs").rglob("*") if path.is_file()]

    def cold(files: list[Path], run: Callable[[], dict[str, float]]) -> Callable[[], dict[str, float]]:
        def after_dropping() -> dict[str, float]:
            for path in files:
                drop_from_page_cache(path)
            return run()

        return after_dropping

    def ours(mode: str = "map") -> dict[str, float]:
        return in_fresh_process("load_anyhub", repo=repo, hub=str(hub), load_mode=mode)

    def stock() -> dict[str, float]:
        return in_fresh_process("load_stock", folder=str(folder))

    ours(), stock()  # the cache is filled, and the pages are in memory
    warm = take_turns(turns, {"anyhub": ours, "anyhub, load_mode='copy'": lambda: ours("copy"), "stock": stock})
    weights = [folder / "model.safetensors"]
    chilled = take_turns(turns, {"anyhub": cold(blobs, ours), "stock": cold(weights, stock)})
    what = f"{gibibytes:g} GiB of {dtype}"
    _load_table(f"Loading {what}, pages in memory, all libraries loaded", warm, "")
    _load_table(f"Loading {what}, pages in memory, the first load of a process", warm, "first ")
    _load_table(f"Loading {what}, pages on the disk, the first load of a process", chilled, "first ")
    shutil.rmtree(work)


def _load_table(title: str, gathered: dict[str, Figures], turn: str) -> None:
    rows = []
    for name, figures in gathered.items():
        row = [name]
        for figure in (f"{turn}usable", f"{turn}touched"):
            faster = middle(gathered["stock"][figure]) / middle(figures[figure])
            row += [spread(figures[figure]), f"{number(faster)}×"]
        rows.append([*row, spread(figures["private"], "MiB")])
    table(title, ["", "usable", "faster", "every page touched", "faster", "private memory"], rows)


def bench_repository(work: Path, turns: int, _quick: bool) -> None:
    """Measure commits and listings on a repository of 50,000 files."""
    gathered = take_turns(turns, {"anyhub": lambda: in_fresh_process("repository", hub=str(work / "files"))})
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


def _ratios(ours: list[float], theirs: list[float]) -> str:
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    return spread(ratios, "×")


SECTIONS = {
    "imports": bench_imports,
    "push": bench_push,
    "load": bench_load,
    "repository": bench_repository,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []], help="what to measure (default: all)")
    parser.add_argument("--turns", type=int, default=5, help="how often each is measured (default: 5)")
    parser.add_argument("--quick", action="store_true", help="use models of 128 MiB")
    parser.add_argument("--work", type=Path, default=None, help="where to put files (default: build/bench)")
    arguments = parser.parse_args()
    versions = [f"{name} {importlib.metadata.version(name)}" for name in ("torch", "safetensors", "huggingface_hub")]
    print(f"Python {platform.python_version()}, {', '.join(versions)}; {os.cpu_count()} cores; {platform.platform()}")
    parent = arguments.work or Path("build/bench")
    parent.mkdir(parents=True, exist_ok=True)
    for name in arguments.sections or SECTIONS:
        with tempfile.TemporaryDirectory(dir=parent.absolute()) as folder:
            os.environ["ANYHUB_HOME"] = f"{folder}/home"
            SECTIONS[name](Path(folder), arguments.turns, arguments.quick)


if __name__ == "__main__":
    main()
