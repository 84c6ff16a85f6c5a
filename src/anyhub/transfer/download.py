"""One file from a server into a partial file: it goes on where it was cut, and is checked as it comes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from anyhub import files
from anyhub.errors import CorruptFileError, HfHubHTTPError, NetworkError
from anyhub.progress import Update
from anyhub.transfer.http import Transport
from anyhub.transfer.messages import Incoming
from anyhub.values import Digest, Entry
from anyhub.writing import FileWriter

PIECE = 2**20
"""Bytes that are gathered before they are written: what a killed process may have to ask for again."""

_AT_ONCE = 2**18


def download(
    transport: Transport,
    url: str,
    entry: Entry,
    partial: Path,
    update: Update,
    headers: Mapping[str, str] | None = None,
) -> Digest:
    """Bring the content of a file into ``partial``, which may hold its beginning.

    What is not the announced content is removed and asked for once more from the beginning: a partial file that was
    damaged meanwhile should not stand in the way.

    Args:
        transport (`Transport`): Asks.
        url (`str`): Where the content is.
        entry (`Entry`): What it has to be.
        partial (`Path`): A file that nobody else writes.
        update: Told how many more bytes are there, those of the beginning included.
        headers (*optional*): What else to send.

    Raises:
        CorruptFileError: When it is not that content; ``partial`` is gone then.
        NetworkError, StalledError: When the server went away and did not come back; ``partial`` stays.
        DiskFullError, ReadOnlyError: When the disk refuses.
    """
    for may_try_again in (True, False):
        digest = _complete(_Question(transport, url, headers or {}), entry, partial, update)
        objection = _objection(entry, digest, partial)
        if objection is None:
            return digest
        files.remove(partial)
        update(-digest.size)
        if not may_try_again:
            break
    raise CorruptFileError(f"{entry.path!r} {objection}; nothing of it was kept. Ask whoever runs the hub.")


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked for, again and again until all is there."""

    transport: Transport
    url: str
    headers: Mapping[str, str]


def _complete(question: _Question, entry: Entry, partial: Path, update: Update) -> Digest:
    failures, patience = 0, question.transport.patience
    with files.extend(partial, update) as writer:
        while (have := writer.size) < entry.size:
            try:
                _receive(question, entry, writer, update)
            except HfHubHTTPError as error:
                if error.status != 416:
                    raise
                break  # the server holds the file to be shorter
            except NetworkError as error:
                failures = 1 if writer.size > have else failures + 1
                if failures >= patience.tries or getattr(error, "certain", False):
                    raise type(error)(
                        f"{error.message.rstrip('.')}. {writer.size:,} of {entry.size:,} bytes of {entry.path!r} are"
                        " here; the next call goes on from there."
                    ) from None
                patience.wait(failures)
            else:
                if writer.size < entry.size:
                    break  # the server says that this is all
        return writer.digest


def _receive(question: _Question, entry: Entry, writer: FileWriter, update: Update) -> None:
    """Append what comes, up to one byte more than there may be."""
    wanted = {"Range": f"bytes={writer.size}-"} if writer.size else {}
    incoming = question.transport.stream("GET", question.url, headers={**question.headers, **wanted})
    try:
        skip = _to_pass_over(incoming, writer.size)
        for piece in _gathered(incoming):
            new = piece[skip:] if skip else piece
            skip = max(0, skip - len(piece))
            new = new[: entry.size + 1 - writer.size]
            writer.write(new, lasting=True)
            update(len(new))
            if writer.size > entry.size:
                return
    finally:
        incoming.close()


def _to_pass_over(incoming: Incoming, have: int) -> int:
    """Return how many bytes of the answer are here already: none where the server kept to the range, else all."""
    if incoming.status != 206:
        return have
    found = re.fullmatch(r"bytes ([0-9]{1,18})-[0-9]+/(?:[0-9]+|\*)", incoming.headers.get("content-range", ""))
    if found is None or int(found[1]) > have:
        raise HfHubHTTPError("The hub answered another range than it was asked for. Ask whoever runs it.", status=206)
    return have - int(found[1])


def _gathered(incoming: Incoming) -> Iterator[bytes]:
    """Yield pieces of `PIECE` bytes; at the end, and before a failure, what came beyond the last."""
    pieces: list[bytes] = []
    size = 0
    try:
        while piece := incoming.read1(min(_AT_ONCE, PIECE - size)):
            pieces.append(piece)
            size += len(piece)
            if size >= PIECE:
                yield b"".join(pieces)
                pieces, size = [], 0
    except NetworkError:
        if pieces:
            yield b"".join(pieces)
        raise
    if pieces:
        yield b"".join(pieces)


def _objection(entry: Entry, digest: Digest, partial: Path) -> str | None:
    """Say what is wrong with what came, or None."""
    if digest.size != entry.size:
        more = "more than " if digest.size > entry.size else ""
        return f"came with {more}{min(digest.size, entry.size):,} bytes instead of {entry.size:,}"
    found = digest.sha256 if entry.sha256 else git_blob_id(partial)
    if found != entry.etag:
        return f"came with the digest {found} instead of {entry.etag}"
    return None


def git_blob_id(file: Path) -> str:
    """Return the id that git gives to the content of a file."""
    named = hashlib.sha1(b"blob %d\0" % file.stat().st_size, usedforsecurity=False)
    with file.open("rb") as stream:
        while piece := stream.read(PIECE):
            named.update(piece)
    return named.hexdigest()
