"""`anyhub files`: what is in a repository."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from anyhub.cli.command import Command, add_repo, add_revision
from anyhub.cli.output import print_json, print_table, size_text

if TYPE_CHECKING:
    from anyhub.api.repo_files import RepoFile, RepoFolder


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_repo(parser)
    parser.add_argument("path", metavar="PATH", nargs="?", help="a folder in it, or a file (default: all of it)")
    add_revision(parser)
    parser.add_argument("--recursive", action="store_true", help="also list what is in folders")


def _run(args: argparse.Namespace) -> None:
    from anyhub.api import HfApi

    listed = HfApi(endpoint=args.endpoint).list_repo_tree(
        args.repo, args.path, recursive=args.recursive, revision=args.revision, repo_type=args.type
    )
    found = [_facts(entry) for entry in listed]
    if args.json:
        print_json(found)
        return
    print_table(("SIZE", "CONTENT", "PATH"), [_row(facts) for facts in found], shrink="PATH", right=("SIZE",))


def _facts(entry: RepoFile | RepoFolder) -> dict[str, Any]:
    from anyhub.api.repo_files import RepoFolder

    if isinstance(entry, RepoFolder):
        return {"path": entry.path, "type": "folder", "size": None, "oid": entry.tree_id, "sha256": None}
    sha256 = entry.lfs.sha256 if entry.lfs else None
    return {"path": entry.path, "type": "file", "size": entry.size, "oid": entry.blob_id, "sha256": sha256}


def _row(facts: dict[str, Any]) -> tuple[str, str, str]:
    if facts["type"] == "folder":
        return "-", facts["oid"][:10], f"{facts['path']}/"
    return size_text(facts["size"]), (facts["sha256"] or facts["oid"])[:10], facts["path"]


COMMAND = Command(
    name="files",
    summary="list the files of a repository",
    description="""\
List the files and folders of a repository at a revision.

CONTENT begins the name of the content: the SHA-256 of a large file, the git object id of any other.

--json: a list of {path, type, size, oid, sha256}, where type is "file" or "folder" and size is in bytes.""",
    examples=("anyhub files me/digits", "anyhub files me/digits --revision v1 --recursive --json"),
    add_arguments=_add_arguments,
    run=_run,
)
