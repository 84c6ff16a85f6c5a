"""`anyhub token`: the secrets by which programs log in."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from anyhub.cli.accounts import accounts_of, user_of
from anyhub.cli.command import Command, Group
from anyhub.cli.output import date_json, date_text, print_error, print_json, print_table, print_text
from anyhub.errors import ValidationError
from anyhub.people import Scope

if TYPE_CHECKING:
    from anyhub.hub.accounts import Accounts
    from anyhub.people import AccessToken

_KINDS = ("user", "org", "model", "dataset", "space")
_PERMISSIONS = (
    "repo.content.read",
    "repo.write",
    "discussion.write",
    "collection.write",
    "org.read",
    "org.write",
    "user.webhooks",
)


def _add_user(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--user", metavar="NAME", help="whose token (default: yours); has to be given for a folder")


def _accounts(args: argparse.Namespace) -> tuple[Accounts, str]:
    user = user_of(args, args.user, "--user")
    return accounts_of(args), user


def _list(args: argparse.Namespace) -> None:
    accounts, user = _accounts(args)
    found = accounts.tokens(user)
    if args.json:
        print_json([_facts(token) for token in found])
        return
    rows = [
        (
            token.name,
            token.role,
            date_text(token.created_at),
            date_text(token.expires_at) if token.expires_at else "never",
            date_text(token.last_used_at) if token.last_used_at else "never",
        )
        for token in found
    ]
    print_table(("TOKEN", "MAY", "CREATED", "EXPIRES", "USED"), rows, shrink="TOKEN")


def _add_create(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="what you call it, such as the machine that it is for")
    _add_user(parser)
    parser.add_argument("--role", choices=("read", "write"), default="write", help="what it may do (default: write)")
    parser.add_argument(
        "--scope",
        action="append",
        metavar="KIND:NAME:PERMISSIONS",
        help="may only do this, such as 'model:me/x:repo.write' or 'org:lab:repo.content.read'; may be repeated",
    )
    parser.add_argument("--expires-in", metavar="TIME", help="when it stops working: 12h, 30d (default: never)")


def _create(args: argparse.Namespace) -> None:
    accounts, user = _accounts(args)
    scopes = tuple(_scope(text) for text in args.scope or ())
    token, secret = accounts.create_token(
        user,
        args.name,
        role="fineGrained" if scopes else args.role,
        scopes=scopes,
        expires_at=None if args.expires_in is None else datetime.now(UTC) + _duration(args.expires_in),
    )
    if args.json:
        print_json({**_facts(token), "secret": secret})
    else:
        print_error("Keep this token; it can not be shown again.")
        print_text(secret)


def _revoke(args: argparse.Namespace) -> None:
    accounts, user = _accounts(args)
    accounts.revoke_token(user, args.name)
    if args.json:
        print_json({"name": args.name, "revoked": True})


def _add_revoke(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="name or id of the token")
    _add_user(parser)


def _scope(text: str) -> Scope:
    kind, _, rest = text.partition(":")
    name, _, permissions = rest.partition(":")
    named = frozenset(permissions.split(","))
    if kind not in _KINDS or not name or not named <= set(_PERMISSIONS):
        raise ValidationError(
            f"{text!r} is not a scope; write KIND:NAME:PERMISSIONS, where KIND is one of {', '.join(_KINDS)}, and"
            f" PERMISSIONS some of {', '.join(_PERMISSIONS)}, separated by commas."
        )
    return Scope(cast(Any, kind), name, named)


def _duration(text: str) -> timedelta:
    found = re.fullmatch(r"([1-9][0-9]{0,4})([hd])", text)
    if found is None:
        raise ValidationError(f"{text!r} is not a time; write hours or days, such as 12h or 30d.")
    return timedelta(**{"hours" if found[2] == "h" else "days": int(found[1])})


def _facts(token: AccessToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "user": token.user,
        "role": token.role,
        "scopes": [{"kind": s.kind, "name": s.name, "permissions": sorted(s.permissions)} for s in token.scopes],
        "created_at": date_json(token.created_at),
        "expires_at": date_json(token.expires_at) if token.expires_at else None,
        "last_used_at": date_json(token.last_used_at) if token.last_used_at else None,
    }


GROUP = Group(
    "token",
    "list, create and revoke tokens",
    (
        Command(
            name="list",
            summary="list tokens",
            description="List tokens, the newest first; never their secrets.\n\n"
            "--json: a list of {id, name, user, role, scopes, created_at, expires_at, last_used_at}.",
            examples=("anyhub token list", "anyhub token list --user ada --endpoint ./hub"),
            add_arguments=_add_user,
            run=_list,
        ),
        Command(
            name="create",
            summary="make a token",
            description="Make a token and print its secret, which nobody can look up again.\n\n"
            "--json: {id, name, user, role, scopes, created_at, expires_at, last_used_at, secret}.",
            examples=(
                "anyhub token create laptop",
                "anyhub token create ci --scope model:lab/digits:repo.write --expires-in 30d",
                "anyhub token create first --user ada --endpoint ./hub",
            ),
            add_arguments=_add_create,
            run=_create,
        ),
        Command(
            name="revoke",
            summary="make a token open nothing any more",
            description="Make a token, given by its name or id, open nothing any more.\n\n--json: {name, revoked}.",
            examples=("anyhub token revoke laptop",),
            add_arguments=_add_revoke,
            run=_revoke,
        ),
    ),
)
