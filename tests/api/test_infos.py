from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest

from anyhub.api import CommitOperationAdd, DatasetInfo, HfApi, ModelInfo, RepoSibling, RepoUrl, SpaceInfo
from anyhub.errors import RepositoryNotFoundError, RevisionNotFoundError

CARD = b"""---
library_name: keras-nlp
pipeline_tag: text-classification
license: mit
language: [en, "no"]
datasets: me/d
tags: [keras, keras-nlp, tiny]
---
# A card
"""


def upload(api: HfApi, repo: str, **files: bytes) -> str:
    adds = [CommitOperationAdd(name.replace("_", "."), data) for name, data in files.items()]
    return api.create_commit(repo, adds, commit_message="Add").oid


def test_a_repository_tells_whose_it_is_where_it_stands_and_when_it_changed(api: HfApi, repo: RepoUrl) -> None:
    before = datetime.now(UTC)
    head = upload(api, repo, a_txt=b"1", b_safetensors=bytes(500))
    info = api.repo_info(repo)
    assert isinstance(info, ModelInfo)
    assert (info.id, info.author, info.sha, info.private, info.used_storage) == ("me/x", "me", head, False, 500)
    assert info.created_at <= before <= info.last_modified


def test_files_are_told_by_name_and_their_sizes_when_asked_for(api: HfApi, repo: RepoUrl) -> None:
    upload(api, repo, a_txt=b"1", b_safetensors=bytes(500))
    assert api.model_info(repo).siblings == [RepoSibling(name) for name in (".gitattributes", "a.txt", "b.safetensors")]
    siblings = api.model_info(repo, files_metadata=True).siblings or []
    assert [sibling.size for sibling in siblings[1:]] == [1, 500]
    assert siblings[1].lfs is None
    assert siblings[1].blob_id == "56a6051ca2b02b04ef92d5150c9ef600403cb1de"
    assert siblings[2].lfs is not None
    assert siblings[2].lfs.size == 500


def test_the_card_gives_tags_task_and_library(api: HfApi, repo: RepoUrl) -> None:
    upload(api, repo, README_md=CARD)
    info = api.model_info(repo)
    assert (info.library_name, info.pipeline_tag) == ("keras-nlp", "text-classification")
    assert info.card_data is not None
    assert info.card_data["license"] == "mit"
    assert info.tags == [
        "keras-nlp",
        "keras",
        "tiny",
        "text-classification",
        "en",
        "no",
        "license:mit",
        "dataset:me/d",
    ]


@pytest.mark.parametrize("card", [b"# No metadata", b"", b"\xff\xfe"])
def test_a_card_without_metadata_gives_none(api: HfApi, repo: RepoUrl, card: bytes) -> None:
    upload(api, repo, README_md=card)
    info = api.model_info(repo)
    assert (info.card_data, info.tags, info.library_name) == (None, [], None)


def test_a_card_that_can_not_be_read_is_passed_over_with_a_warning(
    api: HfApi, repo: RepoUrl, caplog: pytest.LogCaptureFixture
) -> None:
    upload(api, repo, README_md=b"---\n- a list\n---\n")
    with caplog.at_level(logging.WARNING):
        assert api.model_info(repo).card_data is None
    assert "The card of me/x at" in caplog.text


def test_an_older_revision_tells_its_own_card_and_files(api: HfApi, repo: RepoUrl) -> None:
    first = upload(api, repo, README_md=CARD)
    upload(api, repo, README_md=b"# Nothing")
    info = api.repo_info(repo, revision=first)
    assert (info.sha, info.library_name) == (first, "keras-nlp")
    assert api.repo_info(repo).library_name is None


def test_each_kind_of_repository_has_its_own_info(api: HfApi) -> None:
    api.create_repo("me/d", repo_type="dataset")
    api.create_repo("me/s", repo_type="space")
    assert isinstance(api.dataset_info("me/d"), DatasetInfo)
    assert isinstance(api.repo_info("me/d", repo_type="dataset"), DatasetInfo)
    assert isinstance(api.space_info("me/s"), SpaceInfo)
    with pytest.raises(RepositoryNotFoundError):
        api.model_info("me/d")
    with pytest.raises(RevisionNotFoundError):
        api.dataset_info("me/d", revision="nowhere")


def test_repositories_are_listed_last_modified_first(api: HfApi) -> None:
    for name in ("me/one", "me/two", "you/three"):
        api.create_repo(name)
    api.upload_file(path_or_fileobj=b"1", path_in_repo="a", repo_id="me/one")

    def ids(**query: object) -> list[str]:
        return [info.id for info in api.list_models(**query)]  # type: ignore[arg-type]

    assert ids() == ["me/one", "you/three", "me/two"]
    assert ids(author="me") == ["me/one", "me/two"]
    assert ids(search="T") == ["you/three", "me/two"]
    assert ids(limit=1) == ["me/one"]
    assert ids(search="nothing") == []


def test_kinds_are_listed_apart(api: HfApi, repo: RepoUrl) -> None:
    api.create_repo("me/d", repo_type="dataset")
    api.create_repo("me/s", repo_type="space")
    listed = (api.list_models(), api.list_datasets(), api.list_spaces())
    assert [[info.id for info in infos] for infos in listed] == [["me/x"], ["me/d"], ["me/s"]]


def test_a_listing_looks_at_files_and_cards_when_it_is_full(api: HfApi, repo: RepoUrl) -> None:
    head = upload(api, repo, README_md=CARD)
    (bare,), (full,) = api.list_models(), api.list_models(full=True)
    assert (bare.sha, bare.siblings, bare.tags) == (head, None, None)
    assert (full.sha, full.library_name, len(full.siblings or [])) == (head, "keras-nlp", 2)
