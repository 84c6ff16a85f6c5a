"""The same repository on a hub in a folder, on one in memory, and on one on the network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cache_hubs import Counting, filled

from anyhub.hub.caller import Caller
from anyhub.hub.local import LocalHub
from anyhub.hub.memory import MemoryHub
from anyhub.hub.opening import open_hub
from anyhub.testing import running_hub


@pytest.fixture(params=["folder", "memory", "network"])
def hub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Counting]:
    if request.param == "network":
        with running_hub(tmp_path / "hub") as running:
            yield filled(open_hub(running.endpoint, Caller(token=running.admin_token)))
    else:
        yield filled(LocalHub(tmp_path / "hub") if request.param == "folder" else MemoryHub())


@pytest.fixture
def folder_hub(tmp_path: Path) -> Counting:
    return filled(LocalHub(tmp_path / "hub"))


@pytest.fixture
def memory_hub() -> Counting:
    return filled(MemoryHub())
