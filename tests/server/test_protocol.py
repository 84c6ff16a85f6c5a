"""Rules that hold for the whole protocol, and calls that no other test of a part of it makes."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asking import Asker, added

from anyhub.testing.server import running_hub

MODEL = "/api/models/ada/net"


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Asker]]:
    """Two users and somebody without a token, at a hub with models of the first one."""
    with running_hub(tmp_path_factory.mktemp("hub")) as hub:
        ada, bob = (Asker(hub.endpoint, hub.create_user(name)) for name in ("ada", "bob"))
        ada.create("net")
        ada.commit("ada/net", added("config.json", b"{}"))
        ada.create("closed")
        ada.ask("PUT", "/api/models/ada/closed/settings", {"gated": "manual"})
        ada.commit("ada/closed", added("config.json", b"{}"))
        yield {"ada": ada, "bob": bob, "nobody": Asker(hub.endpoint)}


@pytest.fixture
def ada(people: dict[str, Asker]) -> Asker:
    return people["ada"]


REFUSED: list[tuple[str, str, str, Any, int]] = [
    ("nobody", "GET", "/api/whoami-v2", None, 401),
    ("nobody", "GET", "/api/models/foo", None, 401),
    ("bob", "GET", "/api/models/foo", None, 404),
    ("bob", "GET", "/foo/resolve/main/config.json", None, 404),
    ("bob", "HEAD", "/ada/none/resolve/main/config.json", None, 404),
    ("ada", "GET", "/ada/net/resolve/main/none.txt", None, 404),
    ("ada", "GET", "/ada/net/resolve/none/config.json", None, 404),
    ("bob", "GET", "/ada/closed/resolve/main/config.json", None, 403),
    ("bob", "GET", f"{MODEL}/auth-check/write", None, 403),
    ("ada", "POST", "/api/repos/create", {"name": "net"}, 409),
    ("ada", "POST", "/api/repos/create", {"name": "a", "type": "kernel"}, 501),
    ("ada", "POST", "/api/validate-yaml", {"content": "---\nlicense: 3\n---\n"}, 400),
    ("ada", "POST", "/api/validate-yaml", {"content": 3}, 400),
    ("ada", "DELETE", f"{MODEL}/branch/main", None, 409),
    ("ada", "POST", f"{MODEL}/branch/x", {"startingPoint": "none"}, 404),
    ("ada", "POST", f"{MODEL}/tag/main", {"tag": "a b"}, 400),
    ("ada", "GET", f"{MODEL}/xet-write-token/main", None, 501),
    ("ada", "GET", "/api/buckets/ada/b", None, 501),
    ("ada", "GET", "/api/nothing", None, 404),
    ("ada", "PATCH", MODEL, {}, 405),
]


@pytest.mark.parametrize(("who", "method", "path", "body", "status"), REFUSED)
def test_every_refusal_says_in_its_headers_what_it_is(
    people: dict[str, Asker], who: str, method: str, path: str, body: Any, status: int
) -> None:
    reply = people[who].ask(method, path, body)
    assert reply.status == status
    assert reply.headers["x-error-code"]
    assert reply.headers["x-error-message"]


def test_a_range_outside_of_a_file_is_refused_with_its_size(ada: Asker) -> None:
    reply = ada.get("/ada/net/resolve/main/config.json", Range="bytes=2-")
    assert reply.status == 416
    assert reply.headers["content-range"] == "bytes */2"
    assert "2 bytes" in reply.headers["x-error-message"]


def test_the_lines_of_a_card_that_is_wrong_say_what_to_mend(ada: Asker) -> None:
    reply = ada.post("/api/validate-yaml", {"content": "---\nlicense: 3\n---\n"}, Accept="text/plain")
    assert reply.status == 400
    assert reply.body.startswith(b"- Error: ")


def test_a_client_that_wants_to_send_by_xet_is_told_how_to_do_without(ada: Asker) -> None:
    reply = ada.get(f"{MODEL}/xet-write-token/main?create_pr=1")
    assert "HF_HUB_DISABLE_XET=1" in reply.headers["x-error-message"]


def test_a_tag_with_a_message_is_an_annotated_one(ada: Asker, tmp_path: Path) -> None:
    assert ada.post(f"{MODEL}/tag/main", {"tag": "v1", "message": "The first\n\nOf many."}).status == 200
    assert ada.post(f"{MODEL}/tag/main", {"tag": "plain"}).status == 200
    address = ada.endpoint.replace("http://", f"http://ada:{ada.token}@") + "/ada/net"

    def git(*words: str | Path) -> bytes:
        return subprocess.run(["git", *words], check=True, capture_output=True, timeout=60).stdout

    clone = tmp_path / "net"
    git("clone", "--quiet", "--bare", address, clone)
    shown = git("-C", clone, "for-each-ref", "--format=%(refname:short) %(objecttype)", "refs/tags")
    assert shown.splitlines() == [b"plain commit", b"v1 tag"]
    said = git("-C", clone, "cat-file", "tag", "v1")
    assert b"\ntagger ada <" in said
    assert said.endswith(b"\n\nThe first\n\nOf many.\n")
    git("-C", clone, "fsck", "--strict")
    assert ada.get(f"{MODEL}/revision/v1").json["sha"] == ada.get(MODEL).json["sha"]


def _gguf(context: int) -> bytes:
    def text(word: str) -> bytes:
        return struct.pack("<Q", len(word)) + word.encode()

    pairs = text("general.architecture") + struct.pack("<I", 8) + text("llama")
    pairs += text("llama.context_length") + struct.pack("<II", 4, context)
    tensor = text("w") + struct.pack("<IQQIQ", 2, 3, 5, 0, 0)
    return b"GGUF" + struct.pack("<IQQ", 3, 1, 2) + pairs + tensor + bytes(60)


def test_the_description_of_a_model_has_what_its_gguf_file_says(ada: Asker) -> None:
    ada.create("llama")
    ada.commit("ada/llama", added("model-q4.gguf", _gguf(2048)))
    said = {"total": 15, "architecture": "llama", "context_length": 2048}
    assert ada.get("/api/models/ada/llama").json["gguf"] == said
    assert ada.get("/api/models/ada/llama?expand=gguf").json["gguf"] == said
    assert [each["id"] for each in ada.get("/api/models?num_parameters=min:15,max:15").json] == ["ada/llama"]


def test_the_parts_of_a_gguf_file_are_counted_together(ada: Asker) -> None:
    ada.create("parts")
    names = [f"m-0000{number}-of-00002.gguf" for number in (1, 2)]
    ada.commit("ada/parts", *(added(name, _gguf(8)) for name in names), added("other.gguf", _gguf(8)))
    assert ada.get("/api/models/ada/parts").json["gguf"]["total"] == 30


def test_a_gguf_file_that_can_not_be_read_says_nothing(ada: Asker) -> None:
    ada.create("broken")
    assert ada.commit("ada/broken", added("m.gguf", _gguf(8)[:40])).status == 200
    assert "gguf" not in ada.get("/api/models/ada/broken").json


def test_the_address_in_the_refusal_of_a_gated_file_leads_to_how_access_is_asked_for(people: dict[str, Asker]) -> None:
    refusal = people["bob"].get("/ada/closed/resolve/main/config.json").headers["x-error-message"]
    address = refusal.partition("Visit ")[2].partition(" to ask for access.")[0]
    page = people["nobody"].get(address)
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/html")
    assert f'curl -X POST -H "Authorization: Bearer $HF_TOKEN" {address}' in page.body.decode()
    assert people["bob"].post(address).json == {"status": "pending"}


def test_the_page_for_asking_tells_nobody_what_there_is(people: dict[str, Asker]) -> None:
    there, not_there = (people["nobody"].get(f"/ada/{name}/ask-access").body for name in ("closed", "opened"))
    assert there.replace(b"closed", b"opened") == not_there
