from __future__ import annotations

import os
import sys
from pathlib import Path, PurePath, PureWindowsPath

import pytest

from anyhub.api import CommitOperationCopy, HfApi, RepoUrl
from anyhub.errors import InvalidPathError, ValidationError

ATTRIBUTES = ".gitattributes"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    names = ["README.md", "model.safetensors", "logs/1.txt", "logs/deep/2.txt", "data/3.bin"]
    for name in names:
        path = tmp_path / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path / "folder"


def paths(api: HfApi, repo: str) -> list[str]:
    return [path for path in api.list_repo_files(repo) if path != ATTRIBUTES]


def test_a_file_is_uploaded_under_the_message_of_its_name(api: HfApi, repo: RepoUrl, folder: Path) -> None:
    info = api.upload_file(path_or_fileobj=folder / "README.md", path_in_repo="docs/README.md", repo_id=repo)
    assert info.commit_message == "Upload docs/README.md with anyhub"
    assert Path(api.hf_hub_download(repo, "README.md", subfolder="docs")).read_bytes() == b"README.md"


def test_an_unchanged_file_makes_no_commit(api: HfApi, repo: RepoUrl) -> None:
    first = api.upload_file(path_or_fileobj=b"1", path_in_repo="a", repo_id=repo)
    assert api.upload_file(path_or_fileobj=b"1", path_in_repo="a", repo_id=repo, commit_message="Again") == first


def test_a_folder_is_one_commit_with_all_its_files(api: HfApi, repo: RepoUrl, folder: Path) -> None:
    info = api.upload_folder(repo_id=repo, folder_path=str(folder))
    assert info.commit_message == "Upload folder using anyhub"
    assert paths(api, repo) == ["README.md", "data/3.bin", "logs/1.txt", "logs/deep/2.txt", "model.safetensors"]
    assert len(api.list_repo_commits(repo)) == 2
    assert api.upload_folder(repo_id=repo, folder_path=folder) == info


def test_a_file_that_is_put_into_a_folder_keeps_its_name(api: HfApi, repo: RepoUrl, folder: Path) -> None:
    info = api.upload_file(path_or_fileobj=folder / "README.md", path_in_repo="docs/", repo_id=repo)
    assert info.commit_message == "Upload docs/README.md with anyhub"
    api.upload_file(path_or_fileobj=str(folder / "data/3.bin"), path_in_repo="./", repo_id=repo)
    api.upload_file(path_or_fileobj=folder / "logs/1.txt", path_in_repo=".", repo_id=repo)
    assert paths(api, repo) == ["1.txt", "3.bin", "docs/README.md"]
    with pytest.raises(InvalidPathError, match="'docs/' is a folder; say what the file is to be called"):
        api.upload_file(path_or_fileobj=b"1", path_in_repo="docs/", repo_id=repo)


def test_a_path_in_a_repository_may_be_a_path(api: HfApi, repo: RepoUrl, folder: Path) -> None:
    info = api.upload_file(path_or_fileobj=b"1", path_in_repo=PureWindowsPath("docs\\a"), repo_id=repo)
    assert info.commit_message == "Upload docs/a with anyhub"
    api.upload_folder(repo_id=repo, folder_path=folder / "logs/deep", path_in_repo=PurePath("docs"))
    assert [each.path for each in api.list_repo_tree(repo, PurePath("docs"))] == ["docs/2.txt", "docs/a"]
    assert Path(api.hf_hub_download(repo, PurePath("docs/a"))).read_bytes() == b"1"
    api.create_commit(repo, [CommitOperationCopy(PurePath("docs/a"), PurePath("b"))], commit_message="Copy")
    api.delete_file(PurePath("docs/a"), repo)
    api.delete_folder(PurePath("docs"), repo)
    assert paths(api, repo) == ["b"]


def test_a_path_in_a_repository_that_is_no_path_is_refused(api: HfApi, repo: RepoUrl, folder: Path) -> None:
    with pytest.raises(InvalidPathError, match="not 3"):
        api.upload_file(path_or_fileobj=b"1", path_in_repo=3, repo_id=repo)  # type: ignore[arg-type]
    with pytest.raises(InvalidPathError, match="not b'a'"):
        api.upload_folder(folder_path=folder, path_in_repo=b"a", repo_id=repo)  # type: ignore[arg-type]
    with pytest.raises(InvalidPathError, match="not None"):
        api.delete_file(None, repo)  # type: ignore[arg-type]


@pytest.mark.parametrize("target", ["sub", "sub/", "./sub"])
def test_a_folder_may_be_put_into_one_of_the_repository(api: HfApi, repo: RepoUrl, folder: Path, target: str) -> None:
    api.upload_folder(repo_id=repo, folder_path=folder / "logs", path_in_repo=target)
    assert paths(api, repo) == ["sub/1.txt", "sub/deep/2.txt"]


@pytest.mark.parametrize("target", [None, "", ".", "./"])
def test_no_folder_means_the_root_of_the_repository(
    api: HfApi, repo: RepoUrl, folder: Path, target: str | None
) -> None:
    api.upload_folder(repo_id=repo, folder_path=folder / "data", path_in_repo=target)
    assert paths(api, repo) == ["3.bin"]


@pytest.mark.parametrize("target", ["/", "/sub", "..", "a/../b", ".git"])
def test_a_folder_that_can_not_be_one_of_a_repository_is_refused(
    api: HfApi, repo: RepoUrl, folder: Path, target: str
) -> None:
    with pytest.raises(InvalidPathError):
        api.upload_folder(repo_id=repo, folder_path=folder, path_in_repo=target)


def test_patterns_choose_what_is_uploaded(api: HfApi, repo: RepoUrl, folder: Path) -> None:
    api.upload_folder(repo_id=repo, folder_path=folder, allow_patterns=["*.txt", "*.md"], ignore_patterns="*/deep/")
    assert paths(api, repo) == ["README.md", "logs/1.txt"]
    api.upload_folder(repo_id=repo, folder_path=folder, ignore_patterns=["logs/", "*.md", "*.bin"])
    assert "model.safetensors" in paths(api, repo)
    assert "data/3.bin" not in paths(api, repo)


def test_delete_patterns_replace_old_files_in_the_same_commit(api: HfApi, repo: RepoUrl, folder: Path) -> None:
    api.upload_folder(repo_id=repo, folder_path=folder)
    (folder / "logs/1.txt").rename(folder / "logs/9.txt")
    api.upload_folder(repo_id=repo, folder_path=folder / "logs", path_in_repo="logs", delete_patterns=["1*", "deep/"])
    assert paths(api, repo) == ["README.md", "data/3.bin", "logs/9.txt", "logs/deep/2.txt", "model.safetensors"]
    assert len(api.list_repo_commits(repo)) == 3
    api.upload_folder(repo_id=repo, folder_path=folder / "data", delete_patterns=["*"])
    assert api.list_repo_files(repo) == [ATTRIBUTES, "3.bin"]


def test_what_belongs_to_a_tool_stays_here(api: HfApi, repo: RepoUrl, folder: Path) -> None:
    for name in (".git/HEAD", "sub/.git/HEAD", ".cache/huggingface/x", "sub/.cache/huggingface/x", ".anyhub-0123/x"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    (folder / ".cache/kept").touch()
    (folder / ".gitignore").touch()
    api.upload_folder(repo_id=repo, folder_path=folder, allow_patterns=[".*", "sub/"])
    assert paths(api, repo) == [".cache/kept", ".gitignore"]


def test_a_missing_folder_is_named_with_the_nearest(api: HfApi, repo: RepoUrl, folder: Path) -> None:
    with pytest.raises(ValidationError, match=r"foldr'.*Did you mean 'folder'"):
        api.upload_folder(repo_id=repo, folder_path=folder.with_name("foldr"))
    with pytest.raises(ValidationError, match="is a file; use upload_file"):
        api.upload_folder(repo_id=repo, folder_path=folder / "README.md")


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege there")
def test_a_link_to_a_file_is_uploaded_as_that_file(api: HfApi, repo: RepoUrl, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_bytes(b"outside")
    (folder / "data/link.txt").symlink_to(tmp_path / "outside.txt")
    api.upload_folder(repo_id=repo, folder_path=folder / "data")
    assert Path(api.hf_hub_download(repo, "link.txt")).read_bytes() == b"outside"


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links and pipes are other things there")
def test_what_is_no_file_is_refused_by_name_unless_it_is_left_out(api: HfApi, repo: RepoUrl, folder: Path) -> None:
    (folder / "round").symlink_to(folder)
    (folder / "dangling").symlink_to("nowhere")
    os.mkfifo(folder / "pipe")
    for name, reason in {"round": "link to a folder", "dangling": "'nowhere'", "pipe": "neither a file"}.items():
        with pytest.raises(ValidationError, match=f"{name}.*{reason}"):
            api.upload_folder(repo_id=repo, folder_path=folder, allow_patterns=name)
    api.upload_folder(repo_id=repo, folder_path=folder, ignore_patterns=["round", "dangling", "pipe"])
    assert len(paths(api, repo)) == 5


def test_nothing_to_upload_leaves_the_repository_as_it_is(api: HfApi, repo: RepoUrl, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    head = api.repo_info(repo).sha
    assert api.upload_folder(repo_id=repo, folder_path=tmp_path / "empty").oid == head


def test_uploads_run_in_the_background(api: HfApi, repo: RepoUrl, folder: Path) -> None:
    one = api.upload_file(path_or_fileobj=b"1", path_in_repo="a", repo_id=repo, run_as_future=True)
    all_of_it = api.upload_folder(repo_id=repo, folder_path=folder, run_as_future=True)
    assert one.result().commit_message == "Upload a with anyhub"
    assert all_of_it.result().oid == api.repo_info(repo).sha
