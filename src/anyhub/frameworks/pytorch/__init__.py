"""PyTorch modules: saved as safetensors, and loaded at the speed of the disk.

Importing this imports no torch; using a function of it does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anyhub.errors import MissingDependencyError
from anyhub.frameworks.pytorch.coverage import IncompleteCheckpointWarning

if TYPE_CHECKING:
    from anyhub.frameworks.pytorch.load_state import load_state_dict_from_file, load_torch_model
    from anyhub.frameworks.pytorch.loading import load_module, load_pickle
    from anyhub.frameworks.pytorch.saving import save_module
    from anyhub.frameworks.pytorch.state_dicts import save_torch_model, save_torch_state_dict
    from anyhub.frameworks.pytorch.storages import (
        get_torch_storage_id,
        get_torch_storage_size,
        split_torch_state_dict_into_shards,
    )
    from anyhub.frameworks.pytorch.summary import describe

__all__ = [
    "IncompleteCheckpointWarning",
    "describe",
    "get_torch_storage_id",
    "get_torch_storage_size",
    "load_module",
    "load_pickle",
    "load_state_dict_from_file",
    "load_torch_model",
    "save_module",
    "save_torch_model",
    "save_torch_state_dict",
    "split_torch_state_dict_into_shards",
]

_NEEDED = ("numpy", "safetensors", "torch")
"""The packages of the extra `anyhub[torch]`."""

_FOUND_IN = {
    "describe": "summary",
    "get_torch_storage_id": "storages",
    "get_torch_storage_size": "storages",
    "load_module": "loading",
    "load_pickle": "loading",
    "load_state_dict_from_file": "load_state",
    "load_torch_model": "load_state",
    "save_module": "saving",
    "save_torch_model": "state_dicts",
    "save_torch_state_dict": "state_dicts",
    "split_torch_state_dict_into_shards": "storages",
}


def __getattr__(name: str) -> Any:
    if name not in _FOUND_IN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    try:
        return getattr(import_module(f"{__name__}.{_FOUND_IN[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name not in _NEEDED:
            raise
        raise MissingDependencyError(
            f"{name} needs the package {error.name!r}. Install it with: pip install 'anyhub[torch]'"
        ) from None
