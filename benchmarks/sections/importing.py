"""What importing the mixin costs."""

from __future__ import annotations

import functools
from pathlib import Path

from benchmarks.options import Options
from benchmarks.tables import number, spread, table
from benchmarks.turns import middle, take_turns, whole_process


def bench_imports(_work: Path, options: Options) -> None:
    """Compare what the mixin's import costs above an empty interpreter."""
    statements = {
        "nothing": "pass",
        "anyhub": "from anyhub import PyTorchModelHubMixin",
        "huggingface_hub": "from huggingface_hub import PyTorchModelHubMixin",
    }
    gathered = take_turns(
        options.turns * 3,
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
