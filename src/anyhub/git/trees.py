"""Editing a tree of trees: which trees have to be written so that some paths change and all others stay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from anyhub.errors import EntryNotFoundError, PathCollisionError, did_you_mean
from anyhub.git.objects import FOLDER_MODE, GitObject, Node, tree_object
from anyhub.paths import fold

Nodes = dict[str, Node]
EMPTY_TREE = GitObject.of("tree", b"").oid


@dataclass(slots=True)
class NewTree:
    """A tree that has to be written: its object and its lines by name."""

    object: GitObject
    nodes: Nodes


@dataclass(slots=True)
class _Edits:
    """What changes in one folder: lines to put or (None) to remove, and what changes further down."""

    here: dict[str, Node | None] = field(default_factory=dict)
    below: dict[str, _Edits] = field(default_factory=dict)


def edit_tree(
    load: Callable[[str], Nodes], root: str, edits: Mapping[str, Node | None]
) -> tuple[str, dict[str, NewTree]]:
    """Return the id of the root tree after the edits, and every tree that is new on the way to it.

    Args:
        load: Gives the lines of a tree by its id. Called only for folders with an edit at or below them.
        root (`str`): The id of the tree to start from.
        edits: For each path the line that it becomes (its name is taken from the path), or None to remove the file.

    Raises:
        EntryNotFoundError: When a path to remove is not there.
        PathCollisionError: When an added name equals another one on some file systems, or is both file and folder.
    """
    new: dict[str, NewTree] = {}
    oid = _edit_folder(load, root, _nest(edits), "", new)
    if oid is None:
        new[EMPTY_TREE] = NewTree(GitObject.of("tree", b""), {})
    return oid or EMPTY_TREE, new


def _nest(edits: Mapping[str, Node | None]) -> _Edits:
    root = _Edits()
    for path, node in edits.items():
        *folders, name = path.split("/")
        place = root
        for folder in folders:
            place = place.below.setdefault(folder, _Edits())
        place.here[name] = node and node._replace(name=name)
    return root


def _edit_folder(
    load: Callable[[str], Nodes], oid: str, edits: _Edits, prefix: str, new: dict[str, NewTree]
) -> str | None:
    """Return the id of an edited folder, or None when nothing is left in it."""
    before = load(oid) if oid != EMPTY_TREE else {}
    nodes = dict(before)
    _remove(nodes, edits, prefix)
    for name, deeper in edits.below.items():
        present = nodes.get(name)
        if present is not None and not present.is_folder:
            raise _file_and_folder(prefix + name)
        edited = _edit_folder(load, present.oid if present else EMPTY_TREE, deeper, f"{prefix}{name}/", new)
        nodes.pop(name, None)
        if edited is not None:
            nodes[name] = Node(name, FOLDER_MODE, edited)
    for name, node in edits.here.items():
        if node is not None:
            if name in nodes and nodes[name].is_folder:
                raise _file_and_folder(prefix + name)
            nodes[name] = node
    _check_collisions(nodes, before, prefix)
    if not nodes:
        return None
    made = tree_object(nodes.values())
    if made.oid != oid:
        new[made.oid] = NewTree(made, nodes)
    return made.oid


def _remove(nodes: Nodes, edits: _Edits, prefix: str) -> None:
    for name, node in edits.here.items():
        if node is None:
            if name not in nodes or nodes[name].is_folder:
                raise EntryNotFoundError(
                    f"There is no file {prefix + name!r} to delete."
                    + did_you_mean(prefix + name, (prefix + other for other in nodes))
                )
            del nodes[name]


def _check_collisions(nodes: Nodes, before: Nodes, prefix: str) -> None:
    """Refuse names that are new here and that some file systems hold to be one with another."""
    added = nodes.keys() - before.keys()
    if not added:
        return
    seen: dict[str, str] = {}
    for name in nodes:
        other = seen.setdefault(fold(name), name)
        if other != name and (name in added or other in added):
            pair = sorted((prefix + other, prefix + name))
            raise PathCollisionError(
                f"{pair[0]!r} and {pair[1]!r} would be one file on Windows or macOS; rename one of them.", paths=pair
            )


def _file_and_folder(path: str) -> PathCollisionError:
    return PathCollisionError(
        f"{path!r} can not be both a file and a folder; delete the one or choose another name.", paths=[path]
    )
