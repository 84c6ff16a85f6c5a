"""Updating the metadata of a card on a hub: what is set, what conflicts, what is merged."""

from __future__ import annotations

import copy
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from anyhub import metadata_eval_result, metadata_update
from anyhub.api import HfApi
from anyhub.errors import ParentCommitError, RepositoryNotFoundError, RevisionNotFoundError, ValidationError
from anyhub.repocard import DatasetCard, ModelCard, RepoCard, SpaceCard

REPO = "username/digits"
CARD = """\
---
# what it is
license: 'mit'  # as agreed
model-index:
- name: digits
  results:
  - task: {type: image-classification, name: Seeing}
    dataset: {name: Digits, type: digits, split: test}
    metrics:
    - type: accuracy   # in percent
      name: Accuracy
      value: 0.9
      stderr: 0.01
---
# Title
"""


def result(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "model_pretty_name": "digits",
        "task_pretty_name": "Seeing",
        "task_id": "image-classification",
        "metrics_pretty_name": "Accuracy",
        "metrics_id": "accuracy",
        "metrics_value": 0.9,
        "dataset_pretty_name": "Digits",
        "dataset_id": "digits",
        "dataset_split": "test",
    }
    metadata = metadata_eval_result(**given | changes)
    if "metrics_verified" not in changes:
        del metadata["model-index"][0]["results"][0]["metrics"][0]["verified"]
    return metadata


@pytest.fixture
def api() -> HfApi:
    api = HfApi()
    api.create_repo(REPO)
    return api


@pytest.fixture
def write(api: HfApi) -> Callable[..., str]:
    def write(content: str, **where: Any) -> str:
        return api.upload_file(path_or_fileobj=content.encode(), path_in_repo="README.md", repo_id=REPO, **where).oid

    return write


def on_the_hub(revision: str | None = None) -> ModelCard:
    return ModelCard.load(REPO, revision=revision)


def test_a_result_is_spelled_as_a_model_index() -> None:
    assert metadata_eval_result(
        model_pretty_name="RoBERTa fine-tuned on ReactionGIF",
        task_pretty_name="Text Classification",
        task_id="text-classification",
        metrics_pretty_name="Accuracy",
        metrics_id="accuracy",
        metrics_value=0.2662102282047272,
        dataset_pretty_name="ReactionJPEG",
        dataset_id="julien-c/reactionjpeg",
        dataset_config="default",
        dataset_split="test",
    ) == {
        "model-index": [
            {
                "name": "RoBERTa fine-tuned on ReactionGIF",
                "results": [
                    {
                        "task": {"type": "text-classification", "name": "Text Classification"},
                        "dataset": {
                            "name": "ReactionJPEG",
                            "type": "julien-c/reactionjpeg",
                            "config": "default",
                            "split": "test",
                        },
                        "metrics": [
                            {"type": "accuracy", "value": 0.2662102282047272, "name": "Accuracy", "verified": False}
                        ],
                    }
                ],
            }
        ]
    }


def test_what_a_result_says_beside_is_spelled_too() -> None:
    (model,) = result(
        metrics_config="default",
        metrics_verified=True,
        metrics_verification_token="eyJ",
        dataset_config="fr",
        dataset_revision="abc",
    )["model-index"]
    (group,) = model["results"]
    assert group["dataset"] == {"name": "Digits", "type": "digits", "config": "fr", "split": "test", "revision": "abc"}
    assert group["metrics"] == [
        {
            "type": "accuracy",
            "value": 0.9,
            "name": "Accuracy",
            "config": "default",
            "verified": True,
            "verifyToken": "eyJ",
        }
    ]


def test_a_new_key_is_set_and_everything_else_stays(api: HfApi, write: Callable[..., str]) -> None:
    write(CARD)
    url = metadata_update(REPO, {"language": "no", "tags": ["a"]}, commit_description="why")
    assert on_the_hub().content == CARD.replace("---\n# Title", "language: 'no'\ntags:\n- a\n---\n# Title")
    commit = api.list_repo_commits(REPO)[0]
    assert (commit.title, commit.message) == ("Update metadata with anyhub", "why")
    assert url.endswith(commit.commit_id)


def test_the_card_is_read_from_the_revision_that_is_written(api: HfApi, write: Callable[..., str]) -> None:
    write(CARD)
    api.create_branch(REPO, branch="dev")
    write(CARD.replace("# Title", "# Of the branch"), revision="dev")
    metadata_update(REPO, {"language": "en"}, revision="dev")
    assert on_the_hub("dev").text == "# Of the branch\n"
    assert (on_the_hub("dev").data.language, on_the_hub().content) == ("en", CARD)


def test_a_proposal_leaves_the_branch_as_it_is(api: HfApi, write: Callable[..., str]) -> None:
    write(CARD)
    metadata_update(REPO, {"language": "en"}, create_pr=True)
    assert (on_the_hub("refs/pr/1").data.language, on_the_hub().content) == ("en", CARD)


def test_a_proposal_to_a_branch_begins_with_the_card_of_that_branch(api: HfApi, write: Callable[..., str]) -> None:
    write(CARD)
    api.create_branch(REPO, branch="dev")
    write(CARD.replace("# Title", "# Of the branch"), revision="dev")
    metadata_update(REPO, {"language": "en"}, revision="dev", create_pr=True)
    proposed = on_the_hub("refs/pr/1")
    assert (proposed.text, proposed.data.language) == ("# Of the branch\n", "en")
    metadata_update(REPO, {"pipeline_tag": "image-classification"}, revision="refs/pr/1")
    assert on_the_hub("refs/pr/1").data.to_dict() == {**proposed.data.to_dict(), "pipeline_tag": "image-classification"}
    assert (on_the_hub().content, on_the_hub("dev").text) == (CARD, "# Of the branch\n")


def test_a_key_is_a_conflict_with_the_branch_that_is_written_and_not_with_main(
    api: HfApi, write: Callable[..., str]
) -> None:
    write(CARD)
    api.create_branch(REPO, branch="dev")
    write(CARD.replace("'mit'", "bsd"), revision="dev")
    with pytest.raises(ValidationError, match="'license'"):
        metadata_update(REPO, {"license": "mit"}, revision="dev")
    metadata_update(REPO, {"license": "bsd"}, revision="dev")
    assert (on_the_hub("dev").data.license, on_the_hub().content) == ("bsd", CARD)


def test_a_key_that_says_something_else_is_a_conflict_unless_overwritten(write: Callable[..., str]) -> None:
    head = write(CARD)
    with pytest.raises(ValueError, match="new value for the existing meta data field 'license'"):
        metadata_update(REPO, {"license": "bsd"})
    assert HfApi().model_info(REPO).sha == head
    metadata_update(REPO, {"license": "mit"})
    assert on_the_hub().content == CARD
    metadata_update(REPO, {"license": "bsd"}, overwrite=True)
    assert on_the_hub().content == CARD.replace("'mit'  # as agreed", "bsd  # as agreed")


@pytest.mark.parametrize(
    ("repo_type", "cls", "title"),
    [(None, ModelCard, "# Model Card for Model ID\n"), ("dataset", DatasetCard, "# Dataset Card for Dataset Name\n")],
)
def test_a_repository_without_a_card_gets_a_blank_one(repo_type: str | None, cls: type[RepoCard], title: str) -> None:
    HfApi().create_repo(REPO, repo_type=repo_type)
    metadata_update(REPO, {"license": "mit"}, repo_type=repo_type)
    card = cls.load(REPO)
    assert card.data.to_dict() == {"license": "mit"}
    assert title in card.text


def test_a_space_without_a_card_is_refused_and_one_with_a_card_is_updated() -> None:
    HfApi().create_repo(REPO, repo_type="space")
    with pytest.raises(ValueError, match=r"a Space that doesn't contain a `README\.md` file"):
        metadata_update(REPO, {"title": "x"}, repo_type="space")
    SpaceCard("---\nsdk: static\n---\n").push_to_hub(REPO)
    metadata_update(REPO, {"title": "x"}, repo_type="space")
    assert SpaceCard.load(REPO).data.to_dict() == {"sdk": "static", "title": "x"}


def test_a_kind_of_repository_that_is_none_is_named() -> None:
    with pytest.raises(ValidationError, match=r"'datasets' is not a repository type.* Did you mean 'dataset'\?"):
        metadata_update(REPO, {}, repo_type="datasets")


def test_an_index_is_new_where_there_is_none(write: Callable[..., str]) -> None:
    write("---\nlicense: mit\n---\n")
    metadata_update(REPO, result())
    assert on_the_hub().data["model-index"] == result()["model-index"]


def test_a_new_metric_is_added_to_its_group(write: Callable[..., str]) -> None:
    write(CARD)
    metadata_update(REPO, result(metrics_id="f1", metrics_pretty_name="F1", metrics_value=0.8))
    (model,) = on_the_hub().data["model-index"]
    assert model["results"][0]["metrics"] == [
        {"type": "accuracy", "name": "Accuracy", "value": 0.9, "stderr": 0.01},
        {"type": "f1", "value": 0.8, "name": "F1"},
    ]
    assert on_the_hub().content.startswith("---\n# what it is\nlicense: 'mit'  # as agreed\nmodel-index:\n")


def test_results_on_other_data_are_a_group_of_their_own(write: Callable[..., str]) -> None:
    write(CARD)
    metadata_update(REPO, result(dataset_split="train"))
    (model,) = on_the_hub().data["model-index"]
    assert [each["dataset"]["split"] for each in model["results"]] == ["test", "train"]


def test_a_metric_that_says_something_else_is_a_conflict_unless_overwritten(write: Callable[..., str]) -> None:
    write(CARD)
    metadata_update(REPO, result())
    assert on_the_hub().content == CARD
    with pytest.raises(ValueError, match="new value for the existing metric 'name: Accuracy, type: accuracy'"):
        metadata_update(REPO, result(metrics_value=0.95))
    metadata_update(REPO, result(metrics_value=0.95), overwrite=True)
    (metric,) = on_the_hub().data["model-index"][0]["results"][0]["metrics"]
    assert metric == {"type": "accuracy", "name": "Accuracy", "value": 0.95, "stderr": 0.01}


def test_a_verified_result_gets_the_signature_of_the_new_value() -> None:
    HfApi().create_repo(REPO)
    metadata_update(REPO, result(metrics_verified=True, metrics_verification_token="old"))
    new = result(metrics_verified=True, metrics_verification_token="new", metrics_value=0.95)
    metadata_update(REPO, new, overwrite=True)
    (metric,) = on_the_hub().data["model-index"][0]["results"][0]["metrics"]
    assert (metric["value"], metric["verifyToken"]) == (0.95, "new")


def test_an_index_without_a_name_takes_that_of_the_card_or_of_the_repository(write: Callable[..., str]) -> None:
    nameless = result(metrics_value=0.95)
    del nameless["model-index"][0]["name"]
    given = copy.deepcopy(nameless)
    write(CARD)
    metadata_update(REPO, nameless, overwrite=True)
    assert on_the_hub().data.model_name == "digits"
    write("---\nlicense: mit\n---\n")
    metadata_update(REPO, nameless)
    assert on_the_hub().data.model_name == REPO
    assert nameless == given


def test_results_of_another_model_keep_its_name(write: Callable[..., str]) -> None:
    write(CARD)
    metadata_update(REPO, result(model_pretty_name="large", metrics_value=0.99))
    assert [model["name"] for model in on_the_hub().data["model-index"]] == ["digits", "large"]
    metadata_update(REPO, result(model_pretty_name="large", metrics_value=1.0), overwrite=True)
    assert [each.metric_value for each in on_the_hub().data.eval_results or []] == [0.9, 1.0]


def test_an_index_of_another_shape_is_a_conflict_unless_overwritten(write: Callable[..., str]) -> None:
    write("---\nmodel-index:\n- name: m\n  results:\n  - metrics: []\n---\n")
    with pytest.raises(ValidationError, match="'model-index'"):
        metadata_update(REPO, result())
    metadata_update(REPO, result(), overwrite=True)
    assert on_the_hub().data.model_name == "digits"


@pytest.mark.parametrize("index", ["mine", {"name": "x"}, [{"results": 3}]])
def test_an_update_that_would_not_be_valid_is_refused(index: Any, write: Callable[..., str]) -> None:
    head = write(CARD)
    for overwrite in (False, True):
        with pytest.raises(ValidationError):
            metadata_update(REPO, {"model-index": index}, overwrite=overwrite)
    with pytest.raises(ValidationError, match="'tags' should be a list"):
        metadata_update(REPO, {"tags": "word"})
    assert HfApi().model_info(REPO).sha == head


def test_of_many_who_update_at_once_nobody_loses_a_key(write: Callable[..., str]) -> None:
    write(CARD)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: metadata_update(REPO, {f"key_{number}": number}), range(8)))
    assert [on_the_hub().data.get(f"key_{number}") for number in range(8)] == list(range(8))


def test_an_update_onto_a_stated_parent_needs_the_branch_to_be_there(write: Callable[..., str]) -> None:
    old = write(CARD)
    head = write(CARD + "more\n")
    with pytest.raises(ParentCommitError):
        metadata_update(REPO, {"language": "en"}, parent_commit=old)
    metadata_update(REPO, {"language": "en"}, parent_commit=head[:10])
    assert on_the_hub().text == "# Title\nmore\n"


def test_an_update_goes_to_the_hub_that_is_named(tmp_path: Path, api: HfApi) -> None:
    other = HfApi(endpoint=tmp_path / "other")
    url = other.create_repo("username/it", repo_type="dataset")
    metadata_update(url, {"license": "mit"}, endpoint=tmp_path / "other")
    assert DatasetCard.load(url, endpoint=tmp_path / "other").data.license == "mit"
    with pytest.raises(RepositoryNotFoundError):
        metadata_update("username/it", {"license": "mit"})
    with pytest.raises(RevisionNotFoundError):
        metadata_update(REPO, {"license": "mit"}, revision="v9")


def test_a_new_card_has_no_blank_line_in_its_metadata(api: HfApi) -> None:
    api.create_repo("username/new")
    metadata_update("username/new", {"license": "mit"})
    card = Path(api.hf_hub_download("username/new", "README.md")).read_text()
    assert card.startswith("---\nlicense: mit\n---\n")


def test_metadata_that_is_no_mapping_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"metadata is a dict of the keys to set, .*, not 'license'"):
        metadata_update("username/new", "license")  # type: ignore[arg-type]
