"""`anyhub log`: the commits of a repository."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from anyhub.cli.command import Command, add_limit, add_repo, add_revision
from anyhub.cli.output import date_json, date_text, print_json, print_table

if TYPE_CHECKING:
    from anyhub.api.commits import GitCommitInfo


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_repo(parser)
    add_revision(parser)
    add_limit(parser, "commits")


def _run(args: argparse.Namespace) -> None:
    from anyhub.api import HfApi

    commits = HfApi(endpoint=args.endpoint).list_repo_commits(args.repo, revision=args.revision, repo_type=args.type)
    found = commits[: args.limit]
    if args.json:
        print_json([_facts(commit) for commit in found])
        return
    rows = [
        (commit.commit_id[:10], date_text(commit.created_at), ", ".join(commit.authors), commit.title)
        for commit in found
    ]
    print_table(("COMMIT", "DATE", "AUTHOR", "TITLE"), rows, shrink="TITLE")


def _facts(commit: GitCommitInfo) -> dict[str, Any]:
    return {
        "commit": commit.commit_id,
        "title": commit.title,
        "message": commit.message,
        "authors": commit.authors,
        "created_at": date_json(commit.created_at),
    }


COMMAND = Command(
    name="log",
    summary="list the commits of a repository",
    description="""\
List the commits that lead to a revision, the newest first.

--json: a list of {commit, title, message, authors, created_at}.""",
    examples=("anyhub log me/digits", "anyhub log me/digits --revision v1 --limit 5 --json"),
    add_arguments=_add_arguments,
    run=_run,
)
