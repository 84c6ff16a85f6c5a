"""The hub in a directory and the hub in memory take the same exam."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from anyhub.hub.interface import Hub
from anyhub.hub.local import LocalHub
from anyhub.hub.memory import MemoryHub
from anyhub.testing import HubSuite


class TestLocalHub(HubSuite):
    @pytest.fixture
    def hub(self, tmp_path: Path) -> Iterator[Hub]:
        hub = LocalHub(tmp_path / "hub")
        yield hub
        hub.close()


class TestMemoryHub(HubSuite):
    @pytest.fixture
    def hub(self) -> Hub:
        return MemoryHub()
