"""`anyhub use`: which hub commands and programs mean when they name none."""

from __future__ import annotations

import argparse
import os

from anyhub.cli.command import Command
from anyhub.cli.output import print_error, print_json, print_text
from anyhub.errors import ValidationError


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("hub", metavar="HUB", nargs="?", help="a folder or an address; without it, say which is in use")
    parser.add_argument("--default", action="store_true", help="use the folder of this user again")


def _run(args: argparse.Namespace) -> None:
    from anyhub.hub.configured import choose_endpoint
    from anyhub.hub.opening import endpoint_of, home

    if args.hub and args.default:
        raise ValidationError("HUB and --default exclude each other; give one of them.")
    if args.default:
        choose_endpoint(home(), None)
    elif args.hub:
        choose_endpoint(home(), endpoint_of(args.hub))
    endpoint = endpoint_of(args.endpoint)
    overriding = next((name for name in ("ANYHUB_ENDPOINT", "HF_ENDPOINT") if os.environ.get(name)), None)
    if overriding and (args.hub or args.default):
        print_error(f"{overriding} is set, and goes before what was chosen here; unset it.")
    if args.json:
        print_json({"endpoint": endpoint})
    else:
        print_text(endpoint)


COMMAND = Command(
    name="use",
    summary="choose the hub that is meant when none is named",
    description="""\
Choose the hub that commands and programs of this user mean when they name none, and print it. The environment variables
ANYHUB_ENDPOINT and HF_ENDPOINT go before it, and --endpoint before them.

--json: {endpoint}.""",
    examples=("anyhub use https://hub.example.org", "anyhub use ./hub", "anyhub use --default"),
    add_arguments=_add_arguments,
    run=_run,
)
