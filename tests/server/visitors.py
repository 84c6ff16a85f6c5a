"""People who ask a server, each with a token of their own, without a socket between."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from anyhub.hub.local import LocalHub
from anyhub.people import Scope, TokenRole
from anyhub.server.app import App, build_app
from anyhub.server.settings import Settings
from anyhub.testing.asgi import call
from anyhub.values import RepoId


@dataclass(frozen=True)
class Reply:
    """What the server answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The value that the body spells."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


@dataclass(frozen=True)
class Visitor:
    """Somebody who asks, with a token or without."""

    app: App
    token: str | None = None

    def ask(
        self,
        method: str,
        path: str,
        content: object = None,
        *,
        form: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """Ask, with a body in JSON or of a form."""
        sent = {} if self.token is None else {"authorization": f"Bearer {self.token}"}
        body = b""
        if form is not None:
            sent["content-type"], body = "application/x-www-form-urlencoded", urlencode(form).encode()
        elif content is not None:
            sent["content-type"], body = "application/json", json.dumps(content).encode()
        return Reply(*call(self.app, method, path, {**sent, **(headers or {})}, body))

    def get(self, path: str) -> Reply:
        """Ask for something."""
        return self.ask("GET", path)

    def post(self, path: str, content: object = None) -> Reply:
        """Send something in JSON."""
        return self.ask("POST", path, content)


class Place:
    """A hub in a folder, the server before it, and those who visit it."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.hub = LocalHub(folder)
        self.app = build_app(self.hub, Settings(**settings))
        self.accounts = self.app.stores.accounts
        self.nobody = Visitor(self.app)

    def user(self, name: str, *, is_admin: bool = False, password: str | None = None) -> Visitor:
        """Add a user, and return them with a token that may write."""
        self.accounts.create_user(
            name, fullname=f"{name.title()} of Hub", email=f"{name}@example.org", is_admin=is_admin, password=password
        )
        return self.with_token(name)

    def with_token(self, name: str, role: TokenRole = "write", scopes: tuple[Scope, ...] = ()) -> Visitor:
        """Return a user with another token."""
        count = len(self.accounts.tokens(name))
        return Visitor(self.app, self.accounts.create_token(name, f"{role}-{count}", role=role, scopes=scopes)[1])

    def repo(self, id: str, *, private: bool = False) -> RepoId:
        """Add a repository."""
        repo = self.hub.repo_id(id, "model")
        self.hub.create(repo, private=private)
        return repo

    def close(self) -> None:
        """Let go of everything."""
        self.app.close()
