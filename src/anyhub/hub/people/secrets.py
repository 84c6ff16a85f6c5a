"""The secrets of tokens and logins: how they are made, and the digests by which they are known again."""

from __future__ import annotations

import hashlib
import re
import secrets
import zlib

PREFIX = "ahf_"

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_LETTERS = 43  # 62 to the power of 43 is a little more than 2 to the power of 256
_CHECK_LETTERS = 6
_FORM = re.compile(f"{PREFIX}[0-9A-Za-z]{{{_RANDOM_LETTERS + _CHECK_LETTERS}}}", re.ASCII)
_CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # RFC 8628, section 6.1: no vowels, so no words


def new_secret() -> str:
    """Return the secret of a new token: ``ahf_``, 256 random bits in 43 letters and digits, and 6 of a checksum."""
    body = _spelled(secrets.randbits(256), _RANDOM_LETTERS)
    return PREFIX + body + _checksum(body)


def is_secret(text: str) -> bool:
    """Return whether a text is what `new_secret` returns, as scanners for leaked secrets find out: by its checksum."""
    if not _FORM.fullmatch(text):
        return False
    body = text[len(PREFIX) : -_CHECK_LETTERS]
    return _checksum(body) == text[-_CHECK_LETTERS:]


def new_user_code() -> str:
    """Return what a person types in to approve a login, such as ``BCDF-GHJK``."""
    letters = "".join(secrets.choice(_CODE_LETTERS) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def read_user_code(text: str) -> str:
    """Return a user code as it is kept, from what a person typed, in any case and with any punctuation."""
    letters = re.sub(r"[^A-Z]", "", text[:100].upper())
    return f"{letters[:4]}-{letters[4:]}"


def digest_of(secret: str) -> str:
    """Return what is kept of a secret: its SHA-256. It has no salt, because what is random can not be guessed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _checksum(body: str) -> str:
    return _spelled(zlib.crc32(body.encode()), _CHECK_LETTERS)


def _spelled(number: int, length: int) -> str:
    letters = []
    for _ in range(length):
        number, digit = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[digit])
    return "".join(reversed(letters))
