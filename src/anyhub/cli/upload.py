"""`anyhub upload`: a file or a folder of this machine, into a repository."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from anyhub.cli.command import Command, add_patterns, add_repo
from anyhub.cli.output import print_json, print_text
from anyhub.errors import ValidationError

if TYPE_CHECKING:
    from anyhub.api import CommitInfo, HfApi


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_repo(parser)
    parser.add_argument("path", metavar="PATH", type=Path, help="a file or a folder here")
    parser.add_argument("path_in_repo", metavar="PATH_IN_REPO", nargs="?", help="where to put it (default: at the top)")
    parser.add_argument("--revision", metavar="BRANCH", help="a branch, created when missing (default: main)")
    parser.add_argument("--message", metavar="TITLE", help="title of the commit")
    parser.add_argument("--private", action="store_true", help="when the repository is new, make it private")
    parser.add_argument("--create-pr", action="store_true", help="open a pull request rather than change the branch")
    parser.add_argument("--parent-commit", metavar="ID", help="refuse when the branch is not at this commit")
    add_patterns(parser, "upload")
    parser.add_argument(
        "--delete", action="append", metavar="PATTERN", help="in the same commit, delete files there that fit"
    )


def _run(args: argparse.Namespace) -> None:
    from anyhub.api import HfApi

    _check(args)
    api = HfApi(endpoint=args.endpoint)
    api.create_repo(args.repo, repo_type=args.type, private=args.private, exist_ok=True)
    if args.revision and not args.revision.startswith("refs/") and not args.create_pr:
        api.create_branch(args.repo, branch=args.revision, repo_type=args.type, exist_ok=True)
    done = _upload_folder(api, args) if args.path.is_dir() else _upload_file(api, args)
    if args.json:
        print_json(
            {"commit": done.oid, "url": done.commit_url, "pull_request": done.pr_num, "pull_request_url": done.pr_url}
        )
    else:
        print_text(done.pr_url or done.commit_url)


def _check(args: argparse.Namespace) -> None:
    """Refuse what can not be done before anything is created on the hub."""
    if not args.path.exists():
        raise ValidationError(f"There is no file or folder {str(args.path)!r} here; check the path.")
    if not args.path.is_dir() and (args.include or args.exclude or args.delete):
        raise ValidationError(f"--include, --exclude and --delete are for folders, and {str(args.path)!r} is a file.")


def _upload_file(api: HfApi, args: argparse.Namespace) -> CommitInfo:
    return api.upload_file(
        path_or_fileobj=args.path,
        path_in_repo=args.path_in_repo or args.path.name,
        repo_id=args.repo,
        repo_type=args.type,
        revision=args.revision,
        commit_message=args.message,
        create_pr=args.create_pr,
        parent_commit=args.parent_commit,
    )


def _upload_folder(api: HfApi, args: argparse.Namespace) -> CommitInfo:
    return api.upload_folder(
        repo_id=args.repo,
        folder_path=args.path,
        path_in_repo=args.path_in_repo,
        repo_type=args.type,
        revision=args.revision,
        commit_message=args.message,
        create_pr=args.create_pr,
        parent_commit=args.parent_commit,
        allow_patterns=args.include,
        ignore_patterns=args.exclude,
        delete_patterns=args.delete,
    )


COMMAND = Command(
    name="upload",
    summary="upload a file or a folder",
    description="""\
Upload a file or a folder to a repository, as one commit, and print the address of that commit or pull request.

The repository is created when it is missing. What is there already, unchanged, is not sent again; when all of it is,
no commit is made, and the address is that of the commit that the branch is at.

--json: {commit, url, pull_request, pull_request_url}; the last two are null without --create-pr.""",
    examples=(
        "anyhub upload me/digits checkpoints/best",
        "anyhub upload me/digits notes.md docs/notes.md --message 'Add notes'",
    ),
    add_arguments=_add_arguments,
    run=_run,
)
