"""What `test_matrix` asks with: a served hub with people and repositories of every kind, and something to send."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from anyhub.errors import NotFoundError
from anyhub.hub.memory import MemoryHub
from anyhub.hub.people.stored_accounts import StoredAccounts
from anyhub.hub.social.stored_community import StoredCommunity
from anyhub.people import ANONYMOUS, Principal, Scope, TokenRole
from anyhub.server.app import App, build_app
from anyhub.server.settings import Settings
from anyhub.testing.asgi import call
from anyhub.values import AddFile, Gate, RepoId, RepoInfo, Signature
from anyhub.wire.routes import Route

STATES: dict[str, dict[str, Any]] = {
    "public": {"private": False, "gated": None},
    "hidden": {"private": True, "gated": None},
    "locked": {"private": False, "gated": "manual"},
}
"""Repositories of each of these names, with these settings; beside them ``absent``, which nobody has."""


@dataclass(frozen=True)
class Caller:
    """Who asks: a user's token and what it may, and in whose namespace the repositories are that they ask for."""

    user: str = ""
    role: TokenRole | None = "write"
    scopes: tuple[Scope, ...] = ()
    namespace: str = "ann"
    good: bool = True
    """Whether the token is one that opens something."""


def _scope(kind: Any, name: str, *permissions: str) -> Scope:
    return Scope(kind, name, frozenset(permissions))


_ONE_READ = tuple(_scope("model", f"ann/{name}", "repo.content.read") for name in STATES)

CALLERS: dict[str, Caller] = {
    "nobody in particular": Caller(role=None),
    "a token that never was": Caller(role=None, good=False),
    "a token that has expired": Caller("ann", good=False),
    "a stranger who reads": Caller("bob", "read"),
    "a stranger": Caller("bob"),
    "a stranger with scopes elsewhere": Caller("bob", "fineGrained", (_scope("user", "ann", "repo.write"),)),
    "somebody with access who reads": Caller("eve", "read"),
    "somebody with access": Caller("eve"),
    "the owner who reads": Caller("ann", "read"),
    "the owner": Caller("ann"),
    "the owner by a token for something else": Caller(
        "ann", "fineGrained", (_scope("model", "ann/other", "repo.write"),)
    ),
    "the owner by a token that reads these": Caller("ann", "fineGrained", _ONE_READ),
    "the owner by a token that writes": Caller("ann", "fineGrained", (_scope("user", "ann", "repo.write"),)),
    "the owner by a token that discusses": Caller("ann", "fineGrained", (_scope("user", "ann", "discussion.write"),)),
    "the owner by a token that writes one": Caller(
        "ann", "fineGrained", (_scope("model", "ann/hidden", "repo.write"),)
    ),
    "the owner by a token for datasets of these names": Caller(
        "ann", "fineGrained", tuple(_scope("dataset", f"ann/{name}", "repo.write") for name in STATES)
    ),
    "the owner by a token for everything but repositories": Caller(
        "ann", "fineGrained", (_scope("user", "ann", "collection.write", "user.webhooks"),)
    ),
    "a member who writes by a token that reads the organisation's": Caller(
        "sue", "fineGrained", (_scope("org", "lab", "repo.content.read", "org.read"),), namespace="lab"
    ),
    "a member who reads by a token that writes": Caller(
        "mia", "fineGrained", (_scope("org", "lab", "repo.write", "org.write"),), namespace="lab"
    ),
    "an admin of the organisation by a token for its members": Caller(
        "amy", "fineGrained", (_scope("org", "lab", "org.write"),), namespace="lab"
    ),
    "a member who reads": Caller("mia", namespace="lab"),
    "a member who contributes": Caller("joe", namespace="lab"),
    "a member who created these": Caller("max", namespace="lab"),
    "a member who writes": Caller("sue", namespace="lab"),
    "a member who writes by a token that reads": Caller("sue", "read", namespace="lab"),
    "an admin of the organisation": Caller("amy", namespace="lab"),
    "an admin of the hub who reads": Caller("root", "read"),
    "an admin of the hub": Caller("root"),
}


class World:
    """A served hub; `mend` makes it what it was when a request has changed it too much."""

    def __init__(self, *, anonymous_read: bool = True) -> None:
        self.anonymous_read = anonymous_read
        self._build()

    def _build(self) -> None:
        self.hub = MemoryHub()
        self.app: App = build_app(self.hub, Settings(anonymous_read=self.anonymous_read))
        self.accounts: StoredAccounts = self.app.stores.accounts
        self.community: StoredCommunity = self.app.stores.community
        for name in ("ann", "bob", "eve", "mia", "joe", "max", "sue", "amy", "root", "zoe"):
            self.accounts.create_user(name, is_admin=name == "root")
        self.accounts.create_organization("lab", admin="amy")
        self.accounts.set_member("lab", "mia", "read")
        self.accounts.set_member("lab", "joe", "contributor")
        self.accounts.set_member("lab", "max", "contributor")
        self.accounts.set_member("lab", "sue", "write")
        self.secrets = {name: self._token(name, caller) for name, caller in CALLERS.items()}
        self.mend()

    def _token(self, name: str, caller: Caller) -> str | None:
        if caller.role is None:
            return None if caller.good else "ahf_" + "0" * 49
        soon = None if caller.good else datetime.now(UTC) + timedelta(hours=1)
        made, secret = self.accounts.create_token(
            caller.user, name, role=caller.role, scopes=caller.scopes, expires_at=soon
        )
        if not caller.good:
            with self.hub._database.transaction() as connection:
                connection.execute("UPDATE tokens SET expires_at = 1 WHERE id = ?", (made.id,))
        return secret

    def close(self) -> None:
        self.app.close()

    # -- as it was

    def mend(self) -> None:
        """Make again what somebody has taken away."""
        if not self._people_are_there():
            self.close()
            self._build()
        for collection in self.community.collections():
            self.community.delete_collection(collection.slug)
        self.slug = self.community.create_collection("ann", "Mine").slug
        for namespace, creator in (("ann", "ann"), ("lab", "max")):
            for state, settings in STATES.items():
                repo = RepoId(namespace, state)
                if not self._is_there(repo, **settings):
                    self._make(repo, creator, **settings)
                self._put_branch(repo)
            self._remove(RepoId(namespace, "absent"))

    def _people_are_there(self) -> bool:
        try:
            self.accounts.organization("lab")
            self.accounts.user("zoe")
            roles = {each.user: each.role for each in self.accounts.members("lab")}
        except NotFoundError:
            return False
        return roles == {"amy": "admin", "mia": "read", "joe": "contributor", "max": "contributor", "sue": "write"}

    def _is_there(self, repo: RepoId, *, private: bool, gated: Gate | None) -> bool:
        info = self.hub.find_repo(repo)
        if info is None or (info.repo, info.private, info.gated) != (repo, private, gated):
            return False
        has = {each.number for each in self.hub.discussions(repo)}
        return {1, 2} <= has and self.hub.discussion(repo, 2).status == "open" and self._is_for_eve_only(repo)

    def _is_for_eve_only(self, repo: RepoId) -> bool:
        return [self.community.has_access(repo, name) for name in ("eve", "bob", "mia", "joe")] == [
            repo.name == "locked", False, False, False
        ]  # fmt: skip

    def _make(self, repo: RepoId, creator: str, *, private: bool, gated: Gate | None) -> None:
        self._remove(repo)
        mine = self.hub.acting_as(Signature(creator, f"{creator}@example.org"))
        mine.create(repo, private=private)
        mine.commit(repo, [AddFile("a.txt", b"text")], message="A file")
        another = self.hub.acting_as(Signature("zoe", "zoe@example.org"))  # who is none of the callers
        another.open_discussion(repo, "Why", "Because")
        another.commit(repo, [AddFile("b.txt", b"more")], message="Another", pull_request=True)
        mine.set_gated(repo, gated)
        if gated:
            self.community.grant_access(repo, "eve")

    def _put_branch(self, repo: RepoId) -> None:
        at = {ref.name: ref.target for ref in self.hub.refs(repo)}
        if at.get("refs/heads/new") != at["refs/heads/main"]:
            if "refs/heads/new" in at:
                self.hub.delete_ref(repo, "refs/heads/new")
            self.hub.create_ref(repo, "refs/heads/new", at["refs/heads/main"])

    def _remove(self, repo: RepoId) -> None:
        info = self.hub.find_repo(repo)
        if info is not None:
            self.hub.delete(info.repo)

    # -- asking

    def principal(self, caller: str) -> Principal:
        """Return who a caller is, as the server finds out; nobody for a token that opens nothing."""
        secret = self.secrets[caller]
        if secret is None or not CALLERS[caller].good:
            return ANONYMOUS
        return self.accounts.principal(secret)

    def info(self, repo: RepoId) -> RepoInfo | None:
        return self.hub.find_repo(repo)

    def ask(
        self, caller: str, route: Route, repo: RepoId, *, method: str = "", **parts: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Send a route's request for a repository, with samples at all other places of it."""
        sample = Sample(self, repo, parts)
        path, body, headers = sample.path(route), sample.body(route), {"content-type": route.content_type}
        if (secret := self.secrets[caller]) is not None:
            headers["authorization"] = f"Bearer {secret}"
        return call(self.app, method or route.method, path, headers, body)


@dataclass
class Sample:
    """Something sensible to send at every place of a request about one repository, found by the place's name."""

    world: World
    repo: RepoId
    given: Mapping[str, str] = field(default_factory=dict)

    def path(self, route: Route) -> str:
        names = set(route.pattern.groupindex)
        wanted = {"service": "git-upload-pack"} if "service" in route.query else {}
        query = f"?{urlencode(wanted)}" if wanted else ""
        return route.path(**{name: self.part(name) for name in names}) + query

    def part(self, name: str) -> str:
        parts = {
            "type": f"{self.repo.type}s",
            "prefix": "" if self.repo.type == "model" else f"{self.repo.type}s/",
            "repo": str(self.repo),
            "revision": "main",
            "branch": "new",
            "tag": "v1",
            "path": "a.txt",
            "range": "main..refs/pr/2",
            "number": "1",
            "event": self.event(),
            "status": "pending",
            "user": "ann",
            "organization": "lab",
            "namespace": self.world.slug.partition("/")[0],
            "slug": self.world.slug.partition("/")[2],
            "action": "enable",
        }
        return self.given.get(name) or parts.get(name, "0")

    def event(self) -> str:
        """Return the first comment of the repository's first discussion, where there is one."""
        try:
            return self.world.hub.discussion(self.repo, 1).events[0].id
        except NotFoundError:
            return self.world.hub.discussion(RepoId("ann", "public"), 1).events[0].id

    def body(self, route: Route) -> bytes:
        if route.name == "commit.create":
            return b"".join(json.dumps(line).encode() + b"\n" for line in self._commit())
        if route.name in ("git.push", "git.push_bare"):
            return self._push()
        if route.body is None:
            return b""
        if route.body.get("format") == "binary":
            return b"0000"
        value = self.value("", route.body)
        if "form" in route.content_type:
            return urlencode({name: str(each) for name, each in value.items()}).encode()
        return json.dumps(value).encode()

    def _commit(self) -> Iterator[dict[str, Any]]:
        yield {"key": "header", "value": {"summary": "A change"}}
        yield {"key": "file", "value": {"path": "c.txt", "content": "Yw==", "encoding": "base64"}}

    def _push(self) -> bytes:
        """Return a push that deletes the branch ``new``, which is to be where it is."""
        info = self.world.info(self.repo)
        old = info.head if info is not None and info.head else "1" * 40
        line = f"{old} {'0' * 40} refs/heads/new\0report-status delete-refs".encode()
        return f"{len(line) + 4:04x}".encode() + line + b"0000"

    def value(self, name: str, schema: Mapping[str, Any]) -> Any:
        """Return a value that a schema allows: by the name of the field where that is known, else by its type."""
        if name in self.known() and not {"properties", "items"} & set(schema):
            return self.known()[name]
        if "enum" in schema:
            return schema["enum"][0]
        if "const" in schema:
            return schema["const"]
        for choice in ("anyOf", "oneOf"):
            if choice in schema:
                return self.value(name, schema[choice][0])
        return self._of_type(name, schema)

    def _of_type(self, name: str, schema: Mapping[str, Any]) -> Any:
        kind = schema.get("type", "string")
        kind = kind[0] if isinstance(kind, list) else kind
        if kind == "object":
            properties = schema.get("properties", {})
            wanted = {*schema.get("required", ()), *(set(properties) & set(self.known()))}
            return {each: self.value(each, properties.get(each, {})) for each in sorted(wanted)}
        if kind == "array":
            return [self.value(name, schema.get("items", {}))]
        return {"integer": schema.get("minimum", 1), "number": 1, "boolean": False}.get(kind, "text")

    def known(self) -> dict[str, Any]:
        return {
            "name": self.repo.name,
            "organization": self.repo.namespace,
            "type": self.repo.type,
            "fromRepo": str(self.repo),
            "toRepo": f"{self.repo.namespace}/absent",
            "repository": f"{self.repo.namespace}/absent",
            "gated": "manual",
            "private": True,
            "user": "eve",
            "oid": "0" * 64,
            "sha256": "0" * 64,
            "paths": "a.txt",
            "sha": "0" * 64,
            "url": "https://example.org/hook",
            "role": "read",
            "operation": "download",
        }
