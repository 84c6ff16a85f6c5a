"""The words by which a repository is found, in the spelling of the public Hub."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from anyhub.values import RepoType

_MAX_TAG = 200

# Of data sets, these keys of the card become tags that begin with the key.
_DATASET_KEYS = (
    "annotations_creators",
    "language",
    "language_creators",
    "multilinguality",
    "size_categories",
    "source_datasets",
    "task_categories",
    "task_ids",
)
_FORMATS = {
    "safetensors": re.compile(r".*\.safetensors"),
    "gguf": re.compile(r".*\.gguf"),
    "pytorch": re.compile(r"pytorch_model.*\.bin|.*\.pth?"),
    "keras": re.compile(r".*\.keras|.*\.h5"),
    "onnx": re.compile(r".*\.onnx"),
    "joblib": re.compile(r".*\.joblib"),
    "tensorboard": re.compile(r"events\.out\.tfevents.*"),
}
_LIBRARIES = {
    "adapter_config.json": "peft",
    "model_index.json": "diffusers",
    "modules.json": "sentence-transformers",
}
_ARXIV = re.compile(r"arxiv\.org/(?:abs|pdf)/([0-9]{4}\.[0-9]{4,5})|arxiv:([0-9]{4}\.[0-9]{4,5})", re.IGNORECASE)


def formats_of(names: Collection[str]) -> list[str]:
    """Return the kinds of files that are among these names."""
    return [kind for kind, pattern in _FORMATS.items() if any(map(pattern.fullmatch, names))]


def library_of(card: Mapping[str, Any], config: Mapping[str, Any], names: Collection[str]) -> str | None:
    """Return the library that a card names, or else that which writes such files."""
    said = card.get("library_name")
    if isinstance(said, str) and said:
        return said[:_MAX_TAG]
    for name, library in _LIBRARIES.items():
        if name in names:
            return library
    return "transformers" if "transformers_version" in config else None


def tags_of(
    type: RepoType,
    card: Mapping[str, Any],
    text: str,
    config: Mapping[str, Any],
    library: str | None,
    formats: Collection[str],
) -> list[str]:
    """Return the tags of a repository, each once.

    Args:
        type (`str`): Kind of repository.
        card: The metadata of its card.
        text (`str`): The text of its card.
        config: What its ``config.json`` tells.
        library (`str`, *optional*): The library that loads it.
        formats: The kinds of its files.
    """
    found = [*_texts(library), *formats, *_texts(config.get("model_type")), *_texts(card.get("pipeline_tag"))]
    found += _texts(card.get("tags"))
    found += _of_dataset(card) if type == "dataset" else _texts(card.get("language"))
    found += (f"dataset:{name}" for name in _texts(card.get("datasets")))
    found += (f"license:{name}" for name in _texts(card.get("license")))
    found += _of_base_models(card, formats, library)
    found += (f"sdk:{name}" for name in _texts(card.get("sdk")) if type == "space")
    found += (f"arxiv:{new or old}" for new, old in _ARXIV.findall(text))
    return list(dict.fromkeys(tag for tag in found if 0 < len(tag) <= _MAX_TAG and tag.isprintable()))


def _of_dataset(card: Mapping[str, Any]) -> Iterator[str]:
    for key in _DATASET_KEYS:
        yield from (f"{key}:{value}" for value in _texts(card.get(key)))


def _of_base_models(card: Mapping[str, Any], formats: Collection[str], library: str | None) -> Iterator[str]:
    """Say what a model was made from, and how."""
    models = _texts(card.get("base_model"))
    said = _texts(card.get("base_model_relation"))
    guessed = "adapter" if library == "peft" else "quantized" if "gguf" in formats else "finetune"
    relation = said[0] if said else "merge" if len(models) > 1 else guessed
    for name in models:
        yield f"base_model:{name}"
        yield f"base_model:{relation}:{name}"


def _texts(value: Any) -> list[str]:
    """Return a value that may be a text, or a list of texts, as a list of those."""
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, str)]
