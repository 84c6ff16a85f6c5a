"""`anyhub card`: what a repository says about itself."""

from __future__ import annotations

import argparse
from pathlib import Path

from anyhub.cli.command import Command, add_repo, add_revision
from anyhub.cli.output import print_json, print_text
from anyhub.constants import REPOCARD_NAME
from anyhub.errors import EntryNotFoundError


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_repo(parser)
    add_revision(parser)
    parser.add_argument("--metadata", action="store_true", help="only the metadata at its top")


def _run(args: argparse.Namespace) -> None:
    path = _download(args)
    if args.json or args.metadata:
        _print_parts(path, args)
    else:
        print_text(Path(path).read_text(encoding="utf-8", errors="replace").rstrip("\n"))


def _download(args: argparse.Namespace) -> str:
    from anyhub.api import HfApi

    api = HfApi(endpoint=args.endpoint)
    try:
        return api.hf_hub_download(args.repo, REPOCARD_NAME, repo_type=args.type, revision=args.revision)
    except EntryNotFoundError as error:
        raise EntryNotFoundError(
            f"{args.repo!r} has no card, which is its file README.md; write one, and bring it there with "
            f"`anyhub upload {args.repo} README.md`."
        ) from error


def _print_parts(path: str, args: argparse.Namespace) -> None:
    from anyhub.repocard.repo_card import RepoCard

    card = RepoCard.load(path)
    metadata = card.data.to_dict()
    if not args.json:
        print_text(card.data.to_yaml())
    else:
        print_json(metadata if args.metadata else {"metadata": metadata, "text": card.text})


COMMAND = Command(
    name="card",
    summary="print the card of a repository",
    description="""\
Print the card of a repository, its README.md, or only the metadata at the top of that, as YAML.

--json: {metadata, text}; with --metadata, the metadata alone.""",
    examples=("anyhub card me/digits", "anyhub card me/digits --revision v1 --metadata --json"),
    add_arguments=_add_arguments,
    run=_run,
)
