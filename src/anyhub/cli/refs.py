"""`anyhub branch` and `anyhub tag`: names for commits."""

from __future__ import annotations

import argparse
from functools import partial
from typing import Literal, TypeAlias

from anyhub.cli.command import Command, Group, add_repo, add_revision
from anyhub.cli.output import print_json, print_table
from anyhub.values import DEFAULT_BRANCH

Kind: TypeAlias = Literal["branch", "tag"]

_FOLDER = {"branch": "refs/heads/", "tag": "refs/tags/"}
_PLURAL = {"branch": "branches", "tag": "tags"}


def _add_name(kind: Kind, parser: argparse.ArgumentParser) -> None:
    add_repo(parser)
    parser.add_argument("name", metavar="NAME", help=f"name of the {kind}")


def _add_create(kind: Kind, parser: argparse.ArgumentParser) -> None:
    _add_name(kind, parser)
    add_revision(parser)
    if kind == "tag":
        parser.add_argument("-m", "--message", default="", metavar="TEXT", help="what git shows with the tag")


def _list(kind: Kind, args: argparse.Namespace) -> None:
    from anyhub.hub.opening import open_hub

    hub = open_hub(args.endpoint)
    found = [ref for ref in hub.refs(hub.repo_id(args.repo, args.type)) if ref.name.startswith(_FOLDER[kind])]
    if args.json:
        print_json([{"name": ref.short, "ref": ref.name, "commit": ref.target} for ref in found])
    else:
        print_table((kind.upper(), "COMMIT"), [(ref.short, ref.target[:10]) for ref in found], shrink=kind.upper())


def _create(kind: Kind, args: argparse.Namespace) -> None:
    from anyhub.hub.opening import open_hub

    hub = open_hub(args.endpoint)
    repo = hub.repo_id(args.repo, args.type)
    target = hub.resolve(repo, args.revision or DEFAULT_BRANCH).oid
    message = args.message if kind == "tag" else ""
    made = hub.create_ref(repo, _FOLDER[kind] + args.name, target, message)
    if args.json:
        print_json({"name": made.short, "ref": made.name, "commit": made.target})


def _delete(kind: Kind, args: argparse.Namespace) -> None:
    from anyhub.hub.opening import open_hub

    hub = open_hub(args.endpoint)
    hub.delete_ref(hub.repo_id(args.repo, args.type), _FOLDER[kind] + args.name)
    if args.json:
        print_json({"name": args.name, "deleted": True})


def _group(kind: Kind, example: str) -> Group:
    return Group(
        kind,
        f"list, create and delete {_PLURAL[kind]}",
        (
            Command(
                name="list",
                summary=f"list {_PLURAL[kind]}",
                description=f"List the {_PLURAL[kind]} of a repository.\n\n--json: a list of {{name, ref, commit}}.",
                examples=(f"anyhub {kind} list me/digits",),
                add_arguments=add_repo,
                run=partial(_list, kind),
            ),
            Command(
                name="create",
                summary=f"create a {kind}",
                description=f"Create a {kind} at a revision.\n\n--json: {{name, ref, commit}}.",
                examples=(
                    f"anyhub {kind} create me/digits {example}",
                    f"anyhub {kind} create me/digits {example} --revision 8c5f6a1",
                    *(('anyhub tag create me/digits v1.0 --message "What the paper used"',) if kind == "tag" else ()),
                ),
                add_arguments=partial(_add_create, kind),
                run=partial(_create, kind),
            ),
            Command(
                name="delete",
                summary=f"delete a {kind}",
                description=f"Delete a {kind}; the commits stay as long as something else leads to them.\n\n"
                "--json: {name, deleted}.",
                examples=(f"anyhub {kind} delete me/digits {example}",),
                add_arguments=partial(_add_name, kind),
                run=partial(_delete, kind),
            ),
        ),
    )


BRANCH = _group("branch", "experiment")
TAG = _group("tag", "v1.0")
