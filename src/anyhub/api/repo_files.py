"""The files of a repository at one revision, as listed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePath
from typing import TYPE_CHECKING

from anyhub.api.repo_paths import text_of
from anyhub.api.session import Endpoint, Session, Token
from anyhub.errors import RepositoryNotFoundError, RevisionNotFoundError
from anyhub.values import DEFAULT_BRANCH, Commit, Entry, RepoId

if TYPE_CHECKING:
    from anyhub.hub.interface import ReadsRepos


@dataclass(frozen=True)
class BlobLfsInfo:
    """What the bytes of a large file are.

    Attributes:
        size (`int`): Their count.
        sha256 (`str`): Their digest.
        pointer_size (`int`): The bytes of the pointer that git has instead.
    """

    size: int
    sha256: str
    pointer_size: int

    @classmethod
    def of(cls, entry: Entry) -> BlobLfsInfo | None:
        """Return what an entry's bytes are, or None when git has them itself."""
        return cls(entry.size, entry.sha256, entry.pointer_size) if entry.sha256 else None


@dataclass(frozen=True)
class LastCommitInfo:
    """The commit that last changed a file or folder.

    Attributes:
        oid (`str`): Its id.
        title (`str`): Its title.
        date (`datetime`): When it was made.
    """

    oid: str
    title: str
    date: datetime


@dataclass(frozen=True)
class RepoFile:
    """A file.

    Attributes:
        path (`str`): Its path in the repository.
        size (`int`): Its bytes.
        blob_id (`str`): The id of its git blob.
        lfs (`BlobLfsInfo`, *optional*): What its bytes are, for a large file.
        last_commit (`LastCommitInfo`, *optional*): What last changed it; with ``expand=True``.
    """

    path: str
    size: int
    blob_id: str
    lfs: BlobLfsInfo | None = None
    last_commit: LastCommitInfo | None = None


@dataclass(frozen=True)
class RepoFolder:
    """A folder.

    Attributes:
        path (`str`): Its path in the repository.
        tree_id (`str`): The id of its git tree.
        last_commit (`LastCommitInfo`, *optional*): What last changed something in it; with ``expand=True``.
    """

    path: str
    tree_id: str
    last_commit: LastCommitInfo | None = None


class Files(Session):
    """The part of `HfApi` that lists files."""

    def list_repo_files(
        self,
        repo_id: str,
        *,
        revision: str | None = None,
        repo_type: str | None = None,
        token: Token = None,
        endpoint: Endpoint = None,
    ) -> list[str]:
        """List the paths of all files of a repository.

        Args:
            repo_id (`str`): Which repository.
            revision (`str`, *optional*): A branch, tag or commit; ``main``, when None.
            repo_type (`str`, *optional*): See `HfApi`.
            token (`str` or `bool`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.

        Raises:
            RepositoryNotFoundError, RevisionNotFoundError: Name the nearest one that exists.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        commit = hub.resolve(repo, revision or DEFAULT_BRANCH)
        return [entry.path for entry in hub.tree(repo, commit.oid) if not entry.is_folder]

    def list_repo_tree(
        self,
        repo_id: str,
        path_in_repo: str | PurePath | None = None,
        *,
        recursive: bool = False,
        expand: bool = False,
        revision: str | None = None,
        repo_type: str | None = None,
        token: Token = None,
        endpoint: Endpoint = None,
    ) -> Iterator[RepoFile | RepoFolder]:
        """List what is in a folder of a repository.

        Args:
            repo_id (`str`): Which repository.
            path_in_repo (`str` or `PurePath`, *optional*): The folder; the whole repository, when None. A file is
                listed by itself.
            recursive (`bool`): Whether what is in its folders is listed too.
            expand (`bool`): Whether it is told which commit last changed each; this walks the history.
            revision (`str`, *optional*): A branch, tag or commit; ``main``, when None.
            repo_type (`str`, *optional*): See `HfApi`.
            token (`str` or `bool`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.

        Raises:
            RepositoryNotFoundError, RevisionNotFoundError, EntryNotFoundError: Name the nearest one that exists.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        commit = hub.resolve(repo, revision or DEFAULT_BRANCH)
        entries = _list(hub, repo, commit, text_of(path_in_repo or "").strip("/"), recursive)
        return iter(_spelled(hub, repo, commit, entries, expand))

    def get_paths_info(
        self,
        repo_id: str,
        paths: list[str] | str,
        *,
        expand: bool = False,
        revision: str | None = None,
        repo_type: str | None = None,
        token: Token = None,
        endpoint: Endpoint = None,
    ) -> list[RepoFile | RepoFolder]:
        """Return what is at some paths of a repository; those at which nothing is are left out.

        Args:
            repo_id (`str`): Which repository.
            paths (`list[str]` or `str`): The paths.
            expand (`bool`): Whether it is told which commit last changed each; this walks the history.
            revision (`str`, *optional*): A branch, tag or commit; ``main``, when None.
            repo_type (`str`, *optional*): See `HfApi`.
            token (`str` or `bool`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.

        Raises:
            RepositoryNotFoundError, RevisionNotFoundError: Name the nearest one that exists.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        commit = hub.resolve(repo, revision or DEFAULT_BRANCH)
        entries = hub.find(repo, commit.oid, [paths] if isinstance(paths, str) else paths)
        return _spelled(hub, repo, commit, entries, expand)

    def file_exists(
        self,
        repo_id: str,
        filename: str,
        *,
        repo_type: str | None = None,
        revision: str | None = None,
        token: Token = None,
        endpoint: Endpoint = None,
    ) -> bool:
        """Return whether a repository has a file; False, too, when there is no such repository or revision.

        Args:
            repo_id (`str`): Which repository.
            filename (`str`): The path of the file.
            repo_type (`str`, *optional*): See `HfApi`.
            revision (`str`, *optional*): A branch, tag or commit; ``main``, when None.
            token (`str` or `bool`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.

        Raises:
            InvalidRepoIdError: When the id is malformed.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        try:
            commit = hub.resolve(repo, revision or DEFAULT_BRANCH)
        except (RepositoryNotFoundError, RevisionNotFoundError):
            return False
        return any(not entry.is_folder for entry in hub.find(repo, commit.oid, [filename]))


def _list(hub: ReadsRepos, repo: RepoId, commit: Commit, path: str, recursive: bool) -> list[Entry]:
    found = hub.find(repo, commit.oid, [path]) if path else []
    if found and not found[0].is_folder:
        return found
    return list(hub.tree(repo, commit.oid, path, recursive=recursive))


def _spelled(
    hub: ReadsRepos, repo: RepoId, commit: Commit, entries: list[Entry], expand: bool
) -> list[RepoFile | RepoFolder]:
    spelled = [_spell(entry) for entry in entries]
    if not expand:
        return spelled
    last = last_commits(hub, repo, commit, entries)
    return [replace(each, last_commit=last[each.path]) for each in spelled]


def _spell(entry: Entry) -> RepoFile | RepoFolder:
    if entry.is_folder:
        return RepoFolder(entry.path, entry.oid)
    return RepoFile(entry.path, entry.size, entry.oid, BlobLfsInfo.of(entry))


def last_commits(hub: ReadsRepos, repo: RepoId, commit: Commit, entries: Iterable[Entry]) -> dict[str, LastCommitInfo]:
    """Return for each entry of a commit the commit that made it what it is, by path.

    A history follows first parents, so what came by a merge was changed by the merge.
    """
    unsettled = {entry.path: entry.oid for entry in entries}
    last: dict[str, LastCommitInfo] = {}
    for older in hub.history(repo, commit.oid):
        there = {entry.path: entry.oid for entry in hub.find(repo, older.oid, list(unsettled))}
        unsettled = {path: oid for path, oid in unsettled.items() if there.get(path) == oid}
        last.update(dict.fromkeys(unsettled, LastCommitInfo(older.oid, older.title, older.date)))
        if not unsettled:
            break
    return last
