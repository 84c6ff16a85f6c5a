"""A state dict, saved to a folder in place of the checkpoint that was there."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from anyhub import files, folders
from anyhub.constants import PYTORCH_WEIGHTS_FILE_PATTERN, SAFETENSORS_WEIGHTS_FILE_PATTERN
from anyhub.errors import ValidationError
from anyhub.formats.shards import MAX_SHARD_SIZE, Index, StateDictSplit, encode_index, file_name
from anyhub.frameworks.pytorch.prepared import prepare
from anyhub.frameworks.pytorch.saving import index_name
from anyhub.frameworks.pytorch.storages import split_torch_state_dict_into_shards
from anyhub.frameworks.pytorch.subclasses import gathered
from anyhub.frameworks.pytorch.ties import is_wrapper

if TYPE_CHECKING:
    from torch import nn
    from typing_extensions import Buffer

    from anyhub.writing import FileWriter

logger = logging.getLogger(__name__)

_DEFAULT_PATTERNS = (SAFETENSORS_WEIGHTS_FILE_PATTERN, PYTORCH_WEIGHTS_FILE_PATTERN)
_MOST_NAMED = 10


def save_torch_model(
    model: nn.Module,
    save_directory: str | os.PathLike[str],
    *,
    filename_pattern: str | None = None,
    force_contiguous: bool = True,
    max_shard_size: int | str = MAX_SHARD_SIZE,
    metadata: dict[str, str] | None = None,
    safe_serialization: bool = True,
    is_main_process: bool = True,
    shared_tensors_to_discard: list[str] | None = None,
) -> None:
    """Save the state of a module to a folder: `save_torch_state_dict` of its ``state_dict()``.

    What was saved there before without a pattern of its own is replaced, pickled or not: what is in the folder is one
    checkpoint.

    Args:
        model (`torch.nn.Module`): Any module.
        save_directory, filename_pattern, force_contiguous, max_shard_size, metadata, safe_serialization,
            is_main_process, shared_tensors_to_discard: As for `save_torch_state_dict`.

    Raises:
        ValidationError: When ``model`` is no module; else as `save_torch_state_dict` does.
        UnsupportedError, DiskFullError, ReadOnlyError: As `save_torch_state_dict` does.
    """
    if isinstance(model, Mapping) or not hasattr(model, "state_dict"):
        raise ValidationError(
            f"save_torch_model saves a torch.nn.Module, not a {type(model).__name__}; use save_torch_state_dict for "
            "tensors by name."
        )
    save_torch_state_dict(
        state_dict=model.state_dict(),
        save_directory=save_directory,
        filename_pattern=filename_pattern,
        force_contiguous=force_contiguous,
        max_shard_size=max_shard_size,
        metadata=metadata,
        safe_serialization=safe_serialization,
        is_main_process=is_main_process,
        shared_tensors_to_discard=shared_tensors_to_discard,
    )


def save_torch_state_dict(
    state_dict: Mapping[str, Any],
    save_directory: str | os.PathLike[str],
    *,
    filename_pattern: str | None = None,
    force_contiguous: bool = True,
    max_shard_size: int | str = MAX_SHARD_SIZE,
    metadata: Mapping[str, str] | None = None,
    safe_serialization: bool = True,
    is_main_process: bool = True,
    shared_tensors_to_discard: Collection[str] | None = None,
) -> None:
    """Save a state dict to a folder, in as many files as its size asks for, and all of it or nothing.

    The checkpoint that was there is replaced in one step, and every other file stays. Without a pattern that is the one
    in files of either default name, so that a folder never has an older ``model.safetensors`` beside a newer
    ``pytorch_model.bin``, or the other way round; with a pattern it is the one in files of that pattern alone. When
    anything fails, a full disk included, the old checkpoint is as it was.

    Args:
        state_dict: Tensors by name; left as it is. Tensors that share memory are stored once, and the metadata tells
            which name stands for which. Distributed tensors are gathered one at a time. Other values are stored in
            the metadata as JSON.
        save_directory (`str` or `os.PathLike`): The folder; made when it is missing.
        filename_pattern (`str`, *optional*): The names of the files, with ``{suffix}`` where the number goes;
            ``"model{suffix}.safetensors"``, or ``"pytorch_model{suffix}.bin"`` without safe serialization.
        force_contiguous (`bool`): Whether tensors whose elements are not in order are written in order, which takes the
            memory of one tensor at a time; else they are refused.
        max_shard_size (`int` or `str`): The most bytes of tensors in one file, as a number or a text such as ``"5GB"``.
            A larger tensor gets a file of its own.
        metadata (`Mapping[str, str]`, *optional*): What to note: in the file, or in the index when there are several.
        safe_serialization (`bool`): Whether to write safetensors; else files of `torch.save`.
        is_main_process (`bool`): Whether to write. All processes of a distributed model have to call this, to gather
            its tensors, and one of them writes.
        shared_tensors_to_discard (`Collection[str]`, *optional*): Of names with the same memory, those not to store;
            the first of the others in alphabetical order is stored.

    Raises:
        ValidationError: When an argument is not what is described here, or tensors have to be in order and are not;
            names them.
        UnsupportedError: When a safetensors file can not hold something; names it.
        DiskFullError, ReadOnlyError: When the disk refuses.
    """
    if not isinstance(state_dict, Mapping):
        raise ValidationError(
            f"save_torch_state_dict saves tensors by name, not a {type(state_dict).__name__}; use save_torch_model for "
            "a torch.nn.Module."
        )
    pattern = _pattern(filename_pattern, safe=safe_serialization)
    stale = belongs_to(*((pattern,) if filename_pattern else _DEFAULT_PATTERNS))
    _check_metadata(metadata or {})
    folder = Path(save_directory)
    if not safe_serialization:
        pickles = _Pickles(state_dict, pattern, max_shard_size)
        if is_main_process:
            pickles.save(folder, stale, metadata or {})
        return
    if not force_contiguous:
        _check_contiguous(state_dict)
    prepared = prepare(state_dict, discarded=shared_tensors_to_discard or (), keep_views=True)
    plan = prepared.plan(pattern, max_shard_size)
    if not is_main_process:
        prepared.take_part(plan)
        return
    with folders.saving(folder, stale=stale) as staging:
        prepared.write(staging, plan, index_name(pattern), metadata or {})
    _tell(plan, folder)


def _pattern(given: str | None, *, safe: bool) -> str:
    pattern = given or (SAFETENSORS_WEIGHTS_FILE_PATTERN if safe else PYTORCH_WEIGHTS_FILE_PATTERN)
    name = file_name(pattern)
    if Path(name).name != name or "\\" in name:
        raise ValidationError(
            f"{pattern!r} is not a pattern for names of files in one folder; write one such as "
            f"{SAFETENSORS_WEIGHTS_FILE_PATTERN!r}, and give the folder as save_directory."
        )
    return pattern


def _check_metadata(metadata: Mapping[str, str]) -> None:
    for name, value in metadata.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise ValidationError(
                f"The metadata {name!r} is not a text under a text; write it as one, by json.dumps for instance."
            )


def _check_contiguous(state_dict: Mapping[str, Any]) -> None:
    loose = [
        name
        for name, tensor in state_dict.items()
        if isinstance(tensor, Tensor)
        and tensor.layout == torch.strided
        and not is_wrapper(tensor)
        and not tensor.is_contiguous()
    ]
    if loose:
        more = f" and {len(loose) - _MOST_NAMED} more" if len(loose) > _MOST_NAMED else ""
        raise ValidationError(
            f"The elements of {', '.join(map(repr, loose[:_MOST_NAMED]))}{more} are not in order in memory; call "
            ".contiguous() on each, or save with force_contiguous=True."
        )


def belongs_to(*patterns: str) -> Callable[[str], bool]:
    """Return a test for the names of files that make up a checkpoint: one file, or shards, and their index.

    Args:
        patterns (`str`): Such as ``"model{suffix}.safetensors"``; a file of any of them belongs to it.
    """
    shape = re.compile("|".join(map(_shape, patterns)), re.ASCII)
    return lambda name: shape.fullmatch(name) is not None


def _shape(pattern: str) -> str:
    number = "\0"  # which no pattern has
    files = re.escape(file_name(pattern, number)).replace(re.escape(number), r"(-\d{5,}-of-\d{5,})?")
    return f"{files}|{re.escape(index_name(pattern))}"


def _tell(plan: StateDictSplit, folder: Path) -> None:
    logger.info(
        "%s tensors, %s bytes, were saved to %s in %s files",
        len(plan.tensor_to_filename),
        plan.metadata["total_size"],
        folder,
        len(plan.filename_to_tensors),
    )


class _Pickles:
    """A state that is to be written as files of `torch.save`; all processes of a distributed one make it together."""

    def __init__(self, state: Mapping[str, Any], pattern: str, max_shard_size: int | str) -> None:
        self._pattern = pattern
        self._state = {name: gathered(value) if isinstance(value, Tensor) else value for name, value in state.items()}
        self._plan = _plan_pickles(self._state, pattern, max_shard_size)

    def save(self, folder: Path, stale: Callable[[str], bool], metadata: Mapping[str, str]) -> None:
        logger.warning(
            "Files of torch.save are pickles, which can run any code when they are loaded, so that careful people do "
            "not load those of others; leave out safe_serialization=False to save safetensors, which hold tensors only."
        )
        plan = self._plan
        with folders.saving(folder, stale=stale) as staging:
            for file, names in plan.filename_to_tensors.items():
                _write_pickle(staging / file, {name: self._state[name] for name in names})
            if plan.is_sharded:
                index = Index({**plan.metadata, **metadata}, plan.tensor_to_filename)
                files.write(staging / index_name(self._pattern), encode_index(index))
        _tell(plan, folder)


def _plan_pickles(state: Mapping[str, Any], pattern: str, max_shard_size: int | str) -> StateDictSplit:
    """Decide which value goes into which file; those that are no tensors go into the first one."""
    tensors = {name: value for name, value in state.items() if isinstance(value, Tensor)}
    split = split_torch_state_dict_into_shards(tensors, filename_pattern=pattern, max_shard_size=max_shard_size)
    names = split.filename_to_tensors or {file_name(pattern): []}
    first = next(iter(names))
    names[first] += [name for name in state if name not in tensors]
    return StateDictSplit(split.metadata, names, {name: file for file, all in names.items() for name in all})


def _write_pickle(path: Path, values: dict[str, Any]) -> None:
    with files.create(path) as writer:
        try:
            torch.save(values, _Stream(writer))  # type: ignore[arg-type]
        except RuntimeError:
            if writer.refusal:  # of which torch only says that the file has ended
                raise writer.refusal from None
            raise


class _Stream:
    """What `torch.save` wants of a file: it is written from the beginning to the end."""

    def __init__(self, writer: FileWriter) -> None:
        self._writer = writer

    def write(self, data: Buffer) -> int:
        self._writer.write(data)
        return memoryview(data).nbytes

    def flush(self) -> None:
        """Do nothing: nothing is held back."""
