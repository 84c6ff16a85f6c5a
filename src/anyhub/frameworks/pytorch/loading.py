"""A module with the values of a checkpoint, built and filled with as little work as gives the same result.

The fast way builds a `draft` and gives its parameters the memory of the mapped file. It is kept to when nothing is left
of what the draft did not initialise: every name of the module's state is in the file, and all memory that the draft
had for it is gone afterwards. In every other case the module is built again as it always is, and the file is copied
into it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypeAlias, TypeVar, get_args

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode

from anyhub.errors import UnsupportedError, ValidationError, did_you_mean
from anyhub.frameworks.pytorch.checkpoints import Checkpoint, map_safetensors, read_pickle
from anyhub.frameworks.pytorch.coverage import Coverage
from anyhub.frameworks.pytorch.drafts import Draft, Memory, draft
from anyhub.frameworks.pytorch.generators import Generators
from anyhub.frameworks.pytorch.ties import Ties, find_ties, is_dense, is_wrapper

logger = logging.getLogger(__name__)

M = TypeVar("M", bound=nn.Module)
Device: TypeAlias = "str | int | torch.device"
LoadMode: TypeAlias = Literal["map", "copy"]
LOAD_MODES: tuple[LoadMode, ...] = get_args(LoadMode)


def load_module(
    build: Callable[[], M],
    weights: Path,
    *,
    map_location: Device = "cpu",
    strict: bool = False,
    load_mode: LoadMode = "map",
) -> M:
    """Return a module with the weights of a safetensors file, in evaluation mode.

    It is what building the module and copying the file into it would give, with two differences. Floating-point
    tensors keep the dtype that they have in the file; parameters that the file lacks take it too, when there is only
    one. And when nothing in the module depends on chance (the file has all that was initialised), torch's random
    number generators are afterwards where they were before; otherwise they have moved as building the module moves
    them.

    Args:
        build: Makes the module, the same each time: it may be called twice.
        weights (`Path`): The file. With ``load_mode="map"`` it must not be shortened or written to in place as long as
            the module is used; replacing or removing it is fine.
        map_location (`str`, `int` or `torch.device`): Where the module ends up; an integer is the index of a GPU.
        strict (`bool`): Whether to refuse a file that lacks tensors of the module, or has others, not to warn only.
        load_mode (`str`): `"map"` leaves the weights in the system's page cache, read when they are first used and
            shared by all processes; writing to them makes private copies of the pages. `"copy"` reads them into
            memory of this process: slower to load, up to a tenth faster to use with small batches.

    Raises:
        CorruptFileError: When the file is not a sound safetensors file.
        ValidationError: When ``map_location`` or ``load_mode`` is none.
        UnsupportedError: When ``build`` leaves parameters on the meta device.
        RuntimeError: When shapes differ, or names when strict, as in `torch.nn.Module.load_state_dict`.

    Warns:
        IncompleteCheckpointWarning: When the file lacks tensors of the module, or has others; names them.
    """
    device = _device(map_location)
    if load_mode not in LOAD_MODES:
        raise ValidationError(
            f"{load_mode!r} is not a load mode; use one of {', '.join(map(repr, LOAD_MODES))}."
            + did_you_mean(str(load_mode), LOAD_MODES)
        )
    return _load(build, map_safetensors(weights), device, strict=strict, copy=load_mode == "copy")


def load_pickle(build: Callable[[], M], weights: Path, *, map_location: Device = "cpu", strict: bool = False) -> M:
    """Return a module with the weights of a ``pytorch_model.bin``, in evaluation mode.

    Args:
        build: As in `load_module`.
        weights (`Path`): A file of ``torch.save(module.state_dict(), …)``. None of its code is run.
        map_location, strict: As in `load_module`.

    Raises:
        UnsafeFileError: When the file holds more than tensors and plain values.
        CorruptFileError: When the file is damaged, or is not a state dict.
        ValidationError, UnsupportedError, RuntimeError: As in `load_module`.
    """
    device = _device(map_location)
    return _load(build, read_pickle(weights), device, strict=strict, copy=False)


def _device(map_location: object) -> torch.device:
    try:
        if isinstance(map_location, (str, int, torch.device)):
            return torch.device(map_location)
    except RuntimeError:
        pass
    raise ValidationError(f"{map_location!r} is not a device; use 'cpu', 'cuda', 'cuda:1' or a torch.device.")


def _load(build: Callable[[], M], checkpoint: Checkpoint, device: torch.device, *, strict: bool, copy: bool) -> M:
    generators = Generators.now()
    if loaded := _load_into_draft(build, checkpoint, copy=copy):
        generators.restore_torch()
    else:
        generators.restore()
        loaded = _load_into_module(build(), checkpoint)
    loaded.coverage.report(strict=strict, stacklevel=3)
    module = loaded.module.eval()
    _move(module, device)
    loaded.ties.restore(loaded.tensors)
    return module


@dataclass(frozen=True, slots=True)
class _Loaded(Generic[M]):
    """A module that has been filled, and what is left to say and to do about it."""

    module: M
    tensors: Mapping[str, Tensor]
    ties: Ties
    coverage: Coverage


def _load_into_draft(build: Callable[[], M], checkpoint: Checkpoint, *, copy: bool) -> _Loaded[M] | None:
    """Load the fast way, or return None when that does not give what the ordinary way does."""
    drafted = draft(build)
    try:
        loaded = drafted and _fill_draft(drafted, checkpoint, copy=copy)
    except UnsupportedError:
        raise
    except Exception as error:  # whatever it is, the ordinary way will tell
        logger.debug("Loaded in the ordinary way: %r", error)
        return None
    if drafted and loaded and drafted.undefined.is_gone():
        return loaded
    logger.debug("Loaded in the ordinary way: not all of it is in the file")
    return None


def _fill_draft(drafted: Draft[M], checkpoint: Checkpoint, *, copy: bool) -> _Loaded[M] | None:
    module = drafted.module
    state = _state(module)
    tensors = _tensors(state)
    checkpoint = checkpoint.answering(state)
    ties = _find_ties(tensors, checkpoint)
    tied = {tie.name for tie in ties.views}
    if state.keys() - checkpoint.tensors.keys() - tied or not _are_independent(tensors, ties, checkpoint.tensors):
        return None
    old = Memory()
    for tensor in tensors.values():
        if not is_lazy(tensor):
            old.add(tensor)
    with _Placing(tensors, checkpoint, private=copy):
        result = module.load_state_dict(checkpoint.tensors, strict=False)
    ties.restore(tensors)
    return _loaded(module, tensors, ties, checkpoint, result) if old.is_gone() else None


def _are_independent(tensors: Mapping[str, Tensor], ties: Ties, stored: Collection[str]) -> bool:
    """Return whether each tensor can be given other memory, but those that are restored from another."""
    overwritten = any(tie.name in stored and not tie.is_whole for tie in ties.views)
    return not (ties.entangled or overwritten or any(map(is_wrapper, tensors.values())))


class _Placing(TorchFunctionMode):
    """Gives a parameter the memory of a file's tensor where `torch.nn.Module.load_state_dict` would copy it.

    The parameter stays the object that it is, so whoever holds it, ties included, sees its new values.
    """

    def __init__(self, tensors: Mapping[str, Tensor], checkpoint: Checkpoint, *, private: bool) -> None:
        super().__init__()
        self._targets = {id(tensor) for tensor in tensors.values()}
        self._stored = Memory()
        self._given: dict[int, int] = {}
        if not private:
            for value in checkpoint.tensors.values():
                if isinstance(value, Tensor):
                    self._stored.add(value)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func is Tensor.copy_ and id(args[0]) in self._targets and is_dense(args[0]):
            target, source = args[:2]
            target.data = self._fitting(source, target)
            return target
        return func(*args, **(kwargs or {}))

    def _fitting(self, source: Tensor, target: Tensor) -> Tensor:
        """Return a tensor with the values of one and the layout of the other that shares memory with nobody else's."""
        both_floating = source.is_floating_point() and target.is_floating_point()
        value = source if both_floating else source.to(target.dtype)
        if not (target.is_contiguous() and value.is_contiguous()):
            return torch.empty_strided(target.shape, target.stride(), dtype=value.dtype).copy_(value)
        if value is not source:
            return value
        is_free = source in self._stored and self._given.setdefault(source.data_ptr(), id(target)) == id(target)
        return source.detach() if is_free else source.clone()


def _load_into_module(module: M, checkpoint: Checkpoint) -> _Loaded[M]:
    """Copy a checkpoint into a module that was built in the ordinary way."""
    state = _state(module)
    tensors = _tensors(state)
    checkpoint = checkpoint.answering(state)
    ties = _find_ties(tensors, checkpoint)
    _adopt_dtypes(tensors, ties, checkpoint)
    try:
        result = module.load_state_dict(checkpoint.tensors, strict=False)
    except RuntimeError as error:
        raise RuntimeError(
            f"{str(checkpoint.path)!r} does not fit {type(module).__name__}; build the model with the configuration "
            f"that it was saved with. {error}"
        ) from error
    return _loaded(module, tensors, ties, checkpoint, result)


def _adopt_dtypes(tensors: Mapping[str, Tensor], ties: Ties, checkpoint: Checkpoint) -> None:
    """Give floating-point tensors the dtype that they have in the file, or that all others have there."""
    views = {tie.name for tie in ties.views}
    for name in tensors.keys() - views - {*ties.entangled}:
        tensor, stored = tensors[name], checkpoint.tensors.get(name)
        dtype = stored.dtype if isinstance(stored, Tensor) else checkpoint.floating_dtype
        if dtype and dtype.is_floating_point and tensor.dtype.is_floating_point and not is_wrapper(tensor):
            tensor.data = tensor.data.to(dtype)
    ties.restore(tensors)


def _state(module: nn.Module) -> dict[str, Any]:
    """Return the state of a module, as the very objects that it uses."""
    return dict(module.state_dict(keep_vars=True))


def _tensors(state: Mapping[str, Any]) -> dict[str, Tensor]:
    tensors = {name: value for name, value in state.items() if isinstance(value, Tensor)}
    for name, tensor in tensors.items():
        if not is_lazy(tensor) and tensor.is_meta:
            raise UnsupportedError(
                f"The model was built on the meta device, where {name!r} has no values; build it elsewhere. Weights "
                "that are about to be loaded are not initialised anyway."
            )
    return tensors


def _find_ties(tensors: Mapping[str, Tensor], checkpoint: Checkpoint) -> Ties:
    return find_ties({name: tensor for name, tensor in tensors.items() if not is_lazy(tensor)}, checkpoint.tensors)


def _loaded(module: M, tensors: Mapping[str, Tensor], ties: Ties, checkpoint: Checkpoint, result: Any) -> _Loaded[M]:
    """Say what was left over: a name that is tied to one that the file has is not missing."""
    found = {tie.name for tie in ties.views if tie.base in checkpoint.tensors}
    missing = tuple(name for name in result.missing_keys if name not in found)
    coverage = Coverage(checkpoint.path, type(module).__name__, missing, tuple(result.unexpected_keys))
    return _Loaded(module, tensors, ties, coverage)


def _move(module: nn.Module, device: torch.device) -> None:
    """Move a module; parameters that were one object stay one, also on the meta device."""
    if all(tensor.device == device for tensor in (*module.parameters(), *module.buffers())):
        return
    places = [(owner, name, p) for owner in module.modules() for name, p in owner._parameters.items() if p is not None]
    module.to(device)
    moved: dict[int, nn.Parameter | None] = {}
    for owner, name, before in places:
        owner._parameters[name] = moved.setdefault(id(before), owner._parameters[name])
