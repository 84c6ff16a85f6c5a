"""`anyhub serve`: a hub in a folder, for everybody who can reach this machine."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from anyhub.cli.command import Command
from anyhub.cli.output import deliver, print_error, print_json, print_text

if TYPE_CHECKING:
    from anyhub.server.embedded import RunningHub
    from anyhub.server.seed import Seed
    from anyhub.server.settings import Settings

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("directory", metavar="DIR", nargs="?", help="the folder of the hub (default: the usual hub)")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at (default: 127.0.0.1)")
    parser.add_argument("--port", type=_port, default=8080, help="the port; 0 for any that is free (default: 8080)")
    parser.add_argument("--public-url", type=_url, metavar="URL", help="where users find it, when a proxy is in front")
    parser.add_argument(
        "--anonymous-read", action="store_true", help="show public repositories to those who have not logged in"
    )
    parser.add_argument(
        "--webhook-host",
        action="append",
        default=[],
        metavar="HOST",
        help="a host or network such as 10.0.0.0/8 that webhooks may reach although it is not public; * for all",
    )
    parser.add_argument("--seed", type=Path, metavar="FILE", help="users and more to make at the first start, in TOML")


def _run(args: argparse.Namespace) -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    stop = _signalled()
    with _started(args) as running:
        _report(running, args)
        deliver()
        while not stop.wait(3600):
            pass


def _started(args: argparse.Namespace) -> RunningHub:
    from anyhub.hub.opening import check_free_for_folder
    from anyhub.server.extra import check_installed

    check_installed()
    from anyhub.server.embedded import RunningHub

    folder = _folder(args)
    check_free_for_folder(folder)
    return RunningHub(folder, _settings(args), host=args.host, port=args.port, seed=_seed(args.seed))


def _folder(args: argparse.Namespace) -> Path:
    from anyhub.errors import ValidationError
    from anyhub.hub.opening import endpoint_of

    address = endpoint_of(args.directory or args.endpoint)
    if "://" in address:
        raise ValidationError(f"{address} is a hub on the network already. Give the folder of the hub to serve.")
    return Path(address)


def _settings(args: argparse.Namespace) -> Settings:
    from anyhub.server.settings import Settings

    return Settings(
        public_url=args.public_url, anonymous_read=args.anonymous_read, webhook_hosts=tuple(args.webhook_host)
    )


def _seed(path: Path | None) -> Seed | None:
    if path is None:
        return None
    from anyhub.server.seed import Seed

    seed = Seed.read(path)
    if seed.is_exposed:
        print_error(f"{path} holds secrets, and others of this machine may read it; run `chmod 600 {path}`.")
    return seed


def _report(running: RunningHub, args: argparse.Namespace) -> None:
    if args.json:
        print_json({"endpoint": running.endpoint, "listening": running.address, "admin_token": running.new_token})
    else:
        print_text(_text(running))
    if args.host not in _LOOPBACK and not (args.public_url or "").startswith("https:"):
        print_error(
            f"Tokens cross the network in plain text at {args.host}:{urlsplit(running.address).port}; put a proxy with"
            " TLS in front, and give its address as --public-url."
        )


def _text(running: RunningHub) -> str:
    token = running.new_token
    known = (
        f"Token of an admin, shown this once: {token}"
        if token is not None
        else "A token was made at the first start; for another, run"
        f" `anyhub token create NAME --user USER --endpoint {quote(str(running.hub.directory))}`."
    )
    return f"""\
Serving {running.hub.directory} at {running.endpoint}
{known}

  export HF_ENDPOINT={running.endpoint} HF_HUB_DISABLE_XET=1
  hf auth login --token {token or "TOKEN"}
  hf upload my-model .

Ctrl-C stops."""


def _signalled() -> threading.Event:
    """Return what is set by the first signal to stop; a second one ends the process at once."""
    stop = threading.Event()

    def on_signal(number: int, _: Any) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    if sys.platform == "win32":
        signal.signal(signal.SIGBREAK, on_signal)
    return stop


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: a number from 0 to 65535")
    return int(text)


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise argparse.ArgumentTypeError(f"{text!r} is not an address such as https://hub.example.org")
    return text.rstrip("/")


COMMAND = Command(
    name="serve",
    summary="serve a hub over the network",
    description="""\
Serve the hub in a folder, until Ctrl-C or a signal to stop: requests that run are finished, for 10 seconds at most.

The first start on a hub makes an admin, named after you, and prints a token that opens everything. Stock clients, git
and git-lfs work against the address that is printed.

--json: {endpoint, listening, admin_token}, once the server answers.""",
    examples=(
        "anyhub serve ./hub",
        "anyhub serve ./hub --port 0 --anonymous-read",
        "anyhub serve /srv/hub --host 0.0.0.0 --public-url https://hub.example.org --seed seed.toml",
    ),
    add_arguments=_add_arguments,
    run=_run,
)
