from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from torch import Tensor
from wrapped import FourBit

from anyhub.formats.safetensors import read_header
from anyhub.frameworks.pytorch import (
    get_torch_storage_id,
    get_torch_storage_size,
    save_torch_state_dict,
    split_torch_state_dict_into_shards,
)
from anyhub.frameworks.pytorch.subclasses import gathered, is_distributed


@pytest.fixture
def mesh(tmp_path: Path) -> Iterator[Any]:
    distributed = pytest.importorskip("torch.distributed")
    if not distributed.is_available():
        pytest.skip("this torch is not built for several processes")
    store = distributed.FileStore(str(tmp_path / "store"), 1)
    distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        yield distributed.device_mesh.init_device_mesh("cpu", (1,))
    finally:
        distributed.destroy_process_group()


def test_a_distributed_tensor_is_stored_whole_and_plain(mesh: Any, tmp_path: Path) -> None:
    from torch.distributed.tensor import Shard, distribute_tensor

    whole = torch.randn(6, 4)
    tensor = distribute_tensor(whole, mesh, [Shard(0)])
    assert is_distributed(tensor)
    assert torch.equal(gathered(tensor), whole)
    save_torch_state_dict({"w": tensor, "tied": tensor.detach(), "b": torch.ones(2)}, tmp_path / "saved")
    header = read_header(tmp_path / "saved/model.safetensors")
    assert {name: tuple(info.shape) for name, info in header.tensors.items()} == {"tied": (6, 4), "b": (2,)}
    assert header.metadata == {"format": "pt", "w": "tied"}
    assert torch.equal(safetensors.torch.load_file(tmp_path / "saved/model.safetensors")["tied"], whole)


def test_a_process_that_does_not_write_still_gathers(
    mesh: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torch.distributed.tensor import DTensor, Shard, distribute_tensor

    state = {name: distribute_tensor(torch.randn(4), mesh, [Shard(0)]) for name in "ba"}
    asked: list[Tensor] = []
    whole = DTensor.full_tensor
    monkeypatch.setattr(DTensor, "full_tensor", lambda tensor: asked.append(tensor) or whole(tensor))
    save_torch_state_dict({**state, "plain": torch.zeros(2)}, tmp_path / "saved")
    by_main, asked = asked, []
    save_torch_state_dict({**state, "plain": torch.zeros(2)}, tmp_path / "other", is_main_process=False)
    assert [id(tensor) for tensor in asked] == [id(tensor) for tensor in by_main]
    assert len(asked) == 2
    assert not (tmp_path / "other").exists()


def test_what_is_spread_over_processes_and_stands_for_others_is_gathered_first(
    mesh: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torch.distributed.tensor import DTensor, Replicate

    inner = FourBit.of(torch.randn(2, 4))
    tensor = DTensor.from_local(inner, mesh, [Replicate()])
    monkeypatch.setattr(DTensor, "full_tensor", lambda tensor: tensor.to_local())
    save_torch_state_dict({"w": tensor}, tmp_path / "saved")
    assert read_header(tmp_path / "saved/model.safetensors").tensors.keys() == {"w.packed", "w.scale"}


def test_a_distributed_tensor_is_known_by_its_part_and_has_the_size_of_the_whole(mesh: Any) -> None:
    from torch.distributed.tensor import DTensor, Shard

    part = torch.zeros(10)
    tensor = DTensor.from_local(part[:6], mesh, [Shard(0)], run_check=False, shape=torch.Size([24]), stride=(1,))
    assert get_torch_storage_id(tensor) == (torch.device("cpu"), part.untyped_storage().data_ptr(), 24 * 4)
    assert get_torch_storage_size(tensor) == 24 * 4
    found = split_torch_state_dict_into_shards({"w": tensor, "tied": tensor, "b": torch.zeros(1)}, max_shard_size=96)
    assert [*found.filename_to_tensors.values()] == [["w", "tied"], ["b"]]
