"""Commits: make one of any number of changes, list them, and squash them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, overload

from anyhub.api.operations import CommitOperation, change_of
from anyhub.api.repo_url import RepoUrl
from anyhub.api.session import Endpoint, Session, Token
from anyhub.values import DEFAULT_BRANCH, Change, Commit, PullRequest, RepoId

if TYPE_CHECKING:
    from concurrent.futures import Future

    from anyhub.hub.interface import Hub


@dataclass(eq=False)
class CommitInfo(str):
    """What a commit did: the address of the commit, with what is known of it.

    Attributes:
        commit_url (`str`): The address, as the text itself.
        commit_message (`str`): The commit's title.
        commit_description (`str`): The commit's body.
        oid (`str`): The commit's id.
        repo_url (`RepoUrl`): The repository.
        pr_url (`str`, *optional*): The address of the pull request that was opened.
        pr_revision (`str`, *optional*): Its revision, such as ``refs/pr/1``.
        pr_num (`int`, *optional*): Its number.
    """

    commit_url: str
    commit_message: str
    commit_description: str
    oid: str
    repo_url: RepoUrl
    pr_url: str | None = None
    pr_revision: str | None = None
    pr_num: int | None = None

    def __new__(cls, commit_url: str, *_: Any, **__: Any) -> CommitInfo:
        return super().__new__(cls, commit_url)

    @classmethod
    def of(cls, hub: Hub, repo: RepoId, commit: Commit, pull_request: PullRequest | None = None) -> CommitInfo:
        """Return what is known of a commit of a hub."""
        info = cls(hub.url(repo, "commit", commit.oid), commit.title, commit.body, commit.oid, RepoUrl.of(hub, repo))
        if pull_request is not None:
            info.pr_url = hub.url(repo, "discussions", str(pull_request.number))
            info.pr_revision, info.pr_num = pull_request.ref, pull_request.number
        return info


@dataclass(frozen=True)
class GitCommitInfo:
    """A commit in a history.

    Attributes:
        commit_id (`str`): Its id.
        authors (`list[str]`): Who made it.
        created_at (`datetime`): When.
        title (`str`): The first line of its message.
        message (`str`): The rest of its message.
    """

    commit_id: str
    authors: list[str]
    created_at: datetime
    title: str
    message: str


@dataclass(frozen=True)
class Push:
    """One commit that is about to be made: where, on top of what, and how it is called.

    Made when a call begins, so that what others commit while files are read counts as changed meanwhile.
    """

    hub: Hub
    repo: RepoId
    branch: str
    base: str
    message: str
    description: str
    parent: str | None
    pull_request: bool

    def files(self) -> list[str]:
        """List the files of the commit that this one is made on top of."""
        return [entry.path for entry in self.hub.tree(self.repo, self.base) if not entry.is_folder]

    def commit(self, changes: Sequence[Change]) -> CommitInfo:
        """Make the commit; when there is nothing to change, return the one that is there."""
        done = self.hub.commit(
            self.repo,
            changes,
            message=self.message,
            description=self.description,
            onto=self.branch,
            base=self.base,
            parent=self.parent,
            pull_request=self.pull_request,
        )
        return CommitInfo.of(self.hub, self.repo, done.commit, done.pull_request)


class Commits(Session):
    """The part of `HfApi` about commits."""

    @overload
    def create_commit(
        self,
        repo_id: str,
        operations: Iterable[CommitOperation],
        *,
        commit_message: str,
        commit_description: str | None = None,
        token: Token = None,
        repo_type: str | None = None,
        revision: str | None = None,
        create_pr: bool | None = None,
        num_threads: int = 5,
        parent_commit: str | None = None,
        run_as_future: Literal[False] = False,
        endpoint: Endpoint = None,
    ) -> CommitInfo: ...

    @overload
    def create_commit(
        self,
        repo_id: str,
        operations: Iterable[CommitOperation],
        *,
        commit_message: str,
        commit_description: str | None = None,
        token: Token = None,
        repo_type: str | None = None,
        revision: str | None = None,
        create_pr: bool | None = None,
        num_threads: int = 5,
        parent_commit: str | None = None,
        run_as_future: Literal[True],
        endpoint: Endpoint = None,
    ) -> Future[CommitInfo]: ...

    def create_commit(
        self,
        repo_id: str,
        operations: Iterable[CommitOperation],
        *,
        commit_message: str,
        commit_description: str | None = None,
        token: Token = None,
        repo_type: str | None = None,
        revision: str | None = None,
        create_pr: bool | None = None,
        num_threads: int = 5,
        parent_commit: str | None = None,
        run_as_future: bool = False,
        endpoint: Endpoint = None,
    ) -> CommitInfo | Future[CommitInfo]:
        """Make any number of changes one commit, or none of them.

        Args:
            repo_id (`str`): Which repository.
            operations: `CommitOperationAdd`, `CommitOperationDelete` and `CommitOperationCopy`, at most one for each
                path.
            commit_message (`str`): The commit's title.
            commit_description (`str`, *optional*): The commit's body.
            token (`str` or `bool`, *optional*): See `HfApi`.
            repo_type (`str`, *optional*): See `HfApi`.
            revision (`str`, *optional*): The branch, or ``refs/pr/N``, to commit to; ``main``, when None.
            create_pr (`bool`, *optional*): Leave the branch as it is and open a pull request against it.
            num_threads (`int`): How many files are sent at once to a hub on the network.
            parent_commit (`str`, *optional*): The commit, in full or shortened, that the branch must be at. When None,
                what others commit meanwhile is kept when it touches other files.
            run_as_future (`bool`): Return at once, and commit in the background.
            endpoint (*optional*): See `HfApi`.

        Returns:
            `CommitInfo`, or a `Future` of it. When the repository already is as asked for no commit is made, and it is
            that of the branch's head.

        Raises:
            EditConflictError: When somebody changed one of the files since this call began; names the files.
            ParentCommitError: When the branch is not at ``parent_commit``.
            PathCollisionError: When two names would be one on some file systems, or a file and a folder.
            EntryNotFoundError: When a file to delete or to copy is not there.
            RepositoryNotFoundError, RevisionNotFoundError: Name the nearest one that exists.
            DiskFullError, ReadOnlyError: When the hub can not be written.
        """
        if run_as_future:
            return self.run_as_future(
                self.create_commit,
                repo_id,
                operations,
                commit_message=commit_message,
                commit_description=commit_description,
                token=token,
                repo_type=repo_type,
                revision=revision,
                create_pr=create_pr,
                num_threads=num_threads,
                parent_commit=parent_commit,
                endpoint=endpoint,
            )
        push = self._begin_push(
            repo_id,
            message=commit_message,
            description=commit_description,
            token=token,
            repo_type=repo_type,
            revision=revision,
            create_pr=create_pr,
            parent=parent_commit,
            endpoint=endpoint,
            threads=num_threads,
        )
        with push.hub.staging() as staging:
            return push.commit([change_of(operation, staging) for operation in operations])

    def list_repo_commits(
        self,
        repo_id: str,
        *,
        repo_type: str | None = None,
        token: Token = None,
        revision: str | None = None,
        endpoint: Endpoint = None,
    ) -> list[GitCommitInfo]:
        """List the commits that led to a revision, the newest first.

        Args:
            repo_id (`str`): Which repository.
            repo_type (`str`, *optional*): See `HfApi`.
            token (`str` or `bool`, *optional*): See `HfApi`.
            revision (`str`, *optional*): A branch, tag or commit; ``main``, when None.
            endpoint (*optional*): See `HfApi`.

        Raises:
            RepositoryNotFoundError, RevisionNotFoundError: Name the nearest one that exists.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        history = hub.history(repo, revision or DEFAULT_BRANCH)
        return [GitCommitInfo(each.oid, [each.author], each.date, each.title, each.body) for each in history]

    def super_squash_history(
        self,
        repo_id: str,
        *,
        branch: str | None = None,
        commit_message: str | None = None,
        repo_type: str | None = None,
        token: Token = None,
        endpoint: Endpoint = None,
    ) -> None:
        """Replace the history of a branch by one commit with the same files. The old commits can not be brought back.

        Args:
            repo_id (`str`): Which repository.
            branch (`str`, *optional*): Which branch; ``main``, when None.
            commit_message (`str`, *optional*): The title of that commit.
            repo_type (`str`, *optional*): See `HfApi`.
            token (`str` or `bool`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.

        Raises:
            RepositoryNotFoundError, RevisionNotFoundError: Name the nearest one that exists.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        branch = branch or DEFAULT_BRANCH
        hub.squash(repo, branch, commit_message or f"Super-squash branch {branch!r} using anyhub")

    def _begin_push(
        self,
        repo_id: str,
        *,
        message: str,
        description: str | None,
        token: Token,
        repo_type: str | None,
        revision: str | None,
        create_pr: bool | None,
        parent: str | None,
        endpoint: Endpoint,
        threads: int | None = None,
    ) -> Push:
        hub, repo = self._find(repo_id, repo_type, endpoint, token, threads=threads)
        branch = revision or DEFAULT_BRANCH
        base = hub.resolve(repo, branch).oid
        return Push(hub, repo, branch, base, message, description or "", parent, bool(create_pr))
