"""A file's tensors, under the names that a module asks for."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor
from torch.nn.parameter import is_lazy

from anyhub.errors import CorruptFileError, UnsafeFileError
from anyhub.formats.read_ahead import read_ahead
from anyhub.formats.safetensors import read_header
from anyhub.frameworks.pytorch.saving import from_notes
from anyhub.frameworks.pytorch.ties import find_ties


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a file has for a module.

    Attributes:
        path (`Path`): The file.
        tensors (`dict[str, Tensor]`): On the CPU. No two share memory, but those that are one object.
        notes (`dict[str, str]`): The metadata: which name stands for which other, and state that is no tensor.
        is_mapped (`bool`): Whether the tensors are the file itself, read when they are looked at and never written to.
    """

    path: Path
    tensors: dict[str, Any]
    notes: Mapping[str, str]
    is_mapped: bool

    def answering(self, state: Mapping[str, Any]) -> Checkpoint:
        """Return this checkpoint with what the file has for a module under another name, or as a note.

        Args:
            state: The state of the module.

        Raises:
            CorruptFileError: When a note is not what a module's state is written as.
        """
        found: dict[str, Any] = {}
        for name in state.keys() & self.notes.keys() - self.tensors.keys():
            kept = self.tensors.get(self.notes[name])
            if not isinstance(state[name], Tensor):
                found[name] = self._noted(name)
            elif kept is not None and (is_lazy(state[name]) or kept.shape == state[name].shape):
                found[name] = kept
        return replace(self, tensors={**self.tensors, **found})

    def _noted(self, name: str) -> Any:
        try:
            return from_notes(self.notes, name)
        except ValueError:
            raise CorruptFileError(
                f"{str(self.path)!r} has malformed JSON as the state {name!r}; download it again, or save it anew."
            ) from None

    @property
    def floating_dtype(self) -> torch.dtype | None:
        """The dtype of all floating-point tensors, or None when there are several, or none."""
        dtypes = {t.dtype for t in self.tensors.values() if isinstance(t, Tensor) and t.is_floating_point()}
        return dtypes.pop() if len(dtypes) == 1 else None


def map_safetensors(path: Path) -> Checkpoint:
    """Map a safetensors file into memory, once its header is known to be sound.

    Args:
        path (`Path`): The file. It must not be shortened as long as its tensors are used.

    Raises:
        CorruptFileError: When it is not a sound safetensors file.
    """
    header = read_header(path)
    read_ahead(path)
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in header.tensors}
    return Checkpoint(path, tensors, header.metadata, is_mapped=True)


def read_pickle(path: Path) -> Checkpoint:
    """Read the tensors of a file of `torch.save`, running none of its code.

    Raises:
        UnsafeFileError: When it holds more than tensors and plain values.
        CorruptFileError: When it is damaged, or is not a state dict.
    """
    state = _unpickle(path)
    if not isinstance(state, Mapping) or not all(isinstance(name, str) for name in state):
        raise CorruptFileError(
            f"{str(path)!r} holds a {type(state).__name__}, not tensors by name; save module.state_dict() instead."
        )
    tensors = dict(state)
    ties = find_ties({name: value for name, value in tensors.items() if isinstance(value, Tensor)})
    for name in {*ties.entangled, *(tie.name for tie in ties.views)}:
        tensors[name] = tensors[name].clone()
    return Checkpoint(path, tensors, {}, is_mapped=False)


def _unpickle(path: Path) -> Any:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise UnsafeFileError(
            f"{str(path)!r} was not read: it holds more than tensors, or is damaged "
            f"({_first_line(error)}). Ask for a safetensors file, or make one where you trust this file."
        ) from error
    except (RuntimeError, EOFError, KeyError, IndexError) as error:
        raise CorruptFileError(
            f"{str(path)!r} is not a sound file of torch.save ({_first_line(error)}). Download it again."
        ) from error


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
