"""The payload of a commit: one JSON object per line, read and written as it streams.

The first line is ``{"key": "header", "value": {…}}``; each other one is an operation: ``file`` with the content in
base64, ``lfsFile`` with the digest of a large file that was sent before, ``deletedFile``, ``deletedFolder``, or, beyond
what stock clients send, ``copyFile``. Sources: https://ndjson.org and the clients that send it.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from anyhub.errors import TooLargeError, ValidationError
from anyhub.values import AddFile, Changes, CopyFile, DeleteFile, DeleteFolder, Digest

CONTENT_TYPE = "application/x-ndjson"

MAX_OPERATIONS = 25_000
MAX_FILE_BYTES = 10_000_000
MAX_TEXT = 100_000
_MAX_LINE = MAX_FILE_BYTES * 4 // 3 + 100_000
_PIECE = 3 * 256 * 1024  # a multiple of three bytes, so that pieces in base64 can be joined
_SHA256 = re.compile(r"[0-9a-f]{64}")
_OID = re.compile(r"[0-9a-f]{5,40}")
_NOT_TEXT = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Header:
    """What is said of a commit as a whole.

    Attributes:
        message, description (`str`): Its title and its body.
        parent (`str`, *optional*): The commit, in full or shortened, that the branch has to be at.
        base (`str`, *optional*): The commit that the caller looked at.
    """

    message: str
    description: str = ""
    parent: str | None = None
    base: str | None = None


@dataclass(frozen=True, slots=True)
class Inline:
    """A file that came within the payload."""

    path: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Large:
    """A large file that was sent before; one that is copied comes without its size."""

    path: str
    sha256: str
    size: int | None


Operation: TypeAlias = Inline | Large | DeleteFile | DeleteFolder | CopyFile


# -- writing


def spell(header: Header, changes: Changes, content: Callable[[AddFile], Iterable[bytes]]) -> Iterator[bytes]:
    """Write a payload, piece by piece.

    Args:
        header (`Header`): What is said of the commit.
        changes: What it does. A file whose source is a `Digest` is a large one that was sent before.
        content: Gives the bytes, in pieces of any size, of each other file.
    """
    yield _line("header", _header(header))
    for change in changes:
        match change:
            case AddFile(source=Digest() as digest):
                value = {"path": change.path, "algo": "sha256", "oid": digest.sha256, "size": digest.size}
                yield _line("lfsFile", value)
            case AddFile():
                yield from _file(change.path, content(change))
            case DeleteFile():
                yield _line("deletedFile", {"path": change.path})
            case DeleteFolder():
                yield _line("deletedFolder", {"path": change.path})
            case CopyFile():
                revision = {} if change.revision is None else {"srcRevision": change.revision}
                yield _line("copyFile", {"path": change.path, "srcPath": change.source, **revision})


def _header(header: Header) -> dict[str, str]:
    value = {"summary": header.message, "description": header.description}
    if header.parent is not None:
        value["parentCommit"] = header.parent
    if header.base is not None:
        value["baseCommit"] = header.base
    return value


def _line(key: str, value: dict[str, Any]) -> bytes:
    return json.dumps({"key": key, "value": value}).encode() + b"\n"


def _file(path: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
    yield b'{"key": "file", "value": {"path": %s, "encoding": "base64", "content": "' % json.dumps(path).encode()
    for piece in _evenly(pieces):
        yield base64.b64encode(piece)
    yield b'"}}\n'


def _evenly(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in pieces that are, but for the last, a multiple of three bytes long."""
    kept = b""
    for piece in pieces:
        kept += piece
        whole = len(kept) - len(kept) % 3
        if whole >= _PIECE:
            yield kept[:whole]
            kept = kept[whole:]
    if kept:
        yield kept


# -- reading


def read(pieces: Iterable[bytes], *, max_bytes: int) -> tuple[Header, Iterator[Operation]]:
    """Read a payload as it comes.

    Args:
        pieces: The bytes, in pieces of any size.
        max_bytes (`int`): How many bytes of files it may hold.

    Returns:
        The header, and the operations, which are read as they are asked for.

    Raises:
        ValidationError: When a line is not what it should be; the iterator raises it, too. It names the line.
        TooLargeError: When the payload is over a limit; it names the limit.
    """
    lines = _objects(pieces)
    number, key, value = next(lines, (1, "", {}))
    if key != "header":
        raise ValidationError("The first line of a commit has to be its header. Send {'key': 'header', 'value': …}.")
    return _read_header(number, value), _operations(lines, max_bytes)


def _operations(lines: Iterator[tuple[int, str, dict[str, Any]]], max_bytes: int) -> Iterator[Operation]:
    taken = 0
    for count, (number, key, value) in enumerate(lines, start=1):
        if count > MAX_OPERATIONS:
            raise TooLargeError(f"A commit may have at most {MAX_OPERATIONS:,} operations. Make several commits.")
        reader = _READERS.get(key)
        if reader is None:
            raise ValidationError(f"Line {number} of the commit has the unknown key {key[:40]!r}.")
        operation = reader(number, value)
        if isinstance(operation, Inline):
            taken += len(operation.content)
            if taken > max_bytes:
                raise TooLargeError(
                    f"The files in one commit's request may have at most {max_bytes:,} bytes together."
                    " Send large files with Git LFS, or make several commits."
                )
        yield operation


def _objects(pieces: Iterable[bytes]) -> Iterator[tuple[int, str, dict[str, Any]]]:
    number = 0
    for number, line in enumerate(_lines(pieces), start=1):
        if line.strip():
            try:
                content = json.loads(line)
            except (ValueError, RecursionError):
                raise ValidationError(
                    f"Line {number} of the commit is not JSON. Send one object on each line."
                ) from None
            if not isinstance(content, dict) or not isinstance(content.get("value"), dict):
                raise ValidationError(f"Line {number} of the commit is not an object with 'key' and 'value'.")
            yield number, str(content.get("key")), content["value"]


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    kept: list[bytes] = []
    length = 0
    for piece in pieces:
        *whole, rest = piece.split(b"\n")
        for line in whole:
            yield b"".join([*kept, line]) if length + len(line) <= _MAX_LINE else _refuse_line()
            kept, length = [], 0
        kept.append(rest)
        length += len(rest)
        if length > _MAX_LINE:
            _refuse_line()
    if length:
        yield b"".join(kept)


def _refuse_line() -> bytes:
    raise TooLargeError(
        f"A file in a commit's request may have at most {MAX_FILE_BYTES:,} bytes. Send larger ones with Git LFS."
    )


def _read_header(number: int, value: dict[str, Any]) -> Header:
    parent, base = (_optional_oid(number, value, name) for name in ("parentCommit", "baseCommit"))
    description = _text(number, value, "description", "", most=MAX_TEXT)
    return Header(_text(number, value, "summary", "", most=MAX_TEXT), description, parent, base)


def _optional_oid(number: int, value: dict[str, Any], name: str) -> str | None:
    if not value.get(name):
        return None
    text = _text(number, value, name)
    if _OID.fullmatch(text) is None:
        raise ValidationError(f"{name!r} of the commit is not a commit id of 5 to 40 digits but {text[:60]!r}.")
    return text


def _read_file(number: int, value: dict[str, Any]) -> Inline:
    path = _text(number, value, "path")
    if value.get("encoding", "base64") == "utf-8":
        content = _text(number, value, "content", most=_MAX_LINE).encode("utf-8", "surrogatepass")
    else:
        content = _decoded(number, path, _text(number, value, "content", most=_MAX_LINE))
    if len(content) > MAX_FILE_BYTES:
        _refuse_line()
    return Inline(path, content)


def _decoded(number: int, path: str, text: str) -> bytes:
    try:
        return binascii.a2b_base64(text.encode("ascii"), strict_mode=True) if text else b""
    except (ValueError, UnicodeEncodeError):
        raise ValidationError(f"Line {number} of the commit: the content of {path[:100]!r} is not base64.") from None


def _read_large(number: int, value: dict[str, Any]) -> Large:
    path, oid, size = _text(number, value, "path"), _text(number, value, "oid"), value.get("size")
    if value.get("algo", "sha256") != "sha256" or _SHA256.fullmatch(oid) is None:
        raise ValidationError(f"Line {number} of the commit: {path[:100]!r} is not given by its SHA-256.")
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 0):
        raise ValidationError(f"Line {number} of the commit: the size of {path[:100]!r} is not a count of bytes.")
    return Large(path, oid, size)


def _read_copy(number: int, value: dict[str, Any]) -> CopyFile:
    revision = _text(number, value, "srcRevision") if value.get("srcRevision") else None
    return CopyFile(_text(number, value, "path"), _text(number, value, "srcPath"), revision)


_READERS: dict[str, Callable[[int, dict[str, Any]], Operation]] = {
    "file": _read_file,
    "lfsFile": _read_large,
    "deletedFile": lambda number, value: DeleteFile(_text(number, value, "path")),
    "deletedFolder": lambda number, value: DeleteFolder(_text(number, value, "path").rstrip("/")),
    "copyFile": _read_copy,
}


def _text(number: int, value: dict[str, Any], name: str, default: str | None = None, *, most: int = 10_000) -> str:
    text = value.get(name, default)
    if text is None and default is not None:
        text = default
    if not isinstance(text, str):
        raise ValidationError(f"Line {number} of the commit has no {name!r}, or one that is not a text.")
    if len(text) > most:
        raise TooLargeError(f"Line {number} of the commit: {name!r} may have at most {most:,} characters.")
    if most <= MAX_TEXT and _NOT_TEXT.search(text):
        raise ValidationError(f"Line {number} of the commit: {name!r} has a NUL or half a character in it.")
    return text
