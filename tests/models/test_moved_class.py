"""A class that was written for `huggingface_hub` and moved over: what its author and its callers count on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from anyhub.api import HfApi, hf_hub_download
from anyhub.models.mixin import ModelHubMixin
from anyhub.models.mixin_info import MixinInfo
from anyhub.repocard.repo_card import ModelCard


class Text(ModelHubMixin, license="mit"):
    """A model that is a text file."""

    def __init__(self, size: int = 1, **others: Any) -> None:
        self.size, self.others = size, others

    def _save_pretrained(self, save_directory: Path) -> None:
        (save_directory / "model.txt").write_text(str(self.size))

    @classmethod
    def _from_pretrained(
        cls, *, model_id, revision, cache_dir, force_download, local_files_only, token, **model_kwargs
    ):
        model = cls(**model_kwargs)
        model.token = token
        return model


def folder_with(folder: Path, content: Any) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(content))
    return folder


def test_all_other_keys_of_a_file_go_to_a_class_that_takes_any_keyword(tmp_path: Path) -> None:
    content = {"size": 2, "architectures": ["Text"], "deep": {"a": [1]}}
    model = Text.from_pretrained(folder_with(tmp_path, content))
    assert (model.size, model.others) == (2, {"architectures": ["Text"], "deep": {"a": [1]}})
    assert model._hub_mixin_config == content


def test_a_keyword_that_the_class_does_not_take_is_its_own_error(tmp_path: Path) -> None:
    class Narrow(Text):
        def __init__(self, size: int = 1) -> None:
            super().__init__(size)

    with pytest.raises(TypeError, match="'bogus'"):
        Narrow.from_pretrained(folder_with(tmp_path, {"size": 2}), bogus=1)


def test_the_path_and_the_token_may_be_given_by_name(tmp_path: Path) -> None:
    for token in (True, False, "secret", None):
        loaded = Text.from_pretrained(pretrained_model_name_or_path=folder_with(tmp_path, {"size": 2}), token=token)
        assert (loaded.size, loaded.token) == (2, token)


@dataclass
class Config:
    x: int = 1


class Configured(Text):
    """Has a typed configuration, which its hook asks for."""

    def __init__(self, config: Config, size: int = 1) -> None:
        super().__init__(size)
        self.config = config

    @classmethod
    def _from_pretrained(cls, *, model_id, config=None, **model_kwargs):
        model = cls(config)
        model.size = model_kwargs.get("size")
        return model


def test_a_hook_that_asks_for_a_typed_configuration_gets_it_typed(tmp_path: Path) -> None:
    Configured(Config(4), size=9).save_pretrained(tmp_path)
    loaded = Configured.from_pretrained(tmp_path)
    assert (loaded.config, loaded.size) == (Config(4), 9)


def test_a_configuration_that_the_caller_gives_goes_before_that_of_the_file(tmp_path: Path) -> None:
    Configured(Config(4)).save_pretrained(tmp_path)
    assert Configured.from_pretrained(tmp_path, config=Config(8)).config == Config(8)


@pytest.mark.parametrize("config", [Config(5), {"x": 5}])
def test_a_configuration_given_at_saving_may_be_a_dataclass_or_a_dict(config: Any, tmp_path: Path) -> None:
    Configured(Config(4), size=9).save_pretrained(tmp_path, config=config)
    assert json.loads((tmp_path / "config.json").read_text()) == {"size": 9, "x": 5}
    assert Configured.from_pretrained(tmp_path).config == Config(5)


def test_a_push_takes_a_configuration_and_values_for_the_card() -> None:
    Text(3).push_to_hub("me/text", config={"note": "n"}, model_card_kwargs={"repo_url": "https://example.org/repo"})
    assert json.loads(Path(hf_hub_download("me/text", "config.json")).read_text()) == {"note": "n", "size": 3}
    assert "https://example.org/repo" in ModelCard.load("me/text").text


def test_what_is_for_a_push_alone_is_passed_over_by_a_save_that_does_not_push(tmp_path: Path) -> None:
    assert Text().save_pretrained(tmp_path, private=True, token="secret", branch="b", commit_message="m") is None
    assert not HfApi().repo_exists("username/" + tmp_path.name)


def test_a_save_that_pushes_passes_on_what_is_for_the_push(tmp_path: Path) -> None:
    arguments = {"private": True, "token": "secret", "create_pr": True, "allow_patterns": "*.json"}
    Text().save_pretrained(tmp_path, push_to_hub=True, repo_id="me/text", commit_message="Mine", **arguments)
    assert HfApi().model_info("me/text").private
    assert HfApi().list_repo_files("me/text") == [".gitattributes"]
    proposed = [".gitattributes", "anyhub.json", "config.json"]
    assert sorted(HfApi().list_repo_files("me/text", revision="refs/pr/1")) == proposed


def test_a_card_may_be_generated_with_arguments_by_position() -> None:
    assert Text().generate_model_card("anything", 1).data.license == "mit"


def test_what_is_set_in_what_a_class_says_of_itself_is_in_the_cards_of_its_models() -> None:
    class Own(Text):
        pass

    info = Own._hub_mixin_info
    assert isinstance(info, MixinInfo)
    info.model_card_template = "---\n{{ card_data }}\n---\n{{ repo_url }} {{ paper_url }} {{ docs_url }}\n"
    info.model_card_data.license = "bsd"
    info.repo_url, info.paper_url, info.docs_url = "r", "p", "d"
    card = Own().generate_model_card()
    assert (card.text, card.data.license) == ("r p d\n", "bsd")
    assert Text().generate_model_card().data.license == "mit"


def test_a_class_may_make_its_card_of_what_it_says_of_itself() -> None:
    class Own(Text, repo_url="https://example.org/repo", docs_url="https://example.org/docs"):
        def generate_model_card(self, *args: Any, **kwargs: Any) -> ModelCard:
            info = self._hub_mixin_info
            return ModelCard.from_template(
                card_data=info.model_card_data,
                template_str=info.model_card_template,
                repo_url=info.repo_url,
                paper_url=info.paper_url,
                docs_url=info.docs_url,
                **kwargs,
            )

    card = Own().generate_model_card(license="bsd")
    assert "https://example.org/repo" in card.text
    assert "https://example.org/docs" in card.text
    assert card.data.to_dict() == {"license": "mit", "tags": ["model_hub_mixin"]}


@pytest.mark.parametrize("kind", [Config, lambda x: {"x": x}])
def test_a_class_may_say_in_its_init_what_its_configuration_is(kind: Any, tmp_path: Path) -> None:
    class Own(Text):
        def __init__(self, x: int = 1) -> None:
            super().__init__(x)
            self._hub_mixin_config = kind(x * 2)

    Own(3).save_pretrained(tmp_path)
    assert json.loads((tmp_path / "config.json").read_text()) == {"x": 6}
    assert Own.from_pretrained(tmp_path).size == 6


def test_a_class_may_say_in_its_init_that_it_has_no_configuration(tmp_path: Path) -> None:
    class Own(Text):
        def __init__(self, x: int = 1) -> None:
            super().__init__(x)
            self._hub_mixin_config = None

    Own(3).save_pretrained(tmp_path)
    assert not (tmp_path / "config.json").exists()
    assert Own.from_pretrained(tmp_path).size == 1
