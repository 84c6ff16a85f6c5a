"""What a hub is: a handful of verbs over plain values.

Every implementation takes the same exam, `anyhub.testing.HubSuite`. These rules hold for all of them:

* A verb that fails raises one of the errors it names and leaves the hub as it was.
* Every verb may be called from many threads and, for a hub that is a folder, from many processes at once.
* A ``revision`` is the name of a branch or a tag, a full reference (``refs/pr/1``, ``refs/heads/main``), a full commit
  id, or the beginning of one that only one commit has. A ``commit`` is always a full commit id, so that nothing which
  is read by it can change between two calls.
* Iterators are lazy where that saves memory; the state they walk is fixed when they are made.

Functions ask for the smallest of the protocols that they need.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Protocol

from anyhub.community import Discussion, Event
from anyhub.progress import Update
from anyhub.values import (
    Changes,
    Commit,
    Committed,
    Digest,
    Entry,
    Gate,
    PullRequestStatus,
    Query,
    Ref,
    RepoId,
    RepoInfo,
)


class ReadsRepos(Protocol):
    """The verbs that change nothing."""

    @property
    def endpoint(self) -> str:
        """The address of the hub: an absolute folder path, ``memory:NAME``, or an ``https://`` URL."""

    def repo_id(self, text: str, type: str | None = None) -> RepoId:
        """Return the id that a user's text means here; a bare name belongs to whoever asks.

        Raises:
            InvalidRepoIdError: When the text is malformed.
        """

    def url(self, repo: RepoId, *parts: str) -> str:
        """Return an address of a repository, for people: ``url(repo, "commit", oid)``."""

    def find_repo(self, repo: RepoId) -> RepoInfo | None:
        """Return what is known of a repository, by its name or one that it had before; None when there is none."""

    def info(self, repo: RepoId) -> RepoInfo:
        """Return what is known of a repository as a whole.

        Raises:
            RepositoryNotFoundError: Names the nearest one that exists.
        """

    def search(self, query: Query) -> Iterator[RepoInfo]:
        """List repositories, in the order that the query asks for."""

    def resolve(self, repo: RepoId, revision: str = "main") -> Commit:
        """Return the commit that a revision is at now.

        Raises:
            RepositoryNotFoundError, RevisionNotFoundError: Name the nearest one that exists.
            InvalidRevisionError: When the beginning of a commit id fits more than one commit.
        """

    def refs(self, repo: RepoId) -> list[Ref]:
        """List branches, tags and the heads of pull requests, sorted by name."""

    def history(self, repo: RepoId, revision: str = "main") -> Iterator[Commit]:
        """Walk from a revision to the first commit, newest first."""

    def tree(self, repo: RepoId, commit: str, path: str = "", *, recursive: bool = True) -> Iterator[Entry]:
        """List what is in a folder of a commit, in the order of git trees.

        Args:
            repo (`RepoId`): Which repository.
            commit (`str`): A full commit id.
            path (`str`): The folder; the whole repository when empty.
            recursive (`bool`): Whether folders are entered. Folders themselves are listed as well.

        Raises:
            EntryNotFoundError: When the commit has no such folder; names the nearest.
        """

    def find(self, repo: RepoId, commit: str, paths: Sequence[str]) -> list[Entry]:
        """Return the entries of those of ``paths`` that exist in a commit, in the order asked for."""

    def entry(self, repo: RepoId, commit: str, path: str) -> Entry:
        """Return the entry of one file or folder.

        Raises:
            EntryNotFoundError: Names the nearest path that exists.
        """

    def open(self, repo: RepoId, entry: Entry) -> BinaryIO:
        """Return a seekable stream of a file's content, which the caller closes.

        Raises:
            CorruptFileError: When the hub does not have the bytes that it promised.
        """

    def local_path(self, repo: RepoId, entry: Entry) -> Path | None:
        """Return the file on this machine that holds exactly these bytes, read-only, or None when there is none."""

    def fetch(self, repo: RepoId, entry: Entry, partial: Path, update: Update) -> Digest:
        """Bring the content of a file into ``partial``, and return what was written there.

        Args:
            repo (`RepoId`): Which repository.
            entry (`Entry`): Which file, as this hub gave it.
            partial (`Path`): A file in an existing folder, for nobody else to write. It may be missing, or hold the
                beginning of the content from an earlier call that was cut; what it lacks is fetched.
            update: Told how many more bytes are there, those of the beginning included.

        Raises:
            CorruptFileError: When the content is not what the entry says; ``partial`` is gone then.
            NetworkError, StalledError: When the hub went away and did not come back; ``partial`` stays to go on from.
            DiskFullError, ReadOnlyError: When the disk refuses.
        """


class WritesRepos(Protocol):
    """The verbs that make commits."""

    def staging(self) -> AbstractContextManager[Path]:
        """Lend an empty folder from which `commit` can adopt files without copying them; removed afterwards."""

    def commit(
        self,
        repo: RepoId,
        changes: Changes,
        *,
        message: str,
        description: str = "",
        onto: str = "main",
        base: str | None = None,
        parent: str | None = None,
        pull_request: bool = False,
    ) -> Committed:
        """Make all changes one commit, or none of them.

        Args:
            repo (`RepoId`): Which repository.
            changes: At most one for each path.
            message (`str`): The commit's title.
            description (`str`): The commit's body.
            onto (`str`): The branch, or ``refs/pr/N``, to move.
            base (`str`, *optional*): The commit that the caller looked at when it made up its mind (the branch's
                head at the call, when None). What others committed since is kept when it touches other files.
            parent (`str`, *optional*): The commit, in full or shortened, that the branch must be at.
            pull_request (`bool`): Leave ``onto`` as it is and open a pull request against it.

        Returns:
            What was done. When the repository already is as asked for, no commit is made.

        Raises:
            EditConflictError: When a file changed since ``base`` that is changed here too; names the files.
            ParentCommitError: When the branch is not at ``parent``.
            PathCollisionError: When two names would be one on some file systems, or a file and a folder.
            EntryNotFoundError: When a file to delete or to copy is not there.
            InvalidPathError, RevisionNotFoundError, RepositoryNotFoundError, DiskFullError, ReadOnlyError.
        """


class ManagesRepos(Protocol):
    """The verbs about repositories and references as wholes."""

    def create(self, repo: RepoId, *, private: bool = False) -> RepoInfo:
        """Create a repository, with a first commit on ``main``.

        Raises:
            RepositoryExistsError: When one of that name, in any case, exists.
        """

    def delete(self, repo: RepoId) -> None:
        """Remove a repository and all that only it holds."""

    def move(self, repo: RepoId, to: RepoId) -> RepoInfo:
        """Rename a repository."""

    def duplicate(self, repo: RepoId, to: RepoId, *, private: bool) -> RepoInfo:
        """Create a repository with the same branches, tags and files as another, without copying bytes.

        Raises:
            RepositoryExistsError: When one of that name, in any case, exists.
        """

    def set_private(self, repo: RepoId, private: bool) -> RepoInfo:
        """Set whether only its owners may see a repository."""

    def create_ref(self, repo: RepoId, name: str, target: str, message: str = "") -> Ref:
        """Create ``refs/heads/…`` or ``refs/tags/…`` at a commit id; a tag with a message is an annotated one.

        Raises:
            RevisionExistsError: When it exists.
            InvalidRevisionError: When the name is malformed.
        """

    def delete_ref(self, repo: RepoId, name: str) -> None:
        """Remove ``refs/heads/…`` or ``refs/tags/…``; the branch ``main`` stays."""

    def squash(self, repo: RepoId, branch: str, message: str) -> Commit:
        """Replace the history of a branch by one commit with the same files."""

    def set_gated(self, repo: RepoId, gated: Gate | None) -> RepoInfo:
        """Set whether its files are only for those who asked for access, and whether they get it at once."""

    def discussions(self, repo: RepoId) -> list[Discussion]:
        """List discussions and pull requests, the newest first, without their events."""

    def discussion(self, repo: RepoId, number: int) -> Discussion:
        """Return one discussion or pull request, with its events.

        Raises:
            DiscussionNotFoundError: When there is none of that number.
        """

    def open_discussion(self, repo: RepoId, title: str, description: str = "") -> Discussion:
        """Begin a discussion; the description is its first comment."""

    def open_pull_request(
        self, repo: RepoId, title: str, description: str = "", *, target: str = "refs/heads/main"
    ) -> Discussion:
        """Begin a pull request without commits yet: a draft, whose reference is where its target is now."""

    def comment(self, repo: RepoId, number: int, content: str) -> Event:
        """Add a comment."""

    def edit_comment(self, repo: RepoId, number: int, event: str, content: str) -> Event:
        """Replace the text of a comment.

        Raises:
            NotFoundError: When there is no such comment.
            ConflictError: When it was hidden.
        """

    def hide_comment(self, repo: RepoId, number: int, event: str) -> Event:
        """Take the text of a comment away, for good."""

    def rename_discussion(self, repo: RepoId, number: int, title: str) -> Event:
        """Give a discussion another title."""

    def set_discussion_status(
        self, repo: RepoId, number: int, status: PullRequestStatus, comment: str | None = None
    ) -> Event:
        """Close or reopen a discussion or pull request, or make a draft one that is open for merging.

        Raises:
            ConflictError: When it was merged, or is so already.
        """

    def merge(self, repo: RepoId, number: int, message: str | None = None) -> Committed:
        """Bring the changes of an open pull request to its branch, as one commit with both as parents.

        Raises:
            DiscussionNotFoundError: When there is no pull request of that number.
            EditConflictError: When the branch changed the same files in another way; names them.
        """


class Hub(ReadsRepos, WritesRepos, ManagesRepos, Protocol):
    """Where models live."""
