"""`anyhub repo`: describe, create, delete, rename, duplicate and settle repositories."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from anyhub.cli.command import Command, Group, add_repo
from anyhub.cli.output import date_json, date_text, print_json, print_table, print_text, size_text
from anyhub.errors import ValidationError

if TYPE_CHECKING:
    from anyhub.api import HfApi
    from anyhub.values import RepoInfo


def _api(args: argparse.Namespace) -> HfApi:
    from anyhub.api import HfApi

    return HfApi(endpoint=args.endpoint)


def _info(args: argparse.Namespace) -> None:
    from anyhub.hub.opening import open_hub

    hub = open_hub(args.endpoint)
    info = hub.info(hub.repo_id(args.repo, args.type))
    if args.json:
        print_json(_facts(info))
    else:
        print_table(("REPOSITORY", str(info.repo)), _lines(info), shrink=str(info.repo))


def _facts(info: RepoInfo) -> dict[str, Any]:
    return {
        "id": str(info.repo),
        "type": info.repo.type,
        "private": info.private,
        "gated": info.gated,
        "likes": info.likes,
        "downloads": info.downloads,
        "storage": info.storage,
        "tags": list(info.facts.tags),
        "pipeline_tag": info.facts.pipeline_tag,
        "library": info.facts.library_name,
        "head": info.head,
        "created_at": date_json(info.created_at),
        "last_modified": date_json(info.last_modified),
    }


def _lines(info: RepoInfo) -> list[tuple[str, str]]:
    """Return what is known for people: what is not known has no line."""
    gate = {"auto": ", files for all who ask", "manual": ", files for those who are let in"}.get(info.gated or "", "")
    lines = [
        ("type", info.repo.type),
        ("seen by", ("private" if info.private else "public") + gate),
        ("likes", str(info.likes)),
        ("downloads", f"{info.downloads} in 30 days"),
        ("large files", size_text(info.storage)),
        ("tags", ", ".join(info.facts.tags)),
        ("task", info.facts.pipeline_tag or ""),
        ("library", info.facts.library_name or ""),
        ("main", info.head or ""),
        ("created", date_text(info.created_at)),
        ("changed", date_text(info.last_modified)),
    ]
    return [line for line in lines if line[1]]


def _add_create(parser: argparse.ArgumentParser) -> None:
    add_repo(parser)
    parser.add_argument("--private", action="store_true", help="only its owners may see it")
    parser.add_argument("--exist-ok", action="store_true", help="one that exists is fine; it stays as it is")


def _create(args: argparse.Namespace) -> None:
    url = _api(args).create_repo(args.repo, repo_type=args.type, private=args.private, exist_ok=args.exist_ok)
    if args.json:
        print_json({"id": url.repo_id, "type": url.repo_type, "url": str(url)})
    else:
        print_text(str(url))


def _add_delete(parser: argparse.ArgumentParser) -> None:
    add_repo(parser)
    parser.add_argument("--yes", action="store_true", help="delete without asking")
    parser.add_argument("--missing-ok", action="store_true", help="it is fine when there is none")


def _delete(args: argparse.Namespace) -> None:
    from anyhub.cli.asking import confirm

    confirm(f"Delete the {args.type} repository {args.repo!r} with all its revisions?", args)
    _api(args).delete_repo(args.repo, repo_type=args.type, missing_ok=args.missing_ok)
    if args.json:
        print_json({"id": args.repo, "type": args.type, "deleted": True})


def _add_move(parser: argparse.ArgumentParser) -> None:
    add_repo(parser)
    parser.add_argument("to", metavar="NEW_NAME", help="what it is to be called: 'namespace/name', or 'name'")


def _move(args: argparse.Namespace) -> None:
    api = _api(args)
    api.move_repo(args.repo, args.to, repo_type=args.type)
    info = api.repo_info(args.to, repo_type=args.type)
    if args.json:
        print_json({"id": info.id, "type": args.type})
    else:
        print_text(info.id)


def _add_duplicate(parser: argparse.ArgumentParser) -> None:
    add_repo(parser)
    parser.add_argument("to", metavar="TO", help="what the new one is to be called: 'namespace/name', or 'name'")
    seen = parser.add_mutually_exclusive_group()
    seen.add_argument("--private", action="store_true", help="only its owners may see it")
    seen.add_argument("--public", action="store_true", help="all users of the hub may see it")
    parser.add_argument("--exist-ok", action="store_true", help="one that exists is fine; it stays as it is")


def _duplicate(args: argparse.Namespace) -> None:
    private = args.private if args.private or args.public else None
    url = _api(args).duplicate_repo(args.repo, args.to, repo_type=args.type, private=private, exist_ok=args.exist_ok)
    if args.json:
        print_json({"id": url.repo_id, "type": url.repo_type, "url": str(url)})
    else:
        print_text(str(url))


def _add_settings(parser: argparse.ArgumentParser) -> None:
    add_repo(parser)
    seen = parser.add_mutually_exclusive_group()
    seen.add_argument("--private", action="store_true", help="only its owners may see it")
    seen.add_argument("--public", action="store_true", help="all users of the hub may see it")
    parser.add_argument(
        "--gated",
        choices=("auto", "manual", "off"),
        help="give its files only to those who ask for access: to all of them (auto), or to those whom you accept",
    )


def _settings(args: argparse.Namespace) -> None:
    from anyhub.hub.opening import open_hub

    if not (args.private or args.public or args.gated):
        raise ValidationError("There is nothing to set; give --private, --public or --gated.")
    hub = open_hub(args.endpoint)
    repo = hub.repo_id(args.repo, args.type)
    if args.private or args.public:
        hub.set_private(repo, args.private)
    if args.gated:
        hub.set_gated(repo, None if args.gated == "off" else args.gated)
    info = hub.info(repo)
    if args.json:
        print_json({"id": str(info.repo), "type": info.repo.type, "private": info.private, "gated": info.gated})
    else:
        gate = f", gated ({info.gated})" if info.gated else ""
        print_text(f"{info.repo}: {'private' if info.private else 'public'}{gate}")


GROUP = Group(
    "repo",
    "describe, create, delete, rename, duplicate and settle repositories",
    (
        Command(
            name="info",
            summary="describe a repository",
            description="Show what the hub knows of a repository as a whole. Downloads are those of 30 days, and"
            " storage is bytes of large files.\n\n--json: {id, type, private, gated, likes, downloads, storage, tags,"
            " pipeline_tag, library, head, created_at, last_modified}.",
            examples=("anyhub repo info me/digits", "anyhub repo info me/rows --type dataset --json"),
            add_arguments=add_repo,
            run=_info,
        ),
        Command(
            name="create",
            summary="create a repository",
            description="Create a repository with a first commit on the branch main, and print its address.\n\n"
            "--json: {id, type, url}.",
            examples=("anyhub repo create me/digits", "anyhub repo create me/rows --type dataset --private"),
            add_arguments=_add_create,
            run=_create,
        ),
        Command(
            name="delete",
            summary="delete a repository",
            description="Delete a repository and everything that only it holds. It can not be brought back.\n\n"
            "--json: {id, type, deleted}.",
            examples=("anyhub repo delete me/digits", "anyhub repo delete me/digits --yes --missing-ok"),
            add_arguments=_add_delete,
            run=_delete,
        ),
        Command(
            name="move",
            summary="rename a repository",
            description="Rename a repository, or give it to another namespace. Its old name goes on leading to it.\n\n"
            "--json: {id, type}.",
            examples=("anyhub repo move me/digits me/numerals", "anyhub repo move me/digits lab/digits"),
            add_arguments=_add_move,
            run=_move,
        ),
        Command(
            name="duplicate",
            summary="create a repository with the files of another one",
            description="Create a repository with the same branches, tags and files as another one, as private as that"
            " when nothing is said, and print its address.\n\n--json: {id, type, url}.",
            examples=("anyhub repo duplicate lab/digits me/digits", "anyhub repo duplicate me/digits copy --private"),
            add_arguments=_add_duplicate,
            run=_duplicate,
        ),
        Command(
            name="settings",
            summary="set who may see and download a repository",
            description="Set who may see a repository, and whether its files are only for those who asked for access;"
            " print what holds then.\n\n--json: {id, type, private, gated}.",
            examples=("anyhub repo settings me/digits --private", "anyhub repo settings me/digits --gated manual"),
            add_arguments=_add_settings,
            run=_settings,
        ),
    ),
)
