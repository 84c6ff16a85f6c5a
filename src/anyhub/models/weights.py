"""The weights of a module, found among its files: safetensors before pickles, one file before shards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from anyhub.constants import PYTORCH_WEIGHTS_NAME, SAFETENSORS_SINGLE_FILE
from anyhub.errors import EntryNotFoundError, LocalEntryNotFoundError
from anyhub.formats.shards import check_variant, read_index
from anyhub.models.source import Files


@dataclass(frozen=True)
class Weights:
    """Where the weights are.

    Attributes:
        path (`Path`): The file, or the index beside whose shards it lies.
        is_pickle (`bool`): Whether they are pickles, and not safetensors.
    """

    path: Path
    is_pickle: bool


def find_weights(files: Files, variant: str | None = None) -> Weights:
    """Return the weights of a model, all of them brought to this machine.

    Args:
        files (`Files`): Where to look.
        variant (`str`, *optional*): Which of several; ``"fp16"`` is in ``model.fp16.safetensors``.

    Raises:
        EntryNotFoundError: When there are none, or a shard is missing; names the file.
        LocalEntryNotFoundError: When they are not in the cache, and the hub may not be asked. A pickle in the cache is
            no help then, unless it is known that there are no safetensors.
        CorruptFileError: When an index is damaged.
    """
    if variant is not None:
        check_variant(variant)
    missing: list[EntryNotFoundError] = []
    for name in (SAFETENSORS_SINGLE_FILE, PYTORCH_WEIGHTS_NAME):
        for candidate in _names(name, variant):
            try:
                path = files.fetch(candidate)
            except EntryNotFoundError as error:
                missing.append(error)
                continue
            if path.suffix == ".json":
                files.fetch_all(read_index(path, extension=Path(name).suffix).files)
            return Weights(path, is_pickle=name == PYTORCH_WEIGHTS_NAME)
        if any(isinstance(error, LocalEntryNotFoundError) for error in missing):
            break
    raise missing[0]


def _names(name: str, variant: str | None) -> tuple[str, str]:
    """Return what the one file of a variant is called, and the index of several."""
    if not variant:
        return name, f"{name}.index.json"
    stem, _, extension = name.rpartition(".")
    return f"{stem}.{variant}.{extension}", f"{name}.index.{variant}.json"
