"""State dicts, saved, split into shards and loaded, by the name that the module has in `huggingface_hub`.

What is for PyTorch is imported when it is first asked for: the rest needs no torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anyhub.formats.shards import StateDictSplit, split_state_dict_into_shards_factory

if TYPE_CHECKING:
    from anyhub.serialization._torch import (
        get_torch_storage_id,
        get_torch_storage_size,
        load_state_dict_from_file,
        load_torch_model,
        save_torch_model,
        save_torch_state_dict,
        split_torch_state_dict_into_shards,
    )

__all__ = [
    "StateDictSplit",
    "get_torch_storage_id",
    "get_torch_storage_size",
    "load_state_dict_from_file",
    "load_torch_model",
    "save_torch_model",
    "save_torch_state_dict",
    "split_state_dict_into_shards_factory",
    "split_torch_state_dict_into_shards",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from anyhub.serialization import _torch

    return getattr(_torch, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
