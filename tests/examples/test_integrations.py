"""The examples of integrations: each is a library that was written for `huggingface_hub`, and moved by its import."""

from __future__ import annotations

import importlib
import json
import logging
import re
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from anyhub import HfApi, ModelCard
from anyhub.errors import CorruptFileError

FOLDER = Path(__file__).parents[2] / "examples/integrations"
REPO = "me/example"

# What `huggingface_hub` 0.29 to 2.4 offers at its root, of the names that an example may import.
NAMES_ELSEWHERE = {"ModelHubMixin", "PyTorchModelHubMixin", "hf_hub_download", "snapshot_download"}

LOAD_ELSEWHERE = """
import importlib, json, sys
folder, module, name, repo = sys.argv[1:]
sys.path.insert(0, folder)
example = importlib.import_module(module)
model = getattr(example, name).from_pretrained(repo)
print(json.dumps({"training": model.training, "predictions": example.predictions(model).tolist()}))
"""


@dataclass(frozen=True)
class Example:
    """One of the examples, and what its repository is to hold.

    Attributes:
        module (`str`): The name of its file.
        model (`str`): The name of its class.
        files (`set[str]`): The files of a checkpoint, beside those that every repository has.
        config (`dict`): What config.json says.
        card (`dict`): What the metadata of the card say, at least.
    """

    module: str
    model: str
    files: set[str]
    config: dict[str, Any]
    card: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.module

    @property
    def source(self) -> str:
        return (FOLDER / f"{self.module}.py").read_text(encoding="utf-8")


EXAMPLES = [
    Example(
        "robot_policy",
        "PointPolicy",
        {"model.safetensors"},
        {
            "action_size": 2,
            "chunk_size": 2,
            "hidden_sizes": [32, 32],
            "normalization": "min_max",
            "state_size": 4,
        },
        {"library_name": "point-robots", "license": "apache-2.0", "tags": ["robotics", "imitation-learning"]},
    ),
    Example(
        "span_tagger",
        "SpanTagger",
        {"model.safetensors", "vocabulary.json"},
        {"hidden_size": 24, "labels": ["person", "place"], "max_width": 2},
        {"library_name": "span-tagger", "pipeline_tag": "token-classification", "language": "en"},
    ),
    Example(
        "forecaster",
        "Forecaster",
        {"model.safetensors"},
        {"hidden_size": 16, "lags": [1, 2, 4, 8], "output": {"freedom": 3.0, "kind": "student"}},
        {"library_name": "small-forecasts", "pipeline_tag": "time-series-forecasting", "tags": ["time-series"]},
    ),
]


@cache
def trained(example: ModuleType) -> Any:
    """Return the model of an example, which learns once for all tests."""
    return example.trained()


@pytest.fixture(autouse=True)
def _examples_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(FOLDER)


@pytest.fixture(params=EXAMPLES, ids=str)
def example(request: pytest.FixtureRequest) -> Example:
    return request.param


@pytest.fixture
def module(example: Example) -> ModuleType:
    return importlib.import_module(example.module)


@pytest.fixture
def model(module: ModuleType) -> Any:
    return trained(module)


def test_a_model_that_was_pushed_says_the_same_in_a_new_process(
    example: Example, module: ModuleType, model: Any
) -> None:
    model.push_to_hub(REPO)
    command = [sys.executable, "-c", LOAD_ELSEWHERE, FOLDER, example.module, example.model, REPO]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    loaded = json.loads(done.stdout)
    assert loaded["training"] is False
    torch.testing.assert_close(torch.tensor(loaded["predictions"]), module.predictions(model))


def test_every_weight_comes_back_to_the_last_bit(example: Example, module: ModuleType, model: Any) -> None:
    model.push_to_hub(REPO)
    loaded = getattr(module, example.model).from_pretrained(REPO).state_dict()
    assert list(loaded) == list(model.state_dict())
    assert all(torch.equal(loaded[name], tensor) for name, tensor in model.state_dict().items())


def test_a_second_push_of_the_same_model_makes_no_commit(model: Any) -> None:
    first = model.push_to_hub(REPO)
    assert model.push_to_hub(REPO) == first
    assert len(HfApi().list_repo_commits(REPO)) == 2  # the one that made the repository, and that of the push


def test_a_repository_holds_the_files_of_the_library_and_a_plain_configuration(
    example: Example, model: Any, tmp_path: Path
) -> None:
    model.push_to_hub(REPO)
    files = {*HfApi().list_repo_files(REPO)}
    assert files == {".gitattributes", "README.md", "config.json", "anyhub.json"} | example.files
    model.save_pretrained(tmp_path)
    assert json.loads((tmp_path / "config.json").read_text()) == example.config


def test_a_card_says_what_the_class_says_of_itself(example: Example, model: Any) -> None:
    model.push_to_hub(REPO)
    card = ModelCard.load(REPO)
    metadata = card.data.to_dict()
    assert {*example.card.get("tags", [])} <= {*metadata["tags"]}
    others = {key: value for key, value in example.card.items() if key != "tags"}
    assert {key: metadata[key] for key in others} == others
    assert f"{example.model}.from_pretrained(" in card.text
    assert "https://example.org/" in card.text


def test_an_example_runs_by_itself(module: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module.main(tmp_path / "saved")
    assert capsys.readouterr().out.rstrip().endswith("when loaded: True")


def test_the_program_in_the_readme_does_what_it_says() -> None:
    (program,) = re.findall(r"^```python\n(.*?)^```$", (FOLDER / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(program, "README.md", "exec", dont_inherit=True), names)
    assert names["policy"].config.normalization is importlib.import_module("robot_policy").Normalization.MIN_MAX


def test_an_example_moves_over_by_one_import_line(example: Example) -> None:
    (line,) = [line for line in example.source.splitlines() if "anyhub" in line]
    names = re.fullmatch(r"from anyhub import ([\w, ]+)", line)
    assert {*names[1].split(", ")} <= NAMES_ELSEWHERE
    moved_back = example.source.replace(line, line.replace("anyhub", "huggingface_hub"))
    compile(moved_back, example.module, "exec", dont_inherit=True)


def test_the_configuration_of_the_policy_comes_back_typed() -> None:
    example = importlib.import_module("robot_policy")
    trained(example).push_to_hub(REPO)
    config = example.PointPolicy.from_pretrained(REPO).config
    assert config == example.PolicyConfig(hidden_sizes=(32, 32), normalization=example.Normalization.MIN_MAX)
    assert type(config.hidden_sizes) is tuple
    assert type(config.normalization) is example.Normalization


def test_the_statistics_of_the_policy_lie_with_the_weights_and_their_absence_from_the_configuration_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    example = importlib.import_module("robot_policy")
    with caplog.at_level(logging.WARNING):
        trained(example).save_pretrained(tmp_path)
    assert "'dataset_stats'" in caplog.text
    states, _ = example.demonstrations()
    assert torch.equal(example.PointPolicy.from_pretrained(tmp_path).states.offset, states.amin(0))


def test_the_policy_reaches_for_its_goal() -> None:
    example = importlib.import_module("robot_policy")
    last = example.predictions(trained(example))[-1]
    assert torch.dist(last, torch.tensor([90.0, 50.0])) < 20


def test_the_tagger_finds_names_with_its_own_vocabulary_and_options() -> None:
    example = importlib.import_module("span_tagger")
    trained(example).push_to_hub(REPO)
    tagger = example.SpanTagger.from_pretrained(REPO, map_location="cpu", strict=True)
    assert tagger.tag(example.UNSEEN) == [(1, 2, "person"), (5, 6, "place")]
    assert tagger.words == trained(example).words
    assert "noether" in tagger.words


def test_the_arguments_of_the_forecaster_come_back_through_its_coders() -> None:
    example = importlib.import_module("forecaster")
    trained(example).push_to_hub(REPO)
    forecaster = example.Forecaster.from_pretrained(REPO)
    assert type(forecaster.output) is example.StudentOutput
    assert forecaster.output.freedom == 3.0
    assert forecaster.lags == (1, 2, 4, 8)


def test_a_configuration_can_not_choose_a_class_that_the_forecaster_does_not_know(tmp_path: Path) -> None:
    example = importlib.import_module("forecaster")
    trained(example).save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    config["output"] = {"kind": "subprocess.Popen"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(CorruptFileError, match=r"'output' is .*subprocess\.Popen.* in config.json, which is no Output"):
        example.Forecaster.from_pretrained(tmp_path)
