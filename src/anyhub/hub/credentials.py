"""Tokens by origin: where they are kept, and which one a call means.

They lie in ``credentials.json`` in `home()`, which only its owner may read, each under the origin of its hub. A token
of one origin is never given to another.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anyhub import files, temporary
from anyhub.errors import AuthenticationError, CorruptFileError, ValidationError
from anyhub.transfer.origins import Origin
from anyhub.transfer.secret import Secret

PUBLIC_HUB = Origin("https", "huggingface.co", 443)

_NAME = "credentials.json"
_MAX_BYTES = 10_000_000
_MAX_TOKEN = 10_000


@dataclass(frozen=True, slots=True)
class OriginCredentials:
    """Implements `anyhub.transfer.secret.Credentials` with one token for one origin, and none for all others."""

    origin: Origin
    secret: Secret | None

    def secret_for(self, origin: Origin) -> Secret | None:
        """Return the token when the origin is its own."""
        return self.secret if origin == self.origin else None


def secret_of(token: str | bool | None, origin: Origin, home: Path) -> Secret | None:
    """Return the token that a call to a hub means.

    Args:
        token (`str` or `bool`, *optional*): A text is the token itself, for this hub. False is none. None is the one
            that the environment or a login has for this origin, if there is one; True is that one, which has to be.
        origin (`Origin`): The hub's.
        home (`Path`): Where anyhub keeps its data.

    Raises:
        AuthenticationError: When the token has to be there and is not.
        CorruptFileError: When the file of tokens can not be read.
        ValidationError: When the text can not be a token.
    """
    if token is False:
        return None
    if isinstance(token, str):
        return Secret(token.strip())
    found = _of_environment(origin, home) or _stored(origin, home) or _of_other_tools(origin)
    if found is None and token is True:
        raise AuthenticationError(
            f"There is no token for {origin}. Run `anyhub login`, or give one by token= or ANYHUB_TOKEN."
        )
    return found


def store(home: Path, origin: Origin, token: str) -> None:
    """Keep the token of an origin, in place of the one that it had.

    Raises:
        ValidationError: When the text can not be a token.
        DiskFullError, ReadOnlyError: When the disk refuses.
    """
    secret = Secret(token.strip())
    with _edited(home) as tokens:
        tokens[str(origin)] = {"token": secret.text}


def forget(home: Path, origin: Origin | None = None) -> list[str]:
    """Remove the token of an origin, or of all; return the origins that had one."""
    if not (home / _NAME).exists():
        return []
    with _edited(home) as tokens:
        gone = sorted(tokens) if origin is None else [name for name in tokens if name == str(origin)]
        for name in gone:
            del tokens[name]
    return gone


def origins(home: Path) -> list[str]:
    """Return the origins that a token is kept for."""
    return sorted(_read(home / _NAME))


def _stored(origin: Origin, home: Path) -> Secret | None:
    kept = _read(home / _NAME).get(str(origin))
    text = kept.get("token") if isinstance(kept, dict) else None
    return Secret(text) if isinstance(text, str) else None


def _of_environment(origin: Origin, home: Path) -> Secret | None:
    """Return the token of an environment variable when it is for this origin.

    ``ANYHUB_TOKEN`` is for the hub that calls mean which name none; ``HF_TOKEN`` for the one of ``HF_ENDPOINT``, or for
    the public Hugging Face hub: one that is meant for that is not given to somebody's own hub.
    """
    from anyhub.hub.configured import chosen_endpoint

    stock = os.environ.get("HF_ENDPOINT")
    if text := os.environ.get("ANYHUB_TOKEN", "").strip():
        usual = os.environ.get("ANYHUB_ENDPOINT") or stock or chosen_endpoint(home)
        if usual and _origin_of(usual) == origin:
            return Secret(text, is_meant_for_it=False)
    text = (os.environ.get("HF_TOKEN") or os.environ.get("HUGGING_FACE_HUB_TOKEN") or "").strip()
    if text and (_origin_of(stock) if stock else PUBLIC_HUB) == origin:
        return Secret(text, is_meant_for_it=False)
    return None


def _of_other_tools(origin: Origin) -> Secret | None:
    """Return the token with which the tools of the public Hugging Face hub are logged in there."""
    if origin != PUBLIC_HUB:
        return None
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "huggingface")
    path = Path(os.environ.get("HF_TOKEN_PATH") or Path(home, "token")).expanduser()
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_MAX_TOKEN).strip()
    except (OSError, ValueError):
        return None
    return Secret(text) if text else None


def _origin_of(endpoint: str) -> Origin | None:
    try:
        return Origin.of(endpoint)
    except ValidationError:
        return None


@contextmanager
def _edited(home: Path) -> Iterator[dict[str, Any]]:
    """Lend the tokens to be changed; nobody else changes them meanwhile."""
    files.make_folder(home)
    with temporary.locked(home):
        tokens = _read(home / _NAME)
        yield tokens
        files.write(home / _NAME, json.dumps({"tokens": tokens}, indent=2) + "\n", secret=True)


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            _refuse_shared(path, os.fstat(file.fileno()).st_mode)
            content = json.loads(file.read(_MAX_BYTES))
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError):
        content = None
    tokens = content.get("tokens") if isinstance(content, dict) else None
    if not isinstance(tokens, dict):
        raise CorruptFileError(f"{path} is not a file of tokens any more. Remove it, and log in again.")
    return tokens


def _refuse_shared(path: Path, mode: int) -> None:
    if sys.platform != "win32" and stat.S_IMODE(mode) & 0o077:
        raise AuthenticationError(
            f"{path} can be read by other users of this machine. Run `chmod 600 {path}`; if they may have read it, make"
            " new tokens."
        )
