from __future__ import annotations

import torch
from torch import Tensor, nn
from wrapped import Paired

from anyhub.frameworks.pytorch import (
    get_torch_storage_id,
    get_torch_storage_size,
    split_torch_state_dict_into_shards,
)


def test_the_same_memory_has_the_same_id() -> None:
    tensor = torch.zeros(10)
    assert get_torch_storage_id(tensor) == get_torch_storage_id(tensor[3:].view(7, 1).detach())
    assert get_torch_storage_id(tensor) != get_torch_storage_id(tensor.clone())
    assert get_torch_storage_id(tensor) == (torch.device("cpu"), tensor.untyped_storage().data_ptr(), 40)


def test_a_tensor_without_values_has_no_id_and_yet_a_size() -> None:
    tensor = torch.zeros(10, device="meta")
    assert get_torch_storage_id(tensor) is None
    assert get_torch_storage_size(tensor) == 40


def test_the_size_is_that_of_the_whole_memory() -> None:
    assert get_torch_storage_size(torch.zeros(10)[:2]) == 40
    assert get_torch_storage_size(nn.Parameter(torch.zeros(3, dtype=torch.float16))) == 6


def test_a_tensor_that_stands_for_others_is_known_by_theirs() -> None:
    a, b = torch.zeros(4), torch.zeros(4, dtype=torch.int8)
    device, address, size = get_torch_storage_id(Paired(a, b)) or ()
    assert (device, size) == (torch.device("cpu"), 16 + 4)
    assert address == (a.data_ptr(), b.data_ptr())


def test_sparse_tensors_have_the_size_of_their_indices_and_values() -> None:
    tensor = torch.eye(3).to_sparse()
    assert get_torch_storage_size(tensor) == 2 * 3 * 8 + 3 * 4
    assert get_torch_storage_id(tensor) == get_torch_storage_id(tensor.detach())
    assert get_torch_storage_id(tensor) != get_torch_storage_id(tensor.clone())


def test_a_state_is_split_by_its_memory() -> None:
    shared = torch.zeros(5)
    state: dict[str, Tensor | str] = {
        "shared_1": shared,
        "unique_1": torch.zeros(5),
        "shared_2": shared[1:],
        "unique_2": torch.zeros(5),
        "quant_type": "nf4",
    }
    found = split_torch_state_dict_into_shards(state, max_shard_size=40)
    assert found.filename_to_tensors == {
        "model-00001-of-00002.safetensors": ["shared_1", "unique_1", "shared_2"],
        "model-00002-of-00002.safetensors": ["unique_2"],
    }
    assert found.metadata == {"total_size": 60}
    assert found.is_sharded


def test_the_names_of_files_follow_the_pattern() -> None:
    found = split_torch_state_dict_into_shards({"a": torch.zeros(1)}, filename_pattern="pytorch_model{suffix}.bin")
    assert found.tensor_to_filename == {"a": "pytorch_model.bin"}
