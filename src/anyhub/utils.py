"""What libraries import from the module of this name in `huggingface_hub`: errors, and metadata of safetensors."""

from __future__ import annotations

from anyhub.errors import (
    EntryNotFoundError,
    LocalEntryNotFoundError,
    NotASafetensorsRepoError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
    SafetensorsParsingError,
)
from anyhub.formats.safetensors import TensorInfo
from anyhub.formats.safetensors_metadata import SafetensorsFileMetadata, SafetensorsRepoMetadata

__all__ = [
    "EntryNotFoundError",
    "LocalEntryNotFoundError",
    "NotASafetensorsRepoError",
    "RepositoryNotFoundError",
    "RevisionNotFoundError",
    "SafetensorsFileMetadata",
    "SafetensorsParsingError",
    "SafetensorsRepoMetadata",
    "TensorInfo",
]
