"""The header of a safetensors file, as far as it tells how many numbers the file holds.

The format is that of https://github.com/huggingface/safetensors ("Format"): eight bytes of length, then JSON.
"""

from __future__ import annotations

import json
import math
from typing import Any, BinaryIO

from anyhub.errors import CorruptFileError

MAX_HEADER_BYTES = 25_000_000


def count_parameters(stream: BinaryIO, size: int) -> dict[str, int]:
    """Return how many numbers a safetensors file holds, by data type as it spells it.

    Args:
        stream: The file, at its beginning.
        size (`int`): How many bytes it has.

    Raises:
        CorruptFileError: When it has no such header, or one of more than 25 MB.
    """
    length = int.from_bytes(stream.read(8), "little")
    if not 2 <= length <= min(MAX_HEADER_BYTES, size - 8):
        raise CorruptFileError(f"A header of {length} bytes is not that of a safetensors file. Write the file anew.")
    try:
        header = json.loads(stream.read(length))
    except (ValueError, RecursionError) as error:
        raise CorruptFileError(f"The header of a safetensors file is not JSON: {error}. Write the file anew.") from None
    counts: dict[str, int] = {}
    for name, tensor in header.items() if isinstance(header, dict) else ():
        if name != "__metadata__":
            dtype, count = _counted(tensor)
            counts[dtype] = counts.get(dtype, 0) + count
    return counts


def _counted(tensor: Any) -> tuple[str, int]:
    """Return the data type of a tensor, and how many numbers it has."""
    match tensor:
        case {"dtype": str(dtype), "shape": [*shape]} if len(dtype) <= 20 and len(shape) <= 64:
            if all(type(each) is int and 0 <= each < 2**48 for each in shape) and math.prod(shape) < 2**53:
                return dtype, math.prod(shape)
    raise CorruptFileError("The header of a safetensors file has an entry that is no tensor. Write the file anew.")
