"""The server that unmodified clients are tried against, and the environments in which those clients run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from anyhub.server.embedded import RunningHub
from anyhub.testing.server import running_hub

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests/faults"))  # for its proxy
PART_BYTES = 5 * 2**20  # so that files of some megabytes come in several parts


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A running hub for all clients."""
    with running_hub(tmp_path_factory.mktemp("clients") / "hub", part_bytes=PART_BYTES) as hub:
        yield hub


@pytest.fixture(scope="session")
def run_client(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a script by the Python of a client's own environment, with a home of its own."""

    def run(version: str, script: Path | str, endpoint: str, **variables: str) -> subprocess.CompletedProcess[str]:
        python = ROOT / ".venv-clients" / version / "bin/python"
        if not python.exists():
            pytest.skip("`make clients` installs the clients")
        home = tmp_path_factory.mktemp("home")
        environment = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ} | {
            "HOME": str(home),
            "HF_HOME": str(home / "hf"),
            "HF_ENDPOINT": endpoint,
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            **variables,
        }
        command = [python, script] if isinstance(script, Path) else [python, "-c", script]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=280, check=False)

    return run
