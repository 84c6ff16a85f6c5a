"""What every request meets before and after its handler, whatever the route."""

from __future__ import annotations

import base64
import json
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from http.client import HTTPConnection, IncompleteRead
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from anyhub.errors import MissingDependencyError
from anyhub.hub.local import LocalHub
from anyhub.server import body, protocol
from anyhub.server.answers import Answer
from anyhub.server.app import App, build_app
from anyhub.server.call import Call, Handler
from anyhub.server.doors.all import HANDLERS
from anyhub.server.embedded import RunningHub
from anyhub.server.first_start import first_start
from anyhub.server.routing import Router
from anyhub.server.settings import Settings
from anyhub.testing.asgi import call
from anyhub.testing.server import running_hub
from anyhub.values import AddFile, RepoId
from anyhub.wire.routes import ROUTES


class Site:
    """An application over a hub, and an admin's token."""

    def __init__(self, folder: Path, settings: Settings | None = None) -> None:
        self.hub = LocalHub(folder)
        self.app = build_app(self.hub, settings)
        self.token = first_start(self.app.stores.database)
        self.admin = self.app.stores.accounts.users()[0].name

    def __call__(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"", login: bool = True
    ) -> tuple[int, dict[str, str], bytes]:
        given = {"Authorization": f"Bearer {self.token}"} if login else {}
        return call(self.app, method, path, {**given, **(headers or {})}, body)

    def replaced(self, **handlers: Handler) -> App:
        by_name = {name.replace("_", ".", 1): handler for name, handler in handlers.items()}
        return App(self.app.stores, self.app.settings, Router(ROUTES), {**HANDLERS, **by_name})


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path / "hub")
    yield site
    site.app.close()
    site.hub.close()


@pytest.fixture
def repo(site: Site) -> RepoId:
    repo = RepoId(site.admin, "net", "model")
    site.hub.create(repo)
    site.hub.commit(repo, [AddFile("a.txt", b"hello")], message="one")
    return repo


# -- who asks


def test_nobody_is_told_to_log_in_by_the_code_that_clients_know(site: Site) -> None:
    status, headers, _ = site("GET", "/api/models/a/b", login=False)
    assert (status, headers["x-error-code"]) == (401, "RepoNotFound")


def test_somebody_is_told_that_there_is_no_such_repository(site: Site) -> None:
    status, headers, _ = site("GET", "/api/models/a/b")
    assert (status, headers["x-error-code"]) == (404, "RepoNotFound")


@pytest.mark.parametrize(
    "value",
    [
        "Bearer nonsense",
        "Bearer",
        "Basic !!!",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"name:").decode(),
        "Digest abc",
        "",
    ],
)
def test_a_bad_token_is_refused_in_the_words_that_clients_know(site: Site, value: str) -> None:
    status, headers, _ = site("GET", "/health", {"Authorization": value})
    assert (status, headers["x-error-message"]) == (401, "Invalid credentials in Authorization header")


def test_a_token_may_come_as_a_password(site: Site) -> None:
    credentials = base64.b64encode(f"anything:{site.token}".encode()).decode()
    status, _, body = site("GET", "/api/whoami-v2", {"Authorization": f"basic {credentials}"})
    assert (status, json.loads(body)["name"]) == (200, site.admin)


@pytest.mark.parametrize("name", ["token", "access_token", "Authorization"])
def test_a_token_in_an_address_opens_nothing(site: Site, name: str) -> None:
    assert site("GET", f"/api/whoami-v2?{name}={site.token}", login=False)[0] == 401


@pytest.mark.parametrize(
    ("path", "asks"), [("/a/b.git/info/refs?service=git-upload-pack", True), ("/api/models/a/b", False)]
)
def test_git_alone_is_asked_for_a_password(site: Site, path: str, asks: bool) -> None:
    status, headers, _ = site("GET", path, login=False)
    assert status == 401
    assert headers.get("www-authenticate") == ('Basic realm="anyhub"' if asks else None)


# -- which route


def test_another_method_is_refused_with_those_there_are(site: Site) -> None:
    status, headers, _ = site("PUT", "/health")
    assert (status, headers["allow"]) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("path", ["/api/no/such/thing/at/all", "/%ff", "/api/../health"])
def test_no_route_is_no_server_error(site: Site, path: str) -> None:
    assert site("GET", path)[0] in (400, 404)


@pytest.mark.parametrize("path", ["/api/buckets/a/b", "/api/jobs/x", "/api/papers/1", "/v2/a/b/manifests/main"])
def test_what_is_not_built_says_so(site: Site, path: str) -> None:
    status, headers, body = site("GET", path)
    assert status == 501
    assert json.loads(body)["error"] == headers["x-error-message"]


def test_the_headers_of_every_get_can_be_asked_for_alone(site: Site) -> None:
    whole, head = site("GET", "/"), site("HEAD", "/")
    assert (head[0], head[1]["content-length"], head[2]) == (200, str(len(whole[2])), b"")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_old_name_of_a_repository_leads_to_the_new_one(site: Site, repo: RepoId, method: str) -> None:
    site.hub.move(repo, replace(repo, name="other"))
    status, headers, _ = site(method, f"/{repo}/resolve/refs%2Fheads%2Fmain/a.txt?x=1&y=%26")
    assert status == 307
    assert headers["location"] == f"/{site.admin}/other/resolve/refs%2Fheads%2Fmain/a.txt?x=1&y=%26"


def test_another_case_of_a_name_is_no_other_name(site: Site, repo: RepoId) -> None:
    assert site("GET", f"/api/models/{str(repo).upper()}")[0] == 200


def test_the_way_to_a_new_name_is_not_shown_to_those_who_may_not_see_it(site: Site, repo: RepoId) -> None:
    site.hub.set_private(site.hub.move(repo, replace(repo, name="other")).repo, True)
    moved, absent = (site("GET", f"/api/models/{name}", login=False) for name in (repo, f"{site.admin}/xxx"))
    assert moved[0] == absent[0] == 401


# -- headers


@pytest.mark.parametrize("name", ["X-Request-Id", "X-Amzn-Trace-Id"])
def test_the_id_of_a_request_comes_back(site: Site, name: str) -> None:
    assert site("GET", "/health", {name: "abc-123"})[1]["x-request-id"] == "abc-123"


@pytest.mark.parametrize("id", ["a b", "x" * 200, "é", "<script>"])
def test_an_id_that_could_do_harm_is_replaced(site: Site, id: str) -> None:
    assert len(site("GET", "/health", {"X-Request-Id": id})[1]["x-request-id"]) == 32


def test_no_browser_guesses_what_an_answer_is(site: Site) -> None:
    assert {site("GET", path)[1]["x-content-type-options"] for path in ("/health", "/nothing", "/api/jobs/x")} == {
        "nosniff"
    }


def test_a_page_of_another_origin_may_ask(site: Site) -> None:
    status, headers, _ = site("OPTIONS", "/api/models", {"Origin": "https://a.example"}, login=False)
    assert status == 204
    assert (headers["access-control-allow-origin"], "PUT" in headers["access-control-allow-methods"]) == ("*", True)
    exposed = site("GET", "/health", {"Origin": "https://a.example"})[1]["access-control-expose-headers"]
    assert {"X-Repo-Commit", "ETag", "Link"} <= set(exposed.split(", "))


@pytest.mark.parametrize("host", ["evil.example/x", "a b", "a\tb", "", "a@b", "x:99999999"])
def test_a_host_that_is_none_is_refused(site: Site, host: str) -> None:
    assert site("GET", "/", {"Host": host})[0] == 400


def test_links_name_the_host_that_was_asked_or_the_public_one(site: Site, tmp_path: Path) -> None:
    assert b"=http://[::1]:80 " in site("GET", "/", {"Host": "[::1]:80"})[2]
    public = Site(tmp_path / "public", Settings(public_url="https://hub.example.org/"))
    assert b"=https://hub.example.org " in public("GET", "/", {"Host": "evil.example"})[2]
    public.app.close()


# -- errors


def test_a_defect_is_logged_and_not_told(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    def fail(call: Call) -> Answer:
        raise KeyError("secret-of-the-server")

    with caplog.at_level(logging.ERROR):
        status, headers, body = call(site.replaced(server_health=fail), "GET", "/health", {"X-Request-Id": "id-7"})
    assert status == 500
    assert b"secret" not in body
    assert b"id-7" in body
    assert headers["x-request-id"] == "id-7"
    assert "secret-of-the-server" in caplog.text
    assert "id-7" in caplog.text


def test_too_many_parameters_are_refused(site: Site) -> None:
    assert site("GET", "/api/models?" + "a=1&" * 1500)[0] == 400


def test_no_token_is_ever_logged(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    def fail(call: Call) -> Answer:
        raise ValueError("broken")

    with caplog.at_level(logging.DEBUG):
        call(site.replaced(server_health=fail), "GET", "/health", {"Authorization": f"Bearer {site.token}"})
    assert "broken" in caplog.text
    assert str(site.token) not in caplog.text


# -- over a socket


@pytest.fixture
def running() -> Iterator[RunningHub]:
    with running_hub() as running:
        yield running


@contextmanager
def connection(running: RunningHub) -> Iterator[HTTPConnection]:
    client = HTTPConnection(urlsplit(running.endpoint).netloc, timeout=20)
    with closing(client):
        yield client


def asked(running: RunningHub, path: str, **headers: str) -> tuple[int, bytes]:
    with connection(running) as client:
        client.request("GET", path, headers=headers)
        answer = client.getresponse()
        return answer.status, answer.read()


def test_a_hub_runs_in_under_half_a_second(running: RunningHub) -> None:
    began = time.perf_counter()
    with running_hub() as another:
        assert time.perf_counter() - began < 0.5
        assert another.endpoint != running.endpoint


def test_the_fixture_gives_a_hub_with_users(anyhub_server: RunningHub) -> None:
    token = anyhub_server.create_user("ann")
    assert json.loads(asked(anyhub_server, "/api/whoami-v2", Authorization=f"Bearer {token}")[1])["name"] == "ann"


def test_a_hub_that_has_an_admin_gives_a_token_of_theirs(tmp_path: Path) -> None:
    with running_hub(tmp_path) as first:
        token = first.admin_token
    with running_hub(tmp_path, anonymous_read=True) as second:
        assert second.new_token is None
        assert second.admin_token not in (None, token)


def test_closing_twice_is_as_good_as_once(tmp_path: Path) -> None:
    running = RunningHub(tmp_path / "hub")
    running.close()
    running.close()
    with connection(running) as client, pytest.raises(ConnectionRefusedError):
        client.connect()


def test_a_hundred_clients_that_say_nothing_keep_nobody_waiting(running: RunningHub) -> None:
    host, port = urlsplit(running.endpoint).netloc.split(":")
    silent = [socket.create_connection((host, int(port))) for _ in range(100)]
    for each in silent:
        each.sendall(b"POST /api/repos/create HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    assert asked(running, "/health")[0] == 200
    for each in silent:
        each.close()


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n"])
def test_headers_that_never_end_are_cut(running: RunningHub, monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.2)
    host, port = urlsplit(running.endpoint).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(sent)
        assert gone(client)


def test_headers_without_end_are_cut_before_they_fill_the_memory(running: RunningHub) -> None:
    host, port = urlsplit(running.endpoint).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(b"GET / HTTP/1.1\r\n")
        lines = b"".join(b"X-Long: " + b"x" * 8192 + b"\r\n" for _ in range(1000))
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            client.sendall(lines)


def gone(client: socket.socket) -> bool:
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True


def test_what_runs_is_finished_before_the_server_ends(running: RunningHub, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(call: Call) -> Answer:
        begun.set()
        go_on.wait(5)
        return Answer(200, {}, b"finished")

    monkeypatch.setitem(HANDLERS, "server.health", slow)
    with connection(running) as client:
        client.request("GET", "/health")
        assert begun.wait(5)
        ending = threading.Thread(target=running.close)
        ending.start()
        threading.Timer(0.2, go_on.set).start()
        assert client.getresponse().read() == b"finished"
        ending.join()


def test_a_body_in_chunks_and_one_that_is_cut(running: RunningHub) -> None:
    login = {"Authorization": f"Bearer {running.admin_token}"}
    with connection(running) as client:
        client.request("POST", "/api/repos/create", iter([b'{"name":', b'"net"}']), login)
        assert client.getresponse().status == 200
    host, port = urlsplit(running.endpoint).netloc.split(":")
    with socket.create_connection((host, int(port))) as cut:
        head = f"POST /api/repos/create HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {running.admin_token}\r\n"
        cut.sendall(head.encode() + b'Content-Length: 100\r\n\r\n{"name": "half"')
    assert asked(running, "/health")[0] == 200
    assert [str(each.name) for each in names(running)] == ["net"]


def names(running: RunningHub) -> list[Any]:
    from anyhub.values import Query

    return [each.repo for each in running.hub.search(Query())]


def test_a_body_that_stalls_is_answered_with_a_timeout(running: RunningHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "STALL_SECONDS", 0.1)
    with connection(running) as client:
        client.putrequest("POST", "/api/repos/create")
        client.putheader("Content-Length", "100")
        client.endheaders(b"{")
        assert client.getresponse().status == 408


@pytest.fixture
def large(running: RunningHub) -> str:
    """The path of a file that no socket takes as a whole."""
    repo = RepoId("me", "large", "model")
    running.hub.create(repo)
    running.hub.commit(repo, [AddFile("x.bin", bytes(64 * 2**20))], message="one")
    return f"/{repo}/resolve/main/x.bin"


def test_a_hundred_clients_that_do_not_read_keep_nobody_waiting(running: RunningHub, large: str) -> None:
    host, port = urlsplit(running.endpoint).netloc.split(":")
    request = f"GET {large} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {running.admin_token}\r\n\r\n".encode()
    with ExitStack() as opened:
        for _ in range(100):
            client = opened.enter_context(socket.create_connection((host, int(port)), timeout=10))
            client.sendall(request)
            assert client.recv(12) == b"HTTP/1.1 200"
        assert asked(running, "/health")[0] == 200


def test_what_breaks_half_way_is_cut_and_not_ended(running: RunningHub, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Iterator[bytes]:
        yield b"x" * 1000
        raise RuntimeError("The disk is gone.")

    monkeypatch.setitem(HANDLERS, "server.health", lambda call: Answer(200, {}, broken()))
    with connection(running) as client:
        client.request("GET", "/health")
        with pytest.raises(IncompleteRead):
            client.getresponse().read()


def test_the_plugin_brings_no_server_along() -> None:
    script = "import sys, anyhub.pytest_plugin; print([m for m in sys.modules if m in ('uvicorn', 'anyhub.hub')])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_without_its_packages_a_server_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anyhub.server.extra.find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"anyhub\[server\]"), running_hub():
        pass
