"""The payload of a commit: written and read as it streams, within limits."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from anyhub.errors import HubError, TooLargeError, ValidationError
from anyhub.values import AddFile, Change, CopyFile, DeleteFile, DeleteFolder, Digest
from anyhub.wire import ndjson
from anyhub.wire.ndjson import Header, Inline, Large

SHA = "ab" * 32
HEADER = Header("Title", "Body\nof it", parent="abcde", base="0" * 40)


def content_of(change: AddFile) -> Iterator[bytes]:
    assert isinstance(change.source, bytes)
    for start in range(0, len(change.source), 1000):
        yield change.source[start : start + 1000]


def line(key: str, **value: Any) -> bytes:
    return json.dumps({"key": key, "value": value}).encode() + b"\n"


def read_all(data: bytes, max_bytes: int = 10**9) -> tuple[Header, list[ndjson.Operation]]:
    header, operations = ndjson.read([data], max_bytes=max_bytes)
    return header, list(operations)


@pytest.mark.parametrize("step", [1, 7, 2**20])
def test_a_payload_is_read_back_as_it_was(step: int) -> None:
    small = bytes(range(256)) * 50
    changes: list[Change] = [
        AddFile("a/ü.txt", small),
        AddFile("empty", b""),
        AddFile("big.bin", Digest(SHA, 10**12)),
        DeleteFile("old"),
        DeleteFolder("folder"),
        CopyFile("there", "here", "v1"),
    ]
    data = b"".join(ndjson.spell(HEADER, changes, content_of))
    pieces = (data[start : start + step] for start in range(0, len(data), step))
    header, operations = ndjson.read(pieces, max_bytes=10**9)
    assert header == HEADER
    assert list(operations) == [
        Inline("a/ü.txt", small),
        Inline("empty", b""),
        Large("big.bin", SHA, 10**12),
        *changes[3:],
    ]


def test_a_file_is_written_in_pieces() -> None:
    data = bytes(5_000_000)
    pieces = list(ndjson.spell(HEADER, [AddFile("x", data)], content_of))
    assert max(map(len, pieces)) < 2 * 2**20
    assert read_all(b"".join(pieces))[1] == [Inline("x", data)]


def test_a_folder_may_be_named_with_a_slash_at_its_end() -> None:
    assert read_all(line("header", summary="x") + line("deletedFolder", path="a/b/"))[1] == [DeleteFolder("a/b")]


def test_a_copy_of_a_large_file_comes_without_its_size() -> None:
    data = line("header", summary="x") + line("lfsFile", path="a", algo="sha256", oid=SHA)
    assert read_all(data)[1] == [Large("a", SHA, None)]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not json\n",
        b"[" * 100_000 + b"\n",
        line("file", path="a", content="", encoding="base64"),
        line("header", summary=3),
        line("header", summary="a\0b"),
        line("header", summary="\ud800"),
        line("header", summary="x", parentCommit="--upload-pack"),
        line("header", summary="x") + line("unheardOf", path="a"),
        line("header", summary="x") + line("file", path="a", content="%%%", encoding="base64"),
        line("header", summary="x") + line("file", path="a", content="YQ==YQ==", encoding="base64"),
        line("header", summary="x") + line("file", content="", encoding="base64"),
        line("header", summary="x") + line("lfsFile", path="a", algo="sha256", oid="../../x"),
        line("header", summary="x") + line("lfsFile", path="a", algo="md5", oid=SHA),
        line("header", summary="x") + line("lfsFile", path="a", oid=SHA, size=-1),
        line("header", summary="x") + b'{"key": "file", "value": []}\n',
    ],
)
def test_what_is_not_a_commit_is_refused(data: bytes) -> None:
    with pytest.raises(ValidationError):
        read_all(data)


def test_too_many_operations_are_refused_with_the_limit() -> None:
    data = line("header", summary="x") + b"".join(line("deletedFile", path=f"f{i}") for i in range(25_001))
    with pytest.raises(TooLargeError, match="25,000 operations"):
        read_all(data)


def test_files_that_are_too_large_are_refused_with_the_limit() -> None:
    def file(size: int) -> bytes:
        return line("file", path="a", content=base64.b64encode(bytes(size)).decode(), encoding="base64")

    header = line("header", summary="x")
    assert read_all(header + file(10_000_000))
    with pytest.raises(TooLargeError, match="10,000,000 bytes"):
        read_all(header + file(10_000_001))
    with pytest.raises(TooLargeError, match="1,000 bytes together"):
        read_all(header + file(600) + file(600), max_bytes=1000)


def test_an_endless_line_is_refused_before_it_fills_the_memory() -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 2**20
        pytest.fail("it was read to the end")

    with pytest.raises(HubError, match="10,000,000 bytes"):
        ndjson.read(endless(), max_bytes=10**9)


def test_what_is_read_from_a_path_is_not_asked_of_the_caller(tmp_path: Path) -> None:
    seen: list[AddFile] = []

    def content(change: AddFile) -> list[bytes]:
        seen.append(change)
        return [b"abc"]

    added = AddFile("a", tmp_path / "a")
    assert read_all(b"".join(ndjson.spell(HEADER, [added], content)))[1] == [Inline("a", b"abc")]
    assert seen == [added]
