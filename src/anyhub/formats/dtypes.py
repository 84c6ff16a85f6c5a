"""The element types of the safetensors format, by the names that stand in a file.

Source: the ``Dtype`` enumeration of the safetensors library, version 0.8 (``safetensors/src/tensor.rs``).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# In the order of the enumeration, by which a file is laid out: the last comes first.
BITS: dict[str, int] = {
    "BOOL": 8,
    "F4": 4,
    "F6_E2M3": 6,
    "F6_E3M2": 6,
    "U8": 8,
    "I8": 8,
    "F8_E5M2": 8,
    "F8_E4M3": 8,
    "F8_E8M0": 8,
    "F8_E4M3FNUZ": 8,
    "F8_E5M2FNUZ": 8,
    "I16": 16,
    "U16": 16,
    "F16": 16,
    "BF16": 16,
    "I32": 32,
    "U32": 32,
    "F32": 32,
    "C64": 64,
    "F64": 64,
    "I64": 64,
    "U64": 64,
}

LAYOUT_RANK: dict[str, int] = {dtype: rank for rank, dtype in enumerate(reversed(BITS))}


def byte_count(dtype: str, shape: Sequence[int]) -> int | None:
    """Return how many bytes a tensor takes, or None when it would end in the middle of one.

    Args:
        dtype (`str`): One of `BITS`.
        shape (`Sequence[int]`): Elements along each axis; those of F4 and F6 are counted one by one, not packed.
    """
    bits = BITS[dtype] * math.prod(shape)
    return None if bits % 8 else bits // 8
