from __future__ import annotations

from pathlib import Path

from anyhub.cache import entries
from anyhub.values import Entry

SMALL = Entry("a b/config.json", "1" * 40, 17)
LARGE = Entry("model.safetensors", "2" * 40, 4096, "3" * 64, pointer_size=132)


def test_a_complete_list_is_read_as_it_was_written(tmp_path: Path) -> None:
    entries.write_all(tmp_path / "record", [SMALL, LARGE], tmp_path)
    assert entries.read_all(tmp_path / "record") == [SMALL, LARGE]


def test_a_list_of_some_files_is_not_taken_for_all(tmp_path: Path) -> None:
    entries.add_one(tmp_path / "record", SMALL, tmp_path)
    entries.add_one(tmp_path / "record", LARGE, tmp_path)
    entries.add_one(tmp_path / "record", SMALL, tmp_path)
    assert entries.read_all(tmp_path / "record") is None
    assert entries.read_one(tmp_path / "record", LARGE.path) == LARGE
    assert (tmp_path / "record").read_text().count(SMALL.path) == 1


def test_a_file_is_not_taken_for_one_whose_name_ends_alike(tmp_path: Path) -> None:
    entries.write_all(tmp_path / "record", [Entry("a config.json", "1" * 40, 1)], tmp_path)
    assert entries.read_one(tmp_path / "record", "config.json") is None


def test_adding_to_a_complete_list_leaves_it_complete(tmp_path: Path) -> None:
    entries.write_all(tmp_path / "record", [SMALL], tmp_path)
    entries.add_one(tmp_path / "record", SMALL, tmp_path)
    assert entries.read_all(tmp_path / "record") == [SMALL]


def test_a_commit_without_files_is_known_to_have_none(tmp_path: Path) -> None:
    assert entries.read_all(tmp_path / "record") is None
    entries.write_all(tmp_path / "record", [], tmp_path)
    assert entries.read_all(tmp_path / "record") == []


def test_a_damaged_list_is_none(tmp_path: Path) -> None:
    for damage in (b"complete\nnot a line", b"complete\n1 - x 0 a", b"\xff\xfe", b"complete\n"):
        (tmp_path / "record").write_bytes(damage)
        assert entries.read_all(tmp_path / "record") is None
        assert entries.read_one(tmp_path / "record", "a") is None
