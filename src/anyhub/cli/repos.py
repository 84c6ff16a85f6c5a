"""`anyhub repos`: which repositories the hub has."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyhub.cli.command import Command, add_limit, add_type
from anyhub.cli.output import date_json, date_text, print_error, print_json, print_table

if TYPE_CHECKING:
    from anyhub.api.infos import RepoInfo


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("search", metavar="SEARCH", nargs="?", help="only those with this text in their id")
    parser.add_argument("--author", metavar="NAME", help="only those in this namespace")
    add_type(parser)
    add_limit(parser, "repositories")


def _run(args: argparse.Namespace) -> None:
    from anyhub.api import HfApi

    api = HfApi(endpoint=args.endpoint)
    listing = {"model": api.list_models, "dataset": api.list_datasets, "space": api.list_spaces}[args.type]
    found = list(listing(search=args.search, author=args.author, limit=args.limit))
    if args.json:
        print_json([_facts(repo, args.type) for repo in found])
        return
    rows = [
        (repo.id, "private" if repo.private else "public", date_text(repo.last_modified), repo.sha[:10])
        for repo in found
    ]
    if not found:
        _tell_when_there_is_no_hub(args.endpoint)
    print_table(("REPOSITORY", "SEEN BY", "CHANGED", "COMMIT"), rows, shrink="REPOSITORY")


def _tell_when_there_is_no_hub(endpoint: str | None) -> None:
    from anyhub.hub.local import DATABASE_NAME
    from anyhub.hub.opening import endpoint_of

    folder = endpoint_of(endpoint)
    if "://" not in folder and not Path(folder, DATABASE_NAME).exists():
        print_error(f"There is no hub in {folder!r} yet; check the path, or upload something to make one.")


def _facts(repo: RepoInfo, type: str) -> dict[str, Any]:
    return {
        "id": repo.id,
        "type": type,
        "private": repo.private,
        "created_at": date_json(repo.created_at),
        "last_modified": date_json(repo.last_modified),
        "commit": repo.sha,
    }


COMMAND = Command(
    name="repos",
    summary="list repositories",
    description="""\
List the repositories of the hub, the last changed first.

--json: a list of {id, type, private, created_at, last_modified, commit}.""",
    examples=("anyhub repos", "anyhub repos digits --author me --json"),
    add_arguments=_add_arguments,
    run=_run,
)
