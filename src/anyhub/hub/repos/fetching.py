"""The content of one file, from a hub on this machine into a file of the caller's: shared where it can be, checked."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO

from anyhub import files
from anyhub.errors import CorruptFileError
from anyhub.progress import Update
from anyhub.values import Digest, Entry, RepoId

_PIECE = 2**20


def share(repo: RepoId, entry: Entry, source: Path, destination: Path, update: Update) -> Digest:
    """Make a file share the bytes of the hub's own; one that has to be copied is read anyhow, and so it is checked.

    Raises:
        CorruptFileError: When the content is not what the entry says; nothing is left of it.
        DiskFullError, ReadOnlyError: When the disk refuses.
    """
    if (size := source.stat().st_size) != entry.size:
        raise corrupt(repo, entry, f"is {size} bytes long in the hub's own folder ({source})")
    with files.storage_errors(destination, entry.size), files.recording() as written:
        files.share(source, destination)
    copied = written.digest(destination)
    if copied is not None and copied.sha256 != entry.sha256:
        files.remove(destination)
        raise corrupt(repo, entry, f"has the digest {copied.sha256} in the hub's own folder ({source})")
    update(size)
    return Digest(entry.etag, size)


def stream(repo: RepoId, entry: Entry, content: BinaryIO, destination: Path, update: Update) -> Digest:
    """Write a file of what a stream gives, which is closed.

    Raises:
        CorruptFileError: When the content is not what the entry says; nothing is left of it.
        DiskFullError, ReadOnlyError: When the disk refuses.
    """
    git_id = hashlib.sha1(b"blob %d\0" % entry.size, usedforsecurity=False)
    files.remove(destination)
    with content, files.create(destination) as writer:
        while piece := content.read(_PIECE):
            git_id.update(piece)
            writer.write(piece)
            update(len(piece))
            if writer.size > entry.size:  # whoever gives without end is not listened to until the disk is full
                raise corrupt(repo, entry, f"is longer than the {entry.size} bytes that the hub announced")
        digest = writer.digest
        if digest.size != entry.size:
            raise corrupt(repo, entry, f"has {digest.size} bytes instead of {entry.size}")
        found = digest.sha256 if entry.sha256 else git_id.hexdigest()
        if found != entry.etag:
            raise corrupt(repo, entry, f"has the digest {found} instead of {entry.etag}")
    return digest


def corrupt(repo: RepoId, entry: Entry, what: str) -> CorruptFileError:
    """Return the error for content that is not what an entry says."""
    return CorruptFileError(
        f"{entry.path!r} of {str(repo)!r} {what}; nothing of it was kept. Try again, or ask whoever runs the hub."
    )
