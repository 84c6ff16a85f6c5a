"""The files of one commit, on this disk: brought from the hub once, checked, and never changed afterwards.

The commit is resolved first, by `resolve_commit`, and everything else is asked for by its id: so all files of one load
are of one commit, and what the cache has of that commit is used without asking the hub at all. Any number of threads
and processes may use one cache at once; each file appears under its final name whole and checked, or not at all.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from anyhub import files, progress, temporary
from anyhub.cache import entries as known
from anyhub.cache import notes
from anyhub.cache.fetching import fetch_blob
from anyhub.cache.layout import RepoFolder
from anyhub.cache.repo import CachedRepo
from anyhub.errors import (
    CorruptFileError,
    EntryNotFoundError,
    LocalEntryNotFoundError,
    PathCollisionError,
)
from anyhub.hub.opening import check_free_for_folder
from anyhub.paths import fold
from anyhub.transfer.parallel import for_each
from anyhub.values import Entry, check_revision, is_commit_id

if TYPE_CHECKING:
    from anyhub.hub.interface import ReadsRepos

logger = logging.getLogger(__name__)

Select: TypeAlias = Callable[[Sequence[str]], Iterable[str]]
"""Choose from paths those that are wanted."""


def resolve_commit(cached: CachedRepo, revision: str) -> str:
    """Return the id of the commit that a revision is at now, or, offline, was at when it was last resolved.

    A full commit id is returned as it is, without asking the hub.

    Raises:
        LocalEntryNotFoundError: When it has to be known offline and is not.
        RepositoryNotFoundError, RevisionNotFoundError: When the hub has none of that name.
        InvalidRevisionError: When the text can not be a revision.
    """
    if is_commit_id(check_revision(revision)):
        return revision
    ref = cached.folder.ref(revision)
    noted = notes.read(ref)
    if cached.offline:
        if noted is None or not is_commit_id(noted.strip()):
            raise _not_cached(f"Revision {revision!r} of {str(cached.repo)!r}")
        return noted.strip()
    commit = cached.open_hub().resolve(cached.repo, revision).oid
    if commit != noted:
        notes.write(ref, commit, cached.folder.root)
    return commit


def fetch_file(cached: CachedRepo, commit: str, path: str, *, force: bool = False, check_size: bool = False) -> Path:
    """Return where a file of a commit is, after bringing it from the hub when it is not in the cache.

    Args:
        cached (`CachedRepo`): Which repository.
        commit (`str`): A full commit id.
        path (`str`): Which file.
        force (`bool`): Bring it again even when it is there.
        check_size (`bool`): Bring it again when it is there with another size than the hub said it has. Costs reading
            the record of the commit's files, where it else takes one look at the file.

    Raises:
        EntryNotFoundError: When the commit has no such file; names the nearest.
        LocalEntryNotFoundError: When it would have to be fetched offline.
        CorruptFileError: When the hub gives other bytes than it promised; nothing is kept of them.
        DiskFullError, ReadOnlyError: When the cache can not be written.
    """
    file = cached.folder.file(commit, path)
    if not force and file.is_file() and not (check_size and _is_damaged(cached, commit, path)):
        return file
    _refuse_missing(cached, commit, path, force=force)
    if cached.offline:
        raise _not_cached(f"{path!r} of {str(cached.repo)!r} at commit {commit[:7]}")
    hub = cached.open_hub()
    entry = _ask_entry(cached, hub, commit, path)
    _bring(cached, hub, commit, [entry], force=force)
    known.add_one(cached.folder.entries(commit), entry, cached.folder.root)
    return file


def fetch_snapshot(
    cached: CachedRepo,
    commit: str,
    *,
    select: Select | None = None,
    force: bool = False,
    max_workers: int = 8,
    tqdm_class: Callable[..., Any] | None = None,
) -> tuple[Path, list[str]]:
    """Return the folder of a commit's files, after bringing those from the hub that are not in the cache.

    The folder may have more files than are wanted, when others were asked for before.

    Args:
        cached (`CachedRepo`): Which repository.
        commit (`str`): A full commit id.
        select (*optional*): Chooses the paths that are wanted; all, when None.
        force (`bool`): Bring them again even when they are there.
        max_workers (`int`): How many files are fetched at once.
        tqdm_class (*optional*): What shows the progress; see `anyhub.progress.bar`.

    Returns:
        The folder and the paths of the wanted files below it.

    Raises:
        LocalEntryNotFoundError: When something would have to be fetched offline.
        PathCollisionError: When two wanted names would be one file on some file systems; names both.
        CorruptFileError, DiskFullError, ReadOnlyError: As `fetch_file` does.
    """
    snapshot = cached.folder.snapshot(commit)
    record = cached.folder.entries(commit)
    entries = known.read_all(record)
    if entries is None:
        if cached.offline:
            return _found_offline(cached, commit, select)
        entries = [entry for entry in cached.open_hub().tree(cached.repo, commit) if not entry.is_folder]
        known.write_all(record, entries, cached.folder.root)
    wanted = _choose(entries, select)
    _refuse_collisions(wanted)
    lacking = [entry for entry in wanted if force or _size(cached.folder.file(commit, entry.path)) != entry.size]
    if lacking and cached.offline:
        raise _not_cached(f"{lacking[0].path!r} of {str(cached.repo)!r} at commit {commit[:7]}")
    if lacking:
        _bring(cached, cached.open_hub(), commit, lacking, force=force, workers=max_workers, tqdm_class=tqdm_class)
    elif not snapshot.is_dir():
        files.make_folder(snapshot)
    return snapshot, [entry.path for entry in wanted]


def _bring(
    cached: CachedRepo,
    hub: ReadsRepos,
    commit: str,
    lacking: Sequence[Entry],
    *,
    force: bool,
    workers: int = 1,
    tqdm_class: Callable[..., Any] | None = None,
) -> None:
    """Put the content of files into ``blobs``, each once, and links to them into the snapshot."""
    folder = cached.folder
    absent = {entry.etag: entry for entry in lacking if force or _size(folder.blob(entry.etag)) != entry.size}
    check_free_for_folder(folder.root)
    files.make_folder(folder.root / "blobs")
    description = lacking[0].path if len(lacking) == 1 else f"{len(lacking)} files of {cached.repo}"
    total = sum(entry.size for entry in absent.values())
    with progress.bar(total, description, tqdm_class=tqdm_class) as update, temporary.scratch(folder.root) as staging:

        def fetch(entry: Entry) -> None:
            found = replace(entry, commit=commit)  # which the record of a commit's files does not repeat for each
            fetch_blob(hub, cached.repo, found, folder.blob(entry.etag), staging, update)

        for_each(fetch, list(absent.values()), workers)
    for entry in lacking:
        _link(folder, commit, entry)


def _link(folder: RepoFolder, commit: str, entry: Entry) -> None:
    blob, link = folder.blob(entry.etag), folder.file(commit, entry.path)
    files.make_folder(link.parent)
    files.symlink(Path(os.path.relpath(blob, link.parent)).as_posix(), link, blob)


def _ask_entry(cached: CachedRepo, hub: ReadsRepos, commit: str, path: str) -> Entry:
    try:
        entry = hub.entry(cached.repo, commit, path)
    except EntryNotFoundError as error:
        notes.write(cached.folder.missing(commit, path), str(error), cached.folder.root)
        raise
    if entry.path != path:
        raise CorruptFileError(f"The hub answered for {entry.path!r} when asked for {path!r}. Ask whoever runs it.")
    if entry.is_folder:
        raise EntryNotFoundError(
            f"{path!r} of {str(cached.repo)!r} is a folder; use snapshot_download with allow_patterns='{path}/'."
        )
    return entry


def _refuse_missing(cached: CachedRepo, commit: str, path: str, *, force: bool) -> None:
    """Say at once that a commit does not have a file, when the hub has said so before."""
    said = None if force else notes.read(cached.folder.missing(commit, path))
    if said is not None:
        raise EntryNotFoundError(said or f"{str(cached.repo)!r} has no {path!r} at commit {commit[:7]}.")


def _is_damaged(cached: CachedRepo, commit: str, path: str) -> bool:
    entry = known.read_one(cached.folder.entries(commit), path)
    file = cached.folder.file(commit, path)
    if entry is None or (size := _size(file)) == entry.size:
        return False
    logger.warning("%s has %s bytes instead of %s: it is fetched again.", file, size, entry.size)
    return True


def _found_offline(cached: CachedRepo, commit: str, select: Select | None) -> tuple[Path, list[str]]:
    """Return what is there of a commit whose files were not listed, by this package, while the hub could be asked."""
    snapshot = cached.folder.snapshot(commit)
    found = [path.relative_to(snapshot).as_posix() for path in sorted(snapshot.rglob("*")) if path.is_file()]
    chosen = found if select is None else list(select(found))
    if not chosen:
        raise _not_cached(f"Commit {commit[:7]} of {str(cached.repo)!r}")
    return snapshot, chosen


def _choose(entries: Sequence[Entry], select: Select | None) -> list[Entry]:
    if select is None:
        return list(entries)
    by_path = {entry.path: entry for entry in entries}
    return [by_path[path] for path in select(list(by_path))]


def _refuse_collisions(entries: Sequence[Entry]) -> None:
    folders = _folders(entries)
    seen: dict[str, str] = {}
    for entry in entries:
        if (folder := folders.get(fold(entry.path))) is not None:
            raise PathCollisionError(
                f"{entry.path!r} is a file and {folder!r} a folder; leave one out with ignore_patterns.",
                paths=[entry.path, folder],
            )
        other = seen.setdefault(fold(entry.path), entry.path)
        if other != entry.path:
            raise PathCollisionError(
                f"{other!r} and {entry.path!r} are one name on some file systems; leave one out with ignore_patterns.",
                paths=[other, entry.path],
            )


def _folders(entries: Sequence[Entry]) -> dict[str, str]:
    """Return every folder that a file is in, by its folded name."""
    found: set[str] = set()
    for entry in entries:
        folder = entry.path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return {fold(folder): folder for folder in found}


def _not_cached(what: str) -> LocalEntryNotFoundError:
    return LocalEntryNotFoundError(
        f"{what} is not in the cache, and local_files_only=True forbids to ask the hub; call once without it."
    )


def _size(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return None
