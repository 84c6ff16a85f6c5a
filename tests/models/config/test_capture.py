"""What a model was constructed with comes back when it is loaded."""

from __future__ import annotations

import copy
import json
import pickle
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple, Optional, Union

import numpy
import pytest

from anyhub.errors import CorruptFileError, ValidationError
from anyhub.models.config.parameters import Parameters
from anyhub.models.mixin import ModelHubMixin


class Bare(ModelHubMixin):
    """Remembers how it was called, and stores nothing beside its configuration."""

    def _save_pretrained(self, save_directory: Path) -> None:
        pass

    @classmethod
    def _from_pretrained(cls, *, model_id, revision, cache_dir, force_download, local_files_only, token, **kwargs):
        return cls(**kwargs)


class Act(Enum):
    RELU = "relu"
    GELU = "gelu"


class Size(NamedTuple):
    width: int
    height: int


@dataclass
class Layer:
    units: int = 8
    act: Act = Act.RELU


@dataclass
class Config:
    hidden: int = 16
    layers: list[Layer] = field(default_factory=list)
    first: Layer | None = None


@dataclass(frozen=True)
class Frozen:
    names: list[str]


OBJECT = object()


class Plain(Bare):
    def __init__(self, size: int = 512, device: str = "cpu", extra: Any = OBJECT) -> None:
        self.size, self.device, self.extra = size, device, extra


class Configured(Bare):
    def __init__(self, config: Config, n: int = 3) -> None:
        self.config, self.n = config, n


class MaybeConfigured(Bare):
    def __init__(self, config: Config | None = None, hidden: int = 1) -> None:
        self.config, self.hidden = config, hidden


class DictConfigured(Bare):
    def __init__(self, config: dict | None = None, x: int = 0) -> None:
        self.config, self.x = config, x


class Open(Bare):
    def __init__(self, x: int = 0, config: Optional[dict] = None, **others: Any) -> None:  # noqa: UP045 - both spellings are read
        self.x, self.config, self.others = x, config, others


class OnlyOpen(Bare):
    def __init__(self, **kwargs: Any) -> None:
        self.kwargs = kwargs


class Typed(Bare):
    def __init__(
        self,
        shape: tuple[int, int] = (1, 2),
        names: set[str] = frozenset(),
        act: Act = Act.RELU,
        path: Path = Path(),
        by_id: dict[int, Layer] | None = None,
        size: Size | None = None,
        layers: list[Layer] | None = None,
        either: Union[Layer, Config, str, None] = None,  # noqa: UP007
        unannotated=(1, 2),
    ) -> None:
        self.given = (shape, names, act, path, by_id, size, layers, either, unannotated)


def stored(model: Any, folder: Path, **kwargs: Any) -> Any:
    """Return what is in the config.json of a model."""
    model.save_pretrained(folder, **kwargs)
    return json.loads((folder / "config.json").read_text("utf-8"))


def reloaded(model: Any, folder: Path, **kwargs: Any) -> Any:
    model.save_pretrained(folder, **kwargs)
    return type(model).from_pretrained(folder)


def test_positional_and_keyword_arguments_and_defaults_are_stored(tmp_path: Path) -> None:
    model = Plain(256, device="gpu")
    assert model._hub_mixin_config == {"size": 256, "device": "gpu"}
    assert stored(model, tmp_path) == {"size": 256, "device": "gpu"}
    again = Plain.from_pretrained(tmp_path)
    assert (again.size, again.device, again.extra) == (256, "gpu", OBJECT)
    assert again._hub_mixin_config == model._hub_mixin_config


def test_the_text_of_the_file_is_that_of_the_ecosystem(tmp_path: Path) -> None:
    Plain(256, device="그래픽").save_pretrained(tmp_path)
    assert (tmp_path / "config.json").read_bytes() == (b'{\n  "device": "\\uadf8\\ub798\\ud53d",\n  "size": 256\n}')


def test_arguments_are_captured_before_init_can_change_them(tmp_path: Path) -> None:
    class Popping(Bare):
        def __init__(self, options: dict[str, int]) -> None:
            self.first = options.pop("a")

    options = {"a": 1, "b": 2}
    model = Popping(options)
    assert options == {"b": 2}
    assert stored(model, tmp_path) == {"options": {"a": 1, "b": 2}}


def test_what_the_caller_changes_later_is_not_stored(tmp_path: Path) -> None:
    sizes, config = [1, 2], Config(layers=[Layer(1)])
    plain, configured = Plain(sizes), Configured(config)
    sizes.append(3)
    config.layers[0].units = 99
    config.layers.append(Layer(5))
    assert stored(plain, tmp_path / "plain")["size"] == [1, 2]
    assert configured._hub_mixin_config == Config(layers=[Layer(1)])
    assert Configured.from_pretrained(_saved(configured, tmp_path / "configured")).config == Config(layers=[Layer(1)])


def _saved(model: Any, folder: Path) -> Path:
    model.save_pretrained(folder)
    return folder


def test_a_frozen_dataclass_is_copied_too(tmp_path: Path) -> None:
    class WithFrozen(Bare):
        def __init__(self, config: Frozen) -> None:
            self.config = config

    config = Frozen(["a"])
    model = WithFrozen(config)
    config.names.append("b")
    assert stored(model, tmp_path) == {"names": ["a"]}


def test_values_without_a_json_form_are_named_in_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    model = Plain(4, extra=object())
    assert model._hub_mixin_config == {"size": 4, "device": "cpu"}
    model.save_pretrained(tmp_path)
    (record,) = caplog.records
    assert "config.json of Plain does not hold 'extra'" in record.getMessage()
    assert "coders=" in record.getMessage()


@pytest.mark.parametrize("value", [{"a": object()}, {object(): 3}, Layer, len])
def test_what_would_not_be_json_is_not_stored(tmp_path: Path, value: Any, caplog: pytest.LogCaptureFixture) -> None:
    assert "extra" not in stored(Plain(extra=value), tmp_path)
    assert "'extra'" in caplog.text


def test_a_list_that_holds_itself_is_not_stored(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert "extra" not in stored(Plain(extra=endless), tmp_path)
    assert "'extra'" in caplog.text


def test_an_unstorable_default_is_not_worth_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Plain().save_pretrained(tmp_path)
    Plain(extra=OBJECT).save_pretrained(tmp_path)
    assert caplog.records == []


class Variadic(Bare):
    def __init__(self, width: int = 1, *acts: Act, depth: int = 1, **others: Any) -> None:
        self.given = (width, acts, depth, others)


def test_positional_arguments_are_stored_under_a_name_that_no_keyword_has(tmp_path: Path) -> None:
    model = Variadic(8, Act.GELU, Act.RELU, depth=2, acts=3)
    assert stored(model, tmp_path) == {"width": 8, "*acts": ["gelu", "relu"], "depth": 2, "acts": 3}
    assert stored(Variadic(8), tmp_path) == {"width": 8, "depth": 1}


def test_positional_arguments_that_json_can_not_hold_are_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert stored(Variadic(8, OBJECT), tmp_path) == {"width": 8, "depth": 1}
    assert "'*acts'" in caplog.text


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((8, Act.GELU, Act.RELU), {"depth": 2, "acts": 3}),
        ((8,), {}),
        ((), {"width": 4, "more": 1}),
    ],
)
def test_a_call_is_made_again_as_it_was(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    parameters = Parameters.of(Variadic)
    positional, keywords = parameters.spread(parameters.bind(args, kwargs))
    assert Variadic(*positional, **keywords).given == Variadic(*args, **kwargs).given


def test_parameters_that_are_only_positional_are_given_by_position() -> None:
    class Positional(Bare):
        def __init__(self, a: int, b: int = 2, /, c: int = 3) -> None:
            self.given = (a, b, c)

    assert Positional(1)._hub_mixin_config == {"a": 1, "b": 2, "c": 3}
    parameters = Parameters.of(Positional)
    assert parameters.by_position == ["a", "b"]
    assert parameters.spread({"a": 1, "c": 4}) == ([1, 2], {"c": 4})
    assert parameters.spread({"b": 1}) == ([], {"b": 1})


def test_numpy_scalars_are_stored_as_numbers(tmp_path: Path) -> None:
    again = reloaded(Plain(numpy.int64(512), extra=[numpy.float32(0.5), numpy.bool_(True)]), tmp_path)
    assert (again.size, again.extra) == (512, [0.5, True])


def test_no_arguments_make_no_file(tmp_path: Path) -> None:
    class Nothing(Bare):
        pass

    Nothing().save_pretrained(tmp_path)
    assert Nothing()._hub_mixin_config is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "anyhub.json"]


def test_a_dataclass_config_is_flat_and_comes_back_with_its_nested_types(tmp_path: Path) -> None:
    config = Config(hidden=4, layers=[Layer(1, Act.GELU), Layer(2)], first=Layer(3))
    model = Configured(config)
    assert model._hub_mixin_config == config
    assert stored(model, tmp_path)["hidden"] == 4
    again = Configured.from_pretrained(tmp_path)
    assert again.config == config
    assert again._hub_mixin_config == config


def test_arguments_beside_a_dataclass_config_are_stored(tmp_path: Path) -> None:
    model = Configured(Config(hidden=4), n=9)
    assert stored(model, tmp_path) == {"hidden": 4, "layers": [], "first": None, "n": 9}
    again = Configured.from_pretrained(tmp_path)
    assert (again.config, again.n) == (Config(hidden=4), 9)


def test_a_config_whose_keys_are_other_arguments_too_is_kept_apart(tmp_path: Path) -> None:
    again = reloaded(DictConfigured({"x": 5}, x=1), tmp_path)
    assert (again.config, again.x) == ({"x": 5}, 1)
    again = reloaded(MaybeConfigured(Config(hidden=7), hidden=2), tmp_path / "dataclass")
    assert (again.config, again.hidden) == (Config(hidden=7), 2)


@pytest.mark.parametrize("config", [None, {"a": 1}, {"config": 2}])
def test_a_dict_config_comes_back_alone(tmp_path: Path, config: Any) -> None:
    again = reloaded(DictConfigured(config, x=2), tmp_path)
    assert (again.config, again.x) == (config, 2)


@pytest.mark.parametrize("config", [None, {"a": 1}, {"b": 5}])
def test_a_config_and_other_keywords_are_told_apart(tmp_path: Path, config: Any) -> None:
    model = Open(50, config=config, b=2, c=3)
    assert model._hub_mixin_config == {"x": 50, "b": 2, "c": 3, **(config or {})}
    again = reloaded(model, tmp_path)
    assert (again.x, again.config, again.others) == (50, config, {"b": 2, "c": 3})


def test_other_keywords_come_back(tmp_path: Path) -> None:
    model = OnlyOpen(something="else")
    assert model._hub_mixin_config == {"something": "else"}
    assert reloaded(model, tmp_path).kwargs == {"something": "else"}


def test_a_config_among_other_keywords_comes_back(tmp_path: Path) -> None:
    again = reloaded(OnlyOpen(config={"a": 1}, b=2), tmp_path)
    assert again.kwargs == {"config": {"a": 1}, "b": 2}


def test_none_for_a_config_with_a_default_comes_back(tmp_path: Path) -> None:
    class Defaulted(Bare):
        def __init__(self, config: Config | None = Config(hidden=5)) -> None:  # noqa: B008
            self.config = config

    assert reloaded(Defaulted(), tmp_path / "default").config == Config(hidden=5)
    assert reloaded(Defaulted(None), tmp_path / "none").config is None


def test_types_are_restored_by_their_hints(tmp_path: Path) -> None:
    given = {
        "shape": (3, 4),
        "names": {"a", "b"},
        "act": Act.GELU,
        "path": Path("a/b"),
        "by_id": {1: Layer(1), 22: Layer(2, Act.GELU)},
        "size": Size(2, 3),
        "layers": [Layer(7)],
        "either": Config(hidden=3),
        "unannotated": (5, 6),
    }
    again = reloaded(Typed(**given), tmp_path)
    assert again.given == tuple(given.values())
    assert type(again.given[5]) is Size


@pytest.mark.parametrize("either", [Layer(3), Config(layers=[Layer(1)]), "text", None])
def test_the_member_of_a_union_is_found(tmp_path: Path, either: Any) -> None:
    assert reloaded(Typed(either=either), tmp_path).given[7] == either


def test_a_set_is_stored_in_one_order(tmp_path: Path) -> None:
    assert stored(Typed(names={"b", "c", "a"}), tmp_path)["names"] == ["a", "b", "c"]


def test_a_value_that_an_enum_has_not_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"act": "tanh"}')
    with pytest.raises(CorruptFileError, match=r"'act' is 'tanh' in config.json, which is no Act; use one of 'relu', "):
        Typed.from_pretrained(tmp_path)


def test_unknown_keys_of_a_dataclass_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"hidden": 5, "model_type": "new", "layers": [{"units": 1, "old": 2}]}')
    assert Configured.from_pretrained(tmp_path).config == Config(hidden=5, layers=[Layer(1)])


def test_a_hint_that_can_not_be_resolved_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Unresolvable(Bare):
        def __init__(self, config: Unknown, layer: Layer) -> None:  # type: ignore[name-defined]  # noqa: F821
            self.config, self.layer = config, layer

    again = reloaded(Unresolvable({"a": 2}, Layer(3)), tmp_path)
    assert (again.config, again.layer) == ({"a": 2}, Layer(3))
    assert "The type hint of 'config' of Unresolvable.__init__" in caplog.text


class Shared:
    """A type that JSON does not know."""

    def __init__(self, value: str) -> None:
        self.value = value


class Coded(Bare, coders={Shared: (lambda x: {"value": x.value}, lambda data: Shared(data["value"]))}):
    def __init__(self, custom: Shared, optional: Shared | None = None, default: Shared = Shared("d")) -> None:  # noqa: B008
        self.values = [each and each.value for each in (custom, optional, default)]


class CodedConfig(Bare, coders={Namespace: (vars, lambda data: Namespace(**data))}):
    def __init__(self, config: Namespace) -> None:
        self.config = config


class InheritsCoders(CodedConfig, coders={Shared: (lambda x: x.value, Shared)}):
    def __init__(self, config: Namespace, shared: list[Shared]) -> None:
        super().__init__(config)
        self.shared = [each.value for each in shared]


def test_coders_store_and_restore_other_types(tmp_path: Path) -> None:
    model = Coded(Shared("c"), Shared("o"))
    assert stored(model, tmp_path) == {
        "custom": {"value": "c"},
        "optional": {"value": "o"},
        "default": {"value": "d"},
    }
    assert Coded.from_pretrained(tmp_path).values == ["c", "o", "d"]
    assert reloaded(Coded(Shared("c")), tmp_path / "none").values == ["c", None, "d"]


def test_a_config_with_a_coder_is_flat(tmp_path: Path) -> None:
    assert stored(CodedConfig(Namespace(a=1, b=2)), tmp_path) == {"a": 1, "b": 2}
    assert CodedConfig.from_pretrained(tmp_path).config == Namespace(a=1, b=2)


def test_coders_are_inherited(tmp_path: Path) -> None:
    again = reloaded(InheritsCoders(Namespace(a=1), [Shared("x"), Shared("y")]), tmp_path)
    assert (again.config, again.shared) == (Namespace(a=1), ["x", "y"])
    assert set(InheritsCoders._hub_mixin_coders) == {Namespace, Shared}
    assert set(CodedConfig._hub_mixin_coders) == {Namespace}


def test_a_passed_config_is_stored_in_place_of_the_argument(tmp_path: Path) -> None:
    model = MaybeConfigured()
    assert stored(model, tmp_path, config=Config(hidden=6)) == {
        "config": {"hidden": 6, "layers": [], "first": None},
        "hidden": 1,
    }
    assert stored(DictConfigured({"a": 1}), tmp_path / "dict", config={"b": 2}) == {"b": 2, "x": 0}


def test_a_passed_config_does_not_drop_the_arguments(tmp_path: Path) -> None:
    again = reloaded(Plain(64), tmp_path, config={"device": "gpu", "note": "trained in May"})
    assert (again.size, again.device) == (64, "gpu")
    assert json.loads((tmp_path / "config.json").read_text())["note"] == "trained in May"


def test_a_passed_config_that_is_no_object_is_stored_as_it_is(tmp_path: Path) -> None:
    assert stored(OnlyOpen(), tmp_path, config=["a", 1]) == ["a", 1]


@pytest.mark.parametrize("config", [3, "a text", ["a", 1], 1.5, True])
def test_a_configuration_that_is_no_object_is_given_to_a_class_that_takes_one(tmp_path: Path, config: Any) -> None:
    class Loose(Bare):
        def __init__(self, config: Any = None, n: int = 1) -> None:
            self.config, self.n = config, n

    assert reloaded(Loose(n=2), tmp_path, config=config).config == config


def test_a_configuration_that_is_no_object_is_told_of_where_no_class_takes_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert reloaded(Plain(7), tmp_path, config=["a", 1]).size == 512
    assert "config.json of Plain is ['a', 1], which is no object and so names no argument; it is not used." in [
        record.getMessage() for record in caplog.records
    ]


def test_a_passed_config_without_a_json_form_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"A Shared can not be written to config\.json"):
        Plain().save_pretrained(tmp_path / "new", config=Shared("a"))
    assert not (tmp_path / "new").exists()


def test_a_config_that_was_changed_on_the_model_is_stored(tmp_path: Path) -> None:
    plain, configured = Plain(64), Configured(Config(), n=4)
    plain._hub_mixin_config["size"] = 65
    configured._hub_mixin_config.hidden = 17
    assert reloaded(plain, tmp_path / "plain").size == 65
    again = reloaded(configured, tmp_path / "configured")
    assert (again.config.hidden, again.n) == (17, 4)


def test_a_config_that_is_not_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(CorruptFileError, match=r"config.json' is not JSON"):
        Plain.from_pretrained(tmp_path)


def test_copies_and_pickles_keep_the_config() -> None:
    model = Plain(64)
    for twin in (copy.deepcopy(model), copy.copy(model), pickle.loads(pickle.dumps(model))):
        assert twin._hub_mixin_config == {"size": 64, "device": "cpu"}
        assert twin.size == 64


def test_a_class_that_is_a_dataclass_works(tmp_path: Path) -> None:
    @dataclass
    class Model(Bare):
        foo: int
        bar: Act = Act.RELU
        many: list[int] = field(default_factory=list)

    (tmp_path / "config.json").write_text('{"foo": 42, "bar": "gelu", "other": "value"}')
    model = Model.from_pretrained(tmp_path)
    assert model == Model(42, Act.GELU)
    assert not hasattr(model, "other")
    assert reloaded(Model(1, many=[2]), tmp_path / "new") == Model(1, Act.RELU, [2])


def test_a_dataclass_with_slots_keeps_what_it_says_of_itself(tmp_path: Path) -> None:
    @dataclass(slots=True, frozen=True)
    class Model(Bare, tags=["slotted"]):
        foo: int

    assert Model._hub_mixin_info.model_card_data.tags == ["slotted", "model_hub_mixin"]
    assert reloaded(Model(3), tmp_path) == Model(3)


def test_bases_whose_new_takes_arguments_work(tmp_path: Path) -> None:
    class Base:
        def __new__(cls, x: int) -> Any:
            made = super().__new__(cls)  # passes no arguments on, as keras.Model does
            made.made_with = x
            return made

    class First(Base, Bare):
        def __init__(self, x: int) -> None:
            self.x = x

    class Last(Bare, Base):
        def __init__(self, x: int) -> None:
            self.x = x

    class Below(First):
        pass

    for cls in (First, Last, Below):
        again = reloaded(cls(7), tmp_path / cls.__name__)
        assert (again.x, again.made_with) == (7, 7)


def test_a_base_whose_new_takes_no_arguments_works(tmp_path: Path) -> None:
    class Base:
        def __new__(cls) -> Any:
            return super().__new__(cls)

    class Model(Bare, Base):
        def __init__(self, x: int) -> None:
            self.x = x

    assert reloaded(Model(7), tmp_path).x == 7


def test_a_built_in_base_works(tmp_path: Path) -> None:
    class Table(Bare, dict):
        def __init__(self, **entries: int) -> None:
            super().__init__(entries)

    assert reloaded(Table(a=1), tmp_path) == {"a": 1}


def test_wrong_arguments_are_told_by_init() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'sise'"):
        Plain(sise=3)


def test_the_classes_own_init_is_called_once() -> None:
    calls: list[Mapping[str, Any]] = []

    class Counting(Bare):
        def __init__(self, **kwargs: Any) -> None:
            calls.append(kwargs)

    Counting(a=1)
    assert calls == [{"a": 1}]


def test_a_hint_that_names_a_class_of_the_same_function_is_resolved(tmp_path: Path) -> None:
    @dataclass
    class Local:
        a: int = 1

    class Inside(Bare):
        def __init__(self, config: Local, layers: list[Local]) -> None:
            self.config, self.layers = config, layers

    again = reloaded(Inside(Local(2), [Local(3)]), tmp_path)
    assert (again.config, again.layers) == (Local(2), [Local(3)])
