"""What git sends to whoever fetches: references and objects, made by ``git upload-pack`` as they are read.

Source: the Git documentation, "gitprotocol-http" (smart clients) and "gitprotocol-v2".
"""

from __future__ import annotations

import logging
import re
import threading
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from anyhub.errors import CorruptFileError, StorageError, ValidationError
from anyhub.git.process import Git
from anyhub.wire.pktline import FLUSH, packet

MAX_REQUEST_BYTES = 64 * 2**20
"""How long a request for objects may be: 65 bytes for each commit that the client has or wants."""

log = logging.getLogger("anyhub.git")

MOST_AT_ONCE = 64
"""How many answers are made at once: each is a git of its own for as long as its client takes to read it."""

_SECONDS = 6 * 3600.0
_PATIENCE = 30.0
_free = threading.BoundedSemaphore(MOST_AT_ONCE)
_MAX_REFS_BYTES = 256 * 2**20
_PIECE = 2**16
_PROTOCOL = re.compile(r"[a-z0-9=:.-]{0,100}")


def advertisement(git_dir: Path, protocol: str) -> bytes:
    """Return what a client is told first: the references, or what the server can do.

    Args:
        git_dir (`Path`): The repository.
        protocol (`str`): The header ``Git-Protocol`` of the request; empty for version 0.

    Raises:
        CorruptFileError: When git can not read the repository.
    """
    with Git(
        git_dir,
        "upload-pack",
        "--http-backend-info-refs",
        "--end-of-options",
        str(git_dir),
        seconds=_SECONDS,
        environment=_protocol(protocol),
    ) as git:
        git.feed(())
        refs = git.output(_MAX_REFS_BYTES)
        _check(git)
    return refs if _is_version_2(protocol) else packet(b"# service=git-upload-pack\n") + FLUSH + refs


def references(git_dir: Path) -> list[tuple[str, str]]:
    """Return the full name of each reference and the id that it has, of the tag object for an annotated tag."""
    with Git(git_dir, "for-each-ref", "--format=%(objectname) %(refname)", seconds=_SECONDS) as git:
        git.feed(())
        lines = git.output(_MAX_REFS_BYTES).decode().splitlines()
        _check(git)
    return [(name, oid) for oid, _, name in (line.partition(" ") for line in lines)]


class Objects:
    """The answer to a request for objects, made while it is read.

    Args:
        lent: Lends the repository; returned when the answer has been read, or is closed.
        request (`bytes`): What the client wants and has.
        protocol (`str`): The header ``Git-Protocol`` of the request.

    Raises:
        StorageError: When `MOST_AT_ONCE` others are being answered, and stay so.
    """

    def __init__(self, lent: AbstractContextManager[Path], request: bytes, protocol: str) -> None:
        self._held = ExitStack()
        if not _free.acquire(timeout=_PATIENCE):
            raise StorageError(f"The hub sends objects to {MOST_AT_ONCE} clients already. Try again in a minute.")
        self._held.callback(_free.release)
        try:
            git_dir = self._held.enter_context(lent)
            command = ("upload-pack", "--stateless-rpc", "--end-of-options", str(git_dir))
            self._git = self._held.enter_context(
                Git(git_dir, *command, seconds=_SECONDS, environment=_protocol(protocol))
            )
        except BaseException:
            self._held.close()
            raise
        self._git.feed_later(request)

    def __iter__(self) -> Objects:
        return self

    def __next__(self) -> bytes:
        pieces, size = [], 0
        while size < _PIECE and (piece := self._git.read()):
            pieces.append(piece)
            size += len(piece)
        if not pieces:
            self.close()
            raise StopIteration
        return b"".join(pieces)

    def close(self) -> None:
        """End git, when it has not ended; nothing more can be read."""
        self._held.close()

    def __del__(self) -> None:
        if hasattr(self, "_held"):
            self._held.close()


def _protocol(header: str) -> dict[str, str]:
    """Return the variable by which git learns what the client asked for.

    Raises:
        ValidationError: When it is not of the form that git's clients send.
    """
    if not _PROTOCOL.fullmatch(header):
        raise ValidationError("The header Git-Protocol is malformed; send 'version=2', or leave it out.")
    return {"GIT_PROTOCOL": header} if header else {}


def _is_version_2(header: str) -> bool:
    return "version=2" in header.split(":")


def _check(git: Git) -> None:
    if git.wait():
        log.error("git: %s", git.complaint)  # it names folders of this machine, which is nothing for clients
        raise CorruptFileError("git can not read this repository; the log of the hub says why. Ask who runs it.")
