from __future__ import annotations

import io
import json
import os
import re
import stat
import sys
from enum import IntEnum
from pathlib import Path
from typing import Any

import pytest
import safetensors
import safetensors.torch
import torch
from torch import nn

from anyhub.errors import UnsupportedError, ValidationError
from anyhub.formats.safetensors import read_header
from anyhub.formats.shards import read_index
from anyhub.frameworks.pytorch import describe, load_module, save_module
from anyhub.frameworks.pytorch.dtypes import NAMES
from anyhub.frameworks.pytorch.notes import from_notes

INDEX = "model.safetensors.index.json"


class Of(nn.Module):
    """A module with the given tensors as its state."""

    def __init__(self, **tensors: torch.Tensor) -> None:
        super().__init__()
        for name, tensor in tensors.items():
            self.register_buffer(name, tensor)


class WithExtraState(nn.Module):
    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value
        self.lin = nn.Linear(2, 2)

    def get_extra_state(self) -> Any:
        return self.value

    def set_extra_state(self, state: Any) -> None:
        self.value = state


def saved(module: nn.Module, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    save_module(module, folder)
    return folder / "model.safetensors"


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def metadata(file: Path) -> dict[str, str]:
    return read_header(file).metadata


def test_the_file_says_what_the_one_of_the_library_says(tmp_path: Path) -> None:
    module = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    file = saved(module, tmp_path)
    safetensors.torch.save_model(module, str(tmp_path / "theirs"), {"format": "pt"})
    ours, theirs = safetensors.torch.load_file(file), safetensors.torch.load_file(tmp_path / "theirs")
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert metadata(file) == metadata(tmp_path / "theirs")


def test_tied_weights_are_stored_once_under_the_name_that_the_library_keeps(tmp_path: Path) -> None:
    module = nn.ModuleDict(
        {"tied": nn.Embedding(5, 3), "head": nn.Linear(3, 5, bias=False), "also": nn.Embedding(5, 3)}
    )
    module["head"].weight = module["also"].weight = module["tied"].weight
    file = saved(module, tmp_path)
    safetensors.torch.save_model(module, str(tmp_path / "theirs"))
    theirs = read_header(tmp_path / "theirs")
    assert read_header(file).tensors == theirs.tensors
    assert metadata(file) == {**theirs.metadata, "format": "pt"}
    assert theirs.tensors.keys() == {"also.weight"}


def test_the_same_state_gives_the_same_bytes(tmp_path: Path) -> None:
    names = ["b", "a", "d", "c"]
    tensors = {name: torch.full((3,), float(place)) for place, name in enumerate(names)}
    digests = set()
    for order in (names, sorted(names), names[::-1]):
        module = Of(**{name: tensors[name] for name in order}, **{f"{name}_tied": tensors[name] for name in order})
        (tmp_path / order[0]).mkdir(exist_ok=True)
        digests.add(saved(module, tmp_path / "".join(order)).read_bytes())
    assert len(digests) == 1


@pytest.mark.parametrize("dtype", NAMES, ids=str)
def test_every_dtype_comes_back_as_it_was(dtype: torch.dtype, tmp_path: Path) -> None:
    tensor = torch.arange(32, dtype=torch.uint8).view(dtype).reshape(-1, 2)
    file = saved(Of(x=tensor), tmp_path)
    loaded = load_module(lambda: Of(x=torch.empty_like(tensor)), file).x
    assert loaded.dtype == dtype
    assert loaded.reshape(-1).view(torch.uint8).tolist() == list(range(32))


@pytest.mark.parametrize(
    "tensor",
    [
        torch.arange(6.0).reshape(2, 3).t(),
        torch.arange(6.0)[::2],
        torch.arange(3.0).expand(4, 3),
        torch.zeros(2, 3, 4, 4).to(memory_format=torch.channels_last),
        torch.tensor([1 + 2j, 3j]).conj(),
        torch.tensor([1 + 2j, 3j]).conj().imag,
        torch.tensor(3.5),
        torch.zeros(0, 3),
        torch.arange(10.0)[3:5],
    ],
    ids=["transposed", "strided", "expanded", "channels_last", "conjugated", "negated", "scalar", "empty", "slice"],
)
def test_what_is_not_in_order_in_memory_is_stored_in_order(tensor: torch.Tensor, tmp_path: Path) -> None:
    stored = safetensors.torch.load_file(saved(Of(x=tensor), tmp_path))["x"]
    assert torch.equal(stored, tensor.resolve_conj().resolve_neg())


def test_slices_and_transposes_of_a_stored_tensor_are_not_stored_again(tmp_path: Path) -> None:
    whole = torch.arange(12.0).reshape(3, 4)
    file = saved(Of(whole=whole, rows=whole[1:], turned=whole.t()), tmp_path)
    assert read_header(file).tensors.keys() == {"turned"}
    assert metadata(file) == {"format": "pt"}


def test_neighbours_in_one_piece_of_memory_are_stored_apart(tmp_path: Path) -> None:
    flat = torch.arange(10.0)
    stored = safetensors.torch.load_file(saved(Of(a=flat[:5], b=flat[5:], c=flat[8:]), tmp_path))
    assert {name: tensor.tolist() for name, tensor in stored.items()} == {"a": [0, 1, 2, 3, 4], "b": [5, 6, 7, 8, 9]}


def test_tensors_that_overlap_without_one_that_covers_them_are_all_stored(tmp_path: Path) -> None:
    flat = torch.arange(10.0)
    stored = safetensors.torch.load_file(saved(Of(a=flat[:6], b=flat[4:]), tmp_path))
    assert torch.equal(stored["a"], flat[:6])
    assert torch.equal(stored["b"], flat[4:])


@pytest.mark.parametrize(
    ("tensor", "reason"),
    [
        (torch.zeros(2, device="meta"), "'x' can not be saved: it is on the meta device"),
        (torch.zeros(2, 2).to_mkldnn(), "'x' can not be saved: its layout is torch._mkldnn"),
        (torch.zeros(2, dtype=torch.complex128), "'x' can not be saved: safetensors files have no torch.complex128"),
        (nn.UninitializedBuffer(), "'x' can not be saved: it has no shape"),
    ],
    ids=["meta", "mkldnn", "complex128", "lazy"],
)
def test_a_tensor_that_can_not_be_stored_is_named(tensor: torch.Tensor, reason: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match=re.escape(reason)):
        save_module(Of(x=tensor), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [{"step": 3, "names": ["a", "é"]}, [1, 2.5, None, True], "text", None, 7])
def test_extra_state_is_kept_as_json(value: Any, tmp_path: Path) -> None:
    file = saved(WithExtraState(value), tmp_path)
    assert json.loads(metadata(file)["_extra_state"]) == value
    loaded = load_module(lambda: WithExtraState("other"), file, strict=True)
    assert loaded.value == value
    assert type(loaded.value) is type(value)


@pytest.mark.parametrize(
    "value",
    [
        (1, (2, "x")),
        {1: 2, (3, 4): [5]},
        {"dtype": torch.bfloat16, "device": torch.device("cpu"), "size": torch.Size([2, 3])},
        {"tuple": [1, 2]},
        {"value_of": 1},
        {"names": {"a", "b"}, "raw": b"\x00\xff", "z": 1 + 2j},
        [float("inf"), -float("inf")],
        [torch.strided, torch.channels_last, torch.per_tensor_affine],
    ],
)
def test_extra_state_that_json_would_change_comes_back_as_it_was(value: Any, tmp_path: Path) -> None:
    file = saved(WithExtraState(value), tmp_path)
    loaded = load_module(lambda: WithExtraState("other"), file, strict=True)
    assert loaded.value == value
    assert type(loaded.value) is type(value)


@pytest.mark.parametrize("extra", ['{"value_of": {"device": "nowhere"}}', '{"value_of": {"dtype": "torch.os"}}', "{"])
def test_extra_state_that_nobody_has_written_is_refused(extra: str) -> None:
    with pytest.raises(ValueError, match=r"malformed|Expecting"):
        from_notes({"x": extra}, "x")


@pytest.mark.parametrize("nested", ['{"tuple": ' * 500 + "1" + "}" * 500, "[" * 400 + "]" * 400, "[" * 100_000])
def test_extra_state_that_is_nested_without_end_is_refused(nested: str) -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        from_notes({"x": f'{{"value_of": {nested}}}'}, "x")


def test_extra_state_that_is_a_tensor_is_kept_as_one(tmp_path: Path) -> None:
    file = saved(nn.Sequential(WithExtraState(torch.arange(3))), tmp_path)
    assert "0._extra_state" in read_header(file).tensors
    loaded = load_module(lambda: nn.Sequential(WithExtraState(torch.zeros(9))), file, strict=True)
    assert loaded[0].value.tolist() == [0, 1, 2]


def endless() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


@pytest.mark.parametrize("value", [io.BytesIO(), object(), [object()], {"a": IntEnum("E", "A").A}, endless()])
def test_extra_state_that_is_more_than_plain_values_is_refused_by_name(value: Any, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match=r"'0\._extra_state' can not be saved.*get_extra_state"):
        save_module(nn.Sequential(WithExtraState(value)), tmp_path)


def test_without_a_size_all_is_in_one_file(tmp_path: Path) -> None:
    save_module(nn.Sequential(*(nn.Linear(100, 100) for _ in range(3))), tmp_path)
    assert names_in(tmp_path) == ["model.safetensors"]


def test_a_module_is_saved_in_shards_with_an_index(tmp_path: Path) -> None:
    module = nn.Sequential(*(nn.Linear(10, 10) for _ in range(3)))
    save_module(module, tmp_path, max_shard_size=500)
    assert names_in(tmp_path) == [*(f"model-0000{n}-of-00003.safetensors" for n in (1, 2, 3)), INDEX]
    index = read_index(tmp_path / INDEX)
    assert index.metadata == {"total_size": 3 * 110 * 4}
    assert index.weight_map.keys() == module.state_dict().keys()
    loaded = load_module(lambda: nn.Sequential(*(nn.Linear(10, 10) for _ in range(3))), tmp_path / INDEX, strict=True)
    assert all(map(torch.equal, loaded.parameters(), module.parameters()))


def test_extra_state_and_tied_weights_survive_shards(tmp_path: Path) -> None:
    def build() -> nn.Module:
        module = nn.Sequential(WithExtraState((1,)), nn.Linear(2, 2), nn.Linear(2, 2))
        module[2].weight = module[1].weight
        return module

    module = build()
    save_module(module, tmp_path, max_shard_size=1)
    loaded = load_module(build, tmp_path / INDEX, strict=True)
    assert loaded[0].value == (1,)
    assert loaded[2].weight is loaded[1].weight
    assert torch.equal(loaded[1].weight, module[1].weight)


def test_a_variant_is_named_before_the_extension(tmp_path: Path) -> None:
    save_module(nn.Linear(2, 2), tmp_path, variant="fp16")
    save_module(nn.Linear(2, 2), tmp_path, variant="8-bit_x", max_shard_size=1)
    assert names_in(tmp_path) == [
        "model.8-bit_x-00001-of-00002.safetensors",
        "model.8-bit_x-00002-of-00002.safetensors",
        "model.fp16.safetensors",
        "model.safetensors.index.8-bit_x.json",
    ]


@pytest.mark.parametrize("variant", ["", "a/b", "..", "a b", "é", "{x}", "x\n"])
def test_a_variant_that_is_no_word_is_refused(variant: str, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="can not be a variant"):
        save_module(nn.Linear(2, 2), tmp_path, variant=variant)
    assert names_in(tmp_path) == []


def test_a_module_without_state_makes_a_sound_empty_file(tmp_path: Path) -> None:
    file = saved(nn.ReLU(), tmp_path)
    assert safetensors.torch.load_file(file) == {}
    assert load_module(nn.ReLU, file, strict=True)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no umask")
def test_the_mode_of_a_file_follows_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        assert stat.S_IMODE(saved(nn.Linear(2, 2), tmp_path).stat().st_mode) == 0o640
    finally:
        os.umask(old)


def test_a_parameter_may_be_called_like_a_key_of_the_metadata(tmp_path: Path) -> None:
    tensor = torch.arange(3.0)
    stored = safetensors.torch.load_file(saved(Of(format=tensor, also=tensor), tmp_path))
    assert stored.keys() == {"format", "also"}


def test_a_tensor_and_its_conjugate_in_the_same_memory_are_both_stored(tmp_path: Path) -> None:
    tensor = torch.tensor([1 + 2j, 3j])
    stored = safetensors.torch.load_file(saved(Of(a=tensor, b=tensor.conj()), tmp_path))
    assert torch.equal(stored["a"], tensor)
    assert torch.equal(stored["b"], tensor.conj().resolve_conj())


def test_saving_leaves_the_module_as_it_was(tmp_path: Path) -> None:
    module = nn.Linear(3, 3).train()
    before = [(id(p), p.data_ptr(), p.requires_grad) for p in module.parameters()]
    saved(module, tmp_path)
    assert [(id(p), p.data_ptr(), p.requires_grad) for p in module.parameters()] == before
    assert module.training


def test_parameters_are_counted_by_dtype_and_tied_ones_once() -> None:
    module = nn.ModuleDict({"a": nn.Linear(3, 2), "b": nn.Linear(4, 4, bias=False).half(), "lazy": nn.LazyLinear(3)})
    module["c"] = nn.Linear(4, 4, bias=False)
    module["c"].weight = module["b"].weight
    assert describe(module) == {"F16": 16, "F32": 8}
