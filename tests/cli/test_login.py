"""Logging in, out, and choosing a hub, with a server that really runs."""

from __future__ import annotations

import io
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from anyhub.hub.opening import home
from anyhub.server.embedded import RunningHub

Run = Callable[..., Any]


def test_a_token_is_read_from_a_pipe_kept_and_forgotten(
    told: Run, served: RunningHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(served.create_user("grace") + "\n"))
    assert told("login", served.endpoint, "--json") == {"endpoint": served.endpoint, "name": "grace"}
    assert stat.S_IMODE((home() / "credentials.json").stat().st_mode) == 0o600
    assert told("use", served.endpoint) == f"{served.endpoint}\n"
    assert told("whoami") == "grace\n"
    assert "Logged out" in told("logout")
    told("whoami", code=5)
    assert told("logout") == "There was no token to forget.\n"


def test_a_token_that_opens_nothing_is_not_kept(told: Run, served: RunningHub) -> None:
    told("login", served.endpoint, "--token", "ahf_wrong", code=5)
    assert not (home() / "credentials.json").exists()


def test_a_folder_asks_for_no_login(told: Run) -> None:
    assert "asks for no token" in told("login", code=2)


def test_a_hub_is_chosen_and_given_up(told: Run, served: RunningHub) -> None:
    usual = told("use", "--json")
    assert told("use", served.endpoint, "--json") == {"endpoint": served.endpoint} == told("use", "--json")
    assert told("use", "--default", "--json") == usual
    told("use", served.endpoint, "--default", code=2)


def test_a_login_by_device_is_approved_by_somebody_elsewhere(served: RunningHub) -> None:
    grace = served.create_user("grace")
    words = [sys.executable, "-m", "anyhub.cli.main", "login", served.endpoint, "--device"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        found = re.search(r"the code (\S+)", process.stderr.readline())
        assert found is not None
        connection = HTTPConnection(urlsplit(served.endpoint).netloc, timeout=20)
        form = urlencode({"user_code": found[1], "action": "approve"})
        headers = {"Authorization": f"Bearer {grace}", "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/device", form, headers)
        assert connection.getresponse().status == 200
        connection.close()
        out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    assert out == f"Logged in to {served.endpoint} as grace.\n"
