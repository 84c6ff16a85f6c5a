"""What is said of one checkpoint: given at save or push, it goes into the metadata of its card, whoever wrote that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from anyhub.api import HfApi, hf_hub_download
from anyhub.cards.eval_result import EvalResult
from anyhub.errors import ValidationError
from anyhub.models.mixin import ModelHubMixin
from anyhub.repocard.repo_card import ModelCard

REPO = "username/my-model"

FACTS: dict[str, Any] = {
    "license": "apache-2.0",
    "language": ["en", "ko"],
    "datasets": ["username/letters"],
    "base_model": "username/base",
    "metrics": ["accuracy"],
}


class Text(ModelHubMixin, license="mit", library_name="texts"):
    """A model that is a text file, of a class with a license."""

    def __init__(self, text: str = "") -> None:
        self.text = text

    def _save_pretrained(self, save_directory: Path) -> None:
        (save_directory / "model.txt").write_text(self.text)


class Own(Text):
    """Makes a card without regard to anything."""

    def generate_model_card(self, *args: Any, **kwargs: Any) -> ModelCard:
        return ModelCard("---\nlicense: mit\n---\nOwn words.\n")


class Spelling(Text):
    """Makes a card that is no more than a text."""

    def generate_model_card(self, *args: Any, **kwargs: Any) -> Any:
        return "---\nlicense: mit\n---\nOwn words.\n"


class Writing(Text):
    """Has a hook that writes a card."""

    def _save_pretrained(self, save_directory: Path) -> None:
        (save_directory / "README.md").write_text("---\n# Ours.\nlicense: mit\n---\nOwn words.\n")


def accuracy(value: float) -> EvalResult:
    return EvalResult(
        task_type="text-classification",
        dataset_type="letters",
        dataset_name="Letters",
        metric_type="accuracy",
        metric_value=value,
    )


def card_of(place: Path | str) -> ModelCard:
    return ModelCard.load(place / "README.md" if isinstance(place, Path) else place)


def commits() -> int:
    return len(HfApi().list_repo_commits(REPO))


@pytest.mark.parametrize("cls", [Text, Own, Spelling, Writing])
def test_facts_given_at_saving_are_in_the_card_whoever_makes_it(cls: type[Text], tmp_path: Path) -> None:
    cls().save_pretrained(tmp_path, **FACTS)
    data = card_of(tmp_path).data.to_dict()
    assert {key: data[key] for key in FACTS} == FACTS
    cls().push_to_hub(REPO, **FACTS)
    data = card_of(REPO).data.to_dict()
    assert {key: data[key] for key in FACTS} == FACTS


def test_the_class_keeps_what_it_says_of_all_its_models(tmp_path: Path) -> None:
    Text().save_pretrained(tmp_path / "one", **FACTS)
    Text().save_pretrained(tmp_path / "two")
    assert card_of(tmp_path / "one").data.library_name == "texts"
    assert card_of(tmp_path / "two").data.to_dict() == {
        "library_name": "texts",
        "license": "mit",
        "tags": ["model_hub_mixin"],
    }


def test_facts_are_shown_in_the_text_of_the_card_too(tmp_path: Path) -> None:
    Text().save_pretrained(tmp_path, **FACTS)
    text = card_of(tmp_path).text
    for fact in ("apache-2.0", "username/letters", "username/base"):
        assert fact in text


def test_facts_reach_a_template_of_the_class(tmp_path: Path) -> None:
    class Templated(Text, model_card_template="---\n{{ card_data }}\n---\nUnder {{ license }}.\n"):
        pass

    Templated().save_pretrained(tmp_path, license="apache-2.0")
    assert card_of(tmp_path).text == "Under apache-2.0.\n"


def test_results_of_evaluations_are_called_after_the_repository_or_the_folder(tmp_path: Path) -> None:
    Text().save_pretrained(tmp_path / "folder", eval_results=[accuracy(0.9)])
    Text().push_to_hub(REPO, eval_results=accuracy(0.8))
    for place, name, value in ((tmp_path / "folder", "folder", 0.9), (REPO, "my-model", 0.8)):
        data = card_of(place).data
        assert data.model_name == name
        assert [result.metric_value for result in data.eval_results] == [value]
        assert str(value) in card_of(place).text


def test_results_keep_the_name_that_a_card_gives_the_model() -> None:
    Text().push_to_hub(REPO, eval_results=accuracy(0.8))
    card = card_of(REPO)
    card.data.model_name = "A better name"
    card.push_to_hub(REPO)
    Text().push_to_hub(REPO, eval_results=accuracy(0.9))
    data = card_of(REPO).data
    assert (data.model_name, [result.metric_value for result in data.eval_results]) == ("A better name", [0.9])


EDITED = """---
license: mit
datasets:
  - "username/others"  # as agreed
---

Written by hand.
"""


def test_facts_win_over_an_edited_card_in_the_folder_key_by_key_and_its_text_stays(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(EDITED)
    Text().save_pretrained(tmp_path, license="apache-2.0", language="en")
    assert (tmp_path / "README.md").read_text() == EDITED.replace("license: mit", "license: apache-2.0").replace(
        "---\n\n", "language: en\n---\n\n"
    )


def test_an_edited_card_in_the_folder_stays_when_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(EDITED)
    Text().save_pretrained(tmp_path)
    assert (tmp_path / "README.md").read_text() == EDITED


def test_facts_win_over_an_edited_card_on_the_hub_and_the_class_adds_what_is_missing() -> None:
    api = HfApi()
    api.create_repo(REPO)
    api.upload_file(path_or_fileobj=EDITED.encode(), path_in_repo="README.md", repo_id=REPO)
    Text().push_to_hub(REPO, datasets=["username/letters"])
    card = card_of(REPO)
    assert card.text == "\nWritten by hand.\n"
    assert "license: mit\n" in str(card)
    assert card.data.to_dict() == {
        "license": "mit",
        "datasets": ["username/letters"],
        "library_name": "texts",
        "tags": ["model_hub_mixin"],
    }


def test_a_card_that_can_not_be_read_stays_and_that_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "README.md").write_bytes(b"---\n[not closed\n---\nText\n")
    Text().save_pretrained(tmp_path, license="apache-2.0")
    assert (tmp_path / "README.md").read_bytes() == b"---\n[not closed\n---\nText\n"
    assert "stays as it is" in caplog.text


def test_the_same_push_with_the_same_facts_makes_no_commit() -> None:
    for _ in range(2):
        Text().push_to_hub(REPO, eval_results=accuracy(0.8), **FACTS)
    before = commits()
    card = card_of(REPO)
    card.text += "\nEdited.\n"
    card.push_to_hub(REPO)
    for _ in range(2):
        Text().push_to_hub(REPO, eval_results=accuracy(0.8), **FACTS)
    assert commits() == before + 1


def test_a_fact_that_changes_is_a_commit() -> None:
    Text().push_to_hub(REPO, license="mit")
    before = commits()
    Text().push_to_hub(REPO, license="apache-2.0")
    assert commits() == before + 1
    assert card_of(REPO).data.license == "apache-2.0"


def test_saving_and_pushing_at_once_says_the_same_in_both_places(tmp_path: Path) -> None:
    Text().save_pretrained(tmp_path / "my-model", push_to_hub=True, **FACTS)
    assert str(card_of(REPO)) == str(card_of(tmp_path / "my-model"))
    assert card_of(REPO).data.license == "apache-2.0"


def test_facts_are_no_part_of_the_configuration(tmp_path: Path) -> None:
    Text("hi").save_pretrained(tmp_path, **FACTS)
    assert json.loads((tmp_path / "config.json").read_text()) == {"text": "hi"}


def test_what_is_no_result_of_an_evaluation_is_refused_and_nothing_is_saved(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="EvalResult"):
        Text().save_pretrained(tmp_path / "new", eval_results=[{"accuracy": 1}])
    assert not (tmp_path / "new").exists()


def test_the_callers_lists_stay_as_they_are(tmp_path: Path) -> None:
    results = [accuracy(0.9)]
    given = {key: list(value) if isinstance(value, list) else value for key, value in FACTS.items()}
    Text().save_pretrained(tmp_path, eval_results=results, **given)
    card = card_of(tmp_path)
    card.data.language.append("de")
    assert given == FACTS
    assert results == [accuracy(0.9)]


def test_a_card_of_the_hook_on_the_hub_is_that_of_the_folder(tmp_path: Path) -> None:
    Writing().push_to_hub(REPO, license="apache-2.0")
    downloaded = Path(hf_hub_download(REPO, "README.md")).read_text()
    assert downloaded == "---\n# Ours.\nlicense: apache-2.0\n---\nOwn words.\n"
