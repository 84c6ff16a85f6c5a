"""A blob store in memory, for hubs that leave nothing behind."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from anyhub import files
from anyhub.content.stores import check_size
from anyhub.values import Digest


class MemoryBlobStore:
    """Blobs in a dictionary."""

    def __init__(self) -> None:
        self._blobs: dict[str, bytes] = {}

    def adopt(self, staged: Path, digest: Digest) -> bool:
        """Read the file and remove it."""
        check_size(staged, digest)
        new = digest.sha256 not in self._blobs
        if new:
            self._blobs[digest.sha256] = staged.read_bytes()
        files.remove(staged)
        return new

    def open(self, sha256: str) -> BinaryIO:
        """Return a stream of the kept bytes."""
        if sha256 not in self._blobs:
            raise FileNotFoundError(sha256)
        return io.BytesIO(self._blobs[sha256])

    def path(self, sha256: str) -> Path | None:  # noqa: ARG002
        """Return None: no file holds these bytes."""
        return None

    def size(self, sha256: str) -> int | None:
        """Return the count of the kept bytes."""
        blob = self._blobs.get(sha256)
        return None if blob is None else len(blob)

    def remove(self, sha256: str) -> None:
        """Forget a blob."""
        self._blobs.pop(sha256, None)

    def __iter__(self) -> Iterator[str]:
        """Walk the names in order."""
        return iter(sorted(self._blobs))
