"""Tensors that stand for others come back as what they are, into modules that have them and into plain ones."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from anyhub.errors import CheckpointMismatchError, CorruptFileError, UnsafeFileError
from anyhub.frameworks.pytorch import (
    IncompleteCheckpointWarning,
    checkpoints,
    load_module,
    load_state_dict_from_file,
    load_torch_model,
    save_module,
)


class Scaled(Tensor):
    """Bytes and one scale for each row; computes as the product."""

    def __new__(cls, values: Tensor, scales: Tensor) -> Scaled:
        made = torch.Tensor._make_wrapper_subclass(cls, values.shape, dtype=scales.dtype, device=values.device)
        made.values, made.scales = values, scales
        return made

    @classmethod
    def of(cls, tensor: Tensor) -> Scaled:
        scales = tensor.detach().abs().amax(1, keepdim=True) / 127
        return cls((tensor.detach() / scales).round().to(torch.int8), scales)

    def plain(self) -> Tensor:
        return self.values * self.scales

    def __tensor_flatten__(self) -> Any:
        return ["values", "scales"], None

    @classmethod
    def __tensor_unflatten__(cls, parts: Any, context: Any, size: Any, stride: Any) -> Scaled:
        return cls(parts["values"], parts["scales"])

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in (torch.ops.aten.detach.default, torch.ops.aten.alias.default, torch.ops.aten._to_copy.default):
            moved = {"device": (kwargs or {}).get("device")}
            return cls(args[0].values.to(**moved), args[0].scales.to(**moved))
        plain = [arg.plain() if isinstance(arg, cls) else arg for arg in args]
        return func(*plain, **(kwargs or {}))


def plain() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))


def scaled() -> nn.Module:
    module = plain()
    for layer in module:
        layer.weight = nn.Parameter(Scaled.of(layer.weight), requires_grad=False)
    return module


def stored(module: nn.Module, folder: Path, **options: Any) -> Path:
    save_module(module, folder, **options)
    return folder / ("model.safetensors.index.json" if options else "model.safetensors")


@pytest.fixture
def trusted() -> Any:
    with torch.serialization.safe_globals([Scaled]):
        yield


INPUT = torch.arange(8.0).reshape(2, 4)


@pytest.mark.parametrize("options", [{}, {"max_shard_size": 1}])
def test_a_module_that_has_such_tensors_is_filled_with_them(options: Any, tmp_path: Path) -> None:
    module = scaled()
    loaded = load_module(scaled, stored(module, tmp_path, **options), strict=True)
    assert isinstance(loaded[0].weight, Scaled)
    assert isinstance(loaded[0].weight, nn.Parameter)
    assert not loaded[0].weight.requires_grad
    assert torch.equal(loaded(INPUT), module(INPUT))


@pytest.mark.usefixtures("trusted")
def test_a_plain_module_gets_such_tensors_in_place_of_its_own(tmp_path: Path) -> None:
    module = scaled()
    loaded = load_module(plain, stored(module, tmp_path), strict=True)
    assert isinstance(loaded[1].weight, Scaled)
    assert isinstance(loaded[1].bias, nn.Parameter)
    assert torch.equal(loaded(INPUT), module(INPUT))


def test_a_class_that_nobody_told_of_is_refused_by_name(tmp_path: Path) -> None:
    file = stored(scaled(), tmp_path)
    with pytest.raises(UnsafeFileError, match=r"'0\.weight' is of the class '.*\.Scaled'"):
        load_module(plain, file)
    with pytest.raises(UnsafeFileError, match=r"of the class '.*\.Scaled'"):
        load_state_dict_from_file(file)


@pytest.mark.usefixtures("trusted")
def test_a_model_in_use_keeps_its_parameters_as_objects(tmp_path: Path) -> None:
    module, model = scaled(), plain()
    before = [*model.parameters()]
    assert load_torch_model(model, stored(module, tmp_path), strict=True) == ([], [])
    assert all(now is then for now, then in zip(model.parameters(), before, strict=True))
    assert torch.equal(model(INPUT), module(INPUT))


@pytest.mark.usefixtures("trusted")
def test_a_model_on_the_meta_device_gets_them_too(tmp_path: Path) -> None:
    module, model = scaled(), plain().to("meta")
    load_torch_model(model, stored(module, tmp_path), strict=True)
    assert torch.equal(model(INPUT), module(INPUT))


@pytest.mark.usefixtures("trusted")
def test_a_state_dict_has_them_whole(tmp_path: Path) -> None:
    state = load_state_dict_from_file(stored(scaled(), tmp_path))
    assert sorted(state) == ["0.bias", "0.weight", "1.bias", "1.weight"]
    assert isinstance(state["0.weight"], Scaled)


def test_tied_ones_are_tied_again(tmp_path: Path) -> None:
    def build() -> nn.Module:
        module = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
        module[0].weight = module[1].weight = nn.Parameter(Scaled.of(module[0].weight), requires_grad=False)
        return module

    module = build()
    loaded = load_module(build, stored(module, tmp_path), strict=True)
    assert loaded[0].weight is loaded[1].weight
    assert torch.equal(loaded[0].weight.plain(), module[0].weight.plain())


@pytest.mark.usefixtures("trusted")
def test_parameters_that_share_memory_without_being_one_get_them_too(tmp_path: Path) -> None:
    def build(kind: Any = nn.Parameter) -> nn.Module:
        module = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
        module[0].weight = nn.Parameter(kind(module[0].weight), requires_grad=False)
        module[1].weight = nn.Parameter(module[0].weight.detach(), requires_grad=False)
        return module

    module = build(Scaled.of)
    loaded = load_module(build, stored(module, tmp_path), strict=True)
    assert torch.equal(loaded[1].weight.plain(), module[0].weight.plain())


@pytest.mark.usefixtures("trusted")
def test_another_shape_is_refused(tmp_path: Path) -> None:
    file = stored(scaled(), tmp_path)
    with pytest.raises(CheckpointMismatchError, match=r"'0\.weight' is \[3, 4\] in the file and \[5, 4\] in the model"):
        load_module(lambda: nn.Sequential(nn.Linear(4, 5), nn.Linear(5, 2)), file)


@pytest.mark.usefixtures("trusted")
def test_those_that_the_model_lacks_are_named_once(tmp_path: Path) -> None:
    file = stored(scaled(), tmp_path)
    with pytest.warns(IncompleteCheckpointWarning, match=r"the model lacks '1\.bias', '1\.weight', not used"):
        load_module(lambda: nn.Sequential(nn.Linear(4, 3)), file)


@pytest.mark.skipif(sys.platform == "win32", reason="a mapped file can not be written to")
@pytest.mark.parametrize("load_mode", ["map", "copy"])
def test_such_tensors_are_mapped_or_copied_as_all_others(
    load_mode: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "_WORTH_MAPPING", 0)
    module = scaled()
    file = stored(module, tmp_path)
    loaded, model = load_module(scaled, file, load_mode=load_mode), scaled()
    load_torch_model(model, file)
    before = module(INPUT)
    file.write_bytes(bytes(file.stat().st_size))
    assert torch.equal(loaded[0].weight.plain(), module[0].weight.plain()) is (load_mode == "copy")
    assert torch.equal(model(INPUT), before)


@pytest.mark.filterwarnings("ignore:.*quantized tensor creation")
def test_sparse_and_quantised_buffers_come_back(tmp_path: Path) -> None:
    class Held(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("sparse", torch.eye(3).to_sparse())
            self.register_buffer("integers", torch.quantize_per_tensor(torch.ones(4), 0.5, 3, torch.qint8))

    module = Held()
    module.sparse = module.sparse * 2
    loaded = load_module(Held, stored(module, tmp_path), strict=True)
    assert torch.equal(loaded.sparse.to_dense(), torch.eye(3) * 2)
    assert torch.equal(loaded.integers.dequantize(), torch.ones(4))


def test_a_part_that_the_file_lacks_is_named(tmp_path: Path) -> None:
    import safetensors.torch
    from safetensors import safe_open

    file = stored(scaled(), tmp_path)
    with safe_open(file, framework="pt") as opened:
        metadata = opened.metadata()
    tensors = {name: tensor.clone() for name, tensor in safetensors.torch.load_file(file).items()}
    del tensors["0.weight.scales"]
    safetensors.torch.save_file(tensors, str(file), metadata)
    with pytest.raises(CorruptFileError, match=r"'0\.weight' is made of '0\.weight\.scales', which the file lacks"):
        load_module(scaled, file)
