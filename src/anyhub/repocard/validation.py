"""What is wrong with the metadata of a card, by rules that need no hub."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anyhub.cards.text import CardText
from anyhub.errors import ValidationError

_TEXTS = ("library_name", "license_link", "license_name", "model_name", "pipeline_tag")
_TEXT_OR_LIST = ("base_model", "datasets", "language", "license", "metrics")


def check(content: str, repo_type: str) -> None:
    """Do nothing when the metadata of a card can be read back, and is right for a kind of repository.

    Args:
        content (`str`): The whole card.
        repo_type (`str`): `"model"`, to which ``model-index`` belongs, `"dataset"` or `"space"`.

    Raises:
        ValidationError: Names every key that is wrong.
    """
    from anyhub.cards import block

    data = block.read(CardText.cut(content).block)
    if wrong := _objections(data, is_model=repo_type == "model"):
        raise ValidationError(f"The card's metadata is not valid: {'; '.join(wrong)}.")


def _objections(data: Mapping[str, Any], *, is_model: bool) -> list[str]:
    found = [f"{key!r} should be a text" for key in _TEXTS if not _is_text(data.get(key, ""))]
    found += [
        f"{key!r} should be a text or a list of texts"
        for key in _TEXT_OR_LIST
        if not _is_text(data.get(key, "")) and not _is_texts(data.get(key))
    ]
    if data.get("tags") is not None and not _is_texts(data["tags"]):
        found.append("'tags' should be a list of texts")
    if data.get("license") not in ("other", ["other"]):
        found += [f"{key!r} needs the license 'other'" for key in ("license_name", "license_link") if data.get(key)]
    if is_model and not _is_model_index(data.get("model-index", [])):
        found.append("'model-index' should be a list of models, each with a 'name' and a list of 'results'")
    return found


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_model_index(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(model, dict) and isinstance(model.get("name"), str) and isinstance(model.get("results"), list)
        for model in value
    )
