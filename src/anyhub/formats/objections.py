"""What speaks against bytes that nobody vouches for, in words that continue a sentence.

A reader raises an objection where it finds something; whoever knows the name of the file makes an error of it.
"""

from __future__ import annotations


class Objection(ValueError):
    """A reason to refuse a file, such as ``"it has 7 bytes after its last tensor"``."""


def shorten(value: object) -> str:
    """Return the ``repr`` of a value that a stranger chose, cut where it would fill the screen."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
