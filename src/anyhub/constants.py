"""The names of files that have a meaning in a repository, and the limits on what is read of them."""

from __future__ import annotations

CONFIG_NAME = "config.json"
REPOCARD_NAME = "README.md"
MANIFEST_NAME = "anyhub.json"
"""What a checkpoint was saved with: the versions of libraries, and what config.json could not hold."""

SAFETENSORS_SINGLE_FILE = "model.safetensors"
SAFETENSORS_INDEX_FILE = "model.safetensors.index.json"
SAFETENSORS_WEIGHTS_FILE_PATTERN = "model{suffix}.safetensors"
SAFETENSORS_MAX_HEADER_LENGTH = 25_000_000
"""Bytes of the header of a safetensors file."""

PYTORCH_WEIGHTS_NAME = "pytorch_model.bin"
PYTORCH_WEIGHTS_FILE_PATTERN = "pytorch_model{suffix}.bin"
TF2_WEIGHTS_NAME = "tf_model.h5"
TF2_WEIGHTS_FILE_PATTERN = "tf_model{suffix}.h5"
