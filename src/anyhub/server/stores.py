"""What a server keeps, before any guard stands in front of it, and who asks, by what a request says of it."""

from __future__ import annotations

import base64
import binascii
from contextlib import ExitStack
from dataclasses import dataclass

from anyhub.errors import AuthenticationError
from anyhub.hub.local import LocalHub
from anyhub.hub.people.stored_accounts import StoredAccounts
from anyhub.hub.social.destinations import Destinations
from anyhub.hub.social.stored_community import StoredCommunity
from anyhub.hub.sql.database import Database
from anyhub.hub.stored import StoredHub
from anyhub.people import ANONYMOUS, Principal
from anyhub.server.settings import Settings
from anyhub.server.tickets import Tickets
from anyhub.server.uploads import Uploads
from anyhub.wire.errors import INVALID_TOKEN

BUSY_SECONDS = 5.0
"""For how long a request waits for another writer before it is told to come again."""


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores of one hub, over one database.

    Attributes:
        database (`Database`): What all of them are kept in.
        hub (`StoredHub`), accounts (`StoredAccounts`), community (`StoredCommunity`): What guards stand in front of.
        tickets (`Tickets`): The addresses of large files.
        uploads (`Uploads`): Large files that are coming in parts; beside the hub, or gone with the server when it has
            no folder.
        rest: What has to be closed at the end.
    """

    database: Database
    hub: StoredHub
    accounts: StoredAccounts
    community: StoredCommunity
    tickets: Tickets
    uploads: Uploads
    rest: ExitStack

    @classmethod
    def of(cls, hub: StoredHub, settings: Settings) -> Stores:
        """Return the stores of a hub."""
        database, rest = hub._database, ExitStack()
        database.wait_at_most(BUSY_SECONDS)
        accounts = StoredAccounts(database)
        folder = hub.directory / "uploads" if isinstance(hub, LocalHub) else rest.enter_context(hub.staging())
        uploads = Uploads(folder, settings.upload_seconds)
        rest.callback(uploads.partials.close)
        rest.callback(hub.downloads.close)
        community = StoredCommunity(database, hub._catalog, Destinations(settings.webhook_hosts))
        return cls(database, hub, accounts, community, Tickets.of(accounts), uploads, rest)

    def principal(self, authorization: str | None) -> Principal:
        """Return who asks.

        Args:
            authorization (`str`, *optional*): The header of that name: ``Bearer`` and a token, or ``Basic`` with any
                name and a token as the password, as git sends it.

        Raises:
            AuthenticationError: When it is something else, or the token opens nothing.
        """
        if authorization is None:
            return ANONYMOUS
        scheme, _, credentials = authorization.strip().partition(" ")
        credentials = credentials.strip()
        secret = {"bearer": lambda: credentials, "basic": lambda: _password(credentials)}.get(scheme.lower(), str)()
        if not secret:
            raise AuthenticationError(INVALID_TOKEN)
        return self.accounts.principal(secret)


def _password(credentials: str) -> str:
    """Return the password of ``Basic`` credentials (RFC 7617); empty when there is none."""
    try:
        decoded = base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return decoded.partition(":")[2]
