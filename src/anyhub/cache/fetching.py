"""The content of one file, from the hub into the cache: shared where the hub is on this machine, else checked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from anyhub import files
from anyhub.errors import CorruptFileError
from anyhub.values import Digest, Entry, RepoId

if TYPE_CHECKING:
    from anyhub.hub.interface import ReadsRepos

_PIECE = 2**20


def fetch_blob(
    hub: ReadsRepos, repo: RepoId, entry: Entry, blob: Path, staging: Path, update: Callable[[int], object]
) -> None:
    """Give a name to the content of a file, which appears whole and checked, or not at all.

    Args:
        hub (`ReadsRepos`): Has the content.
        repo (`RepoId`): In which repository.
        entry (`Entry`): Which file.
        blob (`Path`): The name; what has it is replaced.
        staging (`Path`): A folder on the same file system.
        update: Told how many more bytes have come.

    Raises:
        CorruptFileError: When the content is not what the entry says.
        DiskFullError, ReadOnlyError: When the disk refuses.
    """
    source = hub.local_path(repo, entry)
    if source is None:
        staged = staging / entry.etag
        _download(hub, repo, entry, staged, update)
        files.publish(staged, blob, read_only=True)
        return
    if (size := source.stat().st_size) != entry.size:
        raise _corrupt(repo, entry, f"is {size} bytes long in the hub's own folder ({source})")
    _share(repo, entry, source, blob, staging / entry.etag)
    update(size)


def _share(repo: RepoId, entry: Entry, source: Path, blob: Path, staged: Path) -> None:
    """Link the hub's own file; one that has to be copied is read anyhow, and so it is checked."""
    with files.storage_errors(blob, entry.size):
        with files.recording() as written:
            files.share(source, staged)
        copied = written.digest(staged)
        if copied is not None and copied.sha256 != entry.sha256:
            raise _corrupt(repo, entry, f"has the digest {copied.sha256} in the hub's own folder ({source})")
        files.rename(staged, blob)


def _download(hub: ReadsRepos, repo: RepoId, entry: Entry, staged: Path, update: Callable[[int], object]) -> None:
    git_id = hashlib.sha1(b"blob %d\0" % entry.size, usedforsecurity=False)
    with hub.open(repo, entry) as stream, files.create(staged) as writer:
        while piece := stream.read(_PIECE):
            git_id.update(piece)
            writer.write(piece)
            update(len(piece))
            if writer.digest.size > entry.size:  # whoever sends without end is not listened to until the disk is full
                raise _corrupt(repo, entry, f"is longer than the {entry.size} bytes that the hub announced")
        _check(repo, entry, writer.digest, git_id.hexdigest())


def _check(repo: RepoId, entry: Entry, digest: Digest, git_id: str) -> None:
    if digest.size != entry.size:
        raise _corrupt(repo, entry, f"came with {digest.size} bytes instead of {entry.size}")
    found = digest.sha256 if entry.sha256 else git_id
    if found != entry.etag:
        raise _corrupt(repo, entry, f"came with the digest {found} instead of {entry.etag}")


def _corrupt(repo: RepoId, entry: Entry, what: str) -> CorruptFileError:
    return CorruptFileError(
        f"{entry.path!r} of {str(repo)!r} {what}; nothing of it was kept. Try again, or ask whoever runs the hub."
    )
