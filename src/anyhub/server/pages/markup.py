"""Pieces of pages, made so that text from outside is always escaped: the gaps that hold lists and tables."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence


class Markup(str):
    """Text that is HTML already, and not escaped again."""

    __slots__ = ()


def escaped(text: str) -> Markup:
    """Return text as HTML; what is HTML already stays."""
    return text if isinstance(text, Markup) else Markup(html.escape(text))


def joined(pieces: Iterable[str], between: str = "") -> Markup:
    """Return pieces one after the other, each escaped unless it is HTML already."""
    return Markup(escaped(between).join(escaped(piece) for piece in pieces))


def element(name: str, *content: str, **attributes: str) -> Markup:
    """Return an element; ``class_`` stands for the attribute ``class``."""
    given = "".join(f' {key.rstrip("_")}="{html.escape(value)}"' for key, value in attributes.items())
    return Markup(f"<{name}{given}>{joined(content)}</{name}>")


def link(address: str, *content: str, **attributes: str) -> Markup:
    """Return a link."""
    return element("a", *content, href=address, **attributes)


def table(rows: Iterable[Sequence[str]], heads: Sequence[str]) -> Markup:
    """Return a table; the last columns, those of sizes and dates, are told apart by the style."""
    lines = (element("tr", *(element("td", cell) for cell in row)) for row in rows)
    head = element("tr", *(element("th", each, scope="col") for each in heads))
    return element("div", element("table", element("thead", head), element("tbody", *lines)), class_="scroll")
