"""Pull requests: list them, look at one, merge it, close it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from anyhub.api.session import Endpoint, Session, Token
from anyhub.values import PullRequest, PullRequestStatus, RepoId, RepoType

if TYPE_CHECKING:
    from anyhub.hub.interface import ReadsRepos


@dataclass(frozen=True)
class Discussion:
    """A pull request.

    Attributes:
        title (`str`): What it is called.
        status (`str`): `"open"`, `"closed"` or `"merged"`.
        num (`int`): Its number.
        repo_id (`str`): The repository that it is about.
        repo_type (`str`): Its kind: `"model"`, `"dataset"` or `"space"`.
        author (`str`): Who opened it.
        is_pull_request (`bool`): True.
        created_at (`datetime`): When it was opened.
        endpoint (`str`): The address of the hub.
        url (`str`): Its own address.
        git_reference (`str`): The revision of what it proposes, such as ``refs/pr/1``.
    """

    title: str
    status: PullRequestStatus
    num: int
    repo_id: str
    repo_type: RepoType
    author: str
    is_pull_request: bool
    created_at: datetime
    endpoint: str
    url: str
    git_reference: str


@dataclass(frozen=True)
class DiscussionWithDetails(Discussion):
    """A pull request, with what listings leave out.

    Attributes:
        description (`str`): What its author says of it.
        target_branch (`str`): The branch that it is to change, such as ``refs/heads/main``.
        merge_commit_oid (`str`, *optional*): The commit that brought it there.
    """

    description: str
    target_branch: str
    merge_commit_oid: str | None


class PullRequests(Session):
    """The part of `HfApi` about pull requests. `create_commit` and the uploads open them, with ``create_pr=True``."""

    def get_repo_discussions(
        self,
        repo_id: str,
        *,
        author: str | None = None,
        discussion_type: Literal["all", "discussion", "pull_request"] | None = None,
        discussion_status: Literal["all", "open", "closed"] | None = None,
        repo_type: str | None = None,
        token: Token = None,
        endpoint: Endpoint = None,
    ) -> Iterator[Discussion]:
        """List the pull requests of a repository, the newest first.

        Args:
            repo_id (`str`): Which repository.
            author (`str`, *optional*): Only those that this one opened.
            discussion_type (`str`, *optional*): `"pull_request"`, `"discussion"` (there are none but pull requests) or
                `"all"`.
            discussion_status (`str`, *optional*): `"open"`, `"closed"` (those that were merged too) or `"all"`.
            repo_type (`str`, *optional*): See `HfApi`.
            token (`str` or `bool`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.

        Raises:
            RepositoryNotFoundError: Names the nearest one that exists.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        found = [] if discussion_type == "discussion" else hub.pull_requests(repo)
        return (
            _listed(hub, repo, each)
            for each in found
            if author in (None, each.author) and _has_status(each, discussion_status)
        )

    def get_discussion_details(
        self,
        repo_id: str,
        discussion_num: int,
        *,
        repo_type: str | None = None,
        token: Token = None,
        endpoint: Endpoint = None,
    ) -> DiscussionWithDetails:
        """Return one pull request.

        Args:
            repo_id (`str`): Which repository.
            discussion_num (`int`): Its number.
            repo_type (`str`, *optional*): See `HfApi`.
            token (`str` or `bool`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.

        Raises:
            PullRequestNotFoundError: When there is none of that number.
            RepositoryNotFoundError: Names the nearest one that exists.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        return _detailed(hub, repo, hub.pull_request(repo, discussion_num))

    def merge_pull_request(
        self,
        repo_id: str,
        discussion_num: int,
        *,
        token: Token = None,
        comment: str | None = None,
        repo_type: str | None = None,
        endpoint: Endpoint = None,
    ) -> DiscussionWithDetails:
        """Bring the changes of an open pull request to its branch.

        Args:
            repo_id (`str`): Which repository.
            discussion_num (`int`): The number of the pull request.
            token (`str` or `bool`, *optional*): See `HfApi`.
            comment (`str`, *optional*): What to say of it: the message of the commit that merges it.
            repo_type (`str`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.

        Returns:
            `DiscussionWithDetails`: The pull request as it is now.

        Raises:
            EditConflictError: When the branch changed the same files in another way; names them.
            ConflictError: When it is closed or merged.
            PullRequestNotFoundError: When there is none of that number.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        hub.merge(repo, discussion_num, comment)
        return _detailed(hub, repo, hub.pull_request(repo, discussion_num))

    def change_discussion_status(
        self,
        repo_id: str,
        discussion_num: int,
        new_status: Literal["open", "closed"],
        *,
        token: Token = None,
        repo_type: str | None = None,
        endpoint: Endpoint = None,
    ) -> DiscussionWithDetails:
        """Close or reopen a pull request.

        Args:
            repo_id (`str`): Which repository.
            discussion_num (`int`): The number of the pull request.
            new_status (`str`): `"open"` or `"closed"`.
            token (`str` or `bool`, *optional*): See `HfApi`.
            repo_type (`str`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.

        Returns:
            `DiscussionWithDetails`: The pull request as it is now.

        Raises:
            ConflictError: When it was merged.
            ValidationError: When the status is another one.
            PullRequestNotFoundError: When there is none of that number.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        return _detailed(hub, repo, hub.set_pull_request_status(repo, discussion_num, new_status))


def _has_status(pull_request: PullRequest, asked: str | None) -> bool:
    return asked in (None, "all") or (pull_request.status == "open") == (asked == "open")


def _listed(hub: ReadsRepos, repo: RepoId, pull_request: PullRequest) -> Discussion:
    return Discussion(
        title=pull_request.title,
        status=pull_request.status,
        num=pull_request.number,
        repo_id=str(repo),
        repo_type=repo.type,
        author=pull_request.author,
        is_pull_request=True,
        created_at=pull_request.created_at,
        endpoint=hub.endpoint,
        url=hub.url(repo, "discussions", str(pull_request.number)),
        git_reference=pull_request.ref,
    )


def _detailed(hub: ReadsRepos, repo: RepoId, pull_request: PullRequest) -> DiscussionWithDetails:
    return DiscussionWithDetails(
        **vars(_listed(hub, repo, pull_request)),
        description=pull_request.description,
        target_branch=pull_request.target,
        merge_commit_oid=pull_request.merge_commit,
    )
