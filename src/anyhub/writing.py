"""A file that is hashed by a second thread while the system writes it, and notes of what such files hold.

With hashing it takes the longer of the two, not their sum: the SHA-256 of a gigabyte takes about as long as a good disk
needs to write it. The system is asked early to send bytes to the disk, so that an fsync at the end finds little to do.
"""

from __future__ import annotations

import os
from collections import deque
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from anyhub import syscalls
from anyhub.values import Digest

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor
    from types import TracebackType

    from typing_extensions import Buffer

PIECE = 16 * 2**20
_WORTH_A_THREAD = 2**20
_MOST_BEHIND = 16 * PIECE

current: ContextVar[Recording | None] = ContextVar("current", default=None)


class FileWriter:
    """Writes a file from the beginning to the end, and hashes it meanwhile.

    Args:
        fd (`int`): The descriptor of an empty file that is open for writing; closed by whoever opened it.
        hashing (`bool`): Whether anybody will ask for the digest.
        most_behind (`int`): How many bytes that stay as they are may wait to be hashed.

    Attributes:
        refusal (`OSError`, *optional*): What the system said when it would not write.
    """

    def __init__(self, fd: int, *, hashing: bool = True, most_behind: int = _MOST_BEHIND) -> None:
        self.refusal: OSError | None = None
        self._fd = fd
        self._most_behind = most_behind
        self._size = 0
        self._hashing = Hashing() if hashing else None
        self._sender: ThreadPoolExecutor | None = None
        self._sent = 0
        self._sending: Future[bool] | None = None

    @property
    def digest(self) -> Digest:
        """What has been written so far."""
        assert self._hashing, "opened without hashing"
        return Digest(self._hashing.hexdigest(), self._size)

    @property
    def size(self) -> int:
        """How many bytes the file has."""
        return self._size

    def passed(self, view: memoryview) -> None:
        """Take bytes that the file has already into its digest, from its beginning on."""
        if self._hashing:
            self._hashing.add(view)
        self._size += view.nbytes
        self._sent = self._size

    def skip(self, size: int) -> None:
        """Go on behind bytes that the file has already, which nobody asks the digest of."""
        self._size = self._sent = size

    def write(self, buffer: Buffer, *, lasting: bool = False) -> None:
        """Append the bytes of a buffer, without copying them.

        Args:
            buffer: Anything C-contiguous that `memoryview` takes, of any size.
            lasting (`bool`): The buffer stays as it is until the file is closed, so that hashing may fall behind
                writing. Else it may be changed once this returns.

        Raises:
            DiskFullError, ReadOnlyError: When the disk refuses.
        """
        view = memoryview(buffer)
        if not view.nbytes:
            return
        view = view.cast("B")
        if self._hashing is None:
            self._put_pieces(view)
        elif view.nbytes < _WORTH_A_THREAD:
            self._hashing.add(view)
            self._put(view)
        else:
            self._write_large(view, self._hashing, lasting)

    def _put_pieces(self, view: memoryview) -> None:
        for start in range(0, view.nbytes, PIECE):
            self._put(view[start : start + PIECE])

    def _write_large(self, view: memoryview, hashing: Hashing, lasting: bool) -> None:
        # Hashing stays near to writing, so that a mapped file larger than memory is read from disk once.
        allowed = self._most_behind if lasting else PIECE
        try:
            for start in range(0, view.nbytes, PIECE):
                piece = view[start : start + PIECE]
                hashing.catch_up(allowed - piece.nbytes)
                hashing.add_later(piece)
                self._put(piece)
        finally:
            if not lasting:
                hashing.catch_up(0)

    def _put(self, view: memoryview) -> None:
        try:
            while view.nbytes:
                written = os.write(self._fd, view)
                self._size += written
                view = view[written:]
        except OSError as error:
            self.refusal = error
            raise
        if self._size - self._sent >= PIECE and (self._sending is None or self._sending.done()):
            offset, self._sent = self._sent, self._size
            if self._sender is None:
                self._sender = _one_thread()
            self._sending = self._sender.submit(syscalls.start_writing_back, self._fd, offset, self._sent - offset)

    def __enter__(self) -> FileWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._hashing:
            self._hashing.close()
        if self._sender:
            self._sender.shutdown()


class Hashing:
    """The SHA-256 of bytes that come one after the other, computed by a second thread where they are many."""

    def __init__(self) -> None:
        import hashlib

        self._hash = hashlib.sha256()
        self._thread: ThreadPoolExecutor | None = None  # one: pieces are hashed in their order
        self._waiting: deque[tuple[int, Future[None]]] = deque()
        self._behind = 0

    def hexdigest(self) -> str:
        """Return the hash of all that was added."""
        self.catch_up(0)
        return self._hash.hexdigest()

    def add(self, view: memoryview) -> None:
        """Add bytes that may be changed once this returns."""
        if self._waiting:  # it has its place behind what is not hashed yet
            self.add_later(memoryview(bytes(view)))
        else:
            self._hash.update(view)

    def add_later(self, piece: memoryview) -> None:
        """Add bytes that stay as they are until they are hashed."""
        if self._thread is None:
            self._thread = _one_thread()
        self._waiting.append((piece.nbytes, self._thread.submit(self._hash.update, piece)))
        self._behind += piece.nbytes

    def catch_up(self, most: int) -> None:
        """Wait until at most so many bytes are added and not hashed."""
        while self._waiting and self._behind > most:
            size, hashed = self._waiting.popleft()
            hashed.result()
            self._behind -= size

    def close(self) -> None:
        """Let the thread end once it has hashed what was added."""
        if self._thread:
            self._thread.shutdown()


def _one_thread() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(1, thread_name_prefix="anyhub-write")


class Recording:
    """The digests of the files that were written while it was made.

    A file is known by its inode, so that its digest follows it when it is renamed or linked, and by its size and time
    of modification, so that nothing is said about a file which was changed since.
    """

    def __init__(self, outer: Recording | None = None) -> None:
        self._outer = outer
        self._digests: dict[tuple[int, int, int, int], Digest] = {}

    def note(self, path: Path, digest: Digest) -> None:
        """Remember what a file holds that was just written."""
        self._digests[_identity(path)] = digest
        if self._outer:
            self._outer.note(path, digest)

    def digest(self, path: Path) -> Digest | None:
        """Return what a file holds, or None when it was not written here, or changed since."""
        try:
            return self._digests.get(_identity(path))
        except FileNotFoundError:
            return None


def _identity(path: Path) -> tuple[int, int, int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
