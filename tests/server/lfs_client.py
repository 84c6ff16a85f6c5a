"""A client of the Git LFS API, written from its documentation."""

from __future__ import annotations

import hashlib
import http.client
import json
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from anyhub.server.embedded import RunningHub
from anyhub.values import Digest, RepoId
from anyhub.wire import lfs
from anyhub.wire.lfs import Action, Batch, Placed

TOKENS: dict[str, str] = {}
"""The token of each user of the hub under test."""


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Client:
    """Speaks the Git LFS API, with a token where one is asked for."""

    hub: RunningHub
    name: str | None = "me"
    agent: str = field(default="a test")

    def request(self, method: str, url: str, body: Any = None, **headers: str) -> Reply:
        place = urlsplit(url if "://" in url else self.hub.endpoint + url)
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        with closing(http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)) as connection:
            connection.request(method, place.path, data, {"User-Agent": self.agent, **headers})
            with connection.getresponse() as answer:
                found = {name.lower(): value for name, value in answer.headers.items()}
                return Reply(answer.status, found, answer.read())

    def api(self, repo: RepoId, verb: str, body: dict[str, Any]) -> Reply:
        token = {} if self.name is None else {"Authorization": f"Bearer {TOKENS[self.name]}"}
        return self.request("POST", f"/{repo}.git/info/lfs/{verb}", body, **token)

    def batch(self, repo: RepoId, batch: Batch) -> tuple[str, list[Placed]]:
        reply = self.api(repo, "objects/batch", lfs.spell_batch(batch))
        assert reply.status == 200, reply.body
        assert reply.headers["content-type"].startswith(lfs.CONTENT_TYPE)
        return lfs.read_placed(reply.json, batch)

    def place(self, repo: RepoId, operation: Any, digest: Digest, *transfers: str) -> Placed:
        (placed,) = self.batch(repo, Batch(operation, (digest,), transfers or ("basic",)))[1]
        return placed

    def upload(self, repo: RepoId, data: bytes) -> Digest:
        digest = digest_of(data)
        action = self.place(repo, "upload", digest).transfer
        assert isinstance(action, Action)
        assert self.request("PUT", action.href, data).status == 200
        return digest


def digest_of(data: bytes) -> Digest:
    return Digest(hashlib.sha256(data).hexdigest(), len(data))


def has(hub: RunningHub, repo: RepoId, digest: Digest) -> bool:
    return hub.hub.lacking(repo, [digest]) == []
