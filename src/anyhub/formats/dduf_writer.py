"""A DDUF file that is being exported: the same bytes for the same entries, every time, and all of them or no file."""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from anyhub import files, temporary
from anyhub.errors import DDUFExportError, DDUFInvalidEntryNameError, StorageError
from anyhub.formats.dduf import INDEX_MAX_BYTES, INDEX_NAME, SUFFIXES, EntryNames, check_structure, parse_index
from anyhub.formats.objections import Objection, shorten
from anyhub.formats.presence import require_folder
from anyhub.formats.stored_zip import MAX_MEMBERS
from anyhub.formats.stored_zip_writer import StoredZipWriter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, TypeAlias

    Content: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview

_PIECE = 8 * 2**20


def export_entries_as_dduf(dduf_path: str | os.PathLike[str], entries: Iterable[tuple[str, Content]]) -> None:
    """Write a DDUF file.

    Args:
        dduf_path (`str` or `PathLike`): The file. It appears, or is replaced, when all of it is on the disk; when
            something fails it is what it was before.
        entries: Pairs of an entry's name (``model_index.json`` or ``vae/config.json``) and its content: the path of a
            file, or the bytes themselves. Each is asked for when the one before it is written, so that a generator may
            make one at a time.

    Raises:
        DDUFInvalidEntryNameError: When no entry may have a name, or one comes twice.
        DDUFExportError: When there is no ``model_index.json``, a folder is not in it or has no configuration, a
            content is neither a path nor bytes, or a file changes while it is read.
        DiskFullError, ReadOnlyError: When the disk refuses.

    Example::

        >>> export_entries_as_dduf(
        ...     "pipeline.dduf",
        ...     [
        ...         ("model_index.json", b'{"vae": ["diffusers", "AutoencoderKL"]}'),
        ...         ("vae/config.json", "vae/config.json"),
        ...         ("vae/diffusion_pytorch_model.safetensors", "vae/diffusion_pytorch_model.safetensors"),
        ...     ],
        ... )
    """
    path = Path(dduf_path)
    with temporary.scratch(path.parent) as folder:
        staged = folder / path.name
        try:
            with files.create(staged) as writer:
                _Export(path, StoredZipWriter(writer.write)).add_all(entries)
        except StorageError:
            with files.storage_errors(path):  # names the file that was asked for
                raise
        files.keep_status(path, staged)
        files.publish(staged, path)


def export_folder_as_dduf(dduf_path: str | os.PathLike[str], folder_path: str | os.PathLike[str]) -> None:
    """Write a DDUF file of the files in a folder and in the folders of that.

    Files that a DDUF file can not have, by the end of their name or because they lie deeper, are left out, and so are
    hidden ones.

    Args:
        dduf_path (`str` or `PathLike`): The file to write; see `export_entries_as_dduf`.
        folder_path (`str` or `PathLike`): A folder of a pipeline, with a ``model_index.json``.

    Raises:
        DDUFExportError: When what is in the folder is not a pipeline.
        EntryNotFoundError: When there is no such folder; names the nearest.
        ValidationError: When it is a file.
        DiskFullError, ReadOnlyError: When the disk refuses.

    Example::

        >>> export_folder_as_dduf("FLUX.1-dev.dduf", "path/to/FLUX.1-dev")
    """
    export_entries_as_dduf(dduf_path, _files_of(require_folder(Path(folder_path))))


def _files_of(folder: Path) -> Iterator[tuple[str, Path]]:
    """Walk over the files of a folder, the index first and the others by name."""
    found = {path.relative_to(folder).as_posix(): path for path in (*folder.glob("*"), *folder.glob("*/*"))}
    for name in sorted(found, key=lambda name: (name != INDEX_NAME, name)):
        hidden = any(part.startswith(".") for part in name.split("/"))
        if not hidden and name.endswith(SUFFIXES) and found[name].is_file():
            yield name, found[name]


class _Export:
    """The entries of a DDUF file as they are written.

    Args:
        path (`Path`): What errors call the file.
        zip (`StoredZipWriter`): Takes the entries.
    """

    def __init__(self, path: Path, zip: StoredZipWriter) -> None:
        self._path = path
        self._zip = zip
        self._names = EntryNames()
        self._index: Any = None

    def add_all(self, entries: Iterable[tuple[str, Content]]) -> None:
        for name, content in entries:
            self._add(self._take_name(name), content)
        try:
            if INDEX_NAME not in self._names.all:
                raise Objection(f"it has no {INDEX_NAME}")
            check_structure(self._index, self._names.all)
        except Objection as objection:
            raise self._refused(objection) from None
        self._zip.finish()

    def _take_name(self, name: object) -> str:
        try:
            if not isinstance(name, str):
                raise Objection(f"no entry may be called {shorten(name)}, which is not a text")
            if len(self._names.all) == MAX_MEMBERS:
                raise Objection(f"it has more than {MAX_MEMBERS:,} entries")
            name = name.strip("/")
            self._names.add(name)
        except Objection as objection:
            raise DDUFInvalidEntryNameError(
                f"{str(self._path)!r} was not written: {objection}. Leave the entry out, or call it otherwise."
            ) from None
        return name

    def _add(self, name: str, content: Content) -> None:
        source = _source(content)
        if source is None:
            raise DDUFExportError(
                f"The content of entry {name!r} is a {type(content).__name__}; give bytes, or the path of a file."
            )
        length, crc = _measure(source)
        if name == INDEX_NAME:
            self._index = self._parsed_index(source, length)
        try:
            self._zip.add(name, length, crc, _pieces(source))
        except ValueError:
            raise DDUFExportError(
                f"The content of entry {name!r} changed while it was read; export again when nobody writes to it."
            ) from None

    def _parsed_index(self, source: Path | memoryview, length: int) -> Any:
        try:
            if length > INDEX_MAX_BYTES:
                raise Objection(f"its {INDEX_NAME} has {length:,} bytes, and {INDEX_MAX_BYTES:,} is the most")
            return parse_index(b"".join(_pieces(source)))
        except Objection as objection:
            raise self._refused(objection) from None

    def _refused(self, objection: Objection) -> DDUFExportError:
        return DDUFExportError(
            f"{str(self._path)!r} was not written: {objection}. Give the files of a whole pipeline, as a diffusers "
            "pipeline saves them."
        )


def _source(content: Content) -> Path | memoryview | None:
    """Return where the bytes of an entry come from, or None when it is not a content."""
    match content:
        case str() | os.PathLike():
            return Path(content)
        case bytes() | bytearray() | memoryview() if memoryview(content).c_contiguous:
            return memoryview(content).cast("B")
    return None


def _measure(source: Path | memoryview) -> tuple[int, int]:
    """Return the length and the CRC-32 of what is to be written, which stand before it in the file."""
    length = crc = 0
    for piece in _pieces(source):
        length, crc = length + len(piece), zlib.crc32(piece, crc)
    return length, crc


def _pieces(source: Path | memoryview) -> Iterator[bytes | memoryview]:
    if isinstance(source, memoryview):
        yield source
        return
    with source.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
