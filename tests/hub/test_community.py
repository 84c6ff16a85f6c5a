"""Likes, access requests, collections and webhooks, and what webhooks are to be told."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from anyhub.community import Watched
from anyhub.errors import (
    ConflictError,
    NetworkError,
    NotFoundError,
    RepositoryNotFoundError,
    TooLargeError,
    ValidationError,
)
from anyhub.hub.local import LocalHub
from anyhub.hub.memory import MemoryHub
from anyhub.hub.people.stored_accounts import StoredAccounts
from anyhub.hub.social import collections, outbox, webhooks
from anyhub.hub.social.destinations import Destinations
from anyhub.hub.social.stored_community import StoredCommunity
from anyhub.hub.stored import StoredHub
from anyhub.values import AddFile, RepoId, Signature


@pytest.fixture(params=["folder", "memory"])
def hub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoredHub]:
    if request.param == "memory":
        yield MemoryHub()
        return
    hub = LocalHub(tmp_path / "hub")
    yield hub
    hub.close()


@pytest.fixture
def accounts(hub: StoredHub) -> StoredAccounts:
    accounts = StoredAccounts(hub._database)
    for name in ("Ada", "bob", "eve"):
        accounts.create_user(name)
    return accounts


@pytest.fixture
def community(hub: StoredHub, accounts: StoredAccounts) -> StoredCommunity:
    return StoredCommunity(hub._database, hub._catalog)


@pytest.fixture
def repo(hub: StoredHub) -> RepoId:
    return made(hub, "engine")


def made(hub: StoredHub, name: str, *, private: bool = False, namespace: str = "Ada") -> RepoId:
    repo = RepoId(namespace, name)
    hub.acting_as(Signature("Ada", "ada@example.org")).create(repo, private=private)
    return repo


NOWHERE = RepoId("Ada", "nowhere")


# -- likes


def test_a_like_counts_once_and_is_listed_at_both_ends(
    hub: StoredHub, community: StoredCommunity, repo: RepoId
) -> None:
    other = made(hub, "other")
    community.like(repo, "ada")
    community.like(repo, "BOB")
    community.like(repo, "ADA")
    community.like(other, "Ada")
    assert community.likers(repo) == ["bob", "Ada"]
    assert community.likes("ada") == [other, repo]
    assert (hub.info(repo).likes, hub.info(other).likes) == (2, 1)
    community.unlike(repo, "aDa")
    community.unlike(repo, "ada")
    assert (community.likers(repo), community.likes("Ada"), hub.info(repo).likes) == (["bob"], [other], 1)


def test_only_users_like_and_only_what_is_there(community: StoredCommunity, repo: RepoId) -> None:
    with pytest.raises(NotFoundError, match="nobody"):
        community.like(repo, "nobody")
    with pytest.raises(RepositoryNotFoundError):
        community.like(NOWHERE, "ada")


def test_what_a_deleted_user_liked_and_watched_is_forgotten(
    accounts: StoredAccounts, community: StoredCommunity, hub: StoredHub, repo: RepoId
) -> None:
    hub.set_gated(repo, "auto")
    community.like(repo, "bob")
    community.request_access(repo, "bob", {})
    community.create_webhook("bob", "https://example.org", [Watched("user", "Ada")])
    accounts.delete_user("BOB")
    assert community.likers(repo) == []
    assert not community.has_access(repo, "bob")
    assert community.webhooks("bob") == []


# -- gated repositories


def test_access_is_given_at_once_where_the_gate_opens_by_itself(
    hub: StoredHub, community: StoredCommunity, repo: RepoId
) -> None:
    hub.set_gated(repo, "auto")
    assert not community.has_access(repo, "bob")
    asked = community.request_access(repo, "bob", {"purpose": "study"})
    assert (asked.user, asked.status, asked.fields) == ("bob", "accepted", {"purpose": "study"})
    assert community.has_access(repo, "BOB")
    assert not community.has_access(repo, "eve")


def test_access_waits_for_a_decision_where_the_gate_is_kept(
    hub: StoredHub, community: StoredCommunity, repo: RepoId
) -> None:
    hub.set_gated(repo, "manual")
    asked = community.request_access(repo, "bob", {})
    assert community.request_access(repo, "bob", {"again": 1}) == asked
    assert not community.has_access(repo, "bob")
    assert [each.user for each in community.access_requests(repo, "pending")] == ["bob"]
    community.handle_access(repo, "bob", "accepted")
    assert community.has_access(repo, "bob")
    assert community.access_requests(repo, "pending") == []
    with pytest.raises(ConflictError, match="accepted already"):
        community.handle_access(repo, "bob", "accepted")


def test_who_was_rejected_is_out_and_can_not_ask_again(
    hub: StoredHub, community: StoredCommunity, repo: RepoId
) -> None:
    hub.set_gated(repo, "auto")
    community.request_access(repo, "bob", {})
    rejected = community.handle_access(repo, "bob", "rejected", "No students.")
    assert (rejected.status, rejected.reason) == ("rejected", "No students.")
    assert not community.has_access(repo, "bob")
    with pytest.raises(ConflictError, match="rejected"):
        community.request_access(repo, "bob", {})
    assert community.grant_access(repo, "bob").status == "accepted"
    assert community.has_access(repo, "bob")


def test_access_is_granted_to_users_who_have_it_not(hub: StoredHub, community: StoredCommunity, repo: RepoId) -> None:
    hub.set_gated(repo, "manual")
    assert community.grant_access(repo, "BOB").user == "bob"
    with pytest.raises(ConflictError, match="has access already"):
        community.grant_access(repo, "bob")
    with pytest.raises(NotFoundError, match="nobody"):
        community.grant_access(repo, "nobody")
    with pytest.raises(NotFoundError, match="did not ask"):
        community.handle_access(repo, "eve", "accepted")


def test_nobody_asks_for_access_to_what_is_open_or_not_there(community: StoredCommunity, repo: RepoId) -> None:
    with pytest.raises(ConflictError, match="not gated"):
        community.request_access(repo, "bob", {})
    with pytest.raises(RepositoryNotFoundError):
        community.request_access(NOWHERE, "bob", {})


def test_what_comes_with_a_request_has_a_limit(hub: StoredHub, community: StoredCommunity, repo: RepoId) -> None:
    hub.set_gated(repo, "auto")
    with pytest.raises(TooLargeError, match="16384"):
        community.request_access(repo, "bob", {"purpose": "x" * 20_000})
    with pytest.raises(ValidationError, match="plain"):
        community.request_access(repo, "bob", {"purpose": object()})
    with pytest.raises(ValidationError, match="maybe"):
        community.access_requests(repo, "maybe")  # type: ignore[arg-type]


# -- collections


def test_a_collection_has_a_slug_of_its_title_and_an_id(community: StoredCommunity, repo: RepoId) -> None:
    made = community.create_collection("ADA", "My nice Töols!", description="All of them", item=repo)
    owner, _, words = made.slug.partition("/")
    assert (owner, words[:-24]) == ("Ada", "my-nice-tools-")
    assert set(words[-24:]) <= set("0123456789abcdef")
    assert (made.title, made.description, made.private) == ("My nice Töols!", "All of them", False)
    assert [item.repo for item in made.items] == [repo]
    assert community.collection(made.slug) == made


def test_the_slug_follows_the_title_and_the_old_one_still_leads_there(community: StoredCommunity, repo: RepoId) -> None:
    made = community.create_collection("ada", "First", item=repo)
    changed = community.update_collection(made.slug, title="Second", private=True, theme="green", description="new")
    assert changed.slug == made.slug.replace("first", "second")
    assert (changed.title, changed.private, changed.theme, changed.description) == ("Second", True, "green", "new")
    assert changed.items == made.items
    assert community.collection(made.slug) == changed
    with pytest.raises(NotFoundError):
        community.collection(made.slug.replace("Ada/", "bob/"))


def test_items_keep_the_order_that_they_were_given(hub: StoredHub, community: StoredCommunity) -> None:
    slug = community.create_collection("ada", "Tools").slug
    repos = [made(hub, f"m{number}") for number in range(4)]
    items = [community.add_item(slug, repo, f"note {repo.name}") for repo in repos]

    def names() -> list[str]:
        return [item.repo.name for item in community.collection(slug).items]

    assert names() == ["m0", "m1", "m2", "m3"]
    assert community.update_item(slug, items[3].id, position=1).position == 1
    assert names() == ["m0", "m3", "m1", "m2"]
    community.update_item(slug, items[0].id, position=99, note="the last")
    assert names() == ["m3", "m1", "m2", "m0"]
    assert community.collection(slug).items[3].note == "the last"
    community.remove_item(slug, items[1].id)
    assert names() == ["m3", "m2", "m0"]
    hub.delete(repos[2])
    assert names() == ["m3", "m0"]
    with pytest.raises(ConflictError, match="already"):
        community.add_item(slug, repos[0])
    for lost in (items[1].id, "", "x"):
        with pytest.raises(NotFoundError, match="no item"):
            community.update_item(slug, lost, note="y")
        with pytest.raises(NotFoundError, match="no item"):
            community.remove_item(slug, lost)


def test_collections_are_listed_by_owner_and_by_what_is_in_them(
    hub: StoredHub, community: StoredCommunity, repo: RepoId
) -> None:
    one = community.create_collection("ada", "one", item=repo)
    two = community.create_collection("bob", "two")
    assert [each.slug for each in community.collections()] == [two.slug, one.slug]
    assert [each.title for each in community.collections(owner="ADA")] == ["one"]
    assert [each.title for each in community.collections(item=repo)] == ["one"]
    community.add_item(one.slug, made(hub, "newer"))
    assert [each.title for each in community.collections()] == ["one", "two"]
    community.delete_collection(one.slug)
    assert community.collections(owner="ada") == []
    with pytest.raises(NotFoundError):
        community.delete_collection(one.slug)


def test_a_collection_has_limits(
    hub: StoredHub, community: StoredCommunity, repo: RepoId, monkeypatch: pytest.MonkeyPatch
) -> None:
    for title in ("", " ", "a\nb", "x" * 201):
        with pytest.raises(ValidationError, match="title"):
            community.create_collection("ada", title)
    with pytest.raises(NotFoundError, match="nobody"):
        community.create_collection("nobody", "fine")
    with pytest.raises(RepositoryNotFoundError):
        community.create_collection("ada", "fine", item=NOWHERE)
    assert community.collections() == []
    slug = community.create_collection("ada", "fine", item=repo).slug
    with pytest.raises(TooLargeError, match="1000"):
        community.update_collection(slug, description="x" * 1001)
    with pytest.raises(ValidationError, match="beige"):
        community.update_collection(slug, theme="beige")
    monkeypatch.setattr(collections, "MAX_ITEMS", 1)
    with pytest.raises(TooLargeError, match="takes no more"):
        community.add_item(slug, made(hub, "more"))
    monkeypatch.setattr(collections, "MAX_PER_OWNER", 1)
    with pytest.raises(TooLargeError, match="no more"):
        community.create_collection("ada", "another")


# -- webhooks


def test_a_webhook_is_its_owner_s_and_changes_as_asked(community: StoredCommunity) -> None:
    made = community.create_webhook("ADA", "https://example.org/a?b=c", [Watched("user", "bob")], secret="s3cret")
    assert (made.owner, made.enabled, made.domains, made.secret) == ("Ada", True, ("repo", "discussion"), "s3cret")
    assert community.webhooks("ada") == [community.webhook("ada", made.id)] == [made]
    changed = community.update_webhook(
        "ada", made.id, url="http://example.org", domains=["repo"], watched=[Watched("model", "a/b")], enabled=False
    )
    assert (changed.url, changed.domains, changed.watched, changed.enabled, changed.secret) == (
        "http://example.org",
        ("repo",),
        (Watched("model", "a/b"),),
        False,
        "s3cret",
    )
    assert community.update_webhook("ada", made.id, secret="").secret is None
    for verb in (community.webhook, community.delete_webhook, community.update_webhook):
        with pytest.raises(NotFoundError):
            verb("bob", made.id)
    community.delete_webhook("ada", made.id)
    assert community.webhooks("ada") == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://example.org",
        "file:///etc/passwd",
        "//example.org",
        "https://",
        "https://user:pw@example.org",
        "https://example.org\\@localhost",
        "https://exa mple.org",
        "https://example.org/\r\nX: y",
        "https://example.org:99999",
        "https://münchen.example",
        "https://example.org/" + "x" * 2000,
        "http://localhost:8080",
        "http://hub.internal",
        "http://127.0.0.1",
        "http://10.1.2.3",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]",
        "http://[::ffff:127.0.0.1]",
        "http://[::ffff:10.0.0.1]",
        "http://[64:ff9b::7f00:1]",
        "http://[2002:7f00:1::]",
        "http://[fe80::1%25eth0]",
        "http://0.0.0.0",
        "http://224.0.0.1",
        "https://93.184.216.34:22",
        "http://100.64.0.1",
        "http://192.0.0.170",
        "http://198.18.0.1",
        "http://240.0.0.1",
        "http://255.255.255.255",
        "http://[::]",
        "http://[::127.0.0.1]",
        "http://[::ffff:0:127.0.0.1]",
        "http://[64:ff9b:1::7f00:1]",
        "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]",
        "http://[fc00::1]",
        "http://[fec0::1]",
        "http://[ff02::1]",
        "http://localhost.localdomain.local",
    ],
)
def test_an_address_that_a_server_may_not_post_to_is_refused(community: StoredCommunity, url: str) -> None:
    with pytest.raises(ValidationError):
        community.create_webhook("ada", url, [Watched("user", "ada")])
    with pytest.raises((ValidationError, NetworkError)):
        Destinations().resolve(url)
    assert community.webhooks("ada") == []


@pytest.mark.parametrize(
    "name", ["127.1", "0x7f.1", "2130706433", "localhost.", "0", "0177.0.0.1", "0x7f000001", "017700000001"]
)
def test_another_spelling_of_a_private_address_is_refused_where_it_is_looked_up(name: str) -> None:
    with pytest.raises((ValidationError, NetworkError)):
        Destinations().resolve(f"http://{name}/")


@pytest.mark.parametrize(
    "others", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::1", "93.184.216.34"], ["nonsense"]]
)
def test_a_name_of_which_one_address_is_private_is_refused(monkeypatch: pytest.MonkeyPatch, others: list[str]) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in others]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(ValidationError):
        Destinations().resolve("http://two.example/")


@pytest.mark.parametrize("allowed", ["127.0.0.0/8", "127.0.0.1", "*", "localhost"])
def test_the_operator_may_allow_more(allowed: str) -> None:
    found = Destinations([allowed]).resolve(
        "http://localhost:8123/x?y=z" if allowed == "localhost" else "http://127.0.0.1:8123/x?y=z"
    )
    assert (found.port, found.target) == (8123, "/x?y=z")
    with pytest.raises((ValidationError, NetworkError)):
        Destinations(["10.0.0.0/8", "example.org"]).resolve("http://127.0.0.1:8123/")


@pytest.mark.parametrize(
    "broken",
    [
        {"watched": []},
        {"watched": [Watched("planet", "x")]},  # type: ignore[arg-type]
        {"watched": [Watched("model", "x")]},
        {"watched": [Watched("user", "x/y")]},
        {"watched": [Watched("user", "x")] * 101},
        {"domains": []},
        {"domains": ["weather"]},
        {"secret": "a\r\nX-Evil: yes"},
        {"secret": "x" * 501},
    ],
)
def test_a_webhook_that_makes_no_sense_is_refused(community: StoredCommunity, broken: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        community.create_webhook("ada", "https://example.org", **{"watched": [Watched("user", "ada")], **broken})


def test_a_user_has_so_many_webhooks_and_no_more(community: StoredCommunity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "MAX_PER_USER", 1)
    community.create_webhook("ada", "https://example.org", [Watched("user", "ada")])
    with pytest.raises(TooLargeError, match="no more"):
        community.create_webhook("ada", "https://example.org", [Watched("user", "ada")])
    community.create_webhook("bob", "https://example.org", [Watched("user", "ada")])


# -- what webhooks are to be told


def told(hub: StoredHub) -> list[dict[str, Any]]:
    """Take what webhooks are to be told."""
    with hub._database.transaction() as connection:
        found = [json.loads(text) for (text,) in connection.execute("SELECT payload FROM deliveries ORDER BY id")]
        connection.execute("DELETE FROM deliveries")
    return found


def events(hub: StoredHub) -> list[tuple[str, str]]:
    return [(each["event"]["scope"], each["event"]["action"]) for each in told(hub)]


def watch(community: StoredCommunity, user: str = "ada", *watched: Watched, **more: Any) -> str:
    return community.create_webhook(user, "https://example.org", watched or [Watched("user", "ADA")], **more).id


def test_what_happens_to_a_repository_is_told(hub: StoredHub, community: StoredCommunity) -> None:
    id = watch(community)
    repo = made(hub, "engine")
    created, content = told(hub)
    info = hub.info(repo)
    assert created["event"] == {"action": "create", "scope": "repo"}
    assert created["webhook"] == {"id": id, "version": 3}
    assert content["repo"] == {
        "type": "model",
        "name": "Ada/engine",
        "id": info.id,
        "private": False,
        "headSha": info.head,
        "url": {"web": "/Ada/engine", "api": "/api/models/Ada/engine"},
        "owner": {"id": "Ada"},
    }
    done = hub.commit(repo, [AddFile("a", b"1")], message="a")
    (pushed,) = told(hub)
    assert pushed["event"] == {"action": "update", "scope": "repo.content"}
    assert pushed["updatedRefs"] == [{"ref": "refs/heads/main", "oldSha": info.head, "newSha": done.commit.oid}]
    hub.set_private(repo, True)
    assert events(hub) == [("repo.config", "update")]
    hub.move(repo, RepoId("Ada", "motor"))
    (moved,) = told(hub)
    assert (moved["repo"]["name"], moved["movedTo"]) == ("Ada/engine", {"name": "Ada/motor", "owner": {"id": "Ada"}})
    hub.delete(RepoId("Ada", "motor"))
    assert events(hub) == [("repo", "delete")]


def test_what_happens_in_a_discussion_is_told(hub: StoredHub, community: StoredCommunity, repo: RepoId) -> None:
    watch(community)
    ada = hub.acting_as(Signature("Ada", "ada@example.org"))
    ada.open_discussion(repo, "Which license?", "Well?")
    (opened,) = told(hub)
    assert opened["event"] == {"action": "create", "scope": "discussion"}
    assert opened["discussion"]["num"] == 1
    assert opened["discussion"]["url"]["web"] == "/Ada/engine/discussions/1"
    assert (opened["comment"]["content"], opened["comment"]["author"]) == ("Well?", {"id": "Ada"})
    said = ada.comment(repo, 1, "MIT.")
    ada.edit_comment(repo, 1, said.id, "MIT!")
    ada.hide_comment(repo, 1, said.id)
    comments = told(hub)
    assert [(each["event"]["action"], each["comment"].get("content")) for each in comments] == [
        ("create", "MIT."),
        ("update", "MIT!"),
        ("update", None),
    ]
    ada.rename_discussion(repo, 1, "Which licence?")
    ada.set_discussion_status(repo, 1, "closed")
    assert [(each["discussion"]["title"], each["discussion"]["status"]) for each in told(hub)] == [
        ("Which licence?", "open"),
        ("Which licence?", "closed"),
    ]
    ada.commit(repo, [AddFile("a", b"1")], message="Add a", pull_request=True)
    ada.merge(repo, 2)
    merged = [each for each in told(hub) if each["event"]["scope"] == "discussion"][-1]["discussion"]
    assert (merged["isPullRequest"], merged["status"], merged["changes"]["base"]) == (True, "merged", "refs/heads/main")
    assert merged["changes"]["mergeCommitId"] == hub.info(repo).head


def test_a_webhook_is_told_what_it_watches_and_no_more(hub: StoredHub, community: StoredCommunity) -> None:
    watch(community, "ada", Watched("model", "ada/ENGINE"))
    watch(community, "ada", Watched("org", "acme"))
    watch(community, "ada", Watched("dataset", "ada/engine"))
    watch(community, domains=["discussion"])
    off = watch(community)
    community.update_webhook("ada", off, enabled=False)
    made(hub, "other")
    assert told(hub) == []
    repo = made(hub, "engine")
    assert events(hub) == [("repo", "create"), ("repo.content", "update")]
    hub.open_discussion(repo, "hello")
    assert len(told(hub)) == 2


def test_nobody_is_told_of_what_they_may_not_see(
    hub: StoredHub, accounts: StoredAccounts, community: StoredCommunity
) -> None:
    accounts.create_organization("acme", admin="ada")
    accounts.set_member("acme", "bob", "read")
    accounts.create_user("root", is_admin=True)
    ids = {name: watch(community, name, Watched("org", "acme")) for name in ("ada", "bob", "eve", "root")}
    made(hub, "secret", private=True, namespace="acme")
    assert {each["webhook"]["id"] for each in told(hub)} == {ids["ada"], ids["bob"], ids["root"]}
    accounts.remove_member("acme", "bob")
    hub.commit(RepoId("acme", "secret"), [AddFile("a", b"1")], message="a")
    assert {each["webhook"]["id"] for each in told(hub)} == {ids["ada"], ids["root"]}
    made(hub, "open", namespace="acme")
    assert {each["webhook"]["id"] for each in told(hub)} == set(ids.values())


def test_what_did_not_happen_is_not_told(hub: StoredHub, community: StoredCommunity, repo: RepoId) -> None:
    watch(community)
    with pytest.raises(RuntimeError), hub._database.transaction():  # noqa: PT012 - the body is the test
        hub.open_discussion(repo, "never mind")
        raise RuntimeError
    assert told(hub) == []
    assert hub.discussions(repo) == []


def test_what_waits_for_a_webhook_has_a_limit(
    hub: StoredHub, community: StoredCommunity, repo: RepoId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MAX_WAITING", 3)
    watch(community)
    for number in range(5):
        hub.open_discussion(repo, f"number {number}")
    assert [each["discussion"]["num"] for each in told(hub)] == [1, 2, 3]


def test_a_webhook_that_is_switched_off_is_not_told_later(
    hub: StoredHub, community: StoredCommunity, repo: RepoId
) -> None:
    id = watch(community)
    hub.open_discussion(repo, "hello")
    community.update_webhook("ada", id, enabled=False)
    assert told(hub) == []
