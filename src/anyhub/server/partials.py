"""Large files that are coming from their beginning to their end: each goes on at the last byte that was taken.

The file in the folder is the truth: it outlives its connection and the server. Its hash is kept beside it in memory as
long as the server lives, so that a file which comes in many pieces is read by nobody a second time.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from anyhub import files, syscalls
from anyhub.errors import ConflictError, CorruptFileError, TooLargeError
from anyhub.values import Digest
from anyhub.writing import FileWriter

MOST_OPEN = 64
"""Files that are held open while nobody sends any of them."""
GRACE_SECONDS = 2.0
"""How long the request that sent a file until now may take to notice that it was cut."""


class Partial:
    """One file, of which the beginning is there. One request at a time adds to it, and a later one takes its place.

    Args:
        path (`Path`): The file, which need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.users = 0
        self._path = path
        self._free = threading.Condition()
        self._turn = 0
        self._busy = False
        self._open = ExitStack()
        self._writer: FileWriter | None = None
        self._hashed = False
        self._inode = (0, 0)

    @contextmanager
    def turn(self, arrival: int) -> Iterator[None]:
        """Let no request add to the file from now on that came before this one, which has a larger number.

        Raises:
            ConflictError: When a later one has the file already.
        """
        with self._free:
            self._free.wait_for(lambda: not self._busy or self._turn > arrival, GRACE_SECONDS)
            if arrival < self._turn:
                raise _superseded()
            self._turn, self._busy = arrival, True
            self._look()
        try:
            yield
        finally:
            with self._free:
                if self._turn == arrival:
                    self._busy = False
                    self._free.notify_all()

    @property
    def size(self) -> int:
        """How many bytes have come."""
        return self._path.stat().st_size if self._path.exists() else 0

    def append(self, turn: int, chunk: bytes, most: int) -> None:
        """Add bytes at the end.

        Raises:
            ConflictError: When another request has taken over.
            TooLargeError: When the file would become longer than ``most``; nothing is added.
            DiskFullError, ReadOnlyError: When the disk refuses.
        """
        with self._free:
            self._check(turn)
            writer = self._writer or self._begin()
            if writer.size + len(chunk) > most:
                raise TooLargeError(f"The file has {most:,} bytes, and more were sent.")
            try:
                with files.storage_errors(self._path):
                    writer.write(chunk, lasting=True)
            except BaseException:
                self.forget()  # how much of it was written is for the next look at the file
                raise

    def finish(self, turn: int, wanted: Digest, keep: Callable[[Path], object]) -> None:
        """Hand the whole file on when it is what was announced, and remove it when not.

        Raises:
            ConflictError: When another request has taken over.
            CorruptFileError: When it is something else.
        """
        with self._free:
            self._check(turn)
            if self._writer is None and not self._path.exists():
                self._begin()  # a file of no bytes
            found = self._writer.digest if self._writer and self._hashed else None
            self.forget()
            found = found or files.hash_file(self._path)
            if found != wanted:
                files.remove(self._path)
                raise CorruptFileError(
                    f"What came has the SHA-256 {found.sha256}, and {wanted.sha256} was announced. Send the file again."
                )
            keep(self._path)

    def forget(self) -> None:
        """Close the file; what it holds stays."""
        self._writer = None
        self._open.close()

    def _check(self, turn: int) -> None:
        if turn != self._turn:
            raise _superseded()

    def _look(self) -> None:
        """Close a file that is no longer the one that was opened, or not as long as what was written to it."""
        if self._writer is None:
            return
        with suppress(FileNotFoundError):
            status = self._path.stat()
            if (status.st_dev, status.st_ino) == self._inode and status.st_size == self._writer.size:
                return
        self.forget()

    def _begin(self) -> FileWriter:
        files.make_folder(self._path.parent)
        self._hashed = not self.size  # what a former server took is hashed at the end, when nobody waits to send more
        with ExitStack() as opened:
            self._writer = opened.enter_context(files.extend(self._path, hashing=self._hashed))
            lock = opened.enter_context(self._path.open("rb", buffering=0))
            if syscalls.lock(lock.fileno(), wait=False) is False:
                self._writer = None
                raise ConflictError("Another server takes this file right now. Try again later.")
            status = self._path.stat()
            self._inode = status.st_dev, status.st_ino
            self._open = opened.pop_all()
        return self._writer


def _superseded() -> ConflictError:
    return ConflictError("Another request goes on with this file. Ask how much of it has come, and send the rest.")


class Partials:
    """All files that are coming.

    Args:
        root (`Path`): The folder that they are in; made when the first one comes.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Partial] = OrderedDict()

    @contextmanager
    def of(self, upload: str) -> Iterator[Partial]:
        """Lend the file of an upload, which is named by hexadecimal digits."""
        with self._lock:
            partial = self._known.setdefault(upload, Partial(self._root / upload))
            self._known.move_to_end(upload)
            partial.users += 1
        try:
            yield partial
        finally:
            with self._lock:
                partial.users -= 1
                self._let_go()

    def has(self, upload: str) -> bool:
        """Return whether any of a file has come."""
        return (self._root / upload).exists()

    def close(self) -> None:
        """Close all files; the next server goes on with them."""
        with self._lock:
            for partial in self._known.values():
                partial.forget()
            self._known.clear()

    def _let_go(self) -> None:
        idle = [name for name, partial in self._known.items() if not partial.users]
        for name in idle:
            if len(self._known) > MOST_OPEN or not self.has(name):
                self._known.pop(name).forget()
