"""The content of one file, from the hub into the cache: shared where the hub is on this machine, else brought.

What is brought of a longer file before a call is cut stays beside its place in ``blobs``, as ``<etag>.incomplete``, for
the next call to go on from, in whatever process that is. One call at a time writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from anyhub import files, temporary
from anyhub.hub.repos import fetching
from anyhub.values import Entry, RepoId

if TYPE_CHECKING:
    from anyhub.hub.interface import ReadsRepos

WORTH_KEEPING = 2**20
"""From how many bytes on a file is kept that came in part."""


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
        NetworkError: When the hub went away and did not come back.
    """
    source = hub.local_path(repo, entry)
    if source is not None:
        staged = staging / entry.etag
        fetching.share(repo, entry, source, staged, update)
        with files.storage_errors(blob, entry.size):
            files.rename(staged, blob)
    elif entry.size < WORTH_KEEPING:
        _bring(hub, repo, entry, staging / entry.etag, blob, update)
    else:
        before = _identity(blob)
        with _alone(blob):
            if _identity(blob) == before:
                _bring(hub, repo, entry, blob.with_name(f"{blob.name}.incomplete"), blob, update)
            else:  # another call brought it meanwhile
                update(entry.size)


def _bring(
    hub: ReadsRepos, repo: RepoId, entry: Entry, partial: Path, blob: Path, update: Callable[[int], object]
) -> None:
    digest = hub.fetch(repo, entry, partial, update)
    if digest.size != entry.size or (entry.sha256 is not None and digest.sha256 != entry.sha256):
        files.remove(partial)
        raise fetching.corrupt(repo, entry, f"came as {digest.size} bytes with the digest {digest.sha256}")
    files.publish(partial, blob, read_only=True)


@contextmanager
def _alone(blob: Path) -> Iterator[None]:
    """Wait until no other call, in any process, brings the same content."""
    folder = blob.parent.parent / ".locks" / blob.name
    with ExitStack() as held:
        while True:
            files.make_folder(folder)
            with suppress(FileNotFoundError):  # whoever had it has removed it meanwhile
                held.enter_context(temporary.locked(folder))
                break
        try:
            yield
        finally:
            ours = folder.with_name(files.fresh_name())  # renamed first: another call may make the folder anew at once
            files.rename(folder, ours)
            files.remove_tree(ours)


def _identity(blob: Path) -> tuple[int, int] | None:
    try:
        found = blob.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns
