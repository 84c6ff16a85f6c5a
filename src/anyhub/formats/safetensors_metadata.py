"""What safetensors files say of themselves, as a whole: their tensors, their notes, and parameters counted by dtype."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyhub.constants import SAFETENSORS_INDEX_FILE, SAFETENSORS_SINGLE_FILE
from anyhub.errors import NotASafetensorsRepoError
from anyhub.formats.presence import require_file
from anyhub.formats.safetensors import TensorInfo, read_header
from anyhub.formats.shards import read_index

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable

    from anyhub.formats.safetensors import Header
    from anyhub.formats.shards import Index


@dataclass(frozen=True, slots=True)
class SafetensorsFileMetadata:
    """What one safetensors file says of itself.

    Attributes:
        metadata (`dict[str, str]`): Whatever its writer noted.
        tensors (`dict[str, TensorInfo]`): Its tensors by name.
    """

    metadata: dict[str, str]
    tensors: dict[str, TensorInfo]

    @classmethod
    def of(cls, header: Header) -> SafetensorsFileMetadata:
        """Return what a header says."""
        return cls(header.metadata, header.tensors)

    @property
    def parameter_count(self) -> dict[str, int]:
        """How many elements its tensors have, by their dtype."""
        counts: Counter[str] = Counter()
        for tensor in self.tensors.values():
            counts[tensor.dtype] += tensor.parameter_count
        return dict(counts)


@dataclass(frozen=True, slots=True)
class SafetensorsRepoMetadata:
    """What the weights of a repository or a folder say of themselves.

    Attributes:
        metadata (`dict[str, Any]`, *optional*): What the index of a sharded checkpoint notes, such as `total_size` in
            bytes; None for a single file.
        sharded (`bool`): Whether there are several files, and an index.
        weight_map (`dict[str, str]`): The file of each tensor, by the tensor's name.
        files_metadata (`dict[str, SafetensorsFileMetadata]`): What each file says, by its name.
    """

    metadata: dict[str, Any] | None
    sharded: bool
    weight_map: dict[str, str]
    files_metadata: dict[str, SafetensorsFileMetadata]

    @classmethod
    def of_file(cls, name: str, metadata: SafetensorsFileMetadata) -> SafetensorsRepoMetadata:
        """Return what a checkpoint of one file says."""
        return cls(None, False, dict.fromkeys(metadata.tensors, name), {name: metadata})

    @classmethod
    def of_shards(cls, index: Index, read: Callable[[str], SafetensorsFileMetadata]) -> SafetensorsRepoMetadata:
        """Return what a sharded checkpoint says, reading one file after the other."""
        return cls(index.metadata, True, index.weight_map, {name: read(name) for name in index.files})

    @property
    def parameter_count(self) -> dict[str, int]:
        """How many elements the tensors have, by their dtype."""
        counts: Counter[str] = Counter()
        for file in self.files_metadata.values():
            counts.update(file.parameter_count)
        return dict(counts)


def parse_local_safetensors_file_metadata(path: str | os.PathLike[str]) -> SafetensorsFileMetadata:
    """Return what a safetensors file says of itself; no more than its header is read.

    Args:
        path (`str` or `PathLike`): The file.

    Raises:
        SafetensorsParsingError: When it is not a sound safetensors file; the message says what is wrong.
        EntryNotFoundError: When there is no such file; names the nearest.
        ValidationError: When it is a folder.
        OSError: When it can not be read.

    Example::

        >>> parse_local_safetensors_file_metadata("model.safetensors").parameter_count
        {'F32': 262144}
    """
    return SafetensorsFileMetadata.of(read_header(require_file(Path(path))))


def get_local_safetensors_metadata(path: str | os.PathLike[str]) -> SafetensorsRepoMetadata:
    """Return what the weights in a folder say of themselves; no more than the headers is read.

    Args:
        path (`str` or `PathLike`): A folder with a ``model.safetensors``, or else with a
            ``model.safetensors.index.json`` and the shards that it names; or a safetensors file.

    Raises:
        NotASafetensorsRepoError: When the folder has neither.
        SafetensorsParsingError: When a file or the index is not sound; the message says what is wrong.
        EntryNotFoundError: When there is no such file or folder, or a shard is missing.
        OSError: When a file can not be read.

    Example::

        >>> get_local_safetensors_metadata("path/to/model").parameter_count
        {'BF16': 559214592}
    """
    place = Path(path)
    file = place / SAFETENSORS_SINGLE_FILE if place.is_dir() else place
    index = place / SAFETENSORS_INDEX_FILE
    if not place.is_dir() or file.is_file():
        return SafetensorsRepoMetadata.of_file(file.name, parse_local_safetensors_file_metadata(file))
    if not index.is_file():
        raise not_a_safetensors_repo(str(place), (file.name for file in place.iterdir()))
    return SafetensorsRepoMetadata.of_shards(
        read_index(index), lambda name: parse_local_safetensors_file_metadata(place / name)
    )


def not_a_safetensors_repo(name: str, files: Iterable[str]) -> NotASafetensorsRepoError:
    """Return the error for weights that are not where they are looked for.

    Args:
        name (`str`): The folder or the repository.
        files: The paths of the files that are there.
    """
    others = sorted(file for file in files if file.endswith(".safetensors"))
    advice = f"name the file, such as {others[0]!r}" if others else "save the model to it as safetensors"
    return NotASafetensorsRepoError(
        f"{name!r} has neither {SAFETENSORS_SINGLE_FILE!r} nor {SAFETENSORS_INDEX_FILE!r}; {advice}."
    )
