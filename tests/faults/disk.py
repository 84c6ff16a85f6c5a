"""A disk that forgets what was not synced when the power goes: which bytes and names may be left is written down here.

The model is small, and worse than any file system that is in use:

* What was written to a file is sure once that file is synced. Until then a loss of power may leave what was there at
  the last sync (nothing, for a new file), or zeros of the new length, or what was written; in each file on its own.
* A change of names (creating, linking, renaming, exchanging, removing) is sure once a folder in which it changes a name
  is synced, together with the earlier changes of the same names. Until then it may be lost or kept, as a whole; a later
  one may be kept where an earlier one is lost; and syncing a file makes no name sure.
* Modes, owners and times are not modelled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TypeAlias

Tree: TypeAlias = Mapping[str, bytes | None]
"""What is below a folder: the bytes of each file by its path, None for a folder."""


@dataclass(eq=False)
class File:
    """Bytes, as programs see them and as they are on the disk for sure."""

    data: bytes = b""
    synced: bytes = b""

    @property
    def is_sure(self) -> bool:
        return self.data == self.synced


@dataclass(eq=False)
class Folder:
    """Names, as programs see them and as they are on the disk for sure."""

    names: Names = field(default_factory=dict)
    synced: Names = field(default_factory=dict)


Node: TypeAlias = File | Folder
Names: TypeAlias = dict[str, Node]
Meanings: TypeAlias = dict[str, Node | None]
Change: TypeAlias = Mapping[tuple[Folder, str], Node | None]
"""What some names mean after one call; None for nothing."""


class Disk:
    """One folder and all below it.

    Args:
        tree: What it holds, all of it on the disk.
    """

    def __init__(self, tree: Tree | None = None) -> None:
        self._root = Folder()
        self._pending: list[Change] = []
        for path, data in sorted((tree or {}).items()):
            self.put(path, Folder() if data is None else File(data, data))
        self._make_sure(self._pending)

    def find(self, path: str) -> Node | None:
        """Return what a path means now, or None."""
        node: Node | None = self._root
        for name in PurePosixPath(path).parts:
            node = node.names.get(name) if isinstance(node, Folder) else None
        return node

    def put(self, path: str, node: Node) -> None:
        """Give a name to a new file or folder, or one more to a file."""
        self._change({self._place(path): node})

    def remove(self, path: str) -> None:
        """Take a name away."""
        self._change({self._place(path): None})

    def rename(self, old: str, new: str) -> None:
        """Give a file or folder another name, in place of what has it."""
        self._change({self._place(old): None, self._place(new): self.find(old)})

    def exchange(self, a: str, b: str) -> None:
        """Swap what two names mean."""
        self._change({self._place(a): self.find(b), self._place(b): self.find(a)})

    def sync(self, node: Node) -> None:
        """Put a file's bytes, or a folder's names, on the disk."""
        if isinstance(node, File):
            node.synced = node.data
            return
        sure: list[Change] = []
        names: set[tuple[Folder, str]] = set()
        for change in reversed(self._pending):
            if names & change.keys() or any(folder is node for folder, _ in change):
                names |= change.keys()
                sure.insert(0, change)
        self._make_sure(sure)

    def now(self) -> Tree:
        """Return what programs see."""
        return _tree(self._root, lambda folder: folder.names, lambda file: file.data)

    def losses(self) -> Iterator[Tree]:
        """Give those states that a loss of power may leave now and that are looked at, each once."""
        seen = set()
        for kept in self._choices():
            for tree in self._with_losses_of_bytes(self._sure_names(kept)):
                if (key := frozenset(tree.items())) not in seen:
                    seen.add(key)
                    yield tree

    def _with_losses_of_bytes(self, names: Callable[[Folder], Names]) -> Iterator[Tree]:
        unsure = [file for file in _files(self._root, names) if not file.is_sure]
        for lost in ([], unsure, *([file] for file in unsure)):
            yield _tree(self._root, names, lambda file, lost=lost: file.synced if file in lost else file.data)
        yield _tree(self._root, names, lambda file: file.data if file.is_sure else bytes(len(file.data)))

    def _choices(self) -> set[frozenset[int]]:
        """Return which of the changes that are not sure are kept: up to each, one alone, all but one, by folder."""
        everything = range(len(self._pending))
        choices = [everything[:number] for number in range(len(everything) + 1)]
        choices += [[number] for number in everything]
        choices += [[other for other in everything if other != number] for number in everything]
        for folder in {folder for change in self._pending for folder, _ in change}:
            of_folder = [number for number in everything if any(each is folder for each, _ in self._pending[number])]
            choices += [of_folder, [number for number in everything if number not in of_folder]]
        return {frozenset(choice) for choice in choices}

    def _sure_names(self, kept: frozenset[int]) -> Callable[[Folder], Names]:
        """Return what tells the names in each folder when, of the changes that are not sure, some are kept."""
        changed: dict[Folder, Meanings] = {}
        for number in sorted(kept):
            for (folder, name), node in self._pending[number].items():
                changed.setdefault(folder, {})[name] = node
        return lambda folder: _without_nothing({**folder.synced, **changed.get(folder, {})})

    def _place(self, path: str) -> tuple[Folder, str]:
        folder = self.find(str(PurePosixPath(path).parent))
        if not isinstance(folder, Folder):
            raise TypeError(f"{path!r} is in no folder")
        return folder, PurePosixPath(path).name

    def _change(self, change: Change) -> None:
        for (folder, name), node in change.items():
            folder.names = _without_nothing({**folder.names, name: node})
        self._pending.append(change)

    def _make_sure(self, changes: Sequence[Change]) -> None:
        for change in changes:
            for (folder, name), node in change.items():
                folder.synced = _without_nothing({**folder.synced, name: node})
        self._pending = [change for change in self._pending if change not in changes]


def _without_nothing(meanings: Meanings) -> Names:
    return {name: node for name, node in meanings.items() if node is not None}


def _walk(folder: Folder, names: Callable[[Folder], Names], prefix: str = "") -> Iterator[tuple[str, Node]]:
    for name, node in names(folder).items():
        yield prefix + name, node
        if isinstance(node, Folder):
            yield from _walk(node, names, f"{prefix}{name}/")


def _files(root: Folder, names: Callable[[Folder], Names]) -> list[File]:
    return [node for _, node in _walk(root, names) if isinstance(node, File)]


def _tree(root: Folder, names: Callable[[Folder], Names], data: Callable[[File], bytes]) -> Tree:
    return {path: data(node) if isinstance(node, File) else None for path, node in _walk(root, names)}
