"""`anyhub cache`: what was downloaded to this machine, whether it is sound, and making it smaller."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyhub.cli.command import Command, Group
from anyhub.cli.output import date_json, date_text, print_error, print_json, print_table, print_text, size_text
from anyhub.errors import CorruptFileError

if TYPE_CHECKING:
    from anyhub.cache.cleaning import CachedRepository

_UNITS = {"": 1, "B": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def _add_root(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--cache-dir", metavar="FOLDER", type=Path, help="the root of the cache (default: ANYHUB_CACHE, or the usual)"
    )


def _ls(args: argparse.Namespace) -> None:
    from anyhub.cache.cleaning import scan

    found = scan(args.cache_dir)
    if args.json:
        print_json([_facts(each) for each in found])
        return
    rows = [
        (
            each.name,
            each.type,
            each.hub,
            str(len(each.revisions)),
            size_text(each.size),
            date_text(each.last_used) if each.last_used else "never",
        )
        for each in found
    ]
    print_table(
        ("REPOSITORY", "TYPE", "HUB", "REVISIONS", "SIZE", "USED"), rows, shrink="HUB", right=("SIZE", "REVISIONS")
    )
    print_text(f"{size_text(sum(each.size for each in found))} in all")


def _verify(args: argparse.Namespace) -> None:
    from anyhub.cache.cleaning import remove_damaged, scan, verify

    repositories = scan(args.cache_dir)
    damaged = list(verify(repositories))
    if args.remove:
        for each in damaged:
            remove_damaged(each)
    if args.json:
        print_json([{"id": d.repository.name, "path": str(d.path), "reason": d.reason} for d in damaged])
    for each in () if args.json else damaged:
        print_text(f"{each.repository.name}: {each.path}: {each.reason}")
    if damaged and not args.remove:
        raise CorruptFileError(
            f"{len(damaged)} of the files in the cache are damaged. Run this again with --remove, and they are fetched"
            " anew when they are needed."
        )
    if not args.json and not damaged:
        print_text(f"All files of {len(repositories)} repositories are what they should be.")


def _add_verify(parser: argparse.ArgumentParser) -> None:
    _add_root(parser)
    parser.add_argument("--remove", action="store_true", help="remove what is damaged; it is fetched anew when needed")


def _add_prune(parser: argparse.ArgumentParser) -> None:
    _add_root(parser)
    parser.add_argument("--max-size", metavar="SIZE", type=_size, required=True, help="what may be left, such as 50G")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")


def _size(text: str) -> int:
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size; write 500M, 50G or a number of bytes")
    return int(float(found[1]) * _UNITS[found[2].upper()])


def _prune(args: argparse.Namespace) -> None:
    from anyhub.cache.cleaning import prune, scan

    done = prune(scan(args.cache_dir), args.max_size, dry_run=args.dry_run)
    if args.json:
        gone = [{"id": each.name, "type": each.type, "commit": revision.commit} for each, revision in done.revisions]
        print_json({"removed": gone, "freed": done.freed, "left": done.left})
        return
    for each, revision in done.revisions:
        print_text(f"{each.name} {revision.commit[:10]} {' '.join(revision.refs)}".rstrip())
    verb = "would be freed" if args.dry_run else "freed"
    print_text(f"{size_text(done.freed)} {verb}, {size_text(done.left)} left")
    if done.left > args.max_size:
        print_error("More is left than was asked for: downloads that were begun within a day are kept.")


def _facts(repository: CachedRepository) -> dict[str, Any]:
    return {
        "id": repository.name,
        "type": repository.type,
        "hub": repository.hub,
        "path": str(repository.folder.root),
        "size": repository.size,
        "revisions": [
            {
                "commit": each.commit,
                "refs": list(each.refs),
                "files": each.files,
                "last_used": date_json(each.last_used),
            }
            for each in repository.revisions
        ],
    }


GROUP = Group(
    "cache",
    "list, check and shrink what was downloaded to this machine",
    (
        Command(
            name="ls",
            summary="list what is in the cache",
            description="List the repositories in the cache, the largest first. Files that are links to a hub in a"
            " folder take no room and are not counted.\n\n"
            "--json: a list of {id, type, hub, path, size, revisions: [{commit, refs, files, last_used}]}.",
            examples=("anyhub cache ls", "anyhub cache ls --cache-dir ~/.cache/huggingface/hub --json"),
            add_arguments=_add_root,
            run=_ls,
        ),
        Command(
            name="verify",
            summary="check that every file in the cache is what it should be",
            description="Read every file in the cache and compare it with its digest; list those that are damaged, and"
            " fail when there are some.\n\n--json: a list of {id, path, reason}.",
            examples=("anyhub cache verify", "anyhub cache verify --remove"),
            add_arguments=_add_verify,
            run=_verify,
        ),
        Command(
            name="prune",
            summary="remove what was not used for longest",
            description="Remove the revisions that were not used for longest until what is left fits, and list"
            " them.\n\n--json: {removed: [{id, type, commit}], freed, left}, in bytes.",
            examples=("anyhub cache prune --max-size 50G", "anyhub cache prune --max-size 0 --dry-run"),
            add_arguments=_add_prune,
            run=_prune,
        ),
    ),
)
