"""The tags of a repository have the spelling of the public Hub."""

from __future__ import annotations

from typing import Any

import pytest

from anyhub.hub.repos.tags import formats_of, library_of, tags_of
from anyhub.values import RepoType


def tags(
    card: dict[str, Any], type: RepoType = "model", library: str | None = None, formats: tuple[str, ...] = ()
) -> list[str]:
    return tags_of(type, card, "", {}, library, formats)


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ({"license": "mit"}, ["license:mit"]),
        ({"language": ["en", "fr"]}, ["en", "fr"]),
        ({"language": "en"}, ["en"]),
        ({"datasets": ["me/d"]}, ["dataset:me/d"]),
        ({"base_model": "me/m"}, ["base_model:me/m", "base_model:finetune:me/m"]),
        (
            {"base_model": "me/m", "base_model_relation": "quantized"},
            ["base_model:me/m", "base_model:quantized:me/m"],
        ),
        (
            {"base_model": ["a/b", "c/d"]},
            ["base_model:a/b", "base_model:merge:a/b", "base_model:c/d", "base_model:merge:c/d"],
        ),
        ({"tags": ["x", 3, "", "x", "y\n", "z" * 201]}, ["x"]),
        ({"pipeline_tag": "fill-mask"}, ["fill-mask"]),
        ({"license": {"a": 1}, "tags": {"b": 2}, "language": None, "base_model": 5}, []),
    ],
)
def test_a_card_becomes_tags(card: dict[str, Any], expected: list[str]) -> None:
    assert tags(card) == expected


def test_what_a_model_was_made_from_follows_from_its_files_where_the_card_does_not_say() -> None:
    card = {"base_model": "me/m"}
    assert "base_model:adapter:me/m" in tags(card, library="peft")
    assert "base_model:quantized:me/m" in tags(card, formats=("gguf",))


def test_those_of_data_sets_begin_with_their_key() -> None:
    card = {"task_categories": ["translation"], "language": ["en"], "size_categories": "n<1K", "license": "mit"}
    expected = ["language:en", "size_categories:n<1K", "task_categories:translation", "license:mit"]
    assert tags(card, "dataset") == expected


def test_papers_are_found_in_the_text() -> None:
    text = "See https://arxiv.org/abs/1810.04805, arXiv:2307.09288v2 and arxiv.org/pdf/1810.04805."
    assert tags_of("model", {}, text, {}, None, ()) == ["arxiv:1810.04805", "arxiv:2307.09288"]


def test_the_kinds_of_files_are_known_by_their_names() -> None:
    names = ["model.safetensors", "pytorch_model-00001-of-00002.bin", "q4.gguf", "m.keras", "m.onnx", "m.joblib"]
    names += ["events.out.tfevents.1", "README.md", "vocab.bin"]
    expected = {"safetensors", "pytorch", "gguf", "keras", "onnx", "joblib", "tensorboard"}
    assert set(formats_of(names)) == expected
    assert formats_of(["vocab.bin", "README.md"]) == []


def test_the_library_is_that_of_the_card_or_else_that_which_writes_such_files() -> None:
    assert library_of({"library_name": "mine"}, {"transformers_version": "4"}, ["adapter_config.json"]) == "mine"
    assert library_of({}, {"transformers_version": "4"}, ["adapter_config.json"]) == "peft"
    assert library_of({}, {"transformers_version": "4"}, []) == "transformers"
    assert library_of({}, {}, ["model.safetensors"]) is None
