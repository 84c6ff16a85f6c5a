"""Files over HTTP: listed in pages, described by name, and sent with the headers that clients key on."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from asking import Asker, added

from anyhub.testing.server import running_hub

MODEL = "/api/models/ada/net"
LARGE = bytes(range(256)) * 100
SHA = hashlib.sha256(LARGE).hexdigest()
TEXT = "héllo <b>".encode()
BLOB = hashlib.sha1(b"blob %d\0" % len(TEXT) + TEXT).hexdigest()


@pytest.fixture(scope="module")
def endpoint() -> Iterator[tuple[Asker, Asker]]:
    with running_hub() as hub:
        ada, bob = (Asker(hub.endpoint, hub.create_user(name)) for name in ("ada", "bob"))
        ada.create("net")
        ada.commit("ada/net", added("w.bin", LARGE), added("a/b c/ü; 1.txt", TEXT), added("empty", b""))
        ada.create("gated")
        ada.commit("ada/gated", added("config.json", b"{}"))
        ada.ask("PUT", "/api/models/ada/gated/settings", {"gated": "manual"})
        ada.create("data", type="dataset")
        ada.commit("ada/data", added("x.csv", b"1,2"), kind="datasets")
        ada.create("many")
        ada.commit("ada/many", *[added(f"d{n % 7}/f{n:04}.txt", b"%d" % n) for n in range(1200)])
        yield ada, bob


@pytest.fixture
def ada(endpoint: tuple[Asker, Asker]) -> Asker:
    return endpoint[0]


@pytest.fixture
def bob(endpoint: tuple[Asker, Asker]) -> Asker:
    return endpoint[1]


def at(path: str, revision: str = "main", how: str = "resolve") -> str:
    return f"/ada/net/{how}/{quote(revision, safe='')}/{quote(path, safe='')}"


# -- one file


def test_the_headers_of_a_large_file_come_without_a_redirect(ada: Asker) -> None:
    reply = ada.head(at("w.bin"))
    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers["x-repo-commit"] == ada.get(MODEL).json["sha"]
    assert reply.headers["etag"] == reply.headers["x-linked-etag"] == f'"{SHA}"'
    assert reply.headers["content-length"] == reply.headers["x-linked-size"] == str(len(LARGE))
    assert reply.headers["accept-ranges"] == "bytes"
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.headers["content-disposition"].startswith("attachment;")


def test_the_headers_of_a_small_file_name_its_blob(ada: Asker) -> None:
    reply = ada.head(at("a/b c/ü; 1.txt"))
    assert reply.headers["etag"] == f'"{BLOB}"'
    assert reply.headers["content-length"] == str(len(TEXT))
    assert "x-linked-etag" not in reply.headers


def test_a_file_is_sent_whole_and_in_ranges(ada: Asker) -> None:
    assert ada.get(at("w.bin")).body == LARGE
    part = ada.get(at("w.bin"), Range="bytes=10-19")
    assert (part.status, part.body) == (206, LARGE[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(LARGE)}"
    assert part.headers["x-repo-commit"]
    assert ada.get(at("w.bin"), Range="bytes=-5").body == LARGE[-5:]
    assert ada.get(at("w.bin"), Range=f"bytes={len(LARGE)}-").status == 416
    assert ada.get(at("a/b c/ü; 1.txt"), Range="bytes=1-2").body == TEXT[1:3]
    assert ada.get(at("empty")).body == b""


def test_a_file_that_is_there_already_is_not_sent_again(ada: Asker) -> None:
    assert ada.get(at("w.bin"), If_None_Match=f'"{SHA}"').status == 304
    assert ada.get(at("w.bin"), If_None_Match=f'"x", W/"{SHA}"').status == 304
    assert ada.get(at("w.bin"), If_None_Match='"x"').status == 200


def test_no_file_runs_in_a_browser_as_a_page_of_the_hub(ada: Asker) -> None:
    ada.commit("ada/net", added("page.html", b"<script>1</script>"), added("icon.svg", b"<svg/>"))
    for path in ("page.html", "icon.svg"):
        for how in ("resolve", "raw"):
            reply = ada.get(at(path, how=how))
            assert reply.headers["content-type"] == "text/plain; charset=utf-8"
            assert reply.headers["x-content-type-options"] == "nosniff"
            assert "sandbox" in reply.headers["content-security-policy"]


def test_the_name_of_a_file_can_not_add_to_the_headers(ada: Asker) -> None:
    disposition = ada.head(at("a/b c/ü; 1.txt")).headers["content-disposition"]
    assert disposition == "inline; filename=\"___1.txt\"; filename*=UTF-8''%C3%BC%3B%201.txt"


def test_a_missing_file_is_refused_with_the_commit_that_was_looked_in(ada: Asker) -> None:
    for reply in (ada.head(at("nope")), ada.get(at("nope")), ada.get(at("a"))):
        assert (reply.status, reply.headers["x-error-code"]) == (404, "EntryNotFound")
        assert len(reply.headers["x-repo-commit"]) == 40


def test_a_missing_revision_is_told_from_a_missing_file(ada: Asker) -> None:
    reply = ada.head(at("w.bin", "nope"))
    assert (reply.status, reply.headers["x-error-code"]) == (404, "RevisionNotFound")


def test_files_of_data_sets_and_of_all_kinds_of_revisions_are_found(ada: Asker) -> None:
    assert ada.get("/datasets/ada/data/resolve/main/x.csv").body == b"1,2"
    assert ada.get("/ada/data/resolve/main/x.csv").status == 404
    assert ada.get(at("w.bin", "refs/heads/main")).body == LARGE
    assert ada.get(at("w.bin", ada.get(MODEL).json["sha"])).body == LARGE


def test_a_large_file_is_raw_the_pointer_to_it(ada: Asker) -> None:
    assert f"oid sha256:{SHA}".encode() in ada.get(at("w.bin", how="raw")).body
    assert ada.get(at("a/b c/ü; 1.txt", how="raw")).body == TEXT


def test_the_files_of_a_gated_repository_are_refused_and_its_description_is_not(bob: Asker) -> None:
    for path in ("resolve/main/config.json", "raw/main/config.json"):
        reply = bob.get(f"/ada/gated/{path}")
        assert (reply.status, reply.headers["x-error-code"]) == (403, "GatedRepo")
        assert "Access to model ada/gated is restricted" in reply.json["error"]
    assert bob.head("/ada/gated/resolve/main/config.json").status == 403
    assert bob.get("/api/models/ada/gated").json["gated"] == "manual"


def test_a_download_is_counted_once_for_each_load(ada: Asker) -> None:
    def downloads(name: str) -> int:
        time.sleep(1.3)  # they are written after a second
        count: int = ada.get(f"/api/models/ada/{name}?expand=downloads").json["downloads"]
        return count

    before = downloads("gated")
    ada.get("/ada/gated/resolve/main/config.json")
    ada.head("/ada/gated/resolve/main/config.json")
    ada.get("/ada/gated/resolve/main/.gitattributes")
    assert downloads("gated") == before + 1
    before = downloads("many")
    ada.get("/ada/many/resolve/main/d0/f0000.txt")  # without config.json, it is the first file that counts
    ada.get("/ada/many/resolve/main/d0/f0007.txt")
    ada.get("/ada/many/resolve/main/d0/f0000.txt", Range="bytes=1-")
    assert downloads("many") == before + 1


# -- listings


def test_a_folder_is_listed_and_entered_only_when_asked(ada: Asker) -> None:
    flat = {entry["path"]: entry for entry in ada.get(f"{MODEL}/tree/main").json}
    assert flat["a"]["type"] == "directory"
    assert flat["w.bin"]["lfs"]["oid"] == SHA
    assert flat["w.bin"]["size"] == flat["w.bin"]["lfs"]["size"] == len(LARGE)
    assert flat["empty"]["size"] == 0
    deep = [entry["path"] for entry in ada.get(f"{MODEL}/tree/main?recursive=true").json]
    assert "a/b c/ü; 1.txt" in deep
    assert "a/b c/ü; 1.txt" not in flat


def test_a_folder_is_named_with_its_slashes_encoded_or_not(ada: Asker) -> None:
    for path in ("a/b%20c", "a%2Fb%20c"):
        (entry,) = ada.get(f"{MODEL}/tree/main/{path}").json
        assert entry["oid"] == BLOB


def test_a_folder_that_is_not_there_is_refused_and_a_file_is_listed_alone(ada: Asker) -> None:
    reply = ada.get(f"{MODEL}/tree/main/nope")
    assert (reply.status, reply.headers["x-error-code"]) == (404, "EntryNotFound")
    assert [entry["path"] for entry in ada.get(f"{MODEL}/tree/main/w.bin").json] == ["w.bin"]


@pytest.mark.parametrize(("query", "pages"), [("?recursive=true", 2), ("?recursive=true&limit=500", 3)])
def test_pages_lead_to_each_other_and_miss_nothing(ada: Asker, query: str, pages: int) -> None:
    address, seen, count = f"/api/models/ada/many/tree/main{query}", [], 0
    while address:
        reply = ada.get(address)
        seen += [entry["path"] for entry in reply.json]
        count += 1
        link = reply.headers.get("link", "")
        assert not link or (link.startswith(f"<{ada.endpoint}/") and "recursive=true" in link)
        address = link.partition(">")[0].removeprefix("<")
    assert count == pages
    assert len(seen) == len(set(seen)) == 1200 + 7 + 1


def test_a_walk_through_pages_stays_in_the_commit_in_which_it_began(ada: Asker) -> None:
    ada.create("moving")
    ada.commit("ada/moving", *[added(f"f{n}", b"1") for n in range(5)])
    first = ada.get("/api/models/ada/moving/tree/main?limit=3")
    ada.commit("ada/moving", added("0", b"new"))
    second = ada.get(first.headers["link"].partition(">")[0].removeprefix("<"))
    assert [entry["path"] for entry in first.json + second.json] == [".gitattributes", *(f"f{n}" for n in range(5))]


@pytest.mark.parametrize("cursor", ["x", "Og==", "!!", "a" * 500])
def test_a_cursor_of_somebody_else_is_refused(ada: Asker, cursor: str) -> None:
    assert ada.get(f"{MODEL}/tree/main?cursor={cursor}").status == 400


def test_more_is_told_when_asked(ada: Asker) -> None:
    (entry,) = ada.get(f"{MODEL}/tree/main/w.bin?expand=true").json
    assert entry["lastCommit"]["title"] == "Change files"
    assert len(entry["lastCommit"]["id"]) == 40
    assert entry["securityFileStatus"]["status"] == "unscanned"
    assert "lastCommit" not in ada.get(f"{MODEL}/tree/main/w.bin").json[0]
    assert len(ada.get("/api/models/ada/many/tree/main?recursive=true&expand=true").json) == 100


def test_paths_are_described_by_form_and_by_json_and_missing_ones_left_out(ada: Asker) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = ada.ask("POST", f"{MODEL}/paths-info/main", b"paths=w.bin&paths=nope&paths=a&expand=True", form)
    assert [entry["path"] for entry in reply.json] == ["w.bin", "a"]
    assert reply.json[0]["lastCommit"]
    reply = ada.post(f"{MODEL}/paths-info/main", {"paths": ["w.bin", "nope"], "expand": False})
    assert [entry["path"] for entry in reply.json] == ["w.bin"]
    assert "lastCommit" not in reply.json[0]
    assert ada.post(f"{MODEL}/paths-info/main", {"paths": [1]}).status == 400
    assert ada.post(f"{MODEL}/paths-info/main", {"paths": ["x"] * 25_001}).status == 413
