"""Likes, access requests, collections and webhooks."""

from __future__ import annotations

from anyhub.wire.routes.route import Needs, Route
from anyhub.wire.routes.schemas import COUNT, FLAG, TEXT, Schema, one_of, some, thing

_REQUESTS = "/api/{type}/{repo}/user-access-request"
_COLLECTION = "/api/collections/{namespace}/{slug}"
_ITEM = f"{_COLLECTION}/items/{{item}}"
_WEBHOOKS = "/api/settings/webhooks"
_WEBHOOK = f"{_WEBHOOKS}/{{webhook}}"

_TYPES = ("model", "dataset", "space")
_THING = thing("id", "type", id=TEXT, type=one_of(*_TYPES))
_PLACE: dict[str, Schema] = {"note": TEXT, "position": COUNT}
_WATCHED = some(thing("type", "name", type=one_of(*_TYPES, "user", "org"), name=TEXT), 100)
_DOMAINS = some(one_of("repo", "discussion"), 2)

_LIKES = (
    Route("like.create", "POST", "/api/{type}/{repo}/like", Needs.PROPOSE, "Like a repository."),
    Route("like.delete", "DELETE", "/api/{type}/{repo}/like", Needs.PROPOSE, "Take a like back."),
    Route("like.likers", "GET", "/api/{type}/{repo}/likers", Needs.SEE, "List who likes a repository."),
    Route("like.of_user", "GET", "/api/users/{user}/likes", Needs.NOTHING, "List what a user likes."),
)

_ACCESS = (
    Route(
        "access.page",
        "GET",
        "/{prefix}{namespace}/{name}/ask-access",
        Needs.NOTHING,
        "Show how access to a gated repository is asked for.",
    ),
    Route(
        "access.ask",
        "POST",
        "/{prefix}{repo}/ask-access",
        Needs.PROPOSE,
        "Ask for access to a gated repository; the fields of the form are shown to its owners.",
        body={"type": "object"},
        content_type="application/x-www-form-urlencoded",
    ),
    Route(
        "access.list",
        "GET",
        f"{_REQUESTS}/{{status}}",
        Needs.MANAGE,
        "List the requests for access that are pending, accepted or rejected.",
    ),
    Route(
        "access.handle",
        "POST",
        f"{_REQUESTS}/handle",
        Needs.MANAGE,
        "Decide on a request for access.",
        body=thing(
            "status",
            user=TEXT,
            requestId=TEXT,
            status=one_of("pending", "accepted", "rejected"),
            rejectionReason=TEXT,
        ),
    ),
    Route(
        "access.grant",
        "POST",
        f"{_REQUESTS}/grant",
        Needs.MANAGE,
        "Give a user access who did not ask.",
        body=thing("user", user=TEXT),
    ),
)

_COLLECTIONS = (
    Route(
        "collection.list",
        "GET",
        "/api/collections",
        Needs.NOTHING,
        "List collections.",
        query={
            "owner": some(TEXT, 100),
            "item": some(TEXT, 100),
            "sort": one_of("lastModified", "trending", "upvotes"),
            "limit": COUNT,
            "cursor": TEXT,
        },
    ),
    Route(
        "collection.create",
        "POST",
        "/api/collections",
        Needs.LOGIN,
        "Begin a collection.",
        body=thing("title", title=TEXT, namespace=TEXT, description=TEXT, private=FLAG, item=_THING),
    ),
    Route("collection.details", "GET", _COLLECTION, Needs.NOTHING, "Show a collection."),
    Route(
        "collection.update",
        "PATCH",
        _COLLECTION,
        Needs.LOGIN,
        "Change a collection.",
        body=thing(title=TEXT, description=TEXT, private=FLAG, theme=TEXT, position=COUNT),
    ),
    Route("collection.delete", "DELETE", _COLLECTION, Needs.LOGIN, "Delete a collection."),
    Route(
        "collection.add",
        "POST",
        f"{_COLLECTION}/items",
        Needs.LOGIN,
        "Add something to a collection.",
        body=thing("item", item=_THING, note=TEXT),
    ),
    Route(
        "collection.update_item",
        "PATCH",
        _ITEM,
        Needs.LOGIN,
        "Change a note or a place in a collection.",
        body=thing(**_PLACE),
    ),
    Route("collection.remove", "DELETE", _ITEM, Needs.LOGIN, "Take something out of a collection."),
    Route(
        "collection.resource_group",
        "POST",
        f"{_COLLECTION}/resource-group",
        Needs.LOGIN,
        "Resource groups: put a collection in one.",
        unbuilt=True,
    ),
)

_HOOKS = (
    Route("webhook.list", "GET", _WEBHOOKS, Needs.LOGIN, "List the caller's webhooks."),
    Route(
        "webhook.create",
        "POST",
        _WEBHOOKS,
        Needs.LOGIN,
        "Add a webhook.",
        body=thing("url", "watched", url=TEXT, watched=_WATCHED, domains=_DOMAINS, secret=TEXT),
    ),
    Route("webhook.details", "GET", _WEBHOOK, Needs.LOGIN, "Show a webhook."),
    Route(
        "webhook.update",
        "POST",
        _WEBHOOK,
        Needs.LOGIN,
        "Change a webhook; what is not given stays.",
        body=thing(url=TEXT, watched=_WATCHED, domains=_DOMAINS, secret=TEXT),
    ),
    Route("webhook.delete", "DELETE", _WEBHOOK, Needs.LOGIN, "Remove a webhook."),
    Route(
        "webhook.enable",
        "POST",
        f"{_WEBHOOK}/{{action}}",
        Needs.LOGIN,
        "Switch a webhook on (`enable`) or off (`disable`).",
    ),
)

ROUTES = (*_LIKES, *_ACCESS, *_COLLECTIONS, *_HOOKS)
