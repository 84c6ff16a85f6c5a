"""Who may use a hub: what is kept of users, organisations and tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from anyhub.people import AccessToken, DeviceCode, Membership, Organization, Principal, Role, Scope, TokenRole, User


class Accounts(Protocol):
    """Users, organisations, memberships and tokens of one hub.

    Names of users and organisations share one set, are told apart without regard to case, and are never given again.
    `StoredAccounts` keeps them in the hub's database and trusts its caller; the guard in `anyhub.hub.access` asks who
    the caller is; `RemoteAccounts` asks a server.
    """

    def whoami(self) -> Principal:
        """Return who asks.

        Raises:
            AuthenticationError: When that is nobody in particular.
        """

    def users(self) -> list[User]:
        """List users by name."""

    def user(self, name: str) -> User:
        """Return one user.

        Raises:
            NotFoundError: Names the nearest one.
        """

    def create_user(
        self, name: str, *, fullname: str = "", email: str = "", is_admin: bool = False, password: str | None = None
    ) -> User:
        """Add a user.

        Raises:
            ConflictError: When the name is, or was, somebody's.
            ValidationError: When it can not be a name.
        """

    def delete_user(self, name: str) -> None:
        """Remove a user, with their tokens and memberships. Their repositories stay, for an admin to move."""

    def set_password(self, name: str, password: str | None) -> None:
        """Set by which password a user logs in to web pages; None for by none."""

    def organizations(self) -> list[Organization]:
        """List organisations by name."""

    def organization(self, name: str) -> Organization:
        """Return one organisation.

        Raises:
            NotFoundError: Names the nearest one.
        """

    def create_organization(self, name: str, *, fullname: str = "", admin: str | None = None) -> Organization:
        """Add an organisation, with its first admin (whoever asks, when None)."""

    def delete_organization(self, name: str) -> None:
        """Remove an organisation. Its repositories stay, for an admin to move."""

    def members(self, organization: str) -> list[Membership]:
        """List the members of an organisation by name."""

    def memberships(self, user: str) -> list[Membership]:
        """List the organisations that a user is in, by name."""

    def set_member(self, organization: str, user: str, role: Role) -> Membership:
        """Make a user a member, or give a member another role.

        Raises:
            ConflictError: When that would leave the organisation without an admin.
        """

    def remove_member(self, organization: str, user: str) -> None:
        """Take a user out of an organisation; as for `set_member`."""

    def tokens(self, user: str) -> list[AccessToken]:
        """List the tokens of a user, the newest first."""

    def create_token(
        self,
        user: str,
        name: str,
        *,
        role: TokenRole = "write",
        scopes: Sequence[Scope] = (),
        expires_at: datetime | None = None,
    ) -> tuple[AccessToken, str]:
        """Make a token, and return it with its secret, which nobody can look up again.

        The secret is ``ahf_`` and 43 letters and digits of 256 random bits, with 6 more that are a checksum (CRC-32),
        by which scanners for leaked secrets know one.

        Raises:
            ConflictError: When the user has a token of that name.
        """

    def revoke_token(self, user: str, id: str) -> None:
        """Make a token, given by its id or its name, open nothing any more."""

    # -- logging in on a machine without a browser (RFC 8628)

    def begin_device_login(self) -> DeviceCode:
        """Begin a login that somebody has to approve."""

    def approve_device(self, user_code: str, *, deny: bool = False) -> None:
        """Approve a login, as whoever asks, or refuse it.

        Raises:
            NotFoundError: When there is no such code, or it has expired.
        """

    def finish_device_login(self, device_code: str) -> str | None:
        """Return the secret of a new token, once, when the login was approved; None when nobody has looked at it yet.

        Raises:
            AuthenticationError: When it was denied, has expired, or is not known.
        """


class ServedAccounts(Accounts, Protocol):
    """What a server's doors need beyond what users call: a page on which somebody logs in by the form itself."""

    def logged_in(self, name: str, secret: str) -> ServedAccounts:
        """Return these accounts as somebody else may see and change them, who has just said who they are.

        Args:
            name (`str`): The user whose password ``secret`` is; empty when that is a token.
            secret (`str`): A password or a token.

        Raises:
            AuthenticationError: When it is not theirs, or after too many that were not.
        """


@runtime_checkable
class HasAccounts(Protocol):
    """A hub that knows who may use it."""

    @property
    def accounts(self) -> Accounts:
        """Who may use the hub, for whoever opened it."""
