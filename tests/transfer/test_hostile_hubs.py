"""Hubs that mean harm: what they say of files never makes the client write outside of its cache, or fall over."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from small_server import Asked, SmallServer, reply, serving

from anyhub import hf_hub_download, snapshot_download
from anyhub.errors import HubError

TEXT = b"what is in the file"
OID = hashlib.sha1(b"blob %d\0" % len(TEXT) + TEXT, usedforsecurity=False).hexdigest()
SHA256 = hashlib.sha256(TEXT).hexdigest()
COMMIT = "c" * 40
ENDLESS = 10**18


def sibling(path: Any = "a.txt", **changes: Any) -> dict[str, Any]:
    return {"rfilename": path, "size": len(TEXT), "blobId": OID, **changes}


def large(path: str = "a.bin", **changes: Any) -> dict[str, Any]:
    return sibling(path, lfs={"sha256": SHA256, "size": len(TEXT), "pointerSize": 130, **changes})


def last(**changes: Any) -> dict[str, Any]:
    told = {"id": COMMIT, "title": "t", "message": "", "authors": [], "date": "2026-01-01T00:00:00.000Z"}
    return {**told, "tree": "", "parents": [], **changes}


def described(*siblings: Any, **changes: Any) -> dict[str, Any]:
    return {"id": "x/y", "sha": COMMIT, "siblings": list(siblings), "lastCommit": last(), **changes}


def in_a_tree(line: Any) -> Any:
    """Return what the listing of a tree says of a file, and a description otherwise."""
    if not isinstance(line, dict):
        return line
    told = {"type": "file", "path": line.get("rfilename"), "oid": line.get("blobId"), "size": line.get("size")}
    if "lfs" in line:
        told["lfs"] = {**line["lfs"], "oid": line["lfs"]["sha256"]}
    return told


@contextmanager
def hub_that_says(said: Any, body: bytes = TEXT, status: int = 200, **headers: str) -> Iterator[SmallServer]:
    """Serve a hub that describes its one repository in this way, and sends the same for every file."""
    told = said if isinstance(said, bytes) else json.dumps(said).encode()

    def answer(asked: Asked, to: BaseHTTPRequestHandler) -> None:
        if "/resolve/" in asked.path:
            reply(to, status, body, **headers)
        elif "/tree/" in asked.path:
            listed = said["siblings"] if isinstance(said["siblings"], list) else []
            lines = [in_a_tree(each) for each in listed]
            reply(to, 200, json.dumps(lines).encode())
        elif "/commits/" in asked.path:
            reply(to, 200, json.dumps([last()]).encode())
        else:
            reply(to, 200, told)

    with serving(answer) as server:
        yield server


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where downloads go; whatever else is there afterwards, or has changed, fails the test."""
    place = tmp_path / "in/the/middle"
    place.mkdir(parents=True)
    for name in ("x", "a.txt", ".git/config", "in/x", "in/the/x", "in/the/a.txt", "blobs/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"canary")
    monkeypatch.chdir(tmp_path / "in")
    before = tree_of(tmp_path, place)
    yield place / "cache"
    assert tree_of(tmp_path, place) == before
    assert {each.name for each in place.iterdir()} <= {"cache"}
    for path in (place / "cache").rglob("*"):
        assert path.resolve().is_relative_to(place.resolve()), path


def tree_of(root: Path, without: Path) -> dict[str, bytes]:
    found = {}
    for path in root.rglob("*"):
        if path.is_file() and not path.is_relative_to(without):
            found[str(path)] = path.read_bytes()
    return found


def load(server: SmallServer, cache: Path) -> str | None:
    """Load all files, and one of them; return why that failed."""
    said = None
    for call in (
        lambda: snapshot_download("x/y", endpoint=server.url, cache_dir=cache),
        lambda: hf_hub_download("x/y", "a.txt", endpoint=server.url, cache_dir=cache),
    ):
        try:
            call()
        except HubError as error:
            said = said or error.message
    return said


PATHS: dict[str, Any] = {
    "above": "../x",
    "above later": "a/../../x",
    "above and above": "../../../../../../../../tmp/anyhub-x",
    "absolute": "/tmp/anyhub-x",
    "absolute twice": "//tmp/anyhub-x",
    "home": "~/x",
    "drive": "C:\\x",
    "drive and name": "C:x",
    "backslashes": "..\\..\\x",
    "share": "\\\\host\\share",
    "git": ".git/config",
    "git in capitals": ".GIT/hooks/post-checkout",
    "git by its short name": "git~1/config",
    "git with a joiner": ".g\u200cit/config",
    "nothing": "",
    "here": ".",
    "there": "..",
    "a slash": "/",
    "a slash at the end": "a/",
    "two slashes": "a//b",
    "a NUL": "a\0b",
    "a line feed": "a\nb",
    "an escape": "a\x1b[2Jb",
    "half a character": "\ud800",
    "device": "NUL",
    "device with an extension": "aux.txt",
    "stream": "a.txt:evil",
    "a dot at the end": "a.",
    "too long": "a" * 5000,
    "too deep": "a/" * 3000 + "b",
    "a number": 5,
    "none": None,
    "a list": ["a"],
}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
def test_a_listing_names_no_place_outside(cache: Path, path: Any) -> None:
    for line in (sibling(path), large(path)):
        with hub_that_says(described(line)) as server:
            said = load(server, cache)
        assert said is not None
        assert said.isprintable()


COLLISIONS: dict[str, list[str]] = {
    "case": ["A.txt", "a.txt"],
    "a file and a folder": ["a.txt", "a.txt/b"],
    "composed and not": ["\u00e9", "e\u0301"],
    "a folder in two cases": ["d/x", "D/x"],
    "a folder and a file in another case": ["D/x", "d"],
}


@pytest.mark.parametrize("paths", COLLISIONS.values(), ids=COLLISIONS.keys())
def test_names_that_are_one_somewhere_are_not_written(cache: Path, paths: list[str]) -> None:
    with hub_that_says(described(*map(sibling, paths))) as server, pytest.raises(HubError):
        snapshot_download("x/y", endpoint=server.url, cache_dir=cache)


IDS: list[Any] = [
    "../../x",
    "main",
    "c" * 39,
    "c" * 41,
    "C" * 40,
    "c" * 39 + "\n",
    "",
    "/etc",
    5,
    None,
    ["c"],
    "\ud800",
]


@pytest.mark.parametrize("oid", IDS)
def test_an_id_is_never_a_path(cache: Path, oid: Any) -> None:
    for said in (
        described(sibling(), sha=oid),
        described(sibling(blobId=oid or "x")),
        described(large(sha256=oid)),
        described(sibling(), lastCommit=last(id=oid)),
    ):
        with hub_that_says(said) as server:
            assert load(server, cache) is not None


@pytest.mark.parametrize("size", [-1, ENDLESS, 10**400, 2**63, "5", 1.5, True, None, [], 0, 1, len(TEXT) + 1])
def test_a_size_that_is_wrong_is_noticed_and_nothing_is_kept(cache: Path, size: Any) -> None:
    for said in (described(sibling(size=size)), described(large("a.txt", size=size))):
        with hub_that_says(said) as server:
            assert load(server, cache) is not None
        assert [each for each in cache.rglob("*.txt") if each.is_file()] == []


@pytest.mark.parametrize("name", ["sha", "siblings", "lastCommit"])
@pytest.mark.parametrize("value", [5, "x", {"a": 1}, [1], [[]], [None], True])
def test_nonsense_in_a_description_is_an_error_of_ours_or_passed_over(cache: Path, name: str, value: Any) -> None:
    with hub_that_says({**described(sibling()), name: value}) as server:
        load(server, cache)


DATES = ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "soon", "", 5, None, "2026-13-45T99:99:99Z"]


@pytest.mark.parametrize("date", DATES)
def test_a_date_that_is_none_is_an_error_of_ours(cache: Path, date: Any) -> None:
    with hub_that_says(described(sibling(), lastCommit=last(date=date))) as server:
        load(server, cache)


ANSWERS: dict[str, Any] = {
    "nothing": b"",
    "no JSON": b"<html>",
    "a number": b"5",
    "a list": b"[]",
    "deep": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "a number of many digits": b'{"sha":' + b"9" * 100_000 + b"}",
    "not UTF-8": b'{"sha":"\xff\xfe"}',
    "NaN": b'{"sha":NaN}',
}


@pytest.mark.parametrize("said", ANSWERS.values(), ids=ANSWERS.keys())
def test_an_answer_that_is_no_description_is_an_error_of_ours(cache: Path, said: bytes) -> None:
    with hub_that_says(said) as server:
        assert load(server, cache) is not None


@pytest.mark.parametrize("make", [sibling, large])
@pytest.mark.parametrize("body", [b"", b"evil", TEXT + b"!", TEXT[:-1], TEXT.upper()])
def test_other_bytes_than_announced_are_not_kept(
    cache: Path, body: bytes, make: Callable[[str], dict[str, Any]]
) -> None:
    with hub_that_says(described(make("a.txt")), body) as server:
        assert load(server, cache) is not None
    assert [each for each in cache.rglob("*") if each.is_file() and each.read_bytes() == body and body] == []


HEADERS: list[dict[str, str]] = [
    {"ETag": '"../../../x"'},
    {"ETag": '"/tmp/anyhub-x"', "X_Linked_Etag": '"../../x"'},
    {"X_Repo_Commit": "../../x"},
    {"X_Repo_Commit": "d" * 40},
    {"X_Linked_Size": "-1"},
    {"X_Linked_Size": str(ENDLESS)},
    {"Content_Disposition": 'attachment; filename="../../x"'},
    {"Content_Range": f"bytes 5-{ENDLESS}/{ENDLESS}"},
]


@pytest.mark.parametrize("headers", HEADERS)
def test_headers_of_a_file_lead_nowhere_else(cache: Path, headers: dict[str, str]) -> None:
    with hub_that_says(described(sibling()), **headers) as server:
        load(server, cache)


def test_a_sound_hub_is_loaded_from(cache: Path) -> None:
    with hub_that_says(described(sibling())) as server:
        assert load(server, cache) is None
    (file,) = [each for each in cache.rglob("a.txt") if each.is_file()]
    assert file.read_bytes() == TEXT
