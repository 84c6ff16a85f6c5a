from __future__ import annotations

import errno
import hashlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cache_hubs import WEIGHTS, Counting, Lying, head

from anyhub import syscalls
from anyhub.cache.fetching import fetch_blob
from anyhub.errors import CorruptFileError, NetworkError
from anyhub.progress import Update
from anyhub.values import AddFile, Digest, Entry, RepoId


def fetch(hub: Counting, path: str, folder: Path) -> list[int]:
    repo = hub.repo_id("me/x")
    pieces: list[int] = []
    fetch_blob(hub, repo, hub.entry(repo, head(hub), path), folder / "blob", folder / "staging", pieces.append)  # type: ignore[arg-type]
    return pieces


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "staging").mkdir()
    return tmp_path


@pytest.mark.parametrize("path", ["config.json", "model.safetensors"])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:-1],
        lambda data: b"",
        lambda data: data + b"\0",
        lambda data: bytes([data[0] ^ 1]) + data[1:],
    ],
    ids=["cut", "empty", "longer", "one bit"],
)
def test_other_bytes_than_promised_are_refused_and_nothing_is_kept(
    memory_hub: Counting, folder: Path, path: str, spoil: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(CorruptFileError, match=f"{path}.*nothing of it was kept"):
        fetch(Lying(memory_hub, spoil), path, folder)
    assert not (folder / "blob").exists()
    assert not list((folder / "staging").iterdir())
    assert not (folder / "blob.incomplete").exists()


def test_what_never_ends_is_cut_off_soon_after_the_promised_size(memory_hub: Counting, folder: Path) -> None:
    class Stream:
        taken = 0

        def __enter__(self) -> Stream:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def read(self, size: int) -> bytes:
            Stream.taken += size
            return b"\0" * size

    class Sending(Lying):
        def open(self, *_: object) -> Any:
            return Stream()

    with pytest.raises(CorruptFileError, match=f"longer than the {len(WEIGHTS)} bytes"):
        fetch(Sending(memory_hub, bytes), "model.safetensors", folder)
    assert Stream.taken < 2**22


def test_progress_is_told_in_bytes(hub: Counting, folder: Path) -> None:
    assert sum(fetch(hub, "model.safetensors", folder)) == len(WEIGHTS)
    assert (folder / "blob").read_bytes() == WEIGHTS


def test_a_hubs_own_file_of_another_size_is_refused(folder_hub: Counting, folder: Path) -> None:
    repo = folder_hub.repo_id("me/x")
    own = folder_hub.local_path(repo, folder_hub.entry(repo, head(folder_hub), "model.safetensors"))
    own.chmod(0o644)
    own.write_bytes(WEIGHTS[:-1])
    with pytest.raises(CorruptFileError, match="16383 bytes long in the hub's own folder"):
        fetch(folder_hub, "model.safetensors", folder)
    assert not (folder / "blob").exists()


@pytest.fixture
def no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no file be linked or cloned, as between two file systems."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    monkeypatch.setattr(syscalls, "clone", lambda *_: False)


@pytest.mark.usefixtures("no_links")
def test_damaged_bytes_of_a_hubs_own_file_are_noticed_when_it_is_copied(folder_hub: Counting, folder: Path) -> None:
    repo = folder_hub.repo_id("me/x")
    own = folder_hub.local_path(repo, folder_hub.entry(repo, head(folder_hub), "model.safetensors"))
    own.chmod(0o644)
    own.write_bytes(WEIGHTS[:-1] + b"?")
    with pytest.raises(CorruptFileError, match=r"digest .* in the hub's own folder .*; nothing of it was kept"):
        fetch(folder_hub, "model.safetensors", folder)
    assert not (folder / "blob").exists()


@pytest.mark.usefixtures("no_links")
def test_a_hubs_own_file_is_copied_read_only_where_it_can_not_be_linked(folder_hub: Counting, folder: Path) -> None:
    fetch(folder_hub, "model.safetensors", folder)
    assert (folder / "blob").read_bytes() == WEIGHTS
    assert not (folder / "blob").stat().st_mode & 0o222
    assert (folder / "blob").stat().st_nlink == 1


LONG = b"\0" + bytes(range(256)) * 8192
"""Long enough for what came of it to be kept."""


class Cutting(Counting):
    """A hub that goes away after a part of a file, as often as it is told to."""

    def __init__(self, hub: Counting, times: int) -> None:
        super().__init__(hub)
        self.times = times
        self.began_at: list[int] = []

    def local_path(self, *_: object) -> None:
        return None

    def fetch(self, repo: RepoId, entry: Entry, partial: Path, update: Update) -> Digest:
        have = partial.read_bytes() if partial.exists() else b""
        self.began_at.append(len(have))
        if self.times:
            self.times -= 1
            partial.write_bytes(LONG[: len(have) + 2**20])
            raise NetworkError("The hub went away.")
        partial.write_bytes(LONG)
        update(len(LONG))
        return Digest(hashlib.sha256(LONG).hexdigest(), len(LONG))


def long_file(hub: Counting, folder: Path) -> tuple[RepoId, Entry, Path]:
    """Commit the long file, and return where it is and where the cache is to keep it."""
    repo = hub.repo_id("me/x")
    hub.commit(repo, [AddFile("long.bin", LONG)], message="long")
    (folder / "blobs").mkdir()
    entry = hub.entry(repo, head(hub), "long.bin")
    return repo, entry, folder / "blobs" / entry.etag


def test_what_came_of_a_long_file_is_gone_on_from_by_the_next_call(memory_hub: Counting, folder: Path) -> None:
    repo, entry, blob = long_file(memory_hub, folder)
    hub: Any = Cutting(memory_hub, times=1)
    with pytest.raises(NetworkError):
        fetch_blob(hub, repo, entry, blob, folder / "staging", lambda _: None)
    assert not blob.exists()
    fetch_blob(hub, repo, entry, blob, folder / "staging", lambda _: None)
    assert hub.began_at == [0, 2**20]
    assert blob.read_bytes() == LONG
    assert [path.name for path in blob.parent.iterdir()] == [entry.etag]
    assert list((folder / ".locks").iterdir()) == []


def test_a_long_file_that_many_calls_want_at_once_is_brought_once(memory_hub: Counting, folder: Path) -> None:
    repo, entry, blob = long_file(memory_hub, folder)
    hub: Any = Cutting(memory_hub, times=0)
    told: list[int] = []
    start = threading.Barrier(4)

    def bring() -> None:
        start.wait()
        fetch_blob(hub, repo, entry, blob, folder / "staging", told.append)

    threads = [threading.Thread(target=bring) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert blob.read_bytes() == LONG
    assert told == [len(LONG)] * 4
    assert hub.began_at == [0]


def test_a_hub_that_brings_another_file_is_refused(memory_hub: Counting, folder: Path) -> None:
    class Other(Counting):
        def local_path(self, *_: object) -> None:
            return None

        def fetch(self, repo: RepoId, entry: Entry, partial: Path, update: Update) -> Digest:
            partial.write_bytes(b"other")
            return Digest(hashlib.sha256(b"other").hexdigest(), 5)

    with pytest.raises(CorruptFileError, match="nothing of it was kept"):
        fetch(Other(memory_hub), "model.safetensors", folder)
    assert not (folder / "blob").exists()
