"""A module's state, written as safetensors files: one, or several and an index."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from anyhub.constants import SAFETENSORS_WEIGHTS_FILE_PATTERN
from anyhub.formats.shards import check_variant, file_name
from anyhub.frameworks.pytorch.prepared import prepare

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn


def save_module(
    module: nn.Module, folder: Path, *, max_shard_size: int | str | None = None, variant: str | None = None
) -> None:
    """Write ``model.safetensors``, or shards and their index, into a folder: the same bytes for the same state.

    Tensors that share memory are stored once, under the name that ``safetensors.torch.save_model`` keeps, and the
    metadata tells which name stands for which, as there. State that is no tensor (``get_extra_state``) is kept in the
    metadata as JSON, and so is how a tensor that stands for others is made of them.

    Args:
        module (`torch.nn.Module`): Any module; it is left as it is, on whatever device.
        folder (`Path`): Must exist, and not hold such files yet.
        max_shard_size (`int` or `str`, *optional*): The most bytes of tensors in one file, as a number or a text such
            as ``"5GB"``; without it all are in one.
        variant (`str`, *optional*): ``"fp16"`` makes ``model.fp16.safetensors``, or shards such as
            ``model.fp16-00001-of-00002.safetensors``.

    Raises:
        ValidationError: When the size is not one, or the variant has other characters than letters, digits, - and _.
        UnsupportedError: When the state has something that a safetensors file can not hold; names it.
        FileExistsError, DiskFullError, ReadOnlyError: When a file can not be created or written.
    """
    prepared = prepare(module.state_dict(keep_vars=True))
    pattern = variant_pattern(variant)
    plan = prepared.plan(pattern, sys.maxsize if max_shard_size is None else max_shard_size)
    prepared.write(folder, plan, index_name(pattern, variant), {})


def variant_pattern(variant: str | None) -> str:
    """Return the pattern of the names of a module's files.

    Args:
        variant (`str`, *optional*): Such as ``"fp16"``, for ``model.fp16.safetensors``.

    Raises:
        ValidationError: When the variant has other characters than letters, digits, - and _.
    """
    if variant is None:
        return SAFETENSORS_WEIGHTS_FILE_PATTERN
    return SAFETENSORS_WEIGHTS_FILE_PATTERN.replace("{suffix}", f".{check_variant(variant)}{{suffix}}")


def index_name(pattern: str, variant: str | None = None) -> str:
    """Return the name of the index of the shards that a pattern names.

    Args:
        pattern (`str`): Such as ``"model{suffix}.safetensors"``.
        variant (`str`, *optional*): As in `variant_pattern`; as elsewhere, an index has it before its own extension.
    """
    if variant is None:
        return f"{file_name(pattern)}.index.json"
    return f"{file_name(SAFETENSORS_WEIGHTS_FILE_PATTERN)}.index.{variant}.json"
