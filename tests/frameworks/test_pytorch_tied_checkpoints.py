"""Checkpoints of models with more than two names for one tensor, and with views of it, loaded strictly."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from anyhub.frameworks.pytorch import load_module, load_torch_model, save_module, save_torch_model


class Triple(nn.Module):
    """Has three names for one weight, in two modules."""

    def __init__(self, *, tied: bool = True) -> None:
        super().__init__()
        self.b = nn.Linear(3, 3, bias=False)
        self.a = nn.Linear(3, 3, bias=False)
        self.inside = nn.ModuleDict({"c": nn.Linear(3, 3, bias=False)})
        self.other = nn.Linear(3, 3)
        if tied:
            self.a.weight = self.inside["c"].weight = self.b.weight


class Transposed(nn.Module):
    """Has a weight, its transpose and a slice of it in the same memory."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(3, 4))
        self.turned = nn.Parameter(self.weight.detach().T)
        self.register_buffer("slice", self.weight.detach()[1:])


def same(one: nn.Module, other: nn.Module) -> bool:
    a, b = one.state_dict(), other.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("limit", ["5GB", 40])
@pytest.mark.parametrize("tied", [True, False])
def test_three_names_of_one_weight_are_stored_once_and_none_of_them_is_missing(
    tmp_path: Path, limit: int | str, tied: bool
) -> None:
    saved, loaded = Triple(), Triple(tied=tied)
    save_torch_model(saved, tmp_path, max_shard_size=limit)
    assert load_torch_model(loaded, tmp_path, strict=True) == ([], [])
    assert same(loaded, saved)
    assert (loaded.a.weight is loaded.b.weight is loaded.inside["c"].weight) is tied
    stored = [name for path in tmp_path.glob("*.safetensors") for name in load_file(path)]
    assert sorted(stored) == ["a.weight", "other.bias", "other.weight"]


@pytest.mark.parametrize("load_mode", ["map", "copy"])
def test_three_names_of_one_weight_are_one_again_in_a_module_that_is_built_from_the_file(
    tmp_path: Path, load_mode: str
) -> None:
    saved = Triple()
    save_module(saved, tmp_path)
    loaded = load_module(Triple, tmp_path / "model.safetensors", strict=True, load_mode=load_mode)
    assert same(loaded, saved)
    assert loaded.a.weight is loaded.b.weight is loaded.inside["c"].weight


@pytest.mark.parametrize("limit", ["5GB", 30])
def test_a_weight_its_transpose_and_a_slice_of_it_load_strictly(tmp_path: Path, limit: int | str) -> None:
    saved, loaded = Transposed(), Transposed()
    save_torch_model(saved, tmp_path, max_shard_size=limit)
    assert load_torch_model(loaded, tmp_path, strict=True) == ([], [])
    assert same(loaded, saved)


@pytest.mark.parametrize("load_mode", ["map", "copy"])
def test_a_weight_its_transpose_and_a_slice_of_it_share_memory_again_when_they_are_loaded(
    tmp_path: Path, load_mode: str
) -> None:
    saved = Transposed()
    save_module(saved, tmp_path)
    loaded = load_module(Transposed, tmp_path / "model.safetensors", strict=True, load_mode=load_mode)
    assert same(loaded, saved)
    assert loaded.turned.data_ptr() == loaded.weight.data_ptr()
    assert loaded.slice.data_ptr() == loaded.weight[1:].data_ptr()
