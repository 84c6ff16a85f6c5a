"""The memory of tensors: which share it, how large it is, and how a state is cut into files by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from anyhub.constants import SAFETENSORS_WEIGHTS_FILE_PATTERN
from anyhub.formats.shards import MAX_SHARD_SIZE, StateDictSplit, split_state_dict_into_shards_factory
from anyhub.frameworks.pytorch.subclasses import is_distributed, take_apart


def get_torch_storage_id(tensor: Tensor) -> tuple[torch.device, Any, int] | None:
    """Return what is equal for tensors that have the same memory, as long as they live.

    Args:
        tensor (`torch.Tensor`): One that stands for others is known by all of theirs, a distributed one by its part.

    Returns:
        Its device, the address of its memory and how large that is; None on the meta device, where there is none.
    """
    if tensor.device.type == "meta":
        return None
    return tensor.device, _address(tensor), get_torch_storage_size(tensor)


def _address(tensor: Tensor) -> Any:
    if is_distributed(tensor):
        return _address(tensor.to_local())  # type: ignore[attr-defined]
    if apart := take_apart(tensor):
        return tuple(map(_address, apart.parts.values()))
    return tensor.untyped_storage().data_ptr()


def get_torch_storage_size(tensor: Tensor) -> int:
    """Return the bytes of the memory that a tensor is in, which may be more than its own.

    Args:
        tensor (`torch.Tensor`): For one that stands for others, all of theirs count; for a distributed one, the whole
            tensor.
    """
    if is_distributed(tensor):
        return tensor.nbytes
    if apart := take_apart(tensor):
        return sum(map(get_torch_storage_size, apart.parts.values()))
    return tensor.untyped_storage().nbytes()


def split_torch_state_dict_into_shards(
    state_dict: Mapping[str, Tensor | str],
    *,
    filename_pattern: str = SAFETENSORS_WEIGHTS_FILE_PATTERN,
    max_shard_size: int | str = MAX_SHARD_SIZE,
) -> StateDictSplit:
    """Decide which tensor of a state goes into which file; tensors with the same memory stay together.

    Args:
        state_dict: Tensors by name; values that are texts are passed over.
        filename_pattern (`str`): The names of the files, with ``{suffix}`` where the number goes.
        max_shard_size (`int` or `str`): The most bytes of a file, as a number or a text such as ``"5GB"``. A larger
            tensor gets a file of its own.

    Returns:
        `StateDictSplit`: See `split_state_dict_into_shards_factory`.

    Raises:
        ValidationError: When the size is not one, or the pattern has no ``{suffix}`` to tell several files apart.
    """
    return split_state_dict_into_shards_factory(
        state_dict,
        get_storage_size=get_torch_storage_size,
        get_storage_id=get_torch_storage_id,
        filename_pattern=filename_pattern,
        max_shard_size=max_shard_size,
    )
