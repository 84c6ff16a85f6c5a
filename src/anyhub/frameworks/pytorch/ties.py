"""Tensors of a module that live in the memory of another: tied weights, transposed weights, slices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from anyhub.frameworks.pytorch.subclasses import take_apart


@dataclass(frozen=True, slots=True)
class Tie:
    """A tensor that is a view of another one.

    Attributes:
        name (`str`): The tensor.
        base (`str`): The other, which covers its memory.
        shape, stride (`tuple[int, ...]`): Of the tensor, in elements.
        offset (`int`): Elements from the first of the base to the first of the tensor.
        is_whole (`bool`): Whether it is element for element the same as the base.
    """

    name: str
    base: str
    shape: tuple[int, ...]
    stride: tuple[int, ...]
    offset: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Ties:
    """Which tensors share memory.

    Attributes:
        views (`tuple[Tie, ...]`): Those that are covered by another.
        entangled (`tuple[str, ...]`): Those that overlap others of which none covers all.
    """

    views: tuple[Tie, ...]
    entangled: tuple[str, ...]

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Make every view a view again, after the tensors were given other memory."""
        for tie in self.views:
            view, base = tensors[tie.name], tensors[tie.base]
            if view is not base:
                offset = base.storage_offset() + tie.offset
                view.data = base.detach().as_strided(tie.shape, tie.stride, offset)


def find_ties(tensors: Mapping[str, Tensor], stored: Collection[str] = (), *, discarded: Collection[str] = ()) -> Ties:
    """Find which tensors share memory.

    Args:
        tensors: Tensors by name; those that are not strided, or only stand for others, are passed over.
        stored: The names that a file has. Of several tensors that cover the others, the last of these is the base,
            as it is the last to be loaded; when there is none, the first in alphabetical order, which is the one that
            ``safetensors.torch.save_model`` keeps.
        discarded: Names that are a base only where no other can be.
    """
    views: list[Tie] = []
    entangled: list[str] = []
    for names in _overlapping(tensors):
        base = _base(names, tensors, stored, discarded)
        if base is None:
            entangled += names
        else:
            views += [_tie(name, base, tensors) for name in names if name != base]
    return Ties(tuple(views), tuple(entangled))


def _overlapping(tensors: Mapping[str, Tensor]) -> list[list[str]]:
    """Return the groups of two and more names whose memory overlaps, each in the order of the mapping."""
    by_storage: defaultdict[tuple[torch.device, int], list[str]] = defaultdict(list)
    for name, tensor in tensors.items():
        if tensor.numel() and _is_plain(tensor):
            by_storage[tensor.device, tensor.untyped_storage().data_ptr()].append(name)
    order = {name: place for place, name in enumerate(tensors)}
    groups = [group for names in by_storage.values() if len(names) > 1 for group in _clusters(names, tensors)]
    return [sorted(group, key=order.__getitem__) for group in groups if len(group) > 1]


def _is_plain(tensor: Tensor) -> bool:
    """Return whether a tensor is what its memory says, element by element."""
    return tensor.layout == torch.strided and not (tensor.is_meta or tensor.is_quantized or is_wrapper(tensor))


def _clusters(names: list[str], tensors: Mapping[str, Tensor]) -> list[list[str]]:
    spans = sorted((*_span(tensors[name]), name) for name in names)
    clusters: list[list[str]] = []
    end = -1
    for start, stop, name in spans:
        if start >= end:
            clusters.append([])
        clusters[-1].append(name)
        end = max(end, stop)
    return clusters


def find_twins(tensors: Mapping[str, Tensor], discarded: Collection[str] = ()) -> dict[str, str]:
    """Find which tensors that only stand for others stand for the very same ones.

    Args:
        tensors: Tensors by name; all others are passed over.
        discarded: Names that are kept only where no other can be.

    Returns:
        `dict[str, str]`: The name to keep, the first in alphabetical order, by that of each other.
    """
    groups: defaultdict[tuple[object, ...], list[str]] = defaultdict(list)
    seen: list[Tensor] = []  # kept until the end, so that no two of them ever had the same memory
    for name, tensor in tensors.items():
        if take_apart(tensor):
            groups[_identity(tensor, seen)].append(name)
    kept = {name: _first(names, discarded) for names in groups.values() for name in names}
    return {name: first for name, first in kept.items() if name != first}


def _identity(tensor: Tensor, seen: list[Tensor]) -> tuple[object, ...]:
    """Return what is equal for tensors that are the same elements of the same memory.

    Memory is known by the object that owns it, not by its address: empty pieces of a distributed tensor have none, and
    all processes have to agree.
    """
    seen.append(tensor)
    kind = type(tensor), tuple(tensor.shape)
    if apart := take_apart(tensor):
        parts = (_identity(part, seen) for part in apart.parts.values())
        return (*kind, apart.kind, repr(apart.context), *map(id, apart.others), *parts)
    if tensor.is_meta:
        return (*kind, id(tensor))
    return (*kind, *_reading(tensor), tensor.stride(), tensor.storage_offset(), tensor.untyped_storage()._cdata)


def _first(names: Collection[str], discarded: Collection[str]) -> str:
    return min((name for name in names if name not in discarded), default=min(names))


def _base(
    names: list[str], tensors: Mapping[str, Tensor], stored: Collection[str], discarded: Collection[str]
) -> str | None:
    spans = {name: _span(tensors[name]) for name in names}
    whole = min(start for start, _ in spans.values()), max(stop for _, stop in spans.values())
    covering = [name for name in names if spans[name] == whole and is_dense(tensors[name])]
    if not covering or len({_reading(tensors[name]) for name in names}) > 1:
        return None
    kept = [name for name in covering if name in stored]
    return kept[-1] if kept else _first(covering, discarded)


def _reading(tensor: Tensor) -> tuple[object, ...]:
    """Return how bytes of memory become elements of a tensor."""
    return tensor.dtype, tensor.is_conj(), tensor.is_neg()


def _tie(name: str, base: str, tensors: Mapping[str, Tensor]) -> Tie:
    tensor, other = tensors[name], tensors[base]
    is_whole = tensor.shape == other.shape and tensor.stride() == other.stride()
    offset = int(tensor.storage_offset() - other.storage_offset())
    return Tie(name, base, tuple(tensor.shape), tensor.stride(), offset, is_whole)


def _span(tensor: Tensor) -> tuple[int, int]:
    """Return the address of the first byte of a tensor that is not empty, and the one after its last."""
    last = sum((length - 1) * stride for length, stride in zip(tensor.shape, tensor.stride(), strict=True))
    return tensor.data_ptr(), tensor.data_ptr() + (last + 1) * tensor.element_size()


def is_dense(tensor: Tensor) -> bool:
    """Return whether a tensor has an element of its own for each place in its memory, in whatever order."""
    if tensor.is_contiguous():
        return True
    expected = 1
    for length, stride in sorted(zip(tensor.shape, tensor.stride(), strict=True), key=lambda axis: axis[::-1]):
        if length > 1 and stride != expected:
            return False
        expected *= length
    return True


def is_expanded(tensor: Tensor) -> bool:
    """Return whether one element in memory is several elements of a plain tensor, along an axis."""
    return _is_plain(tensor) and any(
        length > 1 and not stride for length, stride in zip(tensor.shape, tensor.stride(), strict=True)
    )


def is_wrapper(tensor: Tensor) -> bool:
    """Return whether a tensor only stands for others, such as a DTensor or a quantised one."""
    return hasattr(type(tensor), "__tensor_flatten__")
