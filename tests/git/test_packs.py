"""Packs: what was added can be read, by us and by git."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from anyhub.git.objects import FILE_MODE, GitObject, Node, tree_object
from anyhub.git.packs import DirectoryPackStore, MemoryPackStore, PackStore

BLOBS = [GitObject.of("blob", b"%d." % number * (number % 50 + 1)) for number in range(300)]


@pytest.fixture(params=[DirectoryPackStore, lambda folder: MemoryPackStore()], ids=["folder", "memory"])
def packs(request: pytest.FixtureRequest, tmp_path: Path) -> PackStore:
    make: Callable[[Path], PackStore] = request.param
    return make(tmp_path)


def test_every_object_of_a_pack_can_be_read(packs: PackStore) -> None:
    info = packs.add("one", BLOBS)
    assert info.objects == len(BLOBS)
    for blob in BLOBS:
        assert packs.read("one", info.name, blob.oid) == blob
    assert {each.oid: each for each in packs.objects("one", info.name)} == {each.oid: each for each in BLOBS}


def test_an_object_of_another_pack_is_not_found(packs: PackStore) -> None:
    info = packs.add("one", BLOBS[:2])
    assert packs.read("one", info.name, BLOBS[2].oid) is None


def test_the_same_objects_make_the_same_pack_once(packs: PackStore) -> None:
    assert packs.add("one", BLOBS) == packs.add("one", BLOBS)


def test_an_object_given_twice_is_kept_once(packs: PackStore) -> None:
    info = packs.add("one", [BLOBS[1], BLOBS[2], BLOBS[1]])
    assert len(list(packs.objects("one", info.name))) == 2


def test_a_removed_pack_is_a_missing_file(packs: PackStore) -> None:
    info = packs.add("one", BLOBS)
    packs.read("one", info.name, BLOBS[0].oid)
    packs.remove("one", info.name)
    packs.remove("one", info.name)
    with pytest.raises(FileNotFoundError):
        packs.read("one", info.name, BLOBS[0].oid)


def test_repositories_do_not_see_each_others_packs(packs: PackStore) -> None:
    info = packs.add("one", BLOBS)
    with pytest.raises(FileNotFoundError):
        packs.read("two", info.name, BLOBS[0].oid)
    packs.remove_repo("one")
    with pytest.raises(FileNotFoundError):
        packs.read("one", info.name, BLOBS[0].oid)


def test_git_verifies_a_pack(tmp_path: Path) -> None:
    tree = tree_object([Node("a", FILE_MODE, BLOBS[3].oid)])
    info = DirectoryPackStore(tmp_path).add("one", [*BLOBS, tree])
    index = tmp_path / "one" / "pack" / f"{info.name}.idx"
    said = subprocess.run(["git", "verify-pack", "-v", index], check=True, capture_output=True, text=True).stdout
    assert f"{tree.oid} tree" in said
    assert said.count(" blob ") == info.objects - 1


def test_published_packs_are_read_only(tmp_path: Path) -> None:
    DirectoryPackStore(tmp_path).add("one", BLOBS)
    published = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(published) == 2
    assert all(path.stat().st_mode & 0o222 == 0 for path in published)
