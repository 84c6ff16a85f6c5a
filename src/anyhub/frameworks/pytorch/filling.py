"""A checkpoint's values, put into a module: by copying them, or by giving its tensors the memory that they are in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from anyhub.errors import CheckpointMismatchError, UnsupportedError
from anyhub.frameworks.pytorch.checkpoints import Checkpoint
from anyhub.frameworks.pytorch.conversion import loaded_dtype
from anyhub.frameworks.pytorch.coverage import Coverage
from anyhub.frameworks.pytorch.drafts import Draft, Memory
from anyhub.frameworks.pytorch.placing import Placing
from anyhub.frameworks.pytorch.ties import Ties, find_ties, is_expanded, is_wrapper

M = TypeVar("M", bound=nn.Module)


@dataclass(frozen=True, slots=True)
class Filled(Generic[M]):
    """A module that has been filled, and what is left to say and to do about it.

    Attributes:
        module: The module.
        tensors: Those of its state, by name.
        ties (`Ties`): Which of them share memory.
        coverage (`Coverage`): What was left over.
    """

    module: M
    tensors: Mapping[str, Tensor]
    ties: Ties
    coverage: Coverage


def fill_draft(
    drafted: Draft[M], checkpoint: Checkpoint, *, dtype: torch.dtype | None, private: bool
) -> Filled[M] | None:
    """Give the tensors of a draft those of a checkpoint, or return None where that is not all that they need.

    Args:
        drafted (`Draft`): What may be left half filled.
        checkpoint (`Checkpoint`): What to fill it with.
        dtype (`torch.dtype`, *optional*): What to convert tensors of that kind to; else they are as in the file.
        private (`bool`): Whether to copy, so that the files are not needed any more.

    Raises:
        UnsupportedError: When the draft was built on the meta device.
    """
    module = drafted.module
    state = state_of(module)
    tensors = _real_tensors(state)
    checkpoint = checkpoint.answering(state)
    _materialise(tensors, checkpoint)
    ties = _find_ties(tensors, checkpoint)
    tied = {tie.name for tie in ties.views}
    is_partial = bool(state.keys() - checkpoint.tensors.keys() - tied)
    if checkpoint.composed or is_partial or not _are_independent(tensors, ties, checkpoint.tensors):
        return None
    old = Memory()
    for tensor in tensors.values():
        if not is_lazy(tensor):
            old.add(tensor)
    result = _place(module, tensors, checkpoint, partial(loaded_dtype, wanted=dtype), private=private)
    ties.restore(tensors)
    return _filled(module, tensors, ties, checkpoint, result) if old.is_gone() else None


def fill_module(module: M, checkpoint: Checkpoint, *, dtype: torch.dtype | None, private: bool) -> Filled[M]:
    """Copy a checkpoint into a module that was just built in the ordinary way.

    Args:
        module: What is filled. Its floating-point tensors take the dtype that they have in the file, or that all
            others have there.
        checkpoint (`Checkpoint`): What to fill it with.
        dtype (`torch.dtype`, *optional*): What to convert tensors of that kind to instead.
        private (`bool`): Whether to copy tensors that stand for others too, so that the files are not needed any more.

    Raises:
        CheckpointMismatchError: When a tensor has another shape.
        UnsupportedError: When the module was built on the meta device.
    """
    state = state_of(module)
    tensors = _real_tensors(state)
    checkpoint = checkpoint.answering(state, private=private)
    _swap_composed(module, tensors, checkpoint)
    _materialise(tensors, checkpoint)
    ties = _find_ties(tensors, checkpoint)
    _adopt_dtypes(tensors, ties, checkpoint, dtype)
    return _filled(module, tensors, ties, checkpoint, _copy(module, tensors, checkpoint))


def refill_module(module: M, checkpoint: Checkpoint, *, mapped: bool) -> Filled[M]:
    """Put a checkpoint into a module that is in use: its tensors stay the objects that they are, with their dtypes.

    Args:
        module: What is filled. None of its tensors may be on the meta device.
        checkpoint (`Checkpoint`): What to fill it with.
        mapped (`bool`): Whether tensors on the CPU that have the same dtype may be given the memory of the file.

    Raises:
        CheckpointMismatchError: When a tensor has another shape.
    """
    state = state_of(module)
    tensors = _real_tensors(state)
    checkpoint = checkpoint.answering(state, private=not mapped)
    _swap_composed(module, tensors, checkpoint)
    _materialise(tensors, checkpoint)
    ties = _find_ties(tensors, checkpoint)
    if mapped and _are_independent(tensors, ties, checkpoint.tensors):
        result = _place(module, tensors, checkpoint, _own_dtype, private=False)
        ties.restore(tensors)
    else:
        result = _copy(module, tensors, checkpoint)
    return _filled(module, tensors, ties, checkpoint, result)


def _own_dtype(stored: torch.dtype, own: torch.dtype) -> torch.dtype:  # noqa: ARG001 - as `loaded_dtype`
    return own


def _are_independent(tensors: Mapping[str, Tensor], ties: Ties, stored: Collection[str]) -> bool:
    """Return whether each tensor can be given other memory, but those that are restored from another."""
    overwritten = any(tie.name in stored and not tie.is_whole for tie in ties.views)
    return not (ties.entangled or overwritten or any(map(is_wrapper, tensors.values())))


def _place(
    module: nn.Module,
    tensors: Mapping[str, Tensor],
    checkpoint: Checkpoint,
    dtype_of: Callable[[torch.dtype, torch.dtype], torch.dtype],
    *,
    private: bool,
) -> Any:
    with Placing(tensors, checkpoint.tensors, dtype_of, private=private):
        return _copy(module, tensors, checkpoint)


def _copy(module: nn.Module, tensors: Mapping[str, Tensor], checkpoint: Checkpoint) -> Any:
    """Have torch copy what it finds.

    Raises:
        CheckpointMismatchError: When a tensor has another shape, or can not be copied.
    """
    try:
        return module.load_state_dict(checkpoint.tensors, strict=False)
    except RuntimeError as error:
        stored = checkpoint.tensors.items()
        shapes = [
            (name, value.shape, tensors[name].shape)
            for name, value in stored
            if isinstance(value, Tensor) and name in tensors and not is_lazy(tensors[name])
        ]
        differ = [each for each in shapes if each[1] != each[2]]
        raise _mismatch(module, checkpoint, differ or _first_reason(error)) from error


def _first_reason(error: RuntimeError) -> str:
    """Return the first of the lines that torch writes below its headline, else that."""
    return str(error).splitlines()[:2][-1].strip().rstrip(".")


def _mismatch(
    module: nn.Module, checkpoint: Checkpoint, what: str | list[tuple[str, torch.Size, torch.Size]]
) -> CheckpointMismatchError:
    if not isinstance(what, str):
        first = [f"{name!r} is {[*there]} in the file and {[*here]} in the model" for name, there, here in what[:3]]
        rest = len(what) - len(first)
        more = [f"{rest} more {'tensor differs' if rest == 1 else 'tensors differ'}"] if rest else []
        what = "; ".join(first + more)
    return CheckpointMismatchError(
        f"{str(checkpoint.path)!r} does not fit {type(module).__name__}: {what}. Build the model with the "
        "configuration that it was saved with."
    )


def _swap_composed(module: nn.Module, tensors: Mapping[str, Tensor], checkpoint: Checkpoint) -> None:
    """Make tensors of the module what the checkpoint has as tensors that stand for others.

    The tensor stays the object that it is, so whoever holds it, ties included, sees what it became.

    Raises:
        CheckpointMismatchError: When one has another shape.
    """
    swapped: set[int] = set()
    for name, value in checkpoint.composed.items():
        own = tensors.get(name)
        if own is None or id(own) in swapped:
            continue
        if not is_lazy(own) and own.shape != value.shape:
            raise _mismatch(module, checkpoint, [(name, value.shape, own.shape)])
        swap(own, value)
        swapped.add(id(own))


def swap(own: Tensor, value: Tensor) -> None:
    """Make a parameter or buffer another tensor, of whatever class and on whatever device, and the same object still.

    Raises:
        UnsupportedError: When something refers to its memory in a way that does not allow that.
    """
    said_of_it = {} if is_wrapper(own) else dict(vars(own))
    if isinstance(own, nn.Parameter):
        value = nn.Parameter(value, requires_grad=own.requires_grad and _may_have_gradients(value))
    try:
        torch.utils.swap_tensors(own, value)  # type: ignore[no-untyped-call]
    except RuntimeError as error:
        raise UnsupportedError(
            f"A parameter can not be replaced while it is in use elsewhere ({error}); load into a model that was just "
            "built."
        ) from error
    for name, attribute in said_of_it.items():
        vars(own).setdefault(name, attribute)


def _may_have_gradients(tensor: Tensor) -> bool:
    return tensor.is_floating_point() or tensor.is_complex()


def _adopt_dtypes(
    tensors: Mapping[str, Tensor], ties: Ties, checkpoint: Checkpoint, wanted: torch.dtype | None
) -> None:
    """Give tensors the dtype that they are to have, before there are values in them that matter."""
    views = {tie.name for tie in ties.views}
    for name in tensors.keys() - views - {*ties.entangled}:
        tensor, stored = tensors[name], checkpoint.tensors.get(name)
        found = stored.dtype if isinstance(stored, Tensor) else checkpoint.floating_dtype
        dtype = loaded_dtype(found or tensor.dtype, tensor.dtype, wanted)
        if dtype != tensor.dtype and not is_wrapper(tensor):
            tensor.data = tensor.data.to(dtype)
    ties.restore(tensors)


def state_of(module: nn.Module) -> dict[str, Any]:
    """Return the state of a module, as the very objects that it uses."""
    return dict(module.state_dict(keep_vars=True))


def _real_tensors(state: Mapping[str, Any]) -> dict[str, Tensor]:
    tensors = {name: value for name, value in state.items() if isinstance(value, Tensor)}
    for name, tensor in tensors.items():
        if not is_lazy(tensor) and tensor.is_meta:
            raise UnsupportedError(
                f"The model was built on the meta device, where {name!r} has no values; build it elsewhere. Weights "
                "that are about to be loaded are not initialised anyway."
            )
    return tensors


def _materialise(tensors: Mapping[str, Tensor], checkpoint: Checkpoint) -> None:
    """Give expanded tensors memory for each element, where the checkpoint has values to copy there."""
    for name in tensors.keys() & checkpoint.tensors.keys():
        tensor = tensors[name]
        if not is_lazy(tensor) and is_expanded(tensor):
            tensor.data = tensor.data.contiguous()


def _find_ties(tensors: Mapping[str, Tensor], checkpoint: Checkpoint) -> Ties:
    return find_ties({name: tensor for name, tensor in tensors.items() if not is_lazy(tensor)}, checkpoint.tensors)


def _filled(module: M, tensors: Mapping[str, Tensor], ties: Ties, checkpoint: Checkpoint, result: Any) -> Filled[M]:
    """Say what was left over: a name that is tied to one that the file has is not missing."""
    found = {tie.name for tie in ties.views if tie.base in checkpoint.tensors}
    if checkpoint.composed:
        composed = {id(tensors[name]) for name in checkpoint.composed.keys() & tensors.keys()}
        found |= {name for name, tensor in tensors.items() if id(tensor) in composed}
    missing = tuple(name for name in result.missing_keys if name not in found)
    unexpected = (*result.unexpected_keys, *(checkpoint.composed.keys() - tensors.keys()))
    is_disjoint = bool(missing and unexpected) and {*checkpoint.tensors, *checkpoint.composed} <= {*unexpected}
    coverage = Coverage(checkpoint.path, type(module).__name__, missing, unexpected, is_disjoint=is_disjoint)
    return Filled(module, tensors, ties, coverage)
