"""Requests: whom a token goes to, what is tried again, and what a refusal becomes. All over real sockets."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler

import pytest
from small_server import Asked, SmallServer, reply, serving

from anyhub.errors import (
    AccessError,
    HfHubHTTPError,
    HubError,
    NetworkError,
    RepositoryNotFoundError,
    StalledError,
    TooLargeError,
    ValidationError,
)
from anyhub.hub.credentials import OriginCredentials
from anyhub.transfer.http import Transport
from anyhub.transfer.messages import Stream
from anyhub.transfer.origins import Origin
from anyhub.transfer.retry import Patience
from anyhub.transfer.secret import Secret

TOKEN = "ahf_never-shown"


class Waits:
    """Remembers how long it was asked to sleep, and does not."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def patience(self, tries: int = 4) -> Patience:
        return Patience(tries=tries, sleep=self.seconds.append, chance=lambda: 1.0)


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def rest() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def transport_for(url: str, waits: Waits | None = None, **options: object) -> Transport:
    origin = Origin.of(url)
    patience = (waits or Waits()).patience()
    return Transport(OriginCredentials(origin, Secret(TOKEN)), home=origin, patience=patience, **options)  # type: ignore[arg-type]


def ok(asked: Asked, to: BaseHTTPRequestHandler) -> None:
    reply(to, body=b"{}")


# -- whom a token goes to


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "HEAD"])
def test_a_redirect_to_another_origin_takes_neither_the_token_nor_the_users_headers_along(
    rest: ExitStack, status: int, method: str
) -> None:
    other = rest.enter_context(serving(ok))
    hub = rest.enter_context(serving(lambda asked, to: reply(to, status, Location=f"{other.url}/there")))
    transport_for(hub.url, headers={"X-Mine": "secret"}).request(method, f"{hub.url}/here")
    assert hub.tokens == [f"Bearer {TOKEN}"]
    assert hub.asked[0].headers["x-mine"] == "secret"
    assert other.tokens == [None]
    assert "x-mine" not in other.asked[0].headers


def test_a_redirect_on_the_same_origin_is_asked_with_the_token(rest: ExitStack) -> None:
    def handler(asked: Asked, to: BaseHTTPRequestHandler) -> None:
        reply(to, 307, Location="/b") if asked.path == "/a" else reply(to)

    hub = rest.enter_context(serving(handler))
    answer = transport_for(hub.url).request("POST", f"{hub.url}/a", json={"x": 1})
    assert answer.url == f"{hub.url}/b"
    assert hub.tokens == [f"Bearer {TOKEN}"] * 2
    assert [one.body for one in hub.asked] == [b'{"x":1}'] * 2


def test_the_same_host_on_another_port_and_name_is_another_origin(rest: ExitStack) -> None:
    hub = rest.enter_context(serving(ok))
    other = rest.enter_context(serving(ok))
    transport = transport_for(hub.url)
    transport.request("GET", other.url)
    transport.request("GET", hub.url.replace("127.0.0.1", "localhost"))
    assert other.tokens + hub.tokens == [None, None]


def test_a_list_goes_on_at_the_origin_where_it_began(rest: ExitStack) -> None:
    other = rest.enter_context(serving(ok))

    def handler(asked: Asked, to: BaseHTTPRequestHandler) -> None:
        more = {"Link": f'<{other.url}/list?cursor=2>; rel="next"'} if "cursor" not in asked.path else {}
        reply(to, body=b"[]", **more)

    hub = rest.enter_context(serving(handler))
    assert len(list(transport_for(hub.url).pages(f"{hub.url}/list"))) == 2
    assert [one.path for one in hub.asked] == ["/list", "/list?cursor=2"]
    assert other.asked == []


def test_a_list_that_goes_round_is_ended(rest: ExitStack) -> None:
    hub = rest.enter_context(serving(lambda asked, to: reply(to, body=b"[]", Link='</list>; rel="next"')))
    with pytest.raises(HfHubHTTPError, match="does not end"):
        list(transport_for(hub.url).pages(f"{hub.url}/list"))


def test_a_redirect_from_an_encrypted_address_to_a_plain_one_is_refused() -> None:
    from anyhub.transfer.http import _redirected
    from anyhub.transfer.messages import Outgoing

    with pytest.raises(NetworkError, match="nothing is encrypted"):
        _redirected(Outgoing("GET", "https://hub.example/x", {}), 302, "http://hub.example/x")


def test_redirects_without_end_are_given_up(rest: ExitStack) -> None:
    hub = rest.enter_context(serving(lambda asked, to: reply(to, 302, Location="/x")))
    with pytest.raises(NetworkError, match="more than 5 times"):
        transport_for(hub.url).request("GET", hub.url)
    assert len(hub.asked) == 6


def test_a_token_for_an_address_without_encryption_needs_to_be_meant_for_it(
    rest: ExitStack, caplog: pytest.LogCaptureFixture
) -> None:
    proxy = rest.enter_context(serving(ok))
    origin = Origin.of("http://hub.example")
    for meant in (False, True, True):
        credentials = OriginCredentials(origin, Secret(TOKEN, is_meant_for_it=meant))
        transport = Transport(credentials, home=origin, proxies={"http": proxy.url})
        if meant:
            with caplog.at_level(logging.WARNING):
                transport.request("GET", "http://hub.example/x")
        else:
            with pytest.raises(AccessError, match="everybody on the way"):
                transport.request("GET", "http://hub.example/x")
    assert proxy.tokens == [f"Bearer {TOKEN}"] * 2
    assert len([record for record in caplog.records if "not encrypted" in record.message]) == 1


def test_a_token_shows_itself_nowhere(rest: ExitStack, caplog: pytest.LogCaptureFixture) -> None:
    hub = rest.enter_context(serving(lambda asked, to: reply(to, 500, b"no")))
    transport = transport_for(hub.url)
    with caplog.at_level(logging.DEBUG), pytest.raises(HubError) as refused:
        transport.request("GET", hub.url)
    texts = [repr(transport), str(vars(transport)), caplog.text, *traceback.format_exception(refused.value)]
    assert not any(TOKEN in text for text in texts)


@pytest.mark.parametrize("token", ["a b", "a\r\nX-Evil: 1", "ü", ""])
def test_what_can_not_stand_in_a_header_is_no_token(token: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Secret(token)
    assert token not in str(refused.value) or not token


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer x"}, {"cookie": "x"}, {"X": "a\r\nY: b"}, {"a b": "c"}])
def test_headers_that_would_be_credentials_or_end_their_line_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Transport(headers=headers)


def test_a_user_name_in_an_address_is_refused_without_showing_it() -> None:
    with pytest.raises(ValidationError) as refused:
        Origin.of("https://me:hunter2@hub.example/x")
    assert "hunter2" not in str(refused.value)


# -- proxies


def test_the_proxy_that_is_given_carries_the_request(rest: ExitStack) -> None:
    proxy = rest.enter_context(serving(ok))
    Transport(proxies={"http": proxy.url}).request("GET", "http://hub.example/a?b=c")
    assert proxy.asked[0].path == "http://hub.example/a?b=c"


def test_the_password_of_a_proxy_goes_to_the_proxy_alone(rest: ExitStack) -> None:
    proxy = rest.enter_context(serving(ok))
    address = proxy.url.replace("http://", "http://me:hunter2@")
    transport = Transport(proxies={"http": address})
    transport.request("GET", "http://hub.example/")
    assert proxy.asked[0].headers["proxy-authorization"].startswith("Basic ")
    assert "authorization" not in proxy.asked[0].headers
    assert "hunter2" not in repr(transport) + repr(vars(transport)["_sender"])


def test_the_proxy_of_the_system_carries_the_request_unless_no_proxy_names_the_host(
    rest: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = rest.enter_context(serving(ok))
    for name in ("http_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.setenv("no_proxy", "other.example")
    Transport().request("GET", "http://hub.example/")
    assert len(proxy.asked) == 1
    hub = rest.enter_context(serving(ok))
    Transport().request("GET", hub.url)
    assert (len(proxy.asked), len(hub.asked)) == (1, 1)


def test_a_proxy_that_is_not_there_is_told_as_one() -> None:
    with pytest.raises(NetworkError, match=r"proxy .* \(Connection refused\)\. Check proxies="):
        Transport(proxies={"http": "http://127.0.0.1:1"}, patience=Waits().patience(1)).request(
            "GET", "http://h.example"
        )


# -- trying again


def failing(times: int, status: int = 503, **headers: str) -> tuple[list[int], object]:
    left = [times]

    def handler(asked: Asked, to: BaseHTTPRequestHandler) -> None:
        left[0] -= 1
        reply(to, status, b"busy", **headers) if left[0] >= 0 else reply(to, body=b"done")

    return left, handler


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_may_be_done_twice_is_tried_again_each_time_later(rest: ExitStack, waits: Waits, status: int) -> None:
    hub = rest.enter_context(serving(failing(2, status)[1]))  # type: ignore[arg-type]
    assert transport_for(hub.url, waits).request("GET", hub.url).data == b"done"
    assert waits.seconds == [0.25, 0.5]


def test_a_server_that_stays_away_is_given_up_with_its_refusal(rest: ExitStack, waits: Waits) -> None:
    hub = rest.enter_context(serving(failing(99)[1]))  # type: ignore[arg-type]
    with pytest.raises(HfHubHTTPError, match="answered 503"):
        transport_for(hub.url, waits).request("GET", hub.url)
    assert len(hub.asked) == 4


@pytest.mark.parametrize(("said", "waited"), [("7", 7.025), ("86400", 60.0), ("nonsense", 0.25)])
def test_a_server_says_for_how_long_to_leave_it_alone_up_to_a_minute(
    rest: ExitStack, waits: Waits, said: str, waited: float
) -> None:
    hub = rest.enter_context(serving(failing(1, 429, Retry_After=said)[1]))  # type: ignore[arg-type]
    transport_for(hub.url, waits).request("GET", hub.url)
    assert waits.seconds == [waited]


def test_a_date_to_come_back_at_is_kept(rest: ExitStack, waits: Waits) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    hub = rest.enter_context(serving(failing(1, 503, Retry_After=date)[1]))  # type: ignore[arg-type]
    transport_for(hub.url, waits).request("POST", hub.url, body=b"x")
    assert 15 < waits.seconds[0] < 21


def test_what_must_not_be_done_twice_is_sent_once(rest: ExitStack, waits: Waits) -> None:
    def cut(asked: Asked, to: BaseHTTPRequestHandler) -> None:
        to.close_connection = True

    for handler in (failing(1, 500)[1], cut):
        hub = rest.enter_context(serving(handler))  # type: ignore[arg-type]
        with pytest.raises(NetworkError):
            transport_for(hub.url, waits).request("POST", hub.url, body=b"x")
        assert len(hub.asked) == 1
    assert waits.seconds == []


def test_a_body_is_made_anew_when_it_is_sent_again(rest: ExitStack) -> None:
    hub = rest.enter_context(serving(failing(1)[1]))  # type: ignore[arg-type]
    body = Stream(lambda: iter([b"abc", b"def"]), 6)
    transport_for(hub.url).request("PUT", hub.url, body=body)
    assert [one.body for one in hub.asked] == [b"abcdef"] * 2


def test_nobody_at_the_address_is_told_as_such() -> None:
    waits = Waits()
    with pytest.raises(NetworkError, match=r"http://127\.0\.0\.1:1 can not be reached .*Check the address"):
        transport_for("http://127.0.0.1:1", waits).request("POST", "http://127.0.0.1:1/x")
    assert len(waits.seconds) == 3  # nothing was sent, so that trying again does no harm


def test_an_answer_that_ends_early_is_asked_for_again(rest: ExitStack) -> None:
    left = [1]

    def handler(asked: Asked, to: BaseHTTPRequestHandler) -> None:
        if left[0]:
            left[0] -= 1
            to.send_response(200)
            to.send_header("Content-Length", "10")
            to.end_headers()
            to.wfile.write(b"half")
            to.close_connection = True
        else:
            reply(to, body=b"0123456789")

    hub = rest.enter_context(serving(handler))
    assert transport_for(hub.url).request("GET", hub.url).data == b"0123456789"


def test_a_server_that_says_nothing_is_given_up(rest: ExitStack) -> None:
    import threading

    wait = threading.Event()
    rest.callback(wait.set)
    hub = rest.enter_context(serving(lambda asked, to: wait.wait(30) and None))
    with pytest.raises(StalledError):
        transport_for(hub.url).request("POST", hub.url, seconds=0.2)
    wait.set()


# -- what a refusal becomes


def test_a_refusal_is_the_error_that_the_hub_raised(rest: ExitStack) -> None:
    body = b'{"error": "No such thing.", "type": "RepositoryNotFound", "details": {}}'
    hub = rest.enter_context(serving(lambda asked, to: reply(to, 404, body)))
    with pytest.raises(RepositoryNotFoundError, match=r"No such thing\."):
        transport_for(hub.url).request("GET", hub.url)


def test_more_than_is_taken_at_once_is_refused(rest: ExitStack) -> None:
    hub = rest.enter_context(serving(lambda asked, to: reply(to, body=b"x" * 100_000)))
    with pytest.raises(TooLargeError, match="1,000 bytes"):
        transport_for(hub.url).request("GET", hub.url, limit=1000)


def test_a_compressed_answer_counts_as_what_it_becomes(rest: ExitStack) -> None:
    import gzip

    bomb = gzip.compress(b"\0" * 50_000_000)
    hub = rest.enter_context(serving(lambda asked, to: reply(to, body=bomb, Content_Encoding="gzip")))
    with pytest.raises(TooLargeError):
        transport_for(hub.url).request("GET", hub.url, limit=1_000_000)


def test_a_page_that_is_not_json_is_no_hub(rest: ExitStack) -> None:
    hub = rest.enter_context(serving(lambda asked, to: reply(to, body=b"<html>")))
    with pytest.raises(HfHubHTTPError, match="Is it the address of a hub"):
        transport_for(hub.url).request("GET", hub.url).json()


def test_a_connection_is_used_again_and_not_shared_with_a_child_process(rest: ExitStack) -> None:
    import os

    ports: list[int] = []

    def handler(asked: Asked, to: BaseHTTPRequestHandler) -> None:
        ports.append(to.client_address[1])
        reply(to, body=b"{}")

    hub: SmallServer = rest.enter_context(serving(handler))
    transport = transport_for(hub.url)
    for _ in range(3):
        transport.request("GET", hub.url)
    child = os.fork()
    if not child:
        transport.request("GET", hub.url)
        os._exit(0)
    os.waitpid(child, 0)
    transport.request("GET", hub.url)
    assert len(set(ports)) == 2
    assert ports[0] == ports[1] == ports[2] == ports[4] != ports[3]
