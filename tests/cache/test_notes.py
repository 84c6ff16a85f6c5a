from __future__ import annotations

import sys
from pathlib import Path

import pytest

from anyhub.cache import notes
from anyhub.errors import StorageError


def test_a_note_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert notes.read(tmp_path / "refs/main") is None
    notes.write(tmp_path / "refs/main", "ä\n", tmp_path)
    assert notes.read(tmp_path / "refs/main") == "ä\n"


def test_a_name_that_was_a_file_may_become_a_folder_and_back(tmp_path: Path) -> None:
    notes.write(tmp_path / "refs/a", "1", tmp_path)
    notes.write(tmp_path / "refs/a/b/c", "2", tmp_path)
    assert (notes.read(tmp_path / "refs/a"), notes.read(tmp_path / "refs/a/b/c")) == (None, "2")
    notes.write(tmp_path / "refs/a", "3", tmp_path)
    assert (notes.read(tmp_path / "refs/a"), notes.read(tmp_path / "refs/a/b/c")) == ("3", None)


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege there")
@pytest.mark.parametrize("root", ["file", "file/cache", "link", "link/cache"])
def test_what_is_not_the_caches_is_never_removed(tmp_path: Path, root: str) -> None:
    (tmp_path / "file").write_text("precious")
    (tmp_path / "link").symlink_to("file")
    with pytest.raises(StorageError, match=f"{root.split('/')[0]} is a file, not a folder"):
        notes.write(tmp_path / root / "refs/main", "1", tmp_path / root)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "precious"
