"""Servers that mean harm, or answer nonsense: the client neither waits for ever, nor falls over, nor tells secrets."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler

import pytest
from small_server import Asked, Handler, reply, serving

from anyhub.errors import CorruptFileError, HfHubHTTPError, HubError, NetworkError, StalledError, TooLargeError
from anyhub.hub.credentials import OriginCredentials
from anyhub.transfer.engine import send_large
from anyhub.transfer.http import Transport
from anyhub.transfer.origins import Origin
from anyhub.transfer.retry import LONGEST_WAIT, Patience
from anyhub.transfer.secret import Secret
from anyhub.transfer.source import Source
from anyhub.values import Digest
from anyhub.wire.errors import error_from

TOKEN = "ahf_never-told"


def patient(sleeps: list[float] | None = None) -> Patience:
    waited = [] if sleeps is None else sleeps
    return Patience(tries=2, first=0.01, sleep=waited.append, chance=lambda: 1.0)


def transport_for(url: str) -> Transport:
    origin = Origin.of(url)
    return Transport(OriginCredentials(origin, Secret(TOKEN)), home=origin, patience=patient())


def raw(first: bytes, again: bytes = b"", pause: float = 0.0) -> Handler:
    """Write bytes that need not be HTTP, and some of them again and again."""

    def write(_: Asked, to: BaseHTTPRequestHandler) -> None:
        to.close_connection = True
        with suppress(OSError):
            to.wfile.write(first)
            while again:
                to.wfile.write(again)
                time.sleep(pause)

    return write


NEVER_ENDING_HEADS = {
    "continue": raw(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "headers": raw(b"HTTP/1.1 200 OK\r\n", b"X-A: 1\r\n", 0.1),
    "one header": raw(b"HTTP/1.1 200 OK\r\nX-A: ", b"a", 0.1),
}


@pytest.mark.parametrize("handler", NEVER_ENDING_HEADS.values(), ids=NEVER_ENDING_HEADS.keys())
def test_headers_that_do_not_end_are_given_up(handler: Handler) -> None:
    found: list[BaseException] = []

    def ask(url: str) -> None:
        try:
            transport_for(url).request("GET", url, seconds=0.3)
        except HubError as error:
            found.append(error)

    with serving(handler) as server:
        asking = threading.Thread(target=ask, args=(server.url,), daemon=True)
        asking.start()
        asking.join(10)
    assert [type(error) for error in found] == [StalledError]


NONSENSE: dict[str, bytes] = {
    "no HTTP": b"\x00\x01\x02" * 100,
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabc",
    "a length that is a lie": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc",
    "chunks without end": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 100_000,
    "a chunk beyond all bounds": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nabc",
    "an address that is none": b"HTTP/1.1 302 X\r\nLocation: http://[::1/x\r\nContent-Length: 0\r\n\r\n",
    "a file of this machine": b"HTTP/1.1 302 X\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n",
    "a host with a control character": b"HTTP/1.1 302 X\r\nLocation: http://e\x01x/\r\nContent-Length: 0\r\n\r\n",
    "a port that is none": b"HTTP/1.1 302 X\r\nLocation: http://a:99999999/\r\nContent-Length: 0\r\n\r\n",
    "a password in the address": b"HTTP/1.1 302 X\r\nLocation: http://a:b@127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
    "fifty encodings": b"HTTP/1.1 200 OK\r\nContent-Encoding: "
    + b"gzip, " * 49
    + b"gzip\r\nContent-Length: 1\r\n\r\nx",
    "no gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    "a status beyond all": b"HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n",
    "five hundred headers": b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 500 + b"\r\n",
}


@pytest.mark.parametrize("answer", NONSENSE.values(), ids=NONSENSE.keys())
def test_an_answer_that_makes_no_sense_is_an_error_of_ours(answer: bytes) -> None:
    with serving(raw(answer)) as server, pytest.raises(HubError):
        transport_for(server.url).request("GET", server.url, seconds=2)


ABSURD = [
    "9999999999",
    "999999999",
    "Mon, 01 Jan 9999999999999 00:00:00 GMT",
    "Mon, 99 Foo 99999999 99:99:99 GMT",
    "Fri, 31 Dec 9999 23:59:59 -2359",
    "Mon, 01 Jan 2024 00:00:00 +9999999999",
    "\xff, 1 2 3 4",
]


@pytest.mark.parametrize("said", ABSURD)
def test_no_server_makes_a_client_wait_for_long_or_fall_over(said: str) -> None:
    sleeps: list[float] = []
    handler = raw(
        f"HTTP/1.1 503 X\r\nRetry-After: {said}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode("latin-1")
    )
    with serving(handler) as server, pytest.raises(HfHubHTTPError):
        Transport(patience=patient(sleeps)).request("GET", server.url)
    assert len(sleeps) == 1
    assert sleeps[0] <= LONGEST_WAIT


def test_a_list_whose_next_page_has_no_address_ends_in_an_error_of_ours() -> None:
    handler: Handler = lambda _, to: reply(to, 200, b"[]", Link='<http://[::1/x>; rel="next"')  # noqa: E731
    with serving(handler) as server, pytest.raises(HubError):
        list(transport_for(server.url).pages(server.url))


def endless(status: int) -> Handler:
    return raw(b"HTTP/1.1 %d X\r\n\r\n" % status, bytes(2**20))


def test_an_answer_without_end_is_not_kept() -> None:
    with serving(endless(200)) as server, pytest.raises(TooLargeError):
        transport_for(server.url).request("GET", server.url, limit=2**22)
    with serving(endless(404)) as server, pytest.raises(HubError, match="HTTP 404"):
        transport_for(server.url).request("GET", server.url)


@pytest.mark.parametrize("layers", [1, 2])
def test_an_answer_that_unfolds_without_end_is_not_kept(layers: int) -> None:
    bomb = bytes(2**26)
    for _ in range(layers):
        bomb = gzip.compress(bomb)
    handler: Handler = lambda _, to: reply(to, 200, bomb, Content_Encoding=", ".join(["gzip"] * layers))  # noqa: E731
    with serving(handler) as server, pytest.raises(TooLargeError):
        transport_for(server.url).request("GET", server.url, limit=2**22)


KINDS = ["EntryNotFound", "Storage", "Network", "Stalled", "MissingDependency", "HfHubHTTP", "ParentCommit"]
HOSTILE = ["self", "cls", "args", "__class__", "__dict__", "__notes__", "characters_written", "filename", "strerror"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", HOSTILE)
def test_details_of_a_stranger_do_not_change_what_an_error_is(kind: str, name: str) -> None:
    body = {"error": "It went wrong.", "type": kind, "details": {name: {"a": 1}, "paths": ["kept"]}}
    error = error_from(500, {}, json.dumps(body).encode())
    assert error.message == "It went wrong."
    assert str(error) == "It went wrong."
    assert error.details["paths"] == ["kept"]
    assert type(error).__name__.removesuffix("Error") == kind


def test_a_sentence_of_a_stranger_steers_no_terminal() -> None:
    body = {"error": "\x1b[2J\x1b]0;title\x07 done\r\ud800", "type": "Validation", "details": {}}
    message = error_from(400, {}, json.dumps(body).encode()).message
    assert message == "?[2J?]0;title? done??"
    assert error_from(400, {"x-error-message": "\x9b2J"}, b"").message == "?2J"


# -- whom the token goes to


Naming = Callable[[str], Handler]


def _redirect(status: int) -> Naming:
    return lambda elsewhere: lambda _, to: reply(to, status, Location=f"{elsewhere}/x")


def _link(elsewhere: str) -> Handler:
    return lambda asked, to: reply(
        to, 200, b"[]", **({"Link": f'<{elsewhere}/x>; rel="next"'} if asked.path == "/" else {})
    )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "DELETE"])
def test_no_redirect_takes_the_token_elsewhere(status: int, method: str) -> None:
    with serving(lambda _, to: reply(to)) as elsewhere, serving(_redirect(status)(elsewhere.url)) as home:
        transport_for(home.url).request(method, home.url, headers={"Cookie": "a=b"})
    assert home.tokens == [f"Bearer {TOKEN}"]
    assert elsewhere.tokens == [None]
    assert "cookie" not in elsewhere.asked[0].headers


def test_no_link_takes_the_client_elsewhere() -> None:
    with serving(lambda _, to: reply(to)) as elsewhere, serving(_link(elsewhere.url)) as home:
        list(transport_for(home.url).pages(f"{home.url}/"))
    assert elsewhere.asked == []


def _placing(elsewhere: str, header: dict[str, str], data: bytes) -> Handler:
    def answer(asked: Asked, to: BaseHTTPRequestHandler) -> None:
        oid = json.loads(asked.body)["objects"][0]["oid"]
        actions = {name: {"href": f"{elsewhere}/{name}", "header": header} for name in ("upload", "verify")}
        placed = {"transfer": "basic", "objects": [{"oid": oid, "size": len(data), "actions": actions}]}
        reply(to, 200, json.dumps(placed).encode())

    return answer


@pytest.mark.parametrize("header", [{}, {"Authorization": "Basic theirs"}])
def test_an_address_for_a_large_file_gets_no_token_of_the_hub(header: dict[str, str]) -> None:
    data = b"large"
    source = Source(data, Digest(hashlib.sha256(data).hexdigest(), len(data)))
    with serving(lambda _, to: reply(to)) as elsewhere, serving(_placing(elsewhere.url, header, data)) as home:
        send_large(transport_for(home.url), f"{home.url}/batch", [source], update=lambda _: None)
    assert elsewhere.tokens == [header.get("Authorization")] * 2
    assert TOKEN not in str([asked.headers for asked in elsewhere.asked])


@pytest.mark.parametrize("name", ["X-A\r\nX-B", "a b", ""])
def test_a_header_that_a_server_asks_for_can_not_end_its_line(name: str) -> None:
    data = b"large"
    source = Source(data, Digest(hashlib.sha256(data).hexdigest(), len(data)))
    with serving(lambda _, to: reply(to)) as elsewhere:
        for header in ({name: "x"}, {"X-A": "x\r\nX-B: y"}):
            with serving(_placing(elsewhere.url, header, data)) as home, pytest.raises((HubError, CorruptFileError)):
                send_large(transport_for(home.url), f"{home.url}/batch", [source], update=lambda _: None)
    assert elsewhere.asked == []


def test_a_server_that_always_says_401_is_not_asked_for_ever() -> None:
    refuse: Handler = lambda _, to: reply(to, 401, WWW_Authenticate='Basic realm="x"')  # noqa: E731
    with serving(refuse) as server, pytest.raises(HubError):
        transport_for(server.url).request("GET", server.url)
    assert len(server.asked) == 1


def test_a_redirect_to_itself_ends() -> None:
    again: Handler = lambda _, to: reply(to, 307, Location="/again")  # noqa: E731
    with serving(again) as server, pytest.raises(NetworkError, match="redirects"):
        transport_for(server.url).request("GET", server.url)
    assert len(server.asked) <= 6
