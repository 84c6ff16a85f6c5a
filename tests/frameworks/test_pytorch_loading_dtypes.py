"""Weights in the dtype that the caller asks for: as ``module.to(dtype)`` makes them, one tensor at a time."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import nn

from anyhub.errors import UnsupportedError, ValidationError
from anyhub.frameworks.pytorch import IncompleteCheckpointWarning, load_module, load_pickle, save_module


class Net(nn.Module):
    """Has tensors of every kind, tied ones, and a buffer that no file has."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(6, 4)
        self.norm = nn.BatchNorm1d(4)
        self.head = nn.Linear(4, 6, bias=False)
        self.head.weight = self.embed.weight
        self.wave = nn.Parameter(torch.ones(2, dtype=torch.complex64))
        self.register_buffer("places", torch.arange(3.0), persistent=False)


def stored(module: nn.Module, folder: Path) -> Path:
    save_module(module, folder)
    return folder / "model.safetensors"


def dtypes(module: nn.Module) -> dict[str, torch.dtype]:
    named = (*module.named_parameters(remove_duplicate=False), *module.named_buffers())
    return {name: tensor.dtype for name, tensor in named}


@pytest.mark.parametrize("load_mode", ["map", "copy"])
@pytest.mark.parametrize("dtype", ["float16", "torch.float16", torch.float16, "half"])
def test_a_dtype_may_be_named_in_every_way(
    dtype: Any, load_mode: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    net = Net()
    caplog.set_level(logging.DEBUG, "anyhub")
    loaded = load_module(Net, stored(net, tmp_path), dtype=dtype, load_mode=load_mode, strict=True)
    assert dtypes(loaded) == {
        **dict.fromkeys(dtypes(net), torch.float16),
        "norm.num_batches_tracked": torch.int64,
        "wave": torch.complex64,
    }
    assert torch.equal(loaded.head.weight, net.head.weight.half())
    assert loaded.head.weight is loaded.embed.weight
    assert not any("ordinary way" in record.message for record in caplog.records)


@pytest.mark.parametrize("dtype", [None, "auto"])
def test_without_a_dtype_it_is_that_of_the_file(dtype: Any, tmp_path: Path) -> None:
    loaded = load_module(lambda: nn.Linear(2, 2), stored(nn.Linear(2, 2).bfloat16(), tmp_path), dtype=dtype)
    assert loaded.weight.dtype == torch.bfloat16


def test_a_checkpoint_in_half_precision_becomes_a_model_in_full_precision(tmp_path: Path) -> None:
    net = nn.Linear(3, 3).bfloat16()
    loaded = load_module(lambda: nn.Linear(3, 3), stored(net, tmp_path), dtype="float32")
    assert loaded.weight.dtype == torch.float32
    assert torch.equal(loaded.weight, net.weight.float())


@pytest.mark.parametrize("dtype", [torch.complex64, "complex128"])
def test_a_complex_dtype_is_refused_as_it_would_convert_nothing(dtype: Any, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"complex.* is not a dtype that weights .* use a floating-point one"):
        load_module(Net, stored(Net(), tmp_path), dtype=dtype)


def test_in_the_ordinary_way_too_all_take_the_dtype(tmp_path: Path) -> None:
    file = stored(Net(), tmp_path)
    tensors = {name: value.clone() for name, value in safetensors.torch.load_file(file).items()}
    del tensors["norm.weight"]
    safetensors.torch.save_file(tensors, str(file))
    with pytest.warns(IncompleteCheckpointWarning, match=r"norm\.weight"):
        loaded = load_module(Net, file, dtype="bfloat16")
    assert {dtype for name, dtype in dtypes(loaded).items() if name not in ("wave", "norm.num_batches_tracked")} == {
        torch.bfloat16
    }
    assert loaded.head.weight is loaded.embed.weight
    assert torch.equal(loaded.embed.weight, tensors["embed.weight"].bfloat16())


def test_shards_and_pickles_take_the_dtype(tmp_path: Path) -> None:
    net = nn.Linear(3, 3)
    save_module(net, tmp_path, max_shard_size=1)
    torch.save(net.state_dict(), tmp_path / "pytorch_model.bin")
    for loaded in (
        load_module(lambda: nn.Linear(3, 3), tmp_path / "model.safetensors.index.json", dtype="float64"),
        load_pickle(lambda: nn.Linear(3, 3), tmp_path / "pytorch_model.bin", dtype="float64"),
    ):
        assert torch.equal(loaded.weight, net.weight.double())
        assert torch.equal(loaded.bias, net.bias.double())


def test_a_module_on_the_meta_device_takes_the_dtype(tmp_path: Path) -> None:
    loaded = load_module(lambda: nn.Linear(3, 3), stored(nn.Linear(3, 3), tmp_path), dtype="half", map_location="meta")
    assert loaded.weight.is_meta
    assert loaded.weight.dtype == torch.float16


@pytest.mark.parametrize(
    ("dtype", "nearest"),
    [
        ("float_16", "float16"),
        ("bf16", "bfloat16"),
        (torch.int8, ""),
        ("int64", ""),
        ("float4_e2m1fn_x2", ""),
        ("nn", ""),
        ("__class__", ""),
        (32, ""),
        (float, ""),
    ],
)
def test_what_is_no_dtype_of_weights_is_refused_with_the_nearest(dtype: Any, nearest: str, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="is not a dtype that weights can be converted to") as caught:
        load_module(lambda: nn.Linear(2, 2), tmp_path / "nothing", dtype=dtype)
    assert f"Did you mean '{nearest}" in str(caught.value) or not nearest


def test_what_torch_can_not_convert_is_said_of_the_module(tmp_path: Path) -> None:
    class Packed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            packed = torch.zeros(2, dtype=torch.uint8).view(torch.float4_e2m1fn_x2)
            self.register_buffer("packed", packed, persistent=False)
            self.weight = nn.Parameter(torch.zeros(2))

    with pytest.raises(UnsupportedError, match=r"Packed has tensors that torch can not convert to torch\.float16"):
        load_module(Packed, stored(Packed(), tmp_path), dtype="float16")


def test_an_index_and_its_metadata_do_not_choose_the_dtype(tmp_path: Path) -> None:
    save_module(nn.Linear(3, 3), tmp_path, max_shard_size=1)
    index = tmp_path / "model.safetensors.index.json"
    content = json.loads(index.read_text())
    content["metadata"]["dtype"] = "float16"
    index.write_text(json.dumps(content))
    assert load_module(lambda: nn.Linear(3, 3), index).weight.dtype == torch.float32
