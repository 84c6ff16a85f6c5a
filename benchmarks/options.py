"""What the command line asks for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """How much is measured.

    Attributes:
        turns (`int`): How often each candidate is measured.
        quick (`bool`): Whether to use models of 128 MiB.
        gibibytes (`tuple[float, ...]`): The sizes of the models that are saved and loaded.
    """

    turns: int
    quick: bool
    gibibytes: tuple[float, ...]
