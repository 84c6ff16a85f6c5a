from __future__ import annotations

import io
import json
import pickle
from pathlib import Path

import pytest

from anyhub.api import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete, HfApi, RepoUrl
from anyhub.errors import (
    EditConflictError,
    EntryNotFoundError,
    InvalidPathError,
    ParentCommitError,
    RevisionNotFoundError,
    ValidationError,
)

Add, Delete, Copy = CommitOperationAdd, CommitOperationDelete, CommitOperationCopy


def contents(api: HfApi, repo: str, revision: str | None = None) -> dict[str, bytes]:
    folder = Path(api.snapshot_download(repo, revision=revision, ignore_patterns=".gitattributes"))
    paths = [path for path in api.list_repo_files(repo, revision=revision) if path != ".gitattributes"]
    return {path: (folder / path).read_bytes() for path in paths}


def test_operations_of_every_kind_are_one_commit(api: HfApi, repo: RepoUrl, tmp_path: Path) -> None:
    (tmp_path / "local.bin").write_bytes(b"from a path")
    first = api.create_commit(
        repo,
        [
            Add("a.txt", b"bytes"),
            Add("b.bin", tmp_path / "local.bin"),
            Add("c.bin", str(tmp_path / "local.bin")),
            Add("d.txt", io.BytesIO(b"from a file object")),
            Add("old/e.txt", b"1"),
            Add("old/f.txt", b"2"),
        ],
        commit_message="Add",
    )
    second = api.create_commit(
        repo,
        [Copy("d.txt", "g.txt"), Copy("a.txt", "h.txt", src_revision=first.oid), Delete("a.txt"), Delete("old/")],
        commit_message="Change",
    )
    assert contents(api, repo) == {
        "b.bin": b"from a path",
        "c.bin": b"from a path",
        "d.txt": b"from a file object",
        "g.txt": b"from a file object",
        "h.txt": b"bytes",
    }
    assert [commit.commit_id for commit in api.list_repo_commits(repo)][:2] == [second.oid, first.oid]


def test_what_a_commit_returns_is_its_address_and_knows_its_parts(api: HfApi, repo: RepoUrl) -> None:
    info = api.create_commit(repo, [Add("a", b"1")], commit_message="Title", commit_description="Body.\n\nMore.")
    assert info == str(info) == info.commit_url == f"{repo.url}/commit/{info.oid}"
    assert json.dumps(info) == f'"{info.commit_url}"'
    assert (info.commit_message, info.commit_description) == ("Title", "Body.\n\nMore.")
    assert (info.repo_url, info.repo_url.repo_id) == (repo, "me/x")
    assert (info.pr_url, info.pr_num, info.pr_revision) == (None, None, None)
    again = pickle.loads(pickle.dumps(info))
    assert (again, again.oid, again.repo_url.repo_id) == (info, info.oid, "me/x")


def test_history_tells_who_when_and_what_newest_first(api: HfApi, repo: RepoUrl) -> None:
    api.create_commit(repo, [Add("a", b"1")], commit_message="Title", commit_description="Body")
    newest, oldest = api.list_repo_commits(repo)
    assert (newest.title, newest.message, newest.authors) == ("Title", "Body", ["username"])
    assert oldest.title == "initial commit"
    assert newest.created_at >= oldest.created_at


def test_a_commit_that_changes_nothing_returns_the_one_that_is_there(api: HfApi, repo: RepoUrl) -> None:
    first = api.create_commit(repo, [Add("a", b"1")], commit_message="First")
    assert api.create_commit(repo, [Add("a", b"1")], commit_message="Second").oid == first.oid
    again = api.create_commit(repo, [], commit_message="Third")
    assert (again.oid, again.commit_message) == (first.oid, "First")
    assert len(api.list_repo_commits(repo)) == 2


def test_two_writers_of_one_file_conflict_and_of_two_do_not(api: HfApi, repo: RepoUrl) -> None:
    class Meanwhile(io.BytesIO):
        """Somebody else commits while this file is read."""

        def read(self, size: int | None = -1) -> bytes:
            if self.tell() == 0:
                api.upload_file(path_or_fileobj=b"theirs", path_in_repo="theirs.txt", repo_id=repo)
            return super().read(size)

    with pytest.raises(EditConflictError, match=r"theirs\.txt") as conflict:
        api.upload_file(path_or_fileobj=Meanwhile(b"mine"), path_in_repo="theirs.txt", repo_id=repo)
    assert conflict.value.paths == ["theirs.txt"]
    api.delete_file("theirs.txt", repo)
    api.upload_file(path_or_fileobj=Meanwhile(b"mine"), path_in_repo="mine.txt", repo_id=repo)
    assert contents(api, repo) == {"theirs.txt": b"theirs", "mine.txt": b"mine"}


def test_a_stated_parent_has_to_be_the_branchs_head(api: HfApi, repo: RepoUrl) -> None:
    first = api.create_commit(repo, [Add("a", b"1")], commit_message="First")
    api.create_commit(repo, [Add("b", b"2")], commit_message="Second", parent_commit=first.oid[:10])
    with pytest.raises(ParentCommitError, match=first.oid):
        api.create_commit(repo, [Add("c", b"3")], commit_message="Third", parent_commit=first.oid)
    with pytest.raises(ParentCommitError):
        api.create_commit(repo, [], commit_message="Nothing", parent_commit=first.oid)


def test_commits_go_to_the_branch_that_is_named(api: HfApi, repo: RepoUrl) -> None:
    api.create_branch(repo, branch="dev")
    api.create_commit(repo, [Add("a", b"1")], commit_message="Add", revision="dev")
    assert api.file_exists(repo, "a", revision="dev")
    assert not api.file_exists(repo, "a")
    with pytest.raises(RevisionNotFoundError, match=r"'deb'.*'dev'"):
        api.create_commit(repo, [Add("a", b"1")], commit_message="Add", revision="deb")


def test_a_commit_in_the_background_gives_its_result_later_and_in_order(api: HfApi, repo: RepoUrl) -> None:
    futures = [
        api.create_commit(repo, [Add(f"{n}.txt", b"")], commit_message=f"Number {n}", run_as_future=True)
        for n in range(3)
    ]
    assert [future.result().commit_message for future in futures] == ["Number 0", "Number 1", "Number 2"]
    assert [commit.title for commit in api.list_repo_commits(repo)][:3] == ["Number 2", "Number 1", "Number 0"]


def test_a_failure_in_the_background_is_raised_where_the_result_is_asked_for(api: HfApi) -> None:
    from anyhub.errors import RepositoryNotFoundError

    future = api.create_commit("me/nothing", [], commit_message="Add", run_as_future=True)
    with pytest.raises(RepositoryNotFoundError):
        future.result()


def test_the_hub_of_a_using_block_is_used_in_the_background_too() -> None:
    from anyhub.api import create_repo, run_as_future
    from anyhub.hub.memory import MemoryHub
    from anyhub.hub.opening import using

    with using(MemoryHub()) as hub:  # type: ignore[arg-type]
        future = run_as_future(create_repo, "me/x")
    assert future.result().endpoint == hub.endpoint


@pytest.mark.parametrize("path", ["/a", "../a", "a/../b", "a//b", "", "C:/a", ".git/config", "a\0b"])
def test_a_path_that_can_not_be_one_in_a_repository_is_refused_by_name(path: str) -> None:
    for operation in (lambda: Add(path, b""), lambda: Copy("a", path), lambda: Copy(path, "a"), lambda: Delete(path)):
        with pytest.raises(InvalidPathError):
            operation()


def test_a_missing_local_file_is_named_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(ValidationError, match=r"model\.safetensor'.*Did you mean 'model\.safetensors'"):
        Add("a", tmp_path / "model.safetensor")
    with pytest.raises(ValidationError, match="nothing-here"):
        Add("a", str(tmp_path / "nothing-here/a"))


def test_a_local_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="is a folder; use upload_folder"):
        Add("a", tmp_path)


def test_a_source_of_another_kind_is_refused() -> None:
    with pytest.raises(ValidationError, match="not a int"):
        Add("a", 3)  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="'rb'"):
        Add("a", io.StringIO("text"))  # type: ignore[arg-type]


def test_a_file_object_is_read_from_its_beginning_and_left_where_it_was(api: HfApi, repo: RepoUrl) -> None:
    file = io.BytesIO()
    file.write(b"just written")
    file.seek(5)
    api.upload_file(path_or_fileobj=file, path_in_repo="a", repo_id=repo)
    assert file.tell() == 5
    assert contents(api, repo) == {"a": b"just written"}


def test_a_file_object_that_can_not_seek_is_read_to_its_end(api: HfApi, repo: RepoUrl) -> None:
    class Pipe(io.RawIOBase):
        def __init__(self, *pieces: bytes) -> None:
            self.left = [*pieces]

        def read(self, size: int = -1) -> bytes:
            return self.left.pop(0) if self.left else b""

    api.upload_file(path_or_fileobj=Pipe(b"one ", b"two"), path_in_repo="a", repo_id=repo)  # type: ignore[arg-type]
    assert contents(api, repo) == {"a": b"one two"}


def test_a_file_object_that_gives_text_is_refused(api: HfApi, repo: RepoUrl) -> None:
    class Text:
        def read(self, size: int = -1) -> str:
            return "text"

    with pytest.raises(ValidationError, match=r"'a\.txt' gives text"):
        api.upload_file(path_or_fileobj=Text(), path_in_repo="a.txt", repo_id=repo)  # type: ignore[arg-type]


def test_deleting_what_is_not_there_is_refused_by_name(api: HfApi, repo: RepoUrl) -> None:
    api.upload_file(path_or_fileobj=b"1", path_in_repo="logs/a.txt", repo_id=repo)
    with pytest.raises(EntryNotFoundError, match=r"logs/b\.txt.*logs/a\.txt"):
        api.delete_file("logs/b.txt", repo)
    with pytest.raises(EntryNotFoundError, match=r"log'.*logs"):
        api.delete_folder("log", repo)


def test_files_are_deleted_by_name_by_folder_and_by_pattern(api: HfApi, repo: RepoUrl) -> None:
    names = ["a.txt", "b.txt", "c.bin", "logs/d.txt", "logs/e.txt", "data/f.txt"]
    api.create_commit(repo, [Add(name, name.encode()) for name in names], commit_message="Add")
    assert api.delete_file("a.txt", repo).commit_message == "Delete a.txt with anyhub"
    assert api.delete_folder("logs/", repo).commit_message == "Delete folder logs/ with anyhub"
    assert set(contents(api, repo)) == {"b.txt", "c.bin", "data/f.txt"}
    deleted = api.delete_files(repo, ["*.txt"], commit_message="Delete texts")
    assert deleted.commit_message == "Delete texts"
    assert set(contents(api, repo)) == {"c.bin"}
    assert api.delete_files(repo, "*.txt").oid == deleted.oid


def test_a_squashed_history_has_the_same_files_in_one_commit(api: HfApi, repo: RepoUrl) -> None:
    api.upload_file(path_or_fileobj=b"1", path_in_repo="a", repo_id=repo)
    api.upload_file(path_or_fileobj=b"2", path_in_repo="a", repo_id=repo)
    api.super_squash_history(repo)
    assert [commit.title for commit in api.list_repo_commits(repo)] == ["Super-squash branch 'main' using anyhub"]
    assert contents(api, repo) == {"a": b"2"}
