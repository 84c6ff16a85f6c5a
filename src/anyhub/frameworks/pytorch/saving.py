"""A module's state, written as one safetensors file."""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn.parameter import is_lazy

from anyhub.constants import SAFETENSORS_SINGLE_FILE
from anyhub.errors import UnsupportedError
from anyhub.formats import safetensors_writer
from anyhub.formats.safetensors_writer import TensorSource
from anyhub.frameworks.pytorch.dtypes import NAMES, PACKED
from anyhub.frameworks.pytorch.ties import Ties, find_ties, is_wrapper

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import nn

    from anyhub.values import Digest


def save_module(module: nn.Module, folder: Path) -> Digest:
    """Write ``model.safetensors`` into a folder: the same bytes for the same state, every time.

    Tensors that share memory are stored once, under the name that ``safetensors.torch.save_model`` keeps, and the
    metadata tells which name stands for which, as there. State that is no tensor (``get_extra_state``) is kept in the
    metadata as JSON.

    Args:
        module (`torch.nn.Module`): Any module; it is left as it is, on whatever device.
        folder (`Path`): Must exist, and not hold such a file yet.

    Returns:
        `Digest`: What the file holds, hashed while it was written.

    Raises:
        UnsupportedError: When the state has something that a safetensors file can not hold; names it.
        FileExistsError, DiskFullError, ReadOnlyError: When the file can not be created or written.
    """
    state = module.state_dict(keep_vars=True)
    tensors = {name: _checked(name, value) for name, value in state.items() if isinstance(value, Tensor)}
    ties = find_ties(tensors)
    notes = {name: _to_json(name, value) for name, value in state.items() if not isinstance(value, Tensor)}
    views = {tie.name for tie in ties.views}
    sources = [_source(name, tensor) for name, tensor in tensors.items() if name not in views]
    return safetensors_writer.write(
        folder / SAFETENSORS_SINGLE_FILE, sources, {**_tied_names(ties), **notes, "format": "pt"}
    )


def _tied_names(ties: Ties) -> dict[str, str]:
    """Return which name stands for which; slices and transposes are not told, as they are not the same tensor."""
    return {tie.name: tie.base for tie in ties.views if tie.is_whole}


def _checked(name: str, tensor: Tensor) -> Tensor:
    if objection := _objection(tensor):
        raise UnsupportedError(f"Tensor {name!r} can not be saved: {objection}.")
    return tensor


def _objection(tensor: Tensor) -> str | None:
    """Say why a tensor can not be saved and what to do, or None."""
    if is_lazy(tensor):
        return "it has no shape before the model is used for the first time; call the model once, then save it"
    if tensor.is_meta:
        return "it is on the meta device and has no values; load or initialise the model, then save it"
    if is_wrapper(tensor):
        return f"it is a {type(tensor).__name__}, made of other tensors; gather or dequantise the model, then save it"
    if tensor.layout != torch.strided:
        return f"its layout is {tensor.layout}; turn it into an ordinary tensor with .to_dense()"
    if tensor.dtype not in NAMES:
        return f"safetensors files have no {tensor.dtype}; convert it to another dtype"
    if sys.byteorder != "little":
        return "this machine is big-endian; save the model on another one"
    return None


def _source(name: str, tensor: Tensor) -> TensorSource:
    dtype, shape = NAMES[tensor.dtype], tuple(tensor.shape)
    if packed := PACKED.get(dtype):
        shape = (*shape[:-1], *(length * packed for length in shape[-1:]))
    return TensorSource(name, dtype, shape, partial(_to_bytes, tensor))


def _to_bytes(tensor: Tensor) -> memoryview:
    """Return a tensor's bytes on this side of the bus, without copying those that are here and in order."""
    with torch._C.DisableTorchFunctionSubclass():
        here = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous()
        return here.reshape(-1).view(torch.uint8).numpy().data


def _to_json(name: str, value: Any) -> str:
    try:
        text = json.dumps(value, allow_nan=False)
        if json.loads(text) == value:
            return text
    except (TypeError, ValueError, RecursionError):
        pass
    raise UnsupportedError(
        f"The state {name!r} can not be saved: it is neither a tensor nor the same after a trip through JSON; have "
        "get_extra_state return a tensor, or numbers, texts, lists and dicts with texts for keys."
    )


def from_notes(metadata: Mapping[str, str], name: str) -> Any:
    """Return a piece of state that is no tensor, from the metadata of a file.

    Raises:
        KeyError: When the file has none of that name.
        ValueError: When it is not JSON.
    """
    return json.loads(metadata[name])
