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

from anyhub.errors import MissingArgumentError
from anyhub.models.config.capture import capture
from anyhub.models.config.file import (
    Stored,
    arguments_for,
    content_of,
    dump,
    missing_arguments,
    refuse_missing,
    warn_of_lost,
)
from anyhub.models.config.local_names import LOCAL_NAMES, remember_local_names
from anyhub.models.config.places import place_of


class Act(Enum):
    RELU = "relu"


@dataclass
class Config:
    hidden: int = 2
    act: Act = Act.RELU
    path: str | Path = "x"


@attrs.define
class AttrConfig:
    hidden: int = 2
    path: Path = Path("x")


class ModelConfig(pydantic.BaseModel):
    hidden: int = 2
    path: Path = Path("x")


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
