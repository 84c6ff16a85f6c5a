"""The models that are pushed and loaded: stacks of linear layers of a chosen size."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

LAYER_PARAMETERS = 1024 * 4096 + 4096


class _Stack:
    def __init__(self, layers: int = 8, dtype: str = "float32") -> None:
        super().__init__()
        kind = getattr(torch, dtype)
        self.layers = nn.ModuleList(nn.Linear(1024, 4096, dtype=kind) for _ in range(layers))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return sum(layer(x) for layer in self.layers)


def stack_with(mixin: type) -> Any:
    """Return the model class, made a Hub model by one library's mixin."""
    return type("Stack", (_Stack, nn.Module, mixin), {})


def layers_for(gibibytes: float, dtype: str) -> int:
    """Return how many layers make a model of that size."""
    itemsize = getattr(torch, dtype).itemsize
    return max(1, round(gibibytes * 2**30 / (LAYER_PARAMETERS * itemsize)))


def filled(mixin: type, gibibytes: float, dtype: str) -> Any:
    """Return a model of that size whose weights are in memory, without the time that random values take."""
    with torch.device("meta"):
        model = stack_with(mixin)(layers=layers_for(gibibytes, dtype), dtype=dtype)
    model.to_empty(device="cpu")
    for parameter in model.parameters():
        parameter.data.fill_(1.5)
    return model


def touch_every_page(model: nn.Module) -> None:
    """Read one value of each page of all weights."""
    for parameter in model.parameters():
        step = 4096 // parameter.element_size()
        parameter.detach().view(-1)[::step].sum().item()
