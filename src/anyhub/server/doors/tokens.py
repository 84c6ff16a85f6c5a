"""The door of access tokens."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from anyhub.errors import CorruptFileError, ValidationError
from anyhub.people import TOKEN_ROLES, Scope, TokenRole
from anyhub.server.answers import Answer, json_answer
from anyhub.server.call import Call, Handler, field
from anyhub.wire.bodies.people import SCOPE_KINDS, read_scope, spell_token

MAX_SCOPES = 1000
SECRET = {"Cache-Control": "no-store"}


def list_all(call: Call) -> Answer:
    """List tokens, without their secrets."""
    return json_answer([spell_token(each) for each in call.accounts.tokens(call.parts["user"])])


def create(call: Call) -> Answer:
    """Make a token, and tell its secret this once."""
    content = call.json()
    token, secret = call.accounts.create_token(
        call.parts["user"],
        field(content, "name", str),
        role=_role(field(content, "role", str, "write")),
        scopes=_scopes(field(content, "scopes", list, [])),
        expires_at=_date(content),
    )
    return json_answer({**spell_token(token), "secret": secret}, headers=SECRET)


def revoke(call: Call) -> Answer:
    """Make a token open nothing any more."""
    call.accounts.revoke_token(call.parts["user"], call.parts["token"])
    return json_answer({})


def _role(text: str) -> TokenRole:
    for role in TOKEN_ROLES:
        if role == text:
            return role
    raise ValidationError(f"{text[:40]!r} is not the role of a token; use one of {', '.join(TOKEN_ROLES)}.")


def _scopes(lines: list[Any]) -> tuple[Scope, ...]:
    if len(lines) > MAX_SCOPES:
        raise ValidationError(f"A token has at most {MAX_SCOPES} scopes, not {len(lines)}.")
    try:
        return tuple(read_scope(line if isinstance(line, dict) else {}) for line in lines)
    except CorruptFileError:
        kinds = ", ".join(SCOPE_KINDS)
        raise ValidationError(
            f"'scopes' has objects with a 'kind', which is one of {kinds}, a 'name' and a list of 'permissions'."
        ) from None


def _date(content: dict[str, Any]) -> datetime | None:
    if content.get("expiresAt") is None:
        return None
    text = field(content, "expiresAt", str)
    try:
        date = datetime.fromisoformat(text)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValidationError(f"'expiresAt' is a date such as '2030-01-31T12:00:00Z', not {text[:40]!r}.") from None


HANDLERS: dict[str, Handler] = {"token.list": list_all, "token.create": create, "token.revoke": revoke}
