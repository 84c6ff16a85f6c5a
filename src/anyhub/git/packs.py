"""Packs: many git objects in one immutable file, named by what is in it.

A pack is the pair ``pack-<sha1>.pack`` and ``pack-<sha1>.idx`` (Git documentation, "gitformat-pack"). One that was
published never changes; it is only ever replaced by a larger one that holds the same objects.
"""

from __future__ import annotations

import hashlib
import threading
import weakref
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from anyhub import files, temporary
from anyhub.errors import CorruptFileError
from anyhub.git.objects import TYPE_NUMBERS, GitObject

if TYPE_CHECKING:
    from dulwich.pack import Pack, UnpackedObject

    from anyhub.writing import FileWriter

_TYPES = {number: type for type, number in TYPE_NUMBERS.items()}
_OPEN_PACKS = 64
_GATHERED_BYTES = 4 * 2**20


@dataclass(frozen=True, slots=True)
class PackInfo:
    """What is known of a pack without opening it: its name, the bytes of its ``.pack`` file, its count of objects."""

    name: str
    size: int
    objects: int


class PackStore(Protocol):
    """Keeps the packs of many repositories, each repository under a name that never changes."""

    def add(self, repo: str, objects: Sequence[GitObject]) -> PackInfo:
        """Make objects durable as one pack. The same objects make the same pack; adding it again changes nothing."""

    def read(self, repo: str, pack: str, oid: str) -> GitObject | None:
        """Return an object of a pack, or None when the pack does not have it.

        Raises:
            FileNotFoundError: When there is no such pack (any more): ask the hub for its packs again.
        """

    def objects(self, repo: str, pack: str) -> Iterator[GitObject]:
        """Walk all objects of a pack."""

    def adopt(self, repo: str, pack: Path) -> PackInfo:
        """Take a pack that somebody else wrote, and that is whole and checked; its two files are gone afterwards.

        Args:
            repo (`str`): Whose it is to be.
            pack (`Path`): Its ``.pack`` file, beside its index, on the file system of the store.
        """

    def share(self, repo: str, to: str, pack: str) -> PackInfo:
        """Give another repository a pack too."""

    def directory(self, repo: str, packs: Sequence[str], scratch: Path) -> Path:
        """Return a git object directory with these packs, for reading; one that has to be made is in ``scratch``."""

    def remove(self, repo: str, pack: str) -> None:
        """Remove a pack, when it is there."""

    def remove_repo(self, repo: str) -> None:
        """Remove all packs of a repository."""


class DirectoryPackStore:
    """Packs in ``<root>/<repository>/pack/``, so that ``<root>/<repository>`` serves git as an object directory."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._open: OrderedDict[tuple[str, str], Pack] = OrderedDict()
        self._lock = threading.RLock()
        weakref.finalize(self, _close_all, self._open)  # at exit too, while dulwich still can

    def folder(self, repo: str) -> Path:
        """Return the git object directory of a repository."""
        return self._root / repo

    def add(self, repo: str, objects: Sequence[GitObject]) -> PackInfo:
        """Write a pack and its index beside their place, and publish the index last: git looks for that first."""
        folder = self.folder(repo) / "pack"
        unique = list({each.oid: each for each in objects}.values())
        files.make_folder(folder)
        with temporary.scratch(folder) as scratch:
            pack, index = scratch / "new.pack", scratch / "new.idx"
            checksum = _write_pack(pack, index, unique)
            info = PackInfo(f"pack-{checksum}", pack.stat().st_size, len(unique))
            files.publish(pack, folder / f"{info.name}.pack", read_only=True)
            files.publish(index, folder / f"{info.name}.idx", read_only=True)
        return info

    def read(self, repo: str, pack: str, oid: str) -> GitObject | None:
        """Read one object; the files of the packs used last stay open."""
        from dulwich.objects import ObjectID

        with self._lock:
            try:
                number, data = self._opened(repo, pack).get_raw(ObjectID(oid.encode()))
            except KeyError:
                return None
            except zlib.error:
                raise _damaged(pack, oid) from None
        if (found := GitObject.of(_TYPES[number], data)).oid != oid:
            raise _damaged(pack, oid)
        return found

    def objects(self, repo: str, pack: str) -> Iterator[GitObject]:
        """Walk a pack in the order of its index."""
        with self._lock:
            names = [name.decode() for name in self._opened(repo, pack)]
        for name in names:
            found = self.read(repo, pack, name)
            if found is not None:
                yield found

    def adopt(self, repo: str, pack: Path) -> PackInfo:
        """Give the files of the pack the name that its last bytes are, and publish the index last."""
        with pack.open("rb") as file:
            file.seek(-20, 2)
            name = f"pack-{file.read().hex()}"
        info = PackInfo(name, pack.stat().st_size, _count(pack))
        folder = self.folder(repo) / "pack"
        files.make_folder(folder)
        for ending in (".pack", ".idx"):
            files.publish(pack.with_suffix(ending), folder / f"{name}{ending}", read_only=True)
        return info

    def share(self, repo: str, to: str, pack: str) -> PackInfo:
        """Link the files of a pack, which never change, into the other repository's folder."""
        source, folder = self.folder(repo) / "pack", self.folder(to) / "pack"
        files.make_folder(folder)
        for name in (f"{pack}.pack", f"{pack}.idx"):
            files.share(source / name, folder / name)
        files.sync_folder(folder)
        path = folder / f"{pack}.pack"
        return PackInfo(pack, path.stat().st_size, _count(path))

    def directory(self, repo: str, packs: Sequence[str], scratch: Path) -> Path:  # noqa: ARG002
        """Return the folder of the repository."""
        return self.folder(repo)

    def remove(self, repo: str, pack: str) -> None:
        """Close and remove a pack, its index first, so that git never finds an index without its pack."""
        path = self.folder(repo) / "pack" / pack
        with self._lock:
            if (opened := self._open.pop((repo, pack), None)) is not None:
                opened.close()
        files.remove(path.with_name(f"{pack}.idx"))
        files.remove(path.with_name(f"{pack}.pack"))

    def remove_repo(self, repo: str) -> None:
        """Remove the repository's folder."""
        self.close()
        files.remove_tree(self.folder(repo))

    def close(self) -> None:
        """Close every open pack; reading opens them again."""
        with self._lock:
            _close_all(self._open)

    def _opened(self, repo: str, pack: str) -> Pack:
        key = (repo, pack)
        if key in self._open:
            self._open.move_to_end(key)
        else:
            self._open[key] = _open_pack(self.folder(repo) / "pack" / pack)
            while len(self._open) > _OPEN_PACKS:
                self._open.popitem(last=False)[1].close()
        return self._open[key]


def _open_pack(path: Path) -> Pack:
    """Open a pack and its index now, so that a missing file is told here and not at the first look."""
    from dulwich.object_format import SHA1
    from dulwich.pack import Pack, PackFileDisappeared

    opened = Pack(str(path), object_format=SHA1)
    try:
        _ = opened.index, opened.data
    except PackFileDisappeared:
        raise FileNotFoundError(str(path)) from None
    return opened


def _count(pack: Path) -> int:
    """Return how many objects a pack says that it has: the third number of its header."""
    with pack.open("rb") as file:
        return int.from_bytes(file.read(12)[8:], "big")


def _damaged(pack: str, oid: str) -> CorruptFileError:
    return CorruptFileError(f"The object {oid} in {pack} is damaged. Restore the hub's folder repos/ from a backup.")


def _close_all(packs: OrderedDict[tuple[str, str], Pack]) -> None:
    while packs:
        packs.popitem()[1].close()


class MemoryPackStore:
    """Packs in a dictionary, for a hub that leaves nothing behind."""

    def __init__(self) -> None:
        self._packs: dict[str, dict[str, dict[str, GitObject]]] = {}

    def add(self, repo: str, objects: Sequence[GitObject]) -> PackInfo:
        """Keep objects under the name that their ids give."""
        by_oid = {each.oid: each for each in objects}
        name = "pack-" + hashlib.sha1("".join(sorted(by_oid)).encode(), usedforsecurity=False).hexdigest()
        self._packs.setdefault(repo, {})[name] = by_oid
        return PackInfo(name, sum(len(each.data) for each in objects), len(by_oid))

    def read(self, repo: str, pack: str, oid: str) -> GitObject | None:
        """Return one object."""
        return self._pack(repo, pack).get(oid)

    def objects(self, repo: str, pack: str) -> Iterator[GitObject]:
        """Walk a pack in the order of ids."""
        for _, each in sorted(self._pack(repo, pack).items()):
            yield each

    def adopt(self, repo: str, pack: Path) -> PackInfo:
        """Read the objects of the pack, and remove its files."""
        folder = pack.parent.parent
        found = list(DirectoryPackStore(folder.parent).objects(folder.name, pack.stem))
        for ending in (".pack", ".idx"):
            files.remove(pack.with_suffix(ending))
        return self.add(repo, found)

    def share(self, repo: str, to: str, pack: str) -> PackInfo:
        """Keep the same objects for the other repository."""
        return self.add(to, list(self.objects(repo, pack)))

    def directory(self, repo: str, packs: Sequence[str], scratch: Path) -> Path:
        """Write all objects as one pack."""
        found = {each.oid: each for pack in packs for each in self.objects(repo, pack)}
        store = DirectoryPackStore(scratch)
        store.add("lent", list(found.values()))
        return store.folder("lent")

    def remove(self, repo: str, pack: str) -> None:
        """Forget a pack."""
        self._packs.get(repo, {}).pop(pack, None)

    def remove_repo(self, repo: str) -> None:
        """Forget all packs of a repository."""
        self._packs.pop(repo, None)

    def _pack(self, repo: str, pack: str) -> dict[str, GitObject]:
        try:
            return self._packs[repo][pack]
        except KeyError:
            raise FileNotFoundError(pack) from None


def _write_pack(pack: Path, index: Path, objects: Sequence[GitObject]) -> str:
    """Write a pack without deltas and its index (version 2); return the checksum that names it."""
    from dulwich.object_format import SHA1
    from dulwich.pack import write_pack_data, write_pack_index_v2

    with files.create(pack) as data, _Gathering(data) as gathered:
        entries, checksum = write_pack_data(
            gathered.write, _unpacked(objects), num_records=len(objects), object_format=SHA1
        )
    with files.create(index) as idx, _Gathering(idx) as gathered:
        rows = sorted((oid, offset, crc) for oid, (offset, crc) in entries.items())
        write_pack_index_v2(gathered, rows, checksum)  # type: ignore[arg-type]
    return checksum.hex()


class _Gathering:
    """Gathers small writes: thousands of them would each cost a system call."""

    def __init__(self, writer: FileWriter) -> None:
        self._writer = writer
        self._chunks: list[bytes] = []
        self._size = 0

    def write(self, chunk: bytes | bytearray | memoryview) -> int:
        self._chunks.append(bytes(chunk))
        self._size += len(chunk)
        if self._size >= _GATHERED_BYTES:
            self._flush()
        return len(chunk)

    def _flush(self) -> None:
        self._writer.write(b"".join(self._chunks))
        self._chunks, self._size = [], 0

    def __enter__(self) -> _Gathering:
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()


def _unpacked(objects: Iterable[GitObject]) -> Iterator[UnpackedObject]:
    from dulwich.pack import UnpackedObject

    for each in objects:
        yield UnpackedObject(TYPE_NUMBERS[each.type], decomp_chunks=[each.data], sha=bytes.fromhex(each.oid))
