"""A module with the values of a checkpoint, built and filled with as little work as gives the same result.

The fast way builds a `draft` and gives its parameters the memory of the mapped files. It is kept to when nothing is
left of what the draft did not initialise: every name of the module's state is in the checkpoint, and all memory that
the draft had for it is gone afterwards. In every other case the module is built again as it always is, and the
checkpoint is copied into it, tensor by tensor.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar, get_args

import torch
from torch import nn

from anyhub.errors import UnsupportedError, ValidationError, did_you_mean
from anyhub.frameworks.pytorch.checkpoints import Checkpoint, map_safetensors, read_pickle
from anyhub.frameworks.pytorch.conversion import Dtype, convert, wanted_dtype
from anyhub.frameworks.pytorch.drafts import draft
from anyhub.frameworks.pytorch.filling import Filled, fill_draft, fill_module
from anyhub.frameworks.pytorch.generators import Generators
from anyhub.frameworks.pytorch.locations import MapLocation, device_of

logger = logging.getLogger(__name__)

M = TypeVar("M", bound=nn.Module)
LoadMode: TypeAlias = Literal["map", "copy"]
LOAD_MODES: tuple[LoadMode, ...] = get_args(LoadMode)


def load_module(
    build: Callable[[], M],
    weights: Path,
    *,
    map_location: MapLocation = None,
    strict: bool = False,
    dtype: Dtype | None = None,
    load_mode: LoadMode = "map",
) -> M:
    """Return a module with the weights of safetensors files, in evaluation mode.

    It is what building the module and copying the files into it would give, with two differences. Floating-point
    tensors keep the dtype that they have in the file; parameters that the file lacks take it too, when there is only
    one. And when nothing in the module depends on chance (the file has all that was initialised), torch's random
    number generators are afterwards where they were before; otherwise they have moved as building the module moves
    them.

    Args:
        build: Makes the module, the same each time: it may be called twice.
        weights (`Path`): The file, or an index (``model.safetensors.index.json``) whose shards lie beside it. With
            ``load_mode="map"`` no file may be shortened or written to in place as long as the module is used;
            replacing or removing it is fine.
        map_location: Where the module ends up, in any form that `torch.load` takes: a device, its name, the index of a
            GPU, a dict or a function of locations, of which safetensors files have one, `"cpu"`. None is the CPU.
        strict (`bool`): Whether to refuse a file that lacks tensors of the module, or has others, not to warn only.
        dtype (`torch.dtype` or `str`, *optional*): A floating-point dtype, or its name, to which all floating-point
            parameters and buffers are converted one at a time, as ``module.to(dtype)`` does. None and `"auto"`
            are that of the file.
        load_mode (`str`): `"map"` leaves the weights in the system's page cache, read when they are first used and
            shared by all processes; writing to them makes private copies of the pages. `"copy"` reads them into
            memory of this process: slower to load, up to a tenth faster to use with small batches.

    Raises:
        SafetensorsParsingError: When a file is not sound, or an index and its shards do not agree.
        EntryNotFoundError: When a shard is missing.
        ValidationError: When ``map_location``, ``dtype`` or ``load_mode`` is none.
        UnsupportedError: When ``build`` leaves parameters on the meta device, or torch lacks a dtype of the file.
        CheckpointMismatchError: When shapes differ, or names when strict, or when no name is the same.

    Warns:
        IncompleteCheckpointWarning: When the file lacks tensors of the module, or has others; names them.
    """
    options = _Options(device_of(map_location), wanted_dtype(dtype), strict, _is_private(load_mode))
    return _load(build, map_safetensors(weights), options)


def load_pickle(
    build: Callable[[], M],
    weights: Path,
    *,
    map_location: MapLocation = None,
    strict: bool = False,
    dtype: Dtype | None = None,
    load_mode: LoadMode = "map",
) -> M:
    """Return a module with the weights of a ``pytorch_model.bin``, in evaluation mode.

    Args:
        build: As in `load_module`.
        weights (`Path`): A file of ``torch.save(module.state_dict(), …)``, or an index
            (``pytorch_model.bin.index.json``) whose shards lie beside it. None of their code is run.
        map_location: As in `load_module`; a dict or a function is asked about the locations that the file names.
        strict, dtype, load_mode: As in `load_module`.

    Raises:
        UnsafeFileError: When a file holds more than tensors and plain values.
        CorruptFileError: When a file is damaged, or is not a state dict, or an index and its shards do not agree.
        EntryNotFoundError, ValidationError, UnsupportedError, CheckpointMismatchError: As in `load_module`.
    """
    wanted, private = wanted_dtype(dtype), _is_private(load_mode)
    checkpoint = read_pickle(weights)
    device = device_of(map_location, checkpoint.locations)
    return _load(build, checkpoint, _Options(device, wanted, strict, private and checkpoint.is_mapped))


def _is_private(load_mode: object) -> bool:
    if load_mode not in LOAD_MODES:
        raise ValidationError(
            f"{load_mode!r} is not a load mode; use one of {', '.join(map(repr, LOAD_MODES))}."
            + did_you_mean(str(load_mode), LOAD_MODES)
        )
    return load_mode == "copy"


@dataclass(frozen=True, slots=True)
class _Options:
    """What is wanted of a module: where, in which dtype, from how good a file, and in memory of its own or not."""

    device: torch.device
    dtype: torch.dtype | None
    strict: bool
    private: bool


def _load(build: Callable[[], M], checkpoint: Checkpoint, options: _Options) -> M:
    generators = Generators.now()
    if filled := _load_into_draft(build, checkpoint, options):
        generators.restore_torch()
    else:
        generators.restore()
        filled = fill_module(build(), checkpoint, dtype=options.dtype, private=options.private)
    filled.coverage.check(strict=options.strict)
    filled.coverage.warn(stacklevel=3)
    module = filled.module.eval()
    if options.dtype:
        convert(module, options.dtype)
    _move(module, options.device)
    filled.ties.restore(filled.tensors)
    return module


def _load_into_draft(build: Callable[[], M], checkpoint: Checkpoint, options: _Options) -> Filled[M] | None:
    """Load the fast way, or return None when that does not give what the ordinary way does."""
    drafted = draft(build)
    try:
        filled = drafted and fill_draft(drafted, checkpoint, dtype=options.dtype, private=options.private)
    except UnsupportedError:
        raise
    except Exception as error:  # whatever it is, the ordinary way will tell
        logger.debug("Loaded in the ordinary way: %r", error)
        return None
    if drafted and filled and drafted.undefined.is_gone():
        return filled
    logger.debug("Loaded in the ordinary way: not all of it is in the file")
    return None


def _move(module: nn.Module, device: torch.device) -> None:
    """Move a module; parameters that were one object stay one, also on the meta device."""
    if all(tensor.device == device for tensor in (*module.parameters(), *module.buffers())):
        return
    places = [(owner, name, p) for owner in module.modules() for name, p in owner._parameters.items() if p is not None]
    module.to(device)
    moved: dict[int, nn.Parameter | None] = {}
    for owner, name, before in places:
        owner._parameters[name] = moved.setdefault(id(before), owner._parameters[name])
