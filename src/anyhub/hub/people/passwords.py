"""Passwords: hashed with Argon2id (RFC 9106), and compared in the same time whether there is one or not."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from anyhub.errors import MissingDependencyError, ValidationError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST = 8
LONGEST = 1000


def hashed(password: str) -> str:
    """Return what is kept of a password.

    Raises:
        ValidationError: When it is too short, or too long.
        MissingDependencyError: When Argon2 is not installed.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise ValidationError(f"A password has {SHORTEST} to {LONGEST} characters. Choose another one.")
    return _hasher().hash(password)


def is_right(password: str, kept: str | None) -> bool:
    """Return whether a password is the one that is kept; never, and after the same work, when none is kept.

    Raises:
        MissingDependencyError: When Argon2 is not installed.
    """
    hasher = _hasher()
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        fits = hasher.verify(kept or _of_nobody(), password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return fits and kept is not None and len(password) <= LONGEST


@cache
def _hasher() -> PasswordHasher:
    """Return the hasher, with the parameters of RFC 9106 for machines with little memory: 64 MiB, three passes."""
    try:
        from argon2 import PasswordHasher
    except ImportError as error:
        raise MissingDependencyError(
            "Passwords need the package argon2-cffi. Install it with: pip install 'anyhub[server]'"
        ) from error
    return PasswordHasher(time_cost=3, memory_cost=65536, parallelism=1)


@cache
def _of_nobody() -> str:
    """Return a hash that takes as long to compare as any other."""
    return _hasher().hash("the password of nobody")
