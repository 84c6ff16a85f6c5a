"""The model-index of a card: read as results, written from them, and changed without losing what else it says."""

from __future__ import annotations

import copy
import runpy
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anyhub.cards import block
from anyhub.cards.eval_result import EvalResult
from anyhub.cards.model_index import (
    eval_results_to_model_index,
    model_index_to_eval_results,
    updated_model_index,
)
from anyhub.errors import ValidationError

FOLDER = Path(__file__).parent
EVERYTHING: dict[str, Any] = runpy.run_path(str(FOLDER / "test_eval_result.py"))["EVERYTHING"]
BLOCKS: dict[str, str] = runpy.run_path(str(FOLDER / "corpus.py"))["BLOCKS"]


def index_of(name: str) -> list[dict[str, Any]]:
    index: list[dict[str, Any]] = block.read(BLOCKS[name])["model-index"]
    return index


def result(value: object = 0.9, **fields: Any) -> EvalResult:
    return EvalResult("image-classification", "beans", "Beans", "accuracy", value, **fields)


def test_the_smallest_result_is_written_without_what_is_none() -> None:
    assert eval_results_to_model_index("my-cool-model", [result()]) == [
        {
            "name": "my-cool-model",
            "results": [
                {
                    "task": {"type": "image-classification"},
                    "dataset": {"name": "Beans", "type": "beans"},
                    "metrics": [{"type": "accuracy", "value": 0.9}],
                }
            ],
        }
    ]


def test_every_field_of_a_result_survives_the_round_trip() -> None:
    full = EvalResult(**EVERYTHING)
    index = eval_results_to_model_index("wav", [full])
    assert index == index_of("a model index with everything")
    assert model_index_to_eval_results(index) == ("wav", [full])


@pytest.mark.parametrize("field", ["dataset_args", "source_url", "dataset_name", "task_name"])
def test_results_that_differ_beside_the_metric_are_not_thrown_together(field: str) -> None:
    results = [EvalResult(**EVERYTHING), EvalResult(**{**EVERYTHING, field: "another"})]
    index = eval_results_to_model_index("m", results)
    assert len(index[0]["results"]) == 2
    assert model_index_to_eval_results(index)[1] == results


def test_metrics_on_the_same_data_are_one_group() -> None:
    results = [result(), result(dataset_split="test"), replace(result(), metric_type="f1")]
    (model,) = eval_results_to_model_index("m", results)
    assert [[metric["type"] for metric in each["metrics"]] for each in model["results"]] == [
        ["accuracy", "f1"],
        ["accuracy"],
    ]


def test_several_models_keep_their_names() -> None:
    index = index_of("a model index of two models")
    name, results = model_index_to_eval_results(index)
    assert (name, [(each.model_name, each.metric_value) for each in results]) == ("small", [(None, 1), ("large", 2)])
    assert eval_results_to_model_index(name, results) == index


def test_a_value_of_none_stays_a_value() -> None:
    index = eval_results_to_model_index("m", [result(None)])
    assert model_index_to_eval_results(index) == ("m", [result(None)])


def test_no_results_are_a_model_without_results() -> None:
    assert eval_results_to_model_index("m", []) == [{"name": "m", "results": []}]
    assert model_index_to_eval_results([{"name": "m", "results": []}]) == ("m", [])


DATASET = {"type": "d", "name": "D"}
METRIC = {"type": "m", "value": 1}
GOOD = {"task": {"type": "t"}, "dataset": DATASET, "metrics": [METRIC]}


@pytest.mark.parametrize("index", [[], None, "mine", {"name": "m"}, ["m"], [{"results": []}], [{"name": "m"}]])
def test_what_is_no_model_index_is_refused(index: Any) -> None:
    with pytest.raises(ValidationError):
        model_index_to_eval_results(index)


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ("x", "'task' is missing"),
        ({"dataset": DATASET, "metrics": [METRIC]}, "'task' is missing"),
        ({**GOOD, "task": {}}, "task without 'type'"),
        ({**GOOD, "dataset": None}, "'dataset' is missing"),
        ({**GOOD, "dataset": {"type": "d"}}, "dataset without 'type' and 'name'"),
        ({**GOOD, "metrics": {}}, "'metrics' is missing or malformed"),
        ({**GOOD, "metrics": ["x"]}, "metric without 'type' and 'value'"),
        ({**GOOD, "metrics": [{"type": "m"}]}, "metric without"),
        ({**GOOD, "source": "x"}, "source without an address"),
        ({**GOOD, "source": {"name": "x"}}, "without a `source_url`"),
    ],
)
def test_a_result_that_lacks_something_is_refused_with_what_it_lacks(result: object, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        model_index_to_eval_results([{"name": "m", "results": [GOOD, result]}])


@pytest.mark.parametrize("name", [name for name in BLOCKS if "model index" in name and "none" not in name])
def test_an_index_that_says_the_same_is_the_same(name: str) -> None:
    index = index_of(name)
    try:
        model, results = model_index_to_eval_results(index)
    except ValidationError:
        assert name in ("a model index that lacks names", "an empty model index")
        return
    assert updated_model_index(index, model, results) is index


def test_what_an_index_says_beside_results_stays_when_a_result_changes() -> None:
    index = index_of("a model index with more than is known")
    before = copy.deepcopy(index)
    name, results = model_index_to_eval_results(index)
    results[0].metric_value, results[0].verify_token = 7, "eyJ"
    results.append(replace(results[1], metric_type="new"))
    (model,) = updated_model_index(index, name, results)
    assert index == before
    assert (model["note"], model["results"][0]["task"], len(model["results"])) == ("ours", {"type": "t", "id": 7}, 1)
    assert model["results"][0]["metrics"] == [
        {"type": "m", "value": 7, "stderr": 0.1, "verifyToken": "eyJ"},
        {"type": "m", "value": 2},
        {"type": "new", "value": 2},
    ]


def test_results_that_are_taken_out_are_gone_with_groups_and_models_that_they_leave_empty() -> None:
    index = index_of("a model index of two models")
    name, results = model_index_to_eval_results(index)
    assert updated_model_index(index, name, results[1:]) == index[1:]
    assert updated_model_index(index, name, []) == [{"name": "small", "results": []}]


def test_a_new_name_goes_to_the_first_model_alone() -> None:
    index = index_of("a model index of two models")
    _, results = model_index_to_eval_results(index)
    assert [each["name"] for each in updated_model_index(index, "tiny", results)] == ["tiny", "large"]


_text = st.text(min_size=1, max_size=3)
_results = st.builds(
    EvalResult,
    **dict.fromkeys(("task_type", "dataset_type", "dataset_name", "metric_type"), st.sampled_from("ab")),
    metric_value=st.none() | st.integers() | st.text(),
    **dict.fromkeys([each.name for each in fields(EvalResult)[5:14]], st.none() | st.sampled_from("xy")),
    source_url=st.none() | st.just("https://example.org"),
    model_name=st.none() | st.just("other"),
)


@settings(max_examples=60)
@given(st.lists(_results, max_size=6))
def test_results_survive_being_written_and_read(results: list[EvalResult]) -> None:
    index = eval_results_to_model_index("m", results)
    name, again = model_index_to_eval_results(index)
    if name == "other":  # the first result is of another model, so that is the first in the index
        again = [replace(each, model_name=None if each.model_name == "m" else "other") for each in again]
    assert sorted(map(repr, again)) == sorted(map(repr, results))
    assert eval_results_to_model_index("m", again) == index or name == "other"


@settings(max_examples=60)
@given(st.lists(_results, max_size=6), st.lists(_results, max_size=6), st.data())
def test_an_updated_index_says_the_new_results(
    old: list[EvalResult], new: list[EvalResult], data: st.DataObject
) -> None:
    old = [replace(each, model_name=None) for each in old]
    kept = [each for each in old if data.draw(st.booleans())]
    new = [*kept, *(replace(each, model_name=None) for each in new)]
    index = updated_model_index(eval_results_to_model_index("m", old), "m", new)
    assert sorted(map(repr, model_index_to_eval_results(index)[1])) == sorted(map(repr, new))
