"""The accounts of the hub that a command means, and the user that it is about."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from anyhub.errors import ValidationError

if TYPE_CHECKING:
    from anyhub.hub.accounts import Accounts


def accounts_of(args: argparse.Namespace) -> Accounts:
    """Return who may use the hub that a command means."""
    from anyhub.hub.opening import open_accounts

    return open_accounts(args.endpoint)


def user_of(args: argparse.Namespace, named: str | None, option: str) -> str:
    """Return the user whom an option names, else the one who is logged in.

    Raises:
        ValidationError: When none is named and the hub is a folder, to which nobody logs in; names the option.
    """
    from anyhub.hub.opening import endpoint_of

    if named:
        return named
    if "://" not in (endpoint := endpoint_of(args.endpoint)):
        raise ValidationError(f"{endpoint} is a folder, to which nobody logs in. Give {option} NAME.")
    return accounts_of(args).whoami().name
