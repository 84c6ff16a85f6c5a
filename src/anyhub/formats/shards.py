"""A checkpoint in several files: which tensor goes into which, and the index that says so.

A large state is cut into shards, ``model-00001-of-00003.safetensors`` and so on; beside them lies an index, a JSON
object of ``metadata`` (with ``total_size`` in bytes) and ``weight_map``, the file of each tensor by the tensor's name.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass, field
from string import ascii_letters
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from anyhub.errors import InvalidPathError, SafetensorsParsingError, ValidationError
from anyhub.formats import strict_json
from anyhub.formats.objections import Objection, shorten
from anyhub.formats.safetensors import MAX_TENSORS
from anyhub.paths import check_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

logger = logging.getLogger(__name__)

T = TypeVar("T")

MAX_SHARD_SIZE = "5GB"
INDEX_MAX_BYTES = 25_000_000
"""As much as is read of a header: the names of 200,000 tensors, each with its file, fit in."""

_VARIANT = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_UNITS = {"TB": 10**12, "GB": 10**9, "MB": 10**6, "KB": 10**3}


@dataclass
class StateDictSplit:
    """Which tensor goes into which file.

    Attributes:
        is_sharded (`bool`): Whether there is more than one file.
        metadata (`dict`): `total_size`, the bytes of all tensors.
        filename_to_tensors (`dict[str, list[str]]`): The names of the tensors of each file.
        tensor_to_filename (`dict[str, str]`): The file of each tensor.
    """

    is_sharded: bool = field(init=False)
    metadata: dict[str, Any]
    filename_to_tensors: dict[str, list[str]]
    tensor_to_filename: dict[str, str]

    def __post_init__(self) -> None:
        self.is_sharded = len(self.filename_to_tensors) > 1


def split_state_dict_into_shards_factory(
    state_dict: Mapping[str, T | str],
    *,
    get_storage_size: Callable[[T], int],
    filename_pattern: str,
    get_storage_id: Callable[[T], object | None] = lambda tensor: None,  # noqa: ARG005 - callers may name it
    max_shard_size: int | str = MAX_SHARD_SIZE,
) -> StateDictSplit:
    """Decide which tensor goes into which file, in the order of the names as they come.

    A file is filled until the next tensor would not fit. A tensor that is larger than a file may be gets one of its
    own, which comes before the file that is being filled. Tensors that share memory stay together, where the first
    of them is, and count once. Values that are texts are passed over.

    Args:
        state_dict: Tensors of any library, by name.
        get_storage_size: Returns how many bytes a tensor takes.
        filename_pattern (`str`): The names of the files, with ``{suffix}`` where the number goes, such as
            ``"model{suffix}.safetensors"``.
        get_storage_id: Returns what is equal for tensors that share memory, or None for a tensor on its own.
        max_shard_size (`int` or `str`): The most bytes of a file, as a number or a text such as ``"5GB"``.

    Returns:
        `StateDictSplit`: No file for no tensors; for one file, a name without a number.

    Raises:
        ValidationError: When the size is not one, or the pattern has no ``{suffix}`` to tell several files apart.
    """
    shards = _Shards(_byte_limit(max_shard_size))
    followers: dict[object, list[str]] = {}
    leaders: dict[str, list[str]] = {}
    for name, tensor in state_dict.items():
        if isinstance(tensor, str):
            logger.debug("%r is a text, and no tensor to put into a file", name)
            continue
        if (memory := get_storage_id(tensor)) is not None:
            if memory in followers:
                followers[memory].append(name)
                continue
            followers[memory] = leaders[name] = []
        shards.add(name, get_storage_size(tensor))
    return _named(shards, leaders, filename_pattern)


class _Shards:
    """The files as they are being filled, each a list of names."""

    def __init__(self, limit: int) -> None:
        self.total = 0
        self._limit = limit
        self._closed: list[list[str]] = []
        self._open: list[str] = []
        self._room = limit

    def add(self, name: str, size: int) -> None:
        self.total += size
        if size > self._limit:
            self._closed.append([name])
            return
        if size > self._room:
            self._closed.append(self._open)
            self._open, self._room = [], self._limit
        self._open.append(name)
        self._room -= size

    def all(self) -> list[list[str]]:
        return [*self._closed, self._open] if self._open else self._closed


def _named(shards: _Shards, leaders: Mapping[str, list[str]], pattern: str) -> StateDictSplit:
    """Give the files their names, and bring those names that share memory behind the others in the file."""
    names: dict[str, list[str]] = {}
    filled = shards.all()
    for number, shard in enumerate(filled, start=1):
        suffix = f"-{number:05d}-of-{len(filled):05d}" if len(filled) > 1 else ""
        together = [name for leader in shard for name in leaders.get(leader, ())]
        names[file_name(pattern, suffix)] = [*shard, *together]
    if len(names) < len(filled):
        raise ValidationError(
            f"{pattern!r} gives {len(filled)} files one name; put '{{suffix}}' where their number goes, as in "
            "'model{suffix}.safetensors'."
        )
    files = {name: file for file, members in names.items() for name in members}
    return StateDictSplit({"total_size": shards.total}, names, files)


def file_name(pattern: str, suffix: str = "") -> str:
    """Return the name of a file by the pattern of its checkpoint.

    Args:
        pattern (`str`): Such as ``"model{suffix}.safetensors"``.
        suffix (`str`): What stands for ``{suffix}``: nothing, or ``"-00001-of-00002"``.

    Raises:
        ValidationError: When the pattern has other braces.
    """
    try:
        return pattern.format(suffix=suffix)
    except (LookupError, ValueError, AttributeError):
        raise ValidationError(
            f"{pattern!r} is not a pattern for names of files; write one such as 'model{{suffix}}.safetensors'."
        ) from None


def check_variant(variant: str) -> str:
    """Return the name of a variant of a checkpoint, such as ``"fp16"`` for ``model.fp16.safetensors``.

    Raises:
        ValidationError: When it is no text of letters, digits, - and _.
    """
    if not isinstance(variant, str) or not _VARIANT.fullmatch(variant):
        raise ValidationError(f"{variant!r} can not be a variant; use letters, digits, '-' and '_', such as 'fp16'.")
    return variant


def _byte_limit(size: int | str) -> int:
    limit = parse_size_to_int(size) if isinstance(size, str) else size
    if not isinstance(limit, int) or isinstance(limit, bool) or limit <= 0:
        raise ValidationError(
            f"{size!r} is not the most bytes that a file may have; give a size such as 5_000_000_000 or '5GB'."
        )
    return limit


def parse_size_to_int(size_as_str: str) -> int:
    """Return the bytes that a text such as ``"5MB"`` or ``"1.5 gb"`` stands for.

    Args:
        size_as_str (`str`): A number and a unit: TB, GB, MB or KB, which are powers of 1000.

    Raises:
        ValidationError: When it is not that.
    """
    text = size_as_str.strip()
    number, unit = text[:-2].strip(), text[-2:].upper()
    if unit not in _UNITS:
        raise _without_unit(text)
    try:
        return int(float(number) * _UNITS[unit])
    except (ValueError, OverflowError):
        raise ValidationError(
            f"Could not parse the size value {number!r} in {size_as_str!r}; write a number and a unit, as in '5GB'."
        ) from None


def _without_unit(size: str) -> ValidationError:
    units = ", ".join(_UNITS)
    if unit := size[len(size.rstrip(ascii_letters)) :]:
        return ValidationError(
            f"Unit {unit!r} not supported in the size {size!r}; use one of {units}, which are powers of 1000, as in "
            "'5GB'."
        )
    return ValidationError(
        f"The size {size!r} has no unit, which is not supported in a text; add one of {units}, as in '500KB', or give "
        "the bytes as a number, such as 500."
    )


@dataclass(frozen=True, slots=True)
class Index:
    """What lies beside the shards of a checkpoint.

    Attributes:
        metadata (`dict[str, Any]`): `total_size`, and what else the writer noted.
        weight_map (`dict[str, str]`): The file of each tensor, by the tensor's name.
    """

    metadata: dict[str, Any]
    weight_map: dict[str, str]

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the shards, sorted."""
        return tuple(sorted(set(self.weight_map.values())))


def encode_index(index: Index) -> bytes:
    """Return the content of an index file: the same bytes for the same index, every time.

    Raises:
        ValidationError: When it is larger than what is read again, or its metadata is not JSON.
    """
    try:
        text = json.dumps(
            {"metadata": index.metadata, "weight_map": index.weight_map}, indent=2, sort_keys=True, allow_nan=False
        )
    except (TypeError, ValueError) as error:
        raise ValidationError(
            f"The metadata of a checkpoint is not JSON ({error}); give texts, numbers, lists and dicts."
        ) from None
    data = f"{text}\n".encode()
    if len(data) > INDEX_MAX_BYTES:
        raise ValidationError(
            f"The index of the checkpoint takes {len(data):,} bytes, and {INDEX_MAX_BYTES:,} is the most; save it as "
            "one file with a larger max_shard_size, or note less in the metadata."
        )
    return data


def read_index(path: Path, *, extension: str = ".safetensors") -> Index:
    """Read and audit the index of a sharded checkpoint.

    Args:
        path (`Path`): The index file.
        extension (`str`): How the name of every shard ends.

    Returns:
        `Index`: Each shard is the plain name of a file beside the index, one that no system takes for anything else.

    Raises:
        SafetensorsParsingError: When the file is anything else; the message says what is wrong.
        OSError: When the file can not be read.
    """
    with path.open("rb") as file:
        return parse_index(file, str(path), extension=extension)


def parse_index(file: BinaryIO, name: str, *, extension: str = ".safetensors") -> Index:
    """Read and audit the index of a sharded checkpoint of which only a stream is at hand.

    Args:
        file (`BinaryIO`): The index file, at its beginning.
        name (`str`): What errors call it.
        extension (`str`): How the name of every shard ends.

    Raises:
        SafetensorsParsingError: When it is not a sound index; the message says what is wrong.
    """
    try:
        data = file.read(INDEX_MAX_BYTES + 1)
        if len(data) > INDEX_MAX_BYTES:
            raise Objection(f"it has more than {INDEX_MAX_BYTES:,} bytes, which is the most that is read")
        return _audited(strict_json.parse(data), extension)
    except Objection as objection:
        raise SafetensorsParsingError(
            f"{name!r} is not a sound index of a checkpoint: {objection}. Download it again, or save it anew."
        ) from None


def _audited(content: Any, extension: str) -> Index:
    if not isinstance(content, dict):
        raise Objection("it is not a JSON object")
    metadata = content.get("metadata") or {}
    weight_map = content.get("weight_map")
    if not isinstance(metadata, dict):
        raise Objection("its metadata is not an object")
    if not isinstance(weight_map, dict) or not weight_map:
        raise Objection("it has no weight_map, an object with the file of each tensor")
    if len(weight_map) > MAX_TENSORS:
        raise Objection(f"it names more than {MAX_TENSORS:,} tensors")
    _check_names(weight_map)
    for name in dict.fromkeys(weight_map.values()):
        _check_shard(name, extension)
    return Index(metadata, weight_map)


def _check_names(weight_map: dict[str, Any]) -> None:
    for name, file in weight_map.items():
        if not isinstance(file, str):
            raise Objection(f"the file of tensor {shorten(name)} is {shorten(file)}, and not a text")
        try:
            name.encode()  # half of a surrogate pair, written as an escape, is not a character
        except UnicodeEncodeError:
            raise Objection(f"tensor {shorten(name)} has a name that is not text") from None


def _check_shard(name: str, extension: str) -> None:
    if not name.endswith(extension):
        raise Objection(f"the file {shorten(name)} does not end in {extension!r}")
    if "/" in name:
        raise Objection(f"the file {shorten(name)} is not beside it")
    try:
        check_path(name)
    except (InvalidPathError, UnicodeEncodeError):
        raise Objection(f"{shorten(name)} can not be the name of a file beside it") from None
