"""What happened in a discussion, as `HfApi` tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from anyhub.community import Event


@dataclass(frozen=True)
class DiscussionEvent:
    """One thing that happened in a discussion or pull request.

    Attributes:
        id (`str`): Names it.
        type (`str`): What it is: `"comment"`, `"status-change"`, `"commit"` or `"title-change"`.
        created_at (`datetime`): When it happened.
        author (`str`): Who did it.
    """

    id: str
    type: str
    created_at: datetime
    author: str


@dataclass(frozen=True)
class DiscussionComment(DiscussionEvent):
    """Somebody said something.

    Attributes:
        content (`str`): What, in Markdown; empty when it is hidden.
        edited (`bool`): Whether it was edited.
        hidden (`bool`): Whether it was hidden.
        last_edited_at (`datetime`): When it became what it is.
        number_of_edits (`int`): How often it was edited.
    """

    content: str
    edited: bool
    hidden: bool
    last_edited_at: datetime
    number_of_edits: int


@dataclass(frozen=True)
class DiscussionStatusChange(DiscussionEvent):
    """Somebody closed, reopened or merged it; ``new_status`` says which."""

    new_status: str


@dataclass(frozen=True)
class DiscussionCommit(DiscussionEvent):
    """A commit came to a pull request: ``summary`` is its title, ``oid`` its id."""

    summary: str
    oid: str


@dataclass(frozen=True)
class DiscussionTitleChange(DiscussionEvent):
    """Somebody gave it another title."""

    old_title: str
    new_title: str


def comment_of(event: Event) -> DiscussionComment:
    """Return a comment as `HfApi` tells it."""
    return DiscussionComment(
        *_common(event),
        content=event.content,
        edited=event.edits > 0,
        hidden=event.hidden,
        last_edited_at=event.edited_at or event.created_at,
        number_of_edits=event.edits,
    )


def status_change_of(event: Event) -> DiscussionStatusChange:
    """Return a change of status as `HfApi` tells it."""
    return DiscussionStatusChange(*_common(event), new_status=event.status or "")


def title_change_of(event: Event) -> DiscussionTitleChange:
    """Return a change of title as `HfApi` tells it."""
    return DiscussionTitleChange(*_common(event), old_title=event.old_title, new_title=event.new_title)


def event_of(event: Event) -> DiscussionEvent:
    """Return an event as `HfApi` tells it; one of a type that it does not know, as one of no type in particular."""
    if event.type == "comment":
        return comment_of(event)
    if event.type == "status-change":
        return status_change_of(event)
    if event.type == "commit":
        return DiscussionCommit(*_common(event), summary=event.subject, oid=event.oid)
    if event.type == "title-change":
        return title_change_of(event)
    return DiscussionEvent(*_common(event))


def _common(event: Event) -> tuple[str, str, datetime, str]:
    return event.id, event.type, event.created_at, event.author
