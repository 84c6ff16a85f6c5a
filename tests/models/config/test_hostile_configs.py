"""A config.json, and the notes beside it, may come from anybody: each hostile one is refused with one sentence."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import numpy
import omegaconf
import pydantic
import pytest
import torch

from anyhub.errors import CorruptFileError, MissingArgumentError
from anyhub.models.config.file import arguments_for, read
from anyhub.models.config.text import MAX_BYTES, MAX_VALUES

RAN: list[str] = []


class Act(Enum):
    RELU = "relu"


class Point(NamedTuple):
    x: int
    y: int


class Checked(pydantic.BaseModel):
    n: int


@dataclass
class Layer:
    units: int
    act: Act = Act.RELU


@dataclass
class Positive:
    n: int = 1

    def __post_init__(self) -> None:
        if self.n < 0:
            raise RuntimeError("n is below zero\nsecond line")


@dataclass
class Undeclared:
    ran: bool = field(default=True)

    def __post_init__(self) -> None:
        RAN.append("Undeclared")


class Coded:
    pass


CODERS = {Coded: (lambda coded: 1, lambda form: form["missing"])}


class Model:
    def __init__(
        self,
        layer: Layer | None = None,
        layers: list[Layer] | None = None,
        act: Act = Act.RELU,
        when: date | None = None,
        span: timedelta | None = None,
        number: Decimal | None = None,
        part: Fraction | None = None,
        id: UUID | None = None,
        blob: bytes = b"",
        z: complex = 0j,
        by_id: dict[int, str] | None = None,
        dtype: torch.dtype | None = None,
        device: torch.device | None = None,
        size: torch.Size | None = None,
        scalar: numpy.int8 | None = None,
        cfg: omegaconf.DictConfig | None = None,
        point: Point | None = None,
        checked: Checked | None = None,
        positive: Positive | None = None,
        coded: Coded | None = None,
        names: set[str] | None = None,
        anything: Any = None,
        plain=None,
    ) -> None:
        pass


def loaded(content: dict[str, Any], types: dict[str, Any] | None = None) -> dict[str, Any]:
    return arguments_for(Model, content, (), CODERS, types=types or {})


TEXTS: dict[str, tuple[bytes, str]] = {
    "arrays without end": (b"[" * 200_000, "is nested too deeply"),
    "objects without end": (b'{"a":' * 200_000, "is nested too deeply"),
    "balanced arrays": (b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}", "is nested too deeply"),
    "a number of ten million digits": (b'{"a": ' + b"9" * 10_000_000 + b"}", "is not JSON"),
    "a number just over what Python reads": (b'{"a": ' + b"9" * 4301 + b"}", "is not JSON"),
    "a key twice": (b'{"size": 1, "size": 2}', "has the key 'size' twice"),
    "a nested key twice": (b'{"a": {"b": 1, "b": 1}}', "has the key 'b' twice"),
    "a key twice by escapes": (b'{"a": 1, "\\u0061": 2}', "has the key 'a' twice"),
    "millions of empty objects": (b'{"a": [' + b"{}," * 4_000_000 + b"0]}", f"has more than {MAX_VALUES:,} values"),
    "millions of numbers": (b'{"a": [' + b"0," * 4_000_000 + b"0]}", f"has more than {MAX_VALUES:,} values"),
    "null": (b"null", "holds null, not an object"),
    "nothing": (b"", "is not JSON"),
    "zeros": (b"\0" * 1000, "is not JSON"),
    "half a file": (b'{"a": 1', "is not JSON"),
    "more after the end": (b'{"a": 1} {"b": 2}', "is not JSON"),
    "bytes that are no text": (b'{"a": "\xff\xfe\xfa"}', "is not JSON"),
    "a comment": (b'{"a": 1} // yes', "is not JSON"),
    "an expression of Python": (b"__import__('os').abort()", "is not JSON"),
    "a line feed in a text": (b'{"a": "\n"}', "is not JSON"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_a_hostile_text_is_refused_with_one_sentence(tmp_path: Path, case: str) -> None:
    data, reason = TEXTS[case]
    path = tmp_path / "config.json"
    path.write_bytes(data)
    with pytest.raises(CorruptFileError) as refused:
        read(path, "save the model again")
    assert reason in str(refused.value)
    assert str(refused.value).endswith("; save the model again.")
    assert len(str(refused.value)) < 600
    assert "\n" not in str(refused.value)


def test_a_file_that_is_too_large_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(CorruptFileError, match=r"has more than 67,108,864 bytes; save the model again\."):
        read(path, "save the model again")


def test_numbers_that_are_not_json_are_read_since_other_tools_write_them(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"a": NaN, "b": [Infinity, -Infinity]}')
    content = read(path, "")
    assert content["a"] != content["a"]
    assert content["b"] == [float("inf"), float("-inf")]


DEEP: Any = 1
for _ in range(3000):
    DEEP = [DEEP]

VALUES: dict[str, tuple[dict[str, Any], str]] = {
    "an enum": ({"act": "tanh"}, "'act' is 'tanh' in config.json, which is no Act; use one of 'relu'"),
    "an enum in a dataclass": ({"layer": {"units": 1, "act": 7}}, "'layer.act' is 7"),
    "a dataclass without a field": ({"layer": {"act": "relu"}}, "'layer' is"),
    "a dataclass in a list": ({"layers": [{"units": 1}, {}]}, r"'layers[1]' is {}"),
    "a dataclass that checks": ({"positive": {"n": -1}}, "which is no Positive; n is below zero."),
    "a date": ({"when": "yesterday"}, "'when' is 'yesterday'"),
    "a span": ({"span": {"days": 10**20, "seconds": 0, "microseconds": 0}}, "which is no timedelta"),
    "a span of texts": ({"span": {"days": "1", "seconds": 0, "microseconds": 0}}, "which is no timedelta"),
    "a decimal": ({"number": "1.2.3"}, "which is no Decimal"),
    "a fraction": ({"part": "1/0"}, "which is no Fraction"),
    "a UUID": ({"id": "1234"}, "which is no UUID"),
    "bytes": ({"blob": "a*b"}, "which is no bytes"),
    "a complex number": ({"z": "one"}, "which is no complex"),
    "a dtype": ({"dtype": "float7"}, "'dtype' is 'float7' in config.json, which is no dtype"),
    "a dtype that is a function of torch": ({"dtype": "load"}, "which is no dtype"),
    "a device": ({"device": "toaster"}, "which is no device"),
    "a size": ({"size": ["a"]}, "which is no Size"),
    "a scalar that does not fit": ({"scalar": 300}, "which is no int8"),
    "an interpolation": ({"cfg": {"a": "${oc.env:HOME}"}}, "'cfg' is"),
    "an interpolation in a key": ({"cfg": {"a": {"${b}": 1}}}, "which is no DictConfig"),
    "a named tuple": ({"point": [1]}, "which is no Point"),
    "a model of pydantic": ({"checked": {"n": "many"}}, "which is no Checked; 1 validation error"),
    "a coder's form": ({"coded": {}}, "'coded' is {} in config.json, which is no Coded"),
    "a set of lists": ({"names": [[1]]}, "'names' is [[1]] in config.json, which is no set"),
    "depth": ({"anything": DEEP}, "'anything' in config.json is nested too deeply"),
    "depth without a hint": ({"plain": DEEP}, "'plain' in config.json is nested too deeply"),
}


@pytest.mark.parametrize("case", VALUES)
def test_a_value_that_its_type_hint_has_not_is_refused_by_name(case: str) -> None:
    content, reason = VALUES[case]
    with pytest.raises(CorruptFileError) as refused:
        loaded(content)
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize(
    "content",
    [{"layer": "base"}, {"layer": 3}, {"when": 5}, {"by_id": "x"}, {"cfg": [1]}, {"point": {"x": 1}}, {"act": [1]}],
    ids=repr,
)
def test_json_of_another_form_than_the_type_hint_has_is_left_as_it_is(content: dict[str, Any]) -> None:
    assert loaded(content) == content


NOTES: dict[str, tuple[Any, Any]] = {
    "a module": ("os", "x"),
    "a function": ("os.system", "id"),
    "a function by module": ("os:system", "id"),
    "a class that nothing declares": (f"{__name__}:Undeclared", {"ran": True}),
    "a class that nothing declares by its name alone": (":Undeclared", {"ran": True}),
    "an exception": ("builtins:SystemExit", "x"),
    "a built-in function": ("eval", "1"),
    "a type": ("builtins.type", "x"),
    "subprocess": ("subprocess:Popen", ["id"]),
    "a pickle": ("pickle:loads", "gASVAAAA"),
    "a name without end": ("a" * 1_000_000, 1),
    "a kind of another form": ("tuple", "text"),
    "an object that is a list": ("dict", 5),
    "a scalar of numpy": ("numpy(object)", 1),
    "a scalar of numpy without a name": ("numpy", 1),
    "a file of numpy": ("numpy(memmap)", "x"),
    "a maker of defaults": ("defaultdict(eval)", {"a": 1}),
    "a limit of a queue": ("deque(x)", [1]),
    "a limit below zero": ("deque(-1)", [1]),
    "parts in brackets": ("tuple[list[int]]", [1]),
    "no text": (5, [1]),
    "a list": (["tuple"], [1]),
    "keys that are no numbers": ("dict[int]", {"a": 1}),
    "a number of ten thousand digits as a key": ("dict[int]", {"9" * 10_000: 1}),
    "an unhashable key": ("dict", [[[1], 2]]),
    "a range of texts": ("range", ["a", 1, 1]),
    "a step of zero": ("range", [1, 2, 0]),
    "a counter": ("Counter", {"a": object.__name__, "b": []}),
    "a dtype": ("torch.dtype", "nn"),
    "a device": ("torch.device", "cuda:x"),
}


@pytest.mark.parametrize("case", NOTES)
def test_a_note_makes_nothing_but_what_is_declared_or_built_in(case: str, caplog: pytest.LogCaptureFixture) -> None:
    note, form = NOTES[case]
    RAN.clear()
    modules = set(sys.modules)
    if case == "a counter":
        assert loaded({"anything": form}, {"anything": note})["anything"]["b"] == []
        return
    assert loaded({"anything": form}, {"anything": note}) == {"anything": form}
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 1
    assert told[0].startswith("'anything' in config.json is noted to be ")
    assert told[0].endswith("; it is taken as it is. Save the model again.")
    assert len(told[0]) < 500
    assert RAN == []
    assert set(sys.modules) == modules


def test_notes_about_what_is_not_there_are_passed_over() -> None:
    assert loaded({"anything": 1}, {"nowhere": "os:system", "anything[3]": 5}) == {"anything": 1}  # type: ignore[dict-item]


def test_only_declared_parameters_are_filled() -> None:
    content = json.loads('{"__class__": "x", "self": 1, "token": "t", "model_id": "m", "act": "relu", "*args": [1]}')
    assert loaded(content) == {"act": Act.RELU}


def test_what_could_not_be_kept_is_asked_for_by_name(caplog: pytest.LogCaptureFixture) -> None:
    class Needs:
        def __init__(self, tokenizer: Any, n: int, extra: Any = None) -> None:
            pass

    with pytest.raises(
        MissingArgumentError, match=r"Needs needs 'tokenizer'.* pass tokenizer=… to from_pretrained\."
    ) as e:
        arguments_for(Needs, {"n": 1}, (), {}, lost=["tokenizer", "extra"])
    assert list(e.value.names) == ["tokenizer"]
    assert arguments_for(Needs, {"n": 1}, ("tokenizer",), {}, lost=["tokenizer", "extra"]) == {"n": 1}
    assert "does not hold 'extra'" in caplog.text
    assert "pass extra=… to from_pretrained" in caplog.text


class Anything:
    def __init__(self, x: Any = None) -> None: ...


@pytest.mark.parametrize("outer", ["DictConfig", "ListConfig"])
@pytest.mark.parametrize("inner", ["tuple", "Namespace", "deque", "set"])
def test_no_interpolation_is_made_from_a_file_in_whatever_container(
    outer: str, inner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "hunter2")
    part: Any = {"a": "${oc.env:SECRET}"} if inner == "Namespace" else ["${oc.env:SECRET}"]
    content, place = ({"x": {"a": part}}, "x.a") if outer == "DictConfig" else ({"x": [part]}, "x[0]")
    assert arguments_for(Anything, content, (), {}, types={"x": outer, place: inner}) == content


@pytest.mark.parametrize("text", ["1e10000000", "1e999999999", "1/0", "9" * 5000, "1.5"])
def test_a_fraction_is_two_whole_numbers(text: str) -> None:
    assert arguments_for(Anything, {"x": text}, (), {}, types={"x": "Fraction"}) == {"x": text}
