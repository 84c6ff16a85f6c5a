"""A DDUF file: a whole diffusion pipeline in one ZIP file without compression, each component in a folder.

::

    model_index.json                           an object with a key for each folder
    scheduler/scheduler_config.json            each folder has one of CONFIG_NAMES
    vae/config.json
    vae/diffusion_pytorch_model.safetensors    each name ends with one of SUFFIXES

Source: the page "DDUF" of the Hugging Face Hub documentation, section "Technical specifications".
"""

from __future__ import annotations

import mmap
import zlib
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from os import SEEK_END
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from anyhub.errors import DDUFCorruptedFileError, InvalidPathError
from anyhub.formats import strict_json
from anyhub.formats.objections import Objection, shorten
from anyhub.formats.presence import require_file
from anyhub.formats.stored_zip import Member, read_members
from anyhub.paths import check_path, fold

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Iterator

INDEX_NAME = "model_index.json"
INDEX_MAX_BYTES = 2**20
SUFFIXES = (".json", ".model", ".safetensors", ".txt")
CONFIG_NAMES = ("config.json", "tokenizer_config.json", "preprocessor_config.json", "scheduler_config.json")


@dataclass(frozen=True)
class DDUFEntry:
    """A file in a DDUF file.

    Attributes:
        filename (`str`): Its name, or its folder, ``/`` and its name.
        length (`int`): Its bytes.
        offset (`int`): The first of them, counted from the beginning of the DDUF file.
        dduf_path (`Path`): The DDUF file.
    """

    filename: str
    length: int
    offset: int
    dduf_path: Path = field(repr=False)

    @contextmanager
    def as_mmap(self) -> Iterator[memoryview]:
        """Lend the bytes of the entry, mapped from the file: none is read, or takes memory, before it is looked at.

        Yields:
            `memoryview`: Read-only, and as long as the entry. It is what `numpy.frombuffer`, `torch.frombuffer` and
            `struct` take. Give functions that insist on `bytes`, as `safetensors.torch.load` does, ``bytes(view)``:
            that is a copy. What was made of it without copying may be used after the block too.

        Raises:
            DDUFCorruptedFileError: When the file became shorter since it was read.
            OSError: When it can not be read.

        Example::

            >>> with entries["vae/diffusion_pytorch_model.safetensors"].as_mmap() as view:
            ...     tensors = safetensors.torch.load(bytes(view))
        """
        view, mapping = self._map()
        try:
            yield view
        finally:
            with suppress(BufferError):  # somebody else looks at it still; the last to do so closes it
                view.release()
                if mapping is not None:
                    mapping.close()

    def _map(self) -> tuple[memoryview, mmap.mmap | None]:
        if not self.length:  # of which no system makes a mapping
            return memoryview(b""), None
        ahead = self.offset % mmap.ALLOCATIONGRANULARITY
        with self.dduf_path.open("rb") as file:
            self._check_length(file)
            mapping = mmap.mmap(file.fileno(), ahead + self.length, access=mmap.ACCESS_READ, offset=self.offset - ahead)
        return memoryview(mapping)[ahead:], mapping

    def read_text(self, encoding: str = "utf-8") -> str:
        """Return the entry as text.

        Args:
            encoding (`str`): What its bytes are, as `bytes.decode` calls it.

        Raises:
            DDUFCorruptedFileError: When it is not text in that encoding, or the file became shorter since it was read.
            OSError: When the file can not be read.

        Example::

            >>> json.loads(entries["model_index.json"].read_text())["_class_name"]
            'FluxPipeline'
        """
        with self.dduf_path.open("rb") as file:
            self._check_length(file)
            file.seek(self.offset)
            data = file.read(self.length)
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            raise _corrupted(
                self.dduf_path, f"its entry {shorten(self.filename)} is not {encoding} at byte {error.start:,}"
            ) from None

    def _check_length(self, file: BinaryIO) -> None:
        if file.seek(0, SEEK_END) < self.offset + self.length:
            raise _corrupted(self.dduf_path, f"it ends before its entry {shorten(self.filename)} does")


def read_dduf_file(dduf_path: str | os.PathLike[str]) -> dict[str, DDUFEntry]:
    """List what is in a DDUF file; of its bytes no more is read than its directory and its index.

    Args:
        dduf_path (`str` or `PathLike`): The file.

    Returns:
        `dict[str, DDUFEntry]`: Its entries by their names. They lie in the file one behind the other, none is
        compressed, and no name can be mistaken for another one or lead out of a folder.

    Raises:
        DDUFCorruptedFileError: When the file is not a sound DDUF file; the message says what is wrong.
        EntryNotFoundError: When there is no such file; names the nearest.
        ValidationError: When it is a folder.
        OSError: When it can not be read.

    Example::

        >>> entries = read_dduf_file("FLUX.1-dev.dduf")
        >>> entries["vae/config.json"]
        DDUFEntry(filename='vae/config.json', length=820, offset=13184)
    """
    path = require_file(Path(dduf_path))
    try:
        with path.open("rb") as file:
            members = read_members(file, file.seek(0, SEEK_END))
            names = EntryNames()
            for member in members:
                names.add(member.name)
            check_structure(_read_index(file, members), names.all)
    except Objection as objection:
        raise _corrupted(path, str(objection)) from None
    return {member.name: DDUFEntry(member.name, member.length, member.offset, path) for member in members}


def _corrupted(path: Path, objection: str) -> DDUFCorruptedFileError:
    return DDUFCorruptedFileError(
        f"{str(path)!r} is not a sound DDUF file: {objection}. Download it again, or export it anew."
    )


def _read_index(file: BinaryIO, members: Collection[Member]) -> Any:
    member = next((member for member in members if member.name == INDEX_NAME), None)
    if member is None:
        raise Objection(f"it has no {INDEX_NAME}")
    if member.length > INDEX_MAX_BYTES:
        raise Objection(f"its {INDEX_NAME} has {member.length:,} bytes, and {INDEX_MAX_BYTES:,} is the most")
    file.seek(member.offset)
    data = file.read(member.length)
    if zlib.crc32(data) != member.crc:
        raise Objection(f"its {INDEX_NAME} has another checksum than it should have")
    return parse_index(data)


def parse_index(data: bytes) -> Any:
    """Return what a model_index.json says.

    Raises:
        Objection: When it is not JSON.
    """
    try:
        return strict_json.parse(data)
    except Objection as objection:
        raise Objection(f"its {INDEX_NAME} can not be read, as {objection}") from None


class EntryNames:
    """The names of a DDUF file's entries, of which no two are one on any file system."""

    def __init__(self) -> None:
        self.all: set[str] = set()
        self._taken: dict[str, str] = {}

    def add(self, name: str) -> None:
        """Take a name.

        Raises:
            Objection: When no entry may be called so, or it collides with another.
        """
        _check_name(name)
        if name in self.all:
            raise Objection(f"it has two entries called {shorten(name)}")
        folder, _, _ = name.rpartition("/")
        for path in (f"{folder}/", name) if folder else (name,):
            other = self._taken.setdefault(fold(path.rstrip("/")), path)
            if other != path:
                raise Objection(f"its entries {shorten(other)} and {shorten(path)} are one on some file systems")
        self.all.add(name)


def _check_name(name: str) -> None:
    try:
        check_path(name)
    except InvalidPathError:
        raise Objection(f"no entry may be called {shorten(name)}, which not every file system takes") from None
    if name.count("/") > 1:
        raise Objection(f"its entry {shorten(name)} is in a folder of a folder")
    if not name.endswith(SUFFIXES) or name.rpartition("/")[2] in SUFFIXES:
        raise Objection(f"its entry {shorten(name)} does not end with one of {', '.join(SUFFIXES)}")


def check_structure(index: Any, names: Collection[str]) -> None:
    """Check that every folder is a component of the pipeline.

    Args:
        index: What the model_index.json says.
        names: The names of all entries.

    Raises:
        Objection: When the index is not an object, or has no key for a folder, or a folder has no configuration.
    """
    if not isinstance(index, dict):
        raise Objection(f"its {INDEX_NAME} is not a JSON object")
    for folder in sorted({name.rpartition("/")[0] for name in names} - {""}):
        if folder not in index:
            raise Objection(f"its folder {shorten(folder)} is not in its {INDEX_NAME}")
        if not any(f"{folder}/{config}" in names for config in CONFIG_NAMES):
            raise Objection(f"its folder {shorten(folder)} has none of {', '.join(CONFIG_NAMES)}")
