"""A card, cut into its YAML block and its text, and put together again byte for byte."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

BOM = "\ufeff"

REGEX_YAML_BLOCK = re.compile(
    r"\A(\s*+---[ \t]*+(?:\r\n|\r|\n))([\s\S]*?)((?:\r\n|\r|\n|(?<=[\r\n]))---[ \t]*+(\r\n|\n|\Z))"
)
"""The top of a card for programs that match it themselves: the line ``---``, the YAML, and the other line ``---``."""

# Neither pattern can match in two ways, so that searching takes time in proportion to the text.
_OPENING = re.compile(r"---[ \t]*\r?\n")
_CLOSING = re.compile(r"^---[ \t]*(?:\r?\n|\Z)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class CardText:
    """The five pieces of a card; one after the other they are the card.

    Attributes:
        bom (`str`): A byte order mark, or nothing.
        opening (`str`): White space and the line ``---`` above the block; nothing when there is no block.
        block (`str`): The YAML between the two lines, with its last line break.
        closing (`str`): The line ``---`` below the block.
        text (`str`): Everything else.
    """

    bom: str
    opening: str
    block: str
    closing: str
    text: str

    @classmethod
    def cut(cls, content: str) -> CardText:
        """Cut a card into pieces; a card without a YAML block is all text."""
        bom = BOM if content.startswith(BOM) else ""
        start = len(bom)
        opening = _OPENING.match(content, len(content) - len(content[start:].lstrip()))
        closing = _CLOSING.search(content, opening.end()) if opening else None
        if not opening or not closing:
            return cls(bom, "", "", "", content[start:])
        return cls(
            bom,
            content[start : opening.end()],
            content[opening.end() : closing.start()],
            content[closing.start() : closing.end()],
            content[closing.end() :],
        )

    def __str__(self) -> str:
        return f"{self.bom}{self.opening}{self.block}{self.closing}{self.text}"

    @property
    def has_block(self) -> bool:
        """Whether there is a YAML block, be it empty."""
        return bool(self.opening)

    @property
    def line_break(self) -> str:
        r"""The line break of the card's first line: ``\n`` or ``\r\n``."""
        first, newline, _ = f"{self.opening}{self.text}".partition("\n")
        return "\r\n" if newline and first.endswith("\r") else "\n"

    def with_block(self, block: str) -> CardText:
        """Return the card with another YAML block, or with none.

        Args:
            block (`str`): Lines that end as those of the card do. Nothing removes the block.
        """
        if not block:
            return replace(self, opening="", block="", closing="")
        fence = f"---{self.line_break}"
        return replace(
            self,
            opening=self.opening or fence,
            block=block,
            closing=self.closing or fence,
        )
