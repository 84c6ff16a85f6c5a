"""A hub made of stores: references and metadata in a database, git objects in packs, large files in a blob store."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

from anyhub.content.stores import BlobStore
from anyhub.errors import ConflictError, CorruptFileError, EntryNotFoundError
from anyhub.git.packs import PackStore
from anyhub.git.pointers import ATTRIBUTES_PATH, DEFAULT_ATTRIBUTES
from anyhub.hub.catalog import Catalog
from anyhub.hub.committing import Committer
from anyhub.hub.database import Database
from anyhub.hub.garbage import Garbage
from anyhub.hub.objects import Objects
from anyhub.hub.person import name_at_the_keyboard, signature
from anyhub.hub.preparing import Edits
from anyhub.hub.pull_requests import PullRequests
from anyhub.hub.revisions import Revisions
from anyhub.hub.tree_index import TreeIndex, entry_of
from anyhub.values import (
    DEFAULT_BRANCH,
    Changes,
    Commit,
    Committed,
    Entry,
    PullRequest,
    PullRequestStatus,
    Query,
    Ref,
    RepoId,
    RepoInfo,
)


class StoredHub:
    """Implements `anyhub.hub.interface.Hub` over three stores.

    Args:
        endpoint (`str`): The address by which `open_hub` finds this hub again.
        address (`str`): What the URLs of repositories and commits begin with.
        database (`Database`): Keeps references and metadata.
        blobs (`BlobStore`): Keeps large files.
        packs (`PackStore`): Keeps git objects.
        staging: Lends an empty folder on the file system of ``blobs``.
    """

    def __init__(
        self,
        endpoint: str,
        address: str,
        database: Database,
        blobs: BlobStore,
        packs: PackStore,
        staging: Callable[[], AbstractContextManager[Path]],
    ) -> None:
        self.endpoint = endpoint
        self._address = address
        self._database = database
        self._blobs = blobs
        self._staging = staging
        self._catalog = Catalog(database)
        self._revisions = Revisions(database)
        self._trees = TreeIndex(database)
        self._garbage = Garbage(database, blobs, packs)
        self._objects = Objects(database, packs, self._garbage)
        self._commits = Committer(database, blobs, self._objects, staging, signature())
        self._pulls = PullRequests(database)

    def repo_id(self, text: str, type: str | None = None) -> RepoId:
        """Return the id that a text means; a bare name belongs to the person at the keyboard."""
        return RepoId.parse(text, namespace=name_at_the_keyboard(), type=type)

    def url(self, repo: RepoId, *parts: str) -> str:
        """Return an address of a repository, for people."""
        kind = [] if repo.type == "model" else [f"{repo.type}s"]
        return "/".join([self._address, *kind, str(repo), *parts])

    # -- reading

    def info(self, repo: RepoId) -> RepoInfo:
        """Return what is known of a repository as a whole."""
        return self._catalog.info(repo)

    def search(self, query: Query) -> Iterator[RepoInfo]:
        """List repositories, the last modified first."""
        return self._catalog.search(query)

    def resolve(self, repo: RepoId, revision: str = DEFAULT_BRANCH) -> Commit:
        """Return the commit that a revision is at now."""
        return self._revisions.resolve(self._catalog.pk(repo), revision)

    def refs(self, repo: RepoId) -> list[Ref]:
        """List branches, tags and the heads of pull requests."""
        return self._revisions.refs(self._catalog.pk(repo))

    def history(self, repo: RepoId, revision: str = DEFAULT_BRANCH) -> Iterator[Commit]:
        """Walk from a revision to the first commit."""
        pk = self._catalog.pk(repo)
        return self._revisions.history(pk, self._revisions.resolve(pk, revision))

    def tree(self, repo: RepoId, commit: str, path: str = "", *, recursive: bool = True) -> Iterator[Entry]:
        """List what is in a folder of a commit."""
        pk, root = self._root(repo, commit)
        return self._trees.walk(pk, root, path, recursive=recursive)

    def find(self, repo: RepoId, commit: str, paths: Sequence[str]) -> list[Entry]:
        """Return the entries of those of ``paths`` that exist."""
        pk, root = self._root(repo, commit)
        found = ((path, self._trees.find(pk, root, path)) for path in paths)
        return [entry_of(path, node) for path, node in found if node is not None]

    def entry(self, repo: RepoId, commit: str, path: str) -> Entry:
        """Return the entry of one file or folder."""
        pk, root = self._root(repo, commit)
        node = self._trees.find(pk, root, path)
        if node is None:
            raise self._trees.not_found(pk, root, path)
        return entry_of(path, node)

    def open(self, repo: RepoId, entry: Entry) -> BinaryIO:
        """Return a seekable stream of a file's content."""
        place = self._catalog.place(repo)
        if entry.is_folder:
            raise EntryNotFoundError(f"{entry.path!r} is a folder; name a file in it.")
        if entry.sha256 is None:
            return io.BytesIO(self._objects.read(place.pk, place.folder, entry.oid))
        self._check_link(repo, place.pk, entry)
        try:
            return self._blobs.open(entry.sha256)
        except FileNotFoundError:
            raise self._lost(entry) from None

    def local_path(self, repo: RepoId, entry: Entry) -> Path | None:
        """Return the file on this machine that holds exactly these bytes, read-only, or None."""
        if entry.sha256 is None or self._blobs.path(entry.sha256) is None:
            return None
        self._check_link(repo, self._catalog.pk(repo), entry)
        return self._blobs.path(entry.sha256)

    # -- writing

    def staging(self) -> AbstractContextManager[Path]:
        """Lend an empty folder from which `commit` can adopt files."""
        return self._staging()

    def commit(
        self,
        repo: RepoId,
        changes: Changes,
        *,
        message: str,
        description: str = "",
        onto: str = DEFAULT_BRANCH,
        base: str | None = None,
        parent: str | None = None,
        pull_request: bool = False,
    ) -> Committed:
        """Make all changes one commit, or none of them."""
        return self._commits.commit(
            repo,
            changes,
            message=message,
            description=description,
            onto=onto,
            base=base,
            parent=parent,
            pull_request=pull_request,
        )

    # -- managing

    def create(self, repo: RepoId, *, private: bool = False) -> RepoInfo:
        """Create a repository, with a first commit on ``main`` that says which files are large."""
        with self._database.transaction():
            place = self._catalog.insert(repo, private)
            edits = Edits()
            edits.put_small(ATTRIBUTES_PATH, DEFAULT_ATTRIBUTES)
            self._commits.first(place, edits, "initial commit")
        return self.info(repo)

    def delete(self, repo: RepoId) -> None:
        """Remove a repository and all that only it holds."""
        self._catalog.delete(repo)
        self._garbage.collect()

    def move(self, repo: RepoId, to: RepoId) -> RepoInfo:
        """Rename a repository."""
        self._catalog.move(repo, to)
        return self.info(to)

    def set_private(self, repo: RepoId, private: bool) -> RepoInfo:
        """Set whether only its owners may see a repository."""
        self._catalog.set_private(repo, private)
        return self.info(repo)

    def create_ref(self, repo: RepoId, name: str, target: str) -> Ref:
        """Create a branch or tag."""
        with self._database.transaction():
            pk = self._catalog.pk(repo)
            made = self._revisions.create(pk, name, target)
            self._catalog.touch(pk)
        return made

    def delete_ref(self, repo: RepoId, name: str) -> None:
        """Remove a branch or tag; ``main`` stays."""
        if name == f"refs/heads/{DEFAULT_BRANCH}":
            raise ConflictError(f"{DEFAULT_BRANCH!r} is the default branch and can not be deleted. Delete another one.")
        with self._database.transaction():
            pk = self._catalog.pk(repo)
            self._revisions.delete(pk, name)
            self._catalog.touch(pk)

    def squash(self, repo: RepoId, branch: str, message: str) -> Commit:
        """Replace the history of a branch by one commit with the same files."""
        with self._database.transaction():
            return self._commits.squash(self._catalog.place(repo), branch, message)

    def pull_requests(self, repo: RepoId) -> list[PullRequest]:
        """List pull requests, the newest first."""
        return self._pulls.all(self._catalog.pk(repo))

    def pull_request(self, repo: RepoId, number: int) -> PullRequest:
        """Return one pull request."""
        return self._pulls.get(self._catalog.pk(repo), number)

    def set_pull_request_status(self, repo: RepoId, number: int, status: PullRequestStatus) -> PullRequest:
        """Close or reopen a pull request."""
        with self._database.transaction():
            return self._pulls.set_status(self._catalog.pk(repo), number, status)

    def merge(self, repo: RepoId, number: int, message: str | None = None) -> Committed:
        """Bring the changes of an open pull request to its branch."""
        with self._database.transaction():
            place = self._catalog.place(repo)
            opened = self._pulls.get_open(place.pk, number)
            done = self._commits.merge(place, opened, message or f"Merge pull request #{number}: {opened.title}")
            self._pulls.set_merged(place.pk, number, done.commit.oid)
        return done

    # -- inside

    def _root(self, repo: RepoId, commit: str) -> tuple[int, str]:
        pk = self._catalog.pk(repo)
        return pk, self._revisions.commit(pk, commit).tree

    def _check_link(self, repo: RepoId, pk: int, entry: Entry) -> None:
        """Knowing a hash opens nothing: a large file is read through a repository that links it."""
        if not self._database.query("SELECT 1 FROM large_files WHERE repo = ? AND sha256 = ?", pk, entry.sha256):
            raise EntryNotFoundError(f"{repo} has no large file {entry.sha256}. Ask for it by revision and path.")

    def _lost(self, entry: Entry) -> CorruptFileError:
        return CorruptFileError(
            f"The hub does not have the bytes of {entry.path!r} (sha256 {entry.sha256}) any more. Restore blobs/ from a"
            " backup, or push the file again."
        )
