"""Checkpoints in several files: the same model as from one, refused when the files do not agree."""

from __future__ import annotations

import json
import logging
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from anyhub.errors import CheckpointMismatchError, CorruptFileError, EntryNotFoundError, SafetensorsParsingError
from anyhub.frameworks.pytorch import IncompleteCheckpointWarning, load_module, load_pickle, save_module

INDEX = "model.safetensors.index.json"


class Net(nn.Module):
    """Three tensors and a tied one; the state of its `note` is no tensor."""

    def __init__(self, width: int = 4, *, tied: bool = True) -> None:
        super().__init__()
        self.embed = nn.Embedding(6, width)
        self.layer = nn.Linear(width, width)
        self.head = nn.Linear(width, 6, bias=False)
        self.note = "fresh"
        if tied:
            self.head.weight = self.embed.weight

    def get_extra_state(self) -> Any:
        return self.note

    def set_extra_state(self, state: Any) -> None:
        self.note = state


def stored(module: nn.Module, folder: Path) -> Path:
    """Save with each tensor in a file of its own, and return the index."""
    save_module(module, folder, max_shard_size=1)
    return folder / INDEX


def rewritten(index: Path, edit: Callable[[dict[str, str]], Any]) -> Path:
    content = json.loads(index.read_text())
    edit(content["weight_map"])
    index.write_text(json.dumps(content))
    return index


def file_of(index: Path, name: str) -> Path:
    return index.with_name(json.loads(index.read_text())["weight_map"][name])


def add(file: Path, **tensors: Tensor) -> None:
    """Put tensors into a shard; a double underscore stands for a dot."""
    named = {name.replace("__", "."): tensor for name, tensor in tensors.items()}
    safetensors.torch.save_file({**safetensors.torch.load_file(file), **named}, str(file))


@pytest.fixture
def net() -> Net:
    torch.manual_seed(0)
    made = Net()
    made.note = "saved"
    return made


@pytest.mark.parametrize("load_mode", ["map", "copy"])
def test_a_sharded_checkpoint_comes_back_whole_and_strictly(
    load_mode: Any, net: Net, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "anyhub")
    loaded = load_module(Net, stored(net, tmp_path), strict=True, load_mode=load_mode)
    assert len([*tmp_path.glob("model-*.safetensors")]) == 3
    assert all(torch.equal(loaded.state_dict()[name], net.state_dict()[name]) for name, _ in net.named_parameters())
    assert loaded.head.weight is loaded.embed.weight
    assert loaded.note == "saved"
    assert not any("ordinary way" in record.message for record in caplog.records)


def test_names_that_are_tied_are_known_from_the_metadata_of_the_index(net: Net, tmp_path: Path) -> None:
    loaded = load_module(lambda: Net(tied=False), stored(net, tmp_path), strict=True)
    assert torch.equal(loaded.head.weight, net.embed.weight)
    assert loaded.head.weight is not loaded.embed.weight


def test_names_that_are_tied_need_no_metadata_where_the_module_ties_them(net: Net, tmp_path: Path) -> None:
    index = stored(net, tmp_path)
    index.write_text(json.dumps({"weight_map": json.loads(index.read_text())["weight_map"]}))
    assert torch.equal(load_module(Net, index, strict=True).head.weight, net.embed.weight)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_mapped_shards_take_no_memory_of_the_process(net: Net, tmp_path: Path) -> None:
    loaded = load_module(Net, stored(net, tmp_path))
    maps = [line.split() for line in Path("/proc/self/maps").read_text().splitlines() if str(tmp_path) in line]
    spans = [tuple(int(end, 16) for end in entry[0].split("-")) for entry in maps]
    for parameter in loaded.parameters():
        assert any(start <= parameter.data_ptr() < stop for start, stop in spans)


class _PeakOfPrivateMemory(TorchFunctionMode):
    """Looks, at each copy of a tensor, at how much memory this process has that is no file."""

    peak = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if func is Tensor.copy_:
            self.peak = max(self.peak, private_bytes())
        return result


def private_bytes() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.parametrize("kind", ["safetensors", "pickle"])
def test_copying_shards_into_a_module_takes_no_more_than_the_module(kind: str, tmp_path: Path) -> None:
    layers, tensor_bytes = 8, 1024 * 1024 * 4

    def build() -> nn.Module:
        return nn.Sequential(*(nn.Linear(1024, 1024, bias=False) for _ in range(layers + 1)))

    saved = nn.Sequential(*(nn.Linear(1024, 1024, bias=False) for _ in range(layers)))
    load, index = (
        (load_module, stored(saved, tmp_path)) if kind == "safetensors" else (load_pickle, pickled(saved, tmp_path))
    )
    del saved
    before = private_bytes()
    with _PeakOfPrivateMemory() as watch, pytest.warns(IncompleteCheckpointWarning):
        loaded = load(build, index)  # in the ordinary way, as a layer is missing
    assert len([*loaded.parameters()]) == layers + 1
    assert watch.peak - before < (layers + 1 + 2) * tensor_bytes


# What does not agree


def test_a_missing_shard_is_named(net: Net, tmp_path: Path) -> None:
    index = stored(net, tmp_path)
    gone = file_of(index, "layer.weight")
    gone.unlink()
    with pytest.raises(EntryNotFoundError, match=rf"'{gone.name}', which .* lists, is not beside it") as caught:
        load_module(Net, index)
    assert isinstance(caught.value, FileNotFoundError)


def test_a_tensor_in_two_shards_is_named(net: Net, tmp_path: Path) -> None:
    index = stored(net, tmp_path)
    add(file_of(index, "layer.bias"), extra=torch.zeros(1))
    add(file_of(index, "layer.weight"), extra=torch.zeros(1))
    with pytest.raises(SafetensorsParsingError, match="two of its shards have tensor 'extra'"):
        load_module(Net, index)


def test_a_tensor_in_another_shard_than_the_index_says_is_named(net: Net, tmp_path: Path) -> None:
    index = stored(net, tmp_path)
    here, there = file_of(index, "layer.bias"), file_of(index, "layer.weight")
    rewritten(index, lambda files: files.update({"layer.bias": there.name, "more": here.name}))
    with pytest.raises(
        SafetensorsParsingError, match=rf"'{here.name}' has tensor 'layer.bias', which belongs to '{there.name}'"
    ):
        load_module(Net, index)


def test_a_tensor_that_no_shard_has_is_named(net: Net, tmp_path: Path) -> None:
    index = stored(net, tmp_path)
    file = file_of(index, "layer.bias").name
    rewritten(index, lambda files: files.update(ghost=file))
    with pytest.raises(SafetensorsParsingError, match=rf"it has tensor 'ghost' in '{file}', where it is not"):
        load_module(Net, index)


def test_a_damaged_shard_is_named(net: Net, tmp_path: Path) -> None:
    index = stored(net, tmp_path)
    shard = file_of(index, "layer.bias")
    shard.write_bytes(shard.read_bytes()[:-1])
    with pytest.raises(SafetensorsParsingError, match=rf"{shard.name}' is not a sound safetensors file"):
        load_module(Net, index)


def test_an_index_that_leaves_its_folder_is_refused(net: Net, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    index = stored(net, tmp_path / "inner")
    shard = file_of(index, "layer.bias")
    shard.rename(tmp_path / shard.name)
    rewritten(index, lambda files: files.update({"layer.bias": f"../{shard.name}"}))
    with pytest.raises(SafetensorsParsingError, match="is not a sound index"):
        load_module(Net, index)


def test_a_strict_load_of_shards_refuses_what_does_not_fit_by_name(net: Net, tmp_path: Path) -> None:
    index = stored(net, tmp_path)
    add(file_of(index, "layer.bias"), extra=torch.zeros(1))
    with pytest.raises(CheckpointMismatchError, match="the model lacks 'extra'"):
        load_module(Net, index, strict=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        load_module(Net, index)
    assert [warning.category for warning in caught] == [IncompleteCheckpointWarning]


# Pickles


def pickled(module: nn.Module, folder: Path, *, zipped: bool = True) -> Path:
    """Save each tensor in a file of `torch.save` of its own, and return the index."""
    state = {name: value for name, value in module.state_dict().items() if isinstance(value, Tensor)}
    weight_map = {name: f"pytorch_model-{number:05d}-of-{len(state):05d}.bin" for number, name in enumerate(state, 1)}
    for name, file in weight_map.items():
        torch.save({name: state[name].clone()}, folder / file, _use_new_zipfile_serialization=zipped)
    index = folder / "pytorch_model.bin.index.json"
    index.write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": weight_map}))
    return index


@pytest.mark.parametrize("zipped", [True, False])
def test_pickled_shards_come_back(zipped: bool, tmp_path: Path) -> None:
    net = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    index = pickled(net, tmp_path, zipped=zipped)
    loaded = load_pickle(lambda: nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)), index, strict=True)
    assert all(torch.equal(value, net.state_dict()[name]) for name, value in loaded.state_dict().items())


def test_pickled_shards_of_both_formats_can_be_copied_and_outlive_changes_of_the_files(tmp_path: Path) -> None:
    net = nn.Linear(3, 2)
    index = pickled(net, tmp_path)
    old = file_of(index, "bias")
    torch.save({"bias": net.bias.detach()}, old, _use_new_zipfile_serialization=False)
    loaded = load_pickle(lambda: nn.Linear(3, 2), index, strict=True, load_mode="copy")
    for file in tmp_path.glob("*.bin"):
        file.write_bytes(bytes(file.stat().st_size))
    assert torch.equal(loaded.weight, net.weight)
    assert torch.equal(loaded.bias, net.bias)


def test_pickled_shards_that_do_not_agree_are_refused(tmp_path: Path) -> None:
    index = pickled(nn.Linear(3, 2), tmp_path)
    torch.save({"weight": torch.zeros(2, 3), "bias": torch.zeros(2)}, file_of(index, "bias"))
    with pytest.raises(CorruptFileError, match="tensor 'weight'"):
        load_pickle(lambda: nn.Linear(3, 2), index)


def test_a_pickled_index_can_not_name_files_of_another_kind(tmp_path: Path) -> None:
    index = pickled(nn.Linear(3, 2), tmp_path)
    rewritten(index, lambda files: files.update(weight="model.safetensors"))
    with pytest.raises(CorruptFileError, match=r"does not end in '\.bin'"):
        load_pickle(lambda: nn.Linear(3, 2), index)
