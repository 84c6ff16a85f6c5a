"""A client of a hub of the test's own, and a repository on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from anyhub.api import HfApi, RepoUrl


@pytest.fixture
def api(tmp_path: Path) -> HfApi:
    return HfApi(endpoint=tmp_path / "hub")


@pytest.fixture
def repo(api: HfApi) -> RepoUrl:
    return api.create_repo("me/x")
