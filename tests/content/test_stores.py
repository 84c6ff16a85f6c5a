"""The blob stores take the same exam."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from anyhub.content.directory import DirectoryBlobStore
from anyhub.content.memory import MemoryBlobStore
from anyhub.content.stores import BlobStore
from anyhub.testing import StoreSuite
from anyhub.values import Digest


class TestDirectoryBlobStore(StoreSuite):
    @pytest.fixture
    def store(self, tmp_path: Path) -> BlobStore:
        return DirectoryBlobStore(tmp_path / "blobs")


class TestMemoryBlobStore(StoreSuite):
    @pytest.fixture
    def store(self) -> BlobStore:
        return MemoryBlobStore()


def test_adopting_renames_the_file_and_copies_nothing(tmp_path: Path) -> None:
    store = DirectoryBlobStore(tmp_path / "blobs")
    staged = tmp_path / "staged"
    staged.write_bytes(b"weights")
    inode = staged.stat().st_ino
    digest = Digest(hashlib.sha256(b"weights").hexdigest(), 7)
    store.adopt(staged, digest)
    path = store.path(digest.sha256)
    assert path is not None
    assert path.stat().st_ino == inode
    assert path.relative_to(tmp_path / "blobs").parts == (digest.sha256[:2], digest.sha256[2:4], digest.sha256)


def test_a_blob_cut_short_by_a_broken_disk_is_replaced(tmp_path: Path) -> None:
    store = DirectoryBlobStore(tmp_path / "blobs")
    digest = Digest(hashlib.sha256(b"weights").hexdigest(), 7)
    for _ in range(2):
        staged = tmp_path / "staged"
        staged.write_bytes(b"weights")
        store.adopt(staged, digest)
        path = store.path(digest.sha256)
        assert path is not None
        assert path.read_bytes() == b"weights"
        path.chmod(0o644)
        path.write_bytes(b"wei")
