"""A hub on the network takes the exam of every hub: over a socket, and in process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from in_process import InProcess

from anyhub import HfApi, ModelHubMixin, hf_hub_download, whoami
from anyhub.cache.layout import endpoint_name
from anyhub.errors import AuthenticationError, NetworkError, RepositoryNotFoundError
from anyhub.hub.caller import Caller
from anyhub.hub.credentials import OriginCredentials
from anyhub.hub.interface import Hub
from anyhub.hub.local import LocalHub
from anyhub.hub.opening import open_hub
from anyhub.hub.remote.hub import RemoteHub
from anyhub.server.app import build_app
from anyhub.server.embedded import RunningHub
from anyhub.server.first_start import first_start
from anyhub.testing import HubSuite, running_hub
from anyhub.transfer.http import Transport
from anyhub.transfer.messages import Incoming, Outgoing
from anyhub.transfer.origins import Origin
from anyhub.transfer.pools import Pools
from anyhub.transfer.retry import Patience
from anyhub.transfer.secret import Secret
from anyhub.values import AddFile, RepoId


class TestRemoteHub(HubSuite):
    @pytest.fixture
    def hub(self, tmp_path: Path) -> Iterator[Hub]:
        with running_hub(tmp_path / "hub") as running:
            origin = Origin.of(running.endpoint)
            credentials = OriginCredentials(origin, Secret(running.admin_token))
            yield RemoteHub(running.endpoint, Transport(credentials, home=origin))


class TestRemoteHubInProcess(HubSuite):
    """The client and the server in one process, without a socket."""

    @pytest.fixture
    def hub(self, tmp_path: Path) -> Iterator[Hub]:
        local = LocalHub(tmp_path / "hub")
        app = build_app(local)
        endpoint = "http://localhost:80"
        token = first_start(app.stores.database, None)
        assert token is not None
        origin = Origin.of(endpoint)
        transport = Transport(OriginCredentials(origin, Secret(token)), home=origin, sender=InProcess(app))
        yield RemoteHub(endpoint, transport)
        local.close()


class Noting:
    """A sender that notes what is asked, and may lose answers."""

    def __init__(self, lost: str = "") -> None:
        self._pools = Pools()
        self.asked: list[str] = []
        self.ranges: list[str | None] = []
        self.lost = lost

    def send(self, request: Outgoing) -> Incoming:
        path = urlsplit(request.url).path
        self.asked.append(f"{request.method} {path}")
        self.ranges.append(request.headers.get("Range"))
        answer = self._pools.send(request)
        if self.lost and self.lost in path:
            self.lost = ""
            answer.close()
            raise NetworkError("The connection was cut.")
        return answer

    def is_private(self, url: str) -> bool:
        return True


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningHub]:
    with running_hub(tmp_path / "hub") as hub:
        yield hub


def noted(running: RunningHub, lost: str = "") -> tuple[RemoteHub, Noting]:
    sender, origin = Noting(lost), Origin.of(running.endpoint)
    credentials = OriginCredentials(origin, Secret(running.admin_token))
    patience = Patience(tries=3, sleep=lambda _: None)
    hub = RemoteHub(running.endpoint, Transport(credentials, home=origin, sender=sender, patience=patience))
    return hub, sender


def test_a_cold_load_asks_once_and_once_for_each_file_and_a_warm_one_once_or_never(
    running: RunningHub, tmp_path: Path
) -> None:
    hub, sender = noted(running)
    repo = hub.repo_id("ada/engine")
    hub.create(repo)
    files = [AddFile(f"sub/{number}.bin", b"\0%d" % number) for number in range(5)] + [AddFile("a.txt", b"a")]
    commit = hub.commit(repo, files, message="files").commit.oid
    cold, sender = noted(running)
    api = HfApi(endpoint=cold)
    folder = Path(api.snapshot_download("ada/engine", cache_dir=tmp_path / "cache"))
    assert (folder / "sub/3.bin").read_bytes() == b"\x003"
    assert len(sender.asked) == 1 + 7  # with .gitattributes
    sender.asked.clear()
    api.snapshot_download("ada/engine", cache_dir=tmp_path / "cache")
    assert len(sender.asked) == 1
    api.snapshot_download("ada/engine", revision=commit, cache_dir=tmp_path / "cache")
    api.hf_hub_download("ada/engine", "a.txt", revision=commit, cache_dir=tmp_path / "cache")
    assert len(sender.asked) == 1


def test_a_push_of_what_is_there_sends_no_file(running: RunningHub) -> None:
    hub, sender = noted(running)
    repo = hub.repo_id("ada/engine")
    hub.create(repo)
    files = [AddFile("m.bin", b"\0" * 1000), AddFile("a.txt", b"a" * 1000)]
    first = hub.commit(repo, files, message="one").commit
    sender.asked.clear()
    again = hub.commit(repo, files, message="two")
    assert (again.changed, again.commit) == (False, first)
    assert not any(asked.startswith("PUT") for asked in sender.asked)


def test_a_commit_whose_answer_is_lost_is_made_once_and_found(running: RunningHub) -> None:
    hub, _ = noted(running)
    repo = hub.repo_id("ada/engine")
    hub.create(repo)
    base = hub.resolve(repo).oid
    losing, sender = noted(running, lost="/commit/")
    done = losing.commit(repo, [AddFile("a.txt", b"a"), AddFile("m.bin", b"\0x")], message="Once", base=base)
    assert (done.changed, done.commit.title) == (True, "Once")
    assert [commit.title for commit in hub.history(repo)] == ["Once", "initial commit"]
    assert sum("/commit/" in asked for asked in sender.asked) == 1


def test_a_lost_answer_without_a_known_beginning_is_told_rather_than_guessed(running: RunningHub) -> None:
    hub, _ = noted(running)
    repo = hub.repo_id("ada/engine")
    hub.create(repo)
    losing, _ = noted(running, lost="/commit/")
    with pytest.raises(NetworkError, match="not known"):
        losing.commit(repo, [AddFile("a.txt", b"a")], message="Once")
    assert len(list(hub.history(repo))) == 2


def test_a_bare_name_belongs_to_whoever_the_hub_says_asks_which_it_is_asked_once(running: RunningHub) -> None:
    hub, sender = noted(running)
    assert hub.repo_id("x").namespace == hub.repo_id("y").namespace == hub.whoami()["name"]
    assert len(sender.asked) == 2


def test_somebody_without_a_token_is_told_to_log_in(running: RunningHub) -> None:
    nobody = open_hub(running.endpoint, Caller(token=False))
    with pytest.raises(AuthenticationError, match="anyhub login"):
        nobody.repo_id("x")
    with pytest.raises(RepositoryNotFoundError):
        nobody.info(RepoId("ada", "engine"))


def test_somebody_whose_token_is_not_valid_is_told_so_and_what_to_do(running: RunningHub) -> None:
    stranger = open_hub(running.endpoint, Caller(token="not-a-token-of-this-hub"))
    with pytest.raises(AuthenticationError, match=r"does not accept the token .* `anyhub login`"):
        stranger.info(RepoId("ada", "engine"))


def test_one_hub_is_kept_for_each_address_and_token(running: RunningHub, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = open_hub(running.endpoint, Caller(token=running.admin_token))
    assert open_hub(running.endpoint, Caller(token=running.admin_token)) is mine
    assert open_hub(running.endpoint, Caller(token=False)) is not mine
    monkeypatch.setenv("ANYHUB_ENDPOINT", running.endpoint)
    monkeypatch.setenv("ANYHUB_TOKEN", running.admin_token)
    assert whoami()["auth"]["type"] == "access_token"


def test_a_large_file_can_be_read_from_anywhere(running: RunningHub) -> None:
    hub, sender = noted(running)
    repo = hub.repo_id("ada/engine")
    hub.create(repo)
    data = bytes(range(256)) * 20_000
    commit = hub.commit(repo, [AddFile("m.bin", data)], message="m").commit.oid
    sender.asked.clear()
    with hub.open(repo, hub.entry(repo, commit, "m.bin")) as stream:
        assert stream.read(8) == data[:8]
        stream.seek(-10, 2)
        assert stream.read() == data[-10:]
        stream.seek(3_000_000)
        assert stream.read(2_000_000) == data[3_000_000:5_000_000]
    assert len(sender.asked) <= 6


def test_a_killed_download_is_gone_on_with_by_another_process(running: RunningHub, tmp_path: Path) -> None:
    hub, sender = noted(running)
    repo = hub.repo_id("ada/engine")
    hub.create(repo)
    data = bytes(range(256)) * 20_000
    commit = hub.commit(repo, [AddFile("m.bin", data)], message="m").commit.oid
    entry = hub.entry(repo, commit, "m.bin")
    blobs = tmp_path / "cache" / endpoint_name(running.endpoint) / "models--ada--engine/blobs"
    blobs.mkdir(parents=True)
    (blobs / f"{entry.etag}.incomplete").write_bytes(data[:4_000_000])
    file = Path(HfApi(endpoint=hub).hf_hub_download("ada/engine", "m.bin", cache_dir=tmp_path / "cache"))
    assert file.read_bytes() == data
    assert sender.ranges[-1] == "bytes=4000000-"
    assert not (blobs / f"{entry.etag}.incomplete").exists()


def test_a_model_travels_over_http(running: RunningHub, tmp_path: Path) -> None:
    class Engine(ModelHubMixin):
        def __init__(self, size: int = 3) -> None:
            self.size = size

        def _save_pretrained(self, folder: Path) -> None:
            (folder / "model.bin").write_bytes(b"\0" * self.size)

        @classmethod
        def _from_pretrained(cls, *, model_id: str, token: str | None, **rest: Any) -> Engine:
            hf_hub_download(model_id, "model.bin", token=token)
            return cls(rest.get("size", 0))

    token = running.admin_token
    Engine(size=7).push_to_hub("ada/engine", endpoint=running.endpoint, token=token)
    assert Engine.from_pretrained("ada/engine", endpoint=running.endpoint, token=token).size == 7
