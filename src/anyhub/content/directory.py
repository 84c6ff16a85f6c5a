"""A blob store that is a directory.

::

    <root>/ab/cd/abcd0123…   the blob of that SHA-256, read-only; ``sha256sum`` of the file prints its name

The two folders keep each directory small. A snapshot in the cache may be a hard link of the same file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from anyhub import files
from anyhub.content.stores import check_size
from anyhub.values import Digest


class DirectoryBlobStore:
    """Blobs below ``root``; adopting a file of the same file system renames it and copies nothing."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def adopt(self, staged: Path, digest: Digest) -> bool:
        """Sync the file and rename it to its name; a blob of the wrong size, left by a broken disk, is replaced."""
        check_size(staged, digest)
        if self.size(digest.sha256) == digest.size:
            files.remove(staged)
            return False
        final = self._place(digest.sha256)
        files.make_folder(final.parent)
        files.publish(staged, final, read_only=True)
        return True

    def open(self, sha256: str) -> BinaryIO:
        """Open the blob's file."""
        return self._place(sha256).open("rb")

    def path(self, sha256: str) -> Path | None:
        """Return the blob's file."""
        place = self._place(sha256)
        return place if place.is_file() else None

    def size(self, sha256: str) -> int | None:
        """Ask the file system."""
        try:
            return self._place(sha256).stat().st_size
        except FileNotFoundError:
            return None

    def remove(self, sha256: str) -> None:
        """Remove the blob's file; a hard link to it elsewhere keeps the bytes."""
        files.remove(self._place(sha256))

    def __iter__(self) -> Iterator[str]:
        """Walk the folders in order."""
        for path in sorted(self._root.glob("??/??/*")):
            yield path.name

    def _place(self, sha256: str) -> Path:
        return self._root / sha256[:2] / sha256[2:4] / sha256
