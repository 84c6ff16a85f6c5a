"""What a hub is to begin with: users, organisations, memberships and tokens, listed in a TOML file.

::

    [[user]]
    name = "ann"                   # as given, also where nobody could choose such a name
    fullname = "Ann Example"
    email = "ann@example.org"
    admin = true
    password = "…"

    [[organization]]
    name = "lab"
    fullname = "The laboratory"

    [[member]]
    organization = "lab"
    user = "ann"
    role = "admin"                 # read, contributor, write, admin

    [[token]]
    user = "ann"
    name = "automation"
    role = "write"                 # read, write, fineGrained
    value = "…"                    # the secret, as given
    expires = 2030-01-01T00:00:00Z
    scopes = [{kind = "model", name = "lab/net", permissions = ["repo.write"]}]
"""

from __future__ import annotations

import stat
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

from anyhub.errors import HubError, StorageError, TooLargeError, ValidationError
from anyhub.hub.people.stored_accounts import StoredAccounts
from anyhub.people import ROLES, TOKEN_ROLES, Permission, Scope

MAX_BYTES = 10 * 2**20

_KEYS: dict[str, dict[str, type]] = {
    "user": {"name": str, "fullname": str, "email": str, "admin": bool, "password": str},
    "organization": {"name": str, "fullname": str},
    "member": {"organization": str, "user": str, "role": str},
    "token": {"user": str, "name": str, "role": str, "value": str, "expires": datetime, "scopes": list},
}
_REQUIRED: dict[str, tuple[str, ...]] = {
    "user": ("name",),
    "organization": ("name",),
    "member": ("organization", "user", "role"),
    "token": ("user", "name", "value"),
}
_SCOPE_KINDS = ("user", "org", "model", "dataset", "space")


@dataclass(frozen=True, slots=True)
class Seed:
    """The tables of a seed file, checked.

    Attributes:
        path (`Path`): Where it was read.
        tables: The entries of each kind, in their order.
    """

    path: Path
    tables: Mapping[str, Sequence[Mapping[str, Any]]]

    @classmethod
    def read(cls, path: Path) -> Seed:
        """Read a seed file.

        Raises:
            StorageError: When it can not be read.
            ValidationError: When it is not TOML, or has what no seed has; names the line, or the entry and its key.
            TooLargeError: When it is longer than 10 MiB.
        """
        return cls(path, _checked(path, _parsed(path)))

    @property
    def is_exposed(self) -> bool:
        """Whether others of this machine may read the file, which holds secrets."""
        return sys.platform != "win32" and bool(self.path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))

    def apply(self, accounts: StoredAccounts) -> None:
        """Make what is not there yet. What is there stays as it is.

        Raises:
            ValidationError: When an entry can not be made; names it.
        """
        for kind, entries in self.tables.items():
            for number, entry in enumerate(entries, 1):
                try:
                    getattr(self, f"_make_{kind}")(accounts, entry)
                except HubError as error:
                    raise ValidationError(f"{self.path}: [[{kind}]] number {number}: {error.message}") from error

    def _make_user(self, accounts: StoredAccounts, entry: Mapping[str, Any]) -> None:
        if _is_among(entry["name"], [each.name for each in accounts.users()]):
            return
        accounts.create_user(
            entry["name"],
            fullname=entry.get("fullname", ""),
            email=entry.get("email", ""),
            is_admin=entry.get("admin", False),
            password=entry.get("password"),
            as_given=True,
        )

    def _make_organization(self, accounts: StoredAccounts, entry: Mapping[str, Any]) -> None:
        name = entry["name"]
        if _is_among(name, [each.name for each in accounts.organizations()]):
            return
        admins = [
            member["user"]
            for member in self.tables["member"]
            if member["role"] == "admin" and member["organization"].lower() == name.lower()
        ]
        if not admins:
            raise ValidationError(f"The organisation {name!r} has no admin. Add a [[member]] of it with that role.")
        accounts.create_organization(name, fullname=entry.get("fullname", ""), admin=admins[0], as_given=True)

    def _make_member(self, accounts: StoredAccounts, entry: Mapping[str, Any]) -> None:
        members = [each.user for each in accounts.members(entry["organization"])]
        if not _is_among(entry["user"], members):
            accounts.set_member(entry["organization"], entry["user"], entry["role"])

    def _make_token(self, accounts: StoredAccounts, entry: Mapping[str, Any]) -> None:
        if entry["name"] in [each.name for each in accounts.tokens(entry["user"])]:
            return
        accounts.create_token(
            entry["user"],
            entry["name"],
            role=entry.get("role", "write"),
            scopes=[_scope(each) for each in entry.get("scopes", [])],
            expires_at=entry.get("expires"),
            value=entry["value"],
        )


def _is_among(name: str, names: Sequence[str]) -> bool:
    return name.lower() in (each.lower() for each in names)


def _parsed(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise TooLargeError(f"{path} is longer than {MAX_BYTES} bytes, the most that a seed may have.")
        return tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise StorageError(f"{path} can not be read ({error.strerror}). Give the path of a seed file.") from None
    except UnicodeDecodeError:
        raise ValidationError(f"{path} is not UTF-8, and so no TOML. Save it as such.") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ValidationError(f"{path} is not TOML: {error}.") from None


def _checked(path: Path, content: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    for kind in content:
        if kind not in _KEYS:
            raise ValidationError(
                f"{path}: a seed has no [[{kind}]]; it has {', '.join(f'[[{name}]]' for name in _KEYS)}."
            )
    tables: dict[str, list[dict[str, Any]]] = {}
    for kind in _KEYS:
        entries = content.get(kind, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise ValidationError(f"{path}: {kind!r} is a list of tables; write [[{kind}]] above each.")
        tables[kind] = [
            _checked_entry(f"{path}: [[{kind}]] number {number}", kind, entry)
            for number, entry in enumerate(entries, 1)
        ]
    return tables


def _checked_entry(place: str, kind: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    for key in _REQUIRED[kind]:
        if key not in entry:
            raise ValidationError(f"{place}: {key!r} is missing.")
    for key, value in entry.items():
        wanted = _KEYS[kind].get(key)
        if wanted is None:
            raise ValidationError(f"{place}: there is no {key!r}; there are {', '.join(_KEYS[kind])}.")
        if not isinstance(value, wanted):
            raise ValidationError(f"{place}: {key!r} has to be of type {wanted.__name__}, not {type(value).__name__}.")
    _check_choice(place, "role", entry.get("role"), ROLES if kind == "member" else TOKEN_ROLES)
    for scope in entry.get("scopes", []):
        _check_scope(place, scope)
    return {**entry, **({"expires": _in_utc(entry["expires"])} if "expires" in entry else {})}


def _check_choice(place: str, key: str, value: object, choices: Sequence[str]) -> None:
    if value is not None and value not in choices:
        raise ValidationError(f"{place}: {key!r} is one of {', '.join(choices)}, not {value!r}.")


def _check_scope(place: str, scope: object) -> None:
    if not isinstance(scope, dict) or set(scope) != {"kind", "name", "permissions"}:
        raise ValidationError(f"{place}: each of 'scopes' has 'kind', 'name' and 'permissions', and nothing else.")
    _check_choice(place, "kind", scope["kind"], _SCOPE_KINDS)
    permissions = scope["permissions"]
    if not isinstance(scope["name"], str) or not isinstance(permissions, list):
        raise ValidationError(f"{place}: 'name' of a scope is a text, and 'permissions' a list of texts.")
    for permission in permissions:
        _check_choice(place, "permissions", permission, get_args(Permission))


def _scope(scope: Mapping[str, Any]) -> Scope:
    return Scope(scope["kind"], scope["name"], frozenset(scope["permissions"]))


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
