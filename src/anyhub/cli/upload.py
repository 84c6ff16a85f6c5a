"""`anyhub upload`: a file or a folder of this machine, into a repository."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from anyhub.cli.command import Command, add_patterns, add_repo
from anyhub.cli.output import print_json, print_text
from anyhub.errors import RevisionExistsError, ValidationError
from anyhub.values import DEFAULT_BRANCH, RepoId, check_ref_name

if TYPE_CHECKING:
    from anyhub.api import CommitInfo, HfApi
    from anyhub.hub.interface import Hub


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_repo(parser)
    parser.add_argument("path", metavar="PATH", type=Path, help="a file or a folder here")
    parser.add_argument(
        "path_in_repo",
        metavar="PATH_IN_REPO",
        nargs="?",
        help="where to put it; 'logs/' is into a folder (default: top)",
    )
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
    from anyhub.hub.making import made_if_missing
    from anyhub.hub.opening import open_hub

    _check(args)
    hub = open_hub(args.endpoint)
    repo = hub.repo_id(args.repo, args.type)
    upload = _upload_folder if args.path.is_dir() else _upload_file
    with made_if_missing(hub, repo, private=args.private), _branch(hub, repo, args):
        done = upload(HfApi(endpoint=hub), args)
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


def _branch(hub: Hub, repo: RepoId, args: argparse.Namespace) -> AbstractContextManager[None]:
    if not args.revision or args.revision.startswith("refs/") or args.create_pr:
        return nullcontext()
    return _branch_if_missing(hub, repo, f"refs/heads/{check_ref_name(args.revision)}")


@contextmanager
def _branch_if_missing(hub: Hub, repo: RepoId, ref: str) -> Iterator[None]:
    """Make a branch where there is none; when the body fails and nothing was pushed to it, there is none again."""
    start = hub.resolve(repo, DEFAULT_BRANCH).oid
    try:
        hub.create_ref(repo, ref, start)
    except RevisionExistsError:
        yield
        return
    try:
        yield
    except BaseException:
        if hub.resolve(repo, ref).oid == start:
            hub.delete_ref(repo, ref)
        raise


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
