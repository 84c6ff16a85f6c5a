"""Likes, access requests, collections and webhooks, as clients of the protocol speak of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from visitors import Place, Visitor

from anyhub.values import RepoId

REQUESTS = "/api/models/ada/net/user-access-request"
WEBHOOKS = "/api/settings/webhooks"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "hub", webhook_hosts=("*",))
    yield place
    place.close()


@pytest.fixture
def ada(place: Place) -> Visitor:
    return place.user("ada")


@pytest.fixture
def bob(place: Place) -> Visitor:
    return place.user("bob")


@pytest.fixture
def net(place: Place, ada: Visitor) -> RepoId:
    return place.repo("ada/net")


# -- likes


@pytest.mark.usefixtures("net")
def test_a_like_is_counted_listed_and_taken_back(bob: Visitor) -> None:
    assert bob.post("/api/models/ada/net/like").status == 200
    assert bob.post("/api/models/ada/net/like").status == 200

    liker = bob.get("/api/models/ada/net/likers").json
    assert [(each["user"], each["fullname"], each["avatarUrl"]) for each in liker] == [("bob", "Bob of Hub", "")]
    assert bob.get("/api/users/bob/likes").json == [{"repo": {"name": "ada/net", "type": "model"}}]

    assert bob.ask("DELETE", "/api/models/ada/net/like").status == 200
    assert bob.get("/api/models/ada/net/likers").json == []


def test_long_lists_come_in_pages_that_name_the_next(place: Place, bob: Visitor) -> None:
    for name in ("a", "b", "c"):
        place.user(f"{name}{name}")
        place.repo(f"bob/{name}")
        bob.post(f"/api/models/bob/{name}/like")

    first = bob.get("/api/users/bob/likes?limit=2")
    link = first.headers["link"]
    second = bob.get(link[link.index("/api") : link.index(">")])

    assert link.startswith("<http://testserver/api/users/bob/likes?")
    assert [each["repo"]["name"] for each in first.json + second.json] == ["bob/c", "bob/b", "bob/a"]
    assert "link" not in second.headers
    assert bob.get("/api/users/bob/likes?cursor=x").status == 400
    assert bob.get("/api/users/bob/likes?cursor=--5").status == 400


def test_a_private_repository_is_not_among_what_others_like(place: Place, ada: Visitor, bob: Visitor) -> None:
    place.repo("ada/secret", private=True)
    ada.post("/api/models/ada/secret/like")

    assert len(ada.get("/api/users/ada/likes").json) == 1
    assert bob.get("/api/users/ada/likes").json == []
    assert bob.post("/api/models/ada/secret/like").status == 404


# -- gated repositories


def test_access_is_asked_for_and_granted(place: Place, ada: Visitor, bob: Visitor, net: RepoId) -> None:
    place.hub.set_gated(net, "manual")

    asked = bob.ask("POST", "/ada/net/ask-access", form={"affiliation": "Lab"})
    (request,) = ada.get(f"{REQUESTS}/pending").json
    handled = ada.post(f"{REQUESTS}/handle", {"user": "bob", "status": "accepted"})

    assert (asked.status, asked.json) == (200, {"status": "pending"})
    assert request["user"]["user"] == "bob"
    assert request["user"]["fullname"] == "Bob of Hub"
    assert request["status"] == "pending"
    assert request["fields"] == {"affiliation": "Lab"}
    assert handled.status == 200
    assert ada.get(f"{REQUESTS}/pending").json == []
    assert [each["user"]["user"] for each in ada.get(f"{REQUESTS}/accepted").json] == ["bob"]
    assert ada.post(f"{REQUESTS}/handle", {"user": "bob", "status": "accepted"}).status == 409


def test_a_request_is_rejected_by_its_id_with_a_reason(place: Place, ada: Visitor, bob: Visitor, net: RepoId) -> None:
    place.hub.set_gated(net, "manual")
    bob.post("/ada/net/ask-access", {})
    (request,) = ada.get(f"{REQUESTS}/pending").json

    ada.post(f"{REQUESTS}/handle", {"requestId": request["requestId"], "status": "rejected", "rejectionReason": "No."})

    (rejected,) = ada.get(f"{REQUESTS}/rejected").json
    assert (rejected["requestId"], rejected["rejectionReason"]) == (request["requestId"], "No.")
    assert ada.post(f"{REQUESTS}/handle", {"requestId": "none", "status": "rejected"}).status == 404


def test_a_browser_that_asks_for_access_is_sent_to_the_repository(place: Place, bob: Visitor, net: RepoId) -> None:
    place.hub.set_gated(net, "auto")

    asked = bob.ask("POST", "/ada/net/ask-access", form={}, headers={"accept": "text/html"})

    assert asked.status == 303
    assert asked.headers["location"].endswith("/ada/net")


def test_access_is_given_to_one_who_did_not_ask(place: Place, ada: Visitor, bob: Visitor, net: RepoId) -> None:
    place.hub.set_gated(net, "manual")

    granted = ada.post(f"{REQUESTS}/grant", {"user": "bob"})

    assert (granted.status, granted.json["status"]) == (200, "accepted")
    assert ada.post(f"{REQUESTS}/grant", {"user": "bob"}).status == 409
    assert ada.post(f"{REQUESTS}/grant", {"user": "zoe"}).status == 404
    assert bob.get(f"{REQUESTS}/accepted").status == 403
    assert ada.get(f"{REQUESTS}/maybe").status == 400


@pytest.mark.usefixtures("net")
@pytest.mark.parametrize("fields", [{"a": {"b": 1}}, {"a": [1]}, {"a": float("nan")}, {"a": "x" * 100_000}])
def test_a_request_holds_plain_and_short_answers_only(place: Place, bob: Visitor, net: RepoId, fields: object) -> None:
    place.hub.set_gated(net, "manual")

    assert bob.post("/ada/net/ask-access", fields).status in (400, 413)


# -- collections


@pytest.mark.usefixtures("net")
def test_a_collection_is_made_filled_changed_and_deleted(ada: Visitor, bob: Visitor) -> None:
    made = ada.post("/api/collections", {"title": "Best of", "namespace": "ada", "private": False}).json
    at = f"/api/collections/{made['slug']}"
    filled = ada.post(f"{at}/items", {"item": {"id": "ada/net", "type": "model"}, "note": "good"}).json

    (item,) = filled["items"]
    assert (item["id"], item["type"], item["note"]["text"]) == ("ada/net", "model", "good")
    assert (filled["owner"]["name"], filled["owner"]["type"]) == ("ada", "user")
    assert ada.post(f"{at}/items", {"item": {"id": "ada/net", "type": "model"}}).status == 409
    assert ada.post(f"{at}/items", {"item": {"id": "ada/none", "type": "model"}}).status == 404
    assert ada.post(f"{at}/items", {"item": {"id": "2307.09288", "type": "paper"}}).status == 501

    assert ada.ask("PATCH", f"{at}/items/{item['_id']}", {"note": "better"}).status == 200
    changed = ada.ask("PATCH", at, {"title": "All", "private": True, "theme": "blue"}).json["data"]
    assert (changed["title"], changed["private"], changed["theme"]) == ("All", True, "blue")
    assert changed["items"][0]["note"]["text"] == "better"
    at = f"/api/collections/{changed['slug']}"
    assert bob.get(at).status == 404

    assert ada.ask("DELETE", f"{at}/items/{item['_id']}").status == 200
    assert ada.ask("DELETE", f"{at}/items/{item['_id']}").status == 404
    assert ada.ask("DELETE", at).status == 200
    assert ada.get(at).status == 404


def test_a_collection_of_the_same_title_is_named_in_the_refusal(ada: Visitor) -> None:
    made = ada.post("/api/collections", {"title": "Best of"}).json

    again = ada.post("/api/collections", {"title": " Best of "})

    assert again.status == 409
    assert again.json["slug"] == made["slug"]


def test_collections_are_listed_by_owner_and_item(place: Place, ada: Visitor, bob: Visitor, net: RepoId) -> None:
    ada.post("/api/collections", {"title": "One", "item": {"id": "ada/net", "type": "model"}})
    ada.post("/api/collections", {"title": "Two"})
    bob.post("/api/collections", {"title": "Three"})

    def titles(query: str) -> set[str]:
        return {each["title"] for each in bob.get(f"/api/collections?{query}").json}

    assert titles("") == {"One", "Two", "Three"}
    assert titles("owner=ada") == {"One", "Two"}
    assert titles("owner=ada&owner=bob&sort=upvotes") == {"One", "Two", "Three"}
    assert titles("item=models/ada/net") == {"One"}
    assert all("position" not in each for each in bob.get("/api/collections").json)
    assert bob.get("/api/collections?sort=colour").status == 400
    assert bob.get("/api/collections?item=papers/1").status == 400
    assert "link" in bob.get("/api/collections?limit=2").headers


# -- webhooks


@pytest.mark.usefixtures("net")
def test_a_webhook_is_made_changed_switched_and_removed(ada: Visitor, bob: Visitor) -> None:
    asked = {"url": "https://a.example/hook", "watched": [{"type": "model", "name": "ada/net"}], "secret": "s"}
    made = ada.post(WEBHOOKS, {**asked, "domains": ["repo", "discussion"]}).json["webhook"]
    at = f"{WEBHOOKS}/{made['id']}"

    assert made["watched"] == asked["watched"]
    assert (made["url"], made["secret"], made["disabled"]) == ("https://a.example/hook", "s", False)
    assert ada.get(WEBHOOKS).json == [made]
    assert bob.get(WEBHOOKS).json == []
    assert bob.get(at).status == 404

    changed = ada.post(at, {"watched": [], "url": "https://b.example/hook", "domains": ["repo"]}).json["webhook"]
    assert changed == {**made, "url": "https://b.example/hook", "domains": ["repo"]}
    assert ada.post(f"{at}/disable").json["webhook"]["disabled"] is True
    assert ada.post(f"{at}/enable").json["webhook"]["disabled"] is False
    assert ada.post(f"{at}/explode").status == 404
    assert ada.ask("DELETE", at).status == 200
    assert ada.get(at).status == 404


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ({"watched": []}, 400),
        ({"url": "file:///etc/passwd", "watched": []}, 400),
        ({"url": "https://a.example", "watched": [{"type": "model", "name": "ada/none"}]}, 404),
        ({"url": "https://a.example", "watched": [{"type": "galaxy", "name": "x"}]}, 400),
        ({"jobSourceId": "1", "watched": []}, 501),
    ],
)
def test_a_webhook_that_can_not_be_is_refused(ada: Visitor, content: object, status: int) -> None:
    assert ada.post(WEBHOOKS, content).status == status


def test_names_count_without_regard_to_case(place: Place, ada: Visitor, bob: Visitor, net: RepoId) -> None:
    place.hub.set_gated(net, "manual")
    bob.post("/ada/net/ask-access", {})
    made = ada.post("/api/collections", {"title": "One", "namespace": "ADA"}).json

    assert made["owner"]["name"] == "ada"
    assert ada.post(f"{REQUESTS}/handle", {"user": "BOB", "status": "accepted"}).status == 200
    assert [each["slug"] for each in bob.get("/api/collections?owner=Ada").json] == [made["slug"]]
    assert ada.get(f"/api/collections/ADA/{made['slug'].partition('/')[2]}").status == 200
