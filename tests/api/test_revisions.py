from __future__ import annotations

import pytest

from anyhub.api import GitRefInfo, HfApi, RepoUrl
from anyhub.errors import ConflictError, InvalidRevisionError, RevisionExistsError, RevisionNotFoundError


def test_branches_and_tags_are_listed_by_what_users_call_them(api: HfApi, repo: RepoUrl) -> None:
    head = api.repo_info(repo).sha
    api.create_branch(repo, branch="dev/one")
    api.create_tag(repo, tag="v1.0", tag_message="The first")
    refs = api.list_repo_refs(repo)
    assert refs.branches == [
        GitRefInfo("dev/one", "refs/heads/dev/one", head),
        GitRefInfo("main", "refs/heads/main", head),
    ]
    assert refs.tags == [GitRefInfo("v1.0", "refs/tags/v1.0", head)]
    assert (refs.converts, refs.pull_requests) == ([], None)


def test_pull_requests_are_listed_when_asked_for(api: HfApi, repo: RepoUrl) -> None:
    info = api.upload_file(path_or_fileobj=b"1", path_in_repo="a", repo_id=repo, create_pr=True)
    refs = api.list_repo_refs(repo, include_pull_requests=True)
    assert refs.pull_requests == [GitRefInfo("1", "refs/pr/1", info.oid)]


def test_a_branch_begins_at_the_revision_that_is_named(api: HfApi, repo: RepoUrl) -> None:
    first = api.repo_info(repo).sha
    api.upload_file(path_or_fileobj=b"1", path_in_repo="a", repo_id=repo)
    api.create_branch(repo, branch="old", revision=first)
    assert not api.file_exists(repo, "a", revision="old")


@pytest.mark.parametrize("kind", ["branch", "tag"])
def test_a_name_is_given_once_unless_it_may_exist(api: HfApi, repo: RepoUrl, kind: str) -> None:
    create, name = getattr(api, f"create_{kind}"), {kind: "one"}
    first = api.repo_info(repo).sha
    create(repo, **name)
    api.upload_file(path_or_fileobj=b"1", path_in_repo="a", repo_id=repo)
    with pytest.raises(RevisionExistsError, match="one"):
        create(repo, **name)
    create(repo, **name, exist_ok=True)
    assert api.repo_info(repo, revision="one").sha == first


@pytest.mark.parametrize("kind", ["branch", "tag"])
def test_a_name_that_is_deleted_is_gone(api: HfApi, repo: RepoUrl, kind: str) -> None:
    getattr(api, f"create_{kind}")(repo, **{kind: "one"})
    assert api.revision_exists(repo, "one")
    getattr(api, f"delete_{kind}")(repo, **{kind: "one"})
    assert not api.revision_exists(repo, "one")
    with pytest.raises(RevisionNotFoundError):
        getattr(api, f"delete_{kind}")(repo, **{kind: "one"})


@pytest.mark.parametrize("name", ["", "a b", "../x", "refs/heads/x", "0" * 40])
def test_a_name_that_git_has_no_place_for_is_refused(api: HfApi, repo: RepoUrl, name: str) -> None:
    with pytest.raises(InvalidRevisionError):
        api.create_branch(repo, branch=name)
    with pytest.raises(InvalidRevisionError):
        api.create_tag(repo, tag=name)


def test_main_stays(api: HfApi, repo: RepoUrl) -> None:
    with pytest.raises(ConflictError, match="main"):
        api.delete_branch(repo, branch="main")


def test_a_revision_exists_under_each_of_its_names(api: HfApi, repo: RepoUrl) -> None:
    head = api.repo_info(repo).sha
    assert all(api.revision_exists(repo, name) for name in ("main", "refs/heads/main", head, head[:8]))
    assert not api.revision_exists(repo, "nain")
    assert not api.revision_exists("me/nothing", "main")
