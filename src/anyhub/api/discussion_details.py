"""Discussions and pull requests, as `HfApi` tells them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from anyhub.api.discussion_events import DiscussionEvent, event_of
from anyhub.api.proposals import Proposal
from anyhub.errors import ValidationError
from anyhub.values import PullRequest, PullRequestStatus, RepoId, RepoType

if TYPE_CHECKING:
    from anyhub import community
    from anyhub.hub.interface import Hub


@dataclass(frozen=True)
class Discussion:
    """A discussion or a pull request.

    Attributes:
        title (`str`): What it is called.
        status (`str`): `"open"` or `"closed"`; of a pull request also `"draft"` or `"merged"`.
        num (`int`): Its number.
        repo_id (`str`): The repository that it is about.
        repo_type (`str`): Its kind: `"model"`, `"dataset"` or `"space"`.
        author (`str`): Who opened it.
        is_pull_request (`bool`): Whether it has commits to merge.
        created_at (`datetime`): When it was opened.
        endpoint (`str`): The address of the hub.
        url (`str`): Its own address.
        git_reference (`str`, *optional*): The revision of what a pull request proposes, such as ``refs/pr/1``.
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
    git_reference: str | None


@dataclass(frozen=True)
class DiscussionWithDetails(Discussion):
    """A discussion or a pull request, with what listings leave out.

    Attributes:
        description (`str`): What its author says of it: the first comment.
        events (`list[DiscussionEvent]`): What happened, oldest first.
        target_branch (`str`, *optional*): The branch that a pull request is to change, such as ``refs/heads/main``.
        merge_commit_oid (`str`, *optional*): The commit that brought it there.
        conflicting_files (`list[str]`, *optional*): The files because of which a pull request can not be merged; looked
            up when it is first asked for, and None for a discussion.
        diff (`str`, *optional*): What a pull request changes, as `git diff` spells it; likewise.
    """

    description: str
    events: list[DiscussionEvent]
    target_branch: str | None
    merge_commit_oid: str | None
    _proposal: Proposal | None = field(repr=False, compare=False)

    @cached_property
    def conflicting_files(self) -> list[str] | None:
        """The files because of which a pull request can not be merged; None for a discussion."""
        return None if self._proposal is None else self._proposal.conflicts()

    @cached_property
    def diff(self) -> str | None:
        """What a pull request changes, as `git diff` spells it; None for a discussion."""
        return None if self._proposal is None else self._proposal.diff()


def listed(hub: Hub, repo: RepoId, discussion: community.Discussion) -> Discussion:
    """Return a discussion as listings show it."""
    return Discussion(**_fields(hub, repo, discussion))


def detailed(hub: Hub, repo: RepoId, number: int) -> DiscussionWithDetails:
    """Return a discussion with what listings leave out.

    Raises:
        DiscussionNotFoundError: When there is none of that number.
        ValidationError: When it can not be a number.
    """
    if not isinstance(number, int) or number < 1:
        raise ValidationError(f"The number of a discussion is a whole number from 1 on, not {number!r}.")
    found = hub.discussion(repo, number)
    return DiscussionWithDetails(
        **_fields(hub, repo, found),
        description=found.events[0].content if found.events else "",
        events=[event_of(each) for each in found.events],
        target_branch=found.target,
        merge_commit_oid=found.merge_commit,
        _proposal=Proposal(hub, repo, found) if found.is_pull_request else None,
    )


def _fields(hub: Hub, repo: RepoId, discussion: community.Discussion) -> dict[str, Any]:
    return {
        "title": discussion.title,
        "status": discussion.status,
        "num": discussion.number,
        "repo_id": str(repo),
        "repo_type": repo.type,
        "author": discussion.author,
        "is_pull_request": discussion.is_pull_request,
        "created_at": discussion.created_at,
        "endpoint": hub.endpoint,
        "url": hub.url(repo, "discussions", str(discussion.number)),
        "git_reference": PullRequest(discussion.number).ref if discussion.is_pull_request else None,
    }
