"""What libraries read of a model class that they have integrated: the names and meanings of `huggingface_hub`."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import pytest

from anyhub.models.mixin import ModelHubMixin

T = TypeVar("T")


class Unit:
    """Is known to no library."""

    def __init__(self, name: str) -> None:
        self.name = name


METRE = Unit("m")


class Text(ModelHubMixin, license="mit", coders={Unit: (lambda unit: unit.name, Unit)}):
    """A model that is a text file."""

    def __init__(self, size: int, unit: Unit = METRE, note: object = object(), *, keep: bool = True) -> None:
        self.size, self.unit, self.keep = size, unit, keep

    def _save_pretrained(self, save_directory: Path) -> None:
        (save_directory / "model.txt").write_text(str(self.size))

    @classmethod
    def _from_pretrained(cls, *, model_id: str, **kwargs: Any) -> Text:
        named = {name: kwargs[name] for name in ("size", "unit", "keep", "first", "second") if name in kwargs}
        return cls(**named)


class Configured(Text):
    @classmethod
    def _from_pretrained(cls, *, model_id: str, config: Any = None, **kwargs: Any) -> Configured:
        return cls(config["size"])


def test_the_parameters_of_init_can_be_read_self_among_them() -> None:
    assert list(Text._hub_mixin_init_parameters) == ["self", "size", "unit", "note", "keep"]
    assert Text._hub_mixin_init_parameters["keep"].default is True


def test_the_defaults_that_json_has_a_form_for_can_be_read() -> None:
    assert Text._hub_mixin_jsonable_default_values == {"unit": "m", "keep": True}


def test_the_coders_and_their_types_can_be_read() -> None:
    assert Text._hub_mixin_jsonable_custom_types == (Unit,)
    assert list(Configured._hub_mixin_coders) == [Unit]


def test_it_can_be_read_whether_a_hook_asks_for_the_configuration() -> None:
    assert (Text._hub_mixin_inject_config, Configured._hub_mixin_inject_config) == (False, True)


def test_what_a_class_says_of_itself_and_what_a_model_was_made_with_can_be_read() -> None:
    model = Text(3, keep=False)
    assert Text._hub_mixin_info.model_card_data.license == "mit"
    assert model._hub_mixin_config == {"size": 3, "unit": "m", "keep": False}
    assert model._hub_mixin_init_parameters.keys() == Text._hub_mixin_init_parameters.keys()


def test_a_subclass_has_its_own() -> None:
    class Narrow(Text):
        def __init__(self, width: int = 2) -> None:
            super().__init__(width)

    assert list(Narrow._hub_mixin_init_parameters) == ["self", "width"]
    assert Narrow._hub_mixin_jsonable_default_values == {"width": 2}


@dataclass
class Pair(Text):
    """A model that is a dataclass itself, whose `__init__` is made after the class."""

    first: int = 1
    second: str = "b"


def test_the_parameters_of_a_class_that_is_a_dataclass_can_be_read() -> None:
    assert list(Pair._hub_mixin_init_parameters) == ["self", "first", "second"]
    assert Pair._hub_mixin_jsonable_default_values == {"first": 1, "second": "b"}


def test_a_class_that_is_a_dataclass_comes_back(tmp_path: Path) -> None:
    pair = Pair(4, second="c")
    pair.size = 0
    pair.save_pretrained(tmp_path)
    assert Pair.from_pretrained(tmp_path) == pair
    assert Pair.from_pretrained(tmp_path, first=9) == Pair(9, "c")


class Box(Text, Generic[T]):
    """A model of some type."""


def test_a_generic_class_comes_back(tmp_path: Path) -> None:
    Box[int](4).save_pretrained(tmp_path)
    assert Box.from_pretrained(tmp_path).size == 4
    assert Box[int](4)._hub_mixin_config["size"] == 4


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies_and_pickles_of_a_model_keep_its_configuration(duplicate: Any, tmp_path: Path) -> None:
    twin = duplicate(Text(4, keep=False))
    assert twin._hub_mixin_config == {"size": 4, "unit": "m", "keep": False}
    twin.save_pretrained(tmp_path)
    loaded = Text.from_pretrained(tmp_path)
    assert (loaded.size, loaded.keep, loaded.unit.name) == (4, False, "m")
