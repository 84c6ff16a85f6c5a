"""What the server spells, the client reads back; and what is not the answer of a hub is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from anyhub.errors import CorruptFileError
from anyhub.values import Commit, Committed, Entry, Ref, RepoFacts, RepoId, RepoInfo
from anyhub.wire.bodies import commits, entries, refs, repos

OID = "0123456789abcdef0123456789abcdef01234567"
SHA = "ab" * 32
DATE = datetime(2026, 1, 31, 12, 30, 15, 250_000, tzinfo=UTC)
COMMIT = Commit(OID, OID[::-1], (OID,), "Add weights", "As promised.\nAnd more.", "ada", DATE)
ENTRIES = [
    Entry("README.md", OID, 12, commit=OID),
    Entry("a b/ü.bin", OID, 10**12, SHA, pointer_size=134, commit=OID),
    Entry("a b", OID, is_folder=True, commit=OID),
]
INFO = RepoInfo(
    RepoId("ada", "net", "model"),
    True,
    DATE,
    DATE,
    OID,
    storage=5,
    id="6e0f",
    creator="ada",
    gated="manual",
    likes=3,
    downloads=4,
    facts=RepoFacts(
        card={"license": "mit", "base_model": "ada/base"},
        tags=("mit", "base_model:ada/base", "base_model:finetune:ada/base"),
        pipeline_tag="text-generation",
        library_name="pytorch",
        config={"model_type": "bert"},
        parameters={"F32": 1000, "I8": 2},
    ),
)


def sent(value: Any) -> Any:
    return json.loads(json.dumps(value))


def test_a_commit_is_read_back_as_it_was() -> None:
    assert commits.read_commit(sent(commits.spell_commit(COMMIT))) == COMMIT


def test_a_commit_of_another_hub_needs_no_tree() -> None:
    told = commits.spell_commit(COMMIT)
    del told["tree"], told["parents"]
    assert commits.read_commit(told) == Commit(OID, "", (), COMMIT.title, COMMIT.body, "ada", DATE)


def test_a_commits_message_in_html_is_harmless() -> None:
    hostile = Commit(OID, OID, (), "<script>", "a\n<b>", "ada", DATE)
    assert commits.spell_commit(hostile, formatted=True)["formatted"] == {
        "title": "&lt;script&gt;",
        "message": "a<br>&lt;b&gt;",
    }


@pytest.mark.parametrize("changed", [True, False])
def test_what_a_commit_did_is_read_back(changed: bool) -> None:
    done = Committed(COMMIT, "refs/heads/dev", changed)
    told = sent(commits.spell_committed(done, "http://hub/ada/net/commit/" + OID, None))
    assert commits.read_committed(told, "refs/heads/main") == done
    assert commits.committed_oid(told) == OID
    assert commits.pull_request_number(told) is None


def test_the_number_of_a_pull_request_is_read_from_its_address() -> None:
    told = {"commitOid": OID, "pullRequestUrl": "https://hub/ada/net/discussions/17"}
    assert commits.pull_request_number(told) == 17
    assert commits.read_committed(told, "refs/heads/main", commit=COMMIT).ref == "refs/pr/17"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.path)
def test_an_entry_is_read_back_as_it_was(entry: Entry) -> None:
    back = entries.read_entry(sent(entries.spell_entry(entry, COMMIT, expand=True)), OID)
    assert (back, back.commit) == (entry, OID)


@pytest.mark.parametrize("entry", ENTRIES[:2], ids=lambda entry: entry.path)
def test_a_sibling_is_read_back_as_it_was(entry: Entry) -> None:
    back = entries.read_sibling(sent(entries.spell_sibling(entry, blobs=True)), OID)
    assert (back, back.commit) == (entry, OID)


def test_references_are_read_back_as_they_were() -> None:
    all_refs = [Ref("refs/heads/main", OID), Ref("refs/pr/1", OID), Ref("refs/tags/v1", OID)]
    assert refs.read_refs(sent(refs.spell_refs(all_refs, pull_requests=True))) == all_refs
    assert refs.read_refs(sent(refs.spell_refs(all_refs, pull_requests=False))) == [all_refs[0], all_refs[2]]


@pytest.mark.parametrize("gated", [None, "auto", "manual"])
def test_a_repository_is_read_back_as_it_was(gated: Any) -> None:
    from dataclasses import replace

    info = replace(INFO, gated=gated)
    assert repos.read_info(sent(repos.spell_info(info)), "model") == info


def test_only_what_is_asked_for_is_told() -> None:
    told = repos.spell_info(INFO, at=COMMIT, entries=ENTRIES, blobs=True)
    assert [file["rfilename"] for file in told["siblings"]] == ["README.md", "a b/ü.bin"]
    assert told["baseModels"] == ["ada/base"]
    assert repos.narrowed(told, ["sha", "unheardOf"]) == {"_id": "6e0f", "id": "ada/net", "sha": OID}


def test_a_card_becomes_plain_values() -> None:
    assert repos.plain({1: float("nan"), "d": DATE, "l": (1, None)}) == {"1": None, "d": str(DATE), "l": [1, None]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "file", "path": "a", "oid": "../../etc/passwd", "size": 1},
        {"type": "file", "path": "a", "oid": OID, "size": -1},
        {"type": "file", "path": "a", "oid": OID, "size": "1"},
        {"type": "file", "path": 3, "oid": OID, "size": 1},
        {"type": "file", "path": "a", "oid": OID, "size": 1, "lfs": {"oid": "AB" * 32, "size": 1}},
        {"path": "a"},
    ],
)
def test_what_is_not_an_entry_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(CorruptFileError):
        entries.read_entry(wrong)


@pytest.mark.parametrize("name", ["", "net", "../net/x", "a/b\n", "a/"])
def test_what_is_not_a_repositorys_id_is_refused(name: str) -> None:
    told = repos.spell_info(INFO) | {"id": name}
    if name == "net":  # the public hub has a few without a namespace
        assert repos.read_info(told, "model").repo == RepoId("", "net")
        return
    with pytest.raises(CorruptFileError):
        repos.read_info(told, "model")
