"""`anyhub org`: namespaces that several users share."""

from __future__ import annotations

import argparse

from anyhub.cli.accounts import accounts_of, user_of
from anyhub.cli.asking import confirm
from anyhub.cli.command import Command, Group
from anyhub.cli.output import date_json, date_text, print_json, print_table
from anyhub.people import ROLES


def _none(parser: argparse.ArgumentParser) -> None:
    """Declare nothing."""


def _add_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="name of the organisation")


def _list(args: argparse.Namespace) -> None:
    found = accounts_of(args).organizations()
    if args.json:
        print_json([{"name": o.name, "fullname": o.fullname, "created_at": date_json(o.created_at)} for o in found])
        return
    rows = [(each.name, each.fullname, date_text(each.created_at)) for each in found]
    print_table(("ORGANIZATION", "FULL NAME", "SINCE"), rows, shrink="FULL NAME")


def _add_create(parser: argparse.ArgumentParser) -> None:
    _add_name(parser)
    parser.add_argument("--fullname", metavar="NAME", default="", help="for people to read")
    parser.add_argument("--admin", metavar="USER", help="its first admin (default: you); has to be given for a folder")


def _create(args: argparse.Namespace) -> None:
    admin = user_of(args, args.admin, "--admin")
    made = accounts_of(args).create_organization(args.name, fullname=args.fullname, admin=admin)
    if args.json:
        print_json({"name": made.name, "fullname": made.fullname, "created_at": date_json(made.created_at)})


def _add_delete(parser: argparse.ArgumentParser) -> None:
    _add_name(parser)
    parser.add_argument("--yes", action="store_true", help="delete without asking")


def _delete(args: argparse.Namespace) -> None:
    confirm(f"Delete the organisation {args.name!r}? The name is never given again.", args)
    accounts_of(args).delete_organization(args.name)
    if args.json:
        print_json({"name": args.name, "deleted": True})


def _members(args: argparse.Namespace) -> None:
    found = accounts_of(args).members(args.name)
    if args.json:
        print_json([{"user": each.user, "role": each.role} for each in found])
    else:
        print_table(("USER", "ROLE"), [(each.user, each.role) for each in found], shrink="USER")


def _add_member(parser: argparse.ArgumentParser) -> None:
    _add_name(parser)
    parser.add_argument("user", metavar="USER", help="name of the user")


def _add_role(parser: argparse.ArgumentParser) -> None:
    _add_member(parser)
    parser.add_argument("--role", choices=ROLES, default="write", help="what they may do (default: write)")


def _add(args: argparse.Namespace) -> None:
    made = accounts_of(args).set_member(args.name, args.user, args.role)
    if args.json:
        print_json({"organization": made.organization, "user": made.user, "role": made.role})


def _remove(args: argparse.Namespace) -> None:
    accounts_of(args).remove_member(args.name, args.user)
    if args.json:
        print_json({"organization": args.name, "user": args.user, "removed": True})


GROUP = Group(
    "org",
    "list, create and delete organisations, and settle their members",
    (
        Command(
            name="list",
            summary="list organisations",
            description="List the organisations of the hub.\n\n--json: a list of {name, fullname, created_at}.",
            examples=("anyhub org list",),
            add_arguments=_none,
            run=_list,
        ),
        Command(
            name="create",
            summary="add an organisation",
            description="Add an organisation with its first admin.\n\n--json: {name, fullname, created_at}.",
            examples=("anyhub org create lab", "anyhub org create lab --admin ada"),
            add_arguments=_add_create,
            run=_create,
        ),
        Command(
            name="delete",
            summary="remove an organisation",
            description="Remove an organisation. Its repositories stay, for an admin to move, and its name is never"
            " given again.\n\n--json: {name, deleted}.",
            examples=("anyhub org delete lab",),
            add_arguments=_add_delete,
            run=_delete,
        ),
        Command(
            name="members",
            summary="list members with their roles",
            description="List the members of an organisation.\n\n--json: a list of {user, role}.",
            examples=("anyhub org members lab",),
            add_arguments=_add_name,
            run=_members,
        ),
        Command(
            name="add",
            summary="add a member, or change a role",
            description="""\
Make a user a member of an organisation, or give a member another role:

  read         sees its private repositories
  contributor  also creates repositories, and changes those
  write        also creates, changes, renames and deletes all of them
  admin        also settles the members

--json: {organization, user, role}.""",
            examples=("anyhub org add lab grace", "anyhub org add lab grace --role read"),
            add_arguments=_add_role,
            run=_add,
        ),
        Command(
            name="remove",
            summary="remove a member",
            description="Take a user out of an organisation.\n\n--json: {organization, user, removed}.",
            examples=("anyhub org remove lab grace",),
            add_arguments=_add_member,
            run=_remove,
        ),
    ),
)
