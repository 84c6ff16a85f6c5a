"""The likes, access requests, collections and webhooks that a hub keeps in its database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from anyhub.community import (
    AccessRequest,
    AccessStatus,
    Collection,
    CollectionItem,
    Watched,
    Webhook,
    WebhookDomain,
)
from anyhub.errors import NotFoundError
from anyhub.hub.people.account_table import AccountTable
from anyhub.hub.repos.catalog import Catalog
from anyhub.hub.social.collections import Collections
from anyhub.hub.social.destinations import Destinations
from anyhub.hub.social.gates import Gates
from anyhub.hub.social.likes import Likes
from anyhub.hub.social.webhooks import Webhooks
from anyhub.hub.sql.database import Database
from anyhub.values import RepoId


class StoredCommunity:
    """Implements `anyhub.hub.community.Community` over a hub's database, for a caller who may do everything.

    Args:
        database (`Database`): The hub's.
        catalog (`Catalog`): The hub's repositories.
        destinations (`Destinations`, *optional*): Which addresses webhooks may have; public ones, when None.
    """

    def __init__(self, database: Database, catalog: Catalog, destinations: Destinations | None = None) -> None:
        self._database = database
        self._catalog = catalog
        self._users = AccountTable(database, organizations=False)
        self._organizations = AccountTable(database, organizations=True)
        self._likes = Likes(database)
        self._gates = Gates(database)
        self._collections = Collections(database)
        self._webhooks = Webhooks(database, destinations or Destinations())

    # -- likes

    def like(self, repo: RepoId, user: str) -> None:
        """Note that a user likes a repository; once is as good as twice."""
        self._likes.add(self._catalog.pk(repo), self._users.get(user).name)

    def unlike(self, repo: RepoId, user: str) -> None:
        """Take a like back."""
        self._likes.remove(self._catalog.pk(repo), user)

    def likers(self, repo: RepoId) -> list[str]:
        """List the users who like a repository, the latest first."""
        return self._likes.of_repo(self._catalog.pk(repo))

    def likes(self, user: str) -> list[RepoId]:
        """List what a user likes, the latest first."""
        return self._likes.of_user(self._users.get(user).name)

    # -- gated repositories

    def has_access(self, repo: RepoId, user: str) -> bool:
        """Return whether a user asked for access to a gated repository and got it."""
        found = self._gates.find(self._catalog.pk(repo), user)
        return found is not None and found.status == "accepted"

    def request_access(self, repo: RepoId, user: str, fields: Mapping[str, Any]) -> AccessRequest:
        """Ask for access; granted at once where the repository is gated with `"auto"`."""
        with self._database.transaction():
            return self._gates.ask(self._catalog.pk(repo), self._users.get(user).name, fields)

    def access_requests(self, repo: RepoId, status: AccessStatus) -> list[AccessRequest]:
        """List requests of a status, the latest first."""
        return self._gates.all(self._catalog.pk(repo), status)

    def handle_access(self, repo: RepoId, user: str, status: AccessStatus, reason: str = "") -> AccessRequest:
        """Decide on a request, or decide otherwise."""
        with self._database.transaction():
            return self._gates.handle(self._catalog.pk(repo), user, status, reason)

    def grant_access(self, repo: RepoId, user: str) -> AccessRequest:
        """Give access to a user who did not ask."""
        with self._database.transaction():
            return self._gates.grant(self._catalog.pk(repo), self._users.get(user).name)

    # -- collections

    def collections(self, *, owner: str | None = None, item: RepoId | None = None) -> list[Collection]:
        """List collections, the last modified first."""
        return self._collections.all(owner=owner, item=None if item is None else self._catalog.pk(item))

    def collection(self, slug: str) -> Collection:
        """Return one collection."""
        return self._collections.get(slug)

    def create_collection(
        self, owner: str, title: str, *, description: str = "", private: bool = False, item: RepoId | None = None
    ) -> Collection:
        """Begin a collection."""
        with self._database.transaction():
            made = self._collections.create(self._name_of(owner), title, description, private)
            if item is not None:
                self.add_item(made.slug, item)
            return self._collections.get(made.slug)

    def update_collection(
        self,
        slug: str,
        *,
        title: str | None = None,
        description: str | None = None,
        private: bool | None = None,
        theme: str | None = None,
    ) -> Collection:
        """Change what is given. The slug keeps its id, and follows the title."""
        with self._database.transaction():
            return self._collections.update(slug, title=title, description=description, private=private, theme=theme)

    def delete_collection(self, slug: str) -> None:
        """Remove a collection; what is in it stays."""
        with self._database.transaction():
            self._collections.delete(slug)

    def add_item(self, slug: str, repo: RepoId, note: str = "") -> CollectionItem:
        """Add a repository."""
        with self._database.transaction():
            return self._collections.add(slug, self._catalog.pk(repo), note)

    def update_item(
        self, slug: str, item: str, *, note: str | None = None, position: int | None = None
    ) -> CollectionItem:
        """Change a note, or put an item elsewhere."""
        with self._database.transaction():
            return self._collections.change(slug, item, note=note, position=position)

    def remove_item(self, slug: str, item: str) -> None:
        """Take an item out."""
        with self._database.transaction():
            self._collections.remove(slug, item)

    # -- webhooks

    def webhooks(self, user: str) -> list[Webhook]:
        """List a user's webhooks, the oldest first."""
        return self._webhooks.all(user)

    def webhook(self, user: str, id: str) -> Webhook:
        """Return one webhook."""
        return self._webhooks.get(user, id)

    def create_webhook(
        self,
        user: str,
        url: str,
        watched: Sequence[Watched],
        *,
        domains: Sequence[WebhookDomain] = ("repo", "discussion"),
        secret: str | None = None,
    ) -> Webhook:
        """Add a webhook."""
        with self._database.transaction():
            return self._webhooks.create(self._users.get(user).name, url, watched, domains, secret)

    def update_webhook(
        self,
        user: str,
        id: str,
        *,
        url: str | None = None,
        watched: Sequence[Watched] | None = None,
        domains: Sequence[WebhookDomain] | None = None,
        secret: str | None = None,
        enabled: bool | None = None,
    ) -> Webhook:
        """Change what is given; an empty ``secret`` takes the secret away."""
        with self._database.transaction():
            old = self._webhooks.get(user, id)
            changed = replace(
                old,
                url=old.url if url is None else url,
                watched=old.watched if watched is None else tuple(watched),
                domains=old.domains if domains is None else tuple(domains),
                secret=old.secret if secret is None else secret or None,
                enabled=old.enabled if enabled is None else enabled,
            )
            return self._webhooks.put(changed)

    def delete_webhook(self, user: str, id: str) -> None:
        """Remove a webhook."""
        with self._database.transaction():
            self._webhooks.delete(user, id)

    # -- inside

    def _name_of(self, owner: str) -> str:
        """Return the name of a user or an organisation in the case in which it was given."""
        found = self._users.find(owner) or self._organizations.find(owner)
        if found is None:
            raise NotFoundError(f"There is no user or organisation {owner!r} on this hub. Add it first.")
        return found.name
