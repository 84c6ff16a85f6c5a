"""Whatever a request says that fits the description of the API, and much that does not, the server does not fail.

``make fuzz`` tries more: the number of examples for each operation is in ``ANYHUB_FUZZ_EXAMPLES``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from anyhub.server.embedded import RunningHub
from anyhub.server.openapi import description
from anyhub.testing.server import running_hub
from anyhub.values import AddFile, RepoId

schemathesis = pytest.importorskip("schemathesis")

IS_SLICE = "ANYHUB_FUZZ_EXAMPLES" not in os.environ
EXAMPLES = int(os.environ.get("ANYHUB_FUZZ_EXAMPLES", "2"))
GIT = ("upload", "receive")
ALLOWED = (501,)
"""Of what stands for an error of the server: what it does not have."""


@pytest.fixture(scope="module")
def running() -> Iterator[RunningHub]:
    with running_hub() as running:
        yield running


described = schemathesis.openapi.from_dict(description("http://127.0.0.1"))
if IS_SLICE:
    described = described.exclude(tag="unbuilt").exclude(path_regex="^/(datasets|spaces)/")


RAW = (
    "application/x-ndjson",
    "application/offset+octet-stream",
    *(f"application/x-git-{each}-pack-request" for each in GIT),
)


@schemathesis.serializer(*RAW)
def raw(context: Any, value: Any) -> bytes:
    """Send what was made up as it is."""
    return value.data if hasattr(value, "data") else str(value).encode()


def ensure_repositories(running: RunningHub) -> None:
    """Let there be something to find, whatever was deleted before."""
    for kind in ("model", "dataset", "space"):
        repo = RepoId("fuzzed", "net", kind)
        if running.hub.find_repo(repo) is None:
            running.hub.create(repo)
            running.hub.commit(repo, [AddFile("README.md", b"# Card"), AddFile("a/b.bin", bytes(2000))], message="one")


@described.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=IS_SLICE,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_request_makes_the_server_fail(case: Any, running: RunningHub) -> None:
    ensure_repositories(running)
    known = {"namespace": "fuzzed", "name": "net", "revision": "main", "rev": "main", "number": "1"}
    for name in known.keys() & (case.path_parameters or {}).keys():
        case.path_parameters[name] = known[name]
    response = case.call(
        base_url=running.endpoint, headers={"Authorization": f"Bearer {running.admin_token}"}, timeout=30
    )
    assert response.status_code < 500 or response.status_code in ALLOWED, response.content[:1000]
