"""Packet lines, of which git's protocols are made: each has its length before it, in four hexadecimal digits.

Source: the Git documentation, "gitprotocol-common" (pkt-line format) and "gitprotocol-pack" (side bands).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from anyhub.errors import TooLargeError, ValidationError

FLUSH = b"0000"
PROGRESS_BAND = 2
MAX_PACKET = 65520
_MAX_ON_BAND = MAX_PACKET - 5
_FIRST_LENGTH_OF_A_LINE = 4  # shorter ones are signals: flush, delimiter, end of response


def packet(data: bytes) -> bytes:
    """Return a line with its length before it.

    Raises:
        TooLargeError: When it is longer than a line may be.
    """
    if len(data) + 4 > MAX_PACKET:
        raise TooLargeError(f"A line of git's protocol has at most {MAX_PACKET - 4} bytes, not {len(data)}.")
    return b"%04x" % (len(data) + 4) + data


def on_band(band: int, data: bytes) -> bytes:
    """Return data as lines of a side band, of which there are as many as it takes."""
    number = bytes((band,))
    pieces = (data[start : start + _MAX_ON_BAND] for start in range(0, len(data), _MAX_ON_BAND))
    return b"".join(packet(number + piece) for piece in pieces)


class Packets:
    """Reads lines from a stream that comes in pieces of any size, and then what follows them as it is.

    Args:
        chunks: The stream.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._held = b""

    def section(self, most: int) -> Iterator[bytes]:
        """Walk the lines up to a flush, or to the end of a stream that has no line at all.

        Args:
            most (`int`): How many lines there may be.

        Raises:
            ValidationError: When the stream is not made of lines, or ends inside one.
            TooLargeError: When there are more lines.
        """
        count = 0
        while (line := self._line(may_end=count == 0)) is not None:
            count += 1
            if count > most:
                raise TooLargeError(f"A request has at most {most:,} lines in one section. Send fewer at once.")
            yield line

    def rest(self) -> Iterator[bytes]:
        """Walk the bytes that follow, as they come."""
        held, self._held = self._held, b""
        if held:
            yield held
        yield from self._chunks

    def peek(self, size: int) -> bytes:
        """Return the next bytes, fewer than asked for at the end of the stream; they are read again."""
        while len(self._held) < size and (chunk := next(self._chunks, None)) is not None:
            self._held += chunk
        return self._held[:size]

    def _line(self, *, may_end: bool) -> bytes | None:
        head = self.peek(4)
        if not head and may_end:
            return None
        length = _length(head)
        if length < _FIRST_LENGTH_OF_A_LINE:
            self._take(4)
            return None
        data = self._take(length)
        if len(data) < length:
            raise ValidationError("The request ends inside a line of git's protocol. Send it again.")
        return data[4:]

    def _take(self, size: int) -> bytes:
        data = self.peek(size)
        self._held = self._held[size:]
        return data


def _length(head: bytes) -> int:
    try:
        if len(head) != 4 or not head.isalnum():
            raise ValueError(head)  # int() would take signs and spaces
        length = int(head, 16)
    except ValueError:
        raise ValidationError(f"A line of git's protocol begins with its length, not with {head!r}.") from None
    if length == _FIRST_LENGTH_OF_A_LINE - 1 or length > MAX_PACKET:
        raise ValidationError(f"A line of git's protocol can not have the length {length}.")
    return length
