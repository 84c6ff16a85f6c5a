"""The door of logging in on a machine without a browser (RFC 8628), and of who asks in the words of OpenID Connect."""

from __future__ import annotations

from typing import Any

from anyhub.errors import AuthenticationError, HubError, UnsupportedError, ValidationError
from anyhub.hub.accounts import ServedAccounts
from anyhub.people import Organization, Principal
from anyhub.server.answers import Answer, json_answer
from anyhub.server.call import Call, Handler
from anyhub.server.doors.people import organizations_of
from anyhub.server.pages import page
from anyhub.wire.bodies.people import account_id, spell_device_code
from anyhub.wire.errors import status_of

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
EXCHANGE_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
MAX_FORM_BYTES = 64 * 1024

_SECRET = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_PENDING = "Nobody has approved this login yet. Ask again after the interval."


def begin(call: Call) -> Answer:
    """Begin a login."""
    code = call.accounts.begin_device_login()
    return json_answer(spell_device_code(code, f"{call.base_url}/device"), headers=_SECRET)


def finish(call: Call) -> Answer:
    """Answer a machine that asks whether its login was approved."""
    form = dict(call.form(MAX_FORM_BYTES))
    grant = form.get("grant_type", "")
    if grant == EXCHANGE_GRANT:
        raise UnsupportedError("This hub takes no identity tokens of other systems. Use an access token of the hub.")
    if grant == "refresh_token":
        return _refused("invalid_grant", "Tokens of this hub are not renewed. Log in again.")
    if grant != DEVICE_GRANT:
        return _refused("unsupported_grant_type", f"This hub takes the grant type {DEVICE_GRANT} alone.")
    try:
        secret = call.accounts.finish_device_login(form.get("device_code", ""))
    except AuthenticationError as error:
        return _refused(str(error.details.get("oauth", "access_denied")), error.message)
    if secret is None:
        return _refused("authorization_pending", _PENDING)
    return json_answer({"access_token": secret, "token_type": "bearer"}, headers=_SECRET)


def _refused(word: str, sentence: str) -> Answer:
    """Refuse in the words of RFC 6749, 5.2."""
    return json_answer({"error": word, "error_description": sentence}, 400, _SECRET)


def show(call: Call) -> Answer:
    """Show the page on which a login is approved."""
    return page("device", {"user_code": call.first("user_code", ""), "name": "", "message": ""})


def approve(call: Call) -> Answer:
    """Approve or refuse a login, as whoever the form, or the token of the request, says.

    No cookie says who asks, so that no other page can send this form in somebody's name.
    """
    form = {name: text if name == "password" else text.strip() for name, text in call.form(MAX_FORM_BYTES)}
    is_page = "text/html" in call.headers.get("accept", "")
    deny = form.get("action", "approve") == "deny"
    try:
        _decide(call, form, deny)
    except HubError as error:
        if not is_page:
            raise
        return _page_again(form, error)
    if not is_page:
        return json_answer({})
    done = "The login was refused." if deny else "The login is approved. Go back to the machine on which you began it."
    return page("done", {"message": done})


def _decide(call: Call, form: dict[str, str], deny: bool) -> None:
    name, token = form.get("name", ""), form.get("token", "")
    accounts = call.accounts
    if token:
        accounts = _by_token(accounts, token)
    elif name:
        accounts = accounts.logged_in(name, form.get("password", ""))
    elif call.principal.user is None:
        raise ValidationError("Type in your name and password, or one of your access tokens.")
    accounts.approve_device(form.get("user_code", ""), deny=deny)


def _by_token(accounts: ServedAccounts, token: str) -> ServedAccounts:
    try:
        return accounts.logged_in("", token)
    except AuthenticationError:  # whose sentence is for programs, and speaks of headers
        raise AuthenticationError("This is no access token of this hub, or not any more. Type it in anew.") from None


def _page_again(form: dict[str, str], error: HubError) -> Answer:
    known = {"user_code": form.get("user_code", ""), "name": form.get("name", ""), "message": error.message}
    return page("device", known, status_of(error))


def userinfo(call: Call) -> Answer:
    """Say who asks, as OpenID Connect (Core 1.0, 5.1) spells it."""
    principal = call.accounts.whoami()
    return json_answer(_spell_userinfo(call, principal, organizations_of(call, principal.name)))


def _spell_userinfo(call: Call, principal: Principal, organizations: list[Organization]) -> dict[str, Any]:
    user = principal.user
    assert user is not None  # whoami refuses everybody else
    return {
        "sub": account_id(user.name),
        "name": user.fullname or user.name,
        "preferred_username": user.name,
        "profile": f"{call.base_url}/{user.name}",
        "picture": "",
        "email": user.email,
        "email_verified": bool(user.email),
        "isPro": False,
        "canPay": False,
        "orgs": [
            {
                "sub": account_id(each.name),
                "name": each.fullname or each.name,
                "preferred_username": each.name,
                "picture": "",
                "isEnterprise": False,
                "roleInOrg": principal.roles.get(each.name.lower(), "read"),
            }
            for each in organizations
        ],
    }


HANDLERS: dict[str, Handler] = {
    "oauth.device": begin,
    "oauth.token": finish,
    "oauth.page": show,
    "oauth.approve": approve,
    "oauth.userinfo": userinfo,
}
