"""The directory of a ZIP file without compression: whose bytes lie where, read from bytes that nobody vouches for.

::

    for each member      local header, name, extra fields, then the bytes
    the directory        for each member a record: all that its local header says, and where that is
    [ZIP64 end, locator] the count, size and place of the directory, in 64 bits
    end                  the same in 16 and 32 bits, and a comment

A ZIP file says most things twice, and readers differ in which they believe. Here both have to agree, and the members
have to fill the file from its first byte to the directory, so that every reader sees the same files.

Source: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 to 4.6.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from anyhub.formats.objections import Objection, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_MEMBERS = 4096
MAX_DIRECTORY_BYTES = 2**20

LOCAL_HEADER = struct.Struct("<4s5H3L2H")
RECORD = struct.Struct("<4s6H3L5H2L")
END_64 = struct.Struct("<4sQ2H2L4Q")
LOCATOR_64 = struct.Struct("<4sLQL")
END = struct.Struct("<4s4H2LH")
LOCAL_HEADER_MARK, RECORD_MARK = b"PK\x03\x04", b"PK\x01\x02"
END_64_MARK, LOCATOR_64_MARK, END_MARK = b"PK\x06\x06", b"PK\x06\x07", b"PK\x05\x06"

STORED = 0
UTF_8 = 1 << 11
ZIP64_EXTRA = 0x0001
IN_16_BITS, IN_32_BITS = 2**16 - 1, 2**32 - 1
"""The greatest values, which mean that the true one is in the ZIP64 field or record."""

_NAME_EXTRA = 0x7075
_SIZES_FOLLOW = 1 << 3
_MAX_COMMENT = 2**16 - 1
_MAX_EXTRA_FIELDS = 64
_END_64_TAIL = END_64.size - 12  # a record's length does not count its mark and itself


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a ZIP file.

    Attributes:
        name (`str`): Its name; nothing is known about it but that it is text.
        start (`int`): The first byte of its local header, counted from the beginning of the ZIP file.
        offset (`int`): The first of its bytes.
        length (`int`): Their count.
        crc (`int`): Their CRC-32, as the ZIP file says; it is not checked here.
    """

    name: str
    start: int
    offset: int
    length: int
    crc: int


@dataclass(frozen=True, slots=True)
class _Stated:
    """What a record or a local header says of a member."""

    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    length: int
    start: int


def read_members(file: BinaryIO, size: int) -> list[Member]:
    """Read and audit the directory of a ZIP file and the local headers that it points at.

    Args:
        file (`BinaryIO`): The ZIP file, seekable.
        size (`int`): Its bytes.

    Returns:
        `list[Member]`: In the order in which they lie in the file, each behind the other.

    Raises:
        Objection: When it is not a sound ZIP file, or a member is compressed, encrypted, or described in two ways.
    """
    begin, records = _read_directory(file, size)
    return list(_members(file, records, begin))


def _read_directory(file: BinaryIO, size: int) -> tuple[int, list[_Stated]]:
    """Return where the directory begins, and its records."""
    tail_at = max(0, size - _MAX_COMMENT - END.size - LOCATOR_64.size - END_64.size)
    tail = _read(file, tail_at, size - tail_at)
    end_at = _find_end(tail)
    disks, count, length, begin, stop = _end(tail, end_at)
    if disks:
        raise Objection("it is one part of an archive of several")
    if count > MAX_MEMBERS or length > MAX_DIRECTORY_BYTES:
        raise Objection(
            f"its directory has {count:,} members in {length:,} bytes, and {MAX_MEMBERS:,} in {MAX_DIRECTORY_BYTES:,} "
            "is the most that is read"
        )
    if begin + length != tail_at + stop:
        raise Objection("its directory is not where its end says")
    return begin, list(_records(_read(file, begin, length), count))


def _find_end(tail: bytes) -> int:
    """Return where the end record begins in the last bytes of the file."""
    found = []
    at = tail.find(END_MARK)
    while at >= 0:
        comment_at = at + END.size
        if comment_at <= len(tail) and comment_at + END.unpack_from(tail, at)[-1] == len(tail):
            found.append(at)
        at = tail.find(END_MARK, at + 1)
    if not found:
        raise Objection("it is not a ZIP file, or is truncated")
    if len(found) > 1:
        raise Objection("it has two directories, of which another reader may take the other")
    return found[0]


def _end(tail: bytes, at: int) -> tuple[int, int, int, int, int]:
    """Return the disks besides this one, the directory's count, length and begin, and where it stops in the tail."""
    _, disk, directory_disk, here, count, length, begin, _ = END.unpack_from(tail, at)
    short = (disk, directory_disk, here, count, length, begin)
    locator_at = at - LOCATOR_64.size
    if locator_at < 0 or not tail.startswith(LOCATOR_64_MARK, locator_at):
        if IN_16_BITS in short[:4] or IN_32_BITS in short[4:]:
            raise Objection("its ZIP64 end is missing")
        return disk | directory_disk | (here ^ count), count, length, begin, at
    stop = locator_at - END_64.size
    if stop < 0 or not tail.startswith(END_64_MARK, stop):
        raise Objection("its ZIP64 end is not where it belongs")
    _, tail_bytes, _, _, *long = END_64.unpack_from(tail, stop)
    _, locator_disk, end_64_at, all_disks = LOCATOR_64.unpack_from(tail, locator_at)
    _check_ends_agree(short, tuple(long))
    disk, directory_disk, here, count, length, begin = long
    if tail_bytes != _END_64_TAIL or end_64_at != begin + length:
        raise Objection("its ZIP64 end is malformed")
    return disk | directory_disk | (here ^ count) | locator_disk | (all_disks > 1), count, length, begin, stop


def _check_ends_agree(short: tuple[int, ...], long: tuple[int, ...]) -> None:
    greatest = (IN_16_BITS,) * 4 + (IN_32_BITS,) * 2
    if any(brief not in (most, full) for brief, most, full in zip(short, greatest, long, strict=True)):
        raise Objection("its end and its ZIP64 end do not agree")


def _records(directory: bytes, count: int) -> Iterator[_Stated]:
    at = 0
    for _ in range(count):
        if not directory.startswith(RECORD_MARK, at) or at + RECORD.size > len(directory):
            raise Objection(f"its directory is malformed at byte {at:,}")
        _, _, _, flags, method, _, _, crc, packed, length, *counts, disk, _, _, start = RECORD.unpack_from(
            directory, at
        )
        name_bytes, extra_bytes, comment_bytes = counts
        name_at = at + RECORD.size
        extra_at = name_at + name_bytes
        at = extra_at + extra_bytes + comment_bytes
        if at > len(directory):
            raise Objection("a record of its directory goes past the directory")
        name, extra = directory[name_at:extra_at], directory[extra_at : extra_at + extra_bytes]
        if disk:
            raise Objection(f"its member {shorten(name)} is in another part of the archive")
        length, packed, start = _widen(name, extra, (length, packed, start))
        yield _Stated(name, flags, method, crc, packed, length, start)
    if at != len(directory):
        raise Objection("its directory has more in it than its records")


def _members(file: BinaryIO, records: Iterable[_Stated], stop: int) -> Iterator[Member]:
    """Walk over the file from its first byte, so that nothing is read twice, to where the members have to stop."""
    at = 0
    for record in sorted(records, key=lambda record: record.start):
        if record.start != at:
            trouble = "overlaps the one before it" if record.start < at else "leaves a gap before it"
            raise Objection(f"its member {shorten(record.raw_name)} {trouble}")
        member = _member(file, record)
        yield member
        at = member.offset + member.length
    if at != stop:
        raise Objection("its members do not end where its directory begins")


def _member(file: BinaryIO, record: _Stated) -> Member:
    """Return a member once its two descriptions are known to agree."""
    header = _read(file, record.start, LOCAL_HEADER.size)
    mark, _, flags, method, _, _, crc, packed, length, name_bytes, extra_bytes = LOCAL_HEADER.unpack(header)
    if mark != LOCAL_HEADER_MARK:
        raise Objection(f"its member {shorten(record.raw_name)} is not where the directory says")
    rest = _read(file, record.start + LOCAL_HEADER.size, name_bytes + extra_bytes)
    name, extra = rest[:name_bytes], rest[name_bytes:]
    _check_method(record)
    length, packed = _widen(name, extra, (length, packed))
    if _Stated(name, flags, method, crc, packed, length, record.start) != record:
        raise Objection(f"its member {shorten(record.raw_name)} is described in two ways")
    offset = record.start + LOCAL_HEADER.size + len(rest)
    return Member(_text(record), record.start, offset, record.length, record.crc)


def _check_method(record: _Stated) -> None:
    name = shorten(record.raw_name)
    if record.method != STORED or record.packed != record.length:
        raise Objection(f"its member {name} is compressed")
    if record.flags & _SIZES_FOLLOW:
        raise Objection(f"the size of its member {name} stands behind the bytes, where not every reader looks")
    if record.flags & ~UTF_8:
        raise Objection(f"its member {name} is encrypted, or stored in another way that is not read")


def _text(record: _Stated) -> str:
    try:
        return record.raw_name.decode("utf-8" if record.flags & UTF_8 else "ascii")
    except UnicodeDecodeError:
        raise Objection(f"the name of its member {shorten(record.raw_name)} is not UTF-8, or does not say so") from None


def _widen(name: bytes, extra: bytes, values: tuple[int, ...]) -> tuple[int, ...]:
    """Put the 64-bit values of an extra field in the places of those that do not fit into 32 bits."""
    fields = dict(_extra_fields(name, extra))
    if _NAME_EXTRA in fields and fields[_NAME_EXTRA][5:] != name:  # behind a version and the CRC-32 of the plain name
        raise Objection(f"its member {shorten(name)} has another name in an extra field")
    wide = fields.get(ZIP64_EXTRA, b"")
    if values.count(IN_32_BITS) * 8 > len(wide):
        raise Objection(f"the ZIP64 field of its member {shorten(name)} is missing or too short")
    longer = iter(struct.unpack_from(f"<{values.count(IN_32_BITS)}Q", wide))
    return tuple(next(longer) if value == IN_32_BITS else value for value in values)


def _extra_fields(name: bytes, extra: bytes) -> Iterator[tuple[int, bytes]]:
    seen: list[int] = []
    at = 0
    while at + 4 <= len(extra):  # fewer are padding, which old tools leave there
        kind, length = struct.unpack_from("<2H", extra, at)
        at += 4 + length
        again = kind in (ZIP64_EXTRA, _NAME_EXTRA) and kind in seen
        if at > len(extra) or again or len(seen) == _MAX_EXTRA_FIELDS:
            raise Objection(f"the extra fields of its member {shorten(name)} are malformed")
        seen.append(kind)
        yield kind, extra[at - length : at]


def _read(file: BinaryIO, at: int, count: int) -> bytes:
    """Read exactly so many bytes at a place that a stranger may have chosen."""
    if at >= 2**63 - count:
        raise Objection("it points far beyond its end")
    file.seek(at)
    data = file.read(count)
    if len(data) < count:
        raise Objection("it points beyond its end")
    return data
