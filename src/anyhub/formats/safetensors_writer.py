"""A safetensors file that is being written: the same bytes for the same tensors, every time.

Tensors that are used where they lie, in a mapped file, give to the last bit what they give in memory of their own, when
they begin at a multiple of 64 bytes, as they do there. So the header is padded until the data begins at one, and
tensors whose size is one come first. The others follow as the safetensors library orders them: in the reverse order of
their dtypes, so that each is aligned to its elements, then by name. Metadata is in the order of its keys.

Source: the README of the safetensors library, section "Format".
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anyhub import files
from anyhub.constants import SAFETENSORS_MAX_HEADER_LENGTH
from anyhub.errors import ValidationError, did_you_mean
from anyhub.formats.dtypes import BITS, LAYOUT_RANK, byte_count
from anyhub.formats.safetensors import MAX_TENSORS, METADATA, PREFIX_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from typing_extensions import Buffer


ALIGNMENT = 64
"""Bytes: what memory for tensors is aligned to, a cache line and the widest register that processors compute with."""


@dataclass(frozen=True, slots=True)
class TensorSource:
    """A tensor that is yet to be written.

    Attributes:
        name (`str`): What it is called in the file.
        dtype (`str`): Its element type, one of `anyhub.formats.dtypes.BITS`.
        shape (`tuple[int, ...]`): Elements along each axis.
        read: Returns its bytes as anything C-contiguous that `memoryview` takes; called once, when they are due. They
            are not to change until the file is written, and are let go of when they are hashed, a little later.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    read: Callable[[], Buffer]

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        size = byte_count(self.dtype, self.shape)
        if size is None:
            raise ValidationError(
                f"Tensor {self.name!r} of dtype {self.dtype} and shape {list(self.shape)} ends in the middle of a "
                "byte; pad its last axis."
            )
        return size


def write(path: Path, tensors: Iterable[TensorSource], metadata: Mapping[str, str] | None = None) -> None:
    """Write a new safetensors file, holding no more than one tensor's bytes at a time.

    Args:
        path (`Path`): A file that does not exist yet.
        tensors: What to write, in any order.
        metadata (`Mapping[str, str]`, *optional*): What to note in the header.

    Raises:
        ValidationError: When a name is taken twice, a dtype is unknown, or the bytes are not as many as announced.
        FileExistsError, DiskFullError, ReadOnlyError: When the file can not be created or written.
    """
    laid_out = lay_out(tensors)
    header = encode_header(laid_out, metadata or {})
    with files.create(path, hashing=False) as writer:
        writer.write(header)
        for tensor in laid_out:
            writer.write(_checked_bytes(tensor), lasting=True)


def lay_out(tensors: Iterable[TensorSource]) -> list[TensorSource]:
    """Return tensors in the order in which a file has them, and in which they are read when it is written.

    Raises:
        ValidationError: When a dtype is unknown.
    """
    return sorted(tensors, key=_place)


def _place(tensor: TensorSource) -> tuple[bool, int, str]:
    if tensor.dtype not in BITS:
        raise ValidationError(
            f"Tensor {tensor.name!r} has the dtype {tensor.dtype!r}, which safetensors files do not know; use one of "
            f"{', '.join(BITS)}.{did_you_mean(tensor.dtype, BITS)}"
        )
    return tensor.size % ALIGNMENT > 0, LAYOUT_RANK[tensor.dtype], tensor.name


def encode_header(laid_out: Sequence[TensorSource], metadata: Mapping[str, str]) -> bytes:
    """Return the first bytes of a file, up to where the data begins.

    Args:
        laid_out: The tensors in the order of the data.
        metadata (`Mapping[str, str]`): What to note; left out when empty.

    Raises:
        ValidationError: When a reader would refuse the header.
    """
    _check_names([tensor.name for tensor in laid_out])
    members: dict[str, object] = {METADATA: dict(sorted(metadata.items()))} if metadata else {}
    at = 0
    for tensor in laid_out:
        start, at = at, at + tensor.size
        members[tensor.name] = {"dtype": tensor.dtype, "shape": tensor.shape, "data_offsets": [start, at]}
    text = _encode(members)
    text += b" " * (-(PREFIX_BYTES + len(text)) % ALIGNMENT)
    if len(text) > SAFETENSORS_MAX_HEADER_LENGTH:
        raise ValidationError(
            f"The names and metadata take {len(text):,} bytes; the most is {SAFETENSORS_MAX_HEADER_LENGTH:,}."
        )
    return len(text).to_bytes(PREFIX_BYTES, "little") + text


def _encode(members: dict[str, object]) -> bytes:
    try:
        return json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:
        raise ValidationError(
            f"{error.object[error.start : error.end]!r} in a name or in the metadata is not a character; rename it."
        ) from None


def _check_names(names: Sequence[str]) -> None:
    if len(names) > MAX_TENSORS:
        raise ValidationError(f"{len(names):,} tensors are too many for one file; the most is {MAX_TENSORS:,}.")
    if METADATA in names:
        raise ValidationError(f"No tensor may be called {METADATA!r}, which has a meaning in safetensors; rename it.")
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValidationError(f"Two tensors are called {twice[0]!r}; give each a name of its own.")


def _checked_bytes(tensor: TensorSource) -> memoryview:
    view = memoryview(tensor.read())
    if view.nbytes != tensor.size:
        raise ValidationError(
            f"Tensor {tensor.name!r} of dtype {tensor.dtype} and shape {list(tensor.shape)} takes {tensor.size:,} "
            f"bytes, and {view.nbytes:,} were given; give exactly its elements."
        )
    return view
