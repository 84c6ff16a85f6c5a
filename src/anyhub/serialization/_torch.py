"""State dicts of PyTorch, by the name that the module has in `huggingface_hub`."""

from __future__ import annotations

from anyhub.frameworks.pytorch import (
    get_torch_storage_id,
    get_torch_storage_size,
    load_state_dict_from_file,
    load_torch_model,
    save_torch_model,
    save_torch_state_dict,
    split_torch_state_dict_into_shards,
)

__all__ = [
    "get_torch_storage_id",
    "get_torch_storage_size",
    "load_state_dict_from_file",
    "load_torch_model",
    "save_torch_model",
    "save_torch_state_dict",
    "split_torch_state_dict_into_shards",
]
