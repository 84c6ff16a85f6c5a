"""A state that is known to fit into safetensors files, and how these are written."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn.parameter import is_lazy

from anyhub import files
from anyhub.errors import UnsupportedError, ValidationError
from anyhub.formats import safetensors_writer
from anyhub.formats.safetensors_writer import TensorSource
from anyhub.formats.shards import (
    Index,
    StateDictSplit,
    encode_index,
    file_name,
    split_state_dict_into_shards_factory,
)
from anyhub.frameworks.pytorch.dtypes import NAMES, PACKED
from anyhub.frameworks.pytorch.notes import to_note
from anyhub.frameworks.pytorch.subclasses import flatten, gathered, is_distributed
from anyhub.frameworks.pytorch.ties import find_ties, find_twins, is_wrapper

if TYPE_CHECKING:
    from pathlib import Path

_FORMAT = {"format": "pt"}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A state that is known to fit into safetensors files, yet to be written.

    Attributes:
        sources: What to write for each tensor: itself, or those that it stands for, which stay in one file.
        notes (`dict[str, str]`): How tensors that stand for others are made, and state that is no tensor, by name.
        same_as (`dict[str, str]`): The name that is stored, by each name of the same tensor that is not.
        distributed (`frozenset[str]`): The sources that all processes have to read, by name.
    """

    sources: dict[str, tuple[TensorSource, ...]]
    notes: dict[str, str]
    same_as: dict[str, str]
    distributed: frozenset[str]

    def plan(self, pattern: str, max_shard_size: int | str) -> StateDictSplit:
        """Decide which tensor goes into which file; there is one file for no tensors.

        Raises:
            ValidationError: As `split_state_dict_into_shards_factory` does.
        """
        plan = split_state_dict_into_shards_factory(
            self.sources,
            get_storage_size=lambda sources: sum(source.size for source in sources),
            filename_pattern=pattern,
            max_shard_size=max_shard_size,
        )
        return plan if plan.filename_to_tensors else StateDictSplit(plan.metadata, {file_name(pattern): []}, {})

    def write(self, folder: Path, plan: StateDictSplit, index: str, metadata: Mapping[str, str]) -> None:
        """Write the files of a plan into a folder.

        Args:
            folder (`Path`): Must exist, and not hold such files yet.
            plan (`StateDictSplit`): From `plan`.
            index (`str`): The name of the index, which is written when there are several files.
            metadata (`Mapping[str, str]`): What the caller notes, in the only file or else in the index. What it says
                of a name that is not stored is kept.

        Raises:
            ValidationError: When the names and notes are more than a file or an index may have.
            FileExistsError, DiskFullError, ReadOnlyError: When a file can not be created or written.
        """
        of_all = {**self.same_as, **metadata}
        loose = {name: note for name, note in self.notes.items() if name not in self.sources}
        for file, names in plan.filename_to_tensors.items():
            notes = {name: self.notes[name] for name in names if name in self.notes}
            given = {} if plan.is_sharded else of_all
            safetensors_writer.write(folder / file, self._of(names), {**_FORMAT, **given, **loose, **notes})
            loose = {}
        if plan.is_sharded:
            files.write(folder / index, encode_index(self._index(plan, of_all)))

    def _of(self, names: Collection[str]) -> Iterator[TensorSource]:
        return (source for name in names for source in self.sources[name])

    def _index(self, plan: StateDictSplit, metadata: Mapping[str, str]) -> Index:
        files_of = {
            source.name: file for name, file in plan.tensor_to_filename.items() for source in self.sources[name]
        }
        return Index({**plan.metadata, **metadata}, files_of)

    def take_part(self, plan: StateDictSplit) -> None:
        """Do what all processes have to when one of them writes: gather what is distributed, in the same order."""
        for names in plan.filename_to_tensors.values():
            for source in safetensors_writer.lay_out(self._of(names)):
                if source.name in self.distributed:
                    source.read()


def prepare(state: Mapping[str, Any], *, discarded: Collection[str] = (), keep_views: bool = False) -> Prepared:
    """Make out what is to be written for a state.

    Args:
        state: Tensors by name, and other values that a module has in its state.
        discarded: Names that are not stored where the same tensor has another.
        keep_views (`bool`): Whether slices and transposes of a stored tensor are stored too, for readers who do not
            have the module that would make them.

    Raises:
        ValidationError: When a name is not a text.
        UnsupportedError: When a safetensors file can not hold something; names it.
    """
    tensors = {_named(name): _whole(name, value) for name, value in state.items() if isinstance(value, Tensor)}
    notes = {_named(name): to_note(name, value) for name, value in state.items() if not isinstance(value, Tensor)}
    same_as, views = _shared(tensors, discarded)
    left_out = same_as.keys() if keep_views else same_as.keys() | views
    sources: dict[str, tuple[TensorSource, ...]] = {}
    for name, tensor in tensors.items():
        if name not in left_out:
            sources[name], note = _sources(name, tensor)
            if note:
                notes[name] = note
    if taken := _FORMAT.keys() & notes.keys():
        raise ValidationError(
            f"No state may be called {taken.pop()!r}, which has a meaning in the metadata; rename it."
        )
    return Prepared(sources, notes, same_as, frozenset(name for name in sources if is_distributed(tensors[name])))


def _shared(tensors: Mapping[str, Tensor], discarded: Collection[str]) -> tuple[dict[str, str], set[str]]:
    """Return the names of tensors that are another one, with the name of that, and those of slices and transposes."""
    views = find_ties(tensors, discarded=discarded).views
    same_as = {tie.name: tie.base for tie in views if tie.is_whole} | find_twins(tensors, discarded)
    for name in _FORMAT.keys() & same_as.keys():
        del same_as[name]  # it can not be noted, so it is stored
    return same_as, {tie.name for tie in views if not tie.is_whole}


def _named(name: object) -> str:
    if not isinstance(name, str):
        raise ValidationError(f"{name!r} can not be the name of a tensor; names are texts.")
    return name


def _whole(name: str, tensor: Tensor) -> Tensor:
    """Return a tensor that can be looked at, gathered when it is not made of plain parts."""
    if is_lazy(tensor):
        raise _refusal(
            name, "it has no shape before the model is used for the first time; call the model once, then save it"
        )
    if is_distributed(tensor) and is_wrapper(tensor.to_local()):  # type: ignore[attr-defined]
        return gathered(tensor)
    return tensor


def _sources(name: str, tensor: Tensor) -> tuple[tuple[TensorSource, ...], str | None]:
    """Return what is written for a tensor, and the note that goes with it."""
    flat = None if is_distributed(tensor) else flatten(name, tensor)
    if flat is None:
        return (_source(name, tensor),), None
    return tuple(_source(part, inner) for part, inner in flat.tensors.items()), flat.note


def _source(name: str, tensor: Tensor) -> TensorSource:
    if objection := _objection(tensor):
        raise _refusal(name, objection)
    dtype, shape = NAMES[tensor.dtype], tuple(tensor.shape)
    if packed := PACKED.get(dtype):
        shape = (*shape[:-1], *(length * packed for length in shape[-1:]))
    return TensorSource(name, dtype, shape, partial(_to_bytes, tensor))


def _refusal(name: str, objection: str) -> UnsupportedError:
    return UnsupportedError(f"Tensor {name!r} can not be saved: {objection}.")


def _objection(tensor: Tensor) -> str | None:
    """Say why a tensor can not be saved and what to do, or None."""
    if tensor.is_meta:
        return "it is on the meta device and has no values; load or initialise the model, then save it"
    if tensor.layout != torch.strided:
        return f"its layout is {tensor.layout}; turn it into an ordinary tensor with .to_dense()"
    if tensor.dtype not in NAMES:
        return f"safetensors files have no {tensor.dtype}; convert it to another dtype"
    if sys.byteorder != "little":
        return "this machine is big-endian; save the model on another one"
    return None


def _to_bytes(tensor: Tensor) -> memoryview:
    """Return a tensor's bytes on this side of the bus, without copying those that are here and in order."""
    whole = gathered(tensor)
    with torch._C.DisableTorchFunctionSubclass():
        here = whole.detach().cpu().resolve_conj().resolve_neg().contiguous()
        return here.reshape(-1).view(torch.uint8).numpy().data
