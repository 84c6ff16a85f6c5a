"""Downloads are counted at once and written together, and none is lost by a disk that refuses for a while."""

from __future__ import annotations

import time

import pytest

from anyhub.errors import StorageError
from anyhub.hub.memory import MemoryHub
from anyhub.hub.sql.database import Database
from anyhub.values import RepoId

REPO = RepoId("ada", "engine")


@pytest.fixture
def hub() -> MemoryHub:
    hub = MemoryHub()
    hub.create(REPO)
    return hub


def test_many_downloads_are_one_write(hub: MemoryHub, monkeypatch: pytest.MonkeyPatch) -> None:
    writes: list[float] = []
    transaction = Database.transaction
    monkeypatch.setattr(Database, "transaction", lambda self: writes.append(time.monotonic()) or transaction(self))
    for _ in range(500):
        hub.acting_as(hub._user).count_download(REPO)
    assert writes == []
    give_up = time.monotonic() + 10
    while hub.find_repo(REPO).downloads < 500 and time.monotonic() < give_up:  # type: ignore[union-attr]
        time.sleep(0.05)
    assert hub.info(REPO).downloads == 500
    assert len(writes) == 1


def test_the_end_of_a_server_writes_what_was_counted(hub: MemoryHub) -> None:
    hub.count_download(REPO)
    hub.downloads.close()
    assert hub.info(REPO).downloads == 1
    hub.count_download(REPO)
    hub.downloads.close()
    assert hub.info(REPO).downloads == 2


def test_what_could_not_be_written_is_written_later(hub: MemoryHub, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Database) -> None:
        raise StorageError("The database is in use. Try again later.")

    hub.count_download(REPO)
    with monkeypatch.context() as patch:
        patch.setattr(Database, "transaction", refuse)
        with pytest.raises(StorageError):
            hub.downloads.write()
        hub.downloads.close()
    hub.downloads.write()
    assert hub.info(REPO).downloads == 1


def test_a_download_of_what_was_deleted_meanwhile_is_counted_nowhere(hub: MemoryHub) -> None:
    hub.count_download(REPO)
    hub.delete(REPO)
    hub.downloads.write()
    hub.create(REPO)
    assert hub.info(REPO).downloads == 0
