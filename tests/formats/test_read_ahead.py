from __future__ import annotations

import os
from pathlib import Path

import pytest

from anyhub.formats import read_ahead as module
from anyhub.formats.read_ahead import read_ahead

MIB = 2**20

pytestmark = pytest.mark.skipif(not hasattr(os, "RWF_NOWAIT"), reason="this system does not tell what is in memory")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(os.urandom(9 * MIB))
    return path


def in_memory(path: Path) -> bool:
    """Return whether the first byte of every MiB of a file is in memory."""
    fd = os.open(path, os.O_RDONLY)
    try:
        return all(os.preadv(fd, [bytearray(1)], at, os.RWF_NOWAIT) for at in range(0, path.stat().st_size, MIB))
    except BlockingIOError:
        return False
    except OSError:
        pytest.skip("this file system does not tell what is in memory")
    finally:
        os.close(fd)


def drop(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(fd)
    if in_memory(path):
        pytest.skip("this file system keeps what it is told to forget")


def test_a_file_that_is_on_the_disk_is_in_memory_afterwards(file: Path) -> None:
    drop(file)
    read_ahead(file)
    assert in_memory(file)


def test_a_file_of_which_a_part_is_in_memory_is_read_too(file: Path) -> None:
    drop(file)
    with file.open("rb") as stream:
        stream.read(MIB // 2)
    read_ahead(file)
    assert in_memory(file)


class Pieces(list[int]):
    """The sizes of the buffers that were asked for."""

    def __call__(self, size: int) -> bytearray:
        self.append(size)
        return bytearray(size)


@pytest.fixture
def buffers(monkeypatch: pytest.MonkeyPatch) -> Pieces:
    pieces = Pieces()
    monkeypatch.setattr(module, "bytearray", pieces, raising=False)
    return pieces


def test_a_file_that_is_in_memory_is_not_read_again(file: Path, buffers: Pieces) -> None:
    file.read_bytes()
    assert in_memory(file)
    read_ahead(file)
    assert max(buffers) == 1


def test_nothing_is_read_where_the_system_does_not_tell(
    file: Path, buffers: Pieces, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(file)
    monkeypatch.delattr(os, "RWF_NOWAIT")
    read_ahead(file)
    assert buffers == []


def test_an_empty_file_is_fine(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    read_ahead(tmp_path / "file")
