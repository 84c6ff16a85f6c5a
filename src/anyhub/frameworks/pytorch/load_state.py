"""Checkpoints that are loaded by name into what exists already, and state dicts that are read by themselves."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import _IncompatibleKeys
from torch.nn.parameter import is_lazy

from anyhub.constants import PYTORCH_WEIGHTS_FILE_PATTERN, SAFETENSORS_WEIGHTS_FILE_PATTERN
from anyhub.errors import CheckpointMismatchError, EntryNotFoundError, OtherFrameworkError, ValidationError
from anyhub.formats.shards import file_name
from anyhub.frameworks.pytorch.checkpoints import (
    SAFETENSORS_EXTENSION,
    Checkpoint,
    is_index,
    map_safetensors,
    read_pickle,
)
from anyhub.frameworks.pytorch.coverage import listed
from anyhub.frameworks.pytorch.filling import refill_module, state_of, swap
from anyhub.frameworks.pytorch.locations import CPU, MapLocation, device_of, for_torch
from anyhub.frameworks.pytorch.unpickling import unpickle

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger(__name__)

_FORMATS = ("pt", "mlx")


def load_torch_model(
    model: nn.Module,
    checkpoint_path: str | os.PathLike[str],
    *,
    strict: bool = False,
    safe: bool = True,
    weights_only: bool = True,
    map_location: MapLocation = None,
    mmap: bool = False,
    filename_pattern: str | None = None,
) -> _IncompatibleKeys:
    """Load a checkpoint, in one file or in several, into a model.

    The model's parameters and buffers stay the objects that they are, on their devices and with their dtypes, so an
    optimizer that holds them keeps working. Those on the meta device are given memory. Tensor by tensor is copied from
    mapped files, so no more memory is taken than the model has.

    Args:
        model (`torch.nn.Module`): What to load into.
        checkpoint_path (`str` or `os.PathLike`): A file, which is read as its name says; an index, whose shards lie
            beside it; or a folder with the files that ``filename_pattern`` tells, or with a single file of weights.
        strict (`bool`): Whether to refuse a checkpoint that lacks tensors of the model, or has others.
        safe (`bool`): Whether to look for safetensors files only, in a folder; when False, for pickled ones where there
            are none.
        weights_only (`bool`): Whether to run none of the code of a pickled file. With False, the file can do anything.
        map_location: Where parameters that are on the meta device get their memory, in any form that `torch.load`
            takes; all others stay where they are. None is the CPU.
        mmap (`bool`): Whether parameters on the CPU get the memory of the mapped files where their dtypes are the same,
            without copying. The files must then not be shortened as long as the model is used.
        filename_pattern (`str`, *optional*): The names of the files, such as ``"model{suffix}.safetensors"``, which is
            the default.

    Returns:
        `missing_keys` and `unexpected_keys`, as of `torch.nn.Module.load_state_dict`. A name that is tied to one that
        the checkpoint has is not missing.

    Raises:
        EntryNotFoundError: When the path, or a shard, does not exist.
        ValidationError: When ``model`` is no module, the folder has no checkpoint, or the pattern is not for
            safetensors files, and ``safe``.
        CheckpointMismatchError: When shapes differ, or names when strict; when no name is the same; or when a tensor on
            the meta device would get no values. What fits may have been loaded by then.
        OtherFrameworkError: When a safetensors file says that another framework has written it.
        UnsafeFileError, CorruptFileError: When a file is unsafe or damaged.
    """
    if not isinstance(model, nn.Module):
        raise ValidationError(
            f"load_torch_model loads into a torch.nn.Module, not a {type(model).__name__}; use "
            "load_state_dict_from_file for tensors by name."
        )
    path = _find(Path(checkpoint_path), filename_pattern, safe=safe)
    checkpoint = _open(path, weights_only=weights_only)
    _give_memory(model, checkpoint, _real_device(map_location, checkpoint.locations))
    coverage = refill_module(model, checkpoint, mapped=mmap).coverage
    coverage.check(strict=strict)
    return _IncompatibleKeys([*coverage.missing], [*coverage.unexpected])


def load_state_dict_from_file(
    checkpoint_file: str | os.PathLike[str],
    map_location: MapLocation = None,
    weights_only: bool = True,
    mmap: bool = False,
    *,
    safe: bool = False,
) -> Any:
    """Return the tensors of a file by their names, or whatever else a pickled file holds.

    Args:
        checkpoint_file (`str` or `os.PathLike`): The file. One whose name ends in ``.safetensors`` is read as that and
            as nothing else, damaged or not.
        map_location: Where the tensors are to be, in any form that `torch.load` takes. Those of a safetensors file can
            not be on the meta device, and are on the CPU then, as with None.
        weights_only (`bool`): Whether to run none of the code of a pickled file. With False, the file can do anything.
        mmap (`bool`): Whether a pickled file is mapped into memory, where its format allows that. Safetensors files
            always are.
        safe (`bool`): Whether to read the file as safetensors whatever its name. False, as ``weights_only`` already
            keeps a pickled file from running code.

    Returns:
        `dict[str, Tensor]` for a safetensors file: the names that stand in it, without those that are tied to them.

    Raises:
        EntryNotFoundError: When there is no such file.
        SafetensorsParsingError: When a safetensors file is not sound.
        OtherFrameworkError: When a safetensors file says that another framework has written it.
        UnsafeFileError, CorruptFileError: When a pickled file holds more than tensors and plain values, or is damaged.
        ValidationError: When ``map_location`` is none.
    """
    path = Path(checkpoint_file)
    if not path.is_file():
        raise EntryNotFoundError(f"No checkpoint file found at {str(path)!r}; check the path, or download the file.")
    if not (safe or _is_safetensors(path)):
        return unpickle(path, for_torch(map_location), weights_only=weights_only, mmap=mmap)
    device = _real_device(map_location)
    checkpoint = _of_torch(map_safetensors(path)).answering({})
    tensors = {**checkpoint.tensors, **checkpoint.composed}
    return {name: tensor.to(device) for name, tensor in tensors.items()}


def _open(path: Path, *, weights_only: bool) -> Checkpoint:
    return _of_torch(map_safetensors(path)) if _is_safetensors(path) else read_pickle(path, weights_only=weights_only)


def _is_safetensors(path: Path) -> bool:
    """Return whether a file, or the files that an index lists, are safetensors, by the name."""
    name = path.name.lower()
    return name.endswith(SAFETENSORS_EXTENSION) or (is_index(path) and f"{SAFETENSORS_EXTENSION}." in name)


def _of_torch(checkpoint: Checkpoint) -> Checkpoint:
    format = checkpoint.notes.get("format", _FORMATS[0])
    if format not in _FORMATS:
        raise OtherFrameworkError(
            f"{str(checkpoint.path)!r} has weights of the format {format!r}, not of torch ('pt'); convert them with "
            "the library that wrote them, and save them with save_torch_model."
        )
    return checkpoint


def _real_device(map_location: MapLocation, locations: frozenset[str] = frozenset((CPU,))) -> torch.device:
    device = device_of(map_location, locations)
    if device.type != "meta":
        return device
    logger.warning("Tensors on the meta device have no values; those of the checkpoint are loaded on the CPU.")
    return torch.device(CPU)


# Which file


def _find(path: Path, pattern: str | None, *, safe: bool) -> Path:
    if path.is_dir():
        return _find_in(path, _kinds(pattern, safe=safe))
    if path.exists():
        return path
    raise EntryNotFoundError(f"Checkpoint path {str(path)!r} does not exist; check it, or download the checkpoint.")


def _kinds(pattern: str | None, *, safe: bool) -> list[tuple[str, str]]:
    """Return which files to look for, in which order: a pattern for their names, and how any such name ends."""
    if pattern is not None and not pattern.endswith(SAFETENSORS_EXTENSION):
        if not safe:
            return [(pattern, Path(pattern).suffix)]
        raise ValidationError(
            f"filename_pattern={pattern!r} is not for safetensors files; pass safe=False to load pickled ones."
        )
    kinds = [(pattern or SAFETENSORS_WEIGHTS_FILE_PATTERN, SAFETENSORS_EXTENSION)]
    return kinds if safe else [*kinds, (PYTORCH_WEIGHTS_FILE_PATTERN, ".bin")]


def _find_in(folder: Path, kinds: list[tuple[str, str]]) -> Path:
    for pattern, extension in kinds:
        single = folder / file_name(pattern)
        for named in (single.with_name(f"{single.name}.index.json"), single):
            if named.is_file():
                return named
        if len(others := _ending(folder, extension)) == 1:
            return others[0]
    found = ", ".join(repr(path.name) for _, extension in kinds for path in _ending(folder, extension))
    pickled = [] if any(extension == ".bin" for _, extension in kinds) else _ending(folder, ".bin")
    advice = f"pass safe=False to load {pickled[0].name!r}" if pickled else "give the path of the file"
    raise ValidationError(
        f"Directory {str(folder)!r} does not contain a valid checkpoint: it has neither {file_name(kinds[0][0])!r} nor "
        f"its index, and not exactly one other file of weights ({found or 'it has none'}); {advice}."
    )


def _ending(folder: Path, extension: str) -> list[Path]:
    return sorted(path for path in folder.glob(f"*{extension}") if path.is_file())


# Tensors without memory


def _give_memory(module: nn.Module, checkpoint: Checkpoint, device: torch.device) -> None:
    """Give each tensor of a module that is on the meta device memory, which the checkpoint is then copied to.

    Raises:
        CheckpointMismatchError: When the checkpoint has no values for one; nothing was changed then.
    """
    on_meta = {id(tensor): (name, tensor) for name, tensor in _named_tensors(module) if tensor.is_meta}
    if not on_meta:
        return
    state = state_of(module)
    answered = checkpoint.answering(state)
    filled = _filled_ids(state, answered)
    if lacking := [name for key, (name, _) in on_meta.items() if key not in filled]:
        raise CheckpointMismatchError(
            f"{str(checkpoint.path)!r} has no values for {listed(lacking)} of {type(module).__name__}, which would "
            "stay on the meta device; build the model elsewhere."
        )
    for _, tensor in on_meta.values():
        swap(tensor, torch.empty_like(tensor, device=device).as_subclass(type(tensor)))


def _filled_ids(state: Mapping[str, Any], checkpoint: Checkpoint) -> set[int]:
    return {id(state[name]) for name in state.keys() & {*checkpoint.tensors, *checkpoint.composed}}


def _named_tensors(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    every = chain(module.named_parameters(), module.named_buffers())
    return ((name, tensor) for name, tensor in every if not is_lazy(tensor))
