"""The fixture that anyhub gives to pytest: a running hub. Importing it costs other people's test runs nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from anyhub.server.embedded import RunningHub


@pytest.fixture
def anyhub_server() -> Iterator[RunningHub]:
    """Run a hub on a loopback port for one test: ``endpoint``, ``admin_token``, ``create_user(name)``, ``hub``."""
    from anyhub.testing.server import running_hub

    with running_hub() as running:
        yield running
