"""The table of accounts: users and organisations, which share one set of names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from anyhub.errors import ConflictError, InvalidRepoIdError, NotFoundError, ValidationError, did_you_mean
from anyhub.hub.repos.catalog import moment, now_microseconds
from anyhub.hub.sql.database import Database
from anyhub.people import Organization, User
from anyhub.values import RepoId

RESERVED = frozenset(
    ["anonymous", "anyhub", "api", "datasets", "deleted", "device", "docs", "models", "oauth", "settings", "spaces"]
)
"""Names that mean something else in addresses, or in what people read."""

_COLUMNS = "id, name, fullname, email, is_admin, created_at FROM accounts WHERE deleted_at IS NULL"
_MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class Account:
    """A row of the table: its key, and what it stands for."""

    pk: int
    name: str
    fullname: str
    email: str
    is_admin: bool
    created_at: int

    @property
    def user(self) -> User:
        """The user that it stands for, when it is one."""
        return User(self.name, self.fullname, self.email, self.is_admin, moment(self.created_at))

    @property
    def organization(self) -> Organization:
        """The organisation that it stands for, when it is one."""
        return Organization(self.name, self.fullname, moment(self.created_at))


class AccountTable:
    """Reads and writes the table of accounts of one kind.

    Args:
        database (`Database`): The hub's.
        organizations (`bool`): Whether these are the organisations, or the users.
    """

    def __init__(self, database: Database, *, organizations: bool) -> None:
        self._database = database
        self._organizations = organizations
        self._what = "organisation" if organizations else "user"

    def all(self) -> list[Account]:
        """List those that were not deleted, by name."""
        rows = self._database.query(f"SELECT {_COLUMNS} AND is_organization = ? ORDER BY key", self._organizations)
        return [_account(row) for row in rows]

    def find(self, name: str) -> Account | None:
        """Return one by its name in any case, or None."""
        where = "is_organization = ? AND key = ?"
        rows = self._database.query(f"SELECT {_COLUMNS} AND {where}", self._organizations, _key(name))
        return _account(rows[0]) if rows else None

    def get(self, name: str) -> Account:
        """Return one by its name in any case.

        Raises:
            NotFoundError: Names the nearest one.
        """
        found = self.find(name)
        if found is None:
            near = did_you_mean(name, (each.name for each in self.all())) or f" Add the {self._what} first."
            raise NotFoundError(f"There is no {self._what} {name!r} on this hub.{near}")
        return found

    def add(self, name: str, *, fullname: str, email: str = "", is_admin: bool = False, as_given: bool = False) -> None:
        """Add one, inside a transaction.

        Raises:
            ConflictError: When the name is, or was, somebody's.
            ValidationError: When it can not be a name.
        """
        name = checked_name(name, as_given=as_given)
        texts = _checked_text("name", fullname), _checked_text("e-mail address", email)
        with self._database.transaction() as connection:
            if connection.execute("SELECT 1 FROM accounts WHERE key = ?", (_key(name),)).fetchone():
                raise ConflictError(f"The name {name!r} is, or was, somebody's on this hub. Choose another one.")
            connection.execute(
                "INSERT INTO accounts (key, name, is_organization, fullname, email, is_admin, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (_key(name), name, self._organizations, *texts, is_admin, now_microseconds()),
            )

    def remove(self, pk: int) -> None:
        """Remove one, inside a transaction: nothing is left but its name, so that nobody else gets that."""
        with self._database.transaction() as connection:
            for table, column in (("memberships", "user"), ("memberships", "organization"), ("tokens", "user")):
                connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (pk,))
            for table, column in (("likes", "user"), ("access_requests", "user"), ("webhooks", "owner")):
                connection.execute(
                    f"DELETE FROM {table} WHERE lower({column}) = (SELECT key FROM accounts WHERE id = ?)", (pk,)
                )
            connection.execute("DELETE FROM device_codes WHERE user = ?", (pk,))
            connection.execute(
                "UPDATE accounts SET deleted_at = ?, fullname = '', email = '', password = NULL, is_admin = 0"
                " WHERE id = ?",
                (now_microseconds(), pk),
            )


def checked_name(name: str, *, as_given: bool = False) -> str:
    """Return a name that an account may have.

    Args:
        name (`str`): The name.
        as_given (`bool`): Take all but what can not be part of an address: for names that another system gave.

    Raises:
        ValidationError: When it may not; the message says why.
    """
    if not as_given:
        try:
            RepoId.parse(f"{name}/x", namespace="")
        except InvalidRepoIdError:
            raise ValidationError(
                f"{name!r} can not be a name; use letters, digits, '-', '_' and '.', such as 'ada-lovelace'."
            ) from None
    if not name or len(name) > _MAX_TEXT or "/" in name or ".." in name or not name.isprintable() or name == ".":
        raise ValidationError(f"{name[:40]!r} can not be a name: it is empty or long, or has '/', '..' or controls.")
    if _key(name) in RESERVED:
        raise ValidationError(f"{name!r} has another meaning on a hub and can not be a name. Choose another one.")
    return name


def _checked_text(what: str, text: str) -> str:
    if len(text) > _MAX_TEXT or re.search(r"[\x00-\x1f\x7f<>]", text):
        raise ValidationError(f"The {what} {text[:40]!r} is too long, or has characters that it may not have.")
    return text


def _key(name: str) -> str:
    return name.lower()


def _account(row: Any) -> Account:
    pk, name, fullname, email, is_admin, created_at = row
    return Account(pk, name, fullname, email, bool(is_admin), created_at)
