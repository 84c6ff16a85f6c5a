"""The files of a commit as a hub on the network listed them: asked for once, remembered, and looked into here."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import cached_property

from anyhub.errors import CorruptFileError, EntryNotFoundError, did_you_mean
from anyhub.git.objects import FILE_MODE, FOLDER_MODE, Node, tree_object
from anyhub.values import Entry

_MANY = 2000


class Listing:
    """The files of one commit, with the folders that follow from their paths.

    Args:
        entries: The files.
        tree (`str`): The id of the commit's root tree, where the hub told it, else empty.
    """

    def __init__(self, entries: Sequence[Entry], tree: str = "") -> None:
        self.files = {entry.path: entry for entry in entries}
        self._tree = tree

    @cached_property
    def everything(self) -> dict[str, Entry] | None:
        """Files and folders in the order of git trees, by path; None when the ids of folders do not follow from them.

        A folder's id is that of its tree object, and so it can be computed from the files, where none of them is of
        another kind than plain. That it was computed rightly shows in the id of the root.
        """
        made: dict[str, Entry] = {}
        root = self._add_folders(made)
        if not self._tree or root != self._tree:
            return None
        made |= self.files
        return {path: made[path] for path in sorted(made, key=lambda path: _order(made[path]))}

    def _add_folders(self, made: dict[str, Entry]) -> str:
        """Add every folder that a file is in, and return the id of the root."""
        inside: dict[str, list[Node]] = {"": []}
        for path, entry in self.files.items():
            folder, _, name = path.rpartition("/")
            inside.setdefault(folder, []).append(Node(name, FILE_MODE, entry.oid))
            while folder and (above := folder.rpartition("/")[0]) not in inside:
                inside[above] = []
                folder = above
        commit = next(iter(self.files.values())).commit if self.files else ""
        for path in sorted(inside, key=lambda path: path.count("/") + bool(path), reverse=True):
            oid = tree_object(inside[path]).oid
            if not path:
                return oid
            made[path] = Entry(path, oid, is_folder=True, commit=commit)
            above, _, name = path.rpartition("/")
            inside[above].append(Node(name, FOLDER_MODE, oid))
        return ""

    def walk(self, folder: str, *, recursive: bool) -> Iterator[Entry]:
        """List what is in a folder.

        Raises:
            EntryNotFoundError: When there is no such folder.
        """
        known = self.everything
        assert known is not None, "asked of a listing whose folders are not known"
        if folder and not (folder in known and known[folder].is_folder):
            raise self.not_found(folder, "folder")
        prefix = f"{folder}/" if folder else ""
        below = (entry for path, entry in known.items() if path.startswith(prefix))
        return iter([entry for entry in below if recursive or "/" not in entry.path[len(prefix) :]])

    def not_found(self, path: str, what: str = "file") -> EntryNotFoundError:
        """Return the error for a path that is not there, naming the nearest one that is."""
        paths = list(self.everything or self.files)
        if len(paths) > _MANY:
            folder, _, name = path.rpartition("/")
            paths = [p for p in paths if p.endswith(f"/{name}") or p.rpartition("/")[0] == folder][:_MANY]
        return EntryNotFoundError(f"There is no {what} {path!r} at this revision.{did_you_mean(path, paths)}")


def _order(entry: Entry) -> bytes:
    return entry.path.encode("utf-8", "surrogatepass") + (b"/" if entry.is_folder else b"")


class Listings:
    """The listings that were last used, up to a number of files.

    Args:
        most (`int`): How many files they may have together; one listing is kept whatever it has.
    """

    def __init__(self, most: int = 500_000) -> None:
        self._most = most
        self._count = 0
        self._kept: OrderedDict[tuple[str, str], Listing] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, repo: str, commit: str) -> Listing | None:
        """Return the listing of a commit when it is remembered."""
        with self._lock:
            found = self._kept.get((repo, commit))
            if found is not None:
                self._kept.move_to_end((repo, commit))
            return found

    def put(self, repo: str, commit: str, listing: Listing) -> None:
        """Remember a listing, and forget those that were not used for longest."""
        with self._lock:
            self._count += len(listing.files) - self._size(self._kept.pop((repo, commit), None))
            self._kept[repo, commit] = listing
            while self._count > self._most and len(self._kept) > 1:
                self._count -= self._size(self._kept.popitem(last=False)[1])

    def forget(self, repo: str) -> None:
        """Forget all listings of a repository."""
        with self._lock:
            for key in [key for key in self._kept if key[0] == repo]:
                self._count -= self._size(self._kept.pop(key))

    @staticmethod
    def _size(listing: Listing | None) -> int:
        return len(listing.files) if listing is not None else 0


def check_commit(entry: Entry) -> str:
    """Return the commit by which an entry's bytes are found.

    Raises:
        CorruptFileError: When it names none.
    """
    if not entry.commit:
        raise CorruptFileError(f"The entry of {entry.path!r} does not say of which commit it is. Look it up again.")
    return entry.commit
