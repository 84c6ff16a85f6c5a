"""Commits over HTTP: prepared, made, refused, listed, compared and squashed."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asking import Asker, Reply, added, deleted

from anyhub.hub.access.hub import GuardedHub
from anyhub.server.doors import commits
from anyhub.testing.server import running_hub
from anyhub.values import AddFile, Changes, Committed, RepoId

REPO = "ada/net"
MODEL = f"/api/models/{REPO}"


@pytest.fixture
def both() -> Iterator[tuple[Asker, Asker]]:
    with running_hub(max_inline_bytes=60_000_000) as hub:
        ada, bob = (Asker(hub.endpoint, hub.create_user(name)) for name in ("ada", "bob"))
        ada.create("net")
        yield ada, bob


@pytest.fixture
def ada(both: tuple[Asker, Asker]) -> Asker:
    return both[0]


def files(asker: Asker, revision: str = "main") -> set[str]:
    told = asker.get(f"{MODEL}/tree/{revision.replace('/', '%2F')}?recursive=true").json
    return {entry["path"] for entry in told if entry["type"] == "file"} - {".gitattributes"}


def preupload(asker: Asker, *given: tuple[str, int, bytes], **more: Any) -> Reply:
    told = [{"path": path, "size": size, "sample": base64.b64encode(sample).decode()} for path, size, sample in given]
    return asker.post(f"{MODEL}/preupload/main", {"files": told, **more})


# -- ahead of a commit


def test_each_file_is_told_how_to_come(ada: Asker) -> None:
    text = "é".encode() * 300
    told = preupload(
        ada,
        ("a.txt", 5, b"hello"),
        ("a.bin", 5, b"hello"),
        ("zeros", 5, b"\0\0\0\0\0"),
        ("huge.txt", 10_000_000, b"hello"),
        ("almost.txt", 9_999_999, b"hello"),
        ("cut.txt", 600, text[:511]),
        ("empty.bin", 0, b""),
        (".gitattributes", 20_000_000, b"x"),
    ).json["files"]
    assert {file["path"]: file["uploadMode"] for file in told} == {
        "a.txt": "regular",
        "a.bin": "lfs",
        "zeros": "lfs",
        "huge.txt": "lfs",
        "almost.txt": "regular",
        "cut.txt": "regular",
        "empty.bin": "regular",
        ".gitattributes": "regular",
    }
    assert not any(file["shouldIgnore"] for file in told)


def test_what_is_there_already_is_told_by_its_digest(ada: Asker) -> None:
    ada.commit(REPO, added("a.txt", b"hello"), added("a.bin", b"hello"))
    told = preupload(ada, ("a.txt", 5, b"hello"), ("a.bin", 5, b"hello"), ("new", 5, b"hello")).json["files"]
    assert [file.get("oid") for file in told] == [
        hashlib.sha1(b"blob 5\0hello").hexdigest(),
        hashlib.sha256(b"hello").hexdigest(),
        None,
    ]


def test_files_are_left_out_by_the_rules_sent_else_by_those_of_the_repository(ada: Asker) -> None:
    given = ("logs/x.log", 1, b"x"), ("a.tmp", 1, b"x"), ("keep.tmp", 1, b"x"), ("a.txt", 1, b"x")

    def left_out(**more: Any) -> list[str]:
        told = preupload(ada, *given, **more).json["files"]
        return [file["path"] for file in told if file["shouldIgnore"]]

    assert left_out() == []
    assert left_out(gitIgnore="logs/\n*.tmp\n!keep.tmp\n") == ["logs/x.log", "a.tmp"]
    ada.commit(REPO, added(".gitignore", b"*.txt\n"))
    assert left_out() == ["a.txt"]
    assert left_out(gitIgnore="logs/") == ["logs/x.log"]


def test_rules_that_would_take_long_to_match_say_nothing(ada: Asker) -> None:
    slow = "a*" * 60 + "b"
    told = preupload(ada, ("a" * 200, 1, b"x"), ("c", 1, b"x"), gitIgnore=f"{slow}\nc\n").json["files"]
    assert [file["shouldIgnore"] for file in told] == [False, True]


@pytest.mark.parametrize(
    "body", [{}, {"files": {}}, {"files": [1]}, {"files": [{"path": 1}]}, {"files": [{"path": "a", "sample": "§"}]}]
)
def test_a_question_that_is_malformed_is_refused(ada: Asker, body: dict[str, Any]) -> None:
    assert ada.post(f"{MODEL}/preupload/main", body).status == 400


# -- making commits


def test_a_commit_answers_with_what_was_made(ada: Asker) -> None:
    reply = ada.commit(REPO, added("a.txt", b"1"), description="Body.")
    told = reply.json
    assert (reply.status, told["success"], told["changed"], told["ref"]) == (200, True, True, "refs/heads/main")
    assert told["commitUrl"] == f"{ada.endpoint}/{REPO}/commit/{told['commitOid']}"
    assert told["pullRequestUrl"] is None
    assert told["hookOutput"] == ""
    assert told["commit"]["title"] == "Change files"
    assert told["commit"]["message"] == "Body."
    assert told["commit"]["authors"] == [{"user": "ada"}]
    assert len(told["commit"]["parents"]) == 1
    assert files(ada) == {"a.txt"}


def test_nothing_new_makes_no_commit(ada: Asker) -> None:
    first = ada.commit(REPO, added("a.txt", b"1")).json
    again = ada.commit(REPO, added("a.txt", b"1")).json
    assert (again["changed"], again["commitOid"]) == (False, first["commitOid"])


def test_many_files_come_in_one_request(ada: Asker) -> None:
    contents = {f"f{n}.txt": b"%d" % n * 9_000_000 for n in range(5)}
    assert ada.commit(REPO, *(added(path, data) for path, data in contents.items())).status == 200
    for path, data in contents.items():
        assert hashlib.sha256(ada.get(f"/{REPO}/resolve/main/{path}").body).digest() == hashlib.sha256(data).digest()


def test_files_beyond_what_memory_may_hold_wait_on_the_disk(ada: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting: dict[str, type] = {}
    commit = GuardedHub.commit

    def looked_at(hub: GuardedHub, repo: RepoId, changes: Changes, **rest: Any) -> Committed:
        waiting.update((change.path, type(change.source)) for change in changes if isinstance(change, AddFile))
        return commit(hub, repo, changes, **rest)

    monkeypatch.setattr(GuardedHub, "commit", looked_at)
    monkeypatch.setattr(commits, "IN_MEMORY_BYTES", 10)
    assert ada.commit(REPO, added("a", b"123456"), added("b", b"123456"), added("c", b"1234")).status == 200
    assert [issubclass(kind, Path) for kind in waiting.values()] == [False, True, False]
    assert ada.get(f"/{REPO}/resolve/main/b").body == b"123456"


def test_more_than_the_hub_takes_at_once_is_refused_and_changes_nothing(ada: Asker) -> None:
    reply = ada.commit(REPO, *(added(f"f{n}.txt", bytes(9_500_000)) for n in range(7)))
    assert (reply.status, "60,000,000 bytes together" in reply.json["error"]) == (413, True)
    reply = ada.commit(REPO, added("f.txt", bytes(10_000_001)))
    assert (reply.status, "10,000,000 bytes" in reply.json["error"]) == (413, True)
    assert files(ada) == set()


def test_a_stated_parent_has_to_be_where_the_branch_is(ada: Asker) -> None:
    head = ada.get(MODEL).json["sha"]
    assert ada.commit(REPO, added("a", b"1"), parentCommit=head[:7]).status == 200
    reply = ada.commit(REPO, added("a", b"2"), parentCommit=head)
    assert reply.status == 412
    assert reply.json["error"].startswith(
        "The branch was updated since you opened this page. Please refresh and try again."
    )


def test_a_base_is_what_the_caller_looked_at(ada: Asker) -> None:
    base = ada.commit(REPO, added("a", b"1"), added("b", b"1")).json["commitOid"]
    ada.commit(REPO, added("a", b"2"))
    assert ada.commit(REPO, added("b", b"2"), baseCommit=base).status == 200
    reply = ada.commit(REPO, added("a", b"3"), baseCommit=base)
    assert (reply.status, reply.json["type"], reply.json["details"]["paths"]) == (409, "EditConflict", ["a"])


@pytest.mark.parametrize("query", ["", "?create_pr=1"])
def test_commits_are_put_on_branches_only(ada: Asker, query: str) -> None:
    head = ada.get(MODEL).json["sha"]
    for onto in (head, "nope", "refs/pr/9"):
        reply = ada.commit(REPO, added("a", b"1"), onto=onto, query=query)
        assert (reply.status, reply.headers["x-error-code"]) == (404, "RevisionNotFound"), onto


def test_a_pull_request_is_opened_and_committed_to(ada: Asker) -> None:
    told = ada.commit(REPO, added("a", b"1"), query="?create_pr=1").json
    assert told["pullRequestUrl"] == f"{ada.endpoint}/{REPO}/discussions/1"
    assert told["ref"] == "refs/pr/1"
    assert ada.commit(REPO, added("b", b"1"), onto="refs/pr/1").status == 200
    assert files(ada, "refs/pr/1") == {"a", "b"}
    assert files(ada) == set()


def test_who_may_not_write_may_propose(both: tuple[Asker, Asker]) -> None:
    ada, bob = both
    assert bob.commit(REPO, added("a", b"1")).status == 403
    assert bob.commit(REPO, added("a", b"1"), query="?create_pr=1").status == 200
    assert Asker(ada.endpoint).commit(REPO, added("a", b"1"), query="?create_pr=1").status == 401
    assert files(ada) == set()


def test_files_and_folders_are_deleted_by_either_name(ada: Asker) -> None:
    ada.commit(REPO, *(added(path, b"1") for path in ("a/1", "a/2", "b/1", "c/1", "d")))
    deletions = [deleted("a"), ("deletedFolder", {"path": "b/"}), deleted("c/1")]
    assert ada.commit(REPO, *deletions).status == 200
    assert files(ada) == {"d"}


def test_a_missing_file_is_not_deleted(ada: Asker) -> None:
    reply = ada.commit(REPO, deleted("nope"), added("a", b"1"))
    assert (reply.status, reply.headers["x-error-code"]) == (404, "EntryNotFound")
    assert reply.json["error"].startswith("A file with this name doesn't exist")
    assert files(ada) == set()


def test_of_two_operations_on_one_path_the_later_counts(ada: Asker) -> None:
    ada.commit(REPO, added("a", b"old"))
    assert ada.commit(REPO, deleted("a"), added("a", b"1"), added("a", b"2")).status == 200
    assert ada.get(f"/{REPO}/resolve/main/a").body == b"2"


def test_a_copy_needs_no_size_of_a_large_file_and_no_content_of_any(ada: Asker) -> None:
    ada.commit(REPO, added("w.bin", b"\0\1"), added("a.txt", b"text"))
    copied = "lfsFile", {"path": "x.bin", "algo": "sha256", "oid": hashlib.sha256(b"\0\1").hexdigest()}
    assert ada.commit(REPO, copied, ("copyFile", {"path": "b.txt", "srcPath": "a.txt"})).status == 200
    assert ada.get(f"/{REPO}/resolve/main/x.bin").body == b"\0\1"
    assert ada.get(f"/{REPO}/resolve/main/b.txt").body == b"text"


def test_knowing_the_hash_of_a_large_file_of_another_repository_opens_nothing(both: tuple[Asker, Asker]) -> None:
    ada, bob = both
    ada.commit(REPO, added("w.bin", b"secret\0"))
    bob.create("mine")
    for size in ({}, {"size": 7}):
        stolen = "lfsFile", {"path": "w.bin", "algo": "sha256", "oid": hashlib.sha256(b"secret\0").hexdigest(), **size}
        assert bob.commit("bob/mine", stolen).status in (404, 400, 422), size


@pytest.mark.parametrize("path", ["../x", "..\\x", ".git/config", "a/../b", "/x", "a//b", "CON", "x\0", "\ud800"])
def test_a_path_that_some_machine_can_not_have_is_refused(ada: Asker, path: str) -> None:
    assert ada.commit(REPO, added(path, b"1")).status in (400, 422)
    assert files(ada) == set()


@pytest.mark.parametrize("body", [b"", b"x", b'{"key": "file", "value": {}}\n', b"[" * 100_000])
def test_a_payload_that_is_no_commit_is_refused(ada: Asker, body: bytes) -> None:
    assert ada.ask("POST", f"{MODEL}/commit/main", body).status == 400


def test_a_commit_without_a_title_is_refused(ada: Asker) -> None:
    assert ada.commit(REPO, added("a", b"1"), summary="").status == 400
    assert ada.commit(REPO, added("a", b"1"), summary="a\0b").status == 400
    assert files(ada) == set()


# -- looking back


def test_commits_are_listed_in_pages_with_their_count(ada: Asker) -> None:
    for number in range(4):
        ada.commit(REPO, added("a", b"%d" % number), summary=f"Number <{number}>")
    address, titles = f"{MODEL}/commits/main?limit=2&expand[]=formatted", []
    while address:
        reply = ada.get(address)
        assert reply.headers["x-total-count"] == "5"
        titles += [commit["title"] for commit in reply.json]
        address = reply.headers.get("link", "").partition(">")[0].removeprefix("<")
    assert titles == [*(f"Number <{number}>" for number in (3, 2, 1, 0)), "initial commit"]
    assert ada.get(f"{MODEL}/commits/main?expand[]=formatted").json[0]["formatted"]["title"] == "Number &lt;3&gt;"


def test_two_revisions_are_compared_as_git_does(ada: Asker) -> None:
    before = ada.commit(REPO, added("a.txt", b"one\n")).json["commitOid"]
    ada.post(f"{MODEL}/branch/dev")
    ada.commit(REPO, added("b.txt", b"two\n"), onto="dev")
    ada.commit(REPO, added("a.txt", b"three\n"))
    shown = ada.get(f"{MODEL}/compare/{before}..main").body.decode()
    assert "-one\n+three\n" in shown
    assert shown.startswith("diff --git a/a.txt b/a.txt\n")
    two, three = (ada.get(f"{MODEL}/compare/main{dots}dev").body.decode() for dots in ("..", "..."))
    assert "three" in two
    assert "three" not in three
    assert "+two" in three
    for wrong in ("main", "main..", "..main", "main..--output=x", "main..nope"):
        assert ada.get(f"{MODEL}/compare/{wrong}").status == 404, wrong


def test_a_branch_is_squashed(ada: Asker) -> None:
    ada.commit(REPO, added("a", b"1"))
    assert ada.post(f"{MODEL}/super-squash/main", {"message": "All of it"}).status == 200
    told = ada.get(f"{MODEL}/commits/main").json
    assert [commit["title"] for commit in told] == ["All of it"]
    assert files(ada) == {"a"}
    assert ada.post(f"{MODEL}/super-squash/nope", {"message": "x"}).status == 404
