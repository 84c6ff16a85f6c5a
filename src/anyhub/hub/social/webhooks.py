"""Webhooks: the addresses that are told when something happens."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from typing import Any, get_args

from anyhub.community import Watched, Webhook, WebhookDomain
from anyhub.errors import NotFoundError, TooLargeError, ValidationError
from anyhub.hub.repos.catalog import now_microseconds
from anyhub.hub.social.destinations import Destinations
from anyhub.hub.sql.database import Database

MAX_PER_USER = 50
MAX_WATCHED = 100
MAX_SECRET = 500

_SELECT = "SELECT id, owner, url, watched, domains, secret, enabled FROM webhooks WHERE owner = ?"
_KINDS = ("model", "dataset", "space", "user", "org")


class Webhooks:
    """Reads and writes the table of webhooks; what changes it is to be called inside a transaction.

    Args:
        database (`Database`): The hub's.
        destinations (`Destinations`): Judges addresses.
    """

    def __init__(self, database: Database, destinations: Destinations) -> None:
        self._database = database
        self._destinations = destinations

    def all(self, owner: str) -> list[Webhook]:
        """List a user's webhooks, the oldest first."""
        return [_webhook(row) for row in self._database.query(f"{_SELECT} ORDER BY created_at, id", owner)]

    def get(self, owner: str, id: str) -> Webhook:
        """Return one webhook.

        Raises:
            NotFoundError: When the user has none of that id.
        """
        rows = self._database.query(f"{_SELECT} AND id = ?", owner, id)
        if not rows:
            raise NotFoundError(f"{owner!r} has no webhook {id!r}. List the webhooks to see which there are.")
        return _webhook(rows[0])

    def create(
        self, owner: str, url: str, watched: Sequence[Watched], domains: Sequence[WebhookDomain], secret: str | None
    ) -> Webhook:
        """Add a webhook.

        Raises:
            ValidationError: When something of it is malformed.
            TooLargeError: When the user has very many.
        """
        if len(self.all(owner)) >= MAX_PER_USER:
            raise TooLargeError(f"{owner!r} has {MAX_PER_USER} webhooks, and can have no more. Remove one.")
        made = Webhook(secrets.token_hex(12), owner, url, tuple(watched), tuple(domains), secret or None)
        self._check(made)
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO webhooks (url, watched, domains, secret, enabled, id, owner, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (*_row(made), made.id, owner, now_microseconds()),
            )
        return made

    def put(self, changed: Webhook) -> Webhook:
        """Put a webhook in the place of the one of its id; what one that is switched off was to be told is dropped."""
        self._check(changed)
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE webhooks SET url = ?, watched = ?, domains = ?, secret = ?, enabled = ? WHERE id = ?",
                (*_row(changed), changed.id),
            )
            if not changed.enabled:
                connection.execute("DELETE FROM deliveries WHERE webhook = ?", (changed.id,))
        return self.get(changed.owner, changed.id)

    def delete(self, owner: str, id: str) -> None:
        """Remove a webhook, and what it was still to be told."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM webhooks WHERE id = ?", (self.get(owner, id).id,))

    def _check(self, webhook: Webhook) -> None:
        self._destinations.check(webhook.url)
        if not 1 <= len(webhook.watched) <= MAX_WATCHED:
            raise ValidationError(f"A webhook watches 1 to {MAX_WATCHED} things, not {len(webhook.watched)}.")
        for each in webhook.watched:
            if each.kind not in _KINDS or (each.name.count("/") != (each.kind in _KINDS[:3])):
                raise ValidationError(
                    f"A webhook can not watch {each.name[:100]!r} as a {each.kind!r}; name a 'model', 'dataset' or"
                    " 'space' by 'namespace/name', a 'user' or an 'org' by its name."
                )
        known = get_args(WebhookDomain)
        if not webhook.domains or set(webhook.domains) - set(known):
            raise ValidationError(f"The domains of a webhook are some of {', '.join(map(repr, known))}.")
        secret = webhook.secret or ""
        if len(secret) > MAX_SECRET or not secret.isascii() or not secret.isprintable():
            raise ValidationError(f"The secret of a webhook is one line of ASCII, of at most {MAX_SECRET} characters.")


def _row(webhook: Webhook) -> tuple[Any, ...]:
    watched = json.dumps([[each.kind, each.name] for each in webhook.watched])
    return webhook.url, watched, json.dumps(list(webhook.domains)), webhook.secret, webhook.enabled


def _webhook(row: Any) -> Webhook:
    id, owner, url, watched, domains, secret, enabled = row
    return Webhook(
        id,
        owner,
        url,
        tuple(Watched(kind, name) for kind, name in json.loads(watched)),
        tuple(json.loads(domains)),
        secret,
        bool(enabled),
    )
