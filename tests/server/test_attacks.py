"""Attacks on a running server: what a stranger, or somebody with a token, may try, and what comes of it."""

from __future__ import annotations

import hashlib
import json
import random
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import pytest
from asking import Asker, Reply, added

from anyhub.errors import DiskFullError, FormatTooNewError, HubError, ReadOnlyError, StorageError
from anyhub.git import receiving
from anyhub.server.app import THREADS
from anyhub.server.embedded import RunningHub
from anyhub.testing.server import running_hub
from anyhub.wire.pktline import FLUSH, packet

Body: TypeAlias = Callable[[str], Any]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    with running_hub(tmp_path_factory.mktemp("hub"), anonymous_read=True) as running:
        yield running


@pytest.fixture(scope="module")
def ann(hub: RunningHub) -> Asker:
    return Asker(hub.endpoint, hub.create_user("ann"))


@pytest.fixture(scope="module")
def bob(hub: RunningHub) -> Asker:
    return Asker(hub.endpoint, hub.create_user("bob"))


@pytest.fixture(scope="module")
def hidden(ann: Asker, bob: Asker) -> tuple[str, ...]:
    """Names of repositories that exist, or did, and that nobody but their owner may see."""
    for name in ("private", "before", "gated"):
        assert ann.create(name, private=True).status == 200
        ann.commit(f"ann/{name}", added("a.txt", b"secret"))
    ann.ask("PUT", "/api/models/ann/gated/settings", {"gated": "manual"})
    moved = {"fromRepo": "ann/before", "toRepo": "ann/after", "type": "model"}
    assert ann.post("/api/repos/move", moved).status == 200
    assert bob.create("mine").status == 200
    return "ann/private", "ann/before", "ann/after", "ann/gated"


# -- whether something hidden is there

_OBJECTS = [{"oid": "a" * 64, "size": 3}]
ORACLES: dict[str, tuple[str, str, Body | object]] = {
    "info": ("GET", "/api/models/{}", None),
    "revision": ("GET", "/api/models/{}/revision/main", None),
    "tree": ("GET", "/api/models/{}/tree/main", None),
    "file": ("GET", "/{}/resolve/main/a.txt", None),
    "head of a file": ("HEAD", "/{}/resolve/main/a.txt", None),
    "raw": ("GET", "/{}/raw/main/a.txt", None),
    "refs": ("GET", "/api/models/{}/refs", None),
    "commits": ("GET", "/api/models/{}/commits/main", None),
    "compare": ("GET", "/api/models/{}/compare/main..main", None),
    "discussions": ("GET", "/api/models/{}/discussions", None),
    "discussion": ("GET", "/api/models/{}/discussions/1", None),
    "comment": ("POST", "/api/models/{}/discussions/1/comment", {"comment": "x"}),
    "merge": ("POST", "/api/models/{}/discussions/1/merge", {}),
    "open": ("POST", "/api/models/{}/discussions", {"title": "xyz", "description": "y"}),
    "clone": ("GET", "/{}.git/info/refs?service=git-upload-pack", None),
    "push": ("GET", "/{}.git/info/refs?service=git-receive-pack", None),
    "upload-pack": ("POST", "/{}.git/git-upload-pack", b"0000"),
    "receive-pack": ("POST", "/{}.git/git-receive-pack", b"0000"),
    "batch down": ("POST", "/{}.git/info/lfs/objects/batch", {"operation": "download", "objects": _OBJECTS}),
    "batch up": ("POST", "/{}.git/info/lfs/objects/batch", {"operation": "upload", "objects": _OBJECTS}),
    "batch of nothing": ("POST", "/{}.git/info/lfs/objects/batch", {"operation": "upload", "objects": []}),
    "locks": ("POST", "/{}.git/info/lfs/locks/verify", {}),
    "like": ("POST", "/api/models/{}/like", {}),
    "unlike": ("DELETE", "/api/models/{}/like", None),
    "likers": ("GET", "/api/models/{}/likers", None),
    "preupload": ("POST", "/api/models/{}/preupload/main", {"files": []}),
    "commit": ("POST", "/api/models/{}/commit/main", b'{"key":"header","value":{"summary":"x"}}\n'),
    "branch": ("POST", "/api/models/{}/branch/x", {}),
    "tag": ("POST", "/api/models/{}/tag/main", {"tag": "x"}),
    "settings": ("PUT", "/api/models/{}/settings", {"private": False}),
    "squash": ("POST", "/api/models/{}/super-squash/main", {"message": "x"}),
    "requests": ("GET", "/api/models/{}/user-access-request/pending", None),
    "grant": ("POST", "/api/models/{}/user-access-request/handle", {"user": "bob", "status": "accepted"}),
    "ask": ("POST", "/{}/ask-access", b""),
    "large files": ("GET", "/api/models/{}/lfs-files", None),
    "paths": ("POST", "/api/models/{}/paths-info/main", {"paths": ["a.txt"]}),
    "auth": ("GET", "/api/models/{}/auth-check", None),
    "duplicate": ("POST", "/api/models/{}/duplicate", {"repository": "bob/copy"}),
    "search": ("GET", "/api/models?search={}", None),
    "delete": ("DELETE", "/api/repos/delete", lambda name: {"name": name.split("/")[1], "organization": "ann"}),
    "move": ("POST", "/api/repos/move", lambda name: {"fromRepo": name, "toRepo": "bob/m", "type": "model"}),
    "move over": ("POST", "/api/repos/move", lambda name: {"fromRepo": "bob/mine", "toRepo": name, "type": "model"}),
    "create": ("POST", "/api/repos/create", lambda name: {"name": name.split("/")[1], "organization": "ann"}),
    "webhook": (
        "POST",
        "/api/settings/webhooks",
        lambda name: {"url": "https://example.com/", "watched": [{"type": "model", "name": name}]},
    ),
    "collection": (
        "POST",
        "/api/collections",
        lambda name: {"title": "t", "namespace": "bob", "item": {"type": "model", "id": name}},
    ),
}


def _told(asker: Asker, question: tuple[str, str, Body | object], name: str) -> tuple[int, dict[str, str], bytes]:
    """Return what an answer says, without the name that was asked for and what differs between any two answers."""
    method, path, body = question
    reply = asker.ask(method, path.format(name), body(name) if callable(body) else body)
    short, varying = name.split("/")[1], ("date", "x-request-id", "content-length")
    headers = {key: value.replace(short, "*") for key, value in reply.headers.items() if key not in varying}
    return reply.status, headers, reply.body.replace(short.encode(), b"*")


@pytest.mark.parametrize("question", ORACLES.values(), ids=ORACLES.keys())
def test_nothing_tells_a_hidden_repository_from_one_that_is_not_there(
    hub: RunningHub, bob: Asker, hidden: tuple[str, ...], question: tuple[str, str, Body | object]
) -> None:
    for asker in (bob, Asker(hub.endpoint)):
        absent = _told(asker, question, "ann/absent")
        assert absent[0] < 500 or absent[0] == 501
        assert [name for name in hidden if _told(asker, question, name) != absent] == []


# -- slow and many


def _open(hub: RunningHub, sent: bytes) -> socket.socket:
    place = urlsplit(hub.endpoint)
    opened = socket.create_connection((place.hostname or "", place.port or 0), timeout=30)
    opened.sendall(sent)
    return opened


def _seconds(ask: Callable[[], Reply]) -> float:
    begin = time.monotonic()
    assert ask().status == 200
    return time.monotonic() - begin


def test_large_bodies_that_come_slowly_keep_nobody_else_waiting(hub: RunningHub, ann: Asker, bob: Asker) -> None:
    head = (
        f"POST /api/repos/create HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {bob.token}\r\n"
        "Content-Length: 10000000\r\n\r\n"
    )
    with ExitStack() as rest:
        for _ in range(130):
            rest.enter_context(closing(_open(hub, head.encode() + b" " * (2**20 + 100_000))))
        time.sleep(0.5)
        assert _seconds(lambda: ann.get("/api/models")) < 5
        assert _seconds(lambda: ann.create("quick", exist_ok=True)) < 5


def test_one_token_holds_a_part_of_the_threads_for_large_bodies_and_others_go_on(
    hub: RunningHub, ann: Asker, bob: Asker
) -> None:
    head = (
        f"POST /api/repos/create HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {bob.token}\r\n"
        "Content-Length: 10000000\r\n\r\n"
    )
    data = json.dumps({"name": "beside", "exist_ok": True}).encode() + b" " * (2 * 2**20)
    with ExitStack() as rest:
        waiting = [rest.enter_context(closing(_open(hub, head.encode() + b" " * (2**20 + 100_000)))) for _ in range(40)]
        begin = time.monotonic()
        assert ann.ask("POST", "/api/repos/create", data, {"Content-Type": "application/json"}).status == 200
        assert time.monotonic() - begin < 5
        refused = []
        for each in waiting:
            each.settimeout(0.2)
            with suppress(TimeoutError):
                refused.append(each.recv(2**16))
    assert len(refused) == 40 - THREADS // 4
    for answer in refused:
        assert answer.startswith(b"HTTP/1.1 429 ")
        assert b"\r\nretry-after: 5\r\n" in answer.lower()
        assert b"sends 16 large bodies already" in answer


@pytest.mark.parametrize("sent", [0, 100, 3 * 2**20])
def test_a_client_that_goes_away_is_no_error_of_the_server(
    hub: RunningHub, ann: Asker, caplog: pytest.LogCaptureFixture, sent: int
) -> None:
    ann.create("gone", exist_ok=True)
    caplog.set_level("INFO", "anyhub.server")
    command = packet(b"0" * 40 + b" " + b"1" * 40 + b" refs/heads/x\0report-status") + FLUSH
    for path, begins in (
        ("/api/models/ann/gone/commit/main", b""),
        ("/ann/gone.git/git-receive-pack", command),
        ("/api/repos/create", b""),
    ):
        head = (
            f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ann.token}\r\nContent-Length: 10000000\r\n\r\n"
        )
        _open(hub, head.encode() + begins + b" " * sent).close()
    give_up = time.monotonic() + 10
    while len(caplog.records) < 3 and time.monotonic() < give_up:
        time.sleep(0.05)
    assert len(caplog.records) == 3
    assert [each.getMessage() for each in caplog.records if each.levelname in ("ERROR", "WARNING")] == []


def test_a_push_is_refused_before_anything_of_it_is_taken(
    hub: RunningHub, ann: Asker, bob: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[object] = []
    monkeypatch.setattr(receiving, "receive_pack", lambda *given: taken.append(given))
    ann.create("not-for-bob", exist_ok=True)
    head = ann.get("/api/models/ann/not-for-bob").json["sha"]
    for asker, old, name, said in (
        (bob, head, "refs/heads/main", b"ng refs/heads/main You may not"),
        (bob, "0" * 40, "refs/pr/7", b"ng refs/pr/7 "),
        (ann, "2" * 40, "refs/heads/main", b"ng refs/heads/main 'refs/heads/main' was moved"),
        (ann, "0" * 40, "refs/pr/7", b"ng refs/pr/7 "),
    ):
        command = packet(f"{old} {'1' * 40} {name}\0report-status".encode())
        reply = asker.post("/ann/not-for-bob.git/git-receive-pack", command + FLUSH + b"PACK" + bytes(3 * 2**20))
        assert said in reply.body
    assert taken == []


def test_who_goes_on_sending_what_was_refused_is_cut_off(
    hub: RunningHub, ann: Asker, bob: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "MAX_SKIPPED_BYTES", 2**20)
    ann.create("not-for-bob", exist_ok=True)
    command = packet(b"0" * 40 + b" " + b"1" * 40 + b" refs/heads/x\0report-status") + FLUSH
    head = (
        f"POST /ann/not-for-bob.git/git-receive-pack HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {bob.token}\r\n"
        "Content-Length: 30000000000\r\n\r\n"
    )
    with closing(_open(hub, head.encode() + command)) as opened:
        answer, give_up = b"", time.monotonic() + 20
        opened.settimeout(0.05)
        with suppress(ConnectionError):
            while b"You may not" not in answer and time.monotonic() < give_up:
                with suppress(TimeoutError):
                    opened.sendall(bytes(2**20))
                with suppress(TimeoutError):
                    answer += opened.recv(2**16)
    assert b"ng refs/heads/x You may not" in answer


def test_requests_that_never_begin_keep_nobody_waiting(hub: RunningHub, ann: Asker) -> None:
    with ExitStack() as rest:
        for _ in range(300):
            rest.enter_context(closing(_open(hub, b"GET / HT")))
        assert _seconds(lambda: ann.get("/api/models")) < 5


def test_a_database_in_use_is_told_of_within_seconds(hub: RunningHub, ann: Asker) -> None:
    path = Path(str(hub.hub.directory)) / "hub.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert _seconds(lambda: ann.get("/api/models")) < 2
        begin = time.monotonic()
        refused = ann.create("while-locked")
        other.execute("ROLLBACK")
    assert refused.status == 503
    assert int(refused.headers["retry-after"]) >= 1
    assert str(path.parent) not in f"{refused.headers}{refused.body!r}"
    assert time.monotonic() - begin < 10
    assert ann.get("/api/models/ann/while-locked").status == 404
    assert ann.create("while-locked").status == 200


# -- nonsense in requests

_AUTH = "Authorization: Bearer {}\r\n"
REFUSED = {
    "a length beside chunks": "POST /api/repos/create HTTP/1.1\r\nHost: x\r\n{}Content-Length: 4\r\n"
    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n",
    "two lengths": "POST /api/repos/create HTTP/1.1\r\nHost: x\r\n{}Content-Length: 4\r\nContent-Length: 40\r\n\r\nab",
    "two hosts": "GET /api/models HTTP/1.1\r\nHost: a\r\nHost: b\r\n{}\r\n",
    "a host that is markup": 'GET /api/models HTTP/1.1\r\nHost: a"><script>\r\n{}\r\n',
    "a host with a path": "GET /api/models HTTP/1.1\r\nHost: a/b\r\n{}\r\n",
    "a space before the colon": "GET /api/models HTTP/1.1\r\nHost : x\r\n{}\r\n",
    "a folded header": "GET /api/models HTTP/1.1\r\nHost: x\r\n folded\r\n{}\r\n",
    "another encoding": "POST /api/repos/create HTTP/1.1\r\nHost: x\r\n{}Transfer-Encoding: xchunked\r\n\r\n",
    "chunks that are not last": "POST /api/repos/create HTTP/1.1\r\nHost: x\r\n{}"
    "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "a length beyond all": "POST /api/repos/create HTTP/1.1\r\nHost: x\r\n{}Content-Length: " + "9" * 30 + "\r\n\r\n",
    "a length below nothing": "POST /api/repos/create HTTP/1.1\r\nHost: x\r\n{}Content-Length: -1\r\n\r\n",
    "a way out of the folder": "GET /ann/m/resolve/main/..%2f..%2fetc%2fpasswd HTTP/1.1\r\nHost: x\r\n{}\r\n",
    "a name decoded twice": "GET /api/models/ann%252Fm HTTP/1.1\r\nHost: x\r\n{}\r\n",
}


@pytest.mark.parametrize("request_", REFUSED.values(), ids=REFUSED.keys())
def test_a_request_that_may_be_read_in_two_ways_is_refused_once(hub: RunningHub, ann: Asker, request_: str) -> None:
    with closing(_open(hub, request_.format(_AUTH.format(ann.token)).encode())) as opened:
        opened.settimeout(2)
        answer = b""
        with suppress(TimeoutError, ConnectionError):
            while piece := opened.recv(2**16):
                answer += piece
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_no_file_name_ends_a_header(ann: Asker) -> None:
    ann.create("names", exist_ok=True)
    reply = ann.get("/ann/names/resolve/main/a%0d%0aX-Evil:%20y?download=1%0d%0aX-Evil:%20y")
    assert "x-evil" not in reply.headers
    assert reply.status == 404


@pytest.mark.parametrize("data", [b"[" * 100_000, b'{"a":' * 50_000, b'{"name":' + b"9" * 100_000 + b"}"])
def test_json_without_measure_is_refused(ann: Asker, data: bytes) -> None:
    assert ann.ask("POST", "/api/repos/create", data, {"Content-Type": "application/json"}).status == 400


@pytest.mark.parametrize("path", ["/api/repos/create", "/api/models/ann/names/commit/main"])
def test_a_body_that_unfolds_without_end_is_refused(ann: Asker, path: str) -> None:
    ann.create("names", exist_ok=True)
    packing = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packing.compress(bytes(2**20)) for _ in range(1024)) + packing.flush()
    assert ann.ask("POST", path, bomb, {"Content-Encoding": "gzip"}).status == 413


# -- packs


def _delta_bomb(objects: int, mebibytes: int) -> bytes:
    """Return a pack (gitformat-pack) of one blob, and of many that say how often it is repeated in them."""
    base = bytes(0xFFFFFF)
    name = hashlib.sha1(b"blob %d\0" % len(base) + base, usedforsecurity=False).digest()
    times = mebibytes // 16
    made = _head(3, len(base)) + zlib.compress(base, 9)
    for number in range(objects):
        delta = _varint(len(base)) + _varint(times * len(base) + 8) + b"\xf0\xff\xff\xff" * times + b"\x08%08d" % number
        made += _head(7, len(delta)) + name + zlib.compress(delta, 9)
    pack = b"PACK" + struct.pack(">II", 2, objects + 1) + made
    return pack + hashlib.sha1(pack, usedforsecurity=False).digest()


def _head(type: int, size: int) -> bytes:
    first, rest = type << 4 | size & 15, size >> 4
    return bytes([first | 0x80]) + _varint(rest) if rest else bytes([first])


def _varint(number: int) -> bytes:
    made = []
    while number > 0x7F:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*made, number])


def test_a_small_pack_that_unfolds_to_very_much_is_given_up(ann: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "_LEAST_CPU_SECONDS", 2)
    ann.create("bomb", exist_ok=True)
    command = packet(b"0" * 40 + b" " + b"1" * 40 + b" refs/heads/x\0report-status")
    reply = ann.post("/ann/bomb.git/git-receive-pack", command + FLUSH + _delta_bomb(40, 512))
    assert b"ng refs/heads/x The push takes more than 2 seconds" in reply.body


# -- large files


def _batch(asker: Asker, repo: str, operation: str, *contents: bytes) -> list[dict[str, Any]]:
    objects = [{"oid": hashlib.sha256(data).hexdigest(), "size": len(data)} for data in contents]
    asked = {"operation": operation, "transfers": ["basic"], "objects": objects}
    found: list[dict[str, Any]] = asker.post(f"/{repo}.git/info/lfs/objects/batch", asked).json["objects"]
    return found


def _put(asker: Asker, repo: str, data: bytes) -> Reply:
    placed = _batch(asker, repo, "upload", data)[0]
    return Asker(asker.endpoint).ask("PUT", placed["actions"]["upload"]["href"], data)


def test_having_a_file_elsewhere_tells_and_gives_nothing(ann: Asker, bob: Asker) -> None:
    secret = b"only ann has this"
    ann.create("vault", private=True)
    bob.create("fishing")
    assert _put(ann, "ann/vault", secret).status == 200
    assert "upload" in _batch(bob, "bob/fishing", "upload", secret)[0]["actions"]
    assert _batch(bob, "bob/fishing", "download", secret)[0]["error"]["code"] == 404
    oid = hashlib.sha256(secret).hexdigest()
    line = {"path": "stolen.bin", "algo": "sha256", "oid": oid, "size": len(secret)}
    refused = bob.commit("bob/fishing", ("lfsFile", line))
    assert refused.status in (404, 409, 422, 400)
    assert bob.get("/bob/fishing/resolve/main/stolen.bin").status == 404


def test_other_bytes_than_announced_never_get_the_name(ann: Asker) -> None:
    ann.create("poison")
    good = b"what it should be"
    placed = _batch(ann, "ann/poison", "upload", good)[0]
    for bad in (b"what it shouldn't", b"short", good + b"!"):
        assert Asker(ann.endpoint).ask("PUT", placed["actions"]["upload"]["href"], bad).status in (413, 422)
    assert _batch(ann, "ann/poison", "download", good)[0]["error"]["code"] == 404


def test_a_ticket_opens_nothing_but_what_it_says(hub: RunningHub, ann: Asker, bob: Asker) -> None:
    ann.create("tickets", private=True)
    data = b"ticket bytes"
    assert _put(ann, "ann/tickets", data).status == 200
    href: str = _batch(ann, "ann/tickets", "download", data)[0]["actions"]["download"]["href"]
    anyone = Asker(hub.endpoint)
    assert anyone.get(href).body == data
    front, _, ticket = href.rpartition("/")
    for place in range(0, len(ticket), 7):
        changed = ticket[:place] + ("A" if ticket[place] != "A" else "B") + ticket[place + 1 :]
        assert anyone.get(f"{front}/{changed}").status == 403
    put: str = _batch(ann, "ann/tickets", "upload", b"another")[0]["actions"]["upload"]["href"]
    assert anyone.get(put.replace("/put/", "/get/")).status in (403, 404, 405)


def test_a_ticket_ends_when_its_time_is_over(hub: RunningHub, ann: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    ann.create("late")
    assert _put(ann, "ann/late", b"first").status == 200
    get = _batch(ann, "ann/late", "download", b"first")[0]["actions"]["download"]["href"]
    put = _batch(ann, "ann/late", "upload", b"second")[0]["actions"]["upload"]["href"]
    anyone = Asker(hub.endpoint)
    assert anyone.get(get).status == 200
    monkeypatch.setattr(hub._server.app.stores.tickets, "_clock", lambda: time.time() + 10**7)
    for refused in (anyone.get(get), anyone.ask("PUT", put, b"second"), anyone.ask("HEAD", get)):
        assert refused.status == 403
    assert b"has expired" in anyone.get(get).body


def test_a_ticket_of_one_repository_opens_nothing_of_another_or_of_one_that_was_taken_away(
    hub: RunningHub, ann: Asker, bob: Asker
) -> None:
    ann.create("shared-with-bob")
    ann.create("of-ann", private=True)
    assert _put(ann, "ann/shared-with-bob", b"open").status == 200
    assert _put(ann, "ann/of-ann", b"closed").status == 200
    get: str = _batch(bob, "ann/shared-with-bob", "download", b"open")[0]["actions"]["download"]["href"]
    anyone = Asker(hub.endpoint)
    assert anyone.get(get).body == b"open"
    assert _batch(bob, "ann/shared-with-bob", "download", b"closed")[0]["error"]["code"] == 404
    ann.ask("PUT", "/api/models/ann/shared-with-bob/settings", {"private": True})
    assert anyone.get(get).status == 404
    assert _batch(ann, "ann/shared-with-bob", "download", b"open")[0]["actions"]


NAMES = {
    "too long": "a" * 97,
    "much too long": "a" * 5000,
    "another script": "\u0430nn",
    "full width": "\uff41nn",
    "a joiner": "an\u200dn",
    "turned round": "\u202enna",
    "an accent": "a\u0301nn",
    "a dot": ".",
    "two dots": "..",
    "a slash": "ann/x/y",
    "encoded": "%61nn",
    "a space": "ann ",
    "a NUL": "ann\0",
    "a line": "ann\nx",
    "an option": "-x",
    "git's end": "x.git",
    "nothing": "",
    "a part of the API": "api/x",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_name_that_is_none_or_looks_like_another_is_given_to_nobody(hub: RunningHub, ann: Asker, name: str) -> None:
    admin = Asker(hub.endpoint, hub.admin_token)
    answers = [ann.create(name), ann.post("/api/repos/create", {"name": "x", "organization": name or "\0"})]
    answers.append(admin.post("/api/anyhub/users", {"name": name}))
    answers.append(ann.post("/api/anyhub/organizations", {"name": name}))
    for answer in answers:
        assert 400 <= answer.status < 500, answer
        assert len(answer.json["error"]) < 1000 or len(name) > 1000


def test_trouble_of_the_server_names_no_place_on_it(
    hub: RunningHub, ann: Asker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ann.create("trouble", exist_ok=True)
    for error in (StorageError, HubError, FormatTooNewError, DiskFullError, ReadOnlyError):
        with monkeypatch.context() as patch:

            def fail(*_: object, error: type[HubError] = error) -> None:
                raise error("/srv/secret/place is not what it was. Mend it.", path=Path("/srv/secret/place"))

            patch.setattr(type(hub.hub), "refs", fail)
            reply = ann.get("/api/models/ann/trouble/refs")
        assert reply.status >= 500
        assert "secret" not in f"{reply.headers}{reply.body!r}"
        assert reply.json["details"] == {}
    assert "/srv/secret/place" in caplog.text


def test_a_revoked_token_ends_its_tickets(hub: RunningHub) -> None:
    hub.create_user("eve")
    token, secret = hub._accounts.create_token("eve", "soon revoked")
    eve = Asker(hub.endpoint, secret)
    eve.create("short")
    assert _put(eve, "eve/short", b"first").status == 200
    get = _batch(eve, "eve/short", "download", b"first")[0]["actions"]["download"]["href"]
    put = _batch(eve, "eve/short", "upload", b"second")[0]["actions"]["upload"]["href"]
    hub._accounts.revoke_token("eve", token.id)
    anyone = Asker(hub.endpoint)
    assert anyone.get(get).status == 401
    assert anyone.ask("PUT", put, b"second").status == 401


def test_eight_writers_of_one_parent_make_one_commit(ann: Asker) -> None:
    ann.create("race")
    parent = ann.get("/api/models/ann/race").json["sha"]
    found: list[int] = []

    def write(number: int) -> None:
        found.append(ann.commit("ann/race", added(f"{number}.txt", b"x"), parentCommit=parent).status)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(found) == [200] + [412] * 7
    assert len(json.loads(ann.get("/api/models/ann/race/tree/main").body)) == 2


_SERVER = """
import sys
from pathlib import Path
from anyhub.server.embedded import RunningHub
with RunningHub(Path(sys.argv[1])) as hub:
    print(hub.endpoint, hub.create_user("ann"), flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds the files of another process")
def test_a_disk_that_takes_no_more_is_told_of_and_nothing_is_changed(tmp_path: Path) -> None:
    import resource

    command = [sys.executable, "-c", _SERVER, str(tmp_path / "hub")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            ann = Asker(*server.stdout.readline().split())
            ann.create("m")
            ann.commit("ann/m", added("before.txt", b"before"))
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))
            data = random.Random(1).randbytes(5_000_000)
            for refused in (_put(ann, "ann/m", data), ann.commit("ann/m", added("large.bin", data))):
                assert refused.status == 507
                assert str(tmp_path) not in f"{refused.headers}{refused.body!r}"
            assert ann.get("/ann/m/resolve/main/before.txt").body == b"before"
            assert ann.get("/ann/m/resolve/main/large.bin").status == 404
            assert ann.commit("ann/m", added("after.txt", b"after")).status == 200
        finally:
            server.kill()
    assert list((tmp_path / "hub/staging").iterdir()) == []
