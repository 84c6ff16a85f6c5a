"""The dtype that a caller wants the weights of a module in."""

from __future__ import annotations

from functools import partial
from typing import TypeAlias

import torch
from torch import Tensor, nn

from anyhub.errors import UnsupportedError, ValidationError, did_you_mean
from anyhub.frameworks.pytorch.dtypes import NAMES

Dtype: TypeAlias = "torch.dtype | str"


def wanted_dtype(dtype: Dtype | None) -> torch.dtype | None:
    """Return the dtype that a caller names, or None for that of the file.

    Args:
        dtype (`torch.dtype` or `str`, *optional*): A floating-point one, or its name with or without `"torch."`.
            `"auto"` is None.

    Raises:
        ValidationError: When it is no such dtype.
    """
    if dtype is None or dtype == "auto":
        return None
    name = str(dtype).removeprefix("torch.")
    found = getattr(torch, name, None)
    if isinstance(found, torch.dtype) and found.is_floating_point and _is_writable(found):
        return found
    known = [str(each).removeprefix("torch.") for each in NAMES if each.is_floating_point and _is_writable(each)]
    raise ValidationError(
        f"{dtype!r} is not a dtype that weights can be converted to; use a floating-point one, such as 'float32' or "
        f"'bfloat16'.{did_you_mean(name, known)}"
    )


def _is_writable(dtype: torch.dtype) -> bool:
    """Return whether numbers can be converted to a dtype, which those that pack two into a byte do not allow."""
    try:
        torch.zeros(1).to(dtype)
    except (RuntimeError, NotImplementedError):
        return False
    return True


def loaded_dtype(stored: torch.dtype, own: torch.dtype, wanted: torch.dtype | None) -> torch.dtype:
    """Return what the dtype of a module's tensor is after loading.

    Args:
        stored (`torch.dtype`): Of the tensor in the file.
        own (`torch.dtype`): Of the module's tensor, which decides between floating-point and other numbers.
        wanted (`torch.dtype`, *optional*): Asked for, for floating-point tensors.
    """
    if not own.is_floating_point:
        return own
    return wanted or (stored if stored.is_floating_point else own)


def _converted(tensor: Tensor, wanted: torch.dtype) -> Tensor:
    return tensor.to(wanted) if tensor.is_floating_point() else tensor


def convert(module: nn.Module, wanted: torch.dtype) -> None:
    """Convert the floating-point parameters and buffers to another dtype, one at a time, as ``module.to`` does.

    Raises:
        UnsupportedError: When torch can not convert one of them.
    """
    try:
        module._apply(partial(_converted, wanted=wanted))  # type: ignore[no-untyped-call]
    except (RuntimeError, NotImplementedError) as error:
        raise UnsupportedError(
            f"{type(module).__name__} has tensors that torch can not convert to {wanted} ({error}); load it without "
            "dtype."
        ) from error
