"""The `anyhub` command: reads the command line, runs one command, and turns errors into exit codes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from io import TextIOWrapper

from anyhub import __version__
from anyhub.cli import (
    cache,
    card,
    download,
    files,
    log,
    login,
    organizations,
    pr,
    refs,
    repo,
    repos,
    serve,
    tokens,
    upload,
    use,
    users,
)
from anyhub.cli.command import Command, Group
from anyhub.cli.output import deliver, have_streams, print_error
from anyhub.cli.parser import CommandParser
from anyhub.errors import AccessError, ConflictError, HubError, NotFoundError, ValidationError

COMMANDS: tuple[Command | Group, ...] = (
    repos.COMMAND,
    files.COMMAND,
    log.COMMAND,
    upload.COMMAND,
    download.COMMAND,
    card.COMMAND,
    repo.GROUP,
    refs.BRANCH,
    refs.TAG,
    pr.GROUP,
    cache.GROUP,
    users.GROUP,
    organizations.GROUP,
    tokens.GROUP,
    login.LOGIN,
    login.LOGOUT,
    login.WHOAMI,
    use.COMMAND,
    serve.COMMAND,
)

OK, FAILED, USAGE, NOT_FOUND, CONFLICT, REFUSED, INTERRUPTED, NOBODY_READS = 0, 1, 2, 3, 4, 5, 130, 141

_DESCRIPTION = "Push, share and load models, on a hub that is a folder or a server."
_EPILOG = """\
exit codes:
  0    done
  1    the hub, the disk or the network said no
  2    the command line is wrong, or a name in it is malformed
  3    no such repository, revision or file
  4    a conflict with what is on the hub; nothing was changed
  5    you are not logged in, or may not do this
  130  interrupted by Ctrl-C
  141  what reads the output went away

environment:
  ANYHUB_ENDPOINT  the hub, when --endpoint is not given: a folder or an address
  ANYHUB_TOKEN     the token for that hub, when it is on the network
  ANYHUB_HOME      where the hub in a folder and the cache lie, when no other is named
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: The words after `anyhub`; those of this process, when None.

    Returns:
        `int`: The exit code; `anyhub --help` lists them.
    """
    have_streams()
    _never_fail_to_encode()
    parser = build_parser()
    args = parser.parse_args(argv)
    if "run" not in args:
        getattr(args, "group", parser).print_help(sys.stderr)
        return USAGE
    return _run(args)


def _run(args: argparse.Namespace) -> int:
    try:
        args.run(args)
        deliver()
    except BrokenPipeError:
        return NOBODY_READS
    except KeyboardInterrupt:
        return INTERRUPTED
    except (HubError, OSError) as error:
        print_error(str(error))
        return exit_code(error)
    return OK


def exit_code(error: Exception) -> int:
    """Return the exit code that stands for an error."""
    match error:
        case ValidationError():
            return USAGE
        case AccessError():
            return REFUSED
        case NotFoundError():
            return NOT_FOUND
        case ConflictError():
            return CONFLICT
    return FAILED


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="anyhub", description=_DESCRIPTION, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"anyhub {__version__}")
    _add_endpoint(parser, default=None)
    words = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=CommandParser)
    for command in COMMANDS:
        _add(words, command)
    return parser


def _add(words: argparse._SubParsersAction[CommandParser], command: Command | Group) -> None:
    if isinstance(command, Group):
        group = words.add_parser(command.name, help=command.summary, description=f"{command.summary.capitalize()}.")
        group.set_defaults(group=group)
        below = group.add_subparsers(title="commands", metavar="COMMAND", parser_class=CommandParser)
        for each in command.commands:
            _add(below, each)
        return
    parser = words.add_parser(
        command.name,
        help=command.summary,
        description=command.description,
        epilog="\n".join(("examples:", *(f"  {example}" for example in command.examples))),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_arguments(parser)
    _add_endpoint(parser, default=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    parser.set_defaults(run=command.run)


def _add_endpoint(parser: argparse.ArgumentParser, default: str | None) -> None:
    parser.add_argument("--endpoint", metavar="HUB", default=default, help="the hub: a folder or an address")


def _never_fail_to_encode() -> None:
    """Write what the encoding of an output stream lacks as an escape, rather than stop half-way."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
