"""Large files that are coming in parts: each part is a file of its own until all are there.

::

    <root>/<upload>/7       part 7, whole; its ETag follows from its size and the time at which it came
    <root>/<upload>         the beginning of a file that comes as one (`anyhub.server.partials`)

They outlive the server. What nobody added to for longer than an upload may take is removed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from anyhub import files, temporary
from anyhub.errors import CorruptFileError, TooLargeError, ValidationError
from anyhub.server.partials import Partials
from anyhub.values import Digest

_PIECE = 8 * 2**20


class Uploads:
    """The parts of all uploads.

    Args:
        root (`Path`): The folder that they are in; made when the first part comes.
        keep_seconds (`int`): For how long a part is kept after it came.
        clock: Tells the time, in seconds since 1970.

    Attributes:
        partials (`Partials`): The files that come from their beginning to their end.
    """

    def __init__(self, root: Path, keep_seconds: int, clock: Callable[[], float] = time.time) -> None:
        self._root = root
        self._keep_seconds = keep_seconds
        self._clock = clock
        self.partials = Partials(root)

    def put(self, upload: str, number: int, size: int, chunks: Iterable[bytes]) -> str:
        """Keep a part, in place of one of the same number, and return its ETag.

        Args:
            upload (`str`): Which upload: hexadecimal digits.
            number (`int`): Which part.
            size (`int`): How many bytes it has.
            chunks: The bytes.

        Raises:
            CorruptFileError: When there are fewer bytes.
            TooLargeError: When there are more.
            DiskFullError, ReadOnlyError: When the disk refuses.
        """
        self.sweep()
        folder = self._root / upload
        files.make_folder(folder)
        with temporary.scratch(folder) as scratch:
            staged = scratch / "part"
            with files.create(staged, hashing=False) as writer:
                for chunk in bounded(chunks, size, f"Part {number}"):
                    writer.write(chunk)
            final = folder / str(number)
            files.rename(staged, final)
        return _etag(final)

    def received(self, upload: str) -> dict[int, str]:
        """Return the ETags of the parts that are there, by number."""
        folder = self._root / upload
        parts = folder.iterdir() if folder.is_dir() else ()
        return {int(path.name): _etag(path) for path in parts if path.name.isdecimal()}

    def join(self, upload: str, etags: Iterable[tuple[int, str]], count: int, destination: Path) -> Digest:
        """Write all parts, in their order, as one new file, and return what it holds.

        Args:
            upload (`str`): Which upload.
            etags: What whoever sent the parts was told of each, by number.
            count (`int`): How many parts there have to be.
            destination (`Path`): The file, which does not exist yet.

        Raises:
            ValidationError: When a part is missing, named twice, or not the one that was sent; names the part.
        """
        self._check(dict(enumerate(etags, 1)), self.received(upload), count)
        with files.create(destination) as writer:
            for number in range(1, count + 1):
                with (self._root / upload / str(number)).open("rb", buffering=0) as part:
                    while piece := part.read(_PIECE):
                        writer.write(piece)
        return writer.digest

    def remove(self, upload: str) -> None:
        """Remove all parts of an upload."""
        files.remove_tree(self._root / upload)

    def _check(self, named: dict[int, tuple[int, str]], received: dict[int, str], count: int) -> None:
        for position in range(1, max(count, len(named)) + 1):
            number, etag = named.get(position, (0, ""))
            if position > count or number != position:
                given = f"it has {number} there" if position in named else "its list ends before"
                raise ValidationError(
                    f"The file has the parts 1 to {count}, and part {position} is not in place: {given}."
                )
            if received.get(position) is None:
                raise ValidationError(f"Part {position} has not come. Send it again.")
            if received[position] != etag.strip('"'):
                raise ValidationError(f"Part {position} is not the one with the ETag {etag[:80]!r}. Send it again.")

    def sweep(self) -> None:
        """Remove uploads to which nothing was added for too long."""
        if not self._root.is_dir():
            return
        oldest = self._clock() - self._keep_seconds
        for folder in self._root.iterdir():
            with suppress(OSError):  # another thread removed it
                if folder.stat().st_mtime < oldest:
                    files.remove_tree(folder)


def bounded(chunks: Iterable[bytes], size: int, what: str) -> Iterable[bytes]:
    """Walk the chunks of a body that has to have exactly so many bytes.

    Raises:
        TooLargeError: When more come, before they are handed on.
        CorruptFileError: When fewer come.
    """
    count = 0
    for chunk in chunks:
        count += len(chunk)
        if count > size:
            raise TooLargeError(f"{what} has {size:,} bytes, and more were sent.")
        yield chunk
    if count < size:
        raise CorruptFileError(f"{what} has {size:,} bytes, and only {count:,} were sent. Send it again.")


def _etag(path: Path) -> str:
    status = path.stat()
    return f"{status.st_size:x}-{status.st_mtime_ns:x}"
