"""Discussions and pull requests."""

from __future__ import annotations

from anyhub.wire.routes.route import Needs, Route
from anyhub.wire.routes.schemas import COUNT, FLAG, TEXT, one_of, thing

_ALL = "/api/{type}/{repo}/discussions"
_ONE = f"{_ALL}/{{number}}"
_COMMENT = f"{_ONE}/comment/{{event}}"

ROUTES = (
    Route(
        "discussion.list",
        "GET",
        _ALL,
        Needs.SEE,
        "List discussions and pull requests, the newest first.",
        query={
            "p": COUNT,
            "type": one_of("all", "discussion", "pull_request"),
            "status": one_of("all", "open", "closed"),
            "author": TEXT,
        },
    ),
    Route(
        "discussion.create",
        "POST",
        _ALL,
        Needs.PROPOSE,
        "Begin a discussion or a pull request.",
        body=thing("title", title=TEXT, description=TEXT, pullRequest=FLAG, targetBranch=TEXT),
    ),
    Route(
        "discussion.details",
        "GET",
        _ONE,
        Needs.SEE,
        "Show a discussion with all that happened in it.",
        query={"diff": one_of("0", "1")},
    ),
    Route(
        "discussion.comment",
        "POST",
        f"{_ONE}/comment",
        Needs.PROPOSE,
        "Add a comment.",
        body=thing("comment", comment=TEXT),
    ),
    Route(
        "discussion.edit_comment",
        "POST",
        f"{_COMMENT}/edit",
        Needs.PROPOSE,
        "Change the text of a comment.",
        body=thing("content", content=TEXT),
    ),
    Route(
        "discussion.hide_comment",
        "POST",
        f"{_COMMENT}/hide",
        Needs.PROPOSE,
        "Take the text of a comment away for good.",
    ),
    Route(
        "discussion.title",
        "POST",
        f"{_ONE}/title",
        Needs.PROPOSE,
        "Give a discussion another title.",
        body=thing("title", title=TEXT),
    ),
    Route(
        "discussion.status",
        "POST",
        f"{_ONE}/status",
        Needs.PROPOSE,
        "Close or reopen a discussion.",
        body=thing("status", status=one_of("open", "closed"), comment=TEXT),
    ),
    Route(
        "discussion.merge",
        "POST",
        f"{_ONE}/merge",
        Needs.WRITE,
        "Merge a pull request.",
        body=thing(comment=TEXT),
    ),
)
