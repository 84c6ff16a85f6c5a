"""Results on benchmarks, as files of their own have them."""

from __future__ import annotations

import pytest

from anyhub import EvalResultEntry, eval_result_entries_to_yaml, parse_eval_result_entries
from anyhub.errors import ValidationError

SMALL = EvalResultEntry(dataset_id="me/gpqa", task_id="diamond", value=0.412)
FULL = EvalResultEntry(
    dataset_id="me/hle",
    task_id="default",
    value=20.9,
    dataset_revision="abc",
    verify_token="eyJ",
    date="2025-01-15T10:30:00Z",
    source_url="https://example.org",
    source_name="Logs",
    source_user="me",
    source_org="us",
    notes="no-tools",
)
SPELLED = [
    {"dataset": {"id": "me/gpqa", "task_id": "diamond"}, "value": 0.412},
    {
        "dataset": {"id": "me/hle", "task_id": "default", "revision": "abc"},
        "value": 20.9,
        "verifyToken": "eyJ",
        "date": "2025-01-15T10:30:00Z",
        "source": {"url": "https://example.org", "name": "Logs", "user": "me", "org": "us"},
        "notes": "no-tools",
    },
]


def test_results_are_written_in_the_order_of_the_format() -> None:
    spelled = eval_result_entries_to_yaml([SMALL, FULL])
    assert spelled == SPELLED
    assert list(spelled[1]) == list(SPELLED[1])


def test_results_are_read_again() -> None:
    assert parse_eval_result_entries(SPELLED) == [SMALL, FULL]
    assert parse_eval_result_entries([{"dataset": {"id": "d", "task_id": "t"}, "value": None, "source": None}]) == [
        EvalResultEntry("d", "t", None)
    ]


def test_a_hubs_answer_is_read_without_the_files_that_are_wrong(caplog: pytest.LogCaptureFixture) -> None:
    answer = [{"filename": "a.yaml", "data": SPELLED[0]}, {"filename": "b.yaml", "error": "no value"}]
    assert parse_eval_result_entries(answer) == [SMALL]
    assert "'b.yaml' is left out: no value" in caplog.text


@pytest.mark.parametrize("name", ["source_name", "source_user", "source_org"])
def test_words_about_a_source_need_its_address(name: str) -> None:
    with pytest.raises(ValidationError, match="`source_url`"):
        EvalResultEntry("d", "t", 1, **{name: "x"})


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"dataset": {}}, "a list of mappings"),
        (["x"], "needs the mapping 'dataset'"),
        ([{"value": 1}], "needs the mapping 'dataset'"),
        ([{"dataset": {"id": "d", "task_id": "t"}}], "a 'value'"),
        ([{"dataset": {"id": "d", "task_id": "t"}, "value": 1, "source": "x"}], "'source' is a mapping"),
        ([{"dataset": {"task_id": "t"}, "value": 1}], "lacks 'id'"),
        ([{"dataset": {}, "value": 1}], "lacks 'id' and 'task_id'"),
    ],
)
def test_what_is_no_result_is_refused(data: object, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        parse_eval_result_entries(data)  # type: ignore[arg-type]
