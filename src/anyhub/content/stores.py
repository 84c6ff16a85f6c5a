"""What a blob store is: files that are named by their SHA-256, kept once, and never changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from anyhub.errors import CorruptFileError
from anyhub.values import Digest


class BlobStore(Protocol):
    """Keeps blobs. Every implementation takes the exam `anyhub.testing.StoreSuite`.

    Every verb may be called from many threads and processes at once. A blob that is there is whole: its name appears
    only once all its bytes are durable.
    """

    def adopt(self, staged: Path, digest: Digest) -> bool:
        """Take a finished file of this content, which the caller vouches for; it is gone from where it was.

        Returns:
            `bool`: Whether the blob is new. When it was there already, the file is removed.

        Raises:
            CorruptFileError: When the file is not of the digest's size.
            DiskFullError, ReadOnlyError: When the store can not keep it; then the file stays where it is.
        """

    def open(self, sha256: str) -> BinaryIO:
        """Return a seekable stream of a blob, which the caller closes.

        Raises:
            FileNotFoundError: When the store does not have it.
        """

    def path(self, sha256: str) -> Path | None:
        """Return the read-only file on this machine that holds a blob, or None when there is no such file."""

    def size(self, sha256: str) -> int | None:
        """Return the bytes of a blob, or None when the store does not have it."""

    def remove(self, sha256: str) -> None:
        """Remove a blob, when it is there."""

    def __iter__(self) -> Iterator[str]:
        """Walk the names of all blobs."""


def check_size(staged: Path, digest: Digest) -> None:
    """Refuse a staged file that is not of the size that was hashed.

    Raises:
        CorruptFileError: When it is not.
    """
    size = staged.stat().st_size
    if size != digest.size:
        raise CorruptFileError(
            f"{staged.name} has {size} bytes where {digest.size} were hashed: it changed meanwhile. Push again."
        )
