"""Discussions and pull requests: open one, look at it, talk in it, merge it, close it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from anyhub.api.discussion_details import Discussion, DiscussionWithDetails, detailed, listed
from anyhub.api.discussion_events import (
    DiscussionComment,
    DiscussionStatusChange,
    DiscussionTitleChange,
    comment_of,
    status_change_of,
    title_change_of,
)
from anyhub.api.session import Endpoint, Session, Token

if TYPE_CHECKING:
    from anyhub import community


class Discussions(Session):
    """The part of `HfApi` about discussions. `create_commit` and the uploads open pull requests with their commits."""

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
        """List the discussions and pull requests of a repository, the newest first.

        Args:
            repo_id (`str`): Which repository.
            author (`str`, *optional*): Only those that this one opened.
            discussion_type (`str`, *optional*): `"pull_request"`, `"discussion"` or `"all"`.
            discussion_status (`str`, *optional*): `"open"` (drafts too), `"closed"` (those that were merged too) or
                `"all"`.
            repo_type (`str`, *optional*): See `HfApi`.
            token (`str` or `bool`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.

        Raises:
            RepositoryNotFoundError: Names the nearest one that exists.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        return (
            listed(hub, repo, each)
            for each in hub.discussions(repo)
            if author in (None, each.author) and _is_of(each, discussion_type) and _has_status(each, discussion_status)
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
        """Return one discussion or pull request.

        Args:
            repo_id (`str`): Which repository.
            discussion_num (`int`): Its number.
            repo_type (`str`, *optional*): See `HfApi`.
            token (`str` or `bool`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.

        Raises:
            DiscussionNotFoundError: When there is none of that number.
            RepositoryNotFoundError: Names the nearest one that exists.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        return detailed(hub, repo, discussion_num)

    def create_discussion(
        self,
        repo_id: str,
        title: str,
        *,
        token: Token = None,
        description: str | None = None,
        repo_type: str | None = None,
        pull_request: bool = False,
        endpoint: Endpoint = None,
    ) -> DiscussionWithDetails:
        """Begin a discussion, or a pull request without commits.

        Args:
            repo_id (`str`): Which repository.
            title (`str`): What to call it: one line of at most 200 characters.
            token (`str` or `bool`, *optional*): See `HfApi`.
            description (`str`, *optional*): The first comment, in Markdown.
            repo_type (`str`, *optional*): See `HfApi`.
            pull_request (`bool`): Whether it is a pull request for ``main``. It is a draft: push to its
                ``git_reference``, then give it the status `"open"`.
            endpoint (*optional*): See `HfApi`.

        Raises:
            ValidationError: When it can not be called so.
            RepositoryNotFoundError: Names the nearest one that exists.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        begin = hub.open_pull_request if pull_request else hub.open_discussion
        return detailed(hub, repo, begin(repo, title, description or "").number)

    def create_pull_request(
        self,
        repo_id: str,
        title: str,
        *,
        token: Token = None,
        description: str | None = None,
        repo_type: str | None = None,
        endpoint: Endpoint = None,
    ) -> DiscussionWithDetails:
        """Begin a pull request without commits: `create_discussion` with ``pull_request=True``.

        Args:
            repo_id (`str`): Which repository.
            title (`str`): What to call it: one line of at most 200 characters.
            token (`str` or `bool`, *optional*): See `HfApi`.
            description (`str`, *optional*): The first comment, in Markdown.
            repo_type (`str`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.

        Raises:
            ValidationError: When it can not be called so.
            RepositoryNotFoundError: Names the nearest one that exists.
        """
        return self.create_discussion(
            repo_id,
            title,
            token=token,
            description=description,
            repo_type=repo_type,
            pull_request=True,
            endpoint=endpoint,
        )

    def comment_discussion(
        self,
        repo_id: str,
        discussion_num: int,
        comment: str,
        *,
        token: Token = None,
        repo_type: str | None = None,
        endpoint: Endpoint = None,
    ) -> DiscussionComment:
        """Say something in a discussion.

        Args:
            repo_id (`str`): Which repository.
            discussion_num (`int`): The number of the discussion.
            comment (`str`): What to say, in Markdown.
            token (`str` or `bool`, *optional*): See `HfApi`.
            repo_type (`str`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.

        Raises:
            DiscussionNotFoundError: When there is none of that number.
            ValidationError: When there is nothing in the comment.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        return comment_of(hub.comment(repo, discussion_num, comment))

    def edit_discussion_comment(
        self,
        repo_id: str,
        discussion_num: int,
        comment_id: str,
        new_content: str,
        *,
        token: Token = None,
        repo_type: str | None = None,
        endpoint: Endpoint = None,
    ) -> DiscussionComment:
        """Say something else in a comment.

        Args:
            repo_id (`str`): Which repository.
            discussion_num (`int`): The number of the discussion.
            comment_id (`str`): The id of the comment.
            new_content (`str`): What to say, in Markdown.
            token (`str` or `bool`, *optional*): See `HfApi`.
            repo_type (`str`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.

        Raises:
            NotFoundError: When there is no such comment.
            ConflictError: When it was hidden.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        return comment_of(hub.edit_comment(repo, discussion_num, comment_id, new_content))

    def hide_discussion_comment(
        self,
        repo_id: str,
        discussion_num: int,
        comment_id: str,
        *,
        token: Token = None,
        repo_type: str | None = None,
        endpoint: Endpoint = None,
    ) -> DiscussionComment:
        """Take the text of a comment away, for good.

        Args:
            repo_id (`str`): Which repository.
            discussion_num (`int`): The number of the discussion.
            comment_id (`str`): The id of the comment.
            token (`str` or `bool`, *optional*): See `HfApi`.
            repo_type (`str`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.

        Raises:
            NotFoundError: When there is no such comment.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        return comment_of(hub.hide_comment(repo, discussion_num, comment_id))

    def rename_discussion(
        self,
        repo_id: str,
        discussion_num: int,
        new_title: str,
        *,
        token: Token = None,
        repo_type: str | None = None,
        endpoint: Endpoint = None,
    ) -> DiscussionTitleChange:
        """Give a discussion another title.

        Args:
            repo_id (`str`): Which repository.
            discussion_num (`int`): The number of the discussion.
            new_title (`str`): What to call it.
            token (`str` or `bool`, *optional*): See `HfApi`.
            repo_type (`str`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.

        Raises:
            DiscussionNotFoundError: When there is none of that number.
            ValidationError: When it can not be called so.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        return title_change_of(hub.rename_discussion(repo, discussion_num, new_title))

    def change_discussion_status(
        self,
        repo_id: str,
        discussion_num: int,
        new_status: Literal["open", "closed"],
        *,
        token: Token = None,
        comment: str | None = None,
        repo_type: str | None = None,
        endpoint: Endpoint = None,
    ) -> DiscussionStatusChange:
        """Close or reopen a discussion or pull request, or open a draft.

        Args:
            repo_id (`str`): Which repository.
            discussion_num (`int`): Its number.
            new_status (`str`): `"open"` or `"closed"`.
            token (`str` or `bool`, *optional*): See `HfApi`.
            comment (`str`, *optional*): What to say of it.
            repo_type (`str`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.

        Raises:
            ConflictError: When it was merged, or has that status.
            ValidationError: When the status is another one.
            DiscussionNotFoundError: When there is none of that number.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        return status_change_of(hub.set_discussion_status(repo, discussion_num, new_status, comment))

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
            ConflictError: When it is a draft, closed or merged.
            PullRequestNotFoundError: When there is none of that number.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        hub.merge(repo, discussion_num, comment)
        return detailed(hub, repo, discussion_num)


def _is_of(discussion: community.Discussion, type: str | None) -> bool:
    return type in (None, "all") or discussion.is_pull_request == (type == "pull_request")


def _has_status(discussion: community.Discussion, asked: str | None) -> bool:
    return asked in (None, "all") or (discussion.status in ("open", "draft")) == (asked == "open")
