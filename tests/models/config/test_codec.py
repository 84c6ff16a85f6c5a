"""What is written as JSON is read as the value that it was, of the type that it had."""

from __future__ import annotations

import dataclasses
import enum
import json
import types
from argparse import Namespace
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import InitVar, dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import (
    Annotated,
    Any,
    ClassVar,
    Final,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    NotRequired,
    Optional,
    TypedDict,
    TypeVar,
    Union,
)
from uuid import UUID

import attrs
import numpy
import omegaconf
import pydantic
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from anyhub.errors import CorruptFileError
from anyhub.models.config.choice import Scope
from anyhub.models.config.decode import Decoder
from anyhub.models.config.encode import Encoder
from anyhub.models.config.kinds.forms import NOT_STORABLE
from anyhub.models.config.members import members_of
from anyhub.models.config.values import snapshot

T = TypeVar("T")
Bounded = TypeVar("Bounded", bound=Path)
Meters = NewType("Meters", float)


class Act(enum.Enum):
    RELU = "relu"
    GELU = "gelu"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Word(enum.StrEnum):
    A = "a"


class Limit(enum.Enum):
    ONE = 1.0
    NONE = float("inf")


class Rights(enum.Flag):
    READ = 1
    WRITE = 2


class Shape(enum.Enum):
    SQUARE = (1, 1)
    WIDE = (2, 1)


class Size(NamedTuple):
    width: int
    path: Path = Path("x")


class Options(TypedDict):
    path: Path
    sizes: NotRequired[tuple[int, ...]]


@dataclass
class Layer:
    units: int = 8
    act: Act = Act.RELU


@dataclass
class Other:
    units: int = 8
    act: Act = Act.RELU


@dataclass
class Wide(Layer):
    extra: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    names: tuple[str, ...]
    when: date | None = None


@dataclass
class Box(Generic[T]):
    content: T
    many: list[T] = field(default_factory=list)


@dataclass
class IntBox(Box[tuple[int, ...]]):
    name: str = ""


@dataclass
class Computed:
    a: int
    scale: InitVar[int] = 2
    doubled: int = field(init=False)
    shared: ClassVar[int] = 3

    def __post_init__(self, scale: int) -> None:
        self.doubled = self.a * scale


@dataclass
class Tree:
    value: Any = None
    children: list[Tree] = field(default_factory=list)
    by_name: dict[str, Tree] = field(default_factory=dict)
    path: str | Path = "x"


@attrs.define
class Attr:
    _hidden: int
    path: Path = attrs.field(default=Path("a"), converter=Path)
    layers: list[Layer] = attrs.field(factory=list)
    seen: int = attrs.field(default=0, init=False)


class Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)

    n: int = 1
    path: Path = Path("p")
    layer: Layer | None = None
    names: frozenset[str] = frozenset()
    other: str = pydantic.Field("o", alias="otherName")


class Loose(pydantic.BaseModel, extra="allow"):
    n: int = 1


def there_and_back(value: Any, hint: Any = Any, coders: Any = None) -> tuple[Any, Encoder]:
    """Write a value as JSON and read it again."""
    encoder = Encoder(Scope(coders or {}))
    form = encoder.write(snapshot(value, coders or {}), members_of(hint), "x")
    text = json.dumps(form, allow_nan=False)
    decoder = Decoder(Scope(coders or {}), json.loads(json.dumps(encoder.types)))
    return decoder.read(json.loads(text), members_of(hint), "x"), encoder


def alike(a: Any, b: Any) -> bool:
    """Return whether two values are equal, and of equal types all the way down."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return (
            len(a) == len(b)
            and all(any(alike(k, m) and alike(v, w) for m, w in b.items()) for k, v in a.items())
            and list(map(str, a)) == list(map(str, b))
        )
    if isinstance(a, list | tuple | deque):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, set | frozenset):
        return len(a) == len(b) and all(any(alike(x, y) for y in b) for x in a)
    if dataclasses.is_dataclass(a):
        return all(alike(getattr(a, each.name), getattr(b, each.name)) for each in dataclasses.fields(a))
    if isinstance(a, Namespace | types.SimpleNamespace):
        return alike(vars(a), vars(b))
    return bool(a == b) or (a != a and b != b)


WITH_HINTS: list[tuple[Any, Any]] = [
    (int, 3),
    (float, 0.5),
    (float, float("inf")),
    (float, float("-inf")),
    (float, float("nan")),
    (list[float], [1.0, float("nan")]),
    (Optional[Layer], Layer(3)),  # noqa: UP045
    (Optional[Layer], None),  # noqa: UP045
    (Layer | None, Layer(3, Act.GELU)),
    (list[Layer], [Layer(1), Layer(2)]),
    (dict[str, list[Layer]], {"b": [Layer(1)], "a": []}),
    (tuple[Layer, ...], (Layer(1), Layer(2))),
    (tuple[int, Layer], (1, Layer(2))),
    (dict[int, Layer], {1: Layer(1), 22: Layer(2)}),
    (dict[Act, int], {Act.GELU: 1}),
    (dict[Level, int], {Level.HIGH: 1}),
    (dict[Path, int], {Path("a/b"): 1}),
    (dict[bool, int], {True: 1, False: 2}),
    (dict[tuple[int, int], str], {(1, 2): "a"}),
    (Frozen, Frozen(names=("a",), when=date(2024, 2, 29))),
    (Box[int], Box(1, [2])),
    (Box[Layer], Box(Layer(1), [Layer(2)])),
    (Box[tuple[int, ...]], Box((1, 2), [(3,)])),
    (IntBox, IntBox((1, 2), [(3,)], "n")),
    (Computed, Computed(3)),
    (Tree, Tree(None, [Tree(1)], {"z": Tree("q"), "a": Tree()})),
    (Attr, Attr(3, "b", [Layer(1)])),
    (Model, Model(n=2, path=Path("q"), layer=Layer(3), names=frozenset("ab"), otherName="x")),
    (Loose, Loose(n=2, more="m")),
    (Size, Size(1, Path("a"))),
    (Options, {"path": Path("a"), "sizes": (1, 2)}),
    (Act, Act.GELU),
    (Level, Level.HIGH),
    (Word, Word.A),
    (Limit, Limit.NONE),
    (Rights, Rights.READ | Rights.WRITE),
    (Shape, Shape.WIDE),
    (Literal["a", "b"], "a"),
    (Literal[Act.RELU, Act.GELU], Act.GELU),
    (Annotated[Path, "where"], Path("a")),
    (Meters, 1.5),
    (Final[Path], Path("a")),
    (Bounded, Path("a")),
    (Sequence[Layer], [Layer(1)]),
    (Iterable[Path], [Path("a")]),
    (Collection[int], [1]),
    (Mapping[str, Path], {"a": Path("b")}),
    (AbstractSet[str], {"a", "b"}),
    (frozenset[int], frozenset({1, 2})),
    (deque[int], deque([1, 2])),
    (OrderedDict[str, int], OrderedDict(b=1, a=2)),
    (defaultdict[str, list[int]], defaultdict(list, a=[1])),
    (Counter[str], Counter("aab")),
    (Path, Path("a/b")),
    (PurePosixPath, PurePosixPath("/a")),
    (PureWindowsPath, PureWindowsPath(r"c:\a")),
    (datetime, datetime(2024, 1, 2, 3, 4, 5, 6, timezone(timedelta(hours=2)))),
    (date, date(2024, 1, 2)),
    (time, time(1, 2)),
    (timedelta, timedelta(days=-1, microseconds=3)),
    (bytes, b"\x00\xff"),
    (bytearray, bytearray(b"a")),
    (complex, 1 + 2j),
    (Decimal, Decimal("1.10")),
    (Fraction, Fraction(1, 3)),
    (UUID, UUID(int=5)),
    (range, range(1, 9, 2)),
    (slice, slice(1, None)),
    (numpy.float32, numpy.float32(0.1)),
    (numpy.int64, numpy.int64(7)),
    (numpy.float32, numpy.float32("inf")),
    (torch.dtype, torch.bfloat16),
    (torch.device, torch.device("cpu")),
    (torch.Size, torch.Size([1, 2])),
    (Namespace, Namespace(a=1)),
    (types.SimpleNamespace, types.SimpleNamespace(a=1)),
    (omegaconf.DictConfig, omegaconf.OmegaConf.create({"a": {"b": [1, 2]}})),
    (omegaconf.ListConfig, omegaconf.OmegaConf.create([1, {"a": 2}])),
]


@pytest.mark.parametrize(("hint", "value"), WITH_HINTS)
def test_a_value_comes_back_by_its_type_hint_alone(hint: Any, value: Any) -> None:
    again, encoder = there_and_back(value, hint)
    assert alike(again, value)
    assert encoder.types == {}
    assert encoder.untold == []


AMBIGUOUS: list[tuple[Any, Any]] = [
    (Any, (1, 2)),
    (object, {1, 2}),
    (str | Path, Path("a")),
    (str | Path, "a"),
    (Path | str, "a"),
    (list[int] | tuple[int, ...], (1, 2)),
    (Layer | Other, Other(3)),
    (Layer | Other, Layer(3)),
    (Union[list[Layer], list[Other], None], [Other(1), Layer(1)]),  # noqa: UP007
    (Layer, Wide(1, Act.GELU, (1, 2))),
    (list[Layer], [Layer(1), Wide(2)]),
    (dict[str, Layer | dict], {"a": {"units": 8, "act": "relu"}, "b": Layer(8)}),
    (Layer, {"units": 1}),
    (Layer, "base"),
    (Layer, [1, 2]),
    (int, "text"),
    (int, 1.5),
    (int, True),
    (float, "NaN"),
    (float, 1),
    (Act, "relu"),
    (Act, "unknown"),
    (Act | str, "relu"),
    (str | Act, Act.RELU),
    (Path, "a"),
    (tuple[int, ...], [1]),
    (dict[int, str], {"1": "a"}),
    (dict[str, int], {1: 2}),
    (dict[str, int], {1: 2, "1": 3}),
    (dict, {1: "a", 2: "b"}),
    (Any, {None: 1, (1, 2): 3}),
    (Any, OrderedDict({2: "a", 1: "b"})),
    (Any, defaultdict(list, {3: [1]})),
    (Any, defaultdict(None, a=1)),
    (Any, deque([1], maxlen=5)),
    (Sequence[Path], (Path("a"),)),
    (Mapping[str, Path], OrderedDict(a=Path("b"))),
    (date, datetime(2024, 1, 1)),
    (numpy.floating, numpy.float16(1.5)),
    (int, numpy.int32(1)),
    (Any, [numpy.complex64(1j), numpy.bool_(True), numpy.str_("a")]),
    (Any, float("nan")),
    (Any, ["NaN", float("inf"), "\ud800"]),
    (Any, {"a b": (1,), "": {"x.y[0]": {3}}, '"': b"q", "ä": 1j}),
    (None, {"torch": [torch.float16, torch.device("cpu"), torch.Size([1]), torch.channels_last, torch.strided]}),
    (dict | Namespace, Namespace(a=Namespace(b=(1,)))),
    (omegaconf.DictConfig | dict, {"a": 1}),
    (omegaconf.DictConfig | dict, omegaconf.OmegaConf.create({"a": 1})),
]


@pytest.mark.parametrize(("hint", "value"), AMBIGUOUS)
def test_what_a_type_hint_does_not_tell_comes_back_by_a_note(hint: Any, value: Any) -> None:
    again, encoder = there_and_back(value, hint)
    assert alike(again, value)
    assert encoder.untold == []


@pytest.mark.parametrize("value", [value for hint, value in WITH_HINTS if snapshot(value, {}) is not NOT_STORABLE])
def test_without_a_type_hint_what_is_no_class_of_a_user_comes_back_and_that_is_told_of(value: Any) -> None:
    again, encoder = there_and_back(value)
    assert encoder.untold or alike(again, value)


@pytest.mark.parametrize("value", [Layer(1), Attr(1), Model(), Size(1), Act.GELU, Level.LOW, Word.A])
def test_a_class_that_nothing_declares_comes_back_as_plain_json_and_is_told_of(value: Any) -> None:
    again, encoder = there_and_back([0, value])
    assert encoder.untold == ["x[1]"]
    assert type(again[1]) in (dict, list, str, int)


def test_a_coder_is_used_in_containers_and_for_subclasses() -> None:
    class Base:
        def __init__(self, n: int) -> None:
            self.n = n

        def __eq__(self, other: object) -> bool:
            return type(self) is type(other) and vars(self) == vars(other)

        __hash__ = None  # type: ignore[assignment]

    class Sub(Base):
        pass

    coders = {Base: (lambda x: [type(x).__name__, x.n], lambda form: {"Base": Base, "Sub": Sub}[form[0]](form[1]))}
    for hint in (dict[str, list[Base]], Any, dict[str, list[Base | str]]):
        again, encoder = there_and_back({"a": [Base(1), Sub(2)]}, hint, coders)
        assert again == {"a": [Base(1), Sub(2)]}
        assert encoder.untold == []


def test_what_a_coder_can_not_turn_into_json_is_not_storable() -> None:
    for made in (object(), float("nan"), {"a": [float("inf")]}):
        assert snapshot([Act.RELU], {Act: (lambda act, made=made: made, Act)}) is NOT_STORABLE


@pytest.mark.parametrize(
    "value",
    [
        object(),
        len,
        Layer,
        torch.nn.Linear(1, 1),
        torch.ones(2),
        numpy.ones(2),
        pytest.param(10**5000, id="more digits than Python reads"),
        [[object()]],
        {"a": object()},
        Layer(object()),
        defaultdict(lambda: 3),
        omegaconf.OmegaConf.create({"a": "${oc.env:NOT_THERE_AT_ALL}"}),
        omegaconf.OmegaConf.create({"a": r"\${oc.env:HOME}"}),
        pydantic.SecretStr("x"),
        numpy.longdouble(1),
        numpy.datetime64("2024-01-01"),
    ],
)
def test_what_can_not_be_kept_is_said_to_be_so(value: Any) -> None:
    assert snapshot(value, {}) is NOT_STORABLE


def test_what_is_nested_without_end_is_not_storable() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert snapshot(endless, {}) is NOT_STORABLE
    deep: Any = 1
    for _ in range(98):
        deep = [deep]
    assert alike(there_and_back(deep)[0], deep)


def test_interpolations_of_omegaconf_are_resolved_and_never_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "hidden")
    config = omegaconf.OmegaConf.create({"a": 1, "b": "${a}"})
    assert there_and_back(config, omegaconf.DictConfig)[0] == {"a": 1, "b": 1}
    decoder = Decoder(Scope(), {"y": "DictConfig"})
    form = {"a": ["${oc.env:SECRET}"]}
    with pytest.raises(CorruptFileError, match=r"'x' is .* in config\.json, which is no DictConfig; it holds"):
        decoder.read(form, members_of(omegaconf.DictConfig), "x")
    assert decoder.read(form, members_of(Any), "y") == form
    assert decoder.unfit == {"y": "DictConfig"}


ATOMS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.binary(max_size=3),
    st.complex_numbers(), st.decimals(allow_nan=False), st.fractions(), st.uuids(), st.dates(), st.datetimes(),
    st.times(), st.timedeltas(), st.builds(Path, st.sampled_from(["a", "a/b", "/c"])),
    st.builds(range, st.integers(0, 5), st.integers(0, 5)), st.sampled_from([torch.float16, torch.device("cpu")]),
    st.integers(0, 99).map(numpy.int16), st.floats(width=32).map(numpy.float32),
)  # fmt: skip
KEYS = st.one_of(
    st.text(max_size=3), st.integers(), st.booleans(), st.none(), st.tuples(st.integers(), st.text(max_size=2))
)


def containers(inside: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = st.lists(inside, max_size=3)
    return st.one_of(
        lists,
        lists.map(tuple),
        st.builds(deque, lists, st.none() | st.integers(3, 9)),
        st.dictionaries(st.text(max_size=3), inside, max_size=3),
        st.dictionaries(KEYS, inside, max_size=3),
        st.dictionaries(st.integers(), inside, max_size=3).map(OrderedDict),
        st.frozensets(st.integers() | st.text(max_size=2), max_size=3),
        st.builds(types.SimpleNamespace, a=inside),
    )


@settings(max_examples=150, deadline=None)
@given(st.recursive(ATOMS, containers, max_leaves=8))
def test_any_value_comes_back_or_is_told_of(value: Any) -> None:
    tree = Tree(value, [Tree(value)], {"a": Tree(path=Path("a"))}, path="x")
    for hint, each in ((Any, value), (Tree, tree), (list[Tree], [tree])):
        again, encoder = there_and_back(each, hint)
        assert alike(again, each)
        assert encoder.untold == []


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([hint for hint, _ in WITH_HINTS + AMBIGUOUS]),
    st.sampled_from([v for _, v in WITH_HINTS + AMBIGUOUS]),
)
def test_any_value_comes_back_whatever_the_type_hint_says_or_is_told_of(hint: Any, value: Any) -> None:
    again, encoder = there_and_back(value, hint)
    assert encoder.untold or alike(again, value)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_value_of_an_annotated_type_comes_back(data: st.DataObject) -> None:
    hint = data.draw(st.sampled_from([Layer, Frozen, dict[int, date], list[Layer | None], tuple[Act, ...]]))
    value = data.draw(st.from_type(hint).filter(lambda each: snapshot(each, {}) is not NOT_STORABLE))
    again, encoder = there_and_back(value, hint)
    assert alike(again, value)
    assert encoder.untold == []
