"""The exam of every blob store."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from anyhub.content.stores import BlobStore
from anyhub.errors import CorruptFileError
from anyhub.values import Digest


class StoreSuite:
    """Tests that a store passes; derive from it and give a fixture ``store`` with an empty store.

    Stage files in ``tmp_path``, so that a store in a directory should lie on its file system.
    """

    def _staged(self, folder: Path, content: bytes, name: str = "staged") -> tuple[Path, Digest]:
        path = folder / name
        path.write_bytes(content)
        return path, Digest(hashlib.sha256(content).hexdigest(), len(content))

    def test_an_adopted_file_is_a_blob_with_the_same_bytes(self, store: BlobStore, tmp_path: Path) -> None:
        staged, digest = self._staged(tmp_path, b"weights")
        assert store.adopt(staged, digest) is True
        with store.open(digest.sha256) as stream:
            assert stream.read() == b"weights"
        assert store.size(digest.sha256) == 7

    def test_adopting_takes_the_staged_file_away(self, store: BlobStore, tmp_path: Path) -> None:
        staged, digest = self._staged(tmp_path, b"weights")
        store.adopt(staged, digest)
        assert not staged.exists()

    def test_the_same_bytes_are_kept_once(self, store: BlobStore, tmp_path: Path) -> None:
        for expected in (True, False):
            staged, digest = self._staged(tmp_path, b"weights")
            assert store.adopt(staged, digest) is expected
            assert not staged.exists()
        assert list(store) == [digest.sha256]

    def test_a_file_of_another_size_than_hashed_is_refused_and_stays(self, store: BlobStore, tmp_path: Path) -> None:
        staged, digest = self._staged(tmp_path, b"weights")
        staged.write_bytes(b"weights, changed meanwhile")
        with pytest.raises(CorruptFileError, match="changed meanwhile"):
            store.adopt(staged, digest)
        assert staged.exists()
        assert list(store) == []

    def test_a_stream_can_seek(self, store: BlobStore, tmp_path: Path) -> None:
        staged, digest = self._staged(tmp_path, b"0123456789")
        store.adopt(staged, digest)
        with store.open(digest.sha256) as stream:
            stream.seek(7)
            assert stream.read() == b"789"

    def test_the_file_of_a_blob_when_there_is_one_has_its_bytes_and_is_read_only(
        self, store: BlobStore, tmp_path: Path
    ) -> None:
        staged, digest = self._staged(tmp_path, b"weights")
        store.adopt(staged, digest)
        path = store.path(digest.sha256)
        if path is not None:
            assert path.read_bytes() == b"weights"
            assert path.stat().st_mode & 0o222 == 0

    def test_a_missing_blob_is_a_missing_file(self, store: BlobStore) -> None:
        absent = "0" * 64
        assert store.size(absent) is None
        assert store.path(absent) is None
        with pytest.raises(FileNotFoundError):
            store.open(absent)

    def test_a_removed_blob_is_gone_and_removing_it_again_is_no_error(self, store: BlobStore, tmp_path: Path) -> None:
        staged, digest = self._staged(tmp_path, b"weights")
        store.adopt(staged, digest)
        store.remove(digest.sha256)
        store.remove(digest.sha256)
        assert store.size(digest.sha256) is None
        assert list(store) == []

    def test_walking_gives_every_name_once(self, store: BlobStore, tmp_path: Path) -> None:
        digests = []
        for number in range(20):
            staged, digest = self._staged(tmp_path, b"%d" % number)
            store.adopt(staged, digest)
            digests.append(digest.sha256)
        assert sorted(store) == sorted(digests)
