"""Parameters that are given the memory of other tensors, where torch would copy the values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from anyhub.frameworks.pytorch.drafts import Memory
from anyhub.frameworks.pytorch.ties import is_dense


class Placing(TorchFunctionMode):
    """Gives a parameter the memory of a file's tensor where `torch.nn.Module.load_state_dict` would copy it.

    The parameter stays the object that it is, so whoever holds it, ties included, sees its new values.

    Args:
        tensors: Those that may be given other memory.
        stored: What is loaded, by name.
        dtype_of: Returns the dtype of the result for those of the file's tensor and of the parameter.
        private (`bool`): Whether to give copies, in memory of this process.
    """

    def __init__(
        self,
        tensors: Mapping[str, Tensor],
        stored: Mapping[str, Any],
        dtype_of: Callable[[torch.dtype, torch.dtype], torch.dtype],
        *,
        private: bool,
    ) -> None:
        super().__init__()
        self._targets = {id(tensor) for tensor in tensors.values()}
        self._dtype_of = dtype_of
        self._stored = Memory()
        self._given: dict[int, int] = {}
        if not private:
            for value in stored.values():
                if isinstance(value, Tensor):
                    self._stored.add(value)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func is Tensor.copy_ and id(args[0]) in self._targets and _is_placeable(args[0]):
            target, source = args[:2]
            target.data = self._fitting(source, target)
            return target
        return func(*args, **(kwargs or {}))

    def _fitting(self, source: Tensor, target: Tensor) -> Tensor:
        """Return a tensor with the values of one and the layout of the other that shares memory with nobody else's."""
        dtype = self._dtype_of(source.dtype, target.dtype)
        if not (target.is_contiguous() and source.is_contiguous()):
            return torch.empty_strided(target.shape, target.stride(), dtype=dtype).copy_(source)
        if dtype != source.dtype:
            return source.to(dtype)
        is_free = source in self._stored and self._given.setdefault(source.data_ptr(), id(target)) == id(target)
        return source.detach() if is_free else source.clone()


def _is_placeable(tensor: Tensor) -> bool:
    """Return whether a tensor can be given other memory on the CPU in which its elements lie in the same order."""
    return tensor.is_cpu and tensor.layout == torch.strided and not tensor.is_quantized and is_dense(tensor)
