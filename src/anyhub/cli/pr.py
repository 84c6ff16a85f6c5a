"""`anyhub pr`: pull requests, and discussions, which share their numbers."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from anyhub.cli.command import Command, Group, add_repo
from anyhub.cli.output import date_json, date_text, print_json, print_table, print_text
from anyhub.values import DEFAULT_BRANCH

if TYPE_CHECKING:
    from anyhub.community import Discussion, Event
    from anyhub.hub.interface import Hub
    from anyhub.values import RepoId


def _find(args: argparse.Namespace) -> tuple[Hub, RepoId]:
    from anyhub.hub.opening import open_hub

    hub = open_hub(args.endpoint)
    return hub, hub.repo_id(args.repo, args.type)


def _add_list(parser: argparse.ArgumentParser) -> None:
    add_repo(parser)
    parser.add_argument(
        "--status", choices=("draft", "open", "closed", "merged", "all"), default="all", help="only of this status"
    )
    parser.add_argument("--discussions", action="store_true", help="list discussions, too")


def _list(args: argparse.Namespace) -> None:
    hub, repo = _find(args)
    found = [
        each
        for each in hub.discussions(repo)
        if args.status in ("all", each.status) and (each.is_pull_request or args.discussions)
    ]
    if args.json:
        print_json([_facts(each) for each in found])
        return
    rows = [(f"#{each.number}", each.status, date_text(each.created_at), each.author, each.title) for each in found]
    print_table(("NUMBER", "STATUS", "OPENED", "AUTHOR", "TITLE"), rows, shrink="TITLE")


def _add_create(parser: argparse.ArgumentParser) -> None:
    add_repo(parser)
    parser.add_argument("title", metavar="TITLE", help="what it is about, in one line")
    parser.add_argument("--description", metavar="TEXT", default="", help="its first comment, in Markdown")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--branch", metavar="BRANCH", default=DEFAULT_BRANCH, help="where it is to go (default: main)")
    kind.add_argument("--discussion", action="store_true", help="open a discussion, which has no commits")


def _create(args: argparse.Namespace) -> None:
    hub, repo = _find(args)
    if args.discussion:
        made = hub.open_discussion(repo, args.title, args.description)
    else:
        target = f"refs/heads/{args.branch.removeprefix('refs/heads/')}"
        made = hub.open_pull_request(repo, args.title, args.description, target=target)
    if args.json:
        print_json(_facts(made))
    else:
        print_text(hub.url(repo, "discussions", str(made.number)))


def _add_number(parser: argparse.ArgumentParser) -> None:
    add_repo(parser)
    parser.add_argument("number", metavar="NUMBER", type=_number, help="number of the pull request or discussion")


def _number(text: str) -> int:
    digits = text.removeprefix("#")
    if not digits.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return int(digits)


def _show(args: argparse.Namespace) -> None:
    hub, repo = _find(args)
    found = hub.discussion(repo, args.number)
    if args.json:
        print_json({**_facts(found), "events": [_event(each) for each in found.events]})
        return
    print_text(f"#{found.number} {found.title} ({found.status})")
    for each in found.events:
        print_text(f"\n{each.author}, {date_text(each.created_at)}: {_told(each)}")


def _told(event: Event) -> str:
    match event.type:
        case "comment":
            return "(hidden)" if event.hidden else event.content or "(no text)"
        case "status-change":
            return f"made it {event.status}"
        case "title-change":
            return f"renamed it from {event.old_title!r} to {event.new_title!r}"
        case _:
            return f"commit {event.oid[:10]} {event.subject}"


def _add_text(parser: argparse.ArgumentParser) -> None:
    _add_number(parser)
    parser.add_argument("text", metavar="TEXT", help="what to say, in Markdown")


def _comment(args: argparse.Namespace) -> None:
    hub, repo = _find(args)
    made = hub.comment(repo, args.number, args.text)
    if args.json:
        print_json(_event(made))


def _add_merge(parser: argparse.ArgumentParser) -> None:
    _add_number(parser)
    parser.add_argument("--message", metavar="TITLE", help="title of the commit that merges it")


def _merge(args: argparse.Namespace) -> None:
    hub, repo = _find(args)
    done = hub.merge(repo, args.number, args.message)
    if args.json:
        print_json({"number": args.number, "commit": done.commit.oid})
    else:
        print_text(hub.url(repo, "commit", done.commit.oid))


def _status(status: str) -> Callable[[argparse.Namespace], None]:
    def run(args: argparse.Namespace) -> None:
        hub, repo = _find(args)
        hub.set_discussion_status(repo, args.number, "open" if status == "open" else "closed")
        if args.json:
            print_json({"number": args.number, "status": status})

    return run


def _facts(discussion: Discussion) -> dict[str, Any]:
    return {
        "number": discussion.number,
        "title": discussion.title,
        "author": discussion.author,
        "status": discussion.status,
        "is_pull_request": discussion.is_pull_request,
        "created_at": date_json(discussion.created_at),
        "target": discussion.target,
        "merge_commit": discussion.merge_commit,
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "type": event.type,
        "author": event.author,
        "created_at": date_json(event.created_at),
        "text": _told(event),
    }


GROUP = Group(
    "pr",
    "open, list, show, discuss, merge and close pull requests",
    (
        Command(
            name="list",
            summary="list pull requests",
            description="List the pull requests of a repository, the newest first. `anyhub upload --create-pr` opens"
            " one.\n\n--json: a list of {number, title, author, status, is_pull_request, created_at, target,"
            " merge_commit}.",
            examples=("anyhub pr list me/digits", "anyhub pr list me/digits --status open --discussions"),
            add_arguments=_add_list,
            run=_list,
        ),
        Command(
            name="create",
            summary="open a pull request without changes yet, or a discussion",
            description="Open a draft of a pull request, and print its address. `anyhub upload --revision refs/pr/N`"
            " puts changes into it, and `anyhub pr reopen` makes it ready for merging.\n\n"
            "--json: {number, title, author, status, is_pull_request, created_at, target, merge_commit}.",
            examples=(
                "anyhub pr create me/digits 'Wider layers'",
                "anyhub pr create me/digits 'How was this trained?' --discussion",
            ),
            add_arguments=_add_create,
            run=_create,
        ),
        Command(
            name="show",
            summary="show what happened in a pull request",
            description="Show a pull request or a discussion with all that happened in it.\n\n"
            "--json: as for `anyhub pr list`, and events: a list of {id, type, author, created_at, text}.",
            examples=("anyhub pr show me/digits 1",),
            add_arguments=_add_number,
            run=_show,
        ),
        Command(
            name="comment",
            summary="say something in a pull request",
            description="Add a comment to a pull request or a discussion.\n\n"
            "--json: {id, type, author, created_at, text}.",
            examples=("anyhub pr comment me/digits 1 'Looks good.'",),
            add_arguments=_add_text,
            run=_comment,
        ),
        Command(
            name="merge",
            summary="merge a pull request",
            description="Bring the changes of a pull request to its branch, and print the address of the commit.\n\n"
            "--json: {number, commit}.",
            examples=("anyhub pr merge me/digits 1", "anyhub pr merge me/digits 1 --message 'Better weights'"),
            add_arguments=_add_merge,
            run=_merge,
        ),
        Command(
            name="close",
            summary="close a pull request",
            description="Close a pull request or a discussion.\n\n--json: {number, status}.",
            examples=("anyhub pr close me/digits 1",),
            add_arguments=_add_number,
            run=_status("closed"),
        ),
        Command(
            name="reopen",
            summary="open a pull request again, or for merging",
            description="Open a closed pull request or discussion again, or a draft one for merging.\n\n"
            "--json: {number, status}.",
            examples=("anyhub pr reopen me/digits 1",),
            add_arguments=_add_number,
            run=_status("open"),
        ),
    ),
)
