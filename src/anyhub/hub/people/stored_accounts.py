"""The users, organisations and tokens that a hub keeps in its database."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from anyhub.errors import AuthenticationError
from anyhub.hub.people.account_table import AccountTable
from anyhub.hub.people.device_logins import DeviceLogins
from anyhub.hub.people.memberships import Memberships
from anyhub.hub.people.password_logins import PasswordLogins
from anyhub.hub.people.tokens import Tokens
from anyhub.hub.sql.database import Database
from anyhub.people import AccessToken, DeviceCode, Membership, Organization, Principal, Role, Scope, TokenRole, User


class StoredAccounts:
    """Implements `anyhub.hub.accounts.Accounts` over a hub's database, for a caller who may do everything.

    Beyond that it tells a server who asks: `principal`, `check_password`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._users = AccountTable(database, organizations=False)
        self._organizations = AccountTable(database, organizations=True)
        self._memberships = Memberships(database)
        self._tokens = Tokens(database)
        self._passwords = PasswordLogins(database)
        self._devices = DeviceLogins(database)

    # -- who asks

    def whoami(self) -> Principal:
        """Refuse: whoever has the database itself is nobody in particular."""
        raise AuthenticationError("Nobody is logged in to a hub's own files. Name the user that you mean.")

    def principal(self, secret: str) -> Principal:
        """Return who asks, when they show the secret of a token.

        Raises:
            AuthenticationError: When it is not one, or not any more.
        """
        return self._tokens.principal(secret)

    def principal_of_token(self, id: str) -> Principal:
        """Return who asks, when something that the hub itself signed names their token by its id.

        Raises:
            AuthenticationError: When there is no such token, or not any more.
        """
        return self._tokens.principal_of(id)

    def check_password(self, name: str, password: str) -> Principal:
        """Return who asks, when they give a name and a password.

        Raises:
            AuthenticationError: When they do not belong together, or after too many that did not.
        """
        self._passwords.check(name, self._users.find(name), password)
        return self.principal_of(name)

    def principal_of(self, name: str) -> Principal:
        """Return a user as one who asks without a token.

        Raises:
            NotFoundError: Names the nearest one.
        """
        user = self._users.get(name)
        return Principal(user.user, None, {each.organization.lower(): each.role for each in self.memberships(name)})

    # -- users

    def users(self) -> list[User]:
        """List users by name."""
        return [each.user for each in self._users.all()]

    def user(self, name: str) -> User:
        """Return one user."""
        return self._users.get(name).user

    def create_user(
        self,
        name: str,
        *,
        fullname: str = "",
        email: str = "",
        is_admin: bool = False,
        password: str | None = None,
        as_given: bool = False,
    ) -> User:
        """Add a user.

        Args:
            name (`str`): The name.
            fullname, email (`str`): For people to read.
            is_admin (`bool`): Whether they may do everything.
            password (`str`, *optional*): By which they log in to web pages.
            as_given (`bool`): Whether the name was given by another system, and may be one that nobody could choose.
        """
        with self._database.transaction():
            self._users.add(name, fullname=fullname, email=email, is_admin=is_admin, as_given=as_given)
            if password is not None:
                self.set_password(name, password)
        return self.user(name)

    def delete_user(self, name: str) -> None:
        """Remove a user, with their tokens and memberships."""
        with self._database.transaction():
            self._users.remove(self._users.get(name).pk)

    def set_password(self, name: str, password: str | None) -> None:
        """Set by which password a user logs in to web pages; None for by none."""
        self._passwords.set(self._users.get(name), password)

    # -- organisations

    def organizations(self) -> list[Organization]:
        """List organisations by name."""
        return [each.organization for each in self._organizations.all()]

    def organization(self, name: str) -> Organization:
        """Return one organisation."""
        return self._organizations.get(name).organization

    def create_organization(
        self, name: str, *, fullname: str = "", admin: str | None = None, as_given: bool = False
    ) -> Organization:
        """Add an organisation, with its first admin."""
        first = self.whoami().name if admin is None else admin
        with self._database.transaction():
            self._organizations.add(name, fullname=fullname, as_given=as_given)
            self.set_member(name, first, "admin")
        return self.organization(name)

    def delete_organization(self, name: str) -> None:
        """Remove an organisation."""
        with self._database.transaction():
            self._organizations.remove(self._organizations.get(name).pk)

    def members(self, organization: str) -> list[Membership]:
        """List the members of an organisation by name."""
        return self._memberships.of_organization(self._organizations.get(organization))

    def memberships(self, user: str) -> list[Membership]:
        """List the organisations that a user is in, by name."""
        return self._memberships.of_user(self._users.get(user))

    def set_member(self, organization: str, user: str, role: Role) -> Membership:
        """Make a user a member, or give a member another role."""
        with self._database.transaction():
            return self._memberships.set(self._organizations.get(organization), self._users.get(user), role)

    def remove_member(self, organization: str, user: str) -> None:
        """Take a user out of an organisation."""
        with self._database.transaction():
            self._memberships.remove(self._organizations.get(organization), self._users.get(user))

    # -- tokens

    def tokens(self, user: str) -> list[AccessToken]:
        """List the tokens of a user, the newest first."""
        return self._tokens.all(self._users.get(user))

    def create_token(
        self,
        user: str,
        name: str,
        *,
        role: TokenRole = "write",
        scopes: Sequence[Scope] = (),
        expires_at: datetime | None = None,
        value: str | None = None,
    ) -> tuple[AccessToken, str]:
        """Make a token, and return it with its secret: a new one, or ``value``, which another system gave."""
        with self._database.transaction():
            return self._tokens.create(self._users.get(user), name, role, scopes, expires_at, value)

    def revoke_token(self, user: str, id: str) -> None:
        """Make a token, given by its id or its name, open nothing any more."""
        self._tokens.revoke(self._users.get(user), id)

    # -- logging in on a machine without a browser

    def begin_device_login(self) -> DeviceCode:
        """Begin a login that somebody has to approve."""
        return self._devices.begin()

    def approve_device(self, user_code: str, user: str | None = None, *, deny: bool = False) -> None:
        """Approve a login as a user, or refuse it."""
        approver = None if deny else self._users.get(self.whoami().name if user is None else user).pk
        self._devices.decide(user_code, approver)

    def finish_device_login(self, device_code: str) -> str | None:
        """Return the secret of a new token, once, when the login was approved; None when nobody has looked at it yet.

        Raises:
            AuthenticationError: When it was denied, has expired, is not known, or is asked for too often; its detail
                ``oauth`` is the word of RFC 8628 for it (see `DeviceLogins.poll`).
        """
        approver = self._devices.poll(device_code)
        if approver is None:
            return None
        users = [each.name for each in self._users.all() if each.pk == approver]
        if not users:
            raise AuthenticationError(
                "Who approved this login is no user any more. Begin it anew.", oauth="access_denied"
            )
        name = f"login {datetime.now(UTC):%Y-%m-%d %H:%M} {secrets.token_hex(3)}"
        return self.create_token(users[0], name)[1]

    # -- what a server remembers of itself

    def setting(self, name: str) -> str | None:
        """Return what was kept under a name, or None."""
        rows = self._database.query("SELECT value FROM settings WHERE name = ?", name)
        return str(rows[0][0]) if rows else None

    def set_setting(self, name: str, value: str) -> None:
        """Keep a text under a name."""
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", (name, value))
