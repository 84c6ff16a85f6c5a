"""A checkpoint's tensors, from one file or from several, under the names that a module asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor
from torch.nn.parameter import is_lazy

from anyhub.errors import (
    CheckpointMismatchError,
    CorruptFileError,
    EntryNotFoundError,
    HubError,
    SafetensorsParsingError,
    UnsupportedError,
)
from anyhub.formats.read_ahead import read_ahead
from anyhub.formats.safetensors import Header, read_header
from anyhub.formats.safetensors_writer import ALIGNMENT
from anyhub.formats.shards import Index, read_index
from anyhub.frameworks.pytorch.dtypes import NAMES
from anyhub.frameworks.pytorch.locations import CPU
from anyhub.frameworks.pytorch.notes import from_notes
from anyhub.frameworks.pytorch.subclasses import find_notes, restore
from anyhub.frameworks.pytorch.ties import find_ties
from anyhub.frameworks.pytorch.unpickling import check_records, is_mappable, unpickle

SAFETENSORS_EXTENSION = ".safetensors"

_LOADABLE = frozenset(NAMES.values())
_WORTH_MAPPING = 2**20  # bytes
_MOST_EXPANDED = 2**26  # bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a file, or several that an index lists, have for a module.

    Attributes:
        path (`Path`): The file, or the index.
        tensors (`dict[str, Tensor]`): On the CPU. No two share memory, but those that are one object.
        notes (`dict[str, str]`): The metadata: which name stands for which other, and state that is no tensor.
        is_mapped (`bool`): Whether tensors are the files themselves, read when they are looked at and never written to.
        locations (`frozenset[str]`): Where the tensors were saved, such as `"cuda:0"`.
        composed (`dict[str, Tensor]`): Tensors that stand for others, which `tensors` then lacks, as `answering` has
            made them.
    """

    path: Path
    tensors: dict[str, Any]
    notes: Mapping[str, str]
    is_mapped: bool
    locations: frozenset[str] = frozenset((CPU,))
    composed: Mapping[str, Tensor] = field(default_factory=dict)

    def answering(self, state: Mapping[str, Any], *, private: bool = False) -> Checkpoint:
        """Return this checkpoint with what the file has for a module under another name, or as a note.

        Args:
            state: The state of the module.
            private (`bool`): Whether tensors that stand for others are made of copies, as they are not copied later.

        Raises:
            CorruptFileError: When a note is not what a module's state is written as.
            UnsafeFileError: When a tensor is of a class that neither the module nor torch was told of.
        """
        whole = self._composed_like(state, private=private)
        found: dict[str, Any] = {}
        composed = dict(whole.composed)
        for name in state.keys() & self.notes.keys() - whole.tensors.keys() - composed.keys():
            kept = self.notes[name]
            if not isinstance(state[name], Tensor):
                found[name] = self._noted(name)
            elif kept in composed:
                composed[name] = composed[kept]
            elif kept in whole.tensors and (is_lazy(state[name]) or whole.tensors[kept].shape == state[name].shape):
                found[name] = whole.tensors[kept]
        return replace(whole, tensors={**whole.tensors, **found}, composed=composed)

    def _composed_like(self, state: Mapping[str, Any], *, private: bool) -> Checkpoint:
        """Return this checkpoint with the tensors that stand for others in place of what they are made of."""
        notes = find_notes(self.notes)
        if not notes:
            return self
        tensors = dict(self.tensors)
        composed = {}
        for name, note in notes.items():
            own = state.get(name)
            parts = {part: tensors.pop(part) for part in note.names(name) if part in tensors}
            if private:
                parts = {part: tensor.clone() for part, tensor in parts.items()}
            composed[name] = restore(name, note, parts, like=own if isinstance(own, Tensor) else None)
        return replace(self, tensors=tensors, composed=composed)

    def _noted(self, name: str) -> Any:
        try:
            return from_notes(self.notes, name)
        except HubError:
            raise
        except ValueError:
            raise CorruptFileError(
                f"{str(self.path)!r} has malformed JSON as the state {name!r}; download it again, or save it anew."
            ) from None

    @property
    def floating_dtype(self) -> torch.dtype | None:
        """The dtype of all floating-point tensors, or None when there are several, or none."""
        dtypes = {t.dtype for t in self.tensors.values() if isinstance(t, Tensor) and t.is_floating_point()}
        return dtypes.pop() if len(dtypes) == 1 else None


def is_index(weights: Path) -> bool:
    """Return whether a file is the index of a checkpoint in several files, by its name."""
    return weights.suffix == ".json"


def map_safetensors(weights: Path) -> Checkpoint:
    """Map safetensors files into memory, once their headers are known to be sound.

    Args:
        weights (`Path`): The file, or an index whose shards lie beside it. None of them may be shortened as long as
            their tensors are used.

    Raises:
        SafetensorsParsingError: When a file is not sound, or the index and the shards do not agree.
        EntryNotFoundError: When a shard is missing.
        UnsupportedError: When a tensor has a dtype that torch lacks.
    """
    if is_index(weights):
        return _gather(weights, read_index(weights, extension=SAFETENSORS_EXTENSION), _map_file)
    return _map_file(weights)


def _map_file(path: Path) -> Checkpoint:
    header = read_header(path)
    _check_dtypes(path, header)
    read_ahead(path)
    with safe_open(path, framework="pt") as file:
        tensors = {name: _aligned(file.get_tensor(name)) for name in header.tensors}
    return Checkpoint(path, tensors, header.metadata, is_mapped=True)


def _aligned(tensor: Tensor) -> Tensor:
    """Return a tensor with which the same sums round alike as in memory of its own, unless a copy would be large."""
    is_small = tensor.nbytes <= _WORTH_MAPPING
    return tensor.clone() if is_small and tensor.data_ptr() % ALIGNMENT else tensor


def _check_dtypes(path: Path, header: Header) -> None:
    if {info.dtype for info in header.tensors.values()} <= _LOADABLE:
        return
    name, info = next((name, info) for name, info in header.tensors.items() if info.dtype not in _LOADABLE)
    raise UnsupportedError(
        f"Tensor {name!r} of {str(path)!r} has the dtype {info.dtype}, which torch {torch.__version__} lacks; convert "
        "it with the library that wrote it."
    )


def read_pickle(weights: Path, *, weights_only: bool = True) -> Checkpoint:
    """Read the tensors of files of `torch.save`, running none of their code.

    Args:
        weights (`Path`): The file, or an index whose shards lie beside it. Files that torch has written since version
            1.6 are mapped into memory; none of them may be shortened as long as their tensors are used.
        weights_only (`bool`): False runs the code of the files.

    Raises:
        UnsafeFileError: When a file holds more than tensors and plain values.
        CorruptFileError: When a file is damaged, or is not a state dict, or the index and the shards do not agree.
        CheckpointMismatchError: When the tensors of a file are deeper in what it holds.
        EntryNotFoundError: When a shard is missing.
    """

    def read(path: Path) -> Checkpoint:
        return _read_pickle(path, weights_only=weights_only)

    if is_index(weights):
        extension = Path(weights.name.partition(".index.")[0]).suffix  # "model.pt.index.json" lists files of ".pt"
        return _gather(weights, read_index(weights, extension=extension), read)
    return read(weights)


def _read_pickle(path: Path, *, weights_only: bool) -> Checkpoint:
    locations: set[str] = set()
    stored = 0

    def stay_here(storage: Any, location: str) -> Any:
        nonlocal stored
        locations.add(location)
        stored += storage.nbytes()
        return storage

    state = unpickle(path, stay_here, weights_only=weights_only, mmap=True)
    check_records(path, stored)
    if not isinstance(state, Mapping) or not all(isinstance(name, str) for name in state):
        raise CorruptFileError(
            f"{str(path)!r} holds a {type(state).__name__}, not tensors by name; save module.state_dict() instead."
        )
    tensors = dict(state)
    plain = {name: value for name, value in tensors.items() if isinstance(value, Tensor)}
    if key := next((name for name, value in tensors.items() if not plain and _has_tensors(value)), None):
        raise CheckpointMismatchError(
            f"{str(path)!r} holds more than one state, and no tensors but those under {key!r}; load these by "
            f"model.load_state_dict(load_state_dict_from_file({path.name!r})[{key!r}]), and save the model again."
        )
    if empty := next((name for name, value in plain.items() if value.is_meta), None):
        raise CorruptFileError(
            f"{str(path)!r} has no values for {empty!r}, which was on the meta device; save a model that was loaded."
        )
    ties = find_ties(plain)
    for name in {*ties.entangled, *(tie.name for tie in ties.views)}:
        tensors[name] = _copied(path, name, tensors[name])
    return Checkpoint(path, tensors, {}, is_mappable(path), frozenset(locations))


def _copied(path: Path, name: str, tensor: Tensor) -> Tensor:
    """Return a tensor in memory of its own, which a few bytes of a file can not ask for without end."""
    held = tensor.untyped_storage().nbytes()
    if tensor.nbytes > max(held, _MOST_EXPANDED):
        raise CorruptFileError(
            f"{str(path)!r} spreads {held:,} bytes over the {tensor.nbytes:,} of {name!r}; save that tensor with "
            ".contiguous()."
        )
    return tensor.clone()


def _has_tensors(value: object) -> bool:
    return isinstance(value, Mapping) and any(isinstance(inner, Tensor) for inner in value.values())


def _gather(path: Path, index: Index, read: Callable[[Path], Checkpoint]) -> Checkpoint:
    """Bring the tensors of all shards together, each of which is where the index says."""
    _check_presence(path, index)
    tensors: dict[str, Any] = {}
    notes = {name: value for name, value in index.metadata.items() if isinstance(value, str)}
    shards = {file: read(path.with_name(file)) for file in index.files}
    for file, shard in shards.items():
        for name in shard.tensors:
            if name in tensors:
                raise _disagreement(path, f"two of its shards have tensor {name!r}, {file!r} and another")
            if index.weight_map.get(name, file) != file:
                raise _disagreement(path, f"{file!r} has tensor {name!r}, which belongs to {index.weight_map[name]!r}")
        tensors |= shard.tensors
        notes |= shard.notes
    for name, file in index.weight_map.items():
        if name not in tensors and notes.get(name) not in tensors:
            raise _disagreement(path, f"it has tensor {name!r} in {file!r}, where it is not")
    locations = frozenset[str]().union(*(shard.locations for shard in shards.values()))
    return Checkpoint(path, tensors, notes, any(shard.is_mapped for shard in shards.values()), locations)


def _check_presence(path: Path, index: Index) -> None:
    for file in index.files:
        if not path.with_name(file).is_file():
            raise EntryNotFoundError(
                f"{file!r}, which {str(path)!r} lists, is not beside it; download all files of the checkpoint again."
            )


def _disagreement(path: Path, what: str) -> SafetensorsParsingError:
    return SafetensorsParsingError(
        f"{str(path)!r} does not fit its shards: {what}. Download them again, or save them anew."
    )
