"""Tickets: addresses that say, signed and for a limited time, who may do what with one large file.

A client of Git LFS is sent to such an address and shows no token there. The ticket names the token with which it was
asked for, so that the server knows at its use who comes, and asks once more whether they may.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from anyhub.errors import ForbiddenError
from anyhub.values import Digest

if TYPE_CHECKING:
    from anyhub.values import RepoId, RepoType

Purpose: TypeAlias = Literal["put", "get", "parts", "tus"]

_SETTING = "ticket_secret"
_MAX_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Ticket:
    """What one address is good for.

    Attributes:
        purpose (`str`): To send the file, to read it, or to send it in parts or so that it goes on (tus).
        type, namespace, name (`str`): The repository, as it was called then.
        sha256 (`str`), size (`int`): The file.
        token (`str`): The id of the token with which it was asked for; empty for anonymous.
        expires_at (`int`): Seconds since 1970.
        part_bytes (`int`): The size of each part but the last; 0 where there are none.
    """

    purpose: Purpose
    type: RepoType
    namespace: str
    name: str
    sha256: str
    size: int
    token: str
    expires_at: int
    part_bytes: int = 0

    @property
    def digest(self) -> Digest:
        """What the file is."""
        return Digest(self.sha256, self.size)

    @property
    def repo(self) -> RepoId:
        """Which repository."""
        from anyhub.values import RepoId

        return RepoId(self.namespace, self.name, self.type)

    @property
    def upload(self) -> str:
        """A name for the parts of this file by this token, the same in every ticket for it."""
        words = f"{self.repo.key}\n{self.token}\n{self.sha256}\n{self.size}\n{self.part_bytes}"
        return hashlib.sha256(words.encode()).hexdigest()


class KeepsSettings(Protocol):
    """Where the secret is kept: `StoredAccounts`."""

    def setting(self, name: str) -> str | None:
        """Return what was kept under a name."""

    def set_setting(self, name: str, value: str) -> None:
        """Keep a text under a name."""


class Tickets:
    """Makes tickets, and reads those that it, or another process with the same secret, made.

    Args:
        secret (`str`): What signs them.
        clock: Tells the time, in seconds since 1970.
    """

    def __init__(self, secret: str, clock: Callable[[], float] = time.time) -> None:
        self._secret = secret.encode()
        self._clock = clock

    @classmethod
    def of(cls, kept: KeepsSettings) -> Tickets:
        """Return those of a hub; the first call makes the secret."""
        if kept.setting(_SETTING) is None:
            kept.set_setting(_SETTING, secrets.token_hex(32))
        return cls(kept.setting(_SETTING) or "")

    def expiry(self, seconds: int) -> int:
        """Return when a ticket ends that is good for so long."""
        return int(self._clock()) + seconds

    def issue(self, ticket: Ticket) -> str:
        """Return a ticket as one segment of a path."""
        text = json.dumps(asdict(ticket), separators=(",", ":")).encode()
        return f"{_spell(text)}.{_spell(self._sign(text))}"

    def read(self, segment: str) -> Ticket:
        """Return what a ticket is good for.

        Raises:
            ForbiddenError: When it was not made here, was changed, or has expired.
        """
        text, _, signature = segment.partition(".")
        if len(segment) > _MAX_CHARACTERS or not hmac.compare_digest(_raw(signature), self._sign(_raw(text))):
            raise ForbiddenError("This address of a large file is not one that the hub gave. Ask for the file again.")
        content: dict[str, Any] = json.loads(_raw(text))
        ticket = Ticket(**{field.name: content[field.name] for field in fields(Ticket)})
        if ticket.expires_at < self._clock():
            raise ForbiddenError("This address of a large file has expired. Ask for the file again.")
        return ticket

    def _sign(self, text: bytes) -> bytes:
        return hmac.new(self._secret, text, hashlib.sha256).digest()


def _spell(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _raw(text: str) -> bytes:
    """Return the bytes of a half of a ticket; none for what is no such half, which no signature fits."""
    try:
        return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b""
