"""Discussions and pull requests, as clients of the protocol speak of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from visitors import Place, Visitor

from anyhub.values import AddFile, RepoId

ALL = "/api/models/ada/net/discussions"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "hub")
    yield place
    place.close()


@pytest.fixture
def ada(place: Place) -> Visitor:
    return place.user("ada")


@pytest.fixture
def bob(place: Place) -> Visitor:
    return place.user("bob")


@pytest.fixture
def repo(place: Place, ada: Visitor) -> RepoId:
    repo = place.repo("ada/net")
    place.hub.commit(repo, [AddFile("a.txt", b"one\n")], message="Add a")
    return repo


@pytest.fixture
def pull_request(place: Place, repo: RepoId) -> int:
    """Propose a change of one line."""
    done = place.hub.commit(repo, [AddFile("a.txt", b"two\n")], message="Change a", pull_request=True)
    assert done.pull_request is not None
    return done.pull_request.number


@pytest.mark.usefixtures("repo")
def test_a_discussion_is_begun_and_shown_with_its_first_comment(bob: Visitor) -> None:
    begun = bob.post(ALL, {"title": "Why?", "description": "Tell me.", "pullRequest": False})
    shown = bob.get(f"{ALL}/{begun.json['num']}?diff=1").json

    assert begun.status == 200
    assert (shown["title"], shown["status"], shown["isPullRequest"]) == ("Why?", "open", False)
    assert shown["author"]["name"] == "bob"
    assert shown["repo"] == {"name": "ada/net", "type": "model"}
    assert shown["events"][0]["data"]["latest"]["raw"] == "Tell me."
    assert "diff" not in shown


@pytest.mark.usefixtures("repo")
def test_a_comment_is_added_edited_and_hidden(bob: Visitor) -> None:
    one = f"{ALL}/{bob.post(ALL, {'title': 'Why?'}).json['num']}"

    added = bob.post(f"{one}/comment", {"comment": "Hello"}).json["newMessage"]
    edited = bob.post(f"{one}/comment/{added['id'].upper()}/edit", {"content": "Bye"}).json["updatedComment"]
    hidden = bob.post(f"{one}/comment/{added['id']}/hide").json["updatedComment"]

    assert added["data"]["latest"]["raw"] == "Hello"
    assert (edited["data"]["edited"], edited["data"]["latest"]["raw"]) == (True, "Bye")
    assert len(edited["data"]["history"]) == 1
    assert (hidden["data"]["hidden"], hidden["data"]["hiddenBy"]) == (True, "bob")
    assert "Bye" not in bob.get(one).text


@pytest.mark.usefixtures("repo")
def test_a_discussion_is_renamed_closed_and_reopened(bob: Visitor) -> None:
    one = f"{ALL}/{bob.post(ALL, {'title': 'Why?'}).json['num']}"

    renamed = bob.post(f"{one}/title", {"title": "How?"}).json["newTitle"]
    closed = bob.post(f"{one}/status", {"status": "closed", "comment": "Done."}).json["newStatus"]

    assert renamed["data"] == {"from": "Why?", "to": "How?"}
    assert closed["data"] == {"status": "closed"}
    shown = bob.get(one).json
    assert (shown["title"], shown["status"]) == ("How?", "closed")
    assert "Done." in [event["data"].get("latest", {}).get("raw") for event in shown["events"]]
    assert bob.post(f"{one}/status", {"status": "closed"}).status == 409
    assert bob.post(f"{one}/status", {"status": "merged"}).status == 400
    assert bob.post(f"{one}/status", {"status": "open"}).json["newStatus"]["data"]["status"] == "open"


def test_a_pull_request_shows_what_it_changes_before_and_after_it_is_merged(
    ada: Visitor, place: Place, repo: RepoId, pull_request: int
) -> None:
    one = f"{ALL}/{pull_request}"
    before = ada.get(f"{one}?diff=1").json

    merged = ada.post(f"{one}/merge", {"comment": "Take it"})
    after = ada.get(f"{one}?diff=1").json

    assert "-one\n+two\n" in before["diff"]
    assert before["changes"] == {"base": "refs/heads/main", "mergeCommitId": None}
    assert before["filesWithConflicts"] == []
    assert merged.status == 200
    head = place.hub.resolve(repo, "main")
    assert (head.title, merged.json["commitOid"]) == ("Take it", head.oid)
    assert after["diff"] == before["diff"]
    assert (after["status"], after["changes"]["mergeCommitId"]) == ("merged", head.oid)
    assert ada.post(f"{one}/merge").status == 409


def test_a_pull_request_names_the_files_because_of_which_it_can_not_be_merged(
    ada: Visitor, place: Place, repo: RepoId, pull_request: int
) -> None:
    place.hub.commit(repo, [AddFile("a.txt", b"three\n")], message="Change a otherwise")

    assert ada.get(f"{ALL}/{pull_request}").json["filesWithConflicts"] == ["a.txt"]
    refused = ada.post(f"{ALL}/{pull_request}/merge")
    assert refused.status == 409
    assert "a.txt" in refused.json["error"]


def test_a_pull_request_begun_without_commits_is_a_draft_for_a_branch(ada: Visitor, repo: RepoId) -> None:
    begun = ada.post(ALL, {"title": "To come", "pullRequest": True}).json

    assert (begun["status"], begun["isPullRequest"], begun["targetBranch"]) == ("draft", True, "refs/heads/main")
    assert ada.get(f"{ALL}/{begun['num']}?diff=1").json["diff"] == ""


def test_a_difference_is_left_out_for_those_who_may_not_read_the_files(
    bob: Visitor, place: Place, repo: RepoId, pull_request: int
) -> None:
    assert "diff" in bob.get(f"{ALL}/{pull_request}?diff=1").json

    place.hub.set_gated(repo, "manual")

    shown = bob.get(f"{ALL}/{pull_request}?diff=1")
    assert shown.status == 200
    assert "diff" not in shown.json
    assert b"two" not in shown.body


@pytest.mark.usefixtures("repo")
def test_discussions_are_listed_by_type_status_and_author(ada: Visitor, bob: Visitor) -> None:
    bob.post(ALL, {"title": "first"})
    ada.post(ALL, {"title": "second", "pullRequest": True})
    bob.post(ALL, {"title": "third"})
    bob.post(f"{ALL}/3/status", {"status": "closed"})

    def titles(query: str) -> list[str]:
        return [each["title"] for each in ada.get(f"{ALL}?{query}").json["discussions"]]

    assert titles("") == ["third", "second", "first"]
    assert titles("type=pull_request") == ["second"]
    assert titles("type=discussion&status=open") == ["first"]
    assert titles("status=closed") == ["third"]
    assert titles("author=ADA") == ["second"]
    assert ada.get(f"{ALL}?status=open").json["numClosedDiscussions"] == 1
    assert ada.get(f"{ALL}?type=everything").status == 400


@pytest.mark.usefixtures("repo")
def test_discussions_come_in_numbered_pages(bob: Visitor, place: Place) -> None:
    for number in range(53):
        place.hub.open_discussion(place.hub.repo_id("ada/net"), f"number {number}")

    first, second, third = (bob.get(f"{ALL}?p={page}").json for page in range(3))

    assert [len(page["discussions"]) for page in (first, second, third)] == [50, 3, 0]
    assert [page["start"] for page in (first, second, third)] == [0, 50, 100]
    assert {page["count"] for page in (first, second, third)} == {53}


@pytest.mark.usefixtures("repo")
@pytest.mark.parametrize("number", ["99", "0", "x", "1e3", "9" * 40, "-1", "١"])
def test_a_discussion_that_is_not_there_is_not_found(bob: Visitor, number: str) -> None:
    from urllib.parse import quote

    assert bob.get(f"{ALL}/{quote(number)}").status == 404


@pytest.mark.usefixtures("repo")
def test_others_neither_edit_nor_close_nor_merge(place: Place, ada: Visitor, bob: Visitor, pull_request: int) -> None:
    event = ada.post(f"{ALL}/{pull_request}/comment", {"comment": "mine"}).json["newMessage"]["id"]

    assert bob.post(f"{ALL}/{pull_request}/comment/{event}/edit", {"content": "yours"}).status == 403
    assert bob.post(f"{ALL}/{pull_request}/merge").status == 403
    assert place.with_token("ada", "read").post(f"{ALL}/{pull_request}/comment", {"comment": "x"}).status == 403
    assert place.nobody.post(f"{ALL}/{pull_request}/comment", {"comment": "x"}).status == 401


@pytest.mark.parametrize("content", [{}, {"title": 7}, {"title": "x", "pullRequest": "yes"}, {"title": ""}, [1]])
@pytest.mark.usefixtures("repo")
def test_a_malformed_discussion_is_refused_with_a_sentence(ada: Visitor, content: object) -> None:
    refused = ada.post(ALL, content)

    assert refused.status == 400
    assert refused.json["error"].endswith(".")


def test_a_pull_request_for_a_branch_that_is_gone_is_still_shown(ada: Visitor, place: Place, repo: RepoId) -> None:
    place.hub.create_ref(repo, "refs/heads/dev", place.hub.resolve(repo).oid)
    begun = ada.post(ALL, {"title": "For dev", "pullRequest": True, "targetBranch": "refs/heads/dev"}).json
    place.hub.delete_ref(repo, "refs/heads/dev")

    shown = ada.get(f"{ALL}/{begun['num']}?diff=1")

    assert begun["targetBranch"] == "refs/heads/dev"
    assert shown.status == 200
    assert "diff" not in shown.json
    assert ada.post(f"{ALL}/{begun['num']}/merge").status in (404, 409)
