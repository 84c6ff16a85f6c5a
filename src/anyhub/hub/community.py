"""What people do around repositories: likes, access requests, collections and webhooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from anyhub.community import (
    AccessRequest,
    AccessStatus,
    Collection,
    CollectionItem,
    Watched,
    Webhook,
    WebhookDomain,
)
from anyhub.values import RepoId


class Community(Protocol):
    """Likes, access requests, collections and webhooks of one hub.

    `StoredCommunity` keeps them in the hub's database and trusts its caller; the guard in `anyhub.hub.access` asks who
    the caller is. Where a verb names a ``user``, the guard lets only that user, or an admin, through.
    """

    # -- likes

    def like(self, repo: RepoId, user: str) -> None:
        """Note that a user likes a repository; once is as good as twice."""

    def unlike(self, repo: RepoId, user: str) -> None:
        """Take a like back."""

    def likers(self, repo: RepoId) -> list[str]:
        """List the users who like a repository, the latest first."""

    def likes(self, user: str) -> list[RepoId]:
        """List what a user likes, the latest first."""

    # -- gated repositories

    def has_access(self, repo: RepoId, user: str) -> bool:
        """Return whether a user asked for access to a gated repository and got it."""

    def request_access(self, repo: RepoId, user: str, fields: Mapping[str, Any]) -> AccessRequest:
        """Ask for access; granted at once where the repository is gated with `"auto"`.

        Raises:
            ConflictError: When the repository is not gated, or the request was rejected.
        """

    def access_requests(self, repo: RepoId, status: AccessStatus) -> list[AccessRequest]:
        """List requests of a status, the latest first."""

    def handle_access(self, repo: RepoId, user: str, status: AccessStatus, reason: str = "") -> AccessRequest:
        """Decide on a request, or decide otherwise.

        Raises:
            NotFoundError: When the user never asked.
            ConflictError: When it is of that status already.
        """

    def grant_access(self, repo: RepoId, user: str) -> AccessRequest:
        """Give access to a user who did not ask.

        Raises:
            ConflictError: When the user has it already.
        """

    # -- collections

    def collections(self, *, owner: str | None = None, item: RepoId | None = None) -> list[Collection]:
        """List collections, the last modified first."""

    def collection(self, slug: str) -> Collection:
        """Return one collection.

        Raises:
            NotFoundError: When there is none, or whoever asks may not see it.
        """

    def create_collection(
        self, owner: str, title: str, *, description: str = "", private: bool = False, item: RepoId | None = None
    ) -> Collection:
        """Begin a collection."""

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

    def delete_collection(self, slug: str) -> None:
        """Remove a collection; what is in it stays."""

    def add_item(self, slug: str, repo: RepoId, note: str = "") -> CollectionItem:
        """Add a repository.

        Raises:
            ConflictError: When it is in it already.
        """

    def update_item(
        self, slug: str, item: str, *, note: str | None = None, position: int | None = None
    ) -> CollectionItem:
        """Change a note, or put an item elsewhere."""

    def remove_item(self, slug: str, item: str) -> None:
        """Take an item out."""

    # -- webhooks

    def webhooks(self, user: str) -> list[Webhook]:
        """List a user's webhooks, the oldest first."""

    def webhook(self, user: str, id: str) -> Webhook:
        """Return one webhook.

        Raises:
            NotFoundError: When the user has none of that id.
        """

    def create_webhook(
        self,
        user: str,
        url: str,
        watched: Sequence[Watched],
        *,
        domains: Sequence[WebhookDomain] = ("repo", "discussion"),
        secret: str | None = None,
    ) -> Webhook:
        """Add a webhook.

        Raises:
            ValidationError: When the address is not one that a server may post to.
        """

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
        """Change what is given."""

    def delete_webhook(self, user: str, id: str) -> None:
        """Remove a webhook."""
