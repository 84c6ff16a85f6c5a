"""Webhooks that are delivered, to a real receiver on this machine."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from anyhub.community import Watched
from anyhub.hub.memory import MemoryHub
from anyhub.hub.people.stored_accounts import StoredAccounts
from anyhub.hub.repos.catalog import now_microseconds
from anyhub.hub.social import postbag
from anyhub.hub.social.destinations import Destinations
from anyhub.hub.social.stored_community import StoredCommunity
from anyhub.server import deliveries
from anyhub.server.deliveries import Deliveries
from anyhub.server.settings import Settings
from anyhub.values import RepoId

LOOPBACK = Settings(public_url="https://hub.example.org/", webhook_hosts=("127.0.0.0/8", "localhost"))
REPO = RepoId("ada", "engine")


class Receiver:
    """An HTTP server that writes down what it was sent, and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                receiver.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    @property
    def numbers(self) -> list[int]:
        return [body["discussion"]["num"] for _, _, body in self.got]

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.fixture
def hub() -> MemoryHub:
    hub = MemoryHub()
    StoredAccounts(hub._database).create_user("ada")
    hub.create(REPO)
    return hub


@pytest.fixture
def community(hub: MemoryHub) -> StoredCommunity:
    return StoredCommunity(hub._database, hub._catalog, Destinations(["*"]))


def watch(community: StoredCommunity, url: str, **more: Any) -> str:
    return community.create_webhook("ada", url, [Watched("model", "ada/engine")], **more).id


def waiting(hub: MemoryHub) -> list[int]:
    """Return how often each delivery was attempted that is still to be made."""
    return [attempts for (attempts,) in hub._database.query("SELECT attempts FROM deliveries ORDER BY id")]


def hurry(hub: MemoryHub) -> None:
    """Make everything due now."""
    with hub._database.transaction() as connection:
        connection.execute("UPDATE deliveries SET next_at = 0")


def test_a_webhook_is_told_with_its_secret_and_the_address_of_the_hub(
    hub: MemoryHub, community: StoredCommunity, receiver: Receiver, pool: ThreadPoolExecutor
) -> None:
    id = watch(community, f"http://127.0.0.1:{receiver.port}/hook?a=b", secret="s3cret")
    hub.open_discussion(REPO, "hello", "text")
    assert Deliveries(hub._database, LOOPBACK).deliver_due(pool) == 1
    ((path, headers, body),) = receiver.got
    assert path == "/hook?a=b"
    assert headers["x-webhook-secret"] == "s3cret"
    assert headers["content-type"] == "application/json"
    assert headers["host"] == f"127.0.0.1:{receiver.port}"
    assert body["event"] == {"action": "create", "scope": "discussion"}
    assert body["repo"]["url"] == {
        "web": "https://hub.example.org/ada/engine",
        "api": "https://hub.example.org/api/models/ada/engine",
    }
    assert body["discussion"]["url"]["web"] == "https://hub.example.org/ada/engine/discussions/1"
    assert body["comment"]["url"]["web"].startswith("https://hub.example.org/ada/engine/discussions/1#")
    assert body["webhook"] == {"id": id, "version": 3}
    assert waiting(hub) == []


def test_what_is_told_comes_in_order_by_the_thread(
    hub: MemoryHub, community: StoredCommunity, receiver: Receiver
) -> None:
    watch(community, f"http://127.0.0.1:{receiver.port}/")
    thread = Deliveries(hub._database, LOOPBACK)
    thread.start()
    try:
        for number in range(5):
            hub.open_discussion(REPO, f"number {number}")
        deadline = time.monotonic() + 20
        while len(receiver.got) < 5 and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        thread.stop()
    assert receiver.numbers == [1, 2, 3, 4, 5]
    assert waiting(hub) == []
    assert "x-webhook-secret" not in receiver.got[0][1]


@pytest.mark.parametrize("status", [404, 500, 302])
def test_what_does_not_arrive_is_tried_five_times_before_what_comes_after_it(
    hub: MemoryHub, community: StoredCommunity, receiver: Receiver, pool: ThreadPoolExecutor, status: int
) -> None:
    watch(community, f"http://127.0.0.1:{receiver.port}/")
    receiver.status = status
    receiver.headers = {"Location": f"http://127.0.0.1:{receiver.port}/elsewhere"}
    hub.open_discussion(REPO, "one")
    hub.open_discussion(REPO, "two")
    thread = Deliveries(hub._database, LOOPBACK)
    for attempt in range(1, 5):
        assert thread.deliver_due(pool) == 1
        assert thread.deliver_due(pool) == 0, "it waits before it tries again"
        assert waiting(hub) == [attempt, 0]
        hurry(hub)
    thread.deliver_due(pool)
    assert waiting(hub) == [0]
    receiver.status = 204
    thread.deliver_due(pool)
    assert receiver.numbers == [1, 1, 1, 1, 1, 2]
    assert {path for path, _, _ in receiver.got} == {"/"}, "no redirect is followed"


def test_the_attempts_fill_about_an_hour(
    hub: MemoryHub, community: StoredCommunity, receiver: Receiver, pool: ThreadPoolExecutor
) -> None:
    watch(community, f"http://127.0.0.1:{receiver.port}/")
    receiver.status = 500
    hub.open_discussion(REPO, "one")
    thread = Deliveries(hub._database, LOOPBACK)
    delays = []
    while waiting(hub):
        thread.deliver_due(pool)
        for (next_at,) in hub._database.query("SELECT next_at FROM deliveries"):
            delays.append(round((next_at - now_microseconds()) / 1_000_000))
        hurry(hub)
    assert len(receiver.got) == 5
    assert delays == sorted(delays)
    assert 3000 < sum(delays) < 4000


def test_one_webhook_that_fails_holds_up_no_other(
    hub: MemoryHub, community: StoredCommunity, receiver: Receiver, pool: ThreadPoolExecutor
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        watch(community, f"http://127.0.0.1:{closed.getsockname()[1]}/")
        watch(community, f"http://127.0.0.1:{receiver.port}/")
        hub.open_discussion(REPO, "one")
        hub.open_discussion(REPO, "two")
        thread = Deliveries(hub._database, LOOPBACK)
        while thread.deliver_due(pool):
            pass
    assert receiver.numbers == [1, 2]
    assert waiting(hub) == [1, 0]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1"])
def test_an_address_that_is_not_public_is_never_reached(
    hub: MemoryHub, community: StoredCommunity, receiver: Receiver, pool: ThreadPoolExecutor, host: str
) -> None:
    watch(community, f"http://{host}:{receiver.port}/")
    hub.open_discussion(REPO, "one")
    Deliveries(hub._database, Settings(webhook_hosts=("10.0.0.0/8",))).deliver_due(pool)
    assert receiver.got == []
    assert waiting(hub) == [], "it is not tried again"


def test_a_name_is_looked_up_once_and_that_very_address_is_reached(
    hub: MemoryHub,
    community: StoredCommunity,
    receiver: Receiver,
    pool: ThreadPoolExecutor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def rebinding(host: str, port: int, *args: object, **more: object) -> list[Any]:
        """Answer as the name server of an attacker: first with an allowed address, then with another one."""
        if host != "rebind.example":
            return real(host, port, *args, **more)  # type: ignore[arg-type]
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "127.0.0.2"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    watch(community, f"http://rebind.example:{receiver.port}/")
    hub.open_discussion(REPO, "one")
    Deliveries(hub._database, Settings(webhook_hosts=("127.0.0.1/32",))).deliver_due(pool)
    assert asked == ["rebind.example"]
    assert receiver.got[0][1]["host"] == f"rebind.example:{receiver.port}"


def test_a_receiver_that_answers_byte_by_byte_is_given_up(
    hub: MemoryHub, community: StoredCommunity, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "TIMEOUT", 0.5)
    stop = threading.Event()

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            for byte in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1000:
                if stop.wait(0.1):
                    return
                try:
                    connection.sendall(bytes([byte]))
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,))
        thread.start()
        watch(community, f"http://127.0.0.1:{listener.getsockname()[1]}/")
        hub.open_discussion(REPO, "one")
        began = time.monotonic()
        Deliveries(hub._database, LOOPBACK).deliver_due(pool)
        took = time.monotonic() - began
        stop.set()
        thread.join()
    assert took < 5
    assert waiting(hub) == [1]


def test_two_processes_do_not_tell_the_same_twice(hub: MemoryHub, community: StoredCommunity) -> None:
    watch(community, "http://127.0.0.1:9/")
    hub.open_discussion(REPO, "one")
    one, other = postbag.Postbag(hub._database), postbag.Postbag(hub._database)
    assert len(one.take(8)) == 1
    assert other.take(8) == []
    hurry(hub)
    assert len(other.take(8)) == 1, "what a process that was killed had taken is taken again"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    path = tmp_path / "cert.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    files = ["-keyout", tmp_path / "key.pem", "-out", path]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    return path


def test_a_certificate_is_checked_against_the_name(
    hub: MemoryHub,
    community: StoredCommunity,
    receiver: Receiver,
    pool: ThreadPoolExecutor,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    receiver.server.socket = context.wrap_socket(receiver.server.socket, server_side=True)
    watch(community, f"https://localhost:{receiver.port}/")
    hub.open_discussion(REPO, "one")
    thread = Deliveries(hub._database, LOOPBACK)
    thread.deliver_due(pool)
    assert (receiver.got, waiting(hub)) == ([], [1])
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    hurry(hub)
    thread.deliver_due(pool)
    assert receiver.numbers == [1]
