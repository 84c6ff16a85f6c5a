"""The bodies of the Git LFS API: both ends spell and read the same, and hostile ones are refused with a sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest

from anyhub.errors import HubError, NotFoundError, TooLargeError, UnsupportedError, ValidationError
from anyhub.values import Digest
from anyhub.wire import lfs
from anyhub.wire.lfs import Action, Batch, Completion, Parts, Placed

SMALL, LARGE = Digest("a" * 64, 5), Digest("b" * 64, 25)


def _over_the_wire(content: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(json.dumps(content)))


@pytest.mark.parametrize(
    "batch",
    [
        Batch("upload", (SMALL, LARGE), ("basic", "multipart"), "refs/heads/main"),
        Batch("download", (SMALL,)),
        Batch("upload", ()),
    ],
)
def test_a_batch_is_read_as_it_was_spelled(batch: Batch) -> None:
    assert lfs.read_batch(_over_the_wire(lfs.spell_batch(batch))) == batch


@pytest.mark.parametrize(
    ("operation", "placed"),
    [
        ("upload", Placed(SMALL)),
        ("upload", Placed(SMALL, Action("http://x/put", {"A": "b"}), Action("http://x/verify"))),
        ("upload", Placed(LARGE, Parts("http://x/all", 10, ("http://x/1", "http://x/2", "http://x/3"), {2: "e-2"}))),
        ("download", Placed(SMALL, Action("http://x/get"))),
        ("download", Placed(SMALL, error=(404, "There is none."))),
    ],
)
def test_what_is_answered_for_a_file_is_read_as_it_was_spelled(operation: Any, placed: Placed) -> None:
    batch = Batch(operation, (SMALL, LARGE))
    content = _over_the_wire(lfs.spell_placed("multipart", [placed]))
    assert lfs.read_placed(content, batch) == ("multipart", [placed])


def test_a_completion_is_read_as_it_was_spelled() -> None:
    completion = Completion(LARGE.sha256, ((1, "x"), (2, "y")))
    assert lfs.read_completion(_over_the_wire(lfs.spell_completion(completion))) == completion


def test_files_that_nobody_asked_for_are_passed_over() -> None:
    answer = lfs.spell_placed("basic", [Placed(LARGE, Action("http://x"), Action("http://y"))])
    assert lfs.read_placed(answer, Batch("upload", (SMALL,)))[1] == []


def test_parts_that_do_not_make_up_the_file_are_refused() -> None:
    answer = lfs.spell_placed("multipart", [Placed(LARGE, Parts("http://x", 10, ("http://x/1",)))])
    with pytest.raises(ValidationError, match="25 bytes"):
        lfs.read_placed(answer, Batch("upload", (LARGE,)))


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"operation": "delete", "objects": []},
        {"operation": "upload"},
        {"operation": "upload", "objects": {}},
        {"operation": "upload", "objects": ["a"]},
        {"operation": "upload", "objects": [{"oid": "../" * 20, "size": 1}]},
        {"operation": "upload", "objects": [{"oid": "A" * 64, "size": 1}]},
        {"operation": "upload", "objects": [{"oid": "a" * 64 + "\n", "size": 1}]},
        {"operation": "upload", "objects": [{"oid": "a" * 64, "size": -1}]},
        {"operation": "upload", "objects": [{"oid": "a" * 64, "size": True}]},
        {"operation": "upload", "objects": [{"oid": "a" * 64, "size": 2**63}]},
        {"operation": "upload", "objects": [{"oid": "a" * 64, "size": "1"}]},
    ],
)
def test_a_malformed_batch_is_refused(content: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        lfs.read_batch(content)


def test_a_batch_of_too_many_files_is_refused_and_the_limit_is_named() -> None:
    with pytest.raises(TooLargeError, match="1000"):
        lfs.read_batch({"operation": "upload", "objects": [lfs.spell_verify(SMALL)] * 1001})


def test_another_hash_is_not_taken_for_sha256() -> None:
    with pytest.raises(UnsupportedError, match="sha256"):
        lfs.read_batch({"operation": "upload", "objects": [], "hash_algo": "md5"})


@pytest.mark.parametrize(
    "part", [{}, "x", {"partNumber": "1", "etag": "x"}, {"partNumber": 1}, {"partNumber": True, "etag": "x"}]
)
def test_a_malformed_part_is_refused_by_its_place(part: object) -> None:
    good = {"partNumber": 1, "etag": "x"}
    with pytest.raises(ValidationError, match="Part 2"):
        lfs.read_completion({"oid": "a" * 64, "parts": [good, part]})


def test_a_refusal_of_one_file_is_raised_as_what_it_is() -> None:
    lfs.raise_refused(Placed(SMALL))
    with pytest.raises(NotFoundError, match="There is none"):
        lfs.raise_refused(Placed(SMALL, error=(404, "There is none.")))
    with pytest.raises(HubError, match="Too large"):
        lfs.raise_refused(Placed(SMALL, error=(422, "Too large.")))
