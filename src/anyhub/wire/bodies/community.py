"""Likes, access requests, collections and webhooks, in JSON."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from anyhub.community import AccessRequest, Collection, CollectionItem, Watched, Webhook, WebhookDomain
from anyhub.errors import UnsupportedError, ValidationError
from anyhub.people import User
from anyhub.values import REPO_TYPES, RepoId, RepoType
from anyhub.wire.bodies.people import account_id, spell_member
from anyhub.wire.bodies.reading import spell_date

WATCHED_KINDS = (*REPO_TYPES, "user", "org")
WEBHOOK_DOMAINS: tuple[WebhookDomain, ...] = get_args(WebhookDomain)
MAX_WATCHED = 100


def spell_like(repo: RepoId) -> dict[str, Any]:
    """Return one thing that a user likes in JSON."""
    return {"repo": {"name": str(repo), "type": repo.type}}


# -- access to gated repositories


def request_id(request: AccessRequest) -> str:
    """Return the id by which a repository's owner may name a request: one user asks once for a repository."""
    return account_id(request.user)


def spell_access_request(request: AccessRequest, user: User | None) -> dict[str, Any]:
    """Return a request for access in JSON.

    Args:
        request (`AccessRequest`): Which one.
        user (`User`, *optional*): Who asks; None when they have gone.
    """
    who = spell_member(request.user, user.fullname if user else "") | {"email": user.email if user else ""}
    spelled: dict[str, Any] = {
        "requestId": request_id(request),
        "user": who,
        "status": request.status,
        "timestamp": spell_date(request.created_at),
    }
    if request.fields:
        spelled["fields"] = dict(request.fields)
    if request.reason:
        spelled["rejectionReason"] = request.reason
    return spelled


# -- collections


def spell_collection(collection: Collection, owner_type: str, position: int = 0) -> dict[str, Any]:
    """Return a collection in JSON.

    Args:
        collection (`Collection`): Which one.
        owner_type (`str`): `"user"` or `"org"`.
        position (`int`): Its place in the listing. Clients of listings count for themselves, and take no place there.
    """
    return {**spell_listed_collection(collection, owner_type), "position": position}


def spell_listed_collection(collection: Collection, owner_type: str) -> dict[str, Any]:
    """Return a collection in JSON as listings have it: as `spell_collection`, without a place."""
    return {
        "slug": collection.slug,
        "title": collection.title,
        "description": collection.description,
        "owner": {
            "_id": account_id(collection.owner),
            "name": collection.owner,
            "fullname": collection.owner,
            "type": owner_type,
            "avatarUrl": "",
        },
        "private": collection.private,
        "theme": collection.theme,
        "lastUpdated": spell_date(collection.modified_at),
        "gating": False,
        "upvotes": collection.upvotes,
        "isUpvotedByUser": False,
        "items": [spell_item(item) for item in collection.items],
    }


def spell_item(item: CollectionItem) -> dict[str, Any]:
    """Return one thing of a collection in JSON."""
    spelled: dict[str, Any] = {
        "_id": item.id,
        "id": str(item.repo),
        "type": item.repo.type,
        "repoType": item.repo.type,
        "author": item.repo.namespace,
        "position": item.position,
    }
    if item.note:
        spelled["note"] = {"text": item.note, "html": html.escape(item.note)}
    return spelled


def read_item_type(text: object) -> RepoType:
    """Return the kind of repository that is to be put in a collection.

    Raises:
        UnsupportedError: For something that other hubs have: a paper, a collection, a bucket.
        ValidationError: For anything else.
    """
    for type in REPO_TYPES:
        if text == type:
            return type
    if text in ("paper", "collection", "bucket"):
        raise UnsupportedError(f"A collection of this hub holds no {text}; add a model, a dataset or a space.")
    raise ValidationError(f"{str(text)[:40]!r} can not be in a collection; add a model, a dataset or a space.")


# -- webhooks


def spell_webhook(webhook: Webhook) -> dict[str, Any]:
    """Return a webhook in JSON, with its secret: only its owner is shown it."""
    return {
        "id": webhook.id,
        "url": webhook.url,
        "watched": [{"type": each.kind, "name": each.name} for each in webhook.watched],
        "domains": list(webhook.domains),
        "secret": webhook.secret,
        "disabled": not webhook.enabled,
    }


def read_watched(lines: Sequence[object]) -> tuple[Watched, ...]:
    """Return what a webhook is to watch.

    Raises:
        ValidationError: When a line is malformed, or there are too many.
    """
    if len(lines) > MAX_WATCHED:
        raise ValidationError(f"A webhook watches at most {MAX_WATCHED} things, not {len(lines)}.")
    return tuple(map(_read_one_watched, lines))


def _read_one_watched(line: object) -> Watched:
    kind: Any = line.get("type") if isinstance(line, Mapping) else None
    name = line.get("name") if isinstance(line, Mapping) else None
    if kind not in WATCHED_KINDS or not isinstance(name, str) or not name:
        kinds = ", ".join(WATCHED_KINDS)
        raise ValidationError(f"'watched' has objects with a 'name' and a 'type', which is one of {kinds}.")
    return Watched(kind, name)


def read_domains(names: Sequence[object]) -> tuple[WebhookDomain, ...]:
    """Return the kinds of events that a webhook is to be told of.

    Raises:
        ValidationError: When there is no such kind, or none is named.
    """
    found = tuple(domain for domain in WEBHOOK_DOMAINS if domain in names)
    if not found or any(name not in WEBHOOK_DOMAINS for name in names):
        raise ValidationError(f"'domains' names at least one of {', '.join(WEBHOOK_DOMAINS)}, and nothing else.")
    return found
