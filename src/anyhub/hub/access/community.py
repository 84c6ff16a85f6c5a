"""Likes, access requests, collections and webhooks as one caller may see and change them."""

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
from anyhub.hub.access import refusals, rules
from anyhub.hub.access.rules import Right
from anyhub.hub.access.warden import Warden
from anyhub.hub.community import Community
from anyhub.values import REPO_TYPES, RepoId, RepoType

_TYPES: Mapping[str, RepoType] = {type: type for type in REPO_TYPES}


class GuardedCommunity:
    """Implements `Community` by another one, verb by verb: who asks is let through, or refused.

    Args:
        community (`Community`): What is guarded.
        warden (`Warden`): Lets the caller through to repositories.
    """

    def __init__(self, community: Community, warden: Warden) -> None:
        self._community = community
        self._warden = warden
        self._principal = warden.principal

    # -- likes

    def like(self, repo: RepoId, user: str) -> None:
        """Note that the caller likes a repository."""
        with self._warden.admitted(repo, Right.PROPOSE) as at:
            self._check_self(user)
            self._community.like(at.repo, user)

    def unlike(self, repo: RepoId, user: str) -> None:
        """Take a like of the caller back."""
        with self._warden.admitted(repo, Right.PROPOSE) as at:
            self._check_self(user)
            self._community.unlike(at.repo, user)

    def likers(self, repo: RepoId) -> list[str]:
        """List the users who like a repository."""
        with self._warden.admitted(repo, Right.SEE) as at:
            return self._community.likers(at.repo)

    def likes(self, user: str) -> list[RepoId]:
        """List what a user likes, of what the caller may see."""
        self._check_known("look at what others like")
        return [repo for repo in self._community.likes(user) if self._warden.find(repo) is not None]

    # -- gated repositories

    def has_access(self, repo: RepoId, user: str) -> bool:
        """Return whether a user was given access: the caller, or anybody for who manages the repository."""
        right = Right.SEE if rules.is_user(self._principal, user) else Right.MANAGE
        with self._warden.admitted(repo, right) as at:
            return self._community.has_access(at.repo, user)

    def request_access(self, repo: RepoId, user: str, fields: Mapping[str, Any]) -> AccessRequest:
        """Ask for access, for the caller."""
        with self._warden.admitted(repo, Right.PROPOSE) as at:
            self._check_self(user)
            return self._community.request_access(at.repo, user, fields)

    def access_requests(self, repo: RepoId, status: AccessStatus) -> list[AccessRequest]:
        """List requests of a status."""
        with self._warden.admitted(repo, Right.MANAGE) as at:
            return self._community.access_requests(at.repo, status)

    def handle_access(self, repo: RepoId, user: str, status: AccessStatus, reason: str = "") -> AccessRequest:
        """Decide on a request."""
        with self._warden.admitted(repo, Right.MANAGE) as at:
            return self._community.handle_access(at.repo, user, status, reason)

    def grant_access(self, repo: RepoId, user: str) -> AccessRequest:
        """Give access to a user who did not ask."""
        with self._warden.admitted(repo, Right.MANAGE) as at:
            return self._community.grant_access(at.repo, user)

    # -- collections

    def collections(self, *, owner: str | None = None, item: RepoId | None = None) -> list[Collection]:
        """List the collections that the caller may see, each with what of it the caller may see."""
        self._check_known("list collections")
        if item is not None and self._warden.find(item) is None:
            return []
        found = self._community.collections(owner=owner, item=item)
        return [self._as_seen(each) for each in found if self._sees(each)]

    def collection(self, slug: str) -> Collection:
        """Return one collection, with what of it the caller may see."""
        return self._as_seen(self._seen(slug))

    def create_collection(
        self, owner: str, title: str, *, description: str = "", private: bool = False, item: RepoId | None = None
    ) -> Collection:
        """Begin a collection of the caller's, or of an organisation's."""
        self._check_curates(owner)
        if item is not None:
            item = self._warden.admit(item, Right.SEE).repo
        made = self._community.create_collection(owner, title, description=description, private=private, item=item)
        return self._as_seen(made)

    def update_collection(
        self,
        slug: str,
        *,
        title: str | None = None,
        description: str | None = None,
        private: bool | None = None,
        theme: str | None = None,
    ) -> Collection:
        """Change what is given of a collection."""
        self._curated(slug)
        changed = self._community.update_collection(
            slug, title=title, description=description, private=private, theme=theme
        )
        return self._as_seen(changed)

    def delete_collection(self, slug: str) -> None:
        """Remove a collection."""
        self._curated(slug)
        self._community.delete_collection(slug)

    def add_item(self, slug: str, repo: RepoId, note: str = "") -> CollectionItem:
        """Add a repository that the caller may see."""
        self._curated(slug)
        with self._warden.admitted(repo, Right.SEE) as at:
            return self._community.add_item(slug, at.repo, note)

    def update_item(
        self, slug: str, item: str, *, note: str | None = None, position: int | None = None
    ) -> CollectionItem:
        """Change a note, or put an item elsewhere."""
        self._check_item(slug, item)
        return self._community.update_item(slug, item, note=note, position=position)

    def remove_item(self, slug: str, item: str) -> None:
        """Take an item out."""
        self._check_item(slug, item)
        self._community.remove_item(slug, item)

    # -- webhooks

    def webhooks(self, user: str) -> list[Webhook]:
        """List the caller's webhooks."""
        self._check_hooks(user)
        return self._community.webhooks(user)

    def webhook(self, user: str, id: str) -> Webhook:
        """Return one webhook of the caller's."""
        self._check_hooks(user)
        return self._community.webhook(user, id)

    def create_webhook(
        self,
        user: str,
        url: str,
        watched: Sequence[Watched],
        *,
        domains: Sequence[WebhookDomain] = ("repo", "discussion"),
        secret: str | None = None,
    ) -> Webhook:
        """Add a webhook that watches what the caller may see."""
        self._check_hooks(user)
        self._check_watches(watched)
        return self._community.create_webhook(user, url, watched, domains=domains, secret=secret)

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
        """Change what is given of a webhook of the caller's."""
        self._check_hooks(user)
        if watched is None and not rules.is_free(self._principal):  # another address is told of the same things
            watched = self._community.webhook(user, id).watched
        self._check_watches(watched or ())
        return self._community.update_webhook(
            user, id, url=url, watched=watched, domains=domains, secret=secret, enabled=enabled
        )

    def delete_webhook(self, user: str, id: str) -> None:
        """Remove a webhook of the caller's."""
        self._check_hooks(user)
        self._community.delete_webhook(user, id)

    # -- inside

    def _check_known(self, deed: str) -> None:
        if self._principal.user is None and not self._warden.anonymous_read:
            raise refusals.login_needed(deed)

    def _check_self(self, user: str) -> None:
        if not (rules.is_user(self._principal, user) or rules.runs_hub(self._principal)):
            raise refusals.forbidden(self._principal, f"do this in the name of {user!r}", "Use a token of that user.")

    def _check_hooks(self, user: str) -> None:
        if rules.may_settle_webhooks(self._principal, user):
            return
        if rules.is_user(self._principal, user):
            raise refusals.token_too_weak(self._principal, "look at or change webhooks")
        raise refusals.forbidden(self._principal, f"look at or change webhooks of {user!r}", "Use your own.")

    def _check_watches(self, watched: Sequence[Watched]) -> None:
        for each in watched:
            if (type := _TYPES.get(each.kind)) is not None:
                repo = RepoId.parse(each.name, namespace=self._principal.name, type=type, any_owner=True)
                self._warden.admit(repo, Right.SEE)
            elif not rules.may_watch_namespace(self._principal, each.name):
                raise refusals.token_too_weak(self._principal, f"watch all that {each.name!r} has")

    def _check_curates(self, owner: str) -> None:
        if not rules.may_curate(self._principal, owner):
            deed = f"make or change collections of {owner!r}"
            raise refusals.forbidden(self._principal, deed, "Use your own, with a token that may write.")

    def _check_item(self, slug: str, item: str) -> None:
        """Refuse an item that stands for something that the caller may not see, as if it were not there."""
        if all(each.id != item for each in self._as_seen(self._curated(slug)).items):
            raise NotFoundError(f"The collection {slug!r} has no item {item!r}. Look at what it has now.")

    def _curated(self, slug: str) -> Collection:
        found = self._seen(slug)
        self._check_curates(found.owner)
        return found

    def _seen(self, slug: str) -> Collection:
        self._check_known("look at collections")
        try:
            found = self._community.collection(slug)
        except NotFoundError:
            raise refusals.absent_collection(slug) from None
        if not self._sees(found):
            raise refusals.absent_collection(slug)
        return found

    def _sees(self, collection: Collection) -> bool:
        return rules.may_see_collection(
            self._principal, collection.owner, collection.private, anonymous_read=self._warden.anonymous_read
        )

    def _as_seen(self, collection: Collection) -> Collection:
        """Leave out what stands for repositories that the caller may not see."""
        seen = tuple(item for item in collection.items if self._warden.find(item.repo) is not None)
        return replace(collection, items=seen)
