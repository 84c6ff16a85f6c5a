"""The metadata of a card, as a dict, as attributes and as YAML."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anyhub.cards import block
from anyhub.cards.dataset_metadata import DatasetCardData
from anyhub.cards.eval_result import EvalResult
from anyhub.cards.metadata import CardData, ModelCardData
from anyhub.cards.space_metadata import SpaceCardData
from anyhub.errors import ValidationError


def test_keys_are_items_and_attributes() -> None:
    data = CardData(license="mit")
    data["tags"] = ["a"]
    data.language = "en"
    assert (data.license, data.tags, data["language"]) == ("mit", ["a"], "en")
    assert list(data) == ["license", "tags", "language"]
    assert ("tags" in data, "other" in data, 3 in data, len(data)) == (True, False, False, 3)
    del data["tags"], data.language
    assert data.to_dict() == {"license": "mit"}


def test_none_means_missing() -> None:
    data = CardData(license=None, tags=["a"])
    assert data.get("license", "mit") == "mit"
    assert data.get("license") is None
    assert ("license" in data, len(data), list(data)) == (False, 1, ["tags"])
    assert str(data) == "tags:\n- a"


def test_pop_gives_the_value_or_the_default() -> None:
    data = CardData(a=1)
    assert (data.pop("a"), data.pop("a"), data.pop("a", 2), len(data)) == (1, None, 2, 0)


def test_a_missing_key_is_named() -> None:
    with pytest.raises(AttributeError, match="'colour'"):
        _ = CardData().colour
    with pytest.raises(AttributeError, match="'colour'"):
        del CardData().colour
    with pytest.raises(KeyError, match="colour"):
        CardData()["colour"]


def test_equality_is_by_content() -> None:
    assert CardData(a=1) != CardData(b=2)
    assert CardData(a=1) == CardData(a=1, b=None)
    assert CardData(license="mit") == ModelCardData(license="mit")
    assert CardData(a=1) != {"a": 1}


def test_a_key_may_have_the_name_of_a_method() -> None:
    data = CardData(get=1, to_dict=2, self=3, _values=4, keys=5)
    assert data.to_dict() == {"get": 1, "to_dict": 2, "self": 3, "_values": 4, "keys": 5}
    assert ModelCardData(self=1)["self"] == 1


@pytest.mark.parametrize("cls", [CardData, ModelCardData])
def test_it_can_be_copied_and_pickled(cls: type[CardData]) -> None:
    data = cls(license="mit", tags=["a"])
    for other in (copy.copy(data), copy.deepcopy(data), pickle.loads(pickle.dumps(data))):
        assert other == data
        assert type(other) is cls
    copy.deepcopy(data).tags.append("b")
    assert data.tags == ["a"]


def test_to_dict_is_a_deep_copy_without_what_is_none_at_the_top() -> None:
    data = CardData(a={"b": [1, None]}, c=None)
    data.to_dict()["a"]["b"].append(2)
    assert data.to_dict() == {"a": {"b": [1, None]}}


def test_the_callers_lists_stay_as_they_are() -> None:
    tags, datasets = ["b", "a", "b"], ["d"]
    data = ModelCardData(tags=tags, datasets=datasets, other=tags)
    data.tags.append("c")
    data.datasets.append("e")
    data.other.append("f")
    assert (tags, datasets) == (["b", "a", "b"], ["d"])
    assert data.tags == ["b", "a", "c"]


@pytest.mark.parametrize("tags", [None, "word", [], [{"a": 1}, {"a": 1}]])
def test_tags_that_are_not_texts_stay_as_they_are(tags: object) -> None:
    assert ModelCardData(tags=tags).tags == tags  # type: ignore[arg-type]


def test_yaml_keeps_the_order_the_unicode_and_the_texts() -> None:
    data = CardData(title="Größe 😀", language="no", license="mit", rate="1e3")
    assert data.to_yaml() == str(data) == "title: Größe 😀\nlanguage: 'no'\nlicense: mit\nrate: '1e3'"
    assert data.to_yaml("\r\n") == str(data).replace("\n", "\r\n")
    assert CardData().to_yaml() == ""


def test_repr_shows_what_there_is() -> None:
    assert repr(ModelCardData(license="mit")) == "ModelCardData(license='mit')"


class _Licence(StrEnum):
    MIT = "mit"


def test_values_that_have_a_plain_form_get_it() -> None:
    data = CardData(
        license=_Licence.MIT,
        day=date(2024, 5, 1),
        pair=(1, 2),
        score=np.float64(0.5),
        count=np.int64(3),
        half=np.float32(0.5),
    )
    assert repr(data.to_dict()) == (
        "{'license': 'mit', 'day': '2024-05-01', 'pair': [1, 2], 'score': 0.5, 'count': 3, 'half': 0.5}"
    )
    assert block.read(str(data)) == data.to_dict()


def _circle() -> list[object]:
    circle: list[object] = []
    circle.append(circle)
    return circle


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (object(), "value of type object"),
        ([{"a": {1, 2}}], "value of type set"),
        ({("a", "b"): 1}, "key of type tuple"),
        (b"bytes", "value of type bytes"),
        (1j, "value of type complex"),
        (_circle(), "20 levels"),
        (10**1000, "999 digits"),
    ],
)
def test_what_yaml_has_no_words_for_is_refused_by_key(value: object, reason: str) -> None:
    with pytest.raises(ValidationError, match=f"'odd'.* {reason}"):
        CardData(odd=value)
    data = CardData(fine=1)
    data.odd = value
    with pytest.raises(ValidationError, match=f"'odd'.* {reason}"):
        data.to_yaml()


def test_what_yaml_has_no_words_for_can_be_left_out(caplog: pytest.LogCaptureFixture) -> None:
    assert CardData(ignore_metadata_errors=True, odd=object(), fine=1).to_dict() == {"fine": 1}
    assert "'odd'" in caplog.text


def test_the_deepest_value_that_is_accepted_can_be_read_back() -> None:
    deep: object = "x"
    for _ in range(19):
        deep = [deep]
    data = CardData(a=deep)
    assert block.read(str(data)) == data.to_dict()
    with pytest.raises(ValidationError, match="20 levels"):
        CardData(a=[deep])


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=50)
@given(st.dictionaries(st.text(), _values, max_size=5), st.sampled_from(["\n", "\r\n"]))
def test_yaml_reads_back_as_the_same_data(values: dict[str, object], line_break: str) -> None:
    values.pop("ignore_metadata_errors", None)
    data = CardData(**values)
    assert repr(block.read(data.to_yaml(line_break))) == repr(data.to_dict())


def test_neither_yaml_nor_jinja_is_imported_before_it_is_needed(tmp_path: Path) -> None:
    code = (
        "import sys; import anyhub.repocard.repo_card as m; m.ModelCardData(tags=['a']).to_dict();"
        "print(sorted({'yaml', 'jinja2', 'numpy', 'torch', 'importlib.resources'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def result(value: object = 0.9, **fields: Any) -> EvalResult:
    return EvalResult("image-classification", "beans", "Beans", "accuracy", value, **fields)


INDEX = [
    {
        "name": "m",
        "results": [
            {
                "task": {"type": "image-classification"},
                "dataset": {"name": "Beans", "type": "beans"},
                "metrics": [{"type": "accuracy", "value": 0.9}],
            }
        ],
    }
]


@pytest.mark.parametrize("given", [result(), [result()]])
def test_evaluation_results_are_written_as_a_model_index(given: EvalResult | list[EvalResult]) -> None:
    data = ModelCardData(license="mit", model_name="m", eval_results=given)
    assert (data.eval_results, data.model_name) == ([result()], "m")
    assert data.to_dict() == {"license": "mit", "model-index": INDEX}
    assert block.read(str(data)) == data.to_dict()
    assert (data["model-index"], "model-index" in data) == (INDEX, True)


def test_a_model_index_is_read_as_evaluation_results() -> None:
    data = ModelCardData(**{"model-index": INDEX})
    assert (data.eval_results, data.model_name) == ([result()], "m")
    data.eval_results[0].metric_value = 1
    assert data["model-index"][0]["results"][0]["metrics"] == [{"type": "accuracy", "value": 1}]
    assert data.pop("model-index")[0]["name"] == "m"
    assert (data.eval_results, data.model_name, data.to_dict()) == (None, None, {})
    data["model-index"] = INDEX
    assert data == ModelCardData(model_name="m", eval_results=result())
    del data["model-index"]
    assert data == CardData()


def test_the_model_index_that_is_given_out_is_a_copy() -> None:
    data = ModelCardData(**{"model-index": INDEX})
    data["model-index"][0]["name"] = "other"
    assert data["model-index"] == INDEX


def test_evaluation_results_need_a_name() -> None:
    with pytest.raises(ValueError, match="Passing `eval_results` requires `model_name` to be set"):
        ModelCardData(eval_results=result())
    data = ModelCardData()
    data.eval_results = [result()]
    with pytest.raises(ValidationError, match="`model_name`"):
        data.to_dict()


@pytest.mark.parametrize("given", ["x", [result(), {}], {"accuracy": 1}, 0.9])
def test_evaluation_results_of_another_type_are_refused(given: Any, caplog: pytest.LogCaptureFixture) -> None:
    reason = "`eval_results` should be of type `EvalResult` or a list of `EvalResult`"
    with pytest.raises(ValueError, match=reason):
        ModelCardData(model_name="m", eval_results=given)
    assert ModelCardData(model_name="m", eval_results=given, ignore_metadata_errors=True).eval_results is None
    assert reason in caplog.text


@pytest.mark.parametrize("index", ["mine", [], None, [{"name": "m"}], {"a": 1}])
def test_a_model_index_of_another_shape_is_a_key_like_any_other(index: Any) -> None:
    data = ModelCardData(**{"model-index": index})
    assert (data.eval_results, data.get("model-index")) == (None, index)
    assert data.to_dict() == ({} if index is None else {"model-index": index})
    assert data.pop("model-index") == index
    assert ModelCardData(**{"model-index": INDEX}).eval_results is not None
    data = ModelCardData(**{"model-index": INDEX})
    data["model-index"] = index
    assert data.to_dict().get("model-index") == index


def test_metadata_with_results_can_be_copied_and_pickled() -> None:
    data = ModelCardData(**{"model-index": INDEX})
    for other in (copy.copy(data), copy.deepcopy(data), pickle.loads(pickle.dumps(data))):
        assert other == data
    copy.deepcopy(data).eval_results[0].metric_value = 0
    assert data["model-index"] == INDEX


def test_yaml_begins_with_the_keys_that_are_asked_for() -> None:
    data = CardData(a=1, b=2, c=3)
    assert data.to_yaml(original_order=["c", "x", "b"]) == "c: 3\nb: 2\na: 1"


def test_the_metadata_of_a_data_set_has_the_keys_of_its_card() -> None:
    index = [{"config": "default", "task": "image-classification"}]
    data = DatasetCardData(
        language=["en"],
        license="mit",
        annotations_creators="found",
        language_creators="found",
        multilinguality="monolingual",
        size_categories="n<1K",
        source_datasets=["original"],
        task_categories="image-classification",
        task_ids=["x"],
        paperswithcode_id="cats",
        pretty_name="Cats vs. Dogs",
        train_eval_index=index,
        config_names=["default"],
        extra=1,
    )
    assert (data.train_eval_index, data["train-eval-index"], "train-eval-index" in data) == (index, index, True)
    assert (data.to_dict()["train-eval-index"], "train_eval_index" in data.to_dict(), len(data)) == (index, False, 14)
    assert DatasetCardData(**data.to_dict()) == data
    data.train_eval_index = None
    assert "train-eval-index" not in data.to_dict()
    assert data.pop("train_eval_index") is None


def test_the_metadata_of_a_space_has_the_keys_of_its_card() -> None:
    given: dict[str, Any] = {
        "title": "Digits",
        "sdk": "docker",
        "sdk_version": "1.0",
        "python_version": "3.11",
        "app_file": "app.py",
        "app_port": 7860,
        "license": "mit",
        "duplicated_from": "me/other",
        "models": ["me/m"],
        "datasets": ["me/d"],
        "tags": ["a", "a", "b"],
    }
    assert SpaceCardData(**given, emoji="🔢").to_dict() == {**given, "tags": ["a", "b"], "emoji": "🔢"}
