"""What the first start of a server on a hub does: it makes an admin, or what a seed lists."""

from __future__ import annotations

from anyhub.hub.people.stored_accounts import StoredAccounts
from anyhub.hub.person import name_at_the_keyboard
from anyhub.hub.sql.database import Database
from anyhub.server.seed import Seed

_STARTED = "server.started"
TOKEN_NAME = "first start"


def first_start(database: Database, seed: Seed | None = None) -> str | None:
    """Make an admin with a token when no server was started on this hub before; with what a seed lists, if given.

    All of it is one transaction: a start that fails half-way is the first start again.

    Args:
        database (`Database`): Of the hub.
        seed (`Seed`, *optional*): What there is to be. When it has an admin, no other one is made.

    Returns:
        `str`, *optional*: The secret of the new admin's token, which nobody can look up again; None when none was made.
    """
    accounts = StoredAccounts(database)
    with database.transaction():
        if accounts.setting(_STARTED) is not None:
            return None
        accounts.set_setting(_STARTED, "1")
        if seed is not None:
            seed.apply(accounts)
        if any(user.is_admin for user in accounts.users()):
            return None
        return admin_token(accounts)


def admin_token(accounts: StoredAccounts) -> str:
    """Make an admin named after the person at the keyboard, and return the secret of their token."""
    name = name_at_the_keyboard()
    names = [user.name for user in accounts.users()] + [each.name for each in accounts.organizations()]
    taken = {each.lower() for each in names}
    while name.lower() in taken:
        name += "-admin"
    accounts.create_user(name, is_admin=True)
    return accounts.create_token(name, TOKEN_NAME)[1]
