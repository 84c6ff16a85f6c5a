"""`anyhub user`: who may log in to the hub."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from anyhub.cli.accounts import accounts_of
from anyhub.cli.asking import confirm, secret
from anyhub.cli.command import Command, Group
from anyhub.cli.output import date_json, date_text, print_json, print_table

if TYPE_CHECKING:
    from anyhub.people import User


def _none(parser: argparse.ArgumentParser) -> None:
    """Declare nothing."""


def _add_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="name of the user")


def _list(args: argparse.Namespace) -> None:
    found = accounts_of(args).users()
    if args.json:
        print_json([_facts(user) for user in found])
        return
    rows = [
        (user.name, user.fullname, user.email, "admin" if user.is_admin else "", date_text(user.created_at))
        for user in found
    ]
    print_table(("USER", "FULL NAME", "EMAIL", "MAY", "SINCE"), rows, shrink="FULL NAME")


def _add_create(parser: argparse.ArgumentParser) -> None:
    _add_name(parser)
    parser.add_argument("--fullname", metavar="NAME", default="", help="for people to read")
    parser.add_argument("--email", metavar="ADDRESS", default="", help="for people to read")
    parser.add_argument("--admin", action="store_true", help="may do everything on this hub")
    parser.add_argument("--password", action="store_true", help="ask for a password, to log in with in a browser")


def _create(args: argparse.Namespace) -> None:
    user = accounts_of(args).create_user(
        args.name,
        fullname=args.fullname,
        email=args.email,
        is_admin=args.admin,
        password=secret("Password") if args.password else None,
    )
    if args.json:
        print_json(_facts(user))


def _password(args: argparse.Namespace) -> None:
    accounts_of(args).set_password(args.name, None if args.remove else secret("Password"))
    if args.json:
        print_json({"name": args.name, "has_password": not args.remove})


def _add_password(parser: argparse.ArgumentParser) -> None:
    _add_name(parser)
    parser.add_argument("--remove", action="store_true", help="let them log in by tokens only")


def _add_delete(parser: argparse.ArgumentParser) -> None:
    _add_name(parser)
    parser.add_argument("--yes", action="store_true", help="delete without asking")


def _delete(args: argparse.Namespace) -> None:
    confirm(f"Delete the user {args.name!r} with all their tokens? The name is never given again.", args)
    accounts_of(args).delete_user(args.name)
    if args.json:
        print_json({"name": args.name, "deleted": True})


def _facts(user: User) -> dict[str, Any]:
    return {
        "name": user.name,
        "fullname": user.fullname,
        "email": user.email,
        "is_admin": user.is_admin,
        "created_at": date_json(user.created_at),
    }


GROUP = Group(
    "user",
    "list, create and delete users",
    (
        Command(
            name="list",
            summary="list users",
            description="List the users of the hub.\n\n"
            "--json: a list of {name, fullname, email, is_admin, created_at}.",
            examples=("anyhub user list",),
            add_arguments=_none,
            run=_list,
        ),
        Command(
            name="create",
            summary="add a user",
            description="Add a user. `anyhub token create --user NAME` gives them a token to log in with.\n\n"
            "--json: {name, fullname, email, is_admin, created_at}.",
            examples=("anyhub user create ada", "anyhub user create ada --fullname 'Ada Lovelace' --password"),
            add_arguments=_add_create,
            run=_create,
        ),
        Command(
            name="password",
            summary="set or remove a password",
            description="Ask for the password by which a user logs in with a browser, or read it from a pipe.\n\n"
            "--json: {name, has_password}.",
            examples=("anyhub user password ada", "anyhub user password ada --remove"),
            add_arguments=_add_password,
            run=_password,
        ),
        Command(
            name="delete",
            summary="remove a user",
            description="Remove a user with all their tokens. Their repositories stay, for an admin to move, and their"
            " name is never given again.\n\n--json: {name, deleted}.",
            examples=("anyhub user delete ada",),
            add_arguments=_add_delete,
            run=_delete,
        ),
    ),
)
