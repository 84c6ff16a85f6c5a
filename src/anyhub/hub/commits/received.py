"""The objects that a git push brought, told apart by git itself before anything of them is unpacked in memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from anyhub.errors import StorageError, TooLargeError
from anyhub.git.objects import GitObject, ObjectType
from anyhub.git.pointers import read_pointer
from anyhub.git.process import Git
from anyhub.values import Digest

MAX_OBJECTS = 5_000_000
MAX_OBJECT_BYTES = 50_000_000  # of a commit, a tree or a tag
MAX_READ_BYTES = 1_000_000_000  # of all of these together
MAX_POINTER_BYTES = 1024  # the specification of Git LFS allows no more

_LINE = re.compile(rb"([0-9a-f]{40}) (commit|tree|blob|tag) ([0-9]+)")
_AT_ONCE = 64 * 2**20
_MOST_OUTPUT = 512 * 2**20  # of 5,000,000 lines, or of objects that are read at once
_MEMORY_BYTES = 2 * 2**30
_SECONDS = 3600.0
_LEAST_CPU_SECONDS = 20.0
_OBJECTS_PER_CPU_SECOND = 10_000


class Received:
    """The objects that came: type and size of each, and what is in those that have to be read.

    Args:
        git_dir (`Path`): A bare repository that has what came, and nothing else.

    Attributes:
        sizes (`dict`): The type and the size of each object, by its id.
        read (`dict`): Commits, trees and tags, by id.
        pointers (`dict`): Which large files the blobs stand for that are pointers, by id of the blob.

    Raises:
        TooLargeError: When there are more objects, or longer ones, than any repository needs; names the limit.
        UnsupportedError: When git is not installed.
    """

    def __init__(self, git_dir: Path) -> None:
        self._git_dir = git_dir
        self.sizes = dict(self._listed())
        self.read: dict[str, GitObject] = {}
        self.pointers: dict[str, Digest] = {}
        self._read_all()

    @property
    def unpacked_size(self) -> int:
        """How many bytes all objects have when they are unpacked."""
        return sum(size for _, size in self.sizes.values())

    def _listed(self) -> Iterator[tuple[str, tuple[str, int]]]:
        lines = self._git("--batch-all-objects", "--batch-check", "--unordered").splitlines()
        _check(len(lines), MAX_OBJECTS, "The push has {} objects, and at most {} are taken at once. Push less.")
        for line in lines:
            found = _LINE.fullmatch(line)
            if found is None:
                raise StorageError(f"git listed an object as {line[:100]!r}. Push again.")
            yield found[1].decode(), (found[2].decode(), int(found[3]))

    def _read_all(self) -> None:
        """Read what is no blob, and which blobs are pointers, a part at a time."""
        total, waiting, gathered = 0, [], 0
        for oid, (type, size) in self.sizes.items():
            if type == "blob" and size > MAX_POINTER_BYTES:
                continue
            if type != "blob":
                _check(size, MAX_OBJECT_BYTES, f"The {type} {oid} has {{}} bytes, and at most {{}} are taken.")
                total += size
                _check(total, MAX_READ_BYTES, "The push has folders of {} bytes together; {} are taken. Push less.")
            waiting.append(oid)
            gathered += size
            if gathered > _AT_ONCE:
                self._read_some(waiting)
                waiting, gathered = [], 0
        if waiting:
            self._read_some(waiting)

    def _read_some(self, oids: list[str]) -> None:
        given = "".join(f"{oid}\n" for oid in oids).encode()
        for each in _parsed(self._git("--batch", "--buffer", given=given, objects=len(oids))):
            if each.type != "blob":
                self.read[each.oid] = each
            elif (digest := read_pointer(each.data)) is not None:
                self.pointers[each.oid] = digest

    def _git(self, *options: str, given: bytes = b"", objects: int = MAX_OBJECTS) -> bytes:
        """Return what git says; it may compute for longer the more objects are asked for."""
        with Git(self._git_dir, "cat-file", *options, seconds=_SECONDS) as git:
            allowed = _LEAST_CPU_SECONDS + objects / _OBJECTS_PER_CPU_SECOND
            git.limit(memory=_MEMORY_BYTES, seconds=allowed)
            git.feed_later(given)
            said = git.output(_MOST_OUTPUT)
            if git.wait() == 0:
                return said
            if git.ran_out:
                raise TooLargeError(
                    f"The push takes more than {allowed:.0f} seconds or {_MEMORY_BYTES:,} bytes of memory to read. Push"
                    " fewer commits at once, or repack with `git repack -adf --depth=10`."
                )
            raise StorageError(f"git could not read what was pushed: {git.complaint[:500]}")


def _check(found: int, most: int, what: str) -> None:
    if found > most:
        raise TooLargeError(what.format(f"{found:,}", f"{most:,}"))


def _parsed(output: bytes) -> Iterator[GitObject]:
    """Read what ``git cat-file --batch`` wrote: a line of id, type and size, the bytes, and a line break."""
    position = 0
    while position < len(output):
        end = output.index(b"\n", position)
        oid, type, size = output[position:end].decode().split(" ")
        data = output[end + 1 : end + 1 + int(size)]
        yield GitObject(cast("ObjectType", type), data, oid)
        position = end + 2 + int(size)
