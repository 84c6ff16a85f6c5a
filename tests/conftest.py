"""Every test has a home of its own: no test sees the user's hub, cache or name."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    home: Path = tmp_path_factory.mktemp("anyhub-home")
    for name in ("ANYHUB_ENDPOINT", "HF_ENDPOINT", "ANYHUB_CACHE", "HF_HOME", "HF_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ANYHUB_HOME", str(home))
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "username")


@pytest.fixture
def run_without_rights() -> Callable[..., str]:
    """Run a Python script as one whom the modes of files bind, and return what it printed; root gives up its rights."""
    if sys.platform != "linux":
        pytest.skip("root gives up its rights by a command of Linux")

    def run(script: str, *arguments: str) -> str:
        lesser = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
        command = [*lesser, sys.executable, "-c", script, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.stderr == ""
        return done.stdout

    return run
