"""Users, organisations and tokens as one caller may see and change them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from anyhub.errors import ConflictError, ForbiddenError
from anyhub.hub.access import refusals, rules
from anyhub.hub.accounts import Accounts
from anyhub.people import AccessToken, DeviceCode, Membership, Organization, Principal, Role, Scope, TokenRole, User


class KeptAccounts(Accounts, Protocol):
    """Accounts that take the caller's word for who approves a login, and that know people by what only they know."""

    def principal(self, secret: str) -> Principal:
        """Return who asks, when they show the secret of a token."""

    def check_password(self, name: str, password: str) -> Principal:
        """Return who asks, when they give a name and a password."""

    def approve_device(self, user_code: str, user: str | None = None, *, deny: bool = False) -> None:
        """Approve a login as a user, or refuse it."""


class GuardedAccounts:
    """Implements `ServedAccounts` by other accounts, verb by verb: who asks is let through, or refused.

    Args:
        accounts (`KeptAccounts`): What is guarded.
        principal (`Principal`): Who asks.
        anonymous_read (`bool`): Whether users and organisations are shown to those who have not logged in.
        has_repos: Says whether there are repositories in a namespace.
    """

    def __init__(
        self,
        accounts: KeptAccounts,
        principal: Principal,
        *,
        anonymous_read: bool,
        has_repos: Callable[[str], bool],
    ) -> None:
        self._accounts = accounts
        self._principal = principal
        self._anonymous_read = anonymous_read
        self._has_repos = has_repos

    def logged_in(self, name: str, secret: str) -> GuardedAccounts:
        """Return these accounts for somebody who gives a name and a password, or a token and no name."""
        known = self._accounts.check_password(name, secret) if name else self._accounts.principal(secret)
        return GuardedAccounts(self._accounts, known, anonymous_read=self._anonymous_read, has_repos=self._has_repos)

    def whoami(self) -> Principal:
        """Return who asks."""
        self._user("ask who you are")
        return self._principal

    # -- users

    def users(self) -> list[User]:
        """List users by name."""
        self._user("list users")
        return [self._as_seen(user) for user in self._accounts.users()]

    def user(self, name: str) -> User:
        """Return one user; the e-mail address is for that user and for admins."""
        self._check_known("look at users")
        return self._as_seen(self._accounts.user(name))

    def create_user(
        self, name: str, *, fullname: str = "", email: str = "", is_admin: bool = False, password: str | None = None
    ) -> User:
        """Add a user, as an admin of the hub."""
        self._check_runs_hub("add users")
        return self._accounts.create_user(name, fullname=fullname, email=email, is_admin=is_admin, password=password)

    def delete_user(self, name: str) -> None:
        """Remove a user, as an admin of the hub."""
        self._check_runs_hub("remove users")
        self._accounts.delete_user(name)

    def set_password(self, name: str, password: str | None) -> None:
        """Set the caller's password; an admin of the hub sets anybody's."""
        self._check_settles_user(name, "set the password")
        self._accounts.set_password(name, password)

    # -- organisations

    def organizations(self) -> list[Organization]:
        """List organisations by name."""
        self._user("list organisations")
        return self._accounts.organizations()

    def organization(self, name: str) -> Organization:
        """Return one organisation."""
        self._check_known("look at organisations")
        return self._accounts.organization(name)

    def create_organization(self, name: str, *, fullname: str = "", admin: str | None = None) -> Organization:
        """Add an organisation, whose first admin is the caller; an admin of the hub may name another."""
        user = self._user("add organisations")
        if not rules.is_free(self._principal):
            raise refusals.token_too_weak(self._principal, "add organisations")
        if admin is not None and not rules.is_user(self._principal, admin):
            self._check_runs_hub(f"make {admin!r} the admin of a new organisation")
        self._check_nobodys(name)
        return self._accounts.create_organization(name, fullname=fullname, admin=admin or user.name)

    def delete_organization(self, name: str) -> None:
        """Remove an organisation, as an admin of it."""
        self._check_settles(name)
        self._accounts.delete_organization(name)

    def members(self, organization: str) -> list[Membership]:
        """List the members of an organisation by name."""
        self._check_known("look at the members of an organisation")
        if self._principal.user is not None and not rules.may_see_members(self._principal, organization):
            raise refusals.token_too_weak(self._principal, f"look at the members of {organization!r}")
        return self._accounts.members(organization)

    def memberships(self, user: str) -> list[Membership]:
        """List the organisations that a user is in, by name."""
        self._check_known("look at the organisations of a user")
        found = self._accounts.memberships(user)
        if self._principal.user is None:
            return found
        return [each for each in found if rules.may_see_members(self._principal, each.organization)]

    def set_member(self, organization: str, user: str, role: Role) -> Membership:
        """Make a user a member, or give a member another role, as an admin of the organisation."""
        self._check_settles(organization)
        return self._accounts.set_member(organization, user, role)

    def remove_member(self, organization: str, user: str) -> None:
        """Take a user out of an organisation, as an admin of it, or as that user."""
        if not (rules.is_free(self._principal) and rules.is_user(self._principal, user)):
            self._check_settles(organization)
        self._accounts.remove_member(organization, user)

    # -- tokens

    def tokens(self, user: str) -> list[AccessToken]:
        """List the caller's tokens."""
        self._check_settles_user(user, "list the tokens")
        return self._accounts.tokens(user)

    def create_token(
        self,
        user: str,
        name: str,
        *,
        role: TokenRole = "write",
        scopes: Sequence[Scope] = (),
        expires_at: datetime | None = None,
    ) -> tuple[AccessToken, str]:
        """Make a token of the caller's, that is good for no longer than the one in use."""
        self._check_settles_user(user, "make a token")
        self._check_lasts(expires_at)
        return self._accounts.create_token(user, name, role=role, scopes=scopes, expires_at=expires_at)

    def revoke_token(self, user: str, id: str) -> None:
        """Make a token of the caller's open nothing any more."""
        self._check_settles_user(user, "revoke a token")
        self._accounts.revoke_token(user, id)

    # -- logging in on a machine without a browser

    def begin_device_login(self) -> DeviceCode:
        """Begin a login that somebody has to approve; nobody has to be known for that."""
        return self._accounts.begin_device_login()

    def approve_device(self, user_code: str, *, deny: bool = False) -> None:
        """Approve a login, as the caller, or refuse it."""
        user = self._user("approve a login")
        if not rules.is_free(self._principal):
            raise refusals.token_too_weak(self._principal, "approve a login")
        self._check_lasts(None)
        self._accounts.approve_device(user_code, user.name, deny=deny)

    def finish_device_login(self, device_code: str) -> str | None:
        """Return the secret of a new token, once, when the login was approved; the code says whose."""
        return self._accounts.finish_device_login(device_code)

    # -- inside

    def _user(self, deed: str) -> User:
        if self._principal.user is None:
            raise refusals.login_needed(deed)
        return self._principal.user

    def _check_known(self, deed: str) -> None:
        if not self._anonymous_read:
            self._user(deed)

    def _check_runs_hub(self, deed: str) -> None:
        user = self._user(deed)
        if not rules.runs_hub(self._principal):
            if user.is_admin:
                raise refusals.token_too_weak(self._principal, deed)
            raise refusals.forbidden(self._principal, deed, "Ask an admin of this hub.")

    def _check_settles_user(self, name: str, deed: str) -> None:
        self._user(deed)
        if not rules.may_settle_user(self._principal, name):
            if not rules.is_free(self._principal):
                raise refusals.token_too_weak(self._principal, deed)
            raise refusals.forbidden(self._principal, f"{deed} of {name!r}", "Use a token of that user.")

    def _check_settles(self, organization: str) -> None:
        deed = f"change the members or the settings of {organization!r}"
        self._user(deed)
        if not rules.may_settle_organization(self._principal, organization):
            raise refusals.forbidden(
                self._principal, deed, "Ask an admin of it; a fine-grained token needs the permission 'org.write'."
            )

    def _check_nobodys(self, name: str) -> None:
        """Refuse a name under which there are repositories of nobody: whoever takes it would own them."""
        if not rules.runs_hub(self._principal) and self._has_repos(name):
            raise ConflictError(f"The name {name!r} is, or was, somebody's on this hub. Choose another one.")

    def _check_lasts(self, expires_at: datetime | None) -> None:
        """Refuse a token that would outlive the one by which it is made: a leaked one has to end when it says."""
        token = self._principal.token
        if token is None or token.expires_at is None:
            return
        if expires_at is None or expires_at > token.expires_at:
            raise ForbiddenError(
                f"A token made by the token {token.name!r} can not be good for longer than that one, until"
                f" {token.expires_at:%Y-%m-%d %H:%M} UTC. State an earlier end, or use your password."
            )

    def _as_seen(self, user: User) -> User:
        may = self._principal.user is not None and self._principal.user.is_admin
        return user if may or rules.is_user(self._principal, user.name) else replace(user, email="")
