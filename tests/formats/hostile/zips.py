"""ZIP files byte by byte, sound ones and such as no tool would write: every field can be told to lie."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

LOCAL = ("needed", "flags", "method", "time", "date", "crc", "packed", "length", "name_bytes", "extra_bytes")
RECORD = (
    *("made", "needed", "flags", "method", "time", "date", "crc", "packed", "length", "name_bytes", "extra_bytes"),
    *("comment_bytes", "disk", "internal", "external", "start"),
)
END = ("disk", "directory_disk", "here", "count", "directory_bytes", "begin", "comment_bytes")
END_64 = ("bytes", "made", "needed", "disk", "directory_disk", "here", "count", "directory_bytes", "begin")
LOCATOR_64 = ("disk", "at", "disks")


@dataclass(frozen=True)
class File:
    """A member: what it is, and what its two descriptions say otherwise."""

    name: str | bytes
    data: bytes = b""
    both: Mapping[str, int] = field(default_factory=dict)
    local: Mapping[str, int] = field(default_factory=dict)
    record: Mapping[str, int] = field(default_factory=dict)
    local_name: bytes | None = None
    local_extra: bytes = b""
    extra: bytes = b""
    comment: bytes = b""
    before: bytes = b""
    after: bytes = b""

    @property
    def raw_name(self) -> bytes:
        return self.name.encode() if isinstance(self.name, str) else self.name


def extra(kind: int, data: bytes) -> bytes:
    return struct.pack("<2H", kind, len(data)) + data


def zip64_extra(*values: int) -> bytes:
    return extra(1, struct.pack(f"<{len(values)}Q", *values))


def zip_of(
    files: Iterable[File],
    *,
    prefix: bytes = b"",
    before_directory: bytes = b"",
    after_records: bytes = b"",
    comment: bytes = b"",
    end: Mapping[str, int] | None = None,
    end_64: Mapping[str, int] | None = None,
    locator: Mapping[str, int] | None = None,
    end_64_mark: bytes = b"PK\x06\x06",
) -> bytes:
    """Lay out a ZIP file; with ``end_64``, even an empty one, it has the ZIP64 records too."""
    content, records = bytearray(prefix), b""
    for file in files:
        content += file.before
        start = len(content)
        content += _local(file) + file.data + file.after
        records += _record(file, start)
    content += before_directory
    begin, count = len(content), records.count(b"PK\x01\x02")
    records += after_records
    content += records
    place = {"here": count, "count": count, "directory_bytes": len(records), "begin": begin}
    if end_64 is not None:
        at = len(content)
        content += end_64_mark + _packed("<Q2H2L4Q", END_64, {"bytes": 44, "made": 45, "needed": 45, **place}, end_64)
        content += b"PK\x06\x07" + _packed("<LQL", LOCATOR_64, {"at": at, "disks": 1}, locator or {})
    content += b"PK\x05\x06" + _packed("<4H2LH", END, {**place, "comment_bytes": len(comment)}, end or {})
    return bytes(content) + comment


def _local(file: File) -> bytes:
    name = file.raw_name if file.local_name is None else file.local_name
    said = {**_said(file), "name_bytes": len(name), "extra_bytes": len(file.local_extra)}
    return b"PK\x03\x04" + _packed("<5H3L2H", LOCAL, said, {**file.both, **file.local}) + name + file.local_extra


def _record(file: File, start: int) -> bytes:
    name = file.raw_name
    said = {**_said(file), "name_bytes": len(name), "extra_bytes": len(file.extra)}
    said |= {"comment_bytes": len(file.comment), "start": start, "made": 20}
    packed = _packed("<6H3L5H2L", RECORD, said, {**file.both, **file.record})
    return b"PK\x01\x02" + packed + name + file.extra + file.comment


def _said(file: File) -> dict[str, int]:
    flags = 0 if file.raw_name.isascii() else 1 << 11
    length = len(file.data)
    return {"needed": 20, "date": 33, "crc": zlib.crc32(file.data), "packed": length, "length": length, "flags": flags}


def _packed(form: str, names: Iterable[str], said: Mapping[str, int], otherwise: Mapping[str, int]) -> bytes:
    return struct.pack(form, *(otherwise.get(name, said.get(name, 0)) for name in names))
