"""Discussions and pull requests on the hubs that keep them in a database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from anyhub.community import Discussion
from anyhub.errors import (
    ConflictError,
    DiscussionNotFoundError,
    NotFoundError,
    PullRequestNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
    TooLargeError,
    ValidationError,
)
from anyhub.hub.local import LocalHub
from anyhub.hub.memory import MemoryHub
from anyhub.hub.social import discussions
from anyhub.hub.stored import StoredHub
from anyhub.values import AddFile, RepoId, Signature


@pytest.fixture(params=["folder", "memory"])
def hub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoredHub]:
    if request.param == "memory":
        yield MemoryHub()
        return
    hub = LocalHub(tmp_path / "hub")
    yield hub
    hub.close()


@pytest.fixture
def ada(hub: StoredHub) -> StoredHub:
    return hub.acting_as(Signature("ada", "ada@example.org"))


@pytest.fixture
def bob(hub: StoredHub) -> StoredHub:
    return hub.acting_as(Signature("bob", "bob@example.org"))


@pytest.fixture
def repo(ada: StoredHub) -> RepoId:
    repo = RepoId("ada", "engine")
    ada.create(repo)
    return repo


def kinds(discussion: Discussion) -> list[str]:
    return [event.type for event in discussion.events]


# -- talking


def test_a_discussion_begins_with_what_its_author_says(ada: StoredHub, repo: RepoId) -> None:
    opened = ada.open_discussion(repo, " Which license? ", "I see *none*.")
    assert ada.discussion(repo, 1) == opened
    assert (opened.number, opened.title, opened.author, opened.status) == (1, "Which license?", "ada", "open")
    assert (opened.is_pull_request, opened.target, opened.comments) == (False, None, 1)
    (comment,) = opened.events
    assert (comment.type, comment.author, comment.content) == ("comment", "ada", "I see *none*.")
    assert re.fullmatch("[0-9a-f]{24}", comment.id)


def test_discussions_and_pull_requests_share_one_numbering(ada: StoredHub, repo: RepoId) -> None:
    ada.open_discussion(repo, "one")
    ada.open_pull_request(repo, "two")
    ada.commit(repo, [AddFile("a", b"1")], message="three", pull_request=True)
    other = RepoId("ada", "other")
    ada.create(other)
    assert ada.open_discussion(other, "first of another repository").number == 1
    listed = ada.discussions(repo)
    assert [(each.number, each.title, each.is_pull_request) for each in listed] == [
        (3, "three", True),
        (2, "two", True),
        (1, "one", False),
    ]
    assert all(each.events == () for each in listed)


def test_everybody_s_comments_are_kept_in_their_order(ada: StoredHub, bob: StoredHub, repo: RepoId) -> None:
    ada.open_discussion(repo, "Which license?", "Well?")
    said = bob.comment(repo, 1, "MIT.")
    ada.comment(repo, 1, "Thanks, “Bob” 👍")
    found = ada.discussion(repo, 1)
    assert [(each.author, each.content) for each in found.events] == [
        ("ada", "Well?"),
        ("bob", "MIT."),
        ("ada", "Thanks, “Bob” 👍"),
    ]
    assert found.events[1] == said
    assert found.comments == ada.discussions(repo)[0].comments == 3


def test_an_edited_comment_says_how_often_and_since_when(ada: StoredHub, repo: RepoId) -> None:
    first = ada.open_discussion(repo, "Which license?", "Wel?").events[0]
    ada.edit_comment(repo, 1, first.id, "Well??")
    edited = ada.edit_comment(repo, 1, first.id, "Well?")
    assert (edited.content, edited.edits, edited.author, edited.created_at) == ("Well?", 2, "ada", first.created_at)
    assert edited.edited_at is not None
    assert edited.edited_at >= first.created_at
    assert ada.discussion(repo, 1).events == (edited,)


def test_a_hidden_comment_is_gone_from_the_database(ada: StoredHub, bob: StoredHub, repo: RepoId) -> None:
    ada.open_discussion(repo, "Which license?")
    said = bob.comment(repo, 1, "something nobody should read")
    hidden = ada.hide_comment(repo, 1, said.id)
    assert (hidden.hidden, hidden.hidden_by, hidden.content, hidden.author) == (True, "ada", "", "bob")
    assert ada.discussion(repo, 1).events[1] == hidden
    assert "nobody should read" not in str(ada._database.query("SELECT * FROM events"))
    assert bob.hide_comment(repo, 1, said.id).hidden_by == "ada"
    with pytest.raises(ConflictError, match="hidden"):
        bob.edit_comment(repo, 1, said.id, "again")


def test_only_comments_of_the_discussion_are_edited(ada: StoredHub, repo: RepoId) -> None:
    elsewhere = ada.open_discussion(repo, "one", "here").events[0]
    ada.open_discussion(repo, "two", "there")
    renamed = ada.rename_discussion(repo, 2, "three")
    for event in (elsewhere.id, renamed.id, "", "%"):
        with pytest.raises(NotFoundError, match="no comment"):
            ada.edit_comment(repo, 2, event, "changed")
        with pytest.raises(NotFoundError, match="no comment"):
            ada.hide_comment(repo, 2, event)
    assert ada.discussion(repo, 1).events == (elsewhere,)


def test_a_renamed_discussion_tells_both_titles(ada: StoredHub, bob: StoredHub, repo: RepoId) -> None:
    ada.open_discussion(repo, "Which license?")
    event = bob.rename_discussion(repo, 1, "Which licence?")
    assert (event.type, event.author, event.old_title, event.new_title) == (
        "title-change",
        "bob",
        "Which license?",
        "Which licence?",
    )
    found = ada.discussion(repo, 1)
    assert (found.title, found.events[-1]) == ("Which licence?", event)


@pytest.mark.parametrize("title", ["", "  ", "two\nlines", "x" * 201, "bell\a"])
def test_a_title_is_one_line(ada: StoredHub, repo: RepoId, title: str) -> None:
    ada.open_discussion(repo, "fine")
    for begin in (ada.open_discussion, ada.open_pull_request):
        with pytest.raises(ValidationError, match="title"):
            begin(repo, title)
    with pytest.raises(ValidationError, match="title"):
        ada.rename_discussion(repo, 1, title)
    assert len(ada.discussions(repo)) == 1


def test_a_comment_has_limits(ada: StoredHub, repo: RepoId, monkeypatch: pytest.MonkeyPatch) -> None:
    ada.open_discussion(repo, "fine")
    with pytest.raises(ValidationError, match="empty"):
        ada.comment(repo, 1, " \n")
    with pytest.raises(TooLargeError, match="65536"):
        ada.comment(repo, 1, "x" * 65_537)
    for text in ("\0", "\ud800"):
        with pytest.raises(ValidationError, match="UTF-8"):
            ada.comment(repo, 1, text)
    monkeypatch.setattr(discussions, "MAX_EVENTS", 2)
    ada.comment(repo, 1, "the second")
    with pytest.raises(TooLargeError, match="takes no more"):
        ada.comment(repo, 1, "the third")
    with pytest.raises(TooLargeError, match="takes no more"):
        ada.rename_discussion(repo, 1, "other")
    assert len(ada.discussion(repo, 1).events) == 2
    monkeypatch.setattr(discussions, "MAX_DISCUSSIONS", 1)
    with pytest.raises(TooLargeError, match="takes no more"):
        ada.open_discussion(repo, "another")


def test_a_pull_request_that_is_full_of_talk_is_still_merged_or_closed(
    ada: StoredHub, bob: StoredHub, repo: RepoId, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        ada.commit(repo, [AddFile(name, b"1")], message=name, pull_request=True)
    monkeypatch.setattr(discussions, "MAX_EVENTS", 2)
    ada.commit(repo, [AddFile("a", b"2")], message="more", onto="refs/pr/1")
    ada.merge(repo, 1)
    ada.set_discussion_status(repo, 2, "closed")
    assert [each.status for each in ada.discussions(repo)] == ["closed", "merged"]
    with pytest.raises(TooLargeError, match="takes no more"):
        bob.set_discussion_status(repo, 2, "open")


@pytest.mark.parametrize("number", [0, -1, 7, 2**70])
def test_a_number_that_nobody_has_names_those_there_are(ada: StoredHub, repo: RepoId, number: int) -> None:
    with pytest.raises(DiscussionNotFoundError, match="none was opened yet"):
        ada.discussion(repo, number)
    ada.open_discussion(repo, "one")
    with pytest.raises(DiscussionNotFoundError, match="there are #1"):
        ada.comment(repo, number, "hello?")


def test_there_is_no_talking_about_what_is_not_there(ada: StoredHub) -> None:
    with pytest.raises(RepositoryNotFoundError):
        ada.open_discussion(RepoId("ada", "nowhere"), "hello?")


def test_deleting_a_repository_deletes_what_was_said(ada: StoredHub, repo: RepoId) -> None:
    ada.open_discussion(repo, "one", "text")
    ada.delete(repo)
    assert ada._database.query("SELECT count(*) FROM discussions, events") == [(0,)]


# -- closing


def test_a_discussion_is_closed_and_reopened_with_a_word(ada: StoredHub, bob: StoredHub, repo: RepoId) -> None:
    ada.open_discussion(repo, "Which license?")
    closed = bob.set_discussion_status(repo, 1, "closed", "It is MIT.")
    assert (closed.type, closed.status, closed.author) == ("status-change", "closed", "bob")
    found = ada.discussion(repo, 1)
    assert (found.status, kinds(found)) == ("closed", ["comment", "comment", "status-change"])
    with pytest.raises(ConflictError, match="closed already"):
        ada.set_discussion_status(repo, 1, "closed", "again")
    assert ada.set_discussion_status(repo, 1, "open").status == "open"
    assert len(ada.discussion(repo, 1).events) == 4


@pytest.mark.parametrize("status", ["merged", "draft", "ajar"])
def test_no_other_status_is_given_by_hand(ada: StoredHub, repo: RepoId, status: str) -> None:
    ada.open_pull_request(repo, "one")
    with pytest.raises(ValidationError, match="'open' or 'closed'"):
        ada.set_discussion_status(repo, 1, status)  # type: ignore[arg-type]


# -- pull requests


def test_a_draft_begins_where_its_branch_is(ada: StoredHub, repo: RepoId) -> None:
    main = ada.resolve(repo, "main")
    ada.create_ref(repo, "refs/heads/dev", main.oid)
    dev = ada.commit(repo, [AddFile("a", b"1")], message="on dev", onto="dev").commit
    opened = ada.open_pull_request(repo, "Add b", "It is needed.", target="refs/heads/dev")
    assert (opened.status, opened.is_pull_request, opened.target) == ("draft", True, "refs/heads/dev")
    assert ada.resolve(repo, "refs/pr/1") == dev


@pytest.mark.parametrize("target", ["refs/heads/nowhere", "refs/pr/1", "refs/tags/v1"])
def test_a_pull_request_is_for_a_branch_that_is_there(ada: StoredHub, repo: RepoId, target: str) -> None:
    ada.open_pull_request(repo, "one")
    ada.create_ref(repo, "refs/tags/v1", ada.resolve(repo).oid)
    with pytest.raises((RevisionNotFoundError, ValidationError)):
        ada.open_pull_request(repo, "two", target=target)
    assert len(ada.discussions(repo)) == 1


def test_a_draft_takes_commits_and_is_merged_once_it_is_open(ada: StoredHub, bob: StoredHub, repo: RepoId) -> None:
    bob.open_pull_request(repo, "Add a")
    proposed = bob.commit(repo, [AddFile("a", b"1")], message="Add the file", onto="refs/pr/1").commit
    with pytest.raises(ConflictError, match=r"draft.*'open'"):
        ada.merge(repo, 1)
    ada.set_discussion_status(repo, 1, "open")
    done = ada.merge(repo, 1)
    assert done.commit.parents[1] == proposed.oid
    found = ada.discussion(repo, 1)
    assert (found.status, found.merge_commit) == ("merged", done.commit.oid)
    commit, opened, merged = found.events[1:]
    assert (commit.type, commit.oid, commit.subject, commit.author) == ("commit", proposed.oid, "Add the file", "bob")
    assert (opened.status, merged.status, merged.author) == ("open", "merged", "ada")


def test_a_pull_request_with_its_commits_is_open_at_once(bob: StoredHub, repo: RepoId) -> None:
    done = bob.commit(repo, [AddFile("a", b"1")], message="Add a", description="It is needed.", pull_request=True)
    found = bob.discussion(repo, 1)
    assert (found.status, found.author, found.target, found.title) == ("open", "bob", "refs/heads/main", "Add a")
    assert found.events[0].content == "It is needed."
    assert [event.oid for event in found.events if event.type == "commit"] == [done.commit.oid]


def test_what_is_closed_or_merged_takes_no_commits(ada: StoredHub, repo: RepoId) -> None:
    ada.commit(repo, [AddFile("a", b"1")], message="Add a", pull_request=True)
    ada.set_discussion_status(repo, 1, "closed")
    for attempt in (
        lambda: ada.commit(repo, [AddFile("b", b"2")], message="b", onto="refs/pr/1"),
        lambda: ada.merge(repo, 1),
    ):
        with pytest.raises(ConflictError, match="Reopen it"):
            attempt()
    ada.set_discussion_status(repo, 1, "open")
    ada.merge(repo, 1)
    with pytest.raises(ConflictError, match="merged"):
        ada.commit(repo, [AddFile("b", b"2")], message="b", onto="refs/pr/1")
    with pytest.raises(ConflictError, match="was merged"):
        ada.set_discussion_status(repo, 1, "closed")


def test_a_discussion_without_commits_can_not_be_merged(ada: StoredHub, repo: RepoId) -> None:
    ada.open_discussion(repo, "one")
    with pytest.raises(PullRequestNotFoundError, match="#1 is a discussion without commits"):
        ada.merge(repo, 1)


def test_a_commit_title_of_any_length_opens_a_pull_request(ada: StoredHub, repo: RepoId) -> None:
    ada.commit(repo, [AddFile("a", b"1")], message="x" * 500, description="y" * 70_000, pull_request=True)
    found = ada.discussion(repo, 1)
    assert (len(found.title), len(found.events[0].content)) == (200, 65_536)
