"""The accounts of a served hub take the same exam as those of a hub's own database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from anyhub.errors import AuthenticationError, ForbiddenError, NotFoundError
from anyhub.hub.accounts import Accounts
from anyhub.hub.remote.accounts import RemoteAccounts
from anyhub.people import Principal
from anyhub.server.embedded import RunningHub
from anyhub.testing.accounts_suite import AccountsSuite
from anyhub.transfer.http import Transport
from anyhub.transfer.origins import Origin
from anyhub.transfer.secret import Secret
from anyhub.wire.bodies.people import read_principal
from anyhub.wire.errors import error_from


class OneToken:
    """Knows one token, for every origin."""

    def __init__(self, text: str | None) -> None:
        self._secret = None if text is None else Secret(text)

    def secret_for(self, origin: Origin) -> Secret | None:
        """Return the token."""
        return self._secret


@pytest.fixture
def served(tmp_path: Path) -> Iterator[RunningHub]:
    with RunningHub(tmp_path / "hub") as running:
        yield running


@pytest.fixture
def accounts(served: RunningHub) -> RemoteAccounts:
    return with_token(served, served.admin_token)


def with_token(served: RunningHub, token: str | None) -> RemoteAccounts:
    """Return the accounts as somebody else sees them."""
    return RemoteAccounts(Transport(OneToken(token)), served.endpoint)


class TestRemoteAccounts(AccountsSuite):
    """Accounts behind a socket, asked by an admin."""

    @pytest.fixture(autouse=True)
    def _remember(self, served: RunningHub) -> None:
        self.served = served

    def shown(self, accounts: Accounts, secret: str) -> Principal:
        """Ask the server itself, since the client would not even send some secrets."""
        address = urlsplit(self.served.endpoint)
        with closing(HTTPConnection(address.hostname or "", address.port)) as connection:
            connection.request("GET", "/api/whoami-v2", headers={"Authorization": f"Bearer {secret}"})
            answer = connection.getresponse()
            data = answer.read()
        if answer.status != 200:
            raise error_from(answer.status, {name.lower(): value for name, value in answer.getheaders()}, data)
        return read_principal(json.loads(data))

    def approve(self, accounts: Accounts, user_code: str, user: str) -> None:
        """Approve with a token of the user."""
        secret = accounts.create_token(user, f"for {user_code}")[1]
        with_token(self.served, secret).approve_device(user_code)


def test_it_is_told_who_asks(accounts: RemoteAccounts) -> None:
    asks = accounts.whoami()

    assert asks.user is not None
    assert asks.user.is_admin
    assert asks.token is not None
    assert asks.token.role == "write"


def test_a_login_that_is_refused_says_so_by_the_word_of_the_standard(accounts: RemoteAccounts) -> None:
    code = accounts.begin_device_login()
    assert accounts.finish_device_login(code.device_code) is None

    accounts.approve_device(code.user_code, deny=True)

    with pytest.raises(AuthenticationError) as refused:
        accounts.finish_device_login(code.device_code)
    assert refused.value.details["oauth"] == "access_denied"


def test_what_a_user_may_not_do_is_refused_there(served: RunningHub) -> None:
    user = with_token(served, served.create_user("ada"))

    with pytest.raises(ForbiddenError):
        user.create_user("bob")
    with pytest.raises(NotFoundError):
        user.user("zoe")
    with pytest.raises(AuthenticationError):
        with_token(served, None).whoami()


def test_a_list_of_more_than_a_page_comes_whole(accounts: RemoteAccounts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anyhub.server.doors.people.PAGE", 2)
    for name in ("bob", "eve", "joe"):
        accounts.create_user(name)

    assert {"bob", "eve", "joe"} < {user.name for user in accounts.users()}
