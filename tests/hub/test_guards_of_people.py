"""The guards of people and community, around real stores: everybody settles what is theirs, and sees no more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from guarded_world import NOWHERE, OPEN, SECRET, World

from anyhub.community import Watched
from anyhub.errors import AuthenticationError, ConflictError, ForbiddenError, NotFoundError, RepositoryNotFoundError
from anyhub.people import ANONYMOUS, Scope, TokenRole
from anyhub.values import RepoId


@pytest.fixture
def world() -> World:
    return World()


def test_an_address_is_for_its_owner_and_for_admins(world: World) -> None:
    assert world.people("bob").user("ann").email == ""
    assert world.people("ann").user("ann").email == world.people("root").user("ann").email == "ann@example.org"
    assert {user.email for user in world.people("bob").users()} == {"", "bob@example.org"}


@pytest.mark.parametrize("deed", ["whoami", "users", "organizations"])
def test_nobody_in_particular_is_asked_to_log_in(world: World, deed: str) -> None:
    for anonymous_read in (True, False):
        with pytest.raises(AuthenticationError):
            getattr(world.guarded(ANONYMOUS, anonymous_read=anonymous_read)[1], deed)()
    closed = world.guarded(ANONYMOUS)[1]
    for look in (closed.user, closed.organization, closed.members, closed.memberships):
        with pytest.raises(AuthenticationError):
            look("lab" if look in (closed.organization, closed.members) else "ann")
    assert world.guarded(ANONYMOUS, anonymous_read=True)[1].user("ann").email == ""


@pytest.mark.parametrize(
    ("name", "token"), [("bob", "write"), ("root", "read"), ("root", "fineGrained"), ("bob", "read")]
)
def test_users_are_added_and_removed_by_admins(world: World, name: str, token: TokenRole) -> None:
    with pytest.raises(ForbiddenError):
        world.people(name, token).create_user("zoe")
    with pytest.raises(ForbiddenError):
        world.people(name, token).delete_user("eve")
    world.people("root").create_user("zoe")
    world.people("root").delete_user("zoe")


def test_a_token_makes_none_that_is_stronger(world: World) -> None:
    everything = Scope("user", "ann", frozenset({"repo.write", "org.write", "user.webhooks"}))
    for token, scopes in (("read", ()), ("fineGrained", (everything,))):
        with pytest.raises(ForbiddenError):
            world.people("ann", token, *scopes).create_token("ann", "more", role="read")  # type: ignore[arg-type]
        with pytest.raises(ForbiddenError):
            world.people("ann", token, *scopes).tokens("ann")  # type: ignore[arg-type]
        with pytest.raises(ForbiddenError):
            world.people("ann", token, *scopes).set_password("ann", "secret words")  # type: ignore[arg-type]
        with pytest.raises(ForbiddenError):
            world.people("ann", token, *scopes).approve_device("ABCD-EFGH")  # type: ignore[arg-type]
    with pytest.raises(ForbiddenError):
        world.people("bob").create_token("ann", "mine")
    made, secret = world.people("ann").create_token("ann", "more")
    assert world.accounts.principal(secret).token == made or made.name == "more"


def test_a_token_makes_none_that_lasts_longer(world: World) -> None:
    end = datetime.now(UTC) + timedelta(days=1)
    ann = world.principal("ann")
    assert ann.token is not None
    accounts = world.guarded(replace(ann, token=replace(ann.token, expires_at=end)))[1]
    for longer in (None, end + timedelta(seconds=1)):
        with pytest.raises(ForbiddenError, match="longer"):
            accounts.create_token("ann", "more", expires_at=longer)
    assert accounts.create_token("ann", "more", expires_at=end)[0].expires_at is not None


def test_an_organisation_is_settled_by_its_admins(world: World) -> None:
    with pytest.raises(ForbiddenError):
        world.people("bob").set_member("lab", "bob", "admin")
    world.people("ann").set_member("lab", "bob", "write")
    with pytest.raises(ForbiddenError):
        world.people("bob").set_member("lab", "eve", "read")
    with pytest.raises(ForbiddenError):
        world.people("bob").delete_organization("lab")
    with pytest.raises(ForbiddenError):
        world.people("ann", "read").set_member("lab", "eve", "read")
    with pytest.raises(ForbiddenError):
        world.people("eve").remove_member("lab", "bob")
    world.people("bob").remove_member("lab", "bob")
    world.people("ann").delete_organization("lab")


def test_whoever_adds_an_organisation_is_its_admin(world: World) -> None:
    with pytest.raises(ForbiddenError):
        world.people("bob", "read").create_organization("club")
    with pytest.raises(ForbiddenError):
        world.people("bob").create_organization("club", admin="eve")
    world.people("bob").create_organization("club")
    assert [(each.user, each.role) for each in world.people("bob").members("club")] == [("bob", "admin")]
    with pytest.raises(ForbiddenError):
        world.people("bob", "fineGrained").members("club")
    assert world.people("bob", "fineGrained").memberships("bob") == []


def test_nobody_takes_the_name_of_a_namespace_that_has_repositories_already(world: World) -> None:
    for repo in (RepoId("old", "x", "dataset"), RepoId("older", "x", "space")):
        world.hub.create(repo, private=True)
        with pytest.raises(ConflictError) as taken:
            world.people("bob").create_organization(repo.namespace.upper())
        with pytest.raises(ConflictError) as known:
            world.people("bob").create_organization("LAB")
        assert taken.value.message.lower().replace(repo.namespace, "lab") == known.value.message.lower()
        assert world.people("root").create_organization(repo.namespace).name == repo.namespace


# -- community


def test_likes_and_collections_do_not_tell_of_hidden_repositories(world: World) -> None:
    world.crowd("ann").like(SECRET, "ann")
    world.crowd("ann").like(OPEN, "ann")
    assert world.crowd("bob").likes("ann") == [OPEN]
    slug = world.crowd("ann").create_collection("ann", "Mine", item=SECRET).slug
    world.crowd("ann").add_item(slug, OPEN)
    assert [item.repo for item in world.crowd("bob").collection(slug).items] == [OPEN]
    assert [[item.repo for item in each.items] for each in world.crowd("bob").collections()] == [[OPEN]]
    assert world.crowd("bob").collections(item=SECRET) == world.crowd("bob").collections(item=NOWHERE) == []
    with pytest.raises(ForbiddenError):
        world.crowd("bob").add_item(slug, OPEN)


def test_a_private_collection_looks_like_one_that_is_not_there(world: World) -> None:
    slug = world.crowd("ann").create_collection("ann", "Mine", private=True).slug
    absent = slug[:-1] + ("0" if slug[-1] != "0" else "1")
    said = []
    for each in (slug, absent):
        for ask in (world.crowd("bob").collection, world.crowd("bob").delete_collection):
            with pytest.raises(NotFoundError) as failed:
                ask(each)
            said.append(failed.value.message.replace(each, "…"))
    assert len(set(said)) == 1
    assert world.crowd("ann").collection(slug).private


def test_a_webhook_is_its_owners_and_watches_what_they_see(world: World) -> None:
    url = "https://example.org/hook"
    with pytest.raises(RepositoryNotFoundError):
        world.crowd("bob").create_webhook("bob", url, [Watched("model", str(SECRET))])
    with pytest.raises(ForbiddenError):
        world.crowd("bob", "read").webhooks("bob")
    with pytest.raises(ForbiddenError):
        world.crowd("bob").webhooks("ann")
    hooks = Scope("user", "ann", frozenset({"user.webhooks"}))
    with pytest.raises(ForbiddenError):
        world.crowd("ann", "fineGrained", hooks).create_webhook("ann", url, [Watched("user", "ann")])
    made = world.crowd("ann").create_webhook("ann", url, [Watched("user", "ann")])
    with pytest.raises(ForbiddenError):
        world.crowd("ann", "fineGrained", hooks).update_webhook("ann", made.id, url="https://example.com/mine")
    world.crowd("ann").delete_webhook("ann", made.id)
