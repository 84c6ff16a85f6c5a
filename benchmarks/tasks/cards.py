"""Reading cards, and writing them with one key changed."""

from __future__ import annotations

import logging
from typing import Any

from benchmarks.corpus import cards
from benchmarks.tasks.measuring import timed


def parse(library: str, count: int) -> dict[str, float]:
    """Parse all cards, as they come; then set a key of each and write it."""
    if library == "anyhub":
        from anyhub import ModelCard
    else:
        from huggingface_hub import ModelCard

    logging.disable(logging.WARNING)
    contents = [*cards(count)]
    ModelCard(contents[0])  # the modules are loaded
    parsed: list[Any] = []
    return {
        "parse": timed(lambda: parsed.extend(map(ModelCard, contents))),
        "set a key and write": timed(lambda: [_changed(card) for card in parsed]),
    }


def _changed(card: Any) -> str:
    card.data["license"] = "bsd-3-clause"
    return str(card)
