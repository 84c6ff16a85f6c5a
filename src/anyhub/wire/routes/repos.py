"""Repositories: what there are, what is known of them, and what is settled about them."""

from __future__ import annotations

from anyhub.wire.routes.route import Needs, Route
from anyhub.wire.routes.schemas import COUNT, FLAG, TEXT, Schema, maybe, one_of, some, thing

_REPO = "/api/{type}/{repo}"
_TYPE = one_of("model", "dataset", "space")
_VISIBILITY: dict[str, Schema] = {"private": maybe(FLAG), "visibility": maybe(one_of("public", "private", "protected"))}
_NAMED: dict[str, Schema] = {"name": TEXT, "organization": maybe(TEXT), "type": maybe(_TYPE)}
_EXPAND: Schema = {
    "description": "Tell only these of all that is known.",
    **some(TEXT, 100),
}
_LIMIT: Schema = {"type": "integer", "minimum": 1, "maximum": 1000}

_INFO: dict[str, Schema] = {"blobs": FLAG, "securityStatus": FLAG, "expand": _EXPAND}
_SEARCH: dict[str, Schema] = {
    "search": some(TEXT, 100),
    "author": TEXT,
    "filter": some(TEXT, 100),
    "pipeline_tag": TEXT,
    "library": TEXT,
    "gated": FLAG,
    "num_parameters": {"type": "string", "pattern": "^(min|max):[0-9.]+[KMBT]?(,(min|max):[0-9.]+[KMBT]?)?$"},
    "apps": some(TEXT, 100),
    "inference": TEXT,
    "inference_provider": some(TEXT, 100),
    "sort": one_of("lastModified", "createdAt", "likes", "downloads", "trendingScore"),
    "direction": one_of("1", "-1"),
    "limit": {**_LIMIT, "minimum": 0},
    "cursor": TEXT,
    "full": FLAG,
    "config": FLAG,
    "cardData": FLAG,
    "expand": _EXPAND,
}

_MANAGING = (
    Route(
        "repo.create",
        "POST",
        "/api/repos/create",
        Needs.LOGIN,
        "Create a repository.",
        body=thing("name", **_NAMED, **_VISIBILITY, sdk=one_of("gradio", "docker", "static", "streamlit")),
    ),
    Route(
        "repo.delete",
        "DELETE",
        "/api/repos/delete",
        Needs.MANAGE,
        "Delete a repository.",
        body=thing("name", **_NAMED),
    ),
    Route(
        "repo.move",
        "POST",
        "/api/repos/move",
        Needs.MANAGE,
        "Rename a repository.",
        body=thing("fromRepo", "toRepo", fromRepo=TEXT, toRepo=TEXT, type=maybe(_TYPE)),
    ),
    Route(
        "repo.settings",
        "PUT",
        f"{_REPO}/settings",
        Needs.MANAGE,
        "Set whether a repository is private, and whether it is gated.",
        body=thing(**_VISIBILITY, gated={"enum": ["auto", "manual", False]}),
    ),
    Route(
        "repo.duplicate",
        "POST",
        f"{_REPO}/duplicate",
        Needs.READ,
        "Create a repository with the same files.",
        body=thing("repository", repository=TEXT, **_VISIBILITY),
    ),
    Route(
        "repo.auth_check",
        "GET",
        f"{_REPO}/auth-check",
        Needs.READ,
        "Say whether the caller may read the files.",
    ),
    Route(
        "repo.auth_check_write",
        "GET",
        f"{_REPO}/auth-check/write",
        Needs.WRITE,
        "Say whether the caller may write.",
    ),
)

_DESCRIBING = (
    Route("repo.info", "GET", _REPO, Needs.SEE, "Describe a repository.", query=_INFO),
    Route(
        "repo.info_at",
        "GET",
        f"{_REPO}/revision/{{revision}}",
        Needs.SEE,
        "Describe a repository at a revision.",
        query=_INFO,
    ),
    Route("repo.search", "GET", "/api/{type}", Needs.NOTHING, "List repositories.", query=_SEARCH),
    Route(
        "repo.tags_by_type",
        "GET",
        "/api/{type}-tags-by-type",
        Needs.NOTHING,
        "List the tags in use, by their kind.",
    ),
    Route(
        "repo.quicksearch",
        "GET",
        "/api/quicksearch",
        Needs.NOTHING,
        "Find repositories, users and organisations by a few letters.",
        query={"q": TEXT, "limit": _LIMIT, "type": _TYPE},
    ),
    Route(
        "repo.trending",
        "GET",
        "/api/trending",
        Needs.NOTHING,
        "List what many look at right now.",
        query={"type": one_of("all", "model", "dataset", "space"), "limit": _LIMIT},
    ),
    Route(
        "repo.mine",
        "GET",
        "/api/settings/repositories",
        Needs.LOGIN,
        "List the repositories of the caller, with the bytes they take.",
    ),
    Route(
        "repo.of_organization",
        "GET",
        "/api/organizations/{organization}/settings/repositories",
        Needs.LOGIN,
        "List the repositories of an organisation, with the bytes they take.",
    ),
    Route(
        "card.validate",
        "POST",
        "/api/validate-yaml",
        Needs.NOTHING,
        "Check the metadata of a card.",
        body=thing("content", content=TEXT, repoType=_TYPE),
    ),
)

_REFS = (
    Route(
        "ref.list",
        "GET",
        f"{_REPO}/refs",
        Needs.SEE,
        "List branches, tags and pull requests.",
        query={"include_prs": FLAG},
    ),
    Route(
        "branch.create",
        "POST",
        f"{_REPO}/branch/{{branch}}",
        Needs.WRITE,
        "Create a branch.",
        body=thing(startingPoint=maybe(TEXT)),
    ),
    Route("branch.delete", "DELETE", f"{_REPO}/branch/{{branch}}", Needs.WRITE, "Delete a branch."),
    Route(
        "tag.create",
        "POST",
        f"{_REPO}/tag/{{revision}}",
        Needs.WRITE,
        "Create a tag.",
        body=thing("tag", tag=TEXT, message=maybe(TEXT)),
    ),
    Route("tag.delete", "DELETE", f"{_REPO}/tag/{{tag}}", Needs.WRITE, "Delete a tag."),
)

_COMMITS = (
    Route(
        "commit.list",
        "GET",
        f"{_REPO}/commits/{{revision}}",
        Needs.SEE,
        "List the commits that led to a revision.",
        query={"p": COUNT, "limit": _LIMIT, "expand": some(one_of("formatted"), 1)},
    ),
    Route(
        "commit.compare",
        "GET",
        f"{_REPO}/compare/{{range}}",
        Needs.READ,
        "Show how two revisions differ, as git does.",
    ),
    Route(
        "commit.squash",
        "POST",
        f"{_REPO}/super-squash/{{branch}}",
        Needs.WRITE,
        "Replace the history of a branch by one commit.",
        body=thing(message=TEXT),
    ),
)

ROUTES = (*_MANAGING, *_DESCRIBING, *_REFS, *_COMMITS)
