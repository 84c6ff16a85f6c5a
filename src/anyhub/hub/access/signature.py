"""Whom git and discussions name for what a caller does."""

from __future__ import annotations

from anyhub.people import Principal
from anyhub.values import Signature


def signature_of(principal: Principal) -> Signature:
    """Return whom git and discussions name for what somebody does; without what would end a line of a commit early."""
    name = principal.name
    email = principal.user.email if principal.user is not None and principal.user.email else f"{name}@localhost"
    return Signature(_one_word_for_git(name), _one_word_for_git(email))


def _one_word_for_git(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable() and letter not in "<>")
