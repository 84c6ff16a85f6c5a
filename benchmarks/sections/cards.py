"""What reading the cards of many repositories costs."""

from __future__ import annotations

import functools
from pathlib import Path

from benchmarks.options import Options
from benchmarks.tables import ratios, spread, table
from benchmarks.turns import in_fresh_process, take_turns

COUNT = 5_000


def bench_cards(_work: Path, options: Options) -> None:
    """Compare parsing cards, and writing them with one key changed."""
    libraries = ("anyhub", "huggingface_hub")
    gathered = take_turns(
        options.turns,
        {name: functools.partial(in_fresh_process, "cards.parse", library=name, count=COUNT) for name in libraries},
    )
    rows = [
        [name, *(cell for key, values in figures.items() for cell in (spread(values), ratios(stock[key], values)))]
        for stock in [gathered["huggingface_hub"]]
        for name, figures in gathered.items()
    ]
    table(f"{COUNT:,} model cards; goal: no slower", ["", "parsed", "faster", "a key set, written", "faster"], rows)
