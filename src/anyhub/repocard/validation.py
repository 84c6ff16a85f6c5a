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
    wrong = [*_wrong_values(data, is_model=repo_type == "model"), *_wrong_together(data)]
    _refuse(wrong)


def check_metadata(data: Mapping[str, Any], *, is_model: bool) -> None:
    """Do nothing when values are right each for its key; a part of some metadata may be looked at on its own.

    Args:
        data (`Mapping`): The keys and plain values.
        is_model (`bool`): Whether they are for the card of a model, to which ``model-index`` belongs.

    Raises:
        ValidationError: Names every key that is wrong.
    """
    _refuse(_wrong_values(data, is_model=is_model))


def _refuse(wrong: list[str]) -> None:
    if wrong:
        raise ValidationError(f"The card's metadata is not valid: {'; '.join(wrong)}.")


def _wrong_values(data: Mapping[str, Any], *, is_model: bool) -> list[str]:
    found = [f"{key!r} should be a text" for key in _TEXTS if not _is_text(data.get(key, ""))]
    found += [
        f"{key!r} should be a text or a list of texts"
        for key in _TEXT_OR_LIST
        if not _is_text(data.get(key, "")) and not _is_texts(data.get(key))
    ]
    if data.get("tags") is not None and not _is_texts(data["tags"]):
        found.append("'tags' should be a list of texts")
    if is_model and not _is_model_index(data.get("model-index", [])):
        found.append("'model-index' should be a list of models, each with a 'name' and a list of 'results'")
    return found


def _wrong_together(data: Mapping[str, Any]) -> list[str]:
    if data.get("license") in ("other", ["other"]):
        return []
    return [f"{key!r} needs the license 'other'" for key in ("license_name", "license_link") if data.get(key)]


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_model_index(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(model, dict) and isinstance(model.get("name"), str) and isinstance(model.get("results"), list)
        for model in value
    )
