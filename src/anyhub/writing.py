"""A file that is hashed by a second thread while the system writes it, and notes of what such files hold.

This costs the longer of the two, not their sum: the SHA-256 of a gigabyte takes about as long as a good disk needs to
write it. The system is asked early to send bytes to the disk, so that an fsync at the end finds little left to do.
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

    Attributes:
        refusal (`OSError`, *optional*): What the system said when it would not write.
    """

    def __init__(self, fd: int) -> None:
        import hashlib

        self.refusal: OSError | None = None
        self._fd = fd
        self._size = 0
        self._hash = hashlib.sha256()
        self._hashing: ThreadPoolExecutor | None = None  # one thread: pieces are hashed in their order
        self._hashed: deque[tuple[int, Future[None]]] = deque()
        self._behind = 0
        self._sender: ThreadPoolExecutor | None = None
        self._sent = 0
        self._sending: Future[bool] | None = None

    @property
    def digest(self) -> Digest:
        """What has been written so far."""
        self._catch_up(0)
        return Digest(self._hash.hexdigest(), self._size)

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
        if view.nbytes < _WORTH_A_THREAD:
            self._write_small(view)
        else:
            self._write_large(view, lasting)

    def _write_small(self, view: memoryview) -> None:
        if self._hashed:  # it has its place behind what is not hashed yet
            self._hash_later(memoryview(bytes(view)))
        else:
            self._hash.update(view)
        self._put(view)

    def _write_large(self, view: memoryview, lasting: bool) -> None:
        # Hashing stays near to writing, so that a mapped file larger than memory is read from disk once.
        allowed = _MOST_BEHIND if lasting else PIECE
        try:
            for start in range(0, view.nbytes, PIECE):
                piece = view[start : start + PIECE]
                self._catch_up(allowed - piece.nbytes)
                self._hash_later(piece)
                self._put(piece)
        finally:
            if not lasting:
                self._catch_up(0)

    def _hash_later(self, piece: memoryview) -> None:
        if self._hashing is None:
            self._hashing = _one_thread()
        self._hashed.append((piece.nbytes, self._hashing.submit(self._hash.update, piece)))
        self._behind += piece.nbytes

    def _catch_up(self, most: int) -> None:
        """Wait until at most so many bytes are written and not hashed."""
        while self._hashed and self._behind > most:
            size, hashed = self._hashed.popleft()
            hashed.result()
            self._behind -= size

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
        for threads in (self._hashing, self._sender):
            if threads:
                threads.shutdown()


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
