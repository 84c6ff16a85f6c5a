from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from anyhub.api import CommitInfo, DiscussionComment, DiscussionCommit, HfApi, RepoUrl
from anyhub.errors import (
    ConflictError,
    DiscussionNotFoundError,
    EditConflictError,
    PullRequestNotFoundError,
    ValidationError,
)
from anyhub.hub.local import LocalHub


@pytest.fixture
def proposed(api: HfApi, repo: RepoUrl) -> CommitInfo:
    return api.upload_file(
        path_or_fileobj=b"1",
        path_in_repo="a",
        repo_id=repo,
        commit_message="Add a",
        commit_description="It is needed.",
        create_pr=True,
    )


def test_a_proposed_commit_leaves_the_branch_as_it_is(api: HfApi, repo: RepoUrl, proposed: CommitInfo) -> None:
    assert (proposed.pr_num, proposed.pr_revision) == (1, "refs/pr/1")
    assert proposed.pr_url == f"{repo.url}/discussions/1"
    assert not api.file_exists(repo, "a")
    assert api.file_exists(repo, "a", revision="refs/pr/1")


def test_a_pull_request_tells_what_it_is(api: HfApi, repo: RepoUrl, proposed: CommitInfo) -> None:
    found = api.get_discussion_details(repo, 1)
    assert (found.title, found.description, found.status, found.num) == ("Add a", "It is needed.", "open", 1)
    assert (found.repo_id, found.repo_type, found.author) == ("me/x", "model", "username")
    assert (found.is_pull_request, found.git_reference, found.url) == (True, "refs/pr/1", proposed.pr_url)
    assert (found.target_branch, found.merge_commit_oid) == ("refs/heads/main", None)


def test_merging_brings_the_changes_to_the_branch(api: HfApi, repo: RepoUrl, proposed: CommitInfo) -> None:
    merged = api.merge_pull_request(repo, 1, comment="Take it")
    newest = api.list_repo_commits(repo)[0]
    assert (merged.status, merged.merge_commit_oid, newest.title) == ("merged", newest.commit_id, "Take it")
    assert api.file_exists(repo, "a")
    with pytest.raises(ConflictError, match="merged"):
        api.merge_pull_request(repo, 1)


def test_a_pull_request_gets_more_commits_by_its_revision(api: HfApi, repo: RepoUrl, proposed: CommitInfo) -> None:
    api.upload_file(path_or_fileobj=b"2", path_in_repo="b", repo_id=repo, revision="refs/pr/1")
    assert not api.file_exists(repo, "b")
    api.merge_pull_request(repo, 1)
    assert api.file_exists(repo, "b")


def test_a_closed_one_may_be_reopened(api: HfApi, repo: RepoUrl, proposed: CommitInfo) -> None:
    assert api.change_discussion_status(repo, 1, "closed", comment="Not now").new_status == "closed"
    assert api.get_discussion_details(repo, 1).status == "closed"
    assert api.change_discussion_status(repo, 1, "open").new_status == "open"
    assert api.get_discussion_details(repo, 1).status == "open"
    with pytest.raises(ValidationError, match="ajar"):
        api.change_discussion_status(repo, 1, "ajar")  # type: ignore[arg-type]


def test_they_are_listed_newest_first_and_by_status_author_and_kind(
    api: HfApi, repo: RepoUrl, proposed: CommitInfo
) -> None:
    api.upload_file(path_or_fileobj=b"2", path_in_repo="b", repo_id=repo, create_pr=True)
    api.change_discussion_status(repo, 1, "closed")

    def numbers(**query: str) -> list[int]:
        return [each.num for each in api.get_repo_discussions(repo, **query)]  # type: ignore[arg-type]

    assert numbers() == numbers(discussion_status="all", discussion_type="pull_request") == [2, 1]
    assert (numbers(discussion_status="open"), numbers(discussion_status="closed")) == ([2], [1])
    assert (numbers(author="username"), numbers(author="nobody")) == ([2, 1], [])
    assert numbers(discussion_type="discussion") == []


def test_a_number_that_nobody_has_is_refused(api: HfApi, repo: RepoUrl) -> None:
    with pytest.raises(DiscussionNotFoundError, match="7"):
        api.get_discussion_details(repo, 7)
    with pytest.raises(PullRequestNotFoundError, match="7"):
        api.merge_pull_request(repo, 7)
    for number in (0, -1, "1"):
        with pytest.raises(ValidationError, match="whole number"):
            api.get_discussion_details(repo, number)  # type: ignore[arg-type]


def test_a_pull_request_without_commits_is_a_draft_until_it_is_opened(api: HfApi, repo: RepoUrl) -> None:
    draft = api.create_pull_request(repo, "Add a", description="It is needed.")
    assert (draft.status, draft.git_reference, draft.description) == ("draft", "refs/pr/1", "It is needed.")
    api.upload_file(path_or_fileobj=b"1", path_in_repo="a", repo_id=repo, revision="refs/pr/1")
    with pytest.raises(ConflictError, match="change_discussion_status"):
        api.merge_pull_request(repo, 1)
    api.change_discussion_status(repo, 1, "open")
    assert api.merge_pull_request(repo, 1).status == "merged"
    assert api.file_exists(repo, "a")


def test_what_a_pull_request_changes_is_what_git_says(api: HfApi, repo: RepoUrl, tmp_path: Path) -> None:
    large = b"\0weights" * 10
    lines = "".join(f"line {number}\n" for number in range(30))
    for name, content in {"a": lines.encode(), "gone": b"old\n", "cut": b"no end"}.items():
        api.upload_file(path_or_fileobj=content, path_in_repo=name, repo_id=repo)
    api.create_pull_request(repo, "Change them")
    changes = {"a": lines.replace("line 15", "line fifteen").encode(), "new/b": b"x\n", "cut": b"no end yet"}
    for name, content in {**changes, "model.bin": large}.items():
        api.upload_file(path_or_fileobj=content, path_in_repo=name, repo_id=repo, revision="refs/pr/1")
    api.delete_file("gone", repo, revision="refs/pr/1")
    api.upload_file(path_or_fileobj=b"on main", path_in_repo="elsewhere", repo_id=repo)
    found = api.get_discussion_details(repo, 1)
    base = api.list_repo_commits(repo)[1].commit_id
    hub = LocalHub(tmp_path / "hub")
    with hub.git_dir(hub.repo_id("me/x")) as git_dir:
        command = ["git", "-C", git_dir, "diff", "--full-index", "--no-renames", base, "refs/pr/1"]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    expected = re.sub(r"(?m)^(@@ .* @@).*$", r"\1", told)  # git adds the heading that it takes a hunk to be below
    assert found.diff == expected
    assert found.conflicting_files == []
    api.change_discussion_status(repo, 1, "open")
    assert api.merge_pull_request(repo, 1).diff == expected, "it is still told when it was merged"


def test_files_that_both_sides_changed_are_conflicts(api: HfApi, repo: RepoUrl) -> None:
    for name in ("same", "mine", "both"):
        api.upload_file(path_or_fileobj=b"0", path_in_repo=name, repo_id=repo)
    api.create_pull_request(repo, "Change them")
    for revision, content in (
        ("refs/pr/1", {"both": b"1", "mine": b"1", "same": b"2"}),
        ("main", {"both": b"3", "same": b"2"}),
    ):
        for name, data in content.items():
            api.upload_file(path_or_fileobj=data, path_in_repo=name, repo_id=repo, revision=revision)
    api.change_discussion_status(repo, 1, "open")
    assert api.get_discussion_details(repo, 1).conflicting_files == ["both"]
    with pytest.raises(EditConflictError, match="both"):
        api.merge_pull_request(repo, 1)


def test_a_discussion_is_talked_in_by_its_number(api: HfApi, repo: RepoUrl) -> None:
    opened = api.create_discussion(repo, "Which license?", description="I see none.")
    assert (opened.num, opened.is_pull_request, opened.git_reference) == (1, False, None)
    assert (opened.target_branch, opened.diff, opened.conflicting_files) == (None, None, None)
    said = api.comment_discussion(repo, 1, "MIT")
    assert isinstance(said, DiscussionComment)
    edited = api.edit_discussion_comment(repo, 1, said.id, "MIT!")
    assert (edited.content, edited.edited, edited.number_of_edits, edited.hidden) == ("MIT!", True, 1, False)
    hidden = api.hide_discussion_comment(repo, 1, opened.events[0].id)
    assert (hidden.hidden, hidden.content) == (True, "")
    renamed = api.rename_discussion(repo, 1, "Which licence?")
    assert (renamed.old_title, renamed.new_title) == ("Which license?", "Which licence?")
    closed = api.change_discussion_status(repo, 1, "closed", comment="Thanks")
    found = api.get_discussion_details(repo, 1)
    assert (found.title, found.status, found.description) == ("Which licence?", "closed", "")
    assert [type(event).__name__ for event in found.events] == [
        "DiscussionComment",
        "DiscussionComment",
        "DiscussionTitleChange",
        "DiscussionComment",
        "DiscussionStatusChange",
    ]
    assert found.events[1:3] == [edited, renamed]
    assert found.events[-1] == closed


def test_discussions_and_pull_requests_are_told_apart(api: HfApi, repo: RepoUrl, proposed: CommitInfo) -> None:
    api.create_discussion(repo, "Which license?")
    kinds = {
        kind: [each.num for each in api.get_repo_discussions(repo, discussion_type=kind)]  # type: ignore[arg-type]
        for kind in ("discussion", "pull_request", "all", None)
    }
    assert kinds == {"discussion": [2], "pull_request": [1], "all": [2, 1], None: [2, 1]}
    commit = next(event for event in api.get_discussion_details(repo, 1).events if isinstance(event, DiscussionCommit))
    assert (commit.summary, commit.oid) == ("Add a", proposed.oid)
