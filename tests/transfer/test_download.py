"""Downloads over lines that are cut, that lie and that drip: never a wrong file, and nothing is sent twice for long."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from small_server import Asked, reply, serving

from anyhub.errors import CorruptFileError, NetworkError, StalledError
from anyhub.transfer.download import download
from anyhub.transfer.http import Transport
from anyhub.transfer.messages import Outgoing
from anyhub.transfer.retry import Patience
from anyhub.transfer.watch import Watched
from anyhub.values import Entry

DATA = random.Random(1).randbytes(5_000_000)
LARGE = Entry("m.bin", "0" * 40, len(DATA), hashlib.sha256(DATA).hexdigest())
SMALL = Entry("a.txt", hashlib.sha1(b"blob 5\0hello").hexdigest(), 5)


@pytest.fixture
def rest() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def partial(tmp_path: Path) -> Path:
    return tmp_path / "x.incomplete"


def transport() -> Transport:
    return Transport(patience=Patience(tries=3, sleep=lambda _: None))


def giving(data: bytes, cuts: list[int], *, ranges: bool = True) -> Callable[[Asked, BaseHTTPRequestHandler], None]:
    """Send a file; end each answer after so many bytes, as long as there are numbers left."""

    def handler(asked: Asked, to: BaseHTTPRequestHandler) -> None:
        start = int(asked.headers.get("range", "bytes=0-")[6:-1]) if ranges else 0
        if start >= len(data):
            reply(to, 416, b"", Content_Range=f"bytes */{len(data)}")
            return
        to.send_response(206 if start else 200)
        to.send_header("Content-Length", str(len(data) - start))
        if start:
            to.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        to.end_headers()
        end = start + cuts.pop(0) if cuts else len(data)
        to.wfile.write(data[start:end])
        to.close_connection = True

    return handler


def test_a_file_comes_whole_and_is_told_of_in_bytes(rest: ExitStack, partial: Path) -> None:
    hub = rest.enter_context(serving(giving(DATA, [])))
    told: list[int] = []
    digest = download(transport(), hub.url, LARGE, partial, told.append)
    assert partial.read_bytes() == DATA
    assert (digest.sha256, digest.size, sum(told)) == (LARGE.sha256, len(DATA), len(DATA))


def test_a_file_that_git_keeps_is_checked_by_its_git_id(rest: ExitStack, partial: Path) -> None:
    hub = rest.enter_context(serving(giving(b"hello", [])))
    download(transport(), hub.url, SMALL, partial, lambda _: None)
    assert partial.read_bytes() == b"hello"
    liar = rest.enter_context(serving(giving(b"hellO", [])))
    partial.unlink()
    with pytest.raises(CorruptFileError, match="digest"):
        download(transport(), liar.url, SMALL, partial, lambda _: None)


@pytest.mark.parametrize("seed", range(6))
def test_a_line_that_is_cut_at_any_byte_is_gone_on_with_at_that_byte(rest: ExitStack, partial: Path, seed: int) -> None:
    chance = random.Random(seed)
    cuts = [chance.choice([1, 1023, 2**20, 2**20 - 1, 2**20 + 1, chance.randrange(1, 900_000)]) for _ in range(8)]
    hub = rest.enter_context(serving(giving(DATA, list(cuts))))
    download(transport(), hub.url, LARGE, partial, lambda _: None)
    assert partial.read_bytes() == DATA
    starts = [int(one.headers.get("range", "bytes=0-")[6:-1]) for one in hub.asked]
    assert starts == [sum(cuts[:count]) for count in range(len(starts))]


def test_a_call_goes_on_where_an_earlier_one_ended(rest: ExitStack, partial: Path) -> None:
    partial.write_bytes(DATA[:3_000_001])
    hub = rest.enter_context(serving(giving(DATA, [])))
    told: list[int] = []
    download(transport(), hub.url, LARGE, partial, told.append)
    assert hub.asked[0].headers["range"] == "bytes=3000001-"
    assert partial.read_bytes() == DATA
    assert sum(told) == len(DATA)


def test_a_partial_file_that_has_all_is_not_asked_for(rest: ExitStack, partial: Path) -> None:
    partial.write_bytes(DATA)
    hub = rest.enter_context(serving(giving(DATA, [])))
    download(transport(), hub.url, LARGE, partial, lambda _: None)
    assert hub.asked == []


def test_a_server_without_ranges_is_listened_to_from_the_beginning(rest: ExitStack, partial: Path) -> None:
    hub = rest.enter_context(serving(giving(DATA, [2_000_000], ranges=False)))
    download(transport(), hub.url, LARGE, partial, lambda _: None)
    assert partial.read_bytes() == DATA


@pytest.mark.parametrize("begin", [b"\1" * 100, DATA + b"more"])
def test_a_partial_file_that_was_damaged_does_not_stand_in_the_way(
    rest: ExitStack, partial: Path, begin: bytes
) -> None:
    partial.write_bytes(begin)
    hub = rest.enter_context(serving(giving(DATA, [])))
    told: list[int] = []
    download(transport(), hub.url, LARGE, partial, told.append)
    assert partial.read_bytes() == DATA
    assert sum(told) == len(DATA)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: bytes([data[0] ^ 1]) + data[1:],
        lambda data: data[:-1] + bytes([data[-1] ^ 128]),
        lambda data: b"",
    ],
    ids=["shorter", "longer", "first bit", "last bit", "empty"],
)
def test_other_bytes_than_announced_are_asked_for_once_more_and_then_refused(
    rest: ExitStack, partial: Path, spoil: Callable[[bytes], bytes]
) -> None:
    hub = rest.enter_context(serving(giving(spoil(DATA), [])))
    with pytest.raises(CorruptFileError, match="nothing of it was kept"):
        download(transport(), hub.url, LARGE, partial, lambda _: None)
    assert not partial.exists()
    assert sum("range" not in one.headers for one in hub.asked) == 2


def test_what_does_not_end_is_not_kept_until_the_disk_is_full(rest: ExitStack, partial: Path) -> None:
    sent = [0]

    def endless(asked: Asked, to: BaseHTTPRequestHandler) -> None:
        to.send_response(200)
        to.end_headers()
        to.close_connection = True
        try:
            while sent[0] < 200_000_000:
                sent[0] += to.wfile.write(b"\0" * 100_000)
        except OSError:
            pass

    hub = rest.enter_context(serving(endless))
    with pytest.raises(CorruptFileError, match="more than 5,000,000 bytes"):
        download(transport(), hub.url, LARGE, partial, lambda _: None)
    assert sent[0] < 100_000_000


def test_a_server_that_does_not_come_back_leaves_what_came(rest: ExitStack, partial: Path) -> None:
    hub = rest.enter_context(serving(giving(DATA, [1_500_000] + [0] * 50)))
    with pytest.raises(NetworkError, match="1,500,000 of 5,000,000 bytes"):
        download(transport(), hub.url, LARGE, partial, lambda _: None)
    assert partial.read_bytes() == DATA[:1_500_000]
    assert len(hub.asked) == 3


def test_an_answer_for_another_range_is_refused(rest: ExitStack, partial: Path) -> None:
    partial.write_bytes(DATA[:10])

    def handler(asked: Asked, to: BaseHTTPRequestHandler) -> None:
        reply(to, 206, DATA[20:], Content_Range=f"bytes 20-{len(DATA) - 1}/{len(DATA)}")

    hub = rest.enter_context(serving(handler))
    with pytest.raises(NetworkError, match="another range"):
        download(transport(), hub.url, LARGE, partial, lambda _: None)
    assert partial.read_bytes() == DATA[:10]


class Dripping:
    """Gives one byte, and takes a second for it."""

    status, headers = 200, dict[str, str]()

    def __init__(self) -> None:
        self.now = 0.0
        self.is_closed = False

    def read1(self, most: int) -> bytes:
        self.now += 1.0
        return b"x"

    def close(self) -> None:
        self.is_closed = True


def test_a_server_that_drips_is_given_up() -> None:
    drip = Dripping()
    watched = Watched(drip, "https://hub.example/x", 30.0, lambda: drip.now)
    with pytest.raises(StalledError, match="too slow"):
        list(iter(lambda: watched.read1(1000), b""))
    assert drip.is_closed
    assert drip.now <= 31


def test_a_reader_that_is_slow_itself_does_not_blame_the_server() -> None:
    drip = Dripping()
    watched = Watched(drip, "https://hub.example/x", 30.0, lambda: drip.now)
    for _ in range(20):
        watched.read1(1000)
        drip.now += 100


def test_an_empty_file_is_asked_of_nobody(partial: Path) -> None:
    class Nobody:
        def send(self, request: Outgoing) -> None:
            raise AssertionError("asked")

        def is_private(self, url: str) -> bool:
            return True

    empty = Entry("e", hashlib.sha1(b"blob 0\0").hexdigest(), 0)
    download(Transport(sender=Nobody()), "https://h", empty, partial, lambda _: None)  # type: ignore[arg-type]
    assert partial.read_bytes() == b""
