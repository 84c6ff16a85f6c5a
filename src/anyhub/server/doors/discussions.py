"""The door of discussions and pull requests."""

from __future__ import annotations

from collections.abc import Mapping

from anyhub.community import Discussion
from anyhub.errors import DiscussionNotFoundError, GatedRepoError, RevisionNotFoundError, ValidationError
from anyhub.server.answers import Answer, json_answer
from anyhub.server.call import Call, Handler, field
from anyhub.server.diffs import diff
from anyhub.values import PullRequestStatus, RepoId
from anyhub.wire.bodies.commits import spell_committed
from anyhub.wire.bodies.discussions import spell_details, spell_discussion, spell_event

PAGE = 50

_OPEN = ("open", "draft")
_BY_STATUS = {"all": (*_OPEN, "closed", "merged"), "open": _OPEN, "closed": ("closed", "merged")}
_BY_TYPE = {"all": (False, True), "discussion": (False,), "pull_request": (True,)}


def list_all(call: Call) -> Answer:
    """List discussions and pull requests, in numbered pages."""
    statuses, kinds = _filter(call, "status", _BY_STATUS), _filter(call, "type", _BY_TYPE)
    author = call.first("author")
    repo = call.repo()
    fitting = [
        each
        for each in call.hub.discussions(repo)
        if each.is_pull_request in kinds and (author is None or each.author.lower() == author.lower())
    ]
    found = [each for each in fitting if each.status in statuses]
    start = call.number("p", 0, most=10**6) * PAGE
    return json_answer(
        {
            "discussions": [spell_discussion(repo, each) for each in found[start : start + PAGE]],
            "count": len(found),
            "start": start,
            "numClosedDiscussions": sum(each.status not in _OPEN for each in fitting),
        }
    )


def create(call: Call) -> Answer:
    """Begin a discussion or a pull request."""
    content = call.json()
    title, description = field(content, "title", str), field(content, "description", str, "")
    repo = call.repo()
    if field(content, "pullRequest", bool, False):
        target = field(content, "targetBranch", str, "refs/heads/main")
        opened = call.hub.open_pull_request(repo, title, description, target=target)
    else:
        opened = call.hub.open_discussion(repo, title, description)
    return json_answer(spell_details(repo, opened))


def details(call: Call) -> Answer:
    """Show a discussion with all that happened in it, and what a pull request changes."""
    repo, number = call.repo(), _number(call)
    found = call.hub.discussion(repo, number)
    if not found.is_pull_request:
        return json_answer(spell_details(repo, found))
    conflicts = _conflicts(call, repo, number) if found.status in _OPEN else []
    changes = _changes(call, repo, found) if call.flag("diff") else None
    return json_answer(spell_details(repo, found, conflicts=conflicts, diff=changes))


def comment(call: Call) -> Answer:
    """Add a comment."""
    content = field(call.json(), "comment", str)
    return json_answer({"newMessage": spell_event(call.hub.comment(call.repo(), _number(call), content))})


def edit_comment(call: Call) -> Answer:
    """Change the text of a comment."""
    content = field(call.json(), "content", str)
    event = call.hub.edit_comment(call.repo(), _number(call), call.parts["event"].lower(), content)
    return json_answer({"updatedComment": spell_event(event)})


def hide_comment(call: Call) -> Answer:
    """Take the text of a comment away."""
    event = call.hub.hide_comment(call.repo(), _number(call), call.parts["event"].lower())
    return json_answer({"updatedComment": spell_event(event)})


def title(call: Call) -> Answer:
    """Give a discussion another title."""
    text = field(call.json(), "title", str)
    return json_answer({"newTitle": spell_event(call.hub.rename_discussion(call.repo(), _number(call), text))})


def status(call: Call) -> Answer:
    """Close or reopen a discussion."""
    content = call.json()
    wanted, words = _status(field(content, "status", str)), field(content, "comment", str, "")
    event = call.hub.set_discussion_status(call.repo(), _number(call), wanted, words or None)
    return json_answer({"newStatus": spell_event(event)})


def merge(call: Call) -> Answer:
    """Merge a pull request; the comment is the message of its commit."""
    message = field(call.json(), "comment", str, "")
    repo = call.repo()
    done = call.hub.merge(repo, _number(call), message or None)
    return json_answer(spell_committed(done, call.hub.url(repo, "commit", done.commit.oid), None))


def _conflicts(call: Call, repo: RepoId, number: int) -> list[str]:
    """Return the files because of which a pull request can not be merged; none, when its branch is gone."""
    try:
        return call.hub.conflicts(repo, number)
    except RevisionNotFoundError:
        return []


def _changes(call: Call, repo: RepoId, pull_request: Discussion) -> str | None:
    """Return what a pull request changes, or did change when it was merged; None where that can not be told.

    That is when its branch is gone, and to those who may not read the files.
    """
    try:
        head = call.hub.resolve(repo, f"refs/pr/{pull_request.number}").oid
        base = call.hub.common_ancestor(repo, _target(call, repo, pull_request), head)
        return "" if base is None else diff(call.hub, repo, base, head)
    except (GatedRepoError, RevisionNotFoundError):
        return None


def _target(call: Call, repo: RepoId, pull_request: Discussion) -> str:
    """Return the commit that a pull request is to change, or did."""
    if pull_request.merge_commit is None:
        return call.hub.resolve(repo, pull_request.target or "main").oid
    merged = call.hub.resolve(repo, pull_request.merge_commit)
    return merged.parents[0] if merged.parents else merged.oid


def _number(call: Call) -> int:
    text = call.parts["number"]
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise DiscussionNotFoundError(f"{text[:40]!r} is not the number of a discussion; they count from 1.")
    return int(text)


def _status(text: str) -> PullRequestStatus:
    if text == "open":
        return "open"
    if text == "closed":
        return "closed"
    raise ValidationError(f"{text[:40]!r} can not be set as a status; use 'open' or 'closed'.")


def _filter(call: Call, name: str, choices: Mapping[str, tuple[object, ...]]) -> tuple[object, ...]:
    text = call.first(name, "all")
    if text not in choices:
        raise ValidationError(f"{name} is one of {', '.join(choices)}, not {text[:40]!r}.")
    return choices[text]


HANDLERS: dict[str, Handler] = {
    "discussion.list": list_all,
    "discussion.create": create,
    "discussion.details": details,
    "discussion.comment": comment,
    "discussion.edit_comment": edit_comment,
    "discussion.hide_comment": hide_comment,
    "discussion.title": title,
    "discussion.status": status,
    "discussion.merge": merge,
}
