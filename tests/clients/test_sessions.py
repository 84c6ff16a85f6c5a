"""Unmodified clients of other people, each in an environment of its own, against a running server."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from session import STEPS

from anyhub.server.embedded import RunningHub

REQUIREMENTS = Path(__file__).parents[2] / "requirements/clients"
VERSIONS = sorted(path.stem for path in REQUIREMENTS.glob("*.txt"))


@pytest.fixture(scope="module", params=[pytest.param(each, marks=pytest.mark.xdist_group(each)) for each in VERSIONS])
def session(
    request: pytest.FixtureRequest, server: RunningHub, run_client: Callable[..., subprocess.CompletedProcess[str]]
) -> dict[str, str | None]:
    """What a client of one version said of each step: nothing, or how it failed."""
    version: str = request.param
    tag = version.replace(".", "-")
    me, other = f"ada-{tag}", f"grace-{tag}"
    token, others_token = server.create_user(me), server.create_user(other)
    accounts = server.hub.accounts
    if not accounts.organizations():
        accounts.create_organization("lab", admin=me)
    accounts.set_member("lab", me, "admin")
    done = run_client(
        version,
        Path(__file__).with_name("session.py"),
        server.endpoint,
        HF_TOKEN=token,
        OTHER_TOKEN=others_token,
        USER_NAME=me,
        OTHER_NAME=other,
        SESSION_TAG=tag,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert lines, done.stderr
    return {line["step"]: line["error"] for line in lines}


@pytest.mark.parametrize("step", STEPS)
def test_a_stock_client_does_its_work(session: dict[str, str | None], step: str) -> None:
    assert session.get(step, "the session ended before") is None, session.get(step)
