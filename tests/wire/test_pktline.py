"""Packet lines: what is written is read again, in pieces of any size, and nothing else is taken for a line."""

from __future__ import annotations

import pytest

from anyhub.errors import TooLargeError, ValidationError
from anyhub.wire.pktline import FLUSH, MAX_PACKET, Packets, on_band, packet


def _in_pieces(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@pytest.mark.parametrize("size", [1, 3, 4, 7, 1000])
def test_lines_and_what_follows_them_are_read_from_pieces_of_any_size(size: int) -> None:
    packets = Packets(_in_pieces(packet(b"one\n") + packet(b"") + FLUSH + b"PACK and more", size))
    assert list(packets.section(10)) == [b"one\n", b""]
    assert packets.peek(4) == b"PACK"
    assert b"".join(packets.rest()) == b"PACK and more"


def test_the_length_counts_its_own_four_digits() -> None:
    assert packet(b"a\n") == b"0006a\n"


def test_a_stream_without_any_line_is_an_empty_section() -> None:
    assert list(Packets([]).section(1)) == []


def test_a_band_has_as_many_lines_as_its_data_takes() -> None:
    data = bytes(range(256)) * 1000
    lines = list(Packets([on_band(1, data) + FLUSH]).section(10))
    assert b"".join(line[1:] for line in lines) == data
    assert {line[:1] for line in lines} == {b"\x01"}
    assert all(len(line) + 4 <= MAX_PACKET for line in lines)


@pytest.mark.parametrize(
    "stream", [b"00", b"zzzz", b"+001", b"0003", b"fff9" + b"x" * 65525, b"0009abc", b" 12 x", packet(b"one")]
)
def test_what_is_no_line_is_refused(stream: bytes) -> None:
    with pytest.raises(ValidationError):
        list(Packets([stream]).section(10))


def test_more_lines_than_allowed_are_refused_and_the_limit_is_named() -> None:
    with pytest.raises(TooLargeError, match="at most 2 lines"):
        list(Packets([packet(b"x") * 3 + FLUSH]).section(2))


def test_a_line_that_is_too_long_is_not_written() -> None:
    with pytest.raises(TooLargeError):
        packet(b"x" * MAX_PACKET)
