"""The tokens of users, and who asks when one is shown."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, get_args

from anyhub.errors import AuthenticationError, ConflictError, HubError, NotFoundError, ValidationError
from anyhub.hub.people.account_table import Account
from anyhub.hub.people.secrets import digest_of, new_secret
from anyhub.hub.repos.catalog import moment, now_microseconds
from anyhub.hub.sql.database import Database
from anyhub.people import TOKEN_ROLES, AccessToken, Permission, Principal, Role, Scope, TokenRole, User
from anyhub.wire.errors import INVALID_TOKEN

_MINUTE = 60_000_000
_MAX_NAME = 200
_MAX_SCOPES = 1000
_COLUMNS = "t.id, u.name, t.name, t.role, t.scopes, t.created_at, t.expires_at, t.last_used_at"
_LIST = f"SELECT {_COLUMNS} FROM tokens t JOIN accounts u ON u.id = t.user"
_WHO = f"""
SELECT {_COLUMNS}, u.fullname, u.email, u.is_admin, u.created_at, o.key, m.role
FROM tokens t JOIN accounts u ON u.id = t.user
LEFT JOIN memberships m ON m.user = u.id LEFT JOIN accounts o ON o.id = m.organization
WHERE u.deleted_at IS NULL
"""
_KINDS = ("user", "org", "model", "dataset", "space")


class Tokens:
    """Reads and writes the table of tokens."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def principal(self, secret: str) -> Principal:
        """Return who asks, when this is shown.

        Raises:
            AuthenticationError: When it is not the secret of a token, or not any more.
        """
        return self._who(f"{_WHO} AND t.digest = ?", digest_of(secret))

    def principal_of(self, id: str) -> Principal:
        """Return who asks, when something that the hub itself signed names their token.

        Raises:
            AuthenticationError: When there is no such token, or not any more.
        """
        return self._who(f"{_WHO} AND t.id = ?", id)

    def _who(self, sql: str, value: str) -> Principal:
        rows = self._database.query(sql, value)
        if not rows:
            raise AuthenticationError(INVALID_TOKEN)
        token = _token(rows[0][:8])
        if token.expires_at is not None and token.expires_at <= datetime.now(UTC):
            raise AuthenticationError(INVALID_TOKEN)
        self._note_use(token.id, rows[0][7])
        fullname, email, is_admin, created_at = rows[0][8:12]
        user = User(token.user, fullname, email, bool(is_admin), moment(created_at))
        roles: dict[str, Role] = {row[12]: row[13] for row in rows if row[12] is not None}
        return Principal(user, token, roles)

    def all(self, user: Account) -> list[AccessToken]:
        """List the tokens of a user, the newest first."""
        rows = self._database.query(f"{_LIST} WHERE t.user = ? ORDER BY t.created_at DESC, t.id", user.pk)
        return [_token(row) for row in rows]

    def create(
        self,
        user: Account,
        name: str,
        role: TokenRole,
        scopes: Sequence[Scope],
        expires_at: datetime | None,
        value: str | None = None,
    ) -> tuple[AccessToken, str]:
        """Make a token, inside a transaction; return it with its secret.

        Raises:
            ConflictError: When the user has a token of that name, or the given secret is one already.
            ValidationError: When something of it is malformed.
        """
        _check(name, role, scopes, expires_at)
        secret = new_secret() if value is None else _checked_value(value)
        id = secrets.token_hex(12)
        with self._database.transaction() as connection:
            if self._database.query("SELECT 1 FROM tokens WHERE user = ? AND name = ?", user.pk, name):
                raise ConflictError(f"{user.name!r} has a token called {name!r}. Choose another name, or revoke it.")
            if self._database.query("SELECT 1 FROM tokens WHERE digest = ?", digest_of(secret)):
                raise ConflictError("The secret that was given is that of another token. Choose another one.")
            expiry = None if expires_at is None else int(expires_at.timestamp() * 1_000_000)
            connection.execute(
                "INSERT INTO tokens (id, user, name, role, scopes, digest, created_at, expires_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (id, user.pk, name, role, _spelled(scopes), digest_of(secret), now_microseconds(), expiry),
            )
        return _token(self._database.query(f"{_LIST} WHERE t.id = ?", id)[0]), secret

    def revoke(self, user: Account, id: str) -> None:
        """Remove a token by its id or its name.

        Raises:
            NotFoundError: When the user has no such token.
        """
        with self._database.transaction() as connection:
            rows = self._database.query(
                "SELECT id FROM tokens WHERE user = ?1 AND (id = ?2 OR name = ?2) ORDER BY id != ?2", user.pk, id
            )
            if not rows:
                raise NotFoundError(f"{user.name!r} has no token {id!r}. List the tokens to see which there are.")
            connection.execute("DELETE FROM tokens WHERE id = ?", rows[0])

    def _note_use(self, id: str, last_used_at: int | None) -> None:
        """Note that a token was used, at most once a minute; a full disk does not make it less valid."""
        now = now_microseconds()
        if last_used_at is not None and now - last_used_at < _MINUTE:
            return
        with suppress(HubError), self._database.transaction() as connection:
            connection.execute("UPDATE tokens SET last_used_at = ? WHERE id = ?", (now, id))


def _check(name: str, role: str, scopes: Sequence[Scope], expires_at: datetime | None) -> None:
    if not name or len(name) > _MAX_NAME or not name.isprintable():
        raise ValidationError(f"The name of a token is one line of 1 to {_MAX_NAME} characters, not {name[:40]!r}.")
    if role not in TOKEN_ROLES:
        raise ValidationError(f"{role!r} is not the role of a token; use one of {', '.join(map(repr, TOKEN_ROLES))}.")
    if (role == "fineGrained") != bool(scopes):
        raise ValidationError("A token has scopes when its role is 'fineGrained', and only then.")
    if len(scopes) > _MAX_SCOPES:
        raise ValidationError(f"A token has at most {_MAX_SCOPES} scopes, not {len(scopes)}. Name namespaces instead.")
    for scope in scopes:
        _check_scope(scope)
    if expires_at is not None and expires_at.tzinfo is None:
        raise ValidationError(f"{expires_at} is in no time zone. Give the time at which the token expires in UTC.")
    if expires_at is not None and expires_at <= datetime.now(UTC):
        raise ValidationError(f"{expires_at} is over. Give a time to come at which the token expires.")


def _check_scope(scope: Scope) -> None:
    if scope.kind not in _KINDS:
        raise ValidationError(f"{scope.kind!r} is not a kind of scope; use one of {', '.join(map(repr, _KINDS))}.")
    is_repo = scope.kind in ("model", "dataset", "space")
    if not scope.name or (scope.name.count("/") != is_repo):
        what = "'namespace/name'" if is_repo else "a name without '/'"
        raise ValidationError(f"A scope of kind {scope.kind!r} names {what}, not {scope.name!r}.")
    known = get_args(Permission)
    if unknown := sorted(scope.permissions - set(known)):
        raise ValidationError(f"{unknown[0]!r} is not a permission; use some of {', '.join(map(repr, known))}.")


def _checked_value(value: str) -> str:
    """Return a secret that another system gave, when it can be sent in a header."""
    if not value or len(value) > 1000 or not value.isascii() or not value.isprintable() or " " in value:
        raise ValidationError("The secret of a token has 1 to 1000 characters of ASCII, without spaces. Give another.")
    return value


def _spelled(scopes: Sequence[Scope]) -> str:
    return json.dumps([[each.kind, each.name, sorted(each.permissions)] for each in scopes])


def _token(row: Any) -> AccessToken:
    id, user, name, role, scopes, created_at, expires_at, last_used_at = row
    return AccessToken(
        id,
        user,
        name,
        role,
        tuple(Scope(kind, about, frozenset(permissions)) for kind, about, permissions in json.loads(scopes)),
        moment(created_at),
        None if expires_at is None else moment(expires_at),
        None if last_used_at is None else moment(last_used_at),
    )
