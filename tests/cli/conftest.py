"""A hub in a folder and the same one served, with a user who is known to both."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from anyhub.cli.main import main
from anyhub.hub.credentials import store
from anyhub.hub.opening import home
from anyhub.server.embedded import RunningHub
from anyhub.testing import running_hub
from anyhub.transfer.origins import Origin


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Run a command that ends with a code, and return what it printed; read as JSON after ``--json``."""

    def run(*words: str | Path, code: int = 0) -> Any:
        capsys.readouterr()
        answer = main([str(word) for word in words])
        out, err = capsys.readouterr()
        assert answer == code, err
        return err if code else json.loads(out) if "--json" in words else out

    return run


@pytest.fixture
def served(tmp_path: Path) -> Iterator[RunningHub]:
    with running_hub(tmp_path / "hub") as running:
        running.create_user("ada")
        yield running


@pytest.fixture(params=["folder", "server"])
def place(request: pytest.FixtureRequest, served: RunningHub, monkeypatch: pytest.MonkeyPatch) -> str:
    """The hub that commands mean: the folder itself, or the server, as its admin."""
    if request.param == "server":
        store(home(), Origin.of(served.endpoint), served.admin_token)
    endpoint = served.endpoint if request.param == "server" else str(served.hub.directory)
    monkeypatch.setenv("ANYHUB_ENDPOINT", endpoint)
    return str(request.param)
