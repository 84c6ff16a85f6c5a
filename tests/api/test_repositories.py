from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any, cast

import pytest

import anyhub.api
from anyhub.api import HfApi, RepoUrl
from anyhub.errors import (
    InvalidRepoIdError,
    RepositoryExistsError,
    RepositoryNotFoundError,
    ValidationError,
)


def test_what_create_repo_returns_is_a_text_that_knows_its_parts(api: HfApi) -> None:
    url = api.create_repo("me/x", repo_type="dataset")
    assert url == str(url) == url.url
    assert (url.namespace, url.repo_name, url.repo_id, url.repo_type) == ("me", "x", "me/x", "dataset")
    assert url.endpoint == str(api.endpoint)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda url: pickle.loads(pickle.dumps(url))])
def test_a_repo_url_survives_being_copied(repo: RepoUrl, copied: object) -> None:
    again = copied(repo)  # type: ignore[operator]
    assert (again, again.repo_id, again.endpoint) == (repo, repo.repo_id, repo.endpoint)


def test_a_repo_url_is_taken_for_the_repository_that_it_names_and_its_kind(api: HfApi) -> None:
    url = api.create_repo("me/x", repo_type="dataset")
    api.upload_file(path_or_fileobj=b"1", path_in_repo="a.csv", repo_id=url)
    assert api.list_repo_files("me/x", repo_type="dataset") == [".gitattributes", "a.csv"]
    assert Path(api.hf_hub_download(url, "a.csv")).read_bytes() == b"1"
    assert not api.repo_exists("me/x")


def test_a_bare_name_belongs_to_the_person_at_the_keyboard(api: HfApi) -> None:
    assert api.create_repo("x").repo_id == "username/x"
    assert api.repo_exists("username/x")
    assert {"type": "user", "name": "username"}.items() <= api.whoami().items()


def test_a_repository_is_created_once_unless_it_may_exist(api: HfApi) -> None:
    api.create_repo("me/x", private=True)
    with pytest.raises(RepositoryExistsError, match="me/x"):
        api.create_repo("Me/X")
    assert api.create_repo("ME/X", exist_ok=True).repo_id == "me/x"
    assert api.repo_info("me/x").private


def test_a_repository_is_deleted_once_unless_it_may_be_missing(api: HfApi, repo: RepoUrl) -> None:
    api.delete_repo(repo)
    assert not api.repo_exists(repo)
    with pytest.raises(RepositoryNotFoundError):
        api.delete_repo(repo)
    api.delete_repo(repo, missing_ok=True)


def test_an_unknown_repository_is_named_with_the_nearest(api: HfApi, repo: RepoUrl) -> None:
    with pytest.raises(RepositoryNotFoundError, match=r"me/xx.*me/x"):
        api.list_repo_files("me/xx")


def test_a_malformed_id_is_refused_everywhere(api: HfApi) -> None:
    for call in (api.create_repo, api.delete_repo, api.repo_exists, api.repo_info, api.list_repo_files):
        with pytest.raises(InvalidRepoIdError, match="a/b/c"):
            call("a/b/c")


def test_a_repository_keeps_its_files_and_its_old_name_when_it_is_renamed(api: HfApi, repo: RepoUrl) -> None:
    api.upload_file(path_or_fileobj=b"1", path_in_repo="a.txt", repo_id=repo)
    api.move_repo("me/x", "you/y")
    assert api.file_exists("you/y", "a.txt")
    assert api.repo_info("me/x").id == "you/y"


def test_who_may_see_a_repository_can_be_set(api: HfApi, repo: RepoUrl) -> None:
    api.update_repo_settings(repo, private=True)
    assert api.repo_info(repo).private
    assert api.update_repo_visibility(repo) == {"private": False}
    assert not api.repo_info(repo).private
    with pytest.raises(ValidationError, match="private= or gated="):
        api.update_repo_settings(repo)


def test_whether_access_to_the_files_is_asked_for_can_be_set(api: HfApi, repo: RepoUrl) -> None:
    api.update_repo_settings(repo, gated="manual", private=True)
    assert (api.model_info(repo).gated, api.model_info(repo).private) == ("manual", True)
    api.update_repo_settings(repo, gated=False)
    assert (api.model_info(repo).gated, api.model_info(repo).private) == (False, True)
    for wrong in ("off", True, 1):
        with pytest.raises(ValidationError, match="gated is 'auto', 'manual' or False"):
            api.update_repo_settings(repo, gated=cast("Any", wrong), private=False)
    assert api.model_info(repo).private


def test_functions_of_the_package_look_the_endpoint_up_at_each_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    anyhub.api.create_repo("me/at-home")
    monkeypatch.setenv("ANYHUB_ENDPOINT", str(tmp_path / "elsewhere"))
    anyhub.api.create_repo("me/elsewhere")
    assert [info.id for info in anyhub.api.list_models()] == ["me/elsewhere"]
    assert (tmp_path / "elsewhere/hub.db").is_file()


def test_one_call_may_name_another_endpoint_than_its_client(api: HfApi, tmp_path: Path) -> None:
    api.create_repo("me/there", endpoint=tmp_path / "there")
    assert not api.repo_exists("me/there")
    assert api.repo_exists("me/there", endpoint=str(tmp_path / "there"))


def test_a_client_may_be_given_a_hub_itself() -> None:
    from anyhub.hub.memory import MemoryHub

    hub = MemoryHub()
    HfApi(hub).create_repo("me/x")  # type: ignore[arg-type]
    assert HfApi(endpoint=hub).repo_exists("me/x")  # type: ignore[arg-type]


def test_a_token_that_can_be_none_is_refused_by_its_kind(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"not a (Posix|Windows)Path"):
        HfApi(tmp_path / "hub", token=tmp_path).whoami()  # type: ignore[arg-type]
    assert HfApi(tmp_path / "hub", token="hf_secret").whoami(token=False)


@pytest.mark.parametrize("private", ["yes", 1, 0, "", "False"])
def test_private_is_true_or_false_and_nothing_else(api: HfApi, repo: RepoUrl, private: Any) -> None:
    for call in (api.create_repo, api.update_repo_settings, api.update_repo_visibility):
        with pytest.raises(ValidationError, match="private is True or False"):
            call("me/new" if call == api.create_repo else repo, private=private)
    assert not api.repo_exists("me/new")
    assert not api.repo_info(repo).private


def test_a_name_that_is_taken_is_refused_with_what_that_call_can_do(api: HfApi, repo: RepoUrl) -> None:
    api.create_repo("me/y")
    with pytest.raises(RepositoryExistsError, match="exist_ok=True"):
        api.create_repo("me/y")
    with pytest.raises(RepositoryExistsError, match=r"'me/y' .*exists\. Choose another name"):
        api.move_repo(repo, "me/y")
