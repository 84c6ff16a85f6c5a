"""Discussions, pull requests and what happened in them, in JSON."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from anyhub.community import Discussion, Event, EventType
from anyhub.values import PullRequestStatus, RepoId
from anyhub.wire.bodies import reading
from anyhub.wire.bodies.reading import maybe, need, read_date, spell_date

MAX_HISTORY = 100
_DELETED = "deleted"
_STATUSES: tuple[PullRequestStatus, ...] = get_args(PullRequestStatus)
_EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)


def spell_discussion(repo: RepoId, discussion: Discussion) -> dict[str, Any]:
    """Return a discussion in JSON as listings have it: without what happened in it.

    Args:
        repo (`RepoId`): Where it is.
        discussion (`Discussion`): Which one.
    """
    return {
        "num": discussion.number,
        "author": _author(discussion.author),
        "repo": {"name": str(repo), "type": repo.type},
        "title": discussion.title,
        "status": discussion.status,
        "createdAt": spell_date(discussion.created_at),
        "isPullRequest": discussion.is_pull_request,
        "numComments": discussion.comments,
        "pinned": False,
        "targetBranch": discussion.target,
        "mergeCommitId": discussion.merge_commit,
    }


def spell_details(
    repo: RepoId, discussion: Discussion, *, conflicts: Sequence[str] = (), diff: str | None = None
) -> dict[str, Any]:
    """Return a discussion in JSON with all that happened in it.

    Args:
        repo (`RepoId`): Where it is.
        discussion (`Discussion`): Which one, with its events.
        conflicts: The files because of which a pull request can not be merged as it is.
        diff (`str`, *optional*): What a pull request changes, as ``git diff`` prints it; None when nobody asked.
    """
    spelled = spell_discussion(repo, discussion)
    spelled |= {"events": [spell_event(event) for event in discussion.events], "filesWithConflicts": False}
    if discussion.is_pull_request:
        spelled["filesWithConflicts"] = list(conflicts)
        spelled["changes"] = {"base": discussion.target, "mergeCommitId": discussion.merge_commit}
    if diff is not None:
        spelled["diff"] = diff
    return spelled


def read_discussion(content: Mapping[str, Any]) -> Discussion:
    """Return the discussion that JSON tells of, with its events where it has them.

    Events of a type that this version does not know are left out, since other hubs have more of them.

    Raises:
        CorruptFileError: When it is not that of a discussion.
    """
    told = [reading.is_a(event, dict, "an event") for event in maybe(content, "events", list) or ()]
    events = tuple(read_event(event) for event in told if event.get("type") in _EVENT_TYPES)
    changes = maybe(content, "changes", dict) or {}
    written = sum(event.type == "comment" for event in events)
    return Discussion(
        number=need(content, "num", int),
        title=need(content, "title", str),
        author=_read_author(content),
        status=_one_of(content, "status", _STATUSES),
        is_pull_request=need(content, "isPullRequest", bool),
        created_at=read_date(content, "createdAt"),
        comments=maybe(content, "numComments", int) or max(1, written),
        target=maybe(content, "targetBranch", str) or maybe(changes, "base", str),
        merge_commit=maybe(content, "mergeCommitId", str) or maybe(changes, "mergeCommitId", str),
        events=events,
    )


def read_conflicts(content: Mapping[str, Any]) -> list[str]:
    """Return the files because of which a pull request can not be merged, of the JSON of a discussion."""
    return list(reading.texts(content, "filesWithConflicts"))


def spell_event(event: Event) -> dict[str, Any]:
    """Return something that happened in a discussion in JSON."""
    return {
        "id": event.id,
        "author": _author(event.author),
        "createdAt": spell_date(event.created_at),
        "type": event.type,
        "data": _spell_data(event),
    }


def _spell_data(event: Event) -> dict[str, Any]:
    if event.type == "comment":
        return _spell_comment(event)
    if event.type == "status-change":
        return {"status": event.status}
    if event.type == "commit":
        return {"subject": event.subject, "oid": event.oid}
    return {"from": event.old_title, "to": event.new_title}


def _spell_comment(event: Event) -> dict[str, Any]:
    author = _author(event.author)
    comment: dict[str, Any] = {
        "edited": event.edits > 0,
        "hidden": event.hidden,
        "latest": {
            "raw": event.content,
            "html": paragraphs(event.content),
            "updatedAt": spell_date(event.edited_at or event.created_at),
            "author": author,
        },
        "numEdits": event.edits,
        # Earlier texts are not kept: a comment that was edited to take something back must not go on telling it. Old
        # clients count these to know how often it was edited.
        "history": [{"author": author}] * min(event.edits, MAX_HISTORY),
    }
    return {**comment, "hiddenBy": event.hidden_by} if event.hidden else comment


def read_event(content: Mapping[str, Any]) -> Event:
    """Return something that happened in a discussion, as JSON tells it.

    Raises:
        CorruptFileError: When it is not that of an event.
    """
    data = maybe(content, "data", dict) or {}
    type = _one_of(content, "type", _EVENT_TYPES)
    common: dict[str, Any] = {
        "id": need(content, "id", str),
        "type": type,
        "author": _read_author(content),
        "created_at": read_date(content, "createdAt"),
    }
    return Event(**common, **_read_data(type, data))


def _read_data(type: EventType, data: Mapping[str, Any]) -> dict[str, Any]:
    if type == "comment":
        return _read_comment(data)
    if type == "status-change":
        return {"status": _one_of(data, "status", _STATUSES)}
    if type == "commit":
        return {"subject": need(data, "subject", str), "oid": reading.oid(data, "oid")}
    return {"old_title": need(data, "from", str), "new_title": need(data, "to", str)}


def _read_comment(data: Mapping[str, Any]) -> dict[str, Any]:
    latest = need(data, "latest", dict)
    edits = maybe(data, "numEdits", int) or len(maybe(data, "history", list) or ())
    return {
        "content": maybe(latest, "raw", str) or "",
        "edits": edits,
        "edited_at": read_date(latest, "updatedAt") if edits else None,
        "hidden": maybe(data, "hidden", bool) or False,
        "hidden_by": maybe(data, "hiddenBy", str) or "",
    }


def paragraphs(text: str) -> str:
    """Return plain text as HTML: escaped, in paragraphs where it has empty lines."""
    parts = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return "\n".join(f"<p>{html.escape(part).replace(chr(10), '<br>')}</p>" for part in parts if part)


def _author(name: str) -> dict[str, Any]:
    return {"name": name, "fullname": name, "type": "user", "avatarUrl": ""}


def _read_author(content: Mapping[str, Any]) -> str:
    return maybe(maybe(content, "author", dict) or {}, "name", str) or _DELETED


def _one_of(content: Mapping[str, Any], name: str, allowed: tuple[Any, ...]) -> Any:
    text = need(content, name, str)
    if text not in allowed:
        raise reading.wrong(f"{name!r} is {text[:40]!r} and not one of {', '.join(allowed)}")
    return text
