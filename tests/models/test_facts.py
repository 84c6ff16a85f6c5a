"""What is said of one checkpoint: given at save or push, it goes into the metadata of its card, whoever wrote that."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from anyhub.api import HfApi, hf_hub_download
from anyhub.cards.eval_result import EvalResult
from anyhub.errors import ValidationError
from anyhub.models.mixin import ModelHubMixin
from anyhub.repocard.repo_card import ModelCard
from anyhub.repocard.updating import metadata_update

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


# -- later saves and pushes


def facts_there() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(hf_hub_download(REPO, "anyhub.json")).read_text())
    return content.get("facts", {})


def test_facts_of_an_earlier_push_hold_and_a_plain_push_makes_no_commit() -> None:
    Text().push_to_hub(REPO, eval_results=accuracy(0.8), tags="mine", pipeline_tag="text-generation", **FACTS)
    card, before = str(card_of(REPO)), commits()
    Text().push_to_hub(REPO)
    assert (str(card_of(REPO)), commits()) == (card, before)


def test_facts_of_an_earlier_save_hold(tmp_path: Path) -> None:
    Text().save_pretrained(tmp_path, eval_results=accuracy(0.8), **FACTS)
    before = str(card_of(tmp_path))
    Text().save_pretrained(tmp_path)
    assert str(card_of(tmp_path)) == before
    assert "0.8" in before


def test_facts_are_recorded_beside_the_configuration_as_metadata_of_a_card() -> None:
    Text().push_to_hub(REPO, license="apache-2.0", eval_results=accuracy(0.8))
    assert facts_there() == {
        "license": "apache-2.0",
        "model-index": [
            {
                "name": "my-model",
                "results": [
                    {
                        "task": {"type": "text-classification"},
                        "dataset": {"name": "Letters", "type": "letters"},
                        "metrics": [{"type": "accuracy", "value": 0.8}],
                    }
                ],
            }
        ],
    }


def test_new_facts_contradict_earlier_ones_key_by_key() -> None:
    Text().push_to_hub(REPO, **FACTS)
    Text().push_to_hub(REPO, license="bsd", datasets="username/others")
    assert facts_there() == {**FACTS, "license": "bsd", "datasets": "username/others"}


def test_what_the_class_says_is_refreshed_beside_the_facts() -> None:
    Text().push_to_hub(REPO, datasets="username/letters")

    class Moved(Text, library_name="moved"):
        pass

    Moved().push_to_hub(REPO)
    data = card_of(REPO).data
    assert (data.library_name, data.datasets) == ("moved", "username/letters")


def test_results_are_added_to_earlier_ones_and_the_same_measurement_gets_its_new_value() -> None:
    Text().push_to_hub(REPO, eval_results=[accuracy(0.8), replace(accuracy(0.7), metric_type="f1")])
    Text().push_to_hub(REPO, eval_results=accuracy(0.9))
    data = card_of(REPO).data
    assert [(each.metric_type, each.metric_value) for each in data.eval_results] == [("accuracy", 0.9), ("f1", 0.7)]


@pytest.mark.parametrize("edit", ["text", "data"])
def test_results_are_added_to_those_of_a_card_that_somebody_edited(edit: str) -> None:
    Text().push_to_hub(REPO, eval_results=replace(accuracy(0.7), metric_type="f1"))
    card = card_of(REPO)
    if edit == "text":
        card.text += "\nEdited.\n"
    else:
        card.data.language = "fr"
    card.push_to_hub(REPO)
    Text().push_to_hub(REPO, eval_results=accuracy(0.9))
    data = card_of(REPO).data
    assert [(each.metric_type, each.metric_value) for each in data.eval_results] == [("f1", 0.7), ("accuracy", 0.9)]
    assert "0.9" in card_of(REPO).text or edit == "text"


def test_results_are_not_filed_under_the_name_of_another_model() -> None:
    Text().push_to_hub(REPO)
    card = card_of(REPO)
    card.data.model_name, card.data.eval_results = "another", [accuracy(0.5)]
    card.push_to_hub(REPO)
    for value in (0.8, 0.9):
        Text().push_to_hub(REPO, eval_results=accuracy(value))
    index = card_of(REPO).data["model-index"]
    assert [(model["name"], model["results"][0]["metrics"][0]["value"]) for model in index] == [
        ("another", 0.5),
        ("my-model", 0.9),
    ]
    assert "0.9" in card_of(REPO).text


def test_tags_are_added_to_those_of_the_class_and_a_task_replaces_its(tmp_path: Path) -> None:
    class Tagged(Text, tags=["letters"], pipeline_tag="text-generation"):
        pass

    Tagged().save_pretrained(tmp_path, tags=["mine", "letters"], pipeline_tag="text-classification")
    data = card_of(tmp_path).data
    assert data.tags == ["mine", "letters", "model_hub_mixin"]
    assert data.pipeline_tag == "text-classification"
    Tagged().save_pretrained(tmp_path / "kwargs", model_card_kwargs={"tags": ["mine"]})
    assert card_of(tmp_path / "kwargs").data.tags == ["mine", "letters", "model_hub_mixin"]


def test_a_license_that_is_not_the_classes_goes_without_the_name_and_address_of_that(tmp_path: Path) -> None:
    class Named(Text, license="other", license_name="Ours", license_link="https://example.org"):
        pass

    Named().save_pretrained(tmp_path, license="mit")
    assert card_of(tmp_path).data.to_dict().keys() == {"license", "library_name", "tags"}
    assert card_of(tmp_path).text.endswith("## License\n\nmit\n")


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ({"license": 3}, "'license' should be a text or a list of texts"),
        ({"datasets": {"a": 1}}, "'datasets' should be a text or a list of texts"),
        ({"tags": [1]}, "'tags' should be a list of texts"),
        ({"pipeline_tag": ["a"]}, "'pipeline_tag' should be a text"),
        ({"language": object()}, "'language' .* type object"),
        ({"eval_results": [{}]}, "there is one of type `dict`"),
    ],
)
def test_what_a_card_can_not_say_is_refused_before_anything_is_written(
    fact: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(ValidationError, match=said):
        Text().save_pretrained(tmp_path / "new", **fact)
    with pytest.raises(ValidationError, match=said):
        Text().push_to_hub(REPO, **fact)
    assert not (tmp_path / "new").exists()
    assert not HfApi().repo_exists(REPO)


def test_a_result_that_is_no_number_is_kept_as_a_text(tmp_path: Path) -> None:
    for _ in range(2):
        Text().save_pretrained(tmp_path, eval_results=accuracy(float("nan")))
        assert card_of(tmp_path).data.eval_results[0].metric_value == "nan"


def test_results_of_other_models_alone_stay_theirs() -> None:
    Text().push_to_hub(REPO, eval_results=replace(accuracy(0.8), model_name="another"))
    before = commits()
    Text().push_to_hub(REPO)
    assert commits() == before
    assert facts_there()["model-index"][1]["name"] == "another"


@pytest.mark.parametrize(
    "facts", [{"license": 3}, {"model-index": [{"name": "x"}]}, {"model-index": "x"}, {"datasets": [[1]]}]
)
def test_facts_of_a_stranger_that_no_card_can_say_are_not_used_and_that_is_told(
    facts: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "anyhub.json").write_text(json.dumps({"format": 1, "facts": facts}))
    Text().save_pretrained(tmp_path)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert card_of(tmp_path).data.license == "mit"
    assert Text.from_pretrained


def test_keys_of_a_stranger_that_are_no_facts_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "anyhub.json").write_text(json.dumps({"format": 1, "facts": {"title": "x", "language": "en"}}))
    Text().save_pretrained(tmp_path)
    assert json.loads((tmp_path / "anyhub.json").read_text())["facts"] == {"language": "en"}


# -- a card of which only the metadata was edited


def test_the_text_is_that_of_the_metadata_that_somebody_edited() -> None:
    Text("one").push_to_hub(REPO)
    metadata_update(REPO, {"license": "bsd", "language": "fr"}, overwrite=True)
    Text("two").push_to_hub(REPO)
    card = card_of(REPO)
    assert (card.data.license, card.data.language) == ("bsd", "fr")
    assert card.text.endswith("## License\n\nbsd\n")
    assert '`"two"`' in card.text
    before = commits()
    Text("two").push_to_hub(REPO)
    assert commits() == before
    Text("two").push_to_hub(REPO, license="apache-2.0")
    assert card_of(REPO).text.endswith("## License\n\napache-2.0\n")


def test_edited_metadata_in_a_folder_stays_with_its_comments_and_the_text_is_generated_again(tmp_path: Path) -> None:
    Text("one").save_pretrained(tmp_path)
    card = tmp_path / "README.md"
    card.write_text(card.read_text().replace("license: mit", "license: bsd  # as agreed"))
    Text("two").save_pretrained(tmp_path)
    assert "license: bsd  # as agreed\n" in card.read_text()
    assert '`"two"`' in card.read_text()
    assert card.read_text().endswith("## License\n\nbsd\n")


def test_a_fact_that_somebody_removed_from_the_metadata_does_not_come_back() -> None:
    Text().push_to_hub(REPO, datasets="username/letters")
    card = card_of(REPO)
    del card.data["datasets"]
    card.push_to_hub(REPO)
    Text().push_to_hub(REPO)
    assert card_of(REPO).data.get("datasets") is None


# -- a card of more than this checkpoint


class Varied(Text):
    """Has variants."""

    def _save_pretrained(self, save_directory: Path, *, variant: str | None = None) -> None:
        (save_directory / f"model{variant or ''}.txt").write_text(self.text)


@pytest.mark.parametrize("part", [{"subfolder": "part"}, {"variant": "fp16"}])
def test_a_part_of_a_repository_leaves_its_card_but_for_facts(part: dict[str, str]) -> None:
    Varied("whole").push_to_hub(REPO)
    before = str(card_of(REPO))
    Varied("part").push_to_hub(REPO, **part)
    assert str(card_of(REPO)) == before
    Varied("part").push_to_hub(REPO, datasets="username/letters", **part)
    assert card_of(REPO).text == ModelCard(before).text
    assert card_of(REPO).data.datasets == "username/letters"
    Varied("whole").push_to_hub(REPO)
    assert card_of(REPO).data.datasets == "username/letters"
    assert '`"whole"`' in card_of(REPO).text


@pytest.mark.parametrize("part", [{"subfolder": "part"}, {"variant": "fp16"}])
def test_a_part_of_a_repository_without_a_card_makes_one_that_loads_it(part: dict[str, str]) -> None:
    Varied("part").push_to_hub(REPO, **part)
    ((name, value),) = part.items()
    assert f'from_pretrained("{REPO}", {name}="{value}")' in card_of(REPO).text


def test_a_variant_in_a_folder_leaves_its_card(tmp_path: Path) -> None:
    Varied("whole").save_pretrained(tmp_path)
    before = str(card_of(tmp_path))
    Varied("part").save_pretrained(tmp_path, variant="fp16")
    assert str(card_of(tmp_path)) == before


# -- saved and pushed at once


def test_what_was_said_of_the_model_on_the_hub_holds_when_a_folder_is_pushed(tmp_path: Path) -> None:
    Text().push_to_hub(REPO, license="apache-2.0")
    Text().save_pretrained(tmp_path / "other", push_to_hub=True, repo_id=REPO, language="en")
    assert facts_there() == {"license": "apache-2.0", "language": "en"}
    assert (card_of(REPO).data.license, card_of(REPO).data.language) == ("apache-2.0", "en")


def test_saving_and_pushing_twice_makes_one_commit(tmp_path: Path) -> None:
    for _ in range(2):
        Text().save_pretrained(tmp_path / "my-model", push_to_hub=True, repo_id=REPO, **FACTS)
    assert commits() == 2


@pytest.mark.parametrize("answer", [None, 3, b"text"])
def test_what_is_no_card_is_refused_with_the_name_of_the_method(answer: Any, tmp_path: Path) -> None:
    class Forgetful(Text):
        def generate_model_card(self, *args: Any, **kwargs: Any) -> Any:
            return answer

    with pytest.raises(ValidationError, match=r"Forgetful\.generate_model_card returned \w+, .*`return card`"):
        Forgetful().save_pretrained(tmp_path / "new")
    assert not (tmp_path / "new").exists()
