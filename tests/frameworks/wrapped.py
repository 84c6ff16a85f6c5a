"""Classes of tensors that stand for others, as libraries for quantisation define them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_map_only


class Wrapped(Tensor):
    """A tensor that stands for others: by its attributes in ``parts``, and by plain values in ``context``."""

    parts: tuple[str, ...] = ()

    @staticmethod
    def __new__(
        cls, *parts: Tensor, size: torch.Size | None = None, dtype: torch.dtype = torch.float32, **_: Any
    ) -> Any:
        size = parts[0].shape if size is None else size
        return Tensor._make_wrapper_subclass(cls, size, dtype=dtype, device=parts[0].device)  # type: ignore[attr-defined]

    def __init__(self, *parts: Tensor, **context: Any) -> None:
        for name, part in zip(self.parts, parts, strict=True):
            setattr(self, name, part)
        self.context = {"size": self.shape, "dtype": self.dtype, **context}

    def plain(self) -> Tensor:
        """Return the numbers that it stands for."""
        raise NotImplementedError

    def __tensor_flatten__(self) -> tuple[list[str], Any]:
        return list(self.parts), self.context

    @classmethod
    def __tensor_unflatten__(cls, parts: dict[str, Tensor], context: Any, size: Any, stride: Any) -> Any:
        assert tuple(size) == tuple(context["size"])
        return cls(*(parts[name] for name in cls.parts), **context)

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        tensor = args[0]
        if func is torch.ops.aten.detach.default or (
            func is torch.ops.aten.view.default and args[1] == [*tensor.shape]
        ):
            return cls(*(getattr(tensor, name).detach() for name in cls.parts), **tensor.context)
        if func is torch.ops.aten.clone.default:
            return cls(*(getattr(tensor, name).clone() for name in cls.parts), **tensor.context)
        if func is torch.ops.aten.copy_.default and type(args[1]) is cls:
            for name in cls.parts:
                getattr(tensor, name).copy_(getattr(args[1], name))
            return tensor
        args, kwargs = tree_map_only(Wrapped, lambda wrapped: wrapped.plain(), (args, kwargs or {}))
        return func(*args, **kwargs)


class Paired(Wrapped):
    """Whole numbers and a factor for each."""

    parts = ("numbers", "factors")

    def plain(self) -> Tensor:
        return self.numbers * self.factors  # type: ignore[attr-defined,no-any-return]


class FourBit(Wrapped):
    """Two numbers of 16 levels in a byte, and a scale for each block."""

    parts = ("packed", "scale")

    @classmethod
    def of(cls, tensor: Tensor, block: int = 4) -> FourBit:
        blocks = tensor.reshape(-1, block)
        scale = blocks.abs().amax(1, keepdim=True) / 7
        levels = (blocks / scale).round().add(8).to(torch.uint8).reshape(-1)
        made: FourBit = cls(levels[::2] << 4 | levels[1::2], scale, size=tensor.shape, dtype=tensor.dtype, block=block)
        return made

    def plain(self) -> Tensor:
        packed: Tensor = self.packed  # type: ignore[attr-defined]
        levels = torch.stack((packed >> 4, packed & 15), 1).to(self.dtype) - 8
        scaled: Tensor = levels.reshape(-1, self.context["block"]) * self.scale  # type: ignore[attr-defined]
        return scaled.reshape(self.shape)


class Scaled(Wrapped):
    """Another tensor that stands for others, times a number: two levels."""

    parts = ("inner",)

    def plain(self) -> Tensor:
        return self.inner * self.context["by"]  # type: ignore[attr-defined,no-any-return]
