"""Tensors of torch itself that stand for others without a class of their own: quantised and sparse ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class OwnKind:
    """A kind of tensor of torch itself that stands for others, without a class of its own."""

    name: str
    matches: Callable[[Tensor], bool]
    take_apart: Callable[[Tensor], tuple[dict[str, Tensor], Any]]
    build: Callable[[dict[str, Tensor], Any, torch.Size], Tensor]


def _of_layout(layout: torch.layout) -> Callable[[Tensor], bool]:
    return lambda tensor: tensor.layout == layout and not tensor.is_nested


def _coo_parts(tensor: Tensor) -> tuple[dict[str, Tensor], Any]:
    return {"indices": tensor._indices(), "values": tensor._values()}, tensor.is_coalesced()


def _build_coo(parts: dict[str, Tensor], context: Any, size: torch.Size) -> Tensor:
    return torch.sparse_coo_tensor(
        parts["indices"], parts["values"], size, is_coalesced=bool(context), check_invariants=True
    )


def _compressed(layout: torch.layout, compressed: str, plain: str) -> OwnKind:
    """Return the kind of a layout whose indices along one axis are compressed: CSR, CSC, and both in blocks."""

    def take_apart(tensor: Tensor) -> tuple[dict[str, Tensor], Any]:
        names = (compressed, plain, "values")
        return {name: getattr(tensor, name)() for name in names}, None

    def build(parts: dict[str, Tensor], context: Any, size: torch.Size) -> Tensor:  # noqa: ARG001 - it is None
        indices = parts[compressed], parts[plain]
        return torch.sparse_compressed_tensor(*indices, parts["values"], size, layout=layout, check_invariants=True)

    return OwnKind(str(layout), _of_layout(layout), take_apart, build)


_INTEGERS_OF = {torch.qint8: torch.int8, torch.quint8: torch.uint8, torch.qint32: torch.int32}


def _is_quantized(tensor: Tensor) -> bool:
    return tensor.is_quantized and tensor.dtype in _INTEGERS_OF


def _quantized_parts(tensor: Tensor) -> tuple[dict[str, Tensor], Any]:
    integers = torch.empty(0, dtype=_INTEGERS_OF[tensor.dtype], device=tensor.device)
    integers.set_(tensor.untyped_storage(), tensor.storage_offset(), tensor.shape, tensor.stride())
    if tensor.qscheme() == torch.per_tensor_affine:
        return {"integers": integers}, (tensor.q_scale(), tensor.q_zero_point())
    scales, zero_points = tensor.q_per_channel_scales(), tensor.q_per_channel_zero_points()
    return {"integers": integers, "scales": scales, "zero_points": zero_points}, tensor.q_per_channel_axis()


def _build_quantized(parts: dict[str, Tensor], context: Any, size: torch.Size) -> Tensor:
    integers = parts["integers"]
    if integers.shape != size:
        raise ValueError(f"its integers have the shape {list(integers.shape)}, not {list(size)}")
    if "scales" not in parts:
        return torch._make_per_tensor_quantized_tensor(integers, *context)
    scales, zero_points = parts["scales"], parts["zero_points"]
    if not 0 <= context < len(size) or not scales.shape == zero_points.shape == size[context : context + 1]:
        raise ValueError(f"it has {scales.numel()} scales for axis {context} of the shape {list(size)}")
    return torch._make_per_channel_quantized_tensor(integers, scales, zero_points, context)


OWN_KINDS = {
    own.name: own
    for own in (
        OwnKind("torch.quantized", _is_quantized, _quantized_parts, _build_quantized),
        OwnKind("torch.sparse_coo", _of_layout(torch.sparse_coo), _coo_parts, _build_coo),
        _compressed(torch.sparse_csr, "crow_indices", "col_indices"),
        _compressed(torch.sparse_csc, "ccol_indices", "row_indices"),
        _compressed(torch.sparse_bsr, "crow_indices", "col_indices"),
        _compressed(torch.sparse_bsc, "ccol_indices", "row_indices"),
    )
}
