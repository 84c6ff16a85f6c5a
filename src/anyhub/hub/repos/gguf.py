"""The header of a GGUF file, as far as it tells which model is in it.

The format is that of https://github.com/ggml-org/ggml/blob/master/docs/gguf.md ("File Structure").
"""

from __future__ import annotations

import math
import os
import struct
from typing import Any, BinaryIO

from anyhub.errors import CorruptFileError

MAX_HEADER_BYTES = 100_000_000
MAX_PAIRS = 10_000
MAX_TENSORS = 100_000
MAX_ITEMS = 2_000_000
_MAX_TEXT = 1_000_000
_MAX_DIMENSIONS = 8
_MAX_DEPTH = 4
_NUMBERS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<B", 10: "<Q", 11: "<q", 12: "<d"}
_TEXT, _LIST = 8, 9
_VERSIONS = (2, 3)


def read_gguf(stream: BinaryIO, size: int) -> dict[str, Any]:
    """Return what a GGUF file says of its model: ``total`` parameters, ``architecture`` and ``context_length``.

    Args:
        stream: The file, at its beginning; it can be sought in.
        size (`int`): How many bytes it has.

    Raises:
        CorruptFileError: When it is none that can be read, or its header goes over a limit, which is named.
    """
    header = _Header(stream, size)
    if header.take(4) != b"GGUF" or header.number("<I") not in _VERSIONS:
        raise CorruptFileError("This is no GGUF file of version 2 or 3 in little-endian order. Convert the model anew.")
    tensors = header.count("<Q", MAX_TENSORS, "tensors")
    known: dict[str, Any] = {}
    for _ in range(header.count("<Q", MAX_PAIRS, "pairs of metadata")):
        name, value = header.text(), header.value(header.number("<I"))
        if name == "general.architecture" or name.endswith(".context_length"):
            known[name] = value
    told: dict[str, Any] = {"total": sum(header.tensor() for _ in range(tensors))}
    architecture = known.get("general.architecture")
    if isinstance(architecture, str) and 0 < len(architecture) <= 200:
        told["architecture"] = architecture
        length = known.get(f"{architecture}.context_length")
        if isinstance(length, int):
            told["context_length"] = length
    return told


class _Header:
    """Reads the parts of a header one after the other, never more than the limits allow."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._left = min(size, MAX_HEADER_BYTES)
        self._items = 0

    def take(self, count: int) -> bytes:
        self._spend(count)
        data = self._stream.read(count)
        if len(data) != count:
            raise _cut()
        return data

    def number(self, format: str) -> Any:
        return struct.unpack(format, self.take(struct.calcsize(format)))[0]

    def count(self, format: str, most: int, what: str) -> int:
        found = int(self.number(format))
        if found > most:
            raise CorruptFileError(f"A GGUF file has at most {most:,} {what}, not {found:,}. Convert the model anew.")
        return found

    def text(self) -> str:
        return self.take(self.count("<Q", _MAX_TEXT, "bytes in one text")).decode("utf-8", "replace")

    def value(self, kind: int, depth: int = 0) -> Any:
        """Return a number or a text; lists, such as that of all words of a model, are passed over."""
        if kind in _NUMBERS:
            return self.number(_NUMBERS[kind])
        if kind == _TEXT:
            return self.text()
        if kind != _LIST or depth >= _MAX_DEPTH:
            raise CorruptFileError(f"The metadata of a GGUF file has a value of the unknown type {kind}.")
        self._pass_list(depth)
        return None

    def _pass_list(self, depth: int) -> None:
        kind, length = self.number("<I"), self.number("<Q")
        if kind in _NUMBERS:
            self._skip(length * struct.calcsize(_NUMBERS[kind]))
            return
        self._items += length
        if self._items > MAX_ITEMS:
            raise CorruptFileError(
                f"The lists of a GGUF file have at most {MAX_ITEMS:,} texts. Convert the model anew."
            )
        for _ in range(length):
            if kind == _TEXT:
                self._skip(self.number("<Q"))
            else:
                self.value(kind, depth + 1)

    def tensor(self) -> int:
        """Return how many numbers the next tensor has."""
        self.text()
        sizes: list[int] = [
            self.number("<Q") for _ in range(self.count("<I", _MAX_DIMENSIONS, "dimensions in a tensor"))
        ]
        self._skip(4 + 8)  # its type, and where it begins
        product = math.prod(sizes)
        if product >= 2**53:
            raise CorruptFileError("A tensor of a GGUF file is larger than any that there is. Convert the model anew.")
        return product

    def _skip(self, count: int) -> None:
        self._spend(count)
        self._stream.seek(count, os.SEEK_CUR)

    def _spend(self, count: int) -> None:
        if count > self._left:
            raise _cut()
        self._left -= count


def _cut() -> CorruptFileError:
    return CorruptFileError(
        f"The header of a GGUF file ends after the file, or after {MAX_HEADER_BYTES:,} bytes. Convert the model anew."
    )
