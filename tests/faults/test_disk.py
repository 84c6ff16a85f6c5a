"""The model of a disk: what it may forget, and what it may not."""

from __future__ import annotations

from disk import Disk, File, Folder, Tree


def _left(disk: Disk) -> list[Tree]:
    return [*disk.losses()]


def _written(disk: Disk, path: str, data: bytes) -> File:
    file = File()
    disk.put(path, file)
    file.data = data
    return file


def test_what_a_disk_held_stays() -> None:
    assert _left(Disk({"a": b"1", "b": None, "b/c": b"2"})) == [{"a": b"1", "b": None, "b/c": b"2"}]


def test_a_new_file_may_be_missing_empty_zeros_or_whole() -> None:
    disk = Disk()
    _written(disk, "a", b"1")
    assert sorted(map(str, _left(disk))) == sorted(map(str, [{}, {"a": b""}, {"a": b"\0"}, {"a": b"1"}]))


def test_a_synced_file_may_be_missing_but_not_damaged() -> None:
    disk = Disk()
    disk.sync(_written(disk, "a", b"1"))
    assert sorted(map(str, _left(disk))) == ["{'a': b'1'}", "{}"]


def test_a_synced_file_in_a_synced_folder_is_there() -> None:
    disk = Disk()
    disk.sync(_written(disk, "a", b"1"))
    disk.sync(disk.find("."))
    assert _left(disk) == [{"a": b"1"}]


def test_a_file_in_a_synced_folder_is_gone_with_the_folder() -> None:
    disk = Disk()
    folder = Folder()
    disk.put("f", folder)
    disk.sync(_written(disk, "f/a", b"1"))
    disk.sync(folder)
    assert sorted(map(str, _left(disk))) == sorted(map(str, [{}, {"f": None, "f/a": b"1"}]))


def test_a_rename_may_be_kept_where_the_bytes_are_lost() -> None:
    disk = Disk({"a": b"old"})
    _written(disk, "b", b"new")
    disk.rename("b", "a")
    assert {"a": b""} in _left(disk)
    assert {"a": b"\0\0\0"} in _left(disk)


def test_a_rename_of_synced_bytes_leaves_the_old_or_the_new() -> None:
    disk = Disk({"a": b"old"})
    disk.sync(_written(disk, "b", b"new"))
    disk.rename("b", "a")
    assert {tree["a"] for tree in _left(disk)} == {b"old", b"new"}


def test_files_that_are_not_synced_are_lost_each_on_its_own() -> None:
    disk = Disk()
    for name in "ab":
        _written(disk, name, b"1")
    disk.sync(disk.find("."))
    assert {"a": b"", "b": b"1"} in _left(disk)
    assert {"a": b"1", "b": b""} in _left(disk)


def test_renames_are_kept_in_any_order_until_the_folder_is_synced() -> None:
    disk = Disk({"a": b"a", "b": b"b"})
    disk.rename("a", "c")
    disk.rename("b", "d")
    assert {"a": b"a", "d": b"b"} in _left(disk)
    disk.sync(disk.find("."))
    assert _left(disk) == [{"c": b"a", "d": b"b"}]


def test_an_exchange_is_kept_or_lost_as_a_whole() -> None:
    disk = Disk({"a": None, "a/x": b"a", "b": None, "b/x": b"b"})
    disk.exchange("a", "b")
    assert {(tree["a/x"], tree["b/x"]) for tree in _left(disk)} == {(b"a", b"b"), (b"b", b"a")}


def test_a_removal_may_be_lost_until_the_folder_is_synced() -> None:
    disk = Disk({"a": b"1"})
    disk.remove("a")
    assert sorted(map(str, _left(disk))) == ["{'a': b'1'}", "{}"]
    disk.sync(disk.find("."))
    assert _left(disk) == [{}]


def test_a_change_that_is_sure_brings_the_earlier_ones_of_the_same_names() -> None:
    disk = Disk({"f": None, "g": None})
    disk.sync(_written(disk, "f/a", b"1"))
    disk.rename("f/a", "g/a")
    disk.sync(disk.find("g"))
    assert _left(disk) == [{"f": None, "g": None, "g/a": b"1"}]


def test_programs_see_all_that_was_done() -> None:
    disk = Disk({"a": b"1"})
    _written(disk, "b", b"2")
    disk.remove("a")
    assert disk.now() == {"b": b"2"}
