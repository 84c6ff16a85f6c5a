"""PyTorch modules: saved as safetensors, and loaded at the speed of the disk.

Importing this imports no torch; using a function of it does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anyhub.frameworks.pytorch.coverage import IncompleteCheckpointWarning

if TYPE_CHECKING:
    from anyhub.frameworks.pytorch.loading import load_module, load_pickle
    from anyhub.frameworks.pytorch.saving import save_module
    from anyhub.frameworks.pytorch.summary import describe

__all__ = ["IncompleteCheckpointWarning", "describe", "load_module", "load_pickle", "save_module"]

_FOUND_IN = {
    "describe": "summary",
    "load_module": "loading",
    "load_pickle": "loading",
    "save_module": "saving",
}


def __getattr__(name: str) -> Any:
    if name not in _FOUND_IN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_FOUND_IN[name]}"), name)
