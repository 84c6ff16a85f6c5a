from __future__ import annotations

from pathlib import Path

from anyhub.cache import notes


def test_a_note_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert notes.read(tmp_path / "refs/main") is None
    notes.write(tmp_path / "refs/main", "ä\n")
    assert notes.read(tmp_path / "refs/main") == "ä\n"


def test_a_name_that_was_a_file_may_become_a_folder_and_back(tmp_path: Path) -> None:
    notes.write(tmp_path / "refs/a", "1")
    notes.write(tmp_path / "refs/a/b/c", "2")
    assert (notes.read(tmp_path / "refs/a"), notes.read(tmp_path / "refs/a/b/c")) == (None, "2")
    notes.write(tmp_path / "refs/a", "3")
    assert (notes.read(tmp_path / "refs/a"), notes.read(tmp_path / "refs/a/b/c")) == ("3", None)
