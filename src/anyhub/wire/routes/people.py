"""Users, organisations, tokens, and logging in."""

from __future__ import annotations

from anyhub.wire.routes.route import Needs, Route
from anyhub.wire.routes.schemas import FLAG, TEXT, maybe, one_of, some, thing

_FORM = "application/x-www-form-urlencoded"
_USERS = "/api/anyhub/users"
_USER = f"{_USERS}/{{user}}"
_ORGANIZATIONS = "/api/anyhub/organizations"
_ORGANIZATION = f"{_ORGANIZATIONS}/{{organization}}"
_MEMBER = f"{_ORGANIZATION}/members/{{user}}"

_SCOPE = thing(
    "kind",
    "name",
    "permissions",
    kind=one_of("user", "org", "model", "dataset", "space"),
    name=TEXT,
    permissions=some(TEXT, 20),
)

_PEOPLE = (
    Route("people.whoami", "GET", "/api/whoami-v2", Needs.LOGIN, "Say who asks."),
    Route("user.overview", "GET", "/api/users/{user}/overview", Needs.NOTHING, "Describe a user."),
    Route(
        "user.followers",
        "GET",
        "/api/users/{user}/followers",
        Needs.NOTHING,
        "List followers; there are none on this hub.",
    ),
    Route(
        "user.following",
        "GET",
        "/api/users/{user}/following",
        Needs.NOTHING,
        "List whom a user follows; nobody on this hub.",
    ),
    Route(
        "organization.overview",
        "GET",
        "/api/organizations/{organization}/overview",
        Needs.NOTHING,
        "Describe an organisation.",
    ),
    Route(
        "organization.members",
        "GET",
        "/api/organizations/{organization}/members",
        Needs.NOTHING,
        "List the members of an organisation.",
    ),
    Route(
        "organization.followers",
        "GET",
        "/api/organizations/{organization}/followers",
        Needs.NOTHING,
        "List followers; there are none on this hub.",
    ),
)

_ADMINISTRATION = (
    Route("admin.users", "GET", _USERS, Needs.LOGIN, "List users."),
    Route("admin.user", "GET", _USER, Needs.NOTHING, "Show a user."),
    Route(
        "admin.create_user",
        "POST",
        _USERS,
        Needs.ADMIN,
        "Add a user.",
        body=thing("name", name=TEXT, fullname=TEXT, email=TEXT, isAdmin=FLAG, password=maybe(TEXT)),
    ),
    Route("admin.delete_user", "DELETE", _USER, Needs.ADMIN, "Remove a user."),
    Route(
        "admin.set_password",
        "PUT",
        f"{_USER}/password",
        Needs.LOGIN,
        "Set the password of a user; null for none.",
        body=thing("password", password=maybe(TEXT)),
    ),
    Route("admin.organizations", "GET", _ORGANIZATIONS, Needs.LOGIN, "List organisations."),
    Route("admin.organization", "GET", _ORGANIZATION, Needs.NOTHING, "Show an organisation."),
    Route(
        "admin.create_organization",
        "POST",
        _ORGANIZATIONS,
        Needs.LOGIN,
        "Add an organisation.",
        body=thing("name", name=TEXT, fullname=TEXT, admin=maybe(TEXT)),
    ),
    Route("admin.delete_organization", "DELETE", _ORGANIZATION, Needs.LOGIN, "Remove an organisation."),
    Route("admin.members", "GET", f"{_ORGANIZATION}/members", Needs.NOTHING, "List members with their roles."),
    Route(
        "admin.memberships",
        "GET",
        f"{_USER}/organizations",
        Needs.NOTHING,
        "List the organisations that a user is in, with the user's role.",
    ),
    Route(
        "admin.set_member",
        "PUT",
        _MEMBER,
        Needs.LOGIN,
        "Make a user a member, or give a member another role.",
        body=thing("role", role=one_of("read", "contributor", "write", "admin")),
    ),
    Route("admin.remove_member", "DELETE", _MEMBER, Needs.LOGIN, "Take a user out of an organisation."),
)

_TOKENS = (
    Route("token.list", "GET", f"{_USER}/tokens", Needs.LOGIN, "List tokens, without their secrets."),
    Route(
        "token.create",
        "POST",
        f"{_USER}/tokens",
        Needs.LOGIN,
        "Make a token; its secret is told once, here.",
        body=thing(
            "name",
            name=TEXT,
            role=one_of("read", "write", "fineGrained"),
            scopes=some(_SCOPE, 1000),
            expiresAt=maybe({"type": "string", "format": "date-time"}),
        ),
    ),
    Route(
        "token.revoke",
        "DELETE",
        f"{_USER}/tokens/{{token}}",
        Needs.LOGIN,
        "Make a token, given by its id or name, open nothing any more.",
    ),
)

_LOGIN = (
    Route(
        "oauth.device",
        "POST",
        "/oauth/device",
        Needs.NOTHING,
        "Begin to log in on a machine without a browser (RFC 8628).",
        body=thing("client_id", client_id=TEXT, scope=TEXT),
        content_type=_FORM,
    ),
    Route(
        "oauth.token",
        "POST",
        "/oauth/token",
        Needs.NOTHING,
        "Ask whether a login was approved (RFC 8628).",
        body=thing("grant_type", grant_type=TEXT, device_code=TEXT, client_id=TEXT),
        content_type=_FORM,
    ),
    Route(
        "oauth.page",
        "GET",
        "/device",
        Needs.NOTHING,
        "Show the page on which a login is approved.",
        query={"user_code": TEXT},
    ),
    Route(
        "oauth.approve",
        "POST",
        "/device",
        Needs.NOTHING,
        "Approve or refuse a login, by a password or a token in the form.",
        body=thing("user_code", user_code=TEXT, name=TEXT, password=TEXT, token=TEXT, action=one_of("approve", "deny")),
        content_type=_FORM,
    ),
    Route("oauth.userinfo", "GET", "/oauth/userinfo", Needs.LOGIN, "Say who asks, as OpenID Connect spells it."),
    Route(
        "oauth.authorize",
        "GET",
        "/oauth/authorize",
        Needs.NOTHING,
        "Logins to other web pages: begin one; an access token serves instead.",
        unbuilt=True,
    ),
)

ROUTES = (*_PEOPLE, *_ADMINISTRATION, *_TOKENS, *_LOGIN)
