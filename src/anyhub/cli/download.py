"""`anyhub download`: files of a repository, onto this machine."""

from __future__ import annotations

import argparse

from anyhub.cli.command import Command, add_patterns, add_repo, add_revision
from anyhub.cli.output import print_json, print_text
from anyhub.errors import ValidationError


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_repo(parser)
    parser.add_argument("files", metavar="FILE", nargs="*", help="files in it (default: all)")
    add_revision(parser)
    add_patterns(parser, "download")
    parser.add_argument("--local-dir", metavar="FOLDER", help="put the files here rather than in the cache")


def _run(args: argparse.Namespace) -> None:
    if args.files and (args.include or args.exclude):
        raise ValidationError("--include and --exclude choose among all files; leave them out, or do not name files.")
    paths = _download_files(args) if args.files else [_download_all(args)]
    if args.json:
        print_json({"paths": paths})
        return
    for path in paths:
        print_text(path)


def _download_all(args: argparse.Namespace) -> str:
    from anyhub.api import snapshot_download

    return snapshot_download(
        args.repo,
        repo_type=args.type,
        revision=args.revision,
        local_dir=args.local_dir,
        allow_patterns=args.include,
        ignore_patterns=args.exclude,
        endpoint=args.endpoint,
    )


def _download_files(args: argparse.Namespace) -> list[str]:
    from anyhub.api import HfApi

    api = HfApi(endpoint=args.endpoint)
    # Files that are asked for together come from one commit, whatever is pushed meanwhile.
    commit = api.repo_info(args.repo, repo_type=args.type, revision=args.revision).sha
    return [
        api.hf_hub_download(args.repo, file, repo_type=args.type, revision=commit, local_dir=args.local_dir)
        for file in args.files
    ]


COMMAND = Command(
    name="download",
    summary="download files of a repository",
    description="""\
Download a repository, or some of its files, and print where they are: the folder, or one path for each FILE.

Nothing else is printed on the output stream, so that a script can use the answer. Files that are here already are not
downloaded again. The files in the cache are read-only, and may be the hub's own.

--json: {paths}, a list.""",
    examples=("anyhub download me/digits", "anyhub download me/digits config.json --revision v1"),
    add_arguments=_add_arguments,
    run=_run,
)
