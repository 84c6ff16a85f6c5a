"""Repositories over HTTP: created, described, settled, renamed, copied and deleted, as clients expect it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from asking import Asker, added

from anyhub.testing.server import running_hub

MODEL = "/api/models/ada/net"


@pytest.fixture
def ada() -> Iterator[Asker]:
    with running_hub() as hub:
        asker = Asker(hub.endpoint, hub.create_user("ada"))
        asker.create("net")
        yield asker


@pytest.fixture
def both() -> Iterator[tuple[Asker, Asker]]:
    with running_hub() as hub:
        ada, bob = (Asker(hub.endpoint, hub.create_user(name)) for name in ("ada", "bob"))
        ada.create("net", private=True)
        yield ada, bob


def test_a_repository_is_created_with_its_address(ada: Asker) -> None:
    reply = ada.create("other", type="dataset")
    assert reply.status == 200
    assert reply.json["url"] == f"{ada.endpoint}/datasets/ada/other"
    assert reply.json["name"] == "ada/other"


def test_a_taken_name_is_refused_with_the_address_to_go_on_with(ada: Asker) -> None:
    reply = ada.create("NET")
    assert reply.status == 409
    assert reply.json["url"] == f"{ada.endpoint}/ada/net"
    assert "another conflicting operation" not in reply.json["error"]


def test_nobody_creates_in_the_namespace_of_another(ada: Asker) -> None:
    assert ada.create("x", organization="bob").status == 403


@pytest.mark.parametrize("settings", [{"private": True}, {"visibility": "private"}])
def test_a_repository_is_private_when_asked_for_in_either_way(ada: Asker, settings: dict[str, object]) -> None:
    ada.create("hidden", **settings)
    assert ada.get("/api/models/ada/hidden").json["private"] is True
    assert ada.get(MODEL).json["private"] is False


def test_a_space_says_in_its_card_how_it_is_run(ada: Asker) -> None:
    assert ada.create("show", type="space", sdk="gradio").status == 200
    told = ada.get("/api/spaces/ada/show").json
    assert told["sdk"] == "gradio"
    assert "README.md" in [file["rfilename"] for file in told["siblings"]]


def test_an_unknown_kind_of_space_is_refused_before_anything_is_created(ada: Asker) -> None:
    assert ada.create("show", type="space", sdk="../x").status == 400
    assert ada.get("/api/spaces/ada/show").status == 404


def test_the_description_has_what_clients_read(ada: Asker) -> None:
    ada.commit("ada/net", added("README.md", b"---\nlicense: mit\npipeline_tag: fill-mask\n---\n"))
    told = ada.get(f"{MODEL}?blobs=true&securityStatus=true").json
    assert (told["id"], told["modelId"], told["author"]) == ("ada/net", "ada/net", "ada")
    assert len(told["sha"]) == 40
    assert told["createdAt"].endswith("Z")
    assert told["gated"] is False
    assert told["disabled"] is False
    assert told["cardData"] == {"license": "mit", "pipeline_tag": "fill-mask"}
    assert told["pipeline_tag"] == "fill-mask"
    assert "license:mit" in told["tags"]
    assert told["spaces"] == []
    assert told["securityRepoStatus"] == {"scansDone": False, "filesWithIssues": []}
    assert told["lastCommit"]["id"] == told["sha"]
    files = {file["rfilename"]: file for file in told["siblings"]}
    assert list(files) == [".gitattributes", "README.md"]
    assert files["README.md"]["size"] == 45
    assert len(files["README.md"]["blobId"]) == 40


def test_only_what_is_asked_for_is_told_and_unknown_names_do_no_harm(ada: Asker) -> None:
    for query in ("expand=likes&expand=xetEnabled", "expand[]=likes", "expand=likes,xetEnabled"):
        assert set(ada.get(f"{MODEL}?{query}").json) == {"_id", "id", "likes"}


def test_a_revision_is_described_with_its_own_files_and_card(ada: Asker) -> None:
    old = ada.commit("ada/net", added("README.md", b"---\nlicense: mit\n---\n")).json["commitOid"]
    ada.commit("ada/net", added("README.md", b"---\nlicense: apache-2.0\n---\n"), added("b", b""))
    told = ada.get(f"{MODEL}/revision/{old}").json
    assert told["sha"] == old
    assert told["cardData"] == {"license": "mit"}
    assert "b" not in [file["rfilename"] for file in told["siblings"]]


def test_a_revision_with_slashes_is_one_part_of_the_path(ada: Asker) -> None:
    ada.commit("ada/net", added("a", b"1"), query="?create_pr=1")
    assert ada.get(f"{MODEL}/revision/refs%2Fpr%2F1").status == 200


def test_an_unknown_revision_is_told_apart_from_an_unknown_repository(ada: Asker) -> None:
    reply = ada.get(f"{MODEL}/revision/nope")
    assert (reply.status, reply.headers["x-error-code"]) == (404, "RevisionNotFound")
    reply = ada.get("/api/models/ada/nope")
    assert (reply.status, reply.headers["x-error-code"]) == (404, "RepoNotFound")


def test_anonymous_callers_are_asked_to_log_in(ada: Asker) -> None:
    reply = Asker(ada.endpoint).get("/api/models/ada/nope")
    assert (reply.status, reply.headers["x-error-code"]) == (401, "RepoNotFound")


def test_a_private_repository_looks_like_one_that_is_not_there(both: tuple[Asker, Asker]) -> None:
    _, bob = both
    hidden, absent = bob.get(MODEL), bob.get("/api/models/ada/not")
    assert (hidden.status, hidden.json["type"]) == (absent.status, absent.json["type"])
    assert hidden.body.replace(b"ada/net", b"ada/not") == absent.body


def test_settings_change_only_what_is_named(ada: Asker) -> None:
    assert ada.ask("PUT", f"{MODEL}/settings", {"gated": "manual"}).json == {"private": False, "gated": "manual"}
    assert ada.ask("PUT", f"{MODEL}/settings", {"visibility": "private"}).json == {"private": True, "gated": "manual"}
    assert ada.ask("PUT", f"{MODEL}/settings", {"private": False}).json == {"private": False, "gated": "manual"}
    assert ada.ask("PUT", f"{MODEL}/settings", {"gated": False}).json == {"private": False, "gated": False}


@pytest.mark.parametrize("body", [{}, {"gated": "maybe"}, {"visibility": "secret"}, {"private": "yes"}])
def test_settings_that_mean_nothing_are_refused(ada: Asker, body: dict[str, object]) -> None:
    assert ada.ask("PUT", f"{MODEL}/settings", body).status == 400


def test_a_renamed_repository_is_found_by_both_names(ada: Asker) -> None:
    reply = ada.post("/api/repos/move", {"fromRepo": "ada/net", "toRepo": "ada/new", "type": "model"})
    assert reply.status == 200
    assert ada.get("/api/models/ada/new").json["id"] == "ada/new"
    old = ada.get(MODEL)
    assert (old.status, old.headers["location"]) == (307, "/api/models/ada/new")


def test_a_repository_is_not_moved_onto_another(ada: Asker) -> None:
    ada.create("two")
    reply = ada.post("/api/repos/move", {"fromRepo": "ada/two", "toRepo": "ada/net", "type": "model"})
    assert reply.status == 409
    assert reply.json["error"].startswith("A model repository called 'ada/net' already exists")


def test_a_copy_has_the_same_files_and_is_as_private(both: tuple[Asker, Asker]) -> None:
    ada, _ = both
    ada.commit("ada/net", added("a.txt", b"1"))
    reply = ada.post(f"{MODEL}/duplicate", {"repository": "ada/copy"})
    assert reply.json["url"] == f"{ada.endpoint}/ada/copy"
    told = ada.get("/api/models/ada/copy").json
    assert told["private"] is True
    assert "a.txt" in [file["rfilename"] for file in told["siblings"]]
    again = ada.post(f"{MODEL}/duplicate", {"repository": "ada/copy"})
    assert (again.status, again.json["url"]) == (409, f"{ada.endpoint}/ada/copy")


def test_a_deleted_repository_is_gone(ada: Asker) -> None:
    body = {"name": "net", "organization": "ada", "type": "model"}
    assert ada.ask("DELETE", "/api/repos/delete", body).status == 200
    reply = ada.ask("DELETE", "/api/repos/delete", body)
    assert (reply.status, reply.headers["x-error-code"]) == (404, "RepoNotFound")


def test_rights_are_told_ahead(both: tuple[Asker, Asker]) -> None:
    ada, bob = both
    assert (ada.get(f"{MODEL}/auth-check").status, ada.get(f"{MODEL}/auth-check/write").status) == (200, 200)
    assert (bob.get(f"{MODEL}/auth-check").status, bob.get(f"{MODEL}/auth-check/write").status) == (404, 404)
    ada.ask("PUT", f"{MODEL}/settings", {"visibility": "public", "gated": "auto"})
    head = ada.get(MODEL).json["sha"]
    assert bob.get(f"{MODEL}/compare/{head}..{head}").headers["x-error-code"] == "GatedRepo"
    reply = bob.get(f"{MODEL}/auth-check")
    assert (reply.status, reply.headers["x-error-code"]) == (403, "GatedRepo")
    assert bob.get(f"{MODEL}/auth-check/write").status == 403


def test_branches_are_created_and_deleted_with_the_sentences_that_clients_know(ada: Asker) -> None:
    assert ada.post(f"{MODEL}/branch/dev").status == 200
    again = ada.post(f"{MODEL}/branch/dev")
    assert (again.status, again.json["error"].split(".")[0]) == (409, "Reference refs/heads/dev already exists")
    unknown = ada.post(f"{MODEL}/branch/x", {"startingPoint": "nope"})
    assert (unknown.status, unknown.headers["x-error-code"]) == (404, "RevisionNotFound")
    assert "Invalid rev id" in unknown.json["error"]
    main = ada.ask("DELETE", f"{MODEL}/branch/main")
    assert (main.status, main.json["error"][:30]) == (409, "Cannot delete refs/heads/main:")
    assert ada.ask("DELETE", f"{MODEL}/branch/dev").status == 200
    assert ada.ask("DELETE", f"{MODEL}/branch/dev").status == 404


def test_tags_are_created_and_deleted(ada: Asker) -> None:
    assert ada.post(f"{MODEL}/tag/main", {"tag": "v1", "message": "first"}).status == 200
    assert ada.post(f"{MODEL}/tag/main", {"tag": "v1"}).status == 409
    assert ada.post(f"{MODEL}/tag/main", {"tag": "v 1"}).status == 400
    assert ada.ask("DELETE", f"{MODEL}/tag/v1").status == 200
    assert ada.ask("DELETE", f"{MODEL}/tag/v1").status == 404


def test_references_are_listed_by_their_kind(ada: Asker) -> None:
    ada.post(f"{MODEL}/branch/dev%2Fone")
    ada.post(f"{MODEL}/tag/main", {"tag": "v1"})
    ada.commit("ada/net", added("a", b"1"), query="?create_pr=1")
    told = ada.get(f"{MODEL}/refs").json
    assert [ref["name"] for ref in told["branches"]] == ["dev/one", "main"]
    assert [ref["ref"] for ref in told["tags"]] == ["refs/tags/v1"]
    assert "pullRequests" not in told
    told = ada.get(f"{MODEL}/refs?include_prs=1").json
    assert [ref["ref"] for ref in told["pullRequests"]] == ["refs/pr/1"]
    assert all(len(ref["targetCommit"]) == 40 for kind in told.values() for ref in kind)


def test_cards_are_checked_in_json_and_in_text(ada: Asker) -> None:
    good = ada.post("/api/validate-yaml", {"content": "---\nlicense: mit\n---\n", "repoType": "model"})
    assert (good.status, good.json) == (200, {"errors": [], "warnings": []})
    bad = ada.post("/api/validate-yaml", {"content": "---\nlicense: {}\n---\n", "repoType": "model"})
    assert bad.status == 400
    assert "'license'" in bad.json["errors"][0]["message"]
    text = ada.post("/api/validate-yaml", {"content": "---\nlicense: {}\n---\n"}, Accept="text/plain")
    assert (text.status, text.body[:9]) == (400, b"- Error: ")
    empty = ada.post("/api/validate-yaml", {"content": "no metadata"})
    assert (empty.status, len(empty.json["warnings"])) == (200, 1)
