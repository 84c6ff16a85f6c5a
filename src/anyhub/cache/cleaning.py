"""What the cache holds, whether it is what it should be, and making it smaller.

The bytes of files are counted once for each repository, and not at all where they are links to files outside of the
cache, such as those of a hub in a folder: removing them would free nothing.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from anyhub import files
from anyhub.cache.layout import RepoFolder, cache_root, repo_folders
from anyhub.hub.opening import home

_PIECE = 2**20
_ABANDONED_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class CachedRevision:
    """One commit of a repository in the cache.

    Attributes:
        commit (`str`): Its id.
        refs (`tuple[str, ...]`): The branches and tags that were last seen at it.
        files (`int`): How many of its files are there.
        blobs (`frozenset[str]`): The names of their contents.
        last_used (`datetime`): When one of them was last read or written, in UTC, as far as the file system knows.
    """

    commit: str
    refs: tuple[str, ...]
    files: int
    blobs: frozenset[str]
    last_used: datetime


@dataclass(frozen=True, slots=True)
class CachedRepository:
    """One repository in the cache.

    Attributes:
        hub (`str`): The name of its hub's folder.
        type (`str`): `"model"`, `"dataset"` or `"space"`.
        name (`str`): ``namespace/name``.
        folder (`RepoFolder`): Where it is.
        sizes: The bytes that removing a content frees, by its name.
        revisions: The last used first.
    """

    hub: str
    type: str
    name: str
    folder: RepoFolder
    sizes: dict[str, int] = field(repr=False)
    revisions: tuple[CachedRevision, ...]

    @property
    def size(self) -> int:
        """The bytes that removing all of it frees."""
        return sum(self.sizes.values())

    @property
    def last_used(self) -> datetime | None:
        """When one of its files was last used; None when it has none."""
        return self.revisions[0].last_used if self.revisions else None


@dataclass(frozen=True, slots=True)
class Damaged:
    """A content in the cache that is not what its name says, or a file whose content is missing."""

    repository: CachedRepository
    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed, or would be: revisions, with the repository of each, and how many bytes that frees."""

    revisions: tuple[tuple[CachedRepository, CachedRevision], ...]
    freed: int
    left: int


def scan(cache_dir: str | Path | None = None) -> list[CachedRepository]:
    """List what the cache holds, the largest repository first.

    Args:
        cache_dir (`str` or `Path`, *optional*): The root of the cache; see `anyhub.cache.layout.hub_folder`. Give that
            of the Hugging Face tools to look at theirs.
    """
    root = cache_root(home(), cache_dir)
    found = [_repository(hub, type, name, folder) for hub, type, name, folder in repo_folders(root)]
    return sorted(found, key=lambda each: (-each.size, each.hub, each.name))


def verify(repositories: list[CachedRepository]) -> Iterator[Damaged]:
    """Read every content and compare it with its name; walk what is damaged, as it is found."""
    for each in repositories:
        for blob in _blobs(each.folder):
            if reason := _objection(blob):
                yield Damaged(each, blob, reason)
        for link in _dangling(each.folder):
            yield Damaged(each, link, "its content is missing")


def remove_damaged(damaged: Damaged) -> None:
    """Remove a damaged content, or the link to a missing one; the next load fetches it again."""
    files.remove(damaged.path)


def prune(repositories: list[CachedRepository], max_bytes: int, *, dry_run: bool = False) -> Pruned:
    """Remove the revisions that were not used for longest, until what is left fits.

    What a killed process left behind goes too: contents that no revision has, and downloads that nobody went on with
    for a day.

    Args:
        repositories: What `scan` returned.
        max_bytes (`int`): How many bytes may be left.
        dry_run (`bool`): Only say what would be removed.
    """
    left = sum(each.size for each in repositories)
    freed_orphans = sum(_orphans(each, dry_run=dry_run) for each in repositories)
    left, freed = left - freed_orphans, freed_orphans
    links = {id(each): Counter(blob for revision in each.revisions for blob in revision.blobs) for each in repositories}
    by_age = sorted(
        ((revision, each) for each in repositories for revision in each.revisions), key=lambda pair: pair[0].last_used
    )
    gone: list[tuple[CachedRepository, CachedRevision]] = []
    for revision, each in by_age:
        if left <= max_bytes:
            break
        count = links[id(each)]
        count.subtract(revision.blobs)
        unused = [blob for blob in revision.blobs if not count[blob]]
        if not dry_run:
            _remove(each.folder, revision, unused)
        size = sum(each.sizes.get(blob, 0) for blob in unused)
        left, freed = left - size, freed + size
        gone.append((each, revision))
    return Pruned(tuple(gone), freed, left)


def _repository(hub: str, type: str, name: str, folder: RepoFolder) -> CachedRepository:
    refs: dict[str, list[str]] = {}
    for path in sorted((folder.root / "refs").rglob("*")):
        if path.is_file():
            commit = path.read_text(encoding="utf-8", errors="replace").strip()
            refs.setdefault(commit, []).append(path.relative_to(folder.root / "refs").as_posix())
    snapshots = folder.root / "snapshots"
    commits = sorted(path.name for path in snapshots.iterdir() if path.is_dir()) if snapshots.is_dir() else []
    revisions = (_revision(folder, commit, tuple(refs.get(commit, ()))) for commit in commits)
    by_use = sorted(revisions, key=lambda each: each.last_used, reverse=True)
    return CachedRepository(hub, type, name, folder, _sizes(folder), tuple(by_use))


def _revision(folder: RepoFolder, commit: str, refs: tuple[str, ...]) -> CachedRevision:
    root = folder.root / "snapshots" / commit
    used = root.stat().st_mtime
    blobs = set()
    count = 0
    for path in _files_below(root):
        count += 1
        blobs.add(_blob_name(path))
        try:
            found = path.stat()
        except FileNotFoundError:
            continue
        used = max(used, found.st_atime, found.st_mtime)
    return CachedRevision(commit, refs, count, frozenset(blobs), datetime.fromtimestamp(used, UTC))


def _blob_name(path: Path) -> str:
    """Return the name of the content that a file of a snapshot leads to; where links are not to be had, its own."""
    return path.readlink().name if path.is_symlink() else str(path)


def _sizes(folder: RepoFolder) -> dict[str, int]:
    """Return for each content the bytes that are nowhere but in this folder."""
    names: dict[tuple[int, int], list[str]] = {}
    found: dict[tuple[int, int], os.stat_result] = {}
    for path in (
        *_blobs(folder, partial=True),
        *(p for p in _files_below(folder.root / "snapshots") if not p.is_symlink()),
    ):
        status = path.stat()
        key = (status.st_dev, status.st_ino)
        names.setdefault(key, []).append(path.name if path.parent.name == "blobs" else str(path))
        found[key] = status
    return {
        name: status.st_size if place == 0 and status.st_nlink <= len(names[key]) else 0
        for key, status in found.items()
        for place, name in enumerate(names[key])
    }


def _blobs(folder: RepoFolder, *, partial: bool = False) -> list[Path]:
    blobs = folder.root / "blobs"
    if not blobs.is_dir():
        return []
    return sorted(path for path in blobs.iterdir() if path.is_file() and (partial or not path.suffix))


def _files_below(root: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(root):
        for name in sorted(names):
            yield Path(folder, name)


def _dangling(folder: RepoFolder) -> Iterator[Path]:
    return (path for path in _files_below(folder.root / "snapshots") if path.is_symlink() and not path.exists())


def _objection(blob: Path) -> str | None:
    """Return in which way a content is not what its name says: a SHA-256, or the id of a git blob."""
    if len(blob.name) == 64:
        digest = hashlib.sha256()
    else:
        digest = hashlib.sha1(b"blob %d\0" % blob.stat().st_size, usedforsecurity=False)
    try:
        with blob.open("rb") as stream:
            while piece := stream.read(_PIECE):
                digest.update(piece)
    except OSError as error:
        return f"it can not be read: {error.strerror}"
    return None if digest.hexdigest() == blob.name else f"its digest is {digest.hexdigest()}"


def _orphans(each: CachedRepository, *, dry_run: bool) -> int:
    """Remove contents that no revision has and abandoned downloads; return the bytes that they took."""
    linked = {blob for revision in each.revisions for blob in revision.blobs}
    freed = 0
    for path in _blobs(each.folder, partial=True):
        is_abandoned = time.time() - path.stat().st_mtime > _ABANDONED_SECONDS
        if path.name not in linked and is_abandoned:
            freed += each.sizes.get(path.name, 0)
            if not dry_run:
                files.remove(path)
    return freed


def _remove(folder: RepoFolder, revision: CachedRevision, unused: list[str]) -> None:
    """Remove a revision: what leads to it first, the contents last, so that no name ever leads to a missing one."""
    for ref in revision.refs:
        files.remove(folder.root / "refs" / ref)
    files.remove_tree(folder.snapshot(revision.commit))
    files.remove(folder.entries(revision.commit))
    files.remove_tree(folder.root / ".no_exist" / revision.commit)
    for blob in unused:
        if os.sep not in blob:
            files.remove(folder.root / "blobs" / blob)
