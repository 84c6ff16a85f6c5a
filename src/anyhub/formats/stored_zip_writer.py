"""A ZIP file without compression that is being written, from its first byte to its last: the same bytes every time.

Sizes and checksums stand before the bytes that they are of, so that any reader can follow; nothing is noted that
changes from one run to the next, such as times. The bytes of each member begin at a multiple of `ALIGNMENT`, so that
what lies in a mapped file is aligned in memory; the padding is the extra field that Android's ``zipalign`` uses.

Source: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 to 4.6.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from anyhub.formats.stored_zip import (
    END,
    END_64,
    END_64_MARK,
    END_MARK,
    IN_16_BITS,
    IN_32_BITS,
    LOCAL_HEADER,
    LOCAL_HEADER_MARK,
    LOCATOR_64,
    LOCATOR_64_MARK,
    RECORD,
    RECORD_MARK,
    STORED,
    UTF_8,
    ZIP64_EXTRA,
    Member,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from typing_extensions import Buffer

ALIGNMENT = 64

_VERSION = 45  # the first that knows ZIP64
_MADE_BY = 3 << 8 | _VERSION  # on Unix, so that the mode counts
_MODE = 0o100644 << 16
_TIME, _DATE = 0, 1 << 5 | 1  # midnight of 1 January 1980, the first that there is
_PADDING_EXTRA = 0xD935
_ZIP64_LOCAL = struct.Struct("<2H2Q")
_PADDING = struct.Struct("<3H")


class StoredZipWriter:
    """Writes members one after the other, and then their directory.

    Args:
        write: Appends bytes to the file, which is empty.
    """

    def __init__(self, write: Callable[[Buffer], object]) -> None:
        self._write = write
        self._at = 0
        self._members: list[Member] = []

    def add(self, name: str, length: int, crc: int, pieces: Iterable[Buffer]) -> None:
        """Write a member.

        Args:
            name (`str`): What it is called.
            length (`int`): Its bytes.
            crc (`int`): Their CRC-32.
            pieces: The bytes; each piece is written before the next is asked for.

        Raises:
            ValueError: When the bytes are not those that were announced.
        """
        header = self._local_header(name, length, crc)
        member = Member(name, self._at, self._at + len(header), length, crc)
        self._put(header)
        found = 0
        for piece in pieces:
            found = zlib.crc32(piece, found)
            self._put(piece)
        if (self._at, found) != (member.offset + length, crc):
            raise ValueError(f"member {name!r} is not of the length and CRC-32 announced")
        self._members.append(member)

    def finish(self) -> None:
        """Write the directory, after which nothing may follow."""
        begin = self._at
        for member in self._members:
            self._put(_record(member))
        length = self._at - begin
        self._put(_end(len(self._members), length, begin))

    def _put(self, data: Buffer) -> None:
        self._write(data)
        self._at += memoryview(data).nbytes

    def _local_header(self, name: str, length: int, crc: int) -> bytes:
        raw = name.encode()
        unpadded = self._at + LOCAL_HEADER.size + len(raw) + _ZIP64_LOCAL.size + _PADDING.size
        padding = -unpadded % ALIGNMENT
        extra = _ZIP64_LOCAL.pack(ZIP64_EXTRA, 16, length, length)
        extra += _PADDING.pack(_PADDING_EXTRA, 2 + padding, ALIGNMENT) + bytes(padding)
        sizes = (IN_32_BITS, IN_32_BITS, len(raw), len(extra))
        return LOCAL_HEADER.pack(LOCAL_HEADER_MARK, *_described(raw, crc), *sizes) + raw + extra


def _described(raw_name: bytes, crc: int) -> tuple[int, int, int, int, int, int]:
    """Return what a local header and a record have in common."""
    return _VERSION, 0 if raw_name.isascii() else UTF_8, STORED, _TIME, _DATE, crc


def _record(member: Member) -> bytes:
    raw = member.name.encode()
    values = (member.length, member.length, member.start)
    wide = [value for value in values if value >= IN_32_BITS]
    extra = struct.pack(f"<2H{len(wide)}Q", ZIP64_EXTRA, 8 * len(wide), *wide) if wide else b""
    packed, length, start = (min(value, IN_32_BITS) for value in values)
    described = _described(raw, member.crc)
    sizes = (packed, length, len(raw), len(extra))
    return RECORD.pack(RECORD_MARK, _MADE_BY, *described, *sizes, 0, 0, 0, _MODE, start) + raw + extra


def _end(count: int, length: int, begin: int) -> bytes:
    long = b""
    if count >= IN_16_BITS or length >= IN_32_BITS or begin >= IN_32_BITS:
        numbers = (_MADE_BY, _VERSION, 0, 0, count, count, length, begin)
        long = END_64.pack(END_64_MARK, END_64.size - 12, *numbers)
        long += LOCATOR_64.pack(LOCATOR_64_MARK, 0, begin + length, 1)
    few = min(count, IN_16_BITS)
    return long + END.pack(END_MARK, 0, 0, few, few, min(length, IN_32_BITS), min(begin, IN_32_BITS), 0)
