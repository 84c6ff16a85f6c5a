"""The large files of a repository as such: listed, removed for good, and given to another repository."""

from __future__ import annotations

import http.client
import itertools
import json
import os
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest
from lfs_client import TOKENS, Client, Reply, digest_of, has

from anyhub.server.embedded import RunningHub
from anyhub.testing.server import running_hub
from anyhub.values import AddFile, RepoId

NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    with running_hub() as running:
        for name in ("me", "stranger"):
            TOKENS[name] = running.create_user(name)
        yield running


@pytest.fixture
def repo(hub: RunningHub) -> RepoId:
    made = RepoId("me", f"model-{next(NUMBERS)}")
    hub.hub.create(made)
    return made


@pytest.fixture
def client(hub: RunningHub) -> Client:
    return Client(hub)


def _files(client: Client, method: str, path: str, body: dict[str, Any] | None = None) -> Reply:
    return client.request(method, path, body, Authorization=f"Bearer {TOKENS[client.name or '']}")


def test_large_files_are_listed_and_removed_for_good(hub: RunningHub, client: Client, repo: RepoId) -> None:
    data = os.urandom(5000)
    done = hub.hub.commit(repo, [AddFile("a.bin", data), AddFile("b.bin", b"\0other")], message="two")
    (found,) = (
        each for each in _files(client, "GET", f"/api/models/{repo}/lfs-files").json if each["filename"] == "a.bin"
    )
    assert found["fileOid"] == digest_of(data).sha256
    assert found["size"] == 5000
    assert found["ref"] == "refs/heads/main"
    assert found["oid"] == hub.hub.entry(repo, done.commit.oid, "a.bin").oid
    deletions = {"deletions": {"sha": [found["fileOid"]], "rewriteHistory": True}}
    assert _files(client, "POST", f"/api/models/{repo}/lfs-files/batch", deletions).status == 200
    assert [entry.path for entry in hub.hub.tree(repo, hub.hub.resolve(repo).oid)] == [".gitattributes", "b.bin"]
    assert client.place(repo, "download", digest_of(data)).error is not None


def test_large_files_are_listed_in_pages(
    hub: RunningHub, client: Client, repo: RepoId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anyhub.server.doors.lfs_files.PAGE", 2)
    hub.hub.commit(repo, [AddFile(f"{n}.bin", bytes([0, n])) for n in range(5)], message="five")
    found, url = [], f"{hub.endpoint}/api/models/{repo}/lfs-files"
    while url:
        query = urlsplit(url)
        connection = http.client.HTTPConnection(query.hostname or "", query.port, timeout=30)
        with closing(connection):
            target = query.path + (f"?{query.query}" if query.query else "")
            connection.request("GET", target, headers={"Authorization": f"Bearer {TOKENS['me']}"})
            with connection.getresponse() as answer:
                found += [each["filename"] for each in json.loads(answer.read())]
                link = answer.headers.get("Link", "")
        url = link.partition(">")[0].removeprefix("<")
    assert sorted(found) == [f"{n}.bin" for n in range(5)]


def test_large_files_are_given_to_another_repository_without_sending_them(
    hub: RunningHub, client: Client, repo: RepoId
) -> None:
    digest = client.upload(repo, os.urandom(4000))
    other = RepoId("me", f"other-{next(NUMBERS)}")
    hub.hub.create(other)
    wanted = [{"sha256": each, "xetHash": None, "filename": "a.bin"} for each in (digest.sha256, "0" * 64)]
    content = {"target": {"type": "model", "name": str(other)}, "files": wanted}
    reply = _files(client, "POST", f"/api/models/{repo}/lfs-files/duplicate", content)
    assert reply.status == 200
    assert [each["sha256"] for each in reply.json["failed"]] == ["0" * 64]
    assert has(hub, other, digest)
    stranger = _files(Client(hub, "stranger"), "POST", f"/api/models/{other}/lfs-files/duplicate", content)
    assert stranger.status == 403 or stranger.json["failed"]
