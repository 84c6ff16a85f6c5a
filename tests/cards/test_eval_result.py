"""One evaluation result: its fields, and when two are of the same metric."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from anyhub.cards.eval_result import EvalResult
from anyhub.errors import ValidationError

EVERYTHING: dict[str, Any] = {
    "task_type": "automatic-speech-recognition",
    "dataset_type": "common_voice",
    "dataset_name": "Common Voice (fr)",
    "metric_type": "wer",
    "metric_value": "20.0 ± 1.2",
    "task_name": "Speech Recognition",
    "dataset_config": "fr",
    "dataset_split": "test",
    "dataset_revision": "abc123",
    "dataset_args": {"language": "fr"},
    "metric_name": "Test WER",
    "metric_config": "x",
    "metric_args": {"max_order": 4},
    "verified": True,
    "verify_token": "eyJ",
    "source_name": "Leaderboard",
    "source_url": "https://example.org",
}


def test_the_fields_are_those_that_callers_know_in_their_order() -> None:
    assert [field.name for field in fields(EvalResult) if not field.kw_only] == list(EVERYTHING)
    assert EvalResult(*EVERYTHING.values()) == EvalResult(**EVERYTHING)


def test_the_identifier_is_what_it_was_measured_on() -> None:
    expected = ("automatic-speech-recognition", "common_voice", "fr", "test", "abc123")
    assert EvalResult(**EVERYTHING).unique_identifier == expected


@pytest.mark.parametrize("field", [*EVERYTHING, "model_name"])
def test_only_the_value_and_its_signature_may_differ_in_the_same_metric(field: str) -> None:
    one = EvalResult(**EVERYTHING)
    other = replace(one, **{field: "another"})
    assert one != other
    assert one.is_equal_except_value(other) == (field in ("metric_value", "verify_token"))


def test_the_name_of_a_source_needs_its_address() -> None:
    with pytest.raises(ValidationError, match="`source_name` 'Board' without a `source_url`"):
        EvalResult("t", "d", "D", "m", 1, source_name="Board")
