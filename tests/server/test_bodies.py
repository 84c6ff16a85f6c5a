"""What comes in and what goes out, in real threads, without a hub."""

from __future__ import annotations

import asyncio
import gzip
import io
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from anyhub.errors import HubError, NetworkError, StalledError, TooLargeError, ValidationError
from anyhub.server import body as body_module
from anyhub.server.answers import Answer, FileBody
from anyhub.server.body import Body
from anyhub.server.sending import Sender
from anyhub.testing.asgi import call

DATA = bytes(range(256)) * 10_000


def echo(take: Callable[[Body], bytes]) -> Callable[..., Any]:
    """An application that answers what a handler takes of the body, or by which error it fails."""

    def handle(body: Body) -> Answer:
        try:
            return Answer(200, {}, take(body))
        except HubError as error:
            return Answer(500, {}, type(error).__name__.encode())

    return application(handle)


def application(handle: Callable[[Body], Answer]) -> Callable[..., Any]:
    async def app(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        with ThreadPoolExecutor(4) as pool:
            loop = asyncio.get_running_loop()
            headers = {name.decode(): value.decode() for name, value in scope["headers"]}
            body = Body(receive, loop, headers)
            sender = Sender(send, pool, body, scope["method"] == "HEAD", {})
            await body.begin()
            await sender.answer(await loop.run_in_executor(pool, handle, body), headers)

    return app


def test_a_body_comes_whole() -> None:
    assert call(echo(lambda body: body.read(len(DATA))), "PUT", "/", body=DATA)[2] == DATA


def test_no_body_is_an_empty_one() -> None:
    assert call(echo(lambda body: body.read(10)), "PUT", "/")[2] == b""


def test_a_body_comes_in_pieces_of_a_mebibyte() -> None:
    sizes = call(echo(lambda body: str([len(each) for each in body.chunks()]).encode()), "PUT", "/", body=DATA)[2]
    assert sizes == b"[1048576, 1048576, 462848]"


@pytest.mark.parametrize("headers", [{}, {"Transfer-Encoding": "chunked"}, {"Content-Encoding": "gzip"}])
def test_a_body_over_its_limit_is_refused(headers: Mapping[str, str]) -> None:
    data = gzip.compress(DATA) if "Content-Encoding" in headers else DATA
    app = echo(lambda body: body.read(len(DATA) - 1))
    assert call(app, "PUT", "/", headers, data)[2] == TooLargeError.__name__.encode()


def test_a_compressed_body_is_inflated() -> None:
    app = echo(lambda body: body.read(len(DATA)))
    assert call(app, "PUT", "/", {"Content-Encoding": "gzip"}, gzip.compress(DATA))[2] == DATA


def test_a_body_that_inflates_to_very_much_is_taken_in_small_pieces() -> None:
    bomb = gzip.compress(bytes(64 * 2**20))
    app = echo(lambda body: str(max(map(len, body.chunks()))).encode())
    assert call(app, "PUT", "/", {"Content-Encoding": "gzip"}, bomb)[2] == b"1048576"


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("gzip", b"no gzip"),
        ("gzip", gzip.compress(DATA)[:-9]),
        ("gzip", gzip.compress(b"one") + gzip.compress(b"two")),
        ("br", b"?"),
    ],
)
def test_a_body_that_is_damaged_or_unknown_is_refused(encoding: str, data: bytes) -> None:
    app = echo(lambda body: body.read(len(DATA)))
    assert call(app, "PUT", "/", {"Content-Encoding": encoding}, data)[2] == ValidationError.__name__.encode()


def messages(*given: MutableMapping[str, Any]) -> Callable[[], Any]:
    left = list(given)

    async def receive() -> MutableMapping[str, Any]:
        if not left:
            await asyncio.sleep(60)
        return left.pop(0)

    return receive


def test_a_sender_that_stalls_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_module, "STALL_SECONDS", 0.05)

    async def run() -> None:
        first = {"type": "http.request", "body": b"x", "more_body": True}
        await Body(messages(first), asyncio.get_running_loop(), {"content-length": "100"}).begin()

    with pytest.raises(StalledError):
        asyncio.run(run())


def test_a_client_that_goes_away_is_noticed() -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        await Body(messages({"type": "http.disconnect"}), loop, {"content-length": "100"}).begin()

    with pytest.raises(NetworkError):
        asyncio.run(run())


# -- answers


@pytest.fixture(params=["path", "stream"])
def file_app(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Any]:
    path = tmp_path / "file"
    path.write_bytes(DATA)

    def handle(body: Body) -> Answer:
        source = path if request.param == "path" else io.BytesIO(DATA)
        return Answer(200, {"ETag": '"v1"'}, FileBody(source, len(DATA)))

    return application(handle)


SIZE = len(DATA)


@pytest.mark.parametrize(
    ("headers", "start", "stop"),
    [
        ({"Range": "bytes=0-0"}, 0, 1),
        ({"Range": "bytes=100-"}, 100, SIZE),
        ({"Range": "bytes=-7"}, SIZE - 7, SIZE),
        ({"Range": f"bytes=5-{SIZE * 2}"}, 5, SIZE),
        ({"Range": f"bytes=-{SIZE * 2}"}, 0, SIZE),
        ({"Range": "bytes=1000000-2200000"}, 1_000_000, 2_200_001),
        ({"Range": "bytes=9-", "If-Range": '"v1"'}, 9, SIZE),
    ],
)
def test_one_range_is_sent(file_app: Any, headers: Mapping[str, str], start: int, stop: int) -> None:
    status, answered, data = call(file_app, "GET", "/", headers)
    assert status == 206
    assert answered["content-range"] == f"bytes {start}-{stop - 1}/{SIZE}"
    assert answered["content-length"] == str(stop - start)
    assert data == DATA[start:stop]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Range": "bytes=0-1,5-6"},
        {"Range": "bytes=" + ",".join(f"{n}-" for n in range(10_000))},
        {"Range": "bytes=5-4"},
        {"Range": "bytes=-"},
        {"Range": "lines=1-2"},
        {"Range": "bytes=9-", "If-Range": '"v0"'},
    ],
)
def test_everything_is_sent_when_no_single_range_is_asked_for(file_app: Any, headers: Mapping[str, str]) -> None:
    status, answered, data = call(file_app, "GET", "/", headers)
    assert (status, answered["content-length"], answered["accept-ranges"]) == (200, str(SIZE), "bytes")
    assert data == DATA


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", "bytes=-0"])
def test_a_range_outside_of_the_file_is_refused(file_app: Any, asked: str) -> None:
    status, answered, data = call(file_app, "GET", "/", {"Range": asked})
    assert (status, answered["content-range"], data) == (416, f"bytes */{SIZE}", b"")


def test_the_headers_alone_tell_the_size(file_app: Any) -> None:
    status, answered, data = call(file_app, "HEAD", "/", {"Range": "bytes=0-0"})
    assert (status, answered["content-length"], data) == (200, str(SIZE), b"")


def test_an_answer_may_begin_before_the_body_is_read() -> None:
    app = application(lambda body: Answer(200, {}, (piece[:3] + b"." for piece in body.chunks())))
    assert call(app, "PUT", "/", body=DATA)[2] == (b"\x00\x01\x02." * 3)


def test_a_header_with_a_line_break_is_never_sent() -> None:
    app = application(lambda body: Answer(200, {"X": "a\r\nSet-Cookie: b"}))
    with pytest.raises(ValueError, match="line break"):
        call(app, "GET", "/")


def test_a_stream_is_closed_when_the_client_has_gone() -> None:
    closed = []

    def pieces() -> Iterator[bytes]:
        try:
            while True:
                yield b"x"
        finally:
            closed.append(True)

    async def run() -> None:
        with ThreadPoolExecutor(4) as pool:
            body = Body(messages({"type": "http.disconnect"}), asyncio.get_running_loop(), {})

            async def send(message: Any) -> None:
                await asyncio.sleep(0)

            await Sender(send, pool, body, False, {}).answer(Answer(200, {}, pieces()), {})

    asyncio.run(run())
    assert closed == [True]
