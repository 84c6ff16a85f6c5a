"""The hub in a directory and the hub in memory take the same exam."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from anyhub.errors import InvalidPathError, RepositoryNotFoundError
from anyhub.hub.interface import Hub
from anyhub.hub.local import LocalHub
from anyhub.hub.making import made_if_missing
from anyhub.hub.memory import MemoryHub
from anyhub.hub.serving import ServedHub
from anyhub.testing import HubSuite, ServedHubSuite
from anyhub.values import AddFile


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


class TestServedLocalHub(ServedHubSuite):
    @pytest.fixture
    def hub(self, tmp_path: Path) -> Iterator[ServedHub]:
        hub = LocalHub(tmp_path / "hub")
        yield hub
        hub.close()


class TestServedMemoryHub(ServedHubSuite):
    @pytest.fixture
    def hub(self) -> ServedHub:
        return MemoryHub()


def test_a_repository_that_was_made_for_a_push_that_fails_is_gone() -> None:
    hub = MemoryHub()
    repo = hub.repo_id("new")
    with pytest.raises(InvalidPathError), made_if_missing(hub, repo) as made:  # noqa: PT012 - the body is the test
        assert made
        hub.commit(repo, [AddFile("../x", b"")], message="bad")
    with pytest.raises(RepositoryNotFoundError):
        hub.info(repo)


def test_a_repository_that_was_there_or_was_pushed_to_stays_when_a_push_fails() -> None:
    hub = MemoryHub()
    repo = hub.repo_id("new")
    for expected in (True, False):
        with pytest.raises(InvalidPathError), made_if_missing(hub, repo) as made:  # noqa: PT012 - the body is the test
            assert made is expected
            hub.commit(repo, [AddFile(f"{expected}.txt", b"")], message="good")
            hub.commit(repo, [AddFile("../x", b"")], message="bad")
    assert len(list(hub.history(repo))) == 3
