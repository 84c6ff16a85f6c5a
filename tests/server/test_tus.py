"""Large files that go on where they were cut (tus 1.0.0): by our requests, by two at once, and by git-lfs itself."""

from __future__ import annotations

import http.client
import itertools
import random
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from git_user import GitUser
from lfs_client import TOKENS, Client, Reply, digest_of, has

from anyhub.server.embedded import RunningHub
from anyhub.testing.server import running_hub
from anyhub.values import Digest, RepoId
from anyhub.wire.lfs import Action

NUMBERS = itertools.count()
CONTENT = random.Random(1).randbytes(3_000_000)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    with running_hub(tmp_path_factory.mktemp("tus") / "hub") as running:
        TOKENS["me"] = running.create_user("me")
        yield running


@pytest.fixture
def repo(hub: RunningHub) -> RepoId:
    made = RepoId("me", f"tus-{next(NUMBERS)}")
    hub.hub.create(made)
    return made


class Upload:
    """One upload, as a client of tus sees it."""

    def __init__(self, hub: RunningHub, repo: RepoId, digest: Digest) -> None:
        self.client = Client(hub)
        action = self.client.place(repo, "upload", digest, "tus", "basic").transfer
        assert isinstance(action, Action)
        self.url, self.header = action.href, action.header

    def head(self, **headers: str) -> Reply:
        return self.client.request("HEAD", self.url, **{"Tus-Resumable": "1.0.0", **headers})

    def offset(self) -> int:
        reply = self.head()
        assert reply.status == 200
        return int(reply.headers["upload-offset"])

    def patch(self, offset: int, data: bytes, **headers: str) -> Reply:
        given = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
        return self.client.request("PATCH", self.url, data, **{**given, "Upload-Offset": str(offset), **headers})

    def cut(self, offset: int, data: bytes, announced: int) -> socket.socket:
        """Begin to send, and leave the connection open with the rest still to come."""
        place = urlsplit(self.url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
        connection.putrequest("PATCH", place.path)
        for name, value in {
            "Tus-Resumable": "1.0.0",
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": str(offset),
            "Content-Length": str(announced),
        }.items():
            connection.putheader(name, value)
        connection.endheaders(data)
        assert connection.sock is not None
        return connection.sock


@pytest.fixture
def upload(hub: RunningHub, repo: RepoId) -> Upload:
    return Upload(hub, repo, digest_of(CONTENT))


def test_a_file_goes_on_where_it_was_left(hub: RunningHub, repo: RepoId, upload: Upload) -> None:
    digest = digest_of(CONTENT)
    assert upload.header == {"Upload-Offset": "0"}
    assert upload.offset() == 0
    first = upload.patch(0, CONTENT[:1_000_000])
    assert (first.status, first.headers["upload-offset"]) == (204, "1000000")
    again = Upload(hub, repo, digest)
    assert "Upload-Offset" not in again.header
    assert again.head().headers["upload-length"] == str(len(CONTENT))
    assert again.offset() == 1_000_000
    assert not has(hub, repo, digest)
    last = again.patch(1_000_000, CONTENT[1_000_000:])
    assert (last.status, last.headers["upload-offset"]) == (204, str(len(CONTENT)))
    assert has(hub, repo, digest)
    assert again.offset() == len(CONTENT)
    assert again.patch(0, CONTENT).status == 409


def test_what_came_before_a_cut_is_not_lost(hub: RunningHub, repo: RepoId, upload: Upload) -> None:
    connection = upload.cut(0, CONTENT[:2_500_000], len(CONTENT))
    while not any(path.stat().st_size for path in (hub.hub.directory / "uploads").glob("?" * 64)):
        time.sleep(0.01)
    connection.close()
    offset = upload.offset()
    assert offset > 2_500_000 - 2**20
    assert upload.patch(offset, CONTENT[offset:]).status == 204
    assert has(hub, repo, digest_of(CONTENT))


def test_a_request_takes_the_place_of_one_that_hangs(hub: RunningHub, repo: RepoId, upload: Upload) -> None:
    hanging = upload.cut(0, CONTENT[:1_500_000], len(CONTENT))
    time.sleep(0.3)
    offset = upload.offset()
    assert upload.patch(offset, CONTENT[offset:2_000_000]).status == 204
    try:
        hanging.sendall(CONTENT[::-1][:1_500_000])
        assert b" 409 " in hanging.recv(2000)
    except OSError:
        pass  # it was closed, which says the same
    finally:
        hanging.close()
    assert upload.offset() == 2_000_000
    assert upload.patch(2_000_000, CONTENT[2_000_000:]).status == 204
    assert has(hub, repo, digest_of(CONTENT))


def test_another_server_goes_on_with_what_the_first_one_took(tmp_path: Path) -> None:
    repo, digest = RepoId("me", "moved"), digest_of(CONTENT)
    with running_hub(tmp_path / "hub") as first:
        TOKENS["me"], before = first.create_user("me"), TOKENS.get("me", "")
        first.hub.create(repo)
        assert Upload(first, repo, digest).patch(0, CONTENT[:1_234_567]).status == 204
    try:
        with running_hub(tmp_path / "hub") as second:
            upload = Upload(second, repo, digest)
            assert upload.offset() == 1_234_567
            assert upload.patch(1_234_567, CONTENT[1_234_567:]).status == 204
            assert has(second, repo, digest)
    finally:
        TOKENS["me"] = before


def test_other_bytes_than_announced_are_refused_and_gone(hub: RunningHub, repo: RepoId, upload: Upload) -> None:
    assert upload.patch(0, CONTENT[:-1]).status == 204
    refused = upload.patch(len(CONTENT) - 1, bytes((CONTENT[-1] ^ 1,)))
    assert refused.status == 422
    assert upload.offset() == 0
    assert upload.patch(0, CONTENT).status == 204
    assert has(hub, repo, digest_of(CONTENT))


def test_bytes_for_another_place_are_refused(upload: Upload) -> None:
    assert upload.patch(5, CONTENT[5:10]).status == 409
    assert upload.patch(0, CONTENT[:10]).status == 204
    assert upload.patch(0, CONTENT[:10]).status == 409
    assert upload.patch(10, CONTENT[10:] + b"!").status == 413
    assert upload.offset() == 10


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Tus-Resumable": "0.2.0"}, 412),
        ({"Upload-Offset": "-1"}, 400),
        ({"Upload-Offset": "1e3"}, 400),
        ({"Upload-Offset": "9" * 30}, 400),
        ({"Content-Type": "text/plain"}, 400),
    ],
)
def test_a_request_that_is_not_of_the_protocol_is_refused(upload: Upload, headers: dict[str, str], status: int) -> None:
    assert upload.patch(0, b"x", **headers).status == status
    assert upload.head(**{"Tus-Resumable": "2.0.0"}).headers["tus-version"] == "1.0.0"
    assert upload.offset() == 0


def test_git_lfs_pushes_by_tus_and_goes_on_with_what_is_there(hub: RunningHub, repo: RepoId, tmp_path: Path) -> None:
    user = GitUser(tmp_path, hub.endpoint, "me", TOKENS["me"])
    folder = user.clone(str(repo))
    user.git("lfs", "install", "--local", at=folder)
    user.git("lfs", "track", "*.bin", at=folder)
    user.git("config", "lfs.tustransfers", "true", at=folder)
    contents = {f"{size}.bin": random.Random(size).randbytes(size) for size in (1, 70_000, 2_000_000)}
    begun = Upload(hub, repo, digest_of(contents["2000000.bin"]))
    assert begun.patch(0, contents["2000000.bin"][:900_000]).status == 204
    user.commit(folder, dict(contents))
    user.git("config", "http.extraHeader", "", at=folder)
    shown = user.git("push", "origin", "HEAD:main", at=folder)
    assert "error" not in shown.lower()
    for content in contents.values():
        assert has(hub, repo, digest_of(content))
    assert begun.offset() == 2_000_000
