"""The users, organisations and tokens of a hub that a server keeps, asked for over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from anyhub.errors import AuthenticationError, HubError
from anyhub.people import AccessToken, DeviceCode, Membership, Organization, Principal, Role, Scope, TokenRole, User
from anyhub.transfer.http import Transport
from anyhub.wire.bodies import people, reading
from anyhub.wire.bodies.reading import is_a
from anyhub.wire.routes import BY_NAME

CLIENT_ID = "anyhub"
_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


class RemoteAccounts:
    """Implements `anyhub.hub.accounts.Accounts` by asking a server, which decides what the caller may.

    `whoami` and the login without a browser work with any server of the protocol; the rest needs one of this package.

    Args:
        transport (`Transport`): Carries the requests, with the caller's token.
        endpoint (`str`): The address of the server.
    """

    def __init__(self, transport: Transport, endpoint: str) -> None:
        self._transport = transport
        self._endpoint = endpoint.rstrip("/")

    def whoami(self) -> Principal:
        """Return who asks."""
        return people.read_principal(self._one("people.whoami"))

    # -- users

    def users(self) -> list[User]:
        """List users by name."""
        return [people.read_user(each) for each in self._all("admin.users")]

    def user(self, name: str) -> User:
        """Return one user."""
        return people.read_user(self._one("admin.user", user=name))

    def create_user(
        self, name: str, *, fullname: str = "", email: str = "", is_admin: bool = False, password: str | None = None
    ) -> User:
        """Add a user."""
        asked = {"name": name, "fullname": fullname, "email": email, "isAdmin": is_admin, "password": password}
        return people.read_user(self._send("admin.create_user", asked))

    def delete_user(self, name: str) -> None:
        """Remove a user."""
        self._send("admin.delete_user", None, user=name)

    def set_password(self, name: str, password: str | None) -> None:
        """Set by which password a user logs in to web pages; None for by none."""
        self._send("admin.set_password", {"password": password}, user=name)

    # -- organisations

    def organizations(self) -> list[Organization]:
        """List organisations by name."""
        return [people.read_organization(each) for each in self._all("admin.organizations")]

    def organization(self, name: str) -> Organization:
        """Return one organisation."""
        return people.read_organization(self._one("admin.organization", organization=name))

    def create_organization(self, name: str, *, fullname: str = "", admin: str | None = None) -> Organization:
        """Add an organisation."""
        asked = {"name": name, "fullname": fullname, "admin": admin}
        return people.read_organization(self._send("admin.create_organization", asked))

    def delete_organization(self, name: str) -> None:
        """Remove an organisation."""
        self._send("admin.delete_organization", None, organization=name)

    def members(self, organization: str) -> list[Membership]:
        """List the members of an organisation by name."""
        return [people.read_membership(each) for each in self._all("admin.members", organization=organization)]

    def memberships(self, user: str) -> list[Membership]:
        """List the organisations that a user is in, by name."""
        return [people.read_membership(each) for each in self._all("admin.memberships", user=user)]

    def set_member(self, organization: str, user: str, role: Role) -> Membership:
        """Make a user a member, or give a member another role."""
        told = self._send("admin.set_member", {"role": role}, organization=organization, user=user)
        return people.read_membership(told)

    def remove_member(self, organization: str, user: str) -> None:
        """Take a user out of an organisation."""
        self._send("admin.remove_member", None, organization=organization, user=user)

    # -- tokens

    def tokens(self, user: str) -> list[AccessToken]:
        """List the tokens of a user, the newest first."""
        return [people.read_token(each) for each in self._all("token.list", user=user)]

    def create_token(
        self,
        user: str,
        name: str,
        *,
        role: TokenRole = "write",
        scopes: Sequence[Scope] = (),
        expires_at: datetime | None = None,
    ) -> tuple[AccessToken, str]:
        """Make a token, and return it with its secret, which nobody can look up again."""
        asked = {
            "name": name,
            "role": role,
            "scopes": [people.spell_scope(each) for each in scopes],
            "expiresAt": None if expires_at is None else expires_at.isoformat(),
        }
        told = self._send("token.create", asked, user=user)
        return people.read_token(told), reading.need(told, "secret", str)

    def revoke_token(self, user: str, id: str) -> None:
        """Make a token, given by its id or its name, open nothing any more."""
        self._send("token.revoke", None, user=user, token=id)

    # -- logging in on a machine without a browser

    def begin_device_login(self) -> DeviceCode:
        """Begin a login that somebody has to approve."""
        return people.read_device_code(self._fill_in("oauth.device", client_id=CLIENT_ID))

    def approve_device(self, user_code: str, *, deny: bool = False) -> None:
        """Approve a login, as the caller, or refuse it."""
        self._fill_in("oauth.approve", user_code=user_code, action="deny" if deny else "approve")

    def finish_device_login(self, device_code: str) -> str | None:
        """Return the secret of a new token, once, when the login was approved; None when nobody has looked at it yet.

        Raises:
            AuthenticationError: When it was denied, has expired, is not known, or is asked for too often; its detail
                ``oauth`` is the word of RFC 8628 for it.
        """
        try:
            told = self._fill_in("oauth.token", grant_type=_DEVICE_GRANT, device_code=device_code, client_id=CLIENT_ID)
        except HubError as error:
            word = _oauth_word(error)
            if word == "authorization_pending":
                return None
            if word not in _SENTENCES:
                raise
            raise AuthenticationError(_SENTENCES[word], oauth=word) from None
        return reading.need(told, "access_token", str)

    # -- inside

    def _one(self, route: str, **parts: str) -> dict[str, Any]:
        answer = self._transport.request("GET", self._endpoint + BY_NAME[route].path(**parts))
        return is_a(answer.json(), dict, "the answer")

    def _all(self, route: str, **parts: str) -> list[dict[str, Any]]:
        pages = self._transport.pages(self._endpoint + BY_NAME[route].path(**parts))
        return [is_a(each, dict, "an item") for page in pages for each in is_a(page.json(), list, "the answer")]

    def _send(self, route: str, content: dict[str, Any] | None, **parts: str) -> dict[str, Any]:
        to = BY_NAME[route]
        answer = self._transport.request(to.method, self._endpoint + to.path(**parts), json=content)
        return is_a(answer.json(), dict, "the answer")

    def _fill_in(self, route: str, **form: str) -> dict[str, Any]:
        to = BY_NAME[route]
        body = urlencode(form).encode()
        answer = self._transport.request(to.method, self._endpoint + to.path(), headers=_FORM, body=body)
        return is_a(answer.json(), dict, "the answer")


_SENTENCES = {
    "expired_token": "This login has expired, or was never begun. Begin it anew.",
    "access_denied": "This login was refused. Begin it anew, when that was a mistake.",
    "slow_down": "This login is asked for too often. Wait longer between two questions.",
}


def _oauth_word(error: HubError) -> str:
    """Return the word of RFC 8628 for a refusal: servers of this package tell it apart, others as the message."""
    return str(error.details.get("oauth") or error.message)
