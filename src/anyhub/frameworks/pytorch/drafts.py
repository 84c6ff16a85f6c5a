"""A module that is built without initialising weights that are about to be replaced.

While it is built, a mode of this thread alone turns what only sets the values of parameters into nothing: functions of
``torch.nn.init``, and in-place operations on parameters, their ``.data`` and ``.detach()``. Shapes, buffers and
ordinary tensors are as always; the memory of the parameters comes from ``torch.empty`` and is never touched.

Such a module is right only when nothing remains of what was not set. The mode therefore follows the memory whose
values are not those of an ordinary build (parameters that were not set, everything computed from them, and everything
drawn at random, as the draws that were left out would have come before) and

* abandons the build when such a value leaves torch: ``.item()``, ``if tensor:``, ``.numpy()``, ``print``;
* can tell afterwards whether any of that memory is still in use, by whomever.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.nn import init
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode

from anyhub.frameworks.pytorch.generators import Generators

logger = logging.getLogger(__name__)

M = TypeVar("M", bound=nn.Module)

# fmt: off
# What only sets values, in place. `torch.nn.init` comes down to these.
_SETTERS = frozenset((
    "__setitem__", "add_", "bernoulli_", "cauchy_", "clamp_", "clamp_max_", "clamp_min_", "constant_", "copy_", "div_",
    "erfinv_", "exponential_", "fill_", "fill_diagonal_", "geometric_", "kaiming_uniform_", "log_normal_", "mul_",
    "neg_", "normal_", "pow_", "random_", "sqrt_", "sub_", "uniform_", "zero_",
))
# What draws from a generator.
_DRAWS = frozenset((
    "alpha_dropout", "alpha_dropout_", "bernoulli", "bernoulli_", "binomial", "cauchy_", "dropout", "dropout1d",
    "dropout2d", "dropout3d", "dropout_", "exponential_", "feature_alpha_dropout", "feature_alpha_dropout_",
    "feature_dropout", "feature_dropout_", "geometric_", "gumbel_softmax", "kaiming_uniform_", "log_normal_",
    "multinomial", "native_dropout", "normal", "normal_", "pca_lowrank", "poisson", "rand", "rand_like", "randint",
    "randint_like", "randn", "randn_like", "random_", "randperm", "rrelu", "rrelu_", "svd_lowrank", "uniform_",
))
# What tells something other than values. Every other answer that is no tensor counts as a value.
_TELLS_NO_VALUES = frozenset((
    "__get__", "__set__", "__delete__", "__hash__", "__len__", "dim", "element_size", "get_device", "has_names",
    "is_complex", "is_contiguous", "is_floating_point", "is_inference", "is_pinned", "is_same_size", "is_set_to",
    "is_shared", "is_signed", "ndimension", "nelement", "numel", "register_hook", "register_post_accumulate_grad_hook",
    "result_type", "size", "storage_offset", "stride", "empty", "_set_grad_enabled",
    "_has_compatible_shallow_copy_type",
))
# fmt: on
_INIT_FUNCTIONS = frozenset((init.uniform_, init.normal_, init.constant_))  # these tell autograd to look away
_CALLS_BACK_WITH_VALUES = frozenset(("apply_", "map_", "map2_"))


class _Abandoned(BaseException):
    """The build has to be done in the ordinary way; not an `Exception`, so that the module does not handle it."""


class Memory:
    """A set of pieces of memory, which it does not keep alive."""

    def __init__(self) -> None:
        # A storage is known by its address, which is not given to another as long as there are weak references to it.
        self._references: dict[int, StorageWeakRef] = {}

    def add(self, tensor: Tensor) -> None:
        """Add the memory of a tensor, if it has any."""
        storage = tensor.untyped_storage()
        if storage._cdata not in self._references and storage.nbytes():
            self._references[storage._cdata] = StorageWeakRef(storage)  # type: ignore[no-untyped-call]

    def __contains__(self, tensor: Tensor) -> bool:
        return bool(self._references) and tensor.untyped_storage()._cdata in self._references

    def is_gone(self) -> bool:
        """Return whether nobody uses any of it any more."""
        return all(reference.expired() for reference in self._references.values())  # type: ignore[no-untyped-call]


class _WithoutValues(TorchFunctionMode):
    """The mode in which a draft is built."""

    def __init__(self) -> None:
        super().__init__()
        self.undefined = Memory()
        self.abandoned: str | None = None
        self.has_drawn = False
        self._of_parameters = Memory()

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        target = args[0] if args else kwargs.get("tensor")  # as `torch.nn.init` hands it on
        if isinstance(target, Tensor):
            if name in _SETTERS and self._may_leave_out(func, target, kwargs):
                self.undefined.add(target)
                return None if name == "__setitem__" else target
            if name == "clone" and target in self.undefined and not _records(target):
                return self._empty_clone(target, kwargs)
            if name == "__get__" and getattr(func, "__self__", None) is Tensor.is_meta:
                return func(*args) or self._init_passes_over(target)
        result = self._watch(name, func, args, kwargs)
        if isinstance(result, Tensor) and isinstance(target, nn.Parameter) and not is_lazy(target):
            self._of_parameters.add(target)  # what came out may be a view of it
        return result

    def _may_leave_out(self, func: Callable[..., Any], target: Tensor, kwargs: dict[str, Any]) -> bool:
        """Return whether a call does nothing but set values of a parameter."""
        if kwargs.get("generator") is not None or not self._is_parameter(target):
            return False
        if func is init.kaiming_uniform_:
            return target.dim() >= 2 and target.numel() > 0  # it objects to others
        return not _records(target) or func in _INIT_FUNCTIONS

    def _is_parameter(self, tensor: Tensor) -> bool:
        return not is_lazy(tensor) and (isinstance(tensor, nn.Parameter) or tensor in self._of_parameters)

    def _init_passes_over(self, target: Tensor) -> bool:
        """Return whether ``torch.nn.init`` should leave a tensor alone.

        Some of its functions do more than set values in place, but first ask whether the tensor is on the meta device,
        where there is nothing to do.
        """
        asker = sys._getframe(2)
        if asker.f_globals is not vars(init) or asker.f_locals.get("generator") or not self._is_parameter(target):
            return False
        self.undefined.add(target)
        return True

    def _empty_clone(self, target: Tensor, kwargs: dict[str, Any]) -> Tensor:
        clone = torch.empty_like(target, memory_format=kwargs.get("memory_format") or torch.preserve_format)
        self.undefined.add(clone)
        return clone

    def _watch(self, name: str, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a function, and follow what is undefined from its arguments to its results."""
        if name in _TELLS_NO_VALUES:
            return func(*args, **kwargs)
        tensors = list(_tensors_in((args, kwargs)))
        draws = name in _DRAWS
        if not draws and not any(tensor in self.undefined for tensor in tensors):
            return func(*args, **kwargs)
        if name in _CALLS_BACK_WITH_VALUES:
            self._abandon(name)
        self.has_drawn |= draws
        versions = [tensor._version for tensor in tensors]
        result = func(*args, **kwargs)
        for tensor, version in zip(tensors, versions, strict=True):
            if tensor._version != version:
                self.undefined.add(tensor)
        if not (result is None and name == "__setitem__"):
            self._follow(name, result)
        return result

    def _follow(self, name: str, result: Any) -> None:
        if isinstance(result, Tensor):
            self.undefined.add(result)
        elif isinstance(result, (tuple, list)):
            for part in result:
                self._follow(name, part)
        else:
            self._abandon(name)

    def _abandon(self, name: str) -> None:
        self.abandoned = f"{name!r} looked at a value that is not there"
        raise _Abandoned


def _records(tensor: Tensor) -> bool:
    """Return whether autograd watches a tensor; setting it in place then fails or has a gradient."""
    return tensor.requires_grad and torch.is_grad_enabled()


def _tensors_in(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        if not is_lazy(value):
            yield value
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from _tensors_in(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _tensors_in(part)


@dataclass(frozen=True, slots=True)
class Draft(Generic[M]):
    """A module whose parameters may have no values yet.

    Attributes:
        module: The module.
        undefined (`Memory`): Must be gone before the module may be used.
    """

    module: M
    undefined: Memory


def draft(build: Callable[[], M]) -> Draft[M] | None:
    """Build a module without initialising it.

    Args:
        build: Makes a module, the same each time it is called.

    Returns:
        `Draft`, or None when the module has to be built in the ordinary way. Generators may have been drawn from.
    """
    before, mode = Generators.now(), _WithoutValues()
    try:
        with mode:
            module = build()
    except (Exception, _Abandoned) as error:  # whatever it is, the ordinary build will tell
        logger.debug("Built in the ordinary way: %s", mode.abandoned or repr(error))
        return None
    if mode.abandoned or not (mode.has_drawn or before.is_torch_at_same_state()):
        logger.debug("Built in the ordinary way: %s", mode.abandoned or "it draws at random out of sight")
        return None
    return Draft(module, mode.undefined)
