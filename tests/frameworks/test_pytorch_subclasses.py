from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn
from wrapped import FourBit, Paired, Scaled, Wrapped

from anyhub.errors import CorruptFileError, UnsafeFileError, UnsupportedError
from anyhub.formats.safetensors import read_header
from anyhub.frameworks.pytorch import load_module, save_module, save_torch_state_dict
from anyhub.frameworks.pytorch.subclasses import find_notes, flatten, restore


@pytest.fixture
def registered() -> Iterator[None]:
    with torch.serialization.safe_globals([Paired, FourBit, Scaled]):
        yield


def there_and_back(tensor: Tensor, like: Tensor | None = None) -> Any:
    flat = flatten("w", tensor)
    assert flat is not None
    (note,) = find_notes({"w": flat.note, "other": "text"}).values()
    assert sorted(note.names("w")) == sorted(flat.tensors)
    return restore("w", note, flat.tensors, like=like)


def test_a_plain_tensor_is_stored_as_it_is() -> None:
    class Named(Tensor):
        pass

    assert flatten("w", torch.zeros(2)) is None
    assert flatten("w", nn.Parameter(torch.zeros(2))) is None
    assert flatten("w", torch.zeros(2).as_subclass(Named)) is None


def test_a_tensor_that_stands_for_others_is_stored_as_them_without_copies(registered: None) -> None:
    tensor = FourBit.of(torch.randn(4, 6))
    flat = flatten("layer.weight", tensor)
    assert flat is not None
    assert flat.tensors == {"layer.weight.packed": tensor.packed, "layer.weight.scale": tensor.scale}
    loaded = there_and_back(tensor)
    assert type(loaded) is FourBit
    assert (loaded.shape, loaded.dtype, loaded.context) == (tensor.shape, tensor.dtype, tensor.context)
    assert torch.equal(loaded.plain(), tensor.plain())
    assert torch.equal(loaded.packed, tensor.packed)


def test_tensors_that_stand_for_others_may_be_made_of_such(registered: None) -> None:
    tensor = Scaled(FourBit.of(torch.randn(2, 4)), by=3)
    flat = flatten("w", tensor)
    assert flat is not None
    assert flat.tensors.keys() == {"w.inner.packed", "w.inner.scale"}
    loaded = there_and_back(tensor)
    assert (type(loaded), type(loaded.inner)) == (Scaled, FourBit)
    assert torch.equal(loaded.plain(), tensor.plain())


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        2.5,
        float("inf"),
        "é",
        (1, (2,)),
        [1, [2]],
        {"a": {1: 2}},
        torch.int4,
        torch.device("cpu"),
        torch.Size([1, 2]),
        torch.sparse_csr,
        torch.channels_last,
    ],
    ids=repr,
)
def test_what_a_class_says_of_a_tensor_comes_back_as_it_was(value: Any, registered: None) -> None:
    loaded = there_and_back(Paired(torch.zeros(2), torch.ones(2), note=value))
    assert loaded.context["note"] == value
    assert type(loaded.context["note"]) is type(value)


class Mode(Enum):
    FAST = "fast"


class Config(NamedTuple):
    mode: Mode
    bits: tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    config: Config
    twice: int = field(init=False, default=0)
    dtype: torch.dtype = torch.int8


def test_enumerations_and_dataclasses_that_are_registered_come_back_as_they_were(registered: None) -> None:
    layout = Layout(Config(Mode.FAST, (4, 8)))
    tensor = Paired(torch.zeros(2), torch.ones(2), layout=layout)
    with pytest.raises(UnsupportedError, match=r"it has a \S*Layout"):
        flatten("w", tensor)
    with torch.serialization.safe_globals([Mode, Config, Layout]):
        flat = flatten("w", tensor)
        loaded = there_and_back(tensor)
    assert loaded.context["layout"] == layout
    assert loaded.context["layout"].config.mode is Mode.FAST
    assert flat is not None
    with pytest.raises(UnsafeFileError, match=r"A value of the file is a '\S*Mode', which nothing here has registered"):
        find_notes({"w": flat.note})


@pytest.mark.parametrize(
    "context",
    [
        {"enum": ["test_pytorch_subclasses.Mode", "slow"]},
        {"enum": []},
        {"enum": 3},
        {"object": ["test_pytorch_subclasses.Config", {"dict": [["mode", 1]]}]},
        {"object": ["test_pytorch_subclasses.Config", 3]},
    ],
)
def test_a_registered_class_that_does_not_take_what_a_file_says_is_refused(context: Any) -> None:
    note = {"tensor_of": {}, "kind": "a", "context": context, "size": [], "stride": []}
    with torch.serialization.safe_globals([Mode, Config]), pytest.raises(CorruptFileError, match="is malformed"):
        find_notes({"w": json.dumps(note, separators=(",", ":"))})


def test_a_file_makes_nothing_of_a_registered_class_that_is_no_value() -> None:
    context = {"object": ["torch.nn.modules.linear.Linear", {"dict": [["in_features", 10**12]]}]}
    note = {"tensor_of": {}, "kind": "a", "context": context, "size": [], "stride": []}
    with torch.serialization.safe_globals([nn.Linear]), pytest.raises(UnsafeFileError, match="Linear"):
        find_notes({"w": json.dumps(note, separators=(",", ":"))})


def test_two_tensors_made_of_the_same_one_are_refused() -> None:
    outer, inner = (
        {"tensor_of": {part: None}, "kind": "a", "context": None, "size": [], "stride": []} for part in ("b.c", "c")
    )
    with pytest.raises(CorruptFileError, match=r"Two tensors are made of 'a\.b\.c'"):
        find_notes({"a": json.dumps(outer, separators=(",", ":")), "a.b": json.dumps(inner, separators=(",", ":"))})


@pytest.mark.parametrize(("value", "named"), [(object(), "builtins.object"), (Enum("Kind", "A").A, "Kind")])
def test_what_is_more_than_plain_values_is_refused_by_name(value: object, named: str, tmp_path: Path) -> None:
    module = nn.Module()
    module.w = nn.Parameter(Paired(torch.zeros(2), torch.ones(2), note=value), requires_grad=False)
    with pytest.raises(UnsupportedError, match=rf"'w' can not be saved: what its class \S*Paired says.*{named}"):
        save_module(module, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_class_that_nobody_registered_is_never_looked_for() -> None:
    flat = flatten("w", Paired(torch.zeros(2), torch.ones(2)))
    assert flat is not None
    note = find_notes({"w": flat.note})["w"]
    with pytest.raises(UnsafeFileError, match=r"'w' is of the class 'wrapped\.Paired'.*add_safe_globals\(\[Paired\]\)"):
        restore("w", note, flat.tensors)


@pytest.mark.parametrize(
    "kind", ["os.system", "builtins.eval", "torch.nn.Linear", "torch.Tensor", "wrapped.Wrapped", ""]
)
def test_a_file_does_not_decide_what_is_imported_or_run(kind: str, registered: None) -> None:
    flat = flatten("w", Paired(torch.zeros(2), torch.ones(2)))
    assert flat is not None
    note = find_notes({"w": json.dumps({**json.loads(flat.note), "kind": kind}, separators=(",", ":"))})["w"]
    with torch.serialization.safe_globals([nn.Linear]), pytest.raises(UnsafeFileError, match=re.escape(repr(kind))):
        restore("w", note, flat.tensors)


def test_the_classes_that_the_model_has_at_that_place_may_be_used() -> None:
    tensor = Scaled(FourBit.of(torch.randn(2, 4)), by=3)
    like = Scaled(FourBit.of(torch.ones(2, 4)), by=1)
    assert type(there_and_back(tensor, like).inner) is FourBit
    with pytest.raises(UnsafeFileError, match=r"'w\.inner' is of the class 'wrapped\.FourBit'"):
        there_and_back(tensor, Scaled(torch.zeros(2, 4), by=1))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "null}",
        "null}}",
        '[],"kind":"a","context":null,"size":[],"stride":[]}',
        '{},"kind":1,"context":null,"size":[],"stride":[]}',
        '{},"kind":"a","context":null,"size":[-1],"stride":[]}',
        '{},"kind":"a","context":null,"size":[true],"stride":[]}',
        '{},"kind":"a","context":null,"size":[9223372036854775808],"stride":[]}',
        '{},"kind":"a","context":{"import":"os"},"size":[],"stride":[]}',
        '{},"kind":"a","context":{"a":1,"b":2},"size":[],"stride":[]}',
        '{},"kind":"a","context":{"dtype":"torch.os"},"size":[],"stride":[]}',
        '{"a":0},"kind":"a","context":null,"size":[],"stride":[]}',
        '{"a":{}},"kind":"a","context":null,"size":[],"stride":[]}',
        '{"a":[]},"kind":"a","context":null,"size":[],"stride":[]}',
        '{"a":3},"kind":"a","context":null,"size":[],"stride":[]}',
        '{"a":{"tensor_of":' * 30 + "{}" + "}" * 60,
        "[" * 100_000,
    ],
)
def test_a_malformed_note_is_refused_in_one_sentence(content: str) -> None:
    with pytest.raises(CorruptFileError, match=r"The note on tensor 'w' is malformed") as error:
        find_notes({"w": '{"tensor_of":' + content})
    assert len(str(error.value)) < 200


def test_a_missing_part_is_named(registered: None) -> None:
    flat = flatten("w", Paired(torch.zeros(2), torch.ones(2)))
    assert flat is not None
    with pytest.raises(CorruptFileError, match=r"'w' is made of 'w\.factors', which the file lacks"):
        restore("w", find_notes({"w": flat.note})["w"], {"w.numbers": torch.zeros(2)})


def test_a_class_that_does_not_take_what_the_file_says_is_named(registered: None) -> None:
    flat = flatten("w", Paired(torch.zeros(2), torch.ones(2)))
    assert flat is not None
    note = find_notes({"w": json.dumps({**json.loads(flat.note), "context": 3}, separators=(",", ":"))})["w"]
    with pytest.raises(CorruptFileError, match=r"can not be made as a wrapped\.Paired"):
        restore("w", note, flat.tensors)


def sparse() -> list[Tensor]:
    dense = torch.tensor([[0.0, 2.0, 0, 0], [3.0, 0, 0, 4.0]])
    indices = torch.tensor([[0, 0], [1, 1]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says once that some layouts may change yet
        twice = torch.sparse_coo_tensor(indices, torch.tensor([1.0, 2.0]), (2, 2))
        layouts = dense.to_sparse_csr(), dense.to_sparse_csc(), dense.to_sparse_bsr((1, 2)), dense.to_sparse_bsc((1, 2))
    return [dense.to_sparse(), dense.to_sparse(1), twice, torch.zeros(3, 3).to_sparse(), *layouts]


@pytest.mark.parametrize("tensor", sparse(), ids=lambda tensor: str(tensor.layout))
def test_sparse_tensors_come_back_as_they_were(tensor: Tensor) -> None:
    loaded = there_and_back(tensor)
    assert (loaded.layout, loaded.shape, loaded.dtype) == (tensor.layout, tensor.shape, tensor.dtype)
    assert torch.equal(loaded.to_dense(), tensor.to_dense())
    if tensor.layout == torch.sparse_coo:
        assert loaded.is_coalesced() == tensor.is_coalesced()
        assert torch.equal(loaded._indices(), tensor._indices())


def test_sparse_indices_outside_of_the_tensor_are_refused() -> None:
    flat = flatten("w", torch.eye(3).to_sparse())
    assert flat is not None
    flat.tensors["w.indices"] += 5
    with pytest.raises(CorruptFileError, match=r"can not be made as a torch\.sparse_coo"):
        restore("w", find_notes({"w": flat.note})["w"], flat.tensors)


def quantized() -> list[Tensor]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says once that it will let go of them
        numbers, scales = torch.randn(4, 3), torch.rand(4) + 0.1
        zeros = torch.zeros(4, dtype=torch.long)
        return [
            torch.quantize_per_tensor(numbers, 0.1, 2, torch.qint8),
            torch.quantize_per_tensor(numbers, 1 / 3, 2, torch.quint8),
            torch.quantize_per_tensor(numbers, 1e-7, 0, torch.qint32),
            torch.quantize_per_channel(numbers, scales, zeros, 0, torch.qint8),
            torch.quantize_per_channel(numbers, scales[:3], zeros[:3], 1, torch.quint8),
            torch.quantize_per_channel(numbers, scales, torch.rand(4), 0, torch.quint8),
        ]


@pytest.mark.parametrize("tensor", quantized(), ids=lambda tensor: f"{tensor.dtype}-{tensor.qscheme()}")
def test_quantized_tensors_come_back_bit_by_bit_without_being_copied_to_be_saved(tensor: Tensor) -> None:
    flat = flatten("w", tensor)
    assert flat is not None
    assert flat.tensors["w.integers"].data_ptr() == tensor.data_ptr()
    loaded = there_and_back(tensor)
    assert (loaded.dtype, loaded.qscheme(), loaded.shape) == (tensor.dtype, tensor.qscheme(), tensor.shape)
    assert torch.equal(loaded.int_repr(), tensor.int_repr())
    assert torch.equal(loaded.dequantize(), tensor.dequantize())


def holding(tensor: Tensor, *, twice: bool = False) -> nn.Module:
    module = nn.Module()
    module.w = nn.Parameter(tensor, requires_grad=False)
    if twice:
        module.again = module.w
    return module


@pytest.mark.parametrize("limit", [None, 1])
@pytest.mark.parametrize("tensor", [FourBit.of(torch.randn(4, 6)), Scaled(FourBit.of(torch.randn(2, 4)), by=3)])
def test_a_module_of_such_tensors_comes_back_in_one_file_and_in_shards(
    tensor: Wrapped, limit: int | None, tmp_path: Path
) -> None:
    save_module(holding(tensor), tmp_path, max_shard_size=limit)
    loaded = load_module(lambda: holding(tensor.clone()), tmp_path / "model.safetensors", strict=True)
    assert type(loaded.w) is type(tensor)
    assert torch.equal(loaded.w.plain(), tensor.plain())


def test_what_one_tensor_is_made_of_stays_in_one_shard(tmp_path: Path) -> None:
    state = {"a": FourBit.of(torch.randn(40, 40)), "b": FourBit.of(torch.randn(40, 40)), "c": torch.zeros(4)}
    save_torch_state_dict(state, tmp_path, max_shard_size="1.6KB")
    shards = [read_header(path) for path in sorted(tmp_path.glob("*.safetensors"))]
    assert [set(shard.tensors) for shard in shards] == [{"a.packed", "a.scale"}, {"b.packed", "b.scale"}, {"c"}]
    assert [set(find_notes(shard.metadata)) for shard in shards] == [{"a"}, {"b"}, set()]


def test_such_tensors_that_are_tied_are_stored_once(tmp_path: Path) -> None:
    save_module(holding(FourBit.of(torch.randn(4, 6)), twice=True), tmp_path)
    header = read_header(tmp_path / "model.safetensors")
    assert header.tensors.keys() == {"again.packed", "again.scale"}
    assert header.metadata["w"] == "again"


def test_a_part_that_is_made_anew_each_time_is_not_taken_for_that_of_another(tmp_path: Path) -> None:
    class Fresh(Paired):
        @property
        def factors(self) -> Tensor:
            return self._factors.clone()

        @factors.setter
        def factors(self, value: Tensor) -> None:
            self._factors = value

    numbers = torch.zeros(2)
    state = {name: Fresh(numbers, torch.full((2,), float(place))) for place, name in enumerate("abcdef")}
    save_torch_state_dict(state, tmp_path)
    assert len(read_header(tmp_path / "model.safetensors").tensors) >= 6
