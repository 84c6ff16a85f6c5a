"""A card as it was read, written again with the changes that were made to it and no others."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from anyhub.cards.plain import same
from anyhub.cards.text import CardText
from anyhub.errors import ValidationError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Changes:
    """What is different between two states of some metadata.

    Attributes:
        changed: The keys that say something else, or are new, with their values.
        removed: The keys that are gone.
    """

    changed: Mapping[str, Any]
    removed: Collection[str]

    @classmethod
    def between(cls, before: Mapping[str, Any], now: Mapping[str, Any]) -> Changes:
        """Return what leads from one state to another."""
        changed = {key: value for key, value in now.items() if key not in before or not same(value, before[key])}
        return cls(changed, before.keys() - now.keys())

    def applied_to(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return some metadata with these changes made to it."""
        return {key: value for key, value in data.items() if key not in self.removed} | dict(self.changed)


@dataclass(frozen=True)
class CardDocument:
    """A card as it was read.

    Attributes:
        cut (`CardText`): Its pieces.
        values (`dict`): What its YAML block says.
        block (`str`): The YAML block, or nothing when it could not be read.
    """

    cut: CardText
    values: dict[str, Any]
    block: str

    @classmethod
    def read(cls, content: str, ignore_errors: bool = False) -> CardDocument:
        """Read a card.

        Args:
            content (`str`): The whole card.
            ignore_errors (`bool`): Whether a YAML block that can not be read counts as empty, with a warning.

        Raises:
            ValidationError: When the YAML block can not be read, or is not a mapping.
        """
        cut = CardText.cut(content)
        if not cut.has_block:
            return cls(cut, {}, "")
        from anyhub.cards import block

        try:
            return cls(cut, block.read(cut.block), cut.block)
        except ValidationError as error:
            if not ignore_errors:
                raise
            logger.warning("%s Setting CardData to empty.", error)
            return cls(cut, {}, "")

    def written(self, changes: Changes, text: str) -> str:
        """Return the card with some changes and another text; every other line of its YAML block stays as it is.

        Args:
            changes (`Changes`): What is to be said otherwise than `values` does.
            text (`str`): What comes after the YAML block.

        Raises:
            ValidationError: When the YAML block would be larger than 1 MiB.
        """
        cut = replace(self.cut, text=text)
        if not changes.changed and not changes.removed:
            return str(cut)
        from anyhub.cards import block

        edited = block.update(self.block, changes.changed, changes.removed, cut.line_break)
        return str(cut.with_block(edited))
