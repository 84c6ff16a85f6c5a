"""Pages for people, at the addresses that clients give for repositories, commits and discussions."""

from __future__ import annotations

from anyhub.wire.routes.route import Needs, Route
from anyhub.wire.routes.schemas import COUNT, Schema

_REPO = "/{prefix}{repo}"
_PAGED: dict[str, Schema] = {"p": COUNT}

ROUTES = (
    Route("web.namespace", "GET", "/{namespace}", Needs.NOTHING, "Show whose repositories these are."),
    Route("web.repo", "GET", _REPO, Needs.SEE, "Show a repository with its card."),
    Route("web.tree", "GET", f"{_REPO}/tree/{{revision}}", Needs.SEE, "Show the files of a revision.", query=_PAGED),
    Route(
        "web.folder",
        "GET",
        f"{_REPO}/tree/{{revision}}/{{path*}}",
        Needs.SEE,
        "Show what is in a folder of a revision.",
        query=_PAGED,
    ),
    Route("web.blob", "GET", f"{_REPO}/blob/{{revision}}/{{path*}}", Needs.READ, "Show a file."),
    Route("web.commit", "GET", f"{_REPO}/commit/{{revision}}", Needs.READ, "Show a commit, and what it changed."),
    Route(
        "web.discussions", "GET", f"{_REPO}/discussions", Needs.SEE, "Show discussions and pull requests.", query=_PAGED
    ),
    Route("web.discussion", "GET", f"{_REPO}/discussions/{{number}}", Needs.SEE, "Show what was said."),
)
