"""The plain values about who uses a hub: users, organisations, tokens, and who is asking right now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias, get_args

Role: TypeAlias = Literal["read", "contributor", "write", "admin"]
"""What a member may do in an organisation: see its private repositories; also create repositories and change those that
they created; also change, create, move and delete all; also settle its members and settings."""
ROLES: tuple[Role, ...] = get_args(Role)

TokenRole: TypeAlias = Literal["read", "write", "fineGrained"]
TOKEN_ROLES: tuple[TokenRole, ...] = get_args(TokenRole)

Permission: TypeAlias = Literal[
    "repo.content.read", "repo.write", "discussion.write", "collection.write", "org.read", "org.write", "user.webhooks"
]
"""What a fine-grained token may do, in the words of the Hub's protocol."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may log in.

    Attributes:
        name (`str`): The name and namespace, in the case in which it was given.
        fullname, email (`str`): For people to read; may be empty.
        is_admin (`bool`): Whether they may do everything on this hub.
        created_at (`datetime`): In UTC.
    """

    name: str
    fullname: str
    email: str
    is_admin: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Organization:
    """A namespace that several users share."""

    name: str
    fullname: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Membership:
    """One user's place in one organisation."""

    organization: str
    user: str
    role: Role


@dataclass(frozen=True, slots=True)
class Scope:
    """One line of a fine-grained token: what it may do, and with what.

    Attributes:
        kind (`str`): `"user"` or `"org"` for all that is in a namespace; `"model"`, `"dataset"` or `"space"` for one
            repository.
        name (`str`): The namespace, or ``namespace/name``.
        permissions: What it may do there.
    """

    kind: Literal["user", "org", "model", "dataset", "space"]
    name: str
    permissions: frozenset[str]


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What is known of a token. Its secret is shown once, when it is made, and kept only as a hash.

    Attributes:
        id (`str`): Names it, and opens nothing.
        user (`str`): Whose it is.
        name (`str`): What its owner calls it; unique among their tokens.
        role (`str`): What it may do of what its owner may: `"read"`, `"write"` (all), or what ``scopes`` say.
        scopes: For ``fineGrained``.
        created_at, expires_at, last_used_at (`datetime`): In UTC; None for never.
    """

    id: str
    user: str
    name: str
    role: TokenRole
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: nobody in particular, or a user by means of a token.

    Attributes:
        user (`User`, *optional*): None for anonymous.
        token (`AccessToken`, *optional*): None for anonymous, and for a user at the web page who gave a password.
        roles: The user's role in each organisation, by its name in lower case.
    """

    user: User | None = None
    token: AccessToken | None = None
    roles: Mapping[str, Role] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The user's name; empty for anonymous."""
        return "" if self.user is None else self.user.name


ANONYMOUS = Principal()


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """A login that was begun on one machine, to be approved on another (RFC 8628).

    Attributes:
        device_code (`str`): The secret by which the machine asks whether it was approved.
        user_code (`str`): What a person types in to approve it.
        expires_in, interval (`int`): Seconds that it is good for, and between two questions.
    """

    device_code: str
    user_code: str
    expires_in: int
    interval: int
