"""What a push brings to a repository: new commits, the lines of new trees, and the large files that they name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from anyhub.errors import EntryNotFoundError, InvalidPathError, PathCollisionError, TooLargeError, ValidationError
from anyhub.git.objects import FILE_MODE, FOLDER_MODE, GitObject, Node
from anyhub.git.pointers import ATTRIBUTES_PATH, LARGE_FILE_BYTES, read_pointer
from anyhub.git.trees import EMPTY_TREE, Nodes
from anyhub.hub.commits.raw_commits import commit_of, tagged
from anyhub.hub.commits.received import Received
from anyhub.hub.repos.catalog import Place
from anyhub.hub.repos.objects import Objects
from anyhub.hub.repos.revisions import Revisions
from anyhub.hub.repos.tree_index import TreeIndex
from anyhub.hub.repos.uploads import Uploads
from anyhub.paths import MAX_PATH_BYTES, check_new_path, fold
from anyhub.values import Commit, Digest

MAX_FILES = 1_000_000
"""How many files one commit may add to what the one before it had."""

_EXECUTABLE_MODE = 0o100755
_MODES = (FILE_MODE, _EXECUTABLE_MODE, FOLDER_MODE)
_REFUSED = {0o120000: "a symbolic link", 0o160000: "a submodule"}
_MAX_TAGS = 10


class Pushed:
    """Follows references into what came, checks it, and gathers what the database is to know of it.

    Attributes:
        objects (`Path`): The git object directory of the push.
        received (`Received`): What is in it.
        commits: New commits by id.
        trees: The lines of new trees by id.
        large: The sizes of the large files that new trees name, by SHA-256.
    """

    def __init__(
        self,
        objects: Path,
        received: Received,
        packs: Objects,
        index: TreeIndex,
        revisions: Revisions,
        uploads: Uploads,
        place: Place,
    ) -> None:
        self.objects = objects
        self.received = received
        self.commits: dict[str, Commit] = {}
        self.trees: dict[str, Nodes] = {}
        self.large: dict[str, int] = {}
        self._packs = packs
        self._index = index
        self._revisions = revisions
        self._uploads = uploads
        self._place = place
        self._targets: dict[str, tuple[str, str | None]] = {}
        self._paths: dict[str, str] = {}  # where a large file is, for messages
        self._old: dict[str, Nodes] = {}
        self._measured: dict[str, tuple[int, int]] = {}

    def place_of(self, oid: str | None) -> tuple[str | None, str | None]:
        """Return the commit that an object which was followed leads to, and the object when that is a tag."""
        return (None, None) if oid is None else self._targets[oid]

    def follow(self, name: str, oid: str) -> None:
        """Check a new place of a reference and everything that it needs.

        Raises:
            ValidationError, InvalidPathError, PathCollisionError, TooLargeError, EntryNotFoundError: Each names what
                has to be mended.
        """
        target = oid
        for _ in range(_MAX_TAGS):
            if target in self.commits or self._revisions.has(self._place.pk, target):
                break
            found = self._get(target, f"what {name!r} is to be at")
            if found.type == "commit":
                self._add_commits(target)
                break
            target = tagged(found)
        else:
            raise ValidationError(f"{name!r} is a tag of a tag of a tag. Tag the commit itself.")
        if target != oid and not name.startswith("refs/tags/"):
            raise ValidationError(f"{name!r} can only be at a commit, not at a tag. Push the commit.")
        self._targets[oid] = (target, None if target == oid else oid)

    def check_large_files(self) -> None:
        """Check that the repository has every large file that is named, inside a transaction.

        Raises:
            EntryNotFoundError: Names the files that are lacking.
        """
        digests = [Digest(sha256, size) for sha256, size in self.large.items()]
        lacking = self._uploads.lacking(self._place.pk, digests)
        if lacking:
            names = ", ".join(repr(self._paths[each.sha256]) for each in lacking[:10])
            raise EntryNotFoundError(
                f"{len(lacking)} large files were not uploaded: {names}. Run `git lfs push --all origin`,"
                " then push again."
            )

    def _add_commits(self, start: str) -> None:
        """Check a new commit and those before it, the oldest first."""
        waiting = [(start, False)]
        parsed: dict[str, Commit] = {}
        while waiting:
            oid, ready = waiting.pop()
            if ready:
                self._add_commit(parsed[oid])
            elif oid not in parsed and oid not in self.commits and not self._revisions.has(self._place.pk, oid):
                parsed[oid] = commit_of(self._get(oid, "a commit"))
                waiting.append((oid, True))
                waiting += ((parent, False) for parent in parsed[oid].parents)

    def _add_commit(self, commit: Commit) -> None:
        before = [self._known_commit(parent).tree for parent in commit.parents]
        count, _ = self._measure(commit.tree, before, "")
        if count > MAX_FILES:
            raise TooLargeError(f"The commit {commit.oid[:10]} adds more than {MAX_FILES:,} files. Commit fewer.")
        self.commits[commit.oid] = commit

    def _known_commit(self, oid: str) -> Commit:
        return self.commits.get(oid) or self._revisions.commit(self._place.pk, oid)

    def _measure(self, tree: str, before: Sequence[str], prefix: str) -> tuple[int, int]:
        """Check a tree; return how many files are new in it, and the bytes of the longest path among them.

        Args:
            tree (`str`): Its id.
            before: The trees that commits before had at the same place: what is in one of them too is nothing new.
            prefix (`str`): The path of the folder, with a slash at its end.
        """
        if tree in before:
            return 0, 0
        if len(prefix.encode()) > MAX_PATH_BYTES:  # before it is gone down for ever
            raise InvalidPathError(f"{prefix[:80]!r}… is longer than {MAX_PATH_BYTES} bytes. Nest folders less deep.")
        if not before and tree in self._measured:
            return self._measured[tree]
        count = longest = 0
        old = [self._lines(each) for each in before]
        for name, node in self._checked(tree, old, prefix).items():
            length = len(name.encode())
            if node.is_folder:
                same = [lines[name].oid for lines in old if name in lines and lines[name].is_folder]
                more, deeper = self._measure(node.oid, same, f"{prefix}{name}/")
                count, length = count + more, length + 1 + deeper
            else:
                count += not any(lines.get(name) == node for lines in old)
            longest = max(longest, length)
            if len(prefix.encode()) + longest > MAX_PATH_BYTES:
                raise InvalidPathError(f"{(prefix + name)[:80]!r}… is longer than {MAX_PATH_BYTES} bytes. Shorten it.")
        if not before:
            self._measured[tree] = count, longest
        return count, longest

    def _lines(self, tree: str) -> Nodes:
        """Return the lines of a tree that was checked, now or when it came."""
        if tree in self.trees:
            return self.trees[tree]
        if tree not in self._old:
            self._old[tree] = self._index.load(self._place.pk, tree)
        return self._old[tree]

    def _checked(self, tree: str, old: Sequence[Nodes], prefix: str) -> Nodes:
        """Return the lines of a tree, after checking them when it is new."""
        if tree in self.trees or tree in self._old or self._index.has(self._place.pk, tree):
            return self._lines(tree)
        from dulwich.errors import ObjectFormatException
        from dulwich.objects import parse_tree

        nodes: Nodes = {}
        found = GitObject.of("tree", b"") if tree == EMPTY_TREE else self._get(tree, f"the folder {prefix!r}")
        if found.type != "tree":
            raise ValidationError(f"{prefix!r} is no folder. Repair your repository; `git fsck` tells more.")
        try:
            lines = list(parse_tree(found.data, 20))
        except ObjectFormatException as error:
            raise ValidationError(f"The folder {prefix!r} can not be read: {error}. Repair your repository.") from None
        for raw, mode, oid in lines:
            name = _checked_name(raw, mode, prefix)
            if name in nodes:
                raise ValidationError(f"{prefix + name!r} is there twice. Repair your repository.")
            nodes[name] = self._line(name, mode, oid.decode(), old, prefix)
        _check_collisions(nodes, prefix)
        self.trees[tree] = nodes
        return nodes

    def _line(self, name: str, mode: int, oid: str, old: Sequence[Nodes], prefix: str) -> Node:
        """Return a line of a new tree, with what is known of the content behind it."""
        if mode == FOLDER_MODE:
            return Node(name, mode, oid)
        size, digest = self._blob(name, oid, old, prefix)
        if digest is None or name == ATTRIBUTES_PATH:  # git itself has to read this one
            return Node(name, mode, oid, size)
        if self.large.setdefault(digest.sha256, digest.size) != digest.size:
            raise ValidationError(f"{prefix + name!r} states another size of a large file than others. Track it anew.")
        self._paths.setdefault(digest.sha256, prefix + name)
        return Node(name, mode, oid, digest.size, digest.sha256, size)

    def _blob(self, name: str, oid: str, old: Sequence[Nodes], prefix: str) -> tuple[int, Digest | None]:
        """Return the size of a blob, and which large file it stands for."""
        if oid in self.received.sizes:
            type, size = self.received.sizes[oid]
            _check_blob(type, size, prefix + name)
            return size, self.received.pointers.get(oid)
        for lines in old:
            node = lines.get(name)
            if node is not None and node.oid == oid:
                return _known(node)
        found = self._get(oid, f"the file {prefix + name!r}")
        _check_blob(found.type, len(found.data), prefix + name)
        return len(found.data), read_pointer(found.data)

    def _get(self, oid: str, what: str) -> GitObject:
        """Return an object that came, or that the repository has.

        Raises:
            EntryNotFoundError: When neither is so.
        """
        found = self.received.read.get(oid) or self._packs.find(self._place.pk, self._place.folder, oid)
        if found is None:
            raise EntryNotFoundError(
                f"{what[0].upper() + what[1:]} ({oid}) is neither in the push nor in the repository. Fetch with"
                " `git fetch --unshallow` when your clone is shallow, then push again."
            )
        return found


def _checked_name(raw: bytes, mode: int, prefix: str) -> str:
    """Return a name in a tree.

    Raises:
        InvalidPathError: When it is one that no file may have.
        ValidationError: When it is neither a file nor a folder.
    """
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        raise InvalidPathError(f"{raw!r} in {prefix or 'the root'!r} is not UTF-8. Rename the file.") from None
    if "/" in name or not name:
        raise InvalidPathError(f"{name!r} can not be the name of a file. Repair your repository.")
    try:
        check_new_path(name)
    except InvalidPathError as error:
        if not prefix:
            raise
        raise InvalidPathError(f"In the folder {prefix!r}: {error}") from None
    if mode not in _MODES:
        what = _REFUSED.get(mode, f"of the mode {mode:o}")
        raise ValidationError(f"{prefix + name!r} is {what}, and a hub keeps files and folders only. Remove it.")
    return name


def _check_collisions(nodes: Nodes, prefix: str) -> None:
    seen: dict[str, str] = {}
    for name in nodes:
        other = seen.setdefault(fold(name), name)
        if other != name:
            pair = sorted((prefix + other, prefix + name))
            raise PathCollisionError(
                f"{pair[0]!r} and {pair[1]!r} would be one file on Windows or macOS; rename one of them.", paths=pair
            )


def _check_blob(type: str, size: int, path: str) -> None:
    if type != "blob":
        raise ValidationError(f"{path!r} is no file. Repair your repository; `git fsck` tells more.")
    if size > LARGE_FILE_BYTES:
        raise TooLargeError(
            f"{path!r} has {size:,} bytes, and git keeps files of at most {LARGE_FILE_BYTES:,} bytes here. Use"
            f" `git lfs track`, and `git lfs migrate import` for commits that are made already."
        )


def _known(node: Node) -> tuple[int, Digest | None]:
    if node.sha256 is None:
        return node.size, None
    return node.pointer_size, Digest(node.sha256, node.size)
