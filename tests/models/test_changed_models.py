"""Models that were changed after they were constructed, and cards of classes that say something else now."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from anyhub.api import HfApi  # noqa: E402
from anyhub.errors import CheckpointMismatchError  # noqa: E402
from anyhub.models.pytorch import PyTorchModelHubMixin  # noqa: E402
from anyhub.repocard.repo_card import ModelCard  # noqa: E402

REPO = "username/classifier"


@dataclass
class Config:
    labels: int = 2
    act: str = "relu"


class Flat(nn.Module, PyTorchModelHubMixin):
    def __init__(self, labels: int = 2, depth: int = 1) -> None:
        super().__init__()
        self.given: Any = (labels, depth)
        self.head = nn.Linear(2, labels)


class Configured(nn.Module, PyTorchModelHubMixin):
    def __init__(self, config: Config, depth: int = 1) -> None:
        super().__init__()
        self.given: Any = (config, depth)
        self.head = nn.Linear(2, config.labels)


CHANGED = [
    (lambda: Flat(2, depth=4), {"labels": 5}, (5, 4)),
    (lambda: Configured(Config(2), depth=4), Config(5, "gelu"), (Config(5, "gelu"), 4)),
    (lambda: Configured(Config(2), depth=4), {"labels": 5, "act": "tanh"}, (Config(5, "tanh"), 4)),
]


@pytest.mark.parametrize(("make", "config", "expected"), CHANGED)
def test_a_model_whose_head_was_replaced_comes_back_with_the_configuration_that_it_is_saved_with(
    tmp_path: Path, make: Any, config: Any, expected: Any
) -> None:
    model = make()
    model.head = nn.Linear(2, 5)
    model.save_pretrained(tmp_path, config=config)
    model.push_to_hub(REPO, config=config)
    for place in (tmp_path, REPO):
        loaded = type(model).from_pretrained(place, strict=True)
        assert loaded.given == expected
        assert torch.equal(loaded.head.weight, model.head.weight)


def test_a_loaded_model_whose_head_was_replaced_can_be_saved_and_loaded_again(tmp_path: Path) -> None:
    Configured(Config(2), depth=4).save_pretrained(tmp_path)
    model = Configured.from_pretrained(tmp_path)
    model.head = nn.Linear(2, 6)
    model.save_pretrained(tmp_path, config=Config(6))
    again = Configured.from_pretrained(tmp_path, strict=True)
    assert again.given == (Config(6), 4)
    assert json.loads((tmp_path / "config.json").read_text())["labels"] == 6


def test_a_head_that_no_configuration_tells_of_is_refused_with_both_shapes_and_not_left_random(tmp_path: Path) -> None:
    model = Flat(2)
    model.head = nn.Linear(2, 5)
    model.save_pretrained(tmp_path)
    with pytest.raises(
        CheckpointMismatchError, match=r"'head.weight' is \[5, 2\] in the file and \[2, 2\] in the model"
    ):
        Flat.from_pretrained(tmp_path)
    assert Flat.from_pretrained(tmp_path, labels=5).head.out_features == 5


def test_an_argument_that_was_given_at_loading_is_what_is_saved_next(tmp_path: Path) -> None:
    Flat(2, depth=4).save_pretrained(tmp_path)
    Flat.from_pretrained(tmp_path, depth=7).save_pretrained(tmp_path)
    assert Flat.from_pretrained(tmp_path).given == (2, 7)


class Mit(Flat, license="mit", tags=["one"]):
    pass


class Apache(Flat, license="apache-2.0", tags=["two"], pipeline_tag="text-classification"):
    pass


@pytest.mark.parametrize("where", [{}, {"branch": "dev"}, {"branch": "dev", "create_pr": True}])
def test_words_that_somebody_added_to_a_card_survive_a_push_of_a_class_that_says_something_else(
    where: dict[str, Any],
) -> None:
    Mit().push_to_hub(REPO)
    HfApi().create_branch(REPO, branch="dev")
    branch = where.get("branch", "main")
    card = ModelCard.load(REPO, revision=branch)
    card.text += "\nTrained on a Tuesday.\n"
    card.push_to_hub(REPO, revision=branch)
    Apache(3).push_to_hub(REPO, license="apache-2.0", **where)
    pushed = ModelCard.load(REPO, revision="refs/pr/1" if where.get("create_pr") else branch)
    assert pushed.text == card.text
    assert (pushed.data.license, pushed.data.pipeline_tag) == ("apache-2.0", "text-classification")


class Naming(nn.Module, PyTorchModelHubMixin):
    """Has arguments of its own with the names of all that saving, pushing and loading take."""

    def __init__(
        self,
        strict: bool = False,
        map_location: str = "-",
        load_mode: str = "-",
        revision: str = "-",
        token: str = "-",
        cache_dir: str = "-",
        force_download: str = "-",
        local_files_only: str = "-",
        resume_download: str = "-",
        proxies: str = "-",
        endpoint: str = "-",
        model_id: str = "-",
        pretrained_model_name_or_path: str = "-",
        repo_id: str = "-",
        save_directory: str = "-",
        push_to_hub: str = "-",
        license: str = "-",
        tags: str = "-",
    ) -> None:
        super().__init__()
        self.given = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        self.layer = nn.Linear(1, 1)


def test_arguments_with_the_names_of_every_option_come_back_from_a_folder_and_from_the_hub(tmp_path: Path) -> None:
    names = list(Naming._hub_mixin_init_parameters)[2:]
    model = Naming(strict=True, **{name: f"my {name}" for name in names})
    model.save_pretrained(tmp_path)
    model.push_to_hub(REPO)
    for loaded in (Naming.from_pretrained(tmp_path), Naming.from_pretrained(REPO, revision="main", strict=False)):
        assert loaded.given == {"strict": True, **{name: f"my {name}" for name in names}}


@pytest.mark.parametrize("config", [Config(2), {"labels": 2}])
def test_a_config_that_was_changed_since_is_told_of(
    config: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Any_(nn.Module, PyTorchModelHubMixin):
        def __init__(self, config: Any) -> None:
            super().__init__()
            self.config = config

    model = Any_(config)
    model.save_pretrained(tmp_path)
    assert not [record for record in caplog.records if "was changed since" in record.message]
    if isinstance(config, dict):
        model.config["labels"] = 5
    else:
        model.config.labels = 5
    model.save_pretrained(tmp_path)
    assert "The config of Any_ was changed since the model was constructed" in caplog.text
    assert json.loads((tmp_path / "config.json").read_text())["labels"] == 2
    caplog.clear()
    model.save_pretrained(tmp_path, config=model.config)
    assert "was changed since" not in caplog.text
    assert json.loads((tmp_path / "config.json").read_text())["labels"] == 5
