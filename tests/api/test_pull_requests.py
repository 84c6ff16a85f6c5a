from __future__ import annotations

import pytest

from anyhub.api import CommitInfo, HfApi, RepoUrl
from anyhub.errors import ConflictError, PullRequestNotFoundError, ValidationError


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
    assert api.change_discussion_status(repo, 1, "closed").status == "closed"
    assert api.change_discussion_status(repo, 1, "open").status == "open"
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
    with pytest.raises(PullRequestNotFoundError, match="7"):
        api.get_discussion_details(repo, 7)
