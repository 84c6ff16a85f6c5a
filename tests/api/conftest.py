"""A client of a hub of the test's own, in a folder and on the network, and a repository on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from anyhub.api import HfApi, RepoUrl
from anyhub.testing import running_hub


@pytest.fixture(params=["folder", "network"])
def api(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HfApi]:
    if request.param == "folder":
        yield HfApi(endpoint=tmp_path / "hub")
    else:
        with running_hub(tmp_path / "hub") as running:
            yield HfApi(endpoint=running.endpoint, token=running.admin_token)


@pytest.fixture
def repo(api: HfApi) -> RepoUrl:
    return api.create_repo("me/x")
