"""The same repository on a hub in a folder and on one in memory."""

from __future__ import annotations

from pathlib import Path

import pytest
from cache_hubs import Counting, filled

from anyhub.hub.local import LocalHub
from anyhub.hub.memory import MemoryHub


@pytest.fixture(params=["folder", "memory"])
def hub(request: pytest.FixtureRequest, tmp_path: Path) -> Counting:
    return filled(LocalHub(tmp_path / "hub") if request.param == "folder" else MemoryHub())


@pytest.fixture
def folder_hub(tmp_path: Path) -> Counting:
    return filled(LocalHub(tmp_path / "hub"))


@pytest.fixture
def memory_hub() -> Counting:
    return filled(MemoryHub())
