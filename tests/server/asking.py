"""A bare HTTP client for tests, which shows what a server really answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Reply:
    """What was answered; headers by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Asker:
    """Somebody with a token, or with none, at one server."""

    endpoint: str
    token: str | None = None

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
        """Send one request; a body that is no bytes is sent as JSON. An absolute address is taken as it is."""
        given = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if body is not None and not isinstance(body, bytes):
            given["Content-Type"] = "application/json"
            body = json.dumps(body).encode()
        target = path.removeprefix(self.endpoint)
        connection = HTTPConnection(urlsplit(self.endpoint).netloc, timeout=30)
        try:
            connection.request(method, target, body, {**given, **(headers or {})})
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, found, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Reply:
        """Ask for something; ``If_None_Match`` stands for ``If-None-Match``."""
        return self.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def head(self, path: str) -> Reply:
        """Ask for the headers of something."""
        return self.ask("HEAD", path)

    def post(self, path: str, body: Any = None, **headers: str) -> Reply:
        """Ask for something to be done."""
        return self.ask("POST", path, {} if body is None else body, headers)

    def create(self, name: str, **settings: Any) -> Reply:
        """Create a repository of the asker."""
        return self.post("/api/repos/create", {"name": name, **settings})

    def commit(
        self,
        repo: str,
        *operations: tuple[str, dict[str, Any]],
        onto: str = "main",
        query: str = "",
        kind: str = "models",
        **header: Any,
    ) -> Reply:
        """Make a commit of operations such as ``added("a.txt", b"…")``."""
        lines = [("header", {"summary": "Change files", "description": "", **header}), *operations]
        body = b"".join(json.dumps({"key": key, "value": value}).encode() + b"\n" for key, value in lines)
        where = f"/api/{kind}/{repo}/commit/{onto.replace('/', '%2F')}{query}"
        return self.ask("POST", where, body, {"Content-Type": "application/x-ndjson"})


def added(path: str, content: bytes) -> tuple[str, dict[str, Any]]:
    """The operation that puts a file."""
    return "file", {"path": path, "content": base64.b64encode(content).decode(), "encoding": "base64"}


def deleted(path: str) -> tuple[str, dict[str, Any]]:
    """The operation that removes a file, or what the client takes for one."""
    return "deletedFile", {"path": path}
