"""Editing trees: only what has to be is written, and git makes the same ids."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anyhub.errors import EntryNotFoundError, PathCollisionError
from anyhub.git.objects import FILE_MODE, GitObject, Node
from anyhub.git.trees import EMPTY_TREE, Nodes, edit_tree


class Trees:
    """A store of trees that counts what is read from it."""

    def __init__(self) -> None:
        self.known: dict[str, Nodes] = {}
        self.loaded: list[str] = []

    def load(self, oid: str) -> Nodes:
        self.loaded.append(oid)
        return self.known[oid]

    def edit(self, root: str, edits: dict[str, Node | None]) -> str:
        new_root, new = edit_tree(self.load, root, edits)
        self.known.update({oid: tree.nodes for oid, tree in new.items()})
        return new_root

    def paths(self, root: str, prefix: str = "") -> dict[str, str]:
        found: dict[str, str] = {}
        for node in self.known.get(root, {}).values():
            if node.is_folder:
                found.update(self.paths(node.oid, f"{prefix}{node.name}/"))
            else:
                found[prefix + node.name] = node.oid
        return found


def file(content: bytes) -> Node:
    return Node("", FILE_MODE, GitObject.of("blob", content).oid, len(content))


def test_only_folders_on_the_way_to_an_edit_are_read() -> None:
    trees = Trees()
    root = trees.edit(EMPTY_TREE, {"a/x/1": file(b"1"), "b/2": file(b"2"), "3": file(b"3")})
    trees.loaded.clear()
    trees.edit(root, {"a/x/1": file(b"new")})
    assert len(trees.loaded) == 3


def test_an_edit_and_its_opposite_give_the_first_tree_again() -> None:
    trees = Trees()
    root = trees.edit(EMPTY_TREE, {"a/1": file(b"1")})
    assert trees.edit(trees.edit(root, {"b/c/2": file(b"2")}), {"b/c/2": None}) == root
    assert trees.edit(root, {"a/1": None}) == EMPTY_TREE


def test_a_file_that_is_not_there_can_not_be_removed() -> None:
    trees = Trees()
    root = trees.edit(EMPTY_TREE, {"a/one": file(b"1")})
    for path in ("a/two", "b", "a", "a/one/deeper"):
        with pytest.raises((EntryNotFoundError, PathCollisionError)):
            trees.edit(root, {path: None})


def test_a_collision_that_was_there_before_does_not_stand_in_the_way_of_other_edits() -> None:
    trees = Trees()
    both = {name: file(b"1")._replace(name=name) for name in ("a", "A")}
    trees.known["0" * 40] = both
    root = trees.edit("0" * 40, {"b": file(b"2")})
    assert trees.paths(root).keys() == {"a", "A", "b"}


names = st.sampled_from(["a", "b", "a-b", "a.b", "a0", "é", "z"])
paths = st.lists(names, min_size=1, max_size=3).map("/".join)


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(paths, st.binary(max_size=3), max_size=8))
def test_git_makes_the_same_tree_of_any_set_of_files(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
) -> None:
    files = {path: data for path, data in files.items() if not any(other.startswith(f"{path}/") for other in files)}
    trees = Trees()
    root = trees.edit(EMPTY_TREE, {path: file(data) for path, data in files.items()})
    assert trees.paths(root).keys() == files.keys()
    assert _git_tree(tmp_path_factory.mktemp("git"), files) == root


def _git_tree(folder: Path, files: dict[str, bytes]) -> str:
    def git(*arguments: str, given: bytes = b"") -> str:
        command = ["git", "--git-dir", str(folder), *arguments]
        return subprocess.run(command, input=given, check=True, capture_output=True).stdout.decode().strip()

    git("init", "-q", "--bare")
    lines = b""
    for path, data in files.items():
        oid = git("hash-object", "-w", "--stdin", given=data)
        lines += b"100644 %s\t%s\0" % (oid.encode(), path.encode())
    git("update-index", "-z", "--index-info", given=lines)
    return git("write-tree")
