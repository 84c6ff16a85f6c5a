"""The header of a safetensors file: what is in the file and where, read from bytes that nobody vouches for.

::

    8 bytes      N, the length of the header, little-endian
    N bytes      JSON: {"NAME": {"dtype": "F32", "shape": [2, 3], "data_offsets": [BEGIN, END]}, …,
                        "__metadata__": {"key": "text", …}}, padded with spaces
    the rest     the tensors, without a gap, little-endian, the last axis varying fastest; offsets count from here

Only this grammar is read, not JSON at large, so that a hostile header costs no more than a large honest one.

Source: the README of the safetensors library, section "Format".
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from os import SEEK_END
from typing import TYPE_CHECKING, BinaryIO

from anyhub import collector
from anyhub.constants import SAFETENSORS_MAX_HEADER_LENGTH
from anyhub.errors import SafetensorsParsingError
from anyhub.formats.dtypes import BITS, byte_count
from anyhub.formats.objections import Objection, shorten

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

MAX_TENSORS = 200_000
METADATA = "__metadata__"
PREFIX_BYTES = 8

_MAX_ELEMENTS = 2**63 - 1
_FIELDS = {"dtype", "shape", "data_offsets"}
_decode_pairs = json.JSONDecoder(object_pairs_hook=list).raw_decode

# The grammar, each pattern with the one group that is wanted of it. None of them ever goes back over a character
# (possessive quantifiers), so hostile text costs no more than one pass.
_LITERAL = r'("(?:[^"\\\x00-\x1f]++|\\.)*+")'
_SPACE = r"[ \t\n\r]*+"
_BEGIN = re.compile(rf"{_SPACE}\{{{_SPACE}(\}}?)")
_NAME = re.compile(rf"{_SPACE}{_LITERAL}{_SPACE}:{_SPACE}")
_STRING = re.compile(_LITERAL)
_FLAT_OBJECT = re.compile(r"(\{[^{}]{0,4096}+\})")
_SEPARATOR = re.compile(rf"{_SPACE}([,}}])")
_OFFSETS = re.compile(rf'"data_offsets"{_SPACE}:{_SPACE}\[')
_END = re.compile(rf"{_SPACE}(\Z)")

# The one form in which writers put a tensor behind another, taken at once. It says nothing that the patterns above do
# not say too, and whatever has another form is left to them.
_COUNT = r"(?:0|[1-9][0-9]{0,17}+)"  # one digit fewer than _MAX_ELEMENTS
_NEXT_TENSOR = re.compile(
    rf', ?+"((?!{METADATA}")[^"\\\x00-\x1f]++)": ?+\{{"dtype": ?+"([A-Z0-9_]++)", ?+'
    rf'"shape": ?+\[({_COUNT}(?:, ?+{_COUNT}){{0,63}}+)?+\], ?+"data_offsets": ?+\[({_COUNT}), ?+({_COUNT})\]\}}'
)


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """One tensor of a file.

    Attributes:
        dtype (`str`): Its element type, one of `anyhub.formats.dtypes.BITS`.
        shape (`list[int]`): Elements along each axis.
        data_offsets (`tuple[int, int]`): Its first byte and the byte after its last, counted from where the data
            begins.
    """

    dtype: str
    shape: list[int]
    data_offsets: tuple[int, int]

    @property
    def parameter_count(self) -> int:
        """How many elements it has; one, when it has no axes."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself, and is known to be true of its size.

    Attributes:
        tensors (`dict[str, TensorInfo]`): By name, in the order of the header.
        metadata (`dict[str, str]`): Whatever its writer noted.
        data_start (`int`): The first byte of the data, counted from the beginning of the file.
    """

    tensors: dict[str, TensorInfo]
    metadata: dict[str, str]
    data_start: int


def read_header(path: Path) -> Header:
    """Read and audit the header of a safetensors file.

    Args:
        path (`Path`): The file.

    Returns:
        `Header`: Its tensors cover the data of the file exactly, each byte once.

    Raises:
        SafetensorsParsingError: When the file is anything else; the message says what is wrong.
        OSError: When the file can not be read.
    """
    with path.open("rb") as file:
        return parse_header(file, file.seek(0, SEEK_END), str(path))


def parse_header(file: BinaryIO, size: int, name: str) -> Header:
    """Read and audit the header of a safetensors file of which only a stream is at hand.

    Args:
        file (`BinaryIO`): The file, seekable; no more than the header is read of it.
        size (`int`): Bytes of the file.
        name (`str`): What errors call it.

    Raises:
        SafetensorsParsingError: When it is not a sound safetensors file; the message says what is wrong.
    """
    try:
        text, data_bytes = _read_text(file, size)
        with collector.paused():
            header = _parse(text)
            _audit(header.tensors, data_bytes)
    except Objection as objection:
        raise SafetensorsParsingError(
            f"{name!r} is not a sound safetensors file: {objection}. Download it again, or save it anew."
        ) from None
    return header


def _read_text(file: BinaryIO, size: int) -> tuple[str, int]:
    """Return the header as text, and how many bytes of data follow it."""
    if size < PREFIX_BYTES:
        raise Objection(f"it has {size} bytes, fewer than the {PREFIX_BYTES} that give the length of the header")
    file.seek(0)
    length = int.from_bytes(file.read(PREFIX_BYTES), "little")
    if length > SAFETENSORS_MAX_HEADER_LENGTH:
        raise Objection(
            f"it claims a header of {length:,} bytes, and {SAFETENSORS_MAX_HEADER_LENGTH:,} is the most that is read"
        )
    data_bytes = size - PREFIX_BYTES - length
    content = file.read(length)
    if data_bytes < 0 or len(content) < length:
        raise Objection(f"it ends within its header, {max(-data_bytes, length - len(content)):,} bytes early")
    try:
        return content.decode(), data_bytes
    except UnicodeDecodeError as error:
        raise Objection(f"its header is not UTF-8 at byte {error.start:,}") from None


def _parse(text: str) -> Header:
    if not text.startswith("{"):
        raise Objection("its header does not begin with a brace")
    if len(_OFFSETS.findall(text)) > MAX_TENSORS:  # one of each tensor, which takes far less time than reading them
        raise Objection(f"it has more than {MAX_TENSORS:,} tensors")
    cursor = _Cursor(text)
    tensors: dict[str, TensorInfo] = {}
    metadata: dict[str, str] = {}
    for name in cursor.members(tensors):
        if name == METADATA:
            metadata = cursor.texts()
        else:
            tensors[name] = _tensor_info(name, cursor.take(_FLAT_OBJECT, "a tensor's dtype, shape and data_offsets"))
        cursor.take_tensors(tensors)
    cursor.take(_END, "nothing more")
    return Header(tensors, metadata, PREFIX_BYTES + len(text.encode()))


class _Cursor:
    """A place in the header that moves forward over what is expected there."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def take(self, pattern: re.Pattern[str], wanted: str) -> str:
        """Move over what the pattern describes, and return its group."""
        if not (found := pattern.match(self._text, self._at)):
            raise Objection(f"its header is malformed at character {self._at:,}, where {wanted} should be")
        self._at = found.end()
        return found[1]

    def members(self, taken: Collection[str] = ()) -> Iterator[str]:
        """Walk over an object: yields each name, and expects that its value is taken before the next is asked for.

        Args:
            taken: Names that are not to come; whoever takes more members at once adds to them.
        """
        seen: set[str] = set()
        more = self.take(_BEGIN, "an object") != "}"
        while more:
            name = _unquote(self.take(_NAME, "a name and a colon"))
            if name in seen or name in taken:
                raise Objection(f"its header has two entries called {shorten(name)}")
            if len(seen) == MAX_TENSORS:
                raise Objection(f"it has more than {MAX_TENSORS:,} entries")
            seen.add(name)
            yield name
            more = self.take(_SEPARATOR, "a comma or a brace") == ","

    def take_tensors(self, tensors: dict[str, TensorInfo]) -> None:
        """Move over as many members as are tensors in the form of `_NEXT_TENSOR`, and add them."""
        text, at = self._text, self._at
        while found := _NEXT_TENSOR.match(text, at):
            name, dtype, shape, start, stop = found.groups()
            if name in tensors or dtype not in BITS:
                break  # and leave it to whoever says what is wrong
            counts = [*map(int, shape.split(","))] if shape else []
            tensors[name] = TensorInfo(dtype, counts, (int(start), int(stop)))
            at = found.end()
        self._at = at

    def texts(self) -> dict[str, str]:
        """Move over an object whose values are all strings, and return it."""
        return {name: _unquote(self.take(_STRING, "a string")) for name in self.members()}


def _unquote(literal: str) -> str:
    try:
        value: str = json.loads(literal) if "\\" in literal else literal[1:-1]
        value.encode()  # half of a surrogate pair, written as an escape, is not a character
    except ValueError:
        raise Objection(f"its header has the malformed string {shorten(literal)}") from None
    return value


def _tensor_info(name: str, text: str) -> TensorInfo:
    try:
        pairs, _ = _decode_pairs(text)
        fields = dict(pairs)
    except (ValueError, RecursionError):
        raise Objection(f"the entry of tensor {shorten(name)} is not JSON") from None
    if len(pairs) != len(_FIELDS) or fields.keys() != _FIELDS:
        raise Objection(f"tensor {shorten(name)} has not exactly the fields dtype, shape and data_offsets")
    dtype, shape, offsets = fields["dtype"], fields["shape"], fields["data_offsets"]
    if not isinstance(dtype, str) or dtype not in BITS:
        raise Objection(f"tensor {shorten(name)} has the unknown dtype {shorten(dtype)}")
    if not _are_counts(shape):
        raise Objection(f"tensor {shorten(name)} has a shape that is not a list of counts")
    if not _are_counts(offsets) or len(offsets) != 2:
        raise Objection(f"tensor {shorten(name)} has data_offsets that are not two counts")
    return TensorInfo(dtype, shape, tuple(offsets))


def _are_counts(value: object) -> bool:
    """Return whether a value is a list of integers that some memory could hold as lengths."""
    if not isinstance(value, list) or not set(map(type, value)) <= {int}:  # True is an int too
        return False
    return not value or (min(value) >= 0 and max(value) <= _MAX_ELEMENTS)


def _audit(tensors: dict[str, TensorInfo], data_bytes: int) -> None:
    """Raise unless the tensors cover the data exactly and each is as long as its dtype and shape say."""
    at = 0
    for name in sorted(tensors, key=lambda name: tensors[name].data_offsets):
        info = tensors[name]
        start, stop = info.data_offsets
        if start != at:
            trouble = "overlaps the one before it" if start < at else "leaves a gap before it"
            raise Objection(f"tensor {shorten(name)} {trouble}: it begins at byte {start:,}, not {at:,}")
        if stop - start != _expected_bytes(name, info):
            raise Objection(
                f"tensor {shorten(name)} of dtype {info.dtype} and shape {shorten(info.shape)} does not take "
                f"{stop - start:,} bytes"
            )
        at = stop
    if at > data_bytes:
        raise Objection(f"it is truncated, {at - data_bytes:,} of {at:,} bytes of data are missing")
    if at < data_bytes:
        raise Objection(f"it has {data_bytes - at:,} bytes after its last tensor")


def _expected_bytes(name: str, info: TensorInfo) -> int | None:
    if math.prod(filter(None, info.shape)) > _MAX_ELEMENTS:
        raise Objection(f"tensor {shorten(name)} has a shape that no memory could hold")
    return byte_count(info.dtype, info.shape)
