"""The plain values about what people do around repositories: discussions, collections, access requests, webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from anyhub.values import PullRequestStatus, RepoId

EventType: TypeAlias = Literal["comment", "status-change", "commit", "title-change"]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened in a discussion.

    Attributes:
        id (`str`): Names it within the discussion's repository.
        type (`str`): What happened.
        author (`str`): Who did it.
        created_at (`datetime`): When, in UTC.
        content (`str`): A comment's text as it is now, in Markdown; empty when it is hidden.
        edited_at (`datetime`, *optional*): When a comment was last edited.
        edits (`int`): How often a comment was edited.
        hidden (`bool`): Whether a comment was hidden.
        hidden_by (`str`): Who hid it.
        status (`str`, *optional*): The new status, of a ``status-change``.
        subject, oid (`str`): Title and id, of a ``commit``.
        old_title, new_title (`str`): Of a ``title-change``.
    """

    id: str
    type: EventType
    author: str
    created_at: datetime
    content: str = ""
    edited_at: datetime | None = None
    edits: int = 0
    hidden: bool = False
    hidden_by: str = ""
    status: PullRequestStatus | None = None
    subject: str = ""
    oid: str = ""
    old_title: str = ""
    new_title: str = ""


@dataclass(frozen=True, slots=True)
class Discussion:
    """A conversation about a repository; with commits to merge, when it is a pull request. Both share one numbering.

    Attributes:
        number (`int`): From 1 on.
        title, author (`str`): What it is called, and who opened it.
        status (`str`): `"open"` or `"closed"`; a pull request may also be `"draft"` or `"merged"`.
        is_pull_request (`bool`): Whether it has commits, on ``refs/pr/N``.
        created_at (`datetime`): In UTC.
        comments (`int`): How many comments it has, the first one included.
        target (`str`, *optional*): The branch that a pull request is to change, ``refs/heads/…``.
        merge_commit (`str`, *optional*): The commit that brought it there.
        events: What happened, oldest first; empty in listings.
    """

    number: int
    title: str
    author: str
    status: PullRequestStatus
    is_pull_request: bool
    created_at: datetime
    comments: int = 1
    target: str | None = None
    merge_commit: str | None = None
    events: tuple[Event, ...] = ()


AccessStatus: TypeAlias = Literal["pending", "accepted", "rejected"]


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """Somebody's wish to read a gated repository."""

    user: str
    status: AccessStatus
    created_at: datetime
    fields: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CollectionItem:
    """One thing in a collection: `id` names the item in it, `repo` what it stands for."""

    id: str
    repo: RepoId
    note: str = ""
    position: int = 0


@dataclass(frozen=True, slots=True)
class Collection:
    """A list of repositories that somebody put together.

    Attributes:
        slug (`str`): ``namespace/title-in-lower-case-<id>``.
        title, description, theme (`str`): For people to read.
        owner (`str`): The user or organisation that it belongs to.
        private (`bool`): Whether only its owners may see it.
        modified_at (`datetime`): In UTC.
        upvotes (`int`): How many users upvoted it.
        items: In their order.
    """

    slug: str
    title: str
    description: str
    owner: str
    private: bool
    theme: str
    modified_at: datetime
    upvotes: int = 0
    items: tuple[CollectionItem, ...] = ()


WebhookDomain: TypeAlias = Literal["repo", "discussion"]


@dataclass(frozen=True, slots=True)
class Watched:
    """What a webhook watches: a repository (``kind`` is its type) or all of a namespace (`"user"`, `"org"`)."""

    kind: Literal["model", "dataset", "space", "user", "org"]
    name: str


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that is told when something happens.

    Attributes:
        id (`str`): Names it.
        owner (`str`): The user whose it is.
        url (`str`): Where to post to.
        watched: What it is told of.
        domains: Which kinds of events it is told of.
        secret (`str`, *optional*): Sent along as ``X-Webhook-Secret``, by which the receiver knows the hub.
        enabled (`bool`): Whether it is told anything at the moment.
    """

    id: str
    owner: str
    url: str
    watched: tuple[Watched, ...]
    domains: tuple[WebhookDomain, ...]
    secret: str | None = None
    enabled: bool = True
