"""The config.json that huggingface_hub 2.4.0 wrote for a class loads here to what the model was constructed with."""

from __future__ import annotations

import json
import math
from argparse import Namespace
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Optional

import pytest

from anyhub.models.config.file import arguments_for, read


@dataclass
class Inner:
    units: int = 1


@dataclass
class Config:
    hidden: int = 2
    rate: float = 0.5
    inner: Inner = field(default_factory=Inner)
    names: list[str] = field(default_factory=list)


class Act(str, Enum):  # noqa: UP042 - as classes are written that are older than StrEnum
    RELU = "relu"
    GELU = "gelu"


class Plain:
    def __init__(self, a: int, b: str = "x", c: float = 1.5) -> None: ...


class Configured:
    def __init__(self, config: Config) -> None: ...


class ConfiguredBeside:
    def __init__(self, config: Config, n: int = 3) -> None: ...


class DictConfigured:
    def __init__(self, config: dict, **kwargs: Any) -> None: ...


class Open:
    def __init__(self, **kwargs: Any) -> None: ...


class Typed:
    def __init__(
        self, shape: tuple[int, int] = (1, 2), ratio: float = math.inf, label: dict[int, str] | None = None
    ) -> None: ...


class Coded:
    def __init__(self, args: Namespace) -> None: ...


class WithDataclass:
    def __init__(self, inner: Inner, other: Optional[Inner] = None) -> None: ...  # noqa: UP045


class WithEnum:
    def __init__(self, act: Act = Act.RELU) -> None: ...


class OptionalDict:
    def __init__(self, x: int = 1, config: Optional[dict] = None) -> None: ...  # noqa: UP045


class OptionalDataclass:
    def __init__(self, config: Optional[Config] = None) -> None: ...  # noqa: UP045


class Defaulted:
    def __init__(self, flag: bool = False, n: Optional[int] = None, xs: list[float] = [0.1]) -> None: ...  # noqa: B006, UP045


@pytest.mark.parametrize(
    ("model_class", "text", "arguments"),
    [
        (Plain, '{\n  "a": 3,\n  "b": "\\u00e9",\n  "c": 1.5\n}', {"a": 3, "b": "é", "c": 1.5}),
        (
            Configured,
            '{\n  "hidden": 7,\n  "inner": {\n    "units": 1\n  },\n  "names": [\n    "a"\n  ],\n  "rate": 0.5\n}',
            {"config": Config(7, names=["a"])},
        ),
        (
            ConfiguredBeside,
            '{\n  "hidden": 7,\n  "inner": {\n    "units": 1\n  },\n  "names": [],\n  "rate": 0.5\n}',
            {"config": Config(7)},
        ),
        (
            DictConfigured,
            '{\n  "a": 1,\n  "b": {\n    "c": [\n      1,\n      2\n    ]\n  }\n}',
            {"config": {"a": 1, "b": {"c": [1, 2]}}},
        ),
        (Open, '{\n  "a": 1,\n  "b": null,\n  "c": [\n    1,\n    "x"\n  ]\n}', {"a": 1, "b": None, "c": [1, "x"]}),
        (
            Typed,
            '{\n  "label": {\n    "0": "a",\n    "1": "b"\n  },\n  "ratio": -Infinity,\n'
            '  "shape": [\n    3,\n    4\n  ]\n}',
            {"shape": (3, 4), "ratio": -math.inf, "label": {0: "a", 1: "b"}},
        ),
        (Coded, '{\n  "args": {\n    "x": 1\n  }\n}', {"args": Namespace(x=1)}),
        (
            WithDataclass,
            '{\n  "inner": {\n    "units": 4\n  },\n  "other": null\n}',
            {"inner": Inner(4), "other": None},
        ),
        (WithEnum, '{\n  "act": "gelu"\n}', {"act": Act.GELU}),
        (OptionalDict, '{\n  "x": 5,\n  "y": 6\n}', {"x": 5, "config": {"y": 6}}),
        (
            OptionalDataclass,
            '{\n  "hidden": 9,\n  "inner": {\n    "units": 1\n  },\n  "names": [],\n  "rate": 0.5\n}',
            {"config": Config(9)},
        ),
        (Plain, '{\n  "a": 4,\n  "z": 1\n}', {"a": 4}),
        (
            Defaulted,
            '{\n  "flag": false,\n  "n": null,\n  "xs": [\n    0.1\n  ]\n}',
            {"flag": False, "n": None, "xs": [0.1]},
        ),
    ],
)
def test_a_file_of_huggingface_hub_loads_to_what_was_constructed(
    tmp_path, model_class: type, text: str, arguments: dict[str, Any]
) -> None:
    path = tmp_path / "config.json"
    path.write_text(text)
    content = read(path, "save the model again")
    coders = {Namespace: (vars, lambda form: Namespace(**form))} if model_class is Coded else {}
    loaded = arguments_for(model_class, content, (), coders)
    assert loaded == arguments
    assert {name: type(value) for name, value in loaded.items()} == {n: type(v) for n, v in arguments.items()}


def test_nan_in_a_file_of_huggingface_hub_is_read(tmp_path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{\n  "ratio": NaN\n}')
    assert math.isnan(arguments_for(Typed, read(path, ""), (), {})["ratio"])
    with pytest.raises(ValueError, match="not JSON compliant"):
        json.dumps(json.loads(path.read_text()), allow_nan=False)
