"""Users, organisations, memberships, tokens, and who asks, in JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from anyhub.people import (
    ROLES,
    TOKEN_ROLES,
    AccessToken,
    DeviceCode,
    Membership,
    Organization,
    Principal,
    Role,
    Scope,
    User,
)
from anyhub.wire.bodies import reading
from anyhub.wire.bodies.reading import maybe, need, read_date, spell_date

SCOPE_KINDS = ("user", "org", "model", "dataset", "space")
_UNKNOWN_DATE = datetime.fromtimestamp(0, UTC)


def account_id(name: str) -> str:
    """Return the id that stands for a user or an organisation: 24 hexadecimal digits.

    It follows from the name, which is never given twice and whose case does not count.
    """
    return hashlib.sha256(f"account:{name.lower()}".encode()).hexdigest()[:24]


# -- who asks


def spell_principal(principal: Principal, organizations: Sequence[Organization]) -> dict[str, Any]:
    """Return who asks, as ``whoami-v2`` tells it.

    Args:
        principal (`Principal`): A user, by whatever means.
        organizations: Those that the user is in.
    """
    user = principal.user
    if user is None:
        raise TypeError("Nobody in particular has no spelling.")
    return {
        **spell_user(user),
        "type": "user",
        "id": account_id(user.name),
        "emailVerified": bool(user.email),
        "canPay": False,
        "isPro": False,
        "periodEnd": None,
        "avatarUrl": "",
        "orgs": [_spell_place(each, principal.roles.get(each.name.lower(), "read")) for each in organizations],
        "auth": _spell_auth(principal.token),
    }


def _spell_place(organization: Organization, role: Role) -> dict[str, Any]:
    return {
        "type": "org",
        "id": account_id(organization.name),
        "name": organization.name,
        "fullname": organization.fullname or organization.name,
        "email": None,
        "canPay": False,
        "periodEnd": None,
        "avatarUrl": "",
        "isEnterprise": False,
        "roleInOrg": role,
    }


def _spell_auth(token: AccessToken | None) -> dict[str, Any]:
    if token is None:
        return {"type": "password"}
    told: dict[str, Any] = {
        "displayName": token.name,
        "role": token.role,
        "createdAt": spell_date(token.created_at),
        "id": token.id,
    }
    if token.role == "fineGrained":
        told["fineGrained"] = _spell_fine_grained(token)
    spelled: dict[str, Any] = {"type": "access_token", "accessToken": told}
    if token.expires_at is not None:
        spelled["expiresAt"] = spell_date(token.expires_at)
    return spelled


def _spell_fine_grained(token: AccessToken) -> dict[str, Any]:
    scoped = [
        {
            "entity": {"_id": account_id(scope.name), "type": scope.kind, "name": scope.name},
            "permissions": sorted(scope.permissions),
        }
        for scope in token.scopes
    ]
    return {"canReadGatedRepos": True, "global": [], "scoped": scoped}


def read_principal(content: Mapping[str, Any]) -> Principal:
    """Return who asks, of the answer of ``whoami-v2``.

    Raises:
        CorruptFileError: When it is not such an answer.
    """
    user = read_user(content)
    places = [reading.is_a(place, dict, "an organisation") for place in maybe(content, "orgs", list) or ()]
    roles: dict[str, Role] = {need(place, "name", str).lower(): _role(place, "roleInOrg") for place in places}
    return Principal(user, _read_auth(maybe(content, "auth", dict) or {}, user.name), roles)


def _read_auth(content: Mapping[str, Any], user: str) -> AccessToken | None:
    told = maybe(content, "accessToken", dict)
    if told is None:
        return None
    role = maybe(told, "role", str)
    fine = maybe(maybe(told, "fineGrained", dict) or {}, "scoped", list) or ()
    return AccessToken(
        id=maybe(told, "id", str) or "",
        user=user,
        name=maybe(told, "displayName", str) or "",
        role=next((each for each in TOKEN_ROLES if each == role), "read"),
        scopes=tuple(_read_scoped(reading.is_a(line, dict, "a scope")) for line in fine),
        created_at=_date(told, "createdAt") or _UNKNOWN_DATE,
        expires_at=_date(content, "expiresAt"),
    )


def _read_scoped(content: Mapping[str, Any]) -> Scope:
    entity = need(content, "entity", dict)
    return read_scope({"kind": entity.get("type"), "name": entity.get("name"), **content})


# -- users and organisations


def spell_user(user: User) -> dict[str, Any]:
    """Return a user in JSON."""
    return {
        "name": user.name,
        "fullname": user.fullname or user.name,
        "email": user.email,
        "isAdmin": user.is_admin,
        "createdAt": spell_date(user.created_at),
    }


def read_user(content: Mapping[str, Any]) -> User:
    """Return the user that JSON tells of. What another hub does not tell is empty, and the date is that of 1970.

    Raises:
        CorruptFileError: When it is not that of a user.
    """
    return User(
        name=need(content, "name", str),
        fullname=maybe(content, "fullname", str) or "",
        email=maybe(content, "email", str) or "",
        is_admin=maybe(content, "isAdmin", bool) or False,
        created_at=_date(content, "createdAt") or _UNKNOWN_DATE,
    )


def spell_organization(organization: Organization) -> dict[str, Any]:
    """Return an organisation in JSON."""
    return {
        "name": organization.name,
        "fullname": organization.fullname or organization.name,
        "createdAt": spell_date(organization.created_at),
    }


def read_organization(content: Mapping[str, Any]) -> Organization:
    """Return the organisation that JSON tells of.

    Raises:
        CorruptFileError: When it is not that of an organisation.
    """
    date = _date(content, "createdAt") or _UNKNOWN_DATE
    return Organization(need(content, "name", str), maybe(content, "fullname", str) or "", date)


def spell_membership(membership: Membership) -> dict[str, Any]:
    """Return a user's place in an organisation in JSON."""
    return {"organization": membership.organization, "user": membership.user, "role": membership.role}


def read_membership(content: Mapping[str, Any]) -> Membership:
    """Return the place that JSON tells of.

    Raises:
        CorruptFileError: When it is not that of a membership.
    """
    return Membership(need(content, "organization", str), need(content, "user", str), _role(content, "role"))


def spell_member(name: str, fullname: str) -> dict[str, Any]:
    """Return a user in JSON as lists of likers, members and followers have one.

    Args:
        name (`str`): The user's name.
        fullname (`str`): What people read; the name, when it is empty.
    """
    return {
        "_id": account_id(name),
        "user": name,
        "fullname": fullname or name,
        "avatarUrl": "",
        "isPro": False,
        "type": "user",
    }


# -- tokens


def spell_scope(scope: Scope) -> dict[str, Any]:
    """Return one line of a fine-grained token in JSON."""
    return {"kind": scope.kind, "name": scope.name, "permissions": sorted(scope.permissions)}


def read_scope(content: Mapping[str, Any]) -> Scope:
    """Return the line of a fine-grained token that JSON tells of.

    Raises:
        CorruptFileError: When it is not that of one.
    """
    kind: Any = need(content, "kind", str)
    if kind not in SCOPE_KINDS:
        raise reading.wrong(f"'kind' is {kind[:40]!r} and not one of {', '.join(SCOPE_KINDS)}")
    return Scope(kind, need(content, "name", str), frozenset(reading.texts(content, "permissions")))


def spell_token(token: AccessToken) -> dict[str, Any]:
    """Return what is known of a token in JSON; its secret is not."""
    dates = {"createdAt": token.created_at, "expiresAt": token.expires_at, "lastUsedAt": token.last_used_at}
    return {
        "id": token.id,
        "user": token.user,
        "name": token.name,
        "role": token.role,
        "scopes": [spell_scope(scope) for scope in token.scopes],
        **{name: None if date is None else spell_date(date) for name, date in dates.items()},
    }


def read_token(content: Mapping[str, Any]) -> AccessToken:
    """Return the token that JSON tells of.

    Raises:
        CorruptFileError: When it is not that of a token.
    """
    role: Any = need(content, "role", str)
    if role not in TOKEN_ROLES:
        raise reading.wrong(f"'role' is {role[:40]!r} and not one of {', '.join(TOKEN_ROLES)}")
    lines = [reading.is_a(line, dict, "a scope") for line in maybe(content, "scopes", list) or ()]
    return AccessToken(
        id=need(content, "id", str),
        user=need(content, "user", str),
        name=need(content, "name", str),
        role=role,
        scopes=tuple(map(read_scope, lines)),
        created_at=read_date(content, "createdAt"),
        expires_at=_date(content, "expiresAt"),
        last_used_at=_date(content, "lastUsedAt"),
    )


# -- logging in on a machine without a browser


def spell_device_code(code: DeviceCode, page: str) -> dict[str, Any]:
    """Return a login that was begun in JSON (RFC 8628, 3.2).

    Args:
        code (`DeviceCode`): The login.
        page (`str`): The address of the page on which it is approved.
    """
    return {
        "device_code": code.device_code,
        "user_code": code.user_code,
        "verification_uri": page,
        "verification_uri_complete": f"{page}?user_code={code.user_code}",
        "expires_in": code.expires_in,
        "interval": code.interval,
    }


def read_device_code(content: Mapping[str, Any]) -> DeviceCode:
    """Return the login that JSON tells of; with the interval that RFC 8628 names where it tells none.

    Raises:
        CorruptFileError: When it is not that of a login.
    """
    return DeviceCode(
        need(content, "device_code", str),
        need(content, "user_code", str),
        need(content, "expires_in", int),
        maybe(content, "interval", int) or 5,
    )


def _date(content: Mapping[str, Any], name: str) -> datetime | None:
    return None if content.get(name) is None else read_date(content, name)


def _role(content: Mapping[str, Any], name: str) -> Role:
    role: Any = need(content, name, str)
    if role not in ROLES:
        raise reading.wrong(f"{name!r} is {role[:40]!r} and not one of {', '.join(ROLES)}")
    checked: Role = role
    return checked
