"""`anyhub login`, `logout` and `whoami`: which token this machine shows to a hub on the network."""

from __future__ import annotations

import argparse
import time

from anyhub.cli.asking import secret
from anyhub.cli.command import Command
from anyhub.cli.output import print_error, print_json, print_text
from anyhub.errors import AuthenticationError, ValidationError


def _add_login(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", nargs="?", help="address of the hub (default: the one in use)")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--token", metavar="TOKEN", help="the token; without it, it is asked for or read from a pipe")
    how.add_argument("--device", action="store_true", help="show a code that you approve in any browser")


def _login(args: argparse.Namespace) -> None:
    from anyhub.hub.credentials import store
    from anyhub.hub.opening import home
    from anyhub.transfer.origins import Origin

    endpoint = _address(args)
    token = _by_device(endpoint) if args.device else args.token or secret("Token")
    name = _name(endpoint, token)
    store(home(), Origin.of(endpoint), token)
    if args.json:
        print_json({"endpoint": endpoint, "name": name})
    else:
        print_text(f"Logged in to {endpoint} as {name}.")


def _by_device(endpoint: str) -> str:
    """Return the token of a login that somebody approves elsewhere (RFC 8628)."""
    from anyhub.hub.caller import Caller
    from anyhub.hub.opening import open_accounts

    accounts = open_accounts(endpoint, Caller(token=False))
    begun = accounts.begin_device_login()
    print_error(f"Open {endpoint}/device in a browser and type in the code {begun.user_code}")
    until = time.monotonic() + begun.expires_in
    while time.monotonic() < until:
        time.sleep(begun.interval)
        if (token := accounts.finish_device_login(begun.device_code)) is not None:
            return token
    raise AuthenticationError("Nobody approved the code in time. Run the command again.")


def _name(endpoint: str, token: str) -> str:
    from anyhub.hub.caller import Caller
    from anyhub.hub.opening import open_accounts

    return open_accounts(endpoint, Caller(token=token)).whoami().name


def _add_logout(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", nargs="?", help="address of the hub (default: the one in use)")
    parser.add_argument("--all", action="store_true", help="forget the tokens of all hubs")


def _logout(args: argparse.Namespace) -> None:
    from anyhub.hub.credentials import forget
    from anyhub.hub.opening import home
    from anyhub.transfer.origins import Origin

    gone = forget(home(), None if args.all else Origin.of(_address(args)))
    if args.json:
        print_json(gone)
    else:
        print_text(f"Logged out of {', '.join(gone)}." if gone else "There was no token to forget.")


def _add_nothing(parser: argparse.ArgumentParser) -> None:
    """Declare nothing."""


def _whoami(args: argparse.Namespace) -> None:
    from anyhub.api import HfApi

    who = HfApi(endpoint=args.endpoint).whoami()
    if args.json:
        print_json(who)
        return
    print_text(str(who["name"]))
    if organizations := [str(each["name"]) for each in who.get("orgs", ())]:
        print_text(f"organizations: {', '.join(organizations)}")


def _address(args: argparse.Namespace) -> str:
    from anyhub.hub.opening import endpoint_of

    endpoint = endpoint_of(args.url or args.endpoint)
    if not endpoint.startswith(("http://", "https://")):
        raise ValidationError(
            f"{endpoint} is a folder, which asks for no token. Give the address of a hub on the network."
        )
    return endpoint


LOGIN = Command(
    name="login",
    summary="keep a token for a hub on the network",
    description="""\
Check a token and keep it for this hub, and for no other one. It lies in credentials.json in ANYHUB_HOME, where only you
can read it.

--json: {endpoint, name}.""",
    examples=(
        "anyhub login https://hub.example.org",
        "anyhub login https://hub.example.org --device",
        "anyhub login --token ahf_…",
    ),
    add_arguments=_add_login,
    run=_login,
)
LOGOUT = Command(
    name="logout",
    summary="forget the token of a hub",
    description="Forget the token of a hub. It still opens the hub for whoever has it; `anyhub token revoke` ends"
    " that.\n\n"
    "--json: a list of the addresses that there was a token for.",
    examples=("anyhub logout", "anyhub logout https://hub.example.org", "anyhub logout --all"),
    add_arguments=_add_logout,
    run=_logout,
)
WHOAMI = Command(
    name="whoami",
    summary="say who you are to the hub",
    description="Print the name under which the hub in use knows you, which is the namespace of bare names.\n\n"
    "--json: what the hub says of you.",
    examples=("anyhub whoami", "anyhub whoami --endpoint https://hub.example.org --json"),
    add_arguments=_add_nothing,
    run=_whoami,
)
