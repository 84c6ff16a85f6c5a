"""What is said of one checkpoint, rather than of its class, for the metadata of its card."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from anyhub.repocard.repo_card import ModelCard, RepoCard

logger = logging.getLogger(__name__)


def facts_of(name: str, **said: Any) -> dict[str, Any]:
    """Return the keys of a card's metadata that a caller has something to say about.

    Args:
        name (`str`): What the model is called, which results of evaluations can not do without.
        said: Values by key; None says nothing.
    """
    facts = {key: value for key, value in said.items() if value is not None}
    return {"model_name": name, **facts} if facts.get("eval_results") else facts


def with_facts(card: Any, facts: Mapping[str, Any]) -> str:
    """Return the text of a card that a class has generated, with facts in its metadata."""
    if not facts:
        return str(card)
    known = card if isinstance(card, RepoCard) else ModelCard(str(card))
    _put(known, facts)
    return known.content


def merged(content: bytes, facts: Mapping[str, Any], generated: str | None, *, owner: str) -> bytes:
    """Return a card that somebody wrote or edited, with what is said now in its metadata; its text stays.

    Args:
        content (`bytes`): The card. One that can not be read stays as it is, with a warning.
        facts (`Mapping`): What goes before what the card says, key by key.
        generated (`str`, *optional*): A card whose metadata adds what the other lacks.
        owner (`str`): What the card is of, for the warning.
    """
    try:
        card = ModelCard(content.decode())
    except ValueError as error:  # it is not UTF-8, or its metadata can not be read
        logger.warning("The card of %s stays as it is: %s", owner, error)
        return content
    if generated is not None:
        metadata = ModelCard(generated).data
        for key in metadata:
            if key not in card.data:
                card.data[key] = metadata[key]
    _put(card, facts)
    return card.content.encode()


def _put(card: RepoCard, facts: Mapping[str, Any]) -> None:
    for key, value in facts.items():
        if key != "model_name" or key not in card.data:
            card.data[key] = value
