"""Faults are made by ``strace``, which is a tool of Linux; elsewhere not even the children can be imported."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))

if TYPE_CHECKING:
    from zygote import Zygote

collect_ignore_glob = [] if sys.platform == "linux" else ["*"]


@pytest.fixture(scope="session")
def model_zygote() -> Iterator[Zygote]:
    """A process that forks to save models."""
    from model_sweep import MODULE
    from zygote import Zygote

    with Zygote(MODULE) as zygote:
        yield zygote
