"""A hub in memory with a few people, each of whom may stand in front of its guards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from anyhub.hub.access.accounts import GuardedAccounts
from anyhub.hub.access.community import GuardedCommunity
from anyhub.hub.access.guarded import guarded
from anyhub.hub.access.hub import GuardedHub
from anyhub.hub.memory import MemoryHub
from anyhub.hub.people.stored_accounts import StoredAccounts
from anyhub.hub.social.stored_community import StoredCommunity
from anyhub.people import AccessToken, Principal, Scope, TokenRole
from anyhub.values import AddFile, RepoId, Signature

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OPEN, SECRET, GATED = (RepoId("ann", name) for name in ("open", "secret", "gated"))
NOWHERE = RepoId("ann", "absent")


class World:
    """A hub in memory with a few people, and each of them in front of its guards."""

    def __init__(self) -> None:
        self.hub = MemoryHub()
        self.accounts = StoredAccounts(self.hub._database)
        self.community = StoredCommunity(self.hub._database, self.hub._catalog)
        for name in ("ann", "bob", "eve", "root"):
            self.accounts.create_user(name, email=f"{name}@example.org", is_admin=name == "root")
        self.accounts.create_organization("lab", admin="ann")
        mine = self.hub.acting_as(Signature("ann", "ann@example.org"))
        for repo in (OPEN, SECRET, GATED):
            mine.create(repo, private=repo is SECRET)
            mine.commit(repo, [AddFile("a.txt", b"text")], message="A file")
            mine.open_discussion(repo, "Hello", "First words")
        mine.set_gated(GATED, "manual")
        self.community.grant_access(GATED, "eve")

    def principal(self, name: str, token: TokenRole | None = "write", *scopes: Scope) -> Principal:
        known = self.accounts.principal_of(name)
        return known if token is None else replace(known, token=AccessToken("t", name, "ci", token, scopes, NOW))

    def guarded(
        self, principal: Principal, *, anonymous_read: bool = False
    ) -> tuple[GuardedHub, GuardedAccounts, GuardedCommunity]:
        return guarded(
            self.hub,
            self.accounts,
            self.community,
            principal,
            anonymous_read=anonymous_read,
            base_url="https://hub.example.org",
        )

    def as_(self, name: str, token: TokenRole | None = "write", *scopes: Scope) -> GuardedHub:
        return self.guarded(self.principal(name, token, *scopes))[0]

    def people(self, name: str, token: TokenRole | None = "write", *scopes: Scope) -> GuardedAccounts:
        return self.guarded(self.principal(name, token, *scopes))[1]

    def crowd(self, name: str, token: TokenRole | None = "write", *scopes: Scope) -> GuardedCommunity:
        return self.guarded(self.principal(name, token, *scopes))[2]
