"""The card of a checkpoint, made of the one that is there and of what is known.

What nobody has edited is generated anew, so that it is true of the checkpoint; see `anyhub.cards.seal`. What somebody
has edited is theirs, and only what is said of the checkpoint at this save goes before it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from anyhub.cards.seal import has_generated_text, is_untouched, seal, seal_text
from anyhub.errors import ValidationError
from anyhub.models.facts import Facts
from anyhub.repocard.repo_card import ModelCard, RepoCard

if TYPE_CHECKING:
    from anyhub.models.hooks import HubModel

logger = logging.getLogger(__name__)

UNREADABLE = b"\xff"
"""What stands for a card that is no file: no text in UTF-8."""


@dataclass(frozen=True)
class There:
    """What lies where a checkpoint goes.

    Attributes:
        name (`str`): What the place is called, for warnings.
        card (`bytes`, *optional*): The card; None when there is none.
        facts (`Facts`): What was said of the checkpoint before.
        is_shared (`bool`): Whether it is a repository, whose card gets the metadata that it lacks.
        has_others (`bool`): Whether the card is of more than this checkpoint: it is one variant, or in a subfolder.
    """

    name: str
    card: bytes | None = None
    facts: Facts = field(default_factory=Facts)
    is_shared: bool = False
    has_others: bool = False


@dataclass(frozen=True)
class Known:
    """What is known of a checkpoint that a card is made for.

    Attributes:
        name (`str`): What the checkpoint is called.
        facts (`Facts`): What is said of it.
        values (`Mapping`): For the names of the template: ``repo_id``, ``subfolder``, ``variant``, ``config`` and
            ``environment``.
        metadata (`Mapping`): What a card that is there says already, before which nothing goes.
    """

    name: str
    facts: Facts = field(default_factory=Facts)
    values: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)


_known: ContextVar[Known | None] = ContextVar("anyhub_known_for_card", default=None)


def known_for_card() -> Known | None:
    """Return what is known of the save that a card is generated for; None when there is none."""
    return _known.get()


def card_for(model: HubModel, there: There, known: Known, card_kwargs: Mapping[str, Any]) -> str | None:
    """Return the card to write, None to leave what is there.

    Args:
        model (`HubModel`): The model.
        there (`There`): What is there.
        known (`Known`): What is known now; the facts are those that are given at this save.
        card_kwargs (`Mapping`): What `generate_model_card` is given.

    Raises:
        ValidationError: When the class makes something that is no card.
    """
    if there.card is None:
        return seal(_generated(model, replace(known, facts=known.facts.over(there.facts)), card_kwargs).content)
    text = there.card.decode(errors="replace")
    whole = not there.has_others
    if whole and is_untouched(text):
        return seal(_generated(model, replace(known, facts=known.facts.over(there.facts)), card_kwargs).content)
    renews = whole and has_generated_text(text)
    adds = renews or (whole and there.is_shared)
    card = _readable(there.card, there.name) if adds or known.facts else None
    if card is None:
        return None
    known.facts.put_into(card.data, known.name, there.facts)
    try:
        if adds:
            new = _generated(model, replace(known, metadata=card.data.to_dict()), card_kwargs)
            _add_missing(card, new)
            card.text = new.text if renews else card.text
        return seal_text(card.content) if renews else card.content
    except ValidationError as error:
        if known.facts:
            raise
        logger.warning("The card of %s stays as it is: %s", there.name, error)  # there is no room for more in it
        return None


def with_facts(card: bytes, place: str, name: str, facts: Facts) -> str | None:
    """Return a card that a class has written itself, with facts in its metadata; None to leave it.

    Args:
        card (`bytes`): The card.
        place (`str`): Where it is, for the warning that it can not be read.
        name (`str`): What the checkpoint is called.
        facts (`Facts`): What is said of it.
    """
    readable = _readable(card, place) if facts else None
    if readable is None:
        return None
    facts.put_into(readable.data, name, facts)
    return readable.content


def _readable(card: bytes, place: str) -> ModelCard | None:
    """Return a card; None, with a warning, when it is not UTF-8, or its metadata can not be read."""
    try:
        return ModelCard(card.decode())
    except ValueError as error:
        logger.warning("The card of %s stays as it is: %s", place, error)
        return None


def _add_missing(card: ModelCard, new: ModelCard) -> None:
    for key in new.data:
        if key not in card.data:
            card.data[key] = new.data[key]


def _generated(model: HubModel, known: Known, card_kwargs: Mapping[str, Any]) -> ModelCard:
    with _telling(known):
        card = model.generate_model_card(**card_kwargs)
    if not isinstance(card, RepoCard | str):
        raise ValidationError(
            f"{type(model).__name__}.generate_model_card returned {type(card).__name__}, which is no card; let it end "
            "with `return card`, a ModelCard or its text."
        )
    model_card = card if isinstance(card, ModelCard) else ModelCard(str(card))
    known.facts.put_into(model_card.data, known.name, known.facts)
    return model_card


@contextmanager
def _telling(known: Known) -> Iterator[None]:
    # Not arguments of `generate_model_card`: a class that overrides it may pass such names on by itself.
    token = _known.set(known)
    try:
        yield
    finally:
        _known.reset(token)
