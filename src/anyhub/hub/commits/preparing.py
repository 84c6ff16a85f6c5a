"""From what a caller asks for to what git has to hold: reading, hashing and sorting files before anything is locked."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from anyhub import files
from anyhub.errors import EntryNotFoundError, ValidationError, did_you_mean
from anyhub.git.objects import FILE_MODE, GitObject, Node
from anyhub.git.packs import PackInfo
from anyhub.git.pointers import (
    ATTRIBUTES_PATH,
    LARGE_FILE_BYTES,
    SAMPLE_BYTES,
    Attributes,
    check_attribute_lines,
    looks_binary,
    pointer,
)
from anyhub.paths import check_new_path, check_path
from anyhub.progress import Update, bar
from anyhub.values import AddFile, Change, Changes, CopyFile, DeleteFile, DeleteFolder, Digest, Entry

SPILL_BYTES = 64 * 2**20


@dataclass(slots=True)
class Edits:
    """What one commit puts and removes.

    Attributes:
        nodes: For each path its new line, or None when the file goes away.
        objects: The git objects behind new lines, by id, that are not in a pack yet.
        packs: The packs that hold the others.
        staged: Large files that the store may take, by SHA-256.
    """

    nodes: dict[str, Node | None] = field(default_factory=dict)
    objects: dict[str, GitObject] = field(default_factory=dict)
    packs: list[PackInfo] = field(default_factory=list)
    staged: dict[str, tuple[Path, Digest]] = field(default_factory=dict)

    def put_small(self, path: str, data: bytes) -> None:
        """Put a file whose bytes git keeps."""
        blob = GitObject.of("blob", data)
        self.objects[blob.oid] = blob
        self.nodes[path] = Node("", FILE_MODE, blob.oid, len(data))

    def put_large(self, path: str, digest: Digest, staged: Path | None) -> None:
        """Put a file whose bytes lie beside git: in a staged file, or in the store already."""
        text = GitObject.of("blob", pointer(digest))
        self.objects[text.oid] = text
        if staged is not None:
            self.staged.setdefault(digest.sha256, (staged, digest))
        self.nodes[path] = Node("", FILE_MODE, text.oid, digest.size, digest.sha256, len(text.data))


class Preparation:
    """Turns the changes of one commit into edits.

    Args:
        look: Gives the line at a path of the commit that the caller looked at, or None.
        below: Lists the files below a folder of that commit.
        copied: Gives the line that a `CopyFile` copies.
        has: Says whether the store has a large file.
        holds: Says whether the repository links a large file, or has received it.
        spill: Writes objects to a pack, so that they need not all be in memory.
        attributes (`Attributes`): The ``.gitattributes`` that will hold.
        scratch (`Path`): Where files may be staged from which the store can adopt.
    """

    def __init__(
        self,
        look: Callable[[str], Node | None],
        below: Callable[[str], list[Entry]],
        copied: Callable[[CopyFile], Node],
        has: Callable[[Digest], bool],
        holds: Callable[[Digest], bool],
        spill: Callable[[list[GitObject]], list[PackInfo]],
        attributes: Attributes,
        scratch: Path,
    ) -> None:
        self._look = look
        self._below = below
        self._copied = copied
        self._has = has
        self._holds = holds
        self._spill = spill
        self._attributes = attributes
        self._scratch = scratch

    def edits(self, changes: Changes) -> Edits:
        """Read and hash what is to be added, and look up what is to be removed or copied.

        Raises:
            InvalidPathError, PathCollisionError, EntryNotFoundError, ValidationError: Each names the path.
        """
        check_paths(changes)
        made = Edits()
        in_memory = 0
        sizes = {change.path: _size(change) for change in changes if isinstance(change, AddFile)}
        with bar(sum(sizes.values()), "Hashing") as update:
            for change in sorted(changes, key=_puts):  # what is put into a deleted folder stays
                match change:
                    case AddFile():
                        in_memory += self._add(made, change, sizes[change.path], update)
                        if in_memory > SPILL_BYTES:
                            self._empty(made)
                            in_memory = 0
                    case CopyFile():
                        made.nodes[change.path] = self._copied(change)
                    case DeleteFile():
                        self._delete_file(made, change.path)
                    case DeleteFolder():
                        made.nodes.update((entry.path, None) for entry in self._below(change.path))
        return made

    def _empty(self, made: Edits) -> None:
        """Bring what is in memory to a pack, but what the repository has at the same place already."""
        for path, node in made.nodes.items():
            present = self._look(path)
            if node is not None and present is not None and present.oid == node.oid:
                made.objects.pop(node.oid, None)
        made.packs += self._spill(list(made.objects.values()))
        made.objects.clear()

    def _add(self, made: Edits, change: AddFile, size: int, update: Update) -> int:
        """Put one file; return how many bytes of it are in memory."""
        source = change.source
        if isinstance(source, Digest):
            self._check_received(change.path, source)
            made.put_large(change.path, source, None)
            update(size)
            return 0
        if not self._is_large(change.path, source, size):
            data = source if isinstance(source, bytes) else source.read_bytes()
            check_attribute_lines(change.path, data)
            made.put_small(change.path, data)
            update(size)
            return size
        digest, staged = self._stage(change, source, size, update)
        made.put_large(change.path, digest, staged)
        return 0

    def _is_large(self, path: str, source: bytes | Path, size: int) -> bool:
        if size == 0 or path == ATTRIBUTES_PATH:  # git itself has to read this one
            return False
        if size >= LARGE_FILE_BYTES or self._attributes.says_large(path):
            return True
        if isinstance(source, bytes):
            return looks_binary(source[:SAMPLE_BYTES])
        with source.open("rb") as stream:
            return looks_binary(stream.read(SAMPLE_BYTES))

    def _check_received(self, path: str, digest: Digest) -> None:
        if path == ATTRIBUTES_PATH:
            raise ValidationError(f"{ATTRIBUTES_PATH} can not be a large file: git has to read it. Send its text.")
        if not self._holds(digest):
            raise EntryNotFoundError(
                f"The hub has not received the large file {path!r} (sha256 {digest.sha256}, {digest.size} bytes) for"
                " this repository. Upload it first."
            )

    def _stage(self, change: AddFile, source: bytes | Path, size: int, update: Update) -> tuple[Digest, Path]:
        """Return the content's digest and a file that the store may take; read the bytes no more than once."""
        staged = self._scratch / secrets.token_hex(8)
        if isinstance(source, bytes):
            with files.create(staged) as writer:
                writer.write(source)
            update(size)
            return writer.digest, staged
        if change.adopt and self._is_ours_alone(source):
            if change.digest is not None:
                update(size)
            return change.digest or files.hash_file(source, progress=update), source
        present = self._look(change.path)
        if present is not None and present.sha256 and present.size == size:
            # Most likely the file that the hub has: hashing it first saves writing a copy of it.
            digest = files.hash_file(source)
            if digest.sha256 == present.sha256 and self._has(digest):
                update(size)
                return digest, staged
        return files.copy(source, staged, progress=update), staged

    def _is_ours_alone(self, source: Path) -> bool:
        """Return whether a file may be renamed into the store: nobody can change it there by another name of it."""
        found = source.lstat()
        return stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and found.st_dev == self._scratch.stat().st_dev

    def _delete_file(self, made: Edits, path: str) -> None:
        node = self._look(path)
        if node is None or node.is_folder:
            near = [entry.path for entry in self._below("")]
            raise EntryNotFoundError(f"There is no file {path!r} to delete.{did_you_mean(path, near)}")
        made.nodes[path] = None


def check_paths(changes: Changes) -> None:
    """Check every path, and that no two changes speak of the same one."""
    seen: set[tuple[str, bool]] = set()
    for change in changes:
        check = check_new_path if _puts(change) else check_path
        what = (check(change.path), isinstance(change, DeleteFolder))  # a file may take the place of a folder
        if what in seen:
            raise ValidationError(f"{change.path!r} is changed twice in one commit. Leave one of the changes out.")
        seen.add(what)


def _puts(change: Change) -> bool:
    return isinstance(change, AddFile | CopyFile)


def _size(change: AddFile) -> int:
    if isinstance(change.source, bytes):
        return len(change.source)
    if isinstance(change.source, Digest):
        return change.source.size
    if not change.source.is_file():
        raise ValidationError(f"There is no file at {change.source} to put at {change.path!r}. Check the path.")
    if not os.access(change.source, os.R_OK):
        raise ValidationError(f"{change.source} can not be read. Ask its owner for access.")
    return change.source.stat().st_size
