"""Logging in on a machine without a browser: the steps of RFC 8628, and the page on which a person approves."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from visitors import Place, Reply, Visitor

from anyhub.hub.people import device_logins

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
PASSWORD = "correct horse battery"
BROWSER = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setattr(device_logins, "INTERVAL", 1)  # the machine may ask as often as the tests do
    place = Place(tmp_path / "hub")
    yield place
    place.close()


@pytest.fixture
def ada(place: Place) -> Visitor:
    return place.user("ada", password=PASSWORD)


@pytest.fixture
def code(place: Place) -> dict[str, str]:
    told: dict[str, str] = place.nobody.ask("POST", "/oauth/device", form={"client_id": "any"}).json
    return told


def poll(place: Place, code: dict[str, str]) -> Reply:
    """Ask as the machine does."""
    form = {"grant_type": GRANT, "device_code": code["device_code"], "client_id": "any"}
    return place.nobody.ask("POST", "/oauth/token", form=form)


def fill_in(place: Place, code: dict[str, str], **fields: str) -> Reply:
    """Send the form as a browser does."""
    return place.nobody.ask("POST", "/device", form={"user_code": code["user_code"], **fields}, headers=BROWSER)


@pytest.mark.usefixtures("ada")
def test_a_login_is_begun_approved_by_password_and_finished_once(place: Place, code: dict[str, str]) -> None:
    assert code["verification_uri"] == "http://testserver/device"
    assert code["verification_uri_complete"].endswith(f"?user_code={code['user_code']}")
    pending = poll(place, code)
    assert (pending.status, pending.json["error"]) == (400, "authorization_pending")

    approved = fill_in(place, code, name="ada", password=PASSWORD, action="approve")
    assert approved.status == 200
    assert "approved" in approved.text

    finished = poll(place, code)
    assert finished.json["token_type"] == "bearer"
    assert finished.headers["cache-control"] == "no-store"
    assert Visitor(place.app, finished.json["access_token"]).get("/api/whoami-v2").json["name"] == "ada"
    assert poll(place, code).json["error"] == "expired_token"


def test_a_login_is_approved_by_a_token_in_the_form(place: Place, ada: Visitor, code: dict[str, str]) -> None:
    assert fill_in(place, code, token=ada.token or "").status == 200
    assert "access_token" in poll(place, code).json


def test_a_login_is_approved_by_the_token_of_the_request(place: Place, ada: Visitor, code: dict[str, str]) -> None:
    approved = ada.ask("POST", "/device", form={"user_code": code["user_code"].lower().replace("-", " ")})

    assert approved.json == {}
    assert "access_token" in poll(place, code).json


@pytest.mark.usefixtures("ada")
def test_a_login_that_is_refused_is_denied_to_the_machine(place: Place, code: dict[str, str]) -> None:
    assert "refused" in fill_in(place, code, name="ada", password=PASSWORD, action="deny").text

    assert poll(place, code).json["error"] == "access_denied"


def test_a_machine_that_asks_too_often_is_told_to_slow_down(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_logins, "INTERVAL", 5)
    code = place.nobody.ask("POST", "/oauth/device", form={"client_id": "any"}).json

    assert poll(place, code).json["error"] == "authorization_pending"
    assert poll(place, code).json["error"] == "slow_down"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"name": "ada", "password": "wrong"}, 401),
        ({"name": "nobody", "password": PASSWORD}, 401),
        ({"token": "ahf_wrong"}, 401),
        ({}, 400),
        ({"user_code": "XXXX-XXXX", "name": "ada", "password": PASSWORD}, 404),
    ],
)
@pytest.mark.usefixtures("ada")
def test_a_form_that_opens_nothing_is_shown_again_with_the_reason(
    place: Place, code: dict[str, str], fields: dict[str, str], status: int
) -> None:
    shown = fill_in(place, {"user_code": fields.get("user_code", code["user_code"])}, **fields)

    assert shown.status == status
    assert re.search(r'role="alert">[^<]+\.<', shown.text)
    assert PASSWORD not in shown.text
    assert poll(place, code).json["error"] == "authorization_pending"


def test_a_token_that_only_reads_approves_nothing(place: Place, ada: Visitor, code: dict[str, str]) -> None:
    weak = place.with_token("ada", "read")

    assert fill_in(place, code, token=weak.token or "").status == 403
    assert ada.get("/api/whoami-v2").status == 200
    assert poll(place, code).json["error"] == "authorization_pending"


def test_the_page_runs_no_script_and_shows_no_markup_of_its_address(place: Place) -> None:
    shown = place.nobody.get("/device?user_code=%22%3E%3Cscript%3Ealert(1)%3C/script%3E$style")

    assert "<script" not in shown.text
    assert "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;$style" in shown.text
    policy = shown.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    (style,) = re.findall(r"<style>(.*?)</style>", shown.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert "style=" not in shown.text
    assert "set-cookie" not in shown.headers


@pytest.mark.parametrize(
    ("grant", "status", "error"),
    [
        ("refresh_token", 400, "invalid_grant"),
        ("password", 400, "unsupported_grant_type"),
        ("", 400, "unsupported_grant_type"),
    ],
)
def test_no_other_grant_is_taken(place: Place, grant: str, status: int, error: str) -> None:
    refused = place.nobody.ask("POST", "/oauth/token", form={"grant_type": grant})

    assert (refused.status, refused.json["error"]) == (status, error)
    assert refused.json["error_description"].endswith(".")


def test_what_is_not_built_says_so_in_a_sentence(place: Place) -> None:
    exchange = {"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange"}

    for refused in (
        place.nobody.get("/oauth/authorize?client_id=x"),
        place.nobody.ask("POST", "/oauth/token", form=exchange),
        place.nobody.ask("POST", "/api/collections/a/b/resource-group", {}),
    ):
        assert refused.status == 501
        assert refused.json["error"].endswith(".")
