"""What can be said of a module without running it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from torch.nn.parameter import is_lazy

from anyhub.frameworks.pytorch.dtypes import NAMES

if TYPE_CHECKING:
    from torch import nn


def describe(module: nn.Module) -> dict[str, int]:
    """Count the parameters of a module by their dtype.

    Args:
        module (`torch.nn.Module`): Tied parameters are counted once, those without a shape yet not at all.

    Returns:
        `dict[str, int]`: Numbers by the dtype's name in safetensors files (else torch's), the largest first.
    """
    counts: Counter[str] = Counter()
    for parameter in module.parameters():
        if not is_lazy(parameter):
            counts[NAMES.get(parameter.dtype, str(parameter.dtype))] += parameter.numel()
    return dict(counts.most_common())
