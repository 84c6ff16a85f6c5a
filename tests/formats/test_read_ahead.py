from __future__ import annotations

import os
from pathlib import Path

import pytest

from anyhub.formats.read_ahead import read_ahead

pytestmark = pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="this system takes no such hints")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    calls: list[tuple[int, int]] = []
    advise = os.posix_fadvise

    def note(fd: int, offset: int, length: int, advice: int) -> None:
        calls.append((offset, length))
        advise(fd, offset, length, advice)

    monkeypatch.setattr(os, "posix_fadvise", note)
    return calls


@pytest.mark.skipif(not hasattr(os, "RWF_NOWAIT"), reason="this system does not tell what is in memory")
def test_nothing_is_asked_for_when_the_file_is_in_memory(tmp_path: Path, asked: list[tuple[int, int]]) -> None:
    file = tmp_path / "file"
    file.write_bytes(bytes(5 * 2**20))
    file.read_bytes()
    read_ahead(file)
    assert asked == []


def test_the_whole_file_is_asked_for_when_that_can_not_be_told(
    tmp_path: Path, asked: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "RWF_NOWAIT", raising=False)
    file = tmp_path / "file"
    file.write_bytes(bytes(5 * 2**20))
    read_ahead(file)
    assert asked == [(offset * 2**20, 2 * 2**20) for offset in (0, 2, 4)]


def test_an_empty_file_is_fine(tmp_path: Path, asked: list[tuple[int, int]]) -> None:
    file = tmp_path / "file"
    file.touch()
    read_ahead(file)
    assert asked == []
