from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest

from anyhub.api import CommitOperationAdd, HfApi, RepoUrl
from anyhub.errors import (
    EntryNotFoundError,
    InvalidPathError,
    InvalidRepoIdError,
    InvalidRevisionError,
    LocalEntryNotFoundError,
    PathCollisionError,
    RevisionNotFoundError,
    StorageError,
    ValidationError,
)

FILES = {"config.json": b"{}", "logs/1.txt": b"1", "logs/2.txt": b"2", "model.safetensors": bytes(1000)}


@pytest.fixture
def filled(api: HfApi, repo: RepoUrl) -> RepoUrl:
    api.create_commit(repo, [CommitOperationAdd(path, data) for path, data in FILES.items()], commit_message="Add")
    return repo


def below(folder: str | Path) -> dict[str, bytes]:
    root = Path(folder)
    found = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if name != ".gitattributes"}


def test_the_parameters_that_the_guides_name_are_taken(api: HfApi, filled: RepoUrl) -> None:
    path = api.hf_hub_download(
        repo_id="me/x",
        filename="config.json",
        revision=None,
        cache_dir=None,
        force_download=False,
        proxies=None,
        resume_download=False,
        token=None,
        local_files_only=False,
        library_name="fastai",
        library_version="2.7",
        user_agent={"a": "b"},
        etag_timeout=1,
        headers={},
        local_dir_use_symlinks=False,
    )
    assert isinstance(path, str)
    assert Path(path).read_bytes() == b"{}"


def test_a_file_is_that_of_the_revision(api: HfApi, filled: RepoUrl) -> None:
    api.create_tag(filled, tag="v1")
    newer = api.upload_file(path_or_fileobj=b'{"new": 1}', path_in_repo="config.json", repo_id=filled)
    paths = [api.hf_hub_download(filled, "config.json", revision=name) for name in ("v1", "main", newer.oid[:8])]
    assert [Path(path).read_bytes() for path in paths] == [b"{}", b'{"new": 1}', b'{"new": 1}']
    with pytest.raises(RevisionNotFoundError, match=r"v2.*v1"):
        api.hf_hub_download(filled, "config.json", revision="v2")


def test_a_missing_file_is_another_error_than_a_missing_revision(api: HfApi, filled: RepoUrl) -> None:
    with pytest.raises(EntryNotFoundError, match=r"config\.jsn.*config\.json"):
        api.hf_hub_download(filled, "config.jsn")


def test_what_is_there_is_found_offline_and_what_is_not_is_named(api: HfApi, filled: RepoUrl) -> None:
    path = api.hf_hub_download(filled, "config.json")
    assert api.hf_hub_download(filled, "config.json", local_files_only=True) == path
    with pytest.raises(LocalEntryNotFoundError, match=r"model\.safetensors"):
        api.hf_hub_download(filled, "model.safetensors", local_files_only=True)
    with pytest.raises(ValidationError, match="choose one"):
        api.hf_hub_download(filled, "config.json", local_files_only=True, force_download=True)


def test_a_token_of_another_kind_is_refused(api: HfApi, filled: RepoUrl) -> None:
    with pytest.raises(ValidationError, match="not a int"):
        api.hf_hub_download(filled, "config.json", token=3)  # type: ignore[arg-type]


def test_a_cut_file_is_noticed_when_it_is_asked_for_by_branch(api: HfApi, filled: RepoUrl) -> None:
    file = Path(api.hf_hub_download(filled, "config.json")).resolve()
    file.chmod(0o644)
    file.write_bytes(b"")
    assert Path(api.hf_hub_download(filled, "config.json")).read_bytes() == b"{}"


def test_a_cache_of_the_callers_is_used(api: HfApi, filled: RepoUrl, tmp_path: Path) -> None:
    file = Path(api.hf_hub_download(filled, "config.json", cache_dir=str(tmp_path / "cache")))
    assert file.is_relative_to(tmp_path / "cache")


def test_patterns_choose_what_is_downloaded(api: HfApi, filled: RepoUrl) -> None:
    folder = api.snapshot_download(filled, allow_patterns=["*.txt", "*.json"], ignore_patterns="logs/2*")
    assert below(folder) == {"config.json": b"{}", "logs/1.txt": b"1"}
    assert below(api.snapshot_download(filled)) == FILES


def test_a_local_folder_has_real_copies_that_may_be_changed(api: HfApi, filled: RepoUrl, tmp_path: Path) -> None:
    folder = api.snapshot_download(filled, local_dir=tmp_path / "here")
    assert folder == str(tmp_path / "here")
    assert below(folder) == FILES
    weights = Path(folder, "model.safetensors")
    assert not weights.is_symlink()
    assert weights.stat().st_nlink == 1
    weights.write_bytes(b"mine")
    assert Path(api.hf_hub_download(filled, "model.safetensors")).read_bytes() == bytes(1000)
    if sys.platform != "win32":
        assert stat.S_IMODE(weights.stat().st_mode) == 0o666 & ~umask()


@pytest.mark.parametrize("place", ["file", "file/below"])
@pytest.mark.parametrize("option", ["local_dir", "cache_dir"])
def test_a_file_where_a_folder_was_named_is_refused_and_stays(
    api: HfApi, filled: RepoUrl, tmp_path: Path, place: str, option: str
) -> None:
    (tmp_path / "file").write_bytes(b"precious")
    folder = {option: str(tmp_path / place)}
    for revision in ("main", api.repo_info(filled).sha):
        with pytest.raises(StorageError, match="file is a file, not a folder"):
            api.hf_hub_download(filled, "config.json", revision=revision, **folder)  # type: ignore[arg-type]
        with pytest.raises(StorageError, match="file is a file, not a folder"):
            api.snapshot_download(filled, revision=revision, **folder)  # type: ignore[arg-type]
    assert (tmp_path / "file").read_bytes() == b"precious"


def test_a_folder_in_place_of_a_copy_is_refused_and_stays(api: HfApi, filled: RepoUrl, tmp_path: Path) -> None:
    (tmp_path / "here/config.json/mine").mkdir(parents=True)
    with pytest.raises(PathCollisionError, match=r"config\.json' is a folder and would become a file"):
        api.snapshot_download(filled, local_dir=tmp_path / "here")
    assert below(tmp_path / "here") == {}
    assert (tmp_path / "here/config.json/mine").is_dir()


def test_a_file_in_place_of_a_folder_of_copies_is_refused_and_stays(
    api: HfApi, filled: RepoUrl, tmp_path: Path
) -> None:
    (tmp_path / "logs").write_bytes(b"mine")
    with pytest.raises(StorageError, match="logs is a file, not a folder"):
        api.hf_hub_download(filled, "logs/1.txt", local_dir=tmp_path)
    assert (tmp_path / "logs").read_bytes() == b"mine"


def test_a_revision_that_is_no_text_is_refused(api: HfApi, filled: RepoUrl) -> None:
    for call in (api.snapshot_download, api.list_repo_files):
        with pytest.raises(InvalidRevisionError, match="not 3"):
            call(filled, revision=3)  # type: ignore[operator]


def test_a_revision_in_the_id_is_told_to_be_given_apart(api: HfApi, filled: RepoUrl) -> None:
    with pytest.raises(InvalidRepoIdError, match="'me/x' with revision='v1'"):
        api.hf_hub_download("me/x@v1", "config.json")


def test_copies_that_differ_are_replaced_and_others_left_alone(api: HfApi, filled: RepoUrl, tmp_path: Path) -> None:
    here = tmp_path / "here"
    api.snapshot_download(filled, local_dir=here)
    (here / "config.json").write_bytes(b"[]")
    (here / "notes.txt").write_bytes(b"mine")
    kept = (here / "model.safetensors").stat().st_ino
    api.snapshot_download(filled, local_dir=here)
    assert below(here) == {**FILES, "notes.txt": b"mine"}
    assert (here / "model.safetensors").stat().st_ino == kept


def test_one_file_goes_to_a_local_folder_under_its_path(api: HfApi, filled: RepoUrl, tmp_path: Path) -> None:
    path = api.hf_hub_download(filled, "logs/1.txt", local_dir=tmp_path / "here")
    assert path == str(tmp_path / "here/logs/1.txt")
    assert below(tmp_path / "here") == {"logs/1.txt": b"1"}


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege there")
def test_a_link_in_a_local_folder_is_never_written_through(api: HfApi, filled: RepoUrl, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/precious").write_bytes(b"precious")
    (tmp_path / "here").mkdir()
    (tmp_path / "here/logs").symlink_to(tmp_path / "outside")
    (tmp_path / "here/config.json").symlink_to(tmp_path / "outside/precious")
    with pytest.raises(InvalidPathError, match="leads out"):
        api.snapshot_download(filled, local_dir=tmp_path / "here")
    assert below(tmp_path / "outside") == {"precious": b"precious"}
    api.hf_hub_download(filled, "config.json", local_dir=tmp_path / "here")
    assert below(tmp_path / "outside") == {"precious": b"precious"}
    assert (tmp_path / "here/config.json").read_bytes() == b"{}"


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege there")
def test_a_link_to_the_same_bytes_is_replaced_by_a_copy(api: HfApi, filled: RepoUrl, tmp_path: Path) -> None:
    (tmp_path / "config.json").symlink_to(api.hf_hub_download(filled, "config.json"))
    assert not Path(api.hf_hub_download(filled, "config.json", local_dir=tmp_path)).is_symlink()


def test_progress_is_shown_by_the_class_that_the_caller_gives(api: HfApi, filled: RepoUrl) -> None:
    class Shown:
        bars: ClassVar[list[Any]] = []

        def __init__(self, **options: Any) -> None:
            self.options, self.count = options, 0
            self.bars.append(self)

        def __enter__(self) -> Shown:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def update(self, count: int) -> None:
            self.count += count

    api.snapshot_download(filled, tqdm_class=Shown, max_workers=2, ignore_patterns=".gitattributes")
    (bar,) = Shown.bars
    assert bar.count == bar.options["total"] == sum(map(len, FILES.values()))


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
