from __future__ import annotations

import pytest

from anyhub.api import BlobLfsInfo, CommitOperationAdd, HfApi, RepoFile, RepoFolder, RepoUrl
from anyhub.errors import EntryNotFoundError

WEIGHTS = bytes(1000)


@pytest.fixture
def first(api: HfApi, repo: RepoUrl) -> str:
    adds = [CommitOperationAdd("data/a.txt", b"a"), CommitOperationAdd("model.safetensors", WEIGHTS)]
    return api.create_commit(repo, adds, commit_message="First").oid


def test_a_folder_is_listed_with_what_is_directly_in_it(api: HfApi, repo: RepoUrl, first: str) -> None:
    listed = {each.path: each for each in api.list_repo_tree(repo)}
    assert list(listed) == [".gitattributes", "data", "model.safetensors"]
    assert isinstance(listed["data"], RepoFolder)
    assert [each.path for each in api.list_repo_tree(repo, "data")] == ["data/a.txt"]
    assert [each.path for each in api.list_repo_tree(repo, recursive=True)][1:3] == ["data", "data/a.txt"]


def test_a_file_tells_its_size_and_digests(api: HfApi, repo: RepoUrl, first: str) -> None:
    small, large = api.get_paths_info(repo, ["data/a.txt", "model.safetensors"])
    assert small == RepoFile("data/a.txt", 1, "2e65efe2a145dda7ee51d1741299f848e5bf752e")
    assert isinstance(large, RepoFile)
    assert large.size == 1000
    sha256 = "541b3e9daa09b20bf85fa273e5cbd3e80185aa4ec298e765db87742b70138a53"
    assert large.lfs == BlobLfsInfo(1000, sha256, large.lfs.pointer_size if large.lfs else 0)
    assert 100 < large.lfs.pointer_size < 200


def test_paths_at_which_nothing_is_are_left_out(api: HfApi, repo: RepoUrl, first: str) -> None:
    assert [each.path for each in api.get_paths_info(repo, ["nothing", "data"])] == ["data"]
    assert [each.path for each in api.get_paths_info(repo, "data/a.txt")] == ["data/a.txt"]


@pytest.mark.parametrize("path", ["data/a.txt", "model.safetensors"])
def test_a_file_is_listed_by_itself(api: HfApi, repo: RepoUrl, first: str, path: str) -> None:
    assert list(api.list_repo_tree(repo, path)) == api.get_paths_info(repo, path)


def test_a_folder_that_is_not_there_is_named_with_the_nearest(api: HfApi, repo: RepoUrl, first: str) -> None:
    with pytest.raises(EntryNotFoundError, match=r"'dat'.*'data'"):
        list(api.list_repo_tree(repo, "dat"))


def test_each_file_tells_the_commit_that_last_changed_it(api: HfApi, repo: RepoUrl, first: str) -> None:
    initial = api.list_repo_commits(repo)[-1].commit_id
    second = api.upload_file(path_or_fileobj=b"b", path_in_repo="data/b.txt", repo_id=repo).oid
    told = {each.path: each.last_commit for each in api.list_repo_tree(repo, recursive=True, expand=True)}
    assert {path: commit.oid for path, commit in told.items() if commit} == {
        ".gitattributes": initial,
        "data": second,
        "data/a.txt": first,
        "data/b.txt": second,
        "model.safetensors": first,
    }
    assert all(commit is not None and commit.title for commit in told.values())


def test_what_came_by_a_merge_was_changed_by_the_merge(api: HfApi, repo: RepoUrl, first: str) -> None:
    api.upload_file(path_or_fileobj=b"b", path_in_repo="b.txt", repo_id=repo, create_pr=True)
    mine = api.upload_file(path_or_fileobj=b"c", path_in_repo="c.txt", repo_id=repo).oid
    merge = api.merge_pull_request(repo, 1).merge_commit_oid
    told = {each.path: each.last_commit for each in api.get_paths_info(repo, ["b.txt", "c.txt"], expand=True)}
    assert {path: commit.oid for path, commit in told.items() if commit} == {"b.txt": merge, "c.txt": mine}


def test_a_file_exists_where_it_is_and_nowhere_else(api: HfApi, repo: RepoUrl, first: str) -> None:
    assert api.file_exists(repo, "data/a.txt")
    assert not api.file_exists(repo, "data")
    assert not api.file_exists(repo, "nothing")
    assert not api.file_exists(repo, "data/a.txt", revision="nowhere")
    assert not api.file_exists("me/nothing", "data/a.txt")


def test_files_of_an_older_revision_are_listed(api: HfApi, repo: RepoUrl, first: str) -> None:
    api.delete_file("data/a.txt", repo)
    assert "data/a.txt" not in api.list_repo_files(repo)
    assert "data/a.txt" in api.list_repo_files(repo, revision=first)
