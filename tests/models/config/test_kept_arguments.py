"""Every argument of a model comes back, equal and of its type, or is named when it is saved."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, TypedDict, Unpack

import attrs
import numpy
import omegaconf
import pydantic
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from anyhub.errors import CorruptFileError, MissingArgumentError, ValidationError
from anyhub.models.config import decode, text
from anyhub.models.config.capture import capture
from anyhub.models.config.file import (
    Stored,
    arguments_for,
    content_of,
    dump,
    read,
    unused_keys_noted,
    warn_of_lost,
)
from anyhub.models.config.gaps import missing_arguments, refuse_missing
from anyhub.models.config.local_names import LOCAL_NAMES, remember_local_names
from anyhub.models.config.places import place_of


class Act(Enum):
    RELU = "relu"


@dataclass
class Config:
    hidden: int = 2
    act: Act = Act.RELU
    path: str | Path = "x"


@dataclass
class DeeperConfig(Config):
    depth: int = 1


@attrs.define
class AttrConfig:
    hidden: int = 2
    path: Path = Path("x")


@attrs.define
class DeeperAttrConfig(AttrConfig):
    depth: int = 1


class ModelConfig(pydantic.BaseModel):
    hidden: int = 2
    path: Path = Path("x")


class DeeperModelConfig(ModelConfig):
    depth: int = 1


class AnyModelConfig(pydantic.BaseModel, extra="allow"):
    hidden: int = 2


class Any_:
    def __init__(self, x=None, *rest, config=None, y: Any = (1, 2), **others) -> None: ...


class Dict_:
    def __init__(self, config: dict | None = None, n: int = 1) -> None: ...


def saved(
    model_class: type, *args: Any, passed: Any = None, edit: Callable[[Any], Any] = lambda c: c, **kw: Any
) -> Stored:
    coders = getattr(model_class, "coders", {})
    captured = capture(model_class, args, kw, coders)
    stored = content_of(model_class, captured, edit(captured.view()), passed, coders)
    return Stored(json.loads(dump(stored.content)), json.loads(json.dumps(stored.types)), stored.lost, stored.untyped)


def loaded(model_class: type, stored: Stored) -> dict[str, Any]:
    coders = getattr(model_class, "coders", {})
    return arguments_for(model_class, stored.content or {}, (), coders, types=stored.types, lost=stored.lost)


def kept(model_class: type, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Return the arguments that come back of a call, none of which may be lost."""
    stored = saved(model_class, *args, **kwargs)
    assert stored.lost == stored.untyped == ()
    return loaded(model_class, stored)


def test_values_without_type_hints_come_back_typed() -> None:
    given = {"x": (1, {2}), "y": [Path("a")], "config": {"p": Path("b"), "t": (1,)}, "more": b"x", "a b": {3: 4j}}
    assert kept(Any_, **given) == given


def test_extra_positional_arguments_come_back_typed() -> None:
    assert kept(Any_, 1, (2,), Path("a"))["*rest"] == ((2,), Path("a"))


def test_plain_json_stays_plain_for_other_tools() -> None:
    stored = saved(Any_, x=(1, 2), config={"z": Path("a"), "b": {3}}, y=numpy.int64(4))
    assert stored.content == {"x": [1, 2], "z": "a", "b": [3], "y": 4}
    assert stored.types == {"x": "tuple", "config.z": "Path", "config.b": "set", "y": "numpy(int64)"}


@pytest.mark.parametrize(
    ("hint", "config"),
    [
        (Config, Config(5, path=Path("p"))),
        (AttrConfig, AttrConfig(5)),
        (ModelConfig, ModelConfig(hidden=5)),
        (Namespace, Namespace(hidden=5, shape=(1, 2))),
        (omegaconf.DictConfig, omegaconf.OmegaConf.create({"hidden": 5, "m": {"path": Path("x")}})),
        (dict, {"hidden": 5, "z": 1, "a": (2,)}),
        (Config | None, Config(5)),
        (Config | AttrConfig, AttrConfig(5)),
        (Any, Namespace(hidden=5)),
        (Any, omegaconf.OmegaConf.create({"hidden": 5})),
    ],
)
def test_a_config_of_any_kind_is_flat_and_comes_back(hint: Any, config: Any) -> None:
    class Model:
        def __init__(self, config, n: int = 3) -> None: ...

    Model.__init__.__annotations__["config"] = hint
    stored = saved(Model, config, n=9)
    assert stored.content["hidden"] == 5
    assert stored.content["n"] == 9
    again = loaded(Model, stored)
    assert again == {"config": config, "n": 9}
    assert type(again["config"]) is type(config)


def test_arguments_beside_a_dataclass_config_are_not_lost() -> None:
    class Model:
        def __init__(self, config: Config, n: int = 3) -> None: ...

    assert kept(Model, Config(4), n=9) == {"config": Config(4), "n": 9}


def test_a_passed_config_does_not_drop_what_was_captured() -> None:
    assert loaded(Dict_, saved(Dict_, {"a": 1}, n=5, passed={"b": (1,)})) == {"config": {"b": (1,)}, "n": 5}


def test_a_dict_config_and_an_argument_of_the_same_name_are_kept_apart() -> None:
    assert kept(Dict_, {"n": 5}, n=1) == {"config": {"n": 5}, "n": 1}


def test_the_order_of_a_dict_is_kept() -> None:
    again = kept(Any_, x={"in": 1, "conv": 2, "act": {"z": 1, "a": 2}})
    assert list(again["x"]) == ["in", "conv", "act"]
    assert list(again["x"]["act"]) == ["z", "a"]


def test_what_was_changed_in_the_configuration_is_what_is_saved() -> None:
    def edit(view: dict[str, Any]) -> dict[str, Any]:
        return {**{k: v for k, v in view.items() if k != "gone"}, "x": {7}, "new": Path("n")}

    again = loaded(Any_, saved(Any_, x=1, y=(3, 4), gone=1, edit=edit))
    assert again == {"x": {7}, "y": (3, 4), "new": Path("n"), "config": None}


def test_what_was_changed_in_a_dict_config_stays_in_it() -> None:
    def edit(view: dict[str, Any]) -> dict[str, Any]:
        return {**view, "a": 2, "b": (1,), "n": 7}

    assert loaded(Dict_, saved(Dict_, {"a": 1, "p": Path("q")}, n=5, edit=edit)) == {
        "config": {"a": 2, "p": Path("q"), "b": (1,)},
        "n": 7,
    }


def test_a_dataclass_config_that_was_changed_or_replaced_is_what_is_saved() -> None:
    class Model:
        def __init__(self, config: Config, n: int = 3) -> None: ...

    assert loaded(Model, saved(Model, Config(4), n=9, edit=lambda _: Config(7)))["config"] == Config(7)
    assert loaded(Model, saved(Model, Config(4), n=9, edit=lambda _: {"hidden": 8})) == {"config": Config(8), "n": 9}


def test_captured_values_share_nothing_with_the_caller() -> None:
    attr, spaces, conf = AttrConfig(), Namespace(a=[1]), omegaconf.OmegaConf.create({"a": [1]})
    model = ModelConfig()
    captured = capture(Any_, (), {"a": attr, "s": spaces, "c": conf, "m": model}, {})
    attr.hidden, model.hidden = 99, 99
    spaces.a.append(2)
    conf.a.append(2)
    assert captured.view() == {
        "x": None,
        "y": [1, 2],
        "a": {"hidden": 2, "path": "x"},
        "s": {"a": [1]},
        "c": {"a": [1]},
        "m": {"hidden": 2, "path": "x"},
    }


@dataclass
class Holding:
    spaces: Namespace
    attr: AttrConfig = field(default_factory=AttrConfig)


def test_a_captured_dataclass_shares_nothing_with_the_caller() -> None:
    config = Holding(Namespace(a=[1]))
    captured = capture(Any_, (), {"config": config}, {})
    config.spaces.a.append(2)
    config.attr.hidden = 99
    assert captured.view() == Holding(Namespace(a=[1]))


def test_a_dataclass_as_a_default_is_no_obstacle() -> None:
    class Model:
        def __init__(self, made_by: type = Config, n: int = 1) -> None: ...

    assert kept(Model) == {"n": 1}
    assert saved(Model, AttrConfig).lost == ("made_by",)


def test_a_dataclass_as_the_default_of_config_is_no_obstacle() -> None:
    class Model:
        def __init__(self, config: Any = Config, n: int = 1) -> None: ...

    assert kept(Model, n=4) == {"n": 4}
    assert saved(Model, AttrConfig).lost == ("config",)


def test_objects_that_say_they_are_json_are_lost_and_not_written() -> None:
    class Claims:
        __json__ = True

    assert saved(Any_, Claims()).lost == ("x",)


def test_an_undeclared_class_is_named_with_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    stored = saved(Any_, x=Config(), config={"deep": [AttrConfig()]}, y=object())
    assert stored.untyped == ("x", "config.deep[0]")
    assert stored.lost == ("y",)
    warn_of_lost(Any_, stored.lost, stored.content, stored.untyped)
    lost, untyped = (record.getMessage() for record in caplog.records)
    assert "does not hold 'y'" in lost
    assert "'x', 'config.deep[0]' as plain JSON" in untyped
    assert "Annotate the parameter" in untyped


def test_keywords_come_back_by_the_type_hint_of_all_keywords() -> None:
    class Options(TypedDict, total=False):
        path: Path
        act: Act

    class Each:
        def __init__(self, **others: Act) -> None: ...

    class Named:
        def __init__(self, **others: Unpack[Options]) -> None: ...

    Named.__init__.__annotations__["others"] = Unpack[Options]
    assert kept(Each, a=Act.RELU) == {"a": Act.RELU}
    assert kept(Named, path=Path("a"), act=Act.RELU) == {"path": Path("a"), "act": Act.RELU}


def test_hints_of_a_class_in_a_function_are_resolved_by_the_names_of_that_function() -> None:
    @dataclass
    class Inner:
        n: int = 1

    @dataclass
    class Outer:
        inner: Inner
        many: list[Inner] = field(default_factory=list)

    class Base:
        def __init_subclass__(cls) -> None:
            remember_local_names(cls)

    class Model(Base):
        def __init__(self, config: Outer, other: Inner | None = None) -> None: ...

    assert kept(Model, Outer(Inner(2), [Inner(3)]), Inner(4)) == {
        "config": Outer(Inner(2), [Inner(3)]),
        "other": Inner(4),
    }
    assert getattr(Model, LOCAL_NAMES) == {"Outer": Outer, "Inner": Inner}


def test_missing_arguments_are_asked_for_by_name() -> None:
    class Model:
        def __init__(self, a: int, b: int, *rest: int, c: int, d: int = 1, **others: int) -> None: ...

    assert missing_arguments(Model, {"b": 1}) == ("a", "c")
    refuse_missing(Model, ())
    with pytest.raises(
        MissingArgumentError, match=r"Model needs 'a', 'c', which config\.json does not hold; pass a=…, c=…"
    ) as e:
        refuse_missing(Model, missing_arguments(Model, {"b": 1}))
    assert list(e.value.names) == ["a", "c"]


def test_the_names_of_torch_come_back_without_type_hints() -> None:
    given = {"x": torch.bfloat16, "y": [torch.device("cpu"), torch.Size([2])]}
    assert kept(Any_, **given) == given


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False),
        st.text(max_size=4),
        st.binary(max_size=3),
        st.sampled_from([Path("a"), Act.RELU, Config(3), AttrConfig(), object, torch.float16, 1j, numpy.int8(3), len]),
    ),
    lambda inside: st.one_of(
        st.lists(inside, max_size=3),
        st.tuples(inside, inside),
        st.dictionaries(st.text(max_size=3) | st.integers(), inside, max_size=3),
        st.builds(Namespace, a=inside),
    ),
    max_leaves=6,
)
NAMES = st.sampled_from(["x", "y", "config", "other", "a b", "x.y", "*rest", "ä", ""])


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_no_argument_is_silently_dropped(given: dict[str, Any]) -> None:
    stored = saved(Any_, **given)
    again = arguments_for(Any_, stored.content or {}, (), {}, types=stored.types)
    for name, value in given.items():
        if not _is_named(name, (*stored.lost, *stored.untyped)):
            assert name in again or value is None
            assert repr(again.get(name)) == repr(value)


def _is_named(name: str, places: tuple[str, ...]) -> bool:
    place = place_of("", name)
    return any(each in (name, place) or each.startswith((f"{place}.", f"{place}[")) for each in places)


SUBCLASSES = [
    (Config, DeeperConfig(depth=3)),
    (AttrConfig, DeeperAttrConfig(depth=3)),
    (ModelConfig, DeeperModelConfig(depth=3)),
    (AnyModelConfig, AnyModelConfig(hidden=3, depth=3)),
]


@pytest.mark.parametrize(("hint", "config"), SUBCLASSES)
def test_a_config_of_a_subclass_is_flat_and_keeps_its_own_fields(hint: Any, config: Any) -> None:
    class Model:
        def __init__(self, config, n: int = 1) -> None: ...

    Model.__init__.__annotations__["config"] = hint
    stored = saved(Model, config, n=2)
    assert stored.content["depth"] == 3
    again = loaded(Model, stored)
    assert again == {"config": config, "n": 2}
    assert type(again["config"]) is type(config)


@pytest.mark.parametrize("others", [{}, {"more": 1}])
@pytest.mark.parametrize(("hint", "config"), SUBCLASSES)
def test_the_own_fields_of_a_subclass_are_no_other_keywords(hint: Any, config: Any, others: dict[str, int]) -> None:
    class Model:
        def __init__(self, config, **others) -> None: ...

    Model.__init__.__annotations__["config"] = hint
    assert kept(Model, config, **others) == {"config": config, **others}


@dataclass
class Activated:
    act: Any = torch.relu
    hidden: int = 2


@attrs.define
class AttrActivated:
    act: Any = torch.relu
    hidden: int = 2


class ModelActivated(pydantic.BaseModel):
    act: Any = torch.relu
    hidden: int = 2


@pytest.mark.parametrize("cls", [Activated, AttrActivated, ModelActivated])
def test_a_field_that_has_its_default_is_not_lost(cls: Any) -> None:
    class Model:
        def __init__(self, config, x=None) -> None: ...

    Model.__init__.__annotations__ |= {"config": cls, "x": list[cls]}
    assert kept(Model, cls(hidden=3), x=[cls(hidden=4)]) == {"config": cls(hidden=3), "x": [cls(hidden=4)]}
    assert saved(Model, cls(act=torch.tanh)).lost == ("config.act",)


def test_large_tables_have_no_notes_and_come_back() -> None:
    class Model:
        def __init__(self, a, b: dict, c: list, d: dict[str, int], e: dict[int, float | None]) -> None: ...

    words = {f"w{i}": i for i in range(3000)}
    given = (words, words, [*words], words, {i: i / 3 for i in range(3000)})
    stored = saved(Model, *given)
    assert stored.types == {}
    assert tuple(loaded(Model, stored).values()) == given


def test_a_note_deep_in_a_table_is_found() -> None:
    table = {f"w{i}": [{"n": i}] for i in range(50)} | {"w7": [{"n": Path("a")}, (1,)]}
    stored = saved(Any_, x=table, y=table)
    assert set(stored.types) == {f"{name}.w7{part}" for name in "xy" for part in ("[0].n", "[1]")}
    assert loaded(Any_, stored) == {"x": table, "y": table}


def test_what_was_loaded_shares_nothing_with_the_file() -> None:
    content = {"x": {"a": [1]}, "y": [[2]]}
    again = loaded(Any_, Stored(content))
    again["x"]["a"].append(3)
    again["y"][0].append(3)
    assert content == {"x": {"a": [1]}, "y": [[2]]}


class Table:
    def __init__(self, vocab: dict | None = None, n: int = 1) -> None: ...


def test_what_could_not_be_read_again_is_refused_by_name_when_it_is_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert text.MAX_VALUES >= 700_000  # a large vocabulary
    monkeypatch.setattr(text, "MAX_VALUES", 1000)
    with pytest.raises(ValidationError, match=r"^'vocab' has 1,00\d values in .* keep large tables out of"):
        saved(Table, dict.fromkeys(map(str, range(1000))), n=5)
    (tmp_path / "config.json").write_text(dump({"vocab": [0] * 990}))
    assert len(read(tmp_path / "config.json", "")["vocab"]) == 990


def test_half_of_a_surrogate_pair_is_refused_by_name_when_it_is_saved() -> None:
    assert kept(Any_, x="\U0001f600", y="") == {"x": "\U0001f600", "y": ""}
    with pytest.raises(ValidationError, match=r"^'x' has a text with '\\ud800', half of a letter"):
        saved(Any_, x=["\ud800"], y="\U0001f600")
    with pytest.raises(ValidationError, match=r"^'y' has a text"):
        saved(Any_, y={"\udc00": 1})


class Layered:
    def __init__(self, *layers: Any, n: int = 1) -> None: ...


class OpenLayered:
    def __init__(self, *layers: Any, **others: Any) -> None: ...


def test_positional_arguments_that_could_not_be_kept_are_asked_for_in_right_python() -> None:
    for cls, advice in ((Layered, r"pass layers=… to"), (OpenLayered, r'pass \*\*\{"\*layers": \[…\]\} to')):
        stored = saved(cls, object())
        with pytest.raises(MissingArgumentError, match=rf"needs '\*layers', which .*; {advice} from_pretrained"):
            loaded(cls, stored)
        assert arguments_for(cls, stored.content or {}, ["*layers"], {}, lost=stored.lost).keys() <= {"n"}
    assert arguments_for(Layered, {"n": 1}, ["layers"], {}, lost=["*layers"]) == {"n": 1}
    with pytest.raises(MissingArgumentError):  # there it is a keyword like any other
        arguments_for(OpenLayered, {}, ["layers"], {}, lost=["*layers"])


@pytest.mark.parametrize(
    ("types", "content"),
    [
        ({"anything": "Path"}, {"anything": 3}),
        ({"anything": "from.the.future"}, {"anything": 3}),
        ({"anything": "dict[int]"}, {"anything": {"a": 1}}),
        ({"anything": "set"}, {"anything": [[1]]}),
        ({"anything": "tuple", "anything[0]": "Path"}, {"anything": {"a": 1}}),
    ],
)
def test_a_note_that_does_not_fit_is_told_of_and_the_value_is_taken_as_it_is(
    types: dict[str, str], content: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    class Model:
        def __init__(self, anything: Any, hinted: Path | None = None) -> None: ...

    assert arguments_for(Model, {**content, "hinted": "p"}, (), {}, types=types) == {**content, "hinted": Path("p")}
    (told,) = [record.getMessage() for record in caplog.records]
    assert told == (
        f"'anything' in config.json is noted to be {types['anything']!r}, which it is not any more, or which nothing "
        "here declares; it is taken as it is. Save the model again."
    )


def test_a_note_that_does_not_fit_leaves_the_type_hint_and_the_notes_inside() -> None:
    class Model:
        def __init__(self, config: Config, x: Any = None) -> None: ...

    content = {"config": {"hidden": 3, "act": "relu"}, "x": [[1], "p"]}
    types = {"config": "elsewhere:Gone", "x": "Path", "x[0]": "tuple", "x[1]": "Path"}
    assert arguments_for(Model, content, (), {}, types=types) == {"config": Config(3), "x": [(1,), Path("p")]}


def test_several_notes_that_do_not_fit_are_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    arguments_for(
        Any_, {"config": None} | {f"a{i}": 1 for i in range(30)}, (), {}, types={f"a{i}": "Path" for i in range(30)}
    )
    (told,) = [record.getMessage() for record in caplog.records]
    assert "and so with 'a1', 'a2'" in told
    assert "and 19 more" in told


def test_notes_within_notes_that_do_not_fit_cost_a_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "MAX_VALUES", 10_000)
    form: Any = [[0]] * 2000
    types = {}
    for depth in range(20):
        types["x" + "[0]" * depth] = "set"
        form = [form]
    with pytest.raises(CorruptFileError, match=r"more than 10,000 values below notes that do not fit"):
        arguments_for(Any_, {"x": form}, (), {}, types=types)


@pytest.mark.parametrize(
    ("hint", "value"),
    [(Config, 7), (Config | None, [1]), (Path, 3), (dict[str, int], "a"), (int, "64"), (list[Config], {"hidden": 1})],
)
def test_a_value_that_is_not_as_its_type_hint_says_is_told_of(
    hint: Any, value: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Model:
        def __init__(self, x, n: int = 1) -> None: ...

    Model.__init__.__annotations__["x"] = hint
    assert arguments_for(Model, {"x": value}, (), {}) == {"x": value}
    (told,) = [record.getMessage() for record in caplog.records]
    assert told.startswith("'x' in config.json is no ")
    assert told.endswith("which its type hint says; it is taken as it is. Correct the file or the hint.")
    caplog.clear()
    assert kept(Model, value) == {"x": value, "n": 1}  # whoever gave it knows
    assert caplog.records == []


@pytest.mark.parametrize(
    ("hint", "value"), [(float, 1), (int, 0.5), (Callable, "relu"), (str, None), (torch.nn.Module, "x"), (Any, {})]
)
def test_a_loose_type_hint_is_not_worth_a_word(hint: Any, value: Any, caplog: pytest.LogCaptureFixture) -> None:
    class Model:
        def __init__(self, x) -> None: ...

    Model.__init__.__annotations__["x"] = hint
    assert arguments_for(Model, {"x": value}, (), {}) == {"x": value}
    assert caplog.records == []


def test_keys_that_a_class_does_not_take_are_told_of_and_noted_on_failure(caplog: pytest.LogCaptureFixture) -> None:
    class Model:
        def __init__(self, hidden: int, config: Config | None = None) -> None: ...

    content = {"hiden": 3, "act": "relu", **{f"x{i}": i for i in range(12)}}
    caplog.set_level("INFO")
    with pytest.raises(MissingArgumentError) as missing, unused_keys_noted(Model, content, {}):
        refuse_missing(Model, missing_arguments(Model, arguments_for(Model, content, (), {})))
    (note,) = missing.value.__notes__
    assert note.startswith("config.json has 'hiden', 'x0'")
    assert note.endswith("and 3 more, which Model does not take. Did you mean 'hidden'?")
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [("INFO", note)]
    with unused_keys_noted(OpenLayered, content, {}):
        assert len(caplog.records) == 1
