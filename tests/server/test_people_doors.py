"""Users, organisations and tokens, as clients of the protocol and our own speak of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from visitors import Place, Visitor

from anyhub.people import Scope

ADMIN = "/api/anyhub"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "hub")
    yield place
    place.close()


@pytest.fixture
def root(place: Place) -> Visitor:
    return place.user("root", is_admin=True)


@pytest.fixture
def ada(place: Place) -> Visitor:
    ada = place.user("ada")
    place.accounts.create_organization("lab", fullname="The Lab", admin="ada")
    return ada


@pytest.fixture
def bob(place: Place, ada: Visitor) -> Visitor:
    bob = place.user("bob")
    ada.ask("PUT", f"{ADMIN}/organizations/lab/members/bob", {"role": "contributor"})
    return bob


def test_who_asks_is_told_with_organisations_and_token(bob: Visitor) -> None:
    told = bob.get("/api/whoami-v2").json

    assert (told["type"], told["name"], told["fullname"], told["email"]) == (
        "user",
        "bob",
        "Bob of Hub",
        "bob@example.org",
    )
    (lab,) = told["orgs"]
    assert (lab["type"], lab["name"], lab["fullname"], lab["roleInOrg"]) == ("org", "lab", "The Lab", "contributor")
    assert told["auth"]["type"] == "access_token"
    assert told["auth"]["accessToken"]["displayName"] == "write-0"
    assert told["auth"]["accessToken"]["role"] == "write"
    assert told["auth"]["accessToken"]["createdAt"].endswith("Z")


def test_who_asks_with_a_fine_grained_token_is_told_its_scopes(place: Place, bob: Visitor) -> None:
    scopes = (Scope("user", "bob", frozenset({"repo.content.read"})),)

    told = place.with_token("bob", "fineGrained", scopes).get("/api/whoami-v2").json

    (scoped,) = told["auth"]["accessToken"]["fineGrained"]["scoped"]
    assert (scoped["entity"]["type"], scoped["entity"]["name"]) == ("user", "bob")
    assert scoped["permissions"] == ["repo.content.read"]
    assert bob.get("/api/whoami-v2").json["auth"]["accessToken"].get("fineGrained") is None


def test_nobody_in_particular_is_asked_to_log_in(place: Place) -> None:
    assert place.nobody.get("/api/whoami-v2").status == 401
    refused = Visitor(place.app, "hf_wrong").get("/api/whoami-v2")
    assert refused.status == 401
    assert refused.headers["x-error-message"] == "Invalid credentials in Authorization header"


def test_an_overview_counts_what_the_caller_may_see(place: Place, ada: Visitor, bob: Visitor) -> None:
    place.repo("ada/open")
    place.repo("ada/hidden", private=True)
    bob.post("/api/models/ada/open/like")

    own, other = ada.get("/api/users/ada/overview").json, bob.get("/api/users/ADA/overview").json

    assert (own["numModels"], other["numModels"], other["numDatasets"]) == (2, 1, 0)
    assert (other["user"], other["fullname"], other["avatarUrl"]) == ("ada", "Ada of Hub", "")
    assert [each["name"] for each in other["orgs"]] == ["lab"]
    assert ada.get("/api/users/bob/overview").json["numLikes"] == 1
    assert "email" not in other
    assert bob.get("/api/users/zoe/overview").status == 404
    assert place.nobody.get("/api/users/ada/overview").status == 401


def test_an_organisation_is_described_with_its_members(place: Place, bob: Visitor) -> None:
    place.repo("lab/net")

    told = bob.get("/api/organizations/lab/overview").json
    members = bob.get("/api/organizations/lab/members").json

    assert (told["name"], told["fullname"], told["numUsers"], told["numModels"]) == ("lab", "The Lab", 2, 1)
    assert [(each["user"], each["role"]) for each in members] == [("ada", "admin"), ("bob", "contributor")]
    assert bob.get("/api/organizations/none/overview").status == 404
    weak = place.with_token("bob", "fineGrained", (Scope("user", "bob", frozenset({"repo.content.read"})),))
    assert weak.get("/api/organizations/lab/overview").json["numUsers"] is None


@pytest.mark.parametrize("path", ["users/ada/followers", "users/ada/following", "organizations/lab/followers"])
def test_nobody_follows_anybody_who_is_there(bob: Visitor, path: str) -> None:
    assert bob.get(f"/api/{path}").json == []
    kind, _, verb = path.split("/")
    assert bob.get(f"/api/{kind}/none/{verb}").status == 404


def test_an_admin_adds_and_removes_users(root: Visitor, ada: Visitor) -> None:
    made = root.post(f"{ADMIN}/users", {"name": "eve", "fullname": "Eve", "email": "e@example.org", "isAdmin": True})

    assert (made.status, made.json["name"], made.json["isAdmin"]) == (200, "eve", True)
    assert root.get(f"{ADMIN}/users/EVE").json == made.json
    assert ada.get(f"{ADMIN}/users/eve").json["email"] == ""
    assert root.post(f"{ADMIN}/users", {"name": "Eve"}).status == 409
    assert root.post(f"{ADMIN}/users", {"name": "a/b"}).status == 400
    assert root.post(f"{ADMIN}/users", {}).status == 400
    assert ada.post(f"{ADMIN}/users", {"name": "joe"}).status == 403
    assert ada.ask("DELETE", f"{ADMIN}/users/eve").status == 403
    assert root.ask("DELETE", f"{ADMIN}/users/eve").status == 200
    assert [each["name"] for each in ada.get(f"{ADMIN}/users").json] == ["ada", "root"]


def test_members_are_settled_by_an_admin_of_the_organisation(ada: Visitor, bob: Visitor) -> None:
    at = f"{ADMIN}/organizations/lab/members"

    assert bob.ask("PUT", f"{at}/bob", {"role": "admin"}).status == 403
    assert ada.ask("PUT", f"{at}/bob", {"role": "king"}).status == 400
    assert ada.ask("PUT", f"{at}/bob", {"role": "write"}).json == {
        "organization": "lab",
        "user": "bob",
        "role": "write",
    }
    assert ada.get(f"{ADMIN}/users/bob/organizations").json == [{"organization": "lab", "user": "bob", "role": "write"}]
    assert ada.ask("DELETE", f"{at}/ada").status == 409
    assert bob.ask("DELETE", f"{at}/bob").status == 200
    assert [each["user"] for each in ada.get(at).json] == ["ada"]


def test_an_organisation_belongs_to_who_made_it(ada: Visitor, bob: Visitor) -> None:
    made = bob.post(f"{ADMIN}/organizations", {"name": "team", "fullname": "The Team"})

    assert (made.status, made.json["fullname"]) == (200, "The Team")
    assert {each["name"] for each in ada.get(f"{ADMIN}/organizations").json} == {"lab", "team"}
    assert ada.get(f"{ADMIN}/organizations/team").json == made.json
    assert ada.ask("DELETE", f"{ADMIN}/organizations/team").status == 403
    assert bob.ask("DELETE", f"{ADMIN}/organizations/team").status == 200


def test_a_token_is_told_once_and_opens_until_it_is_revoked(place: Place, ada: Visitor) -> None:
    at = f"{ADMIN}/users/ada/tokens"
    made = ada.post(at, {"name": "laptop", "role": "read", "expiresAt": "2999-01-31T12:00:00Z"})
    visitor = Visitor(place.app, made.json["secret"])

    assert made.headers["cache-control"] == "no-store"
    assert made.json["expiresAt"] == "2999-01-31T12:00:00.000Z"
    assert visitor.get("/api/whoami-v2").json["auth"]["accessToken"]["role"] == "read"
    assert made.json["secret"] not in ada.get(at).text
    assert "laptop" in [each["name"] for each in ada.get(at).json]
    assert ada.ask("DELETE", f"{at}/laptop").status == 200
    assert visitor.get("/api/whoami-v2").status == 401


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"name": "x", "role": "root"},
        {"name": "x", "expiresAt": "soon"},
        {"name": "x", "expiresAt": 7},
        {"name": "x", "role": "fineGrained", "scopes": ["all"]},
        {"name": "x", "role": "fineGrained", "scopes": [{"kind": "galaxy", "name": "x", "permissions": []}]},
        {"name": "x", "role": "fineGrained", "scopes": [{}] * 1001},
        {"name": "x", "expiresAt": "0001-01-01T00:00:00+23:59"},
    ],
)
def test_a_malformed_token_is_refused_with_a_sentence(ada: Visitor, content: object) -> None:
    refused = ada.post(f"{ADMIN}/users/ada/tokens", content)

    assert refused.status == 400
    assert refused.json["error"].endswith(".")


def test_tokens_of_others_stay_unseen(place: Place, ada: Visitor, bob: Visitor) -> None:
    assert bob.get(f"{ADMIN}/users/ada/tokens").status == 403
    assert bob.post(f"{ADMIN}/users/ada/tokens", {"name": "x"}).status == 403
    assert place.with_token("ada", "read").post(f"{ADMIN}/users/ada/tokens", {"name": "x"}).status == 403
    assert place.nobody.get(f"{ADMIN}/users/ada/tokens").status == 401
    assert ada.get(f"{ADMIN}/users/ada/tokens").status == 200


def test_a_password_is_set_by_its_user(place: Place, ada: Visitor, bob: Visitor) -> None:
    at = f"{ADMIN}/users/ada/password"

    assert ada.ask("PUT", at, {"password": "correct horse battery"}).status == 200
    assert place.accounts.check_password("ada", "correct horse battery").name == "ada"
    assert bob.ask("PUT", at, {"password": "mine now, thank you"}).status == 403
    assert ada.ask("PUT", at, {}).status == 400


def test_who_asks_is_told_in_the_words_of_openid(bob: Visitor) -> None:
    told = bob.get("/oauth/userinfo").json

    assert told["preferred_username"] == "bob"
    assert told["sub"] == bob.get("/api/whoami-v2").json["id"]
    assert [(each["name"], each["roleInOrg"]) for each in told["orgs"]] == [("The Lab", "contributor")]
