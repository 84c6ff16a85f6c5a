"""Every route, asked by everybody, for repositories of every kind: what comes back is what the rules say.

The routes are those of the table, and the rights those of `anyhub.hub.access.rules`; a new route is asked like all
others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from matrix import CALLERS, STATES, World

from anyhub.hub.access import rules
from anyhub.hub.access.rules import Right
from anyhub.people import Principal
from anyhub.values import RepoId
from anyhub.wire.routes import ROUTES, Needs, Route

RIGHTS = {
    Needs.SEE: Right.SEE,
    Needs.READ: Right.READ,
    Needs.PROPOSE: Right.PROPOSE,
    Needs.WRITE: Right.WRITE,
    Needs.MANAGE: Right.MANAGE,
}

CLOSER: dict[str, tuple[Right, ...]] = {
    "commit.create": (Right.WRITE,),
    "commit.preupload": (Right.PROPOSE, Right.READ),
    "discussion.edit_comment": (Right.WRITE,),
    "discussion.hide_comment": (Right.WRITE,),
    "discussion.title": (Right.WRITE,),
    "discussion.status": (Right.WRITE,),
    "git.push": (Right.WRITE,),
    "git.push_bare": (Right.WRITE,),
}
"""What is needed for the request that is sent here, of somebody who did not begin what it is about, where that is more
than the least that the route needs of anybody."""

OWN: dict[str, Callable[[Principal, RepoId], bool]] = {
    "repo.create": rules.may_create,
    "admin.set_password": lambda who, repo: rules.may_settle_user(who, "ann"),
    "admin.create_organization": lambda who, repo: rules.is_free(who),
    "admin.delete_organization": lambda who, repo: rules.may_settle_organization(who, "lab"),
    "admin.set_member": lambda who, repo: rules.may_settle_organization(who, "lab"),
    "admin.remove_member": lambda who, repo: rules.may_settle_organization(who, "lab"),
    "admin.members": lambda who, repo: who.user is None or rules.may_see_members(who, "lab"),
    "organization.members": lambda who, repo: who.user is None or rules.may_see_members(who, "lab"),
    "token.list": lambda who, repo: rules.may_settle_user(who, "ann"),
    "token.create": lambda who, repo: rules.may_settle_user(who, "ann"),
    "token.revoke": lambda who, repo: rules.may_settle_user(who, "ann"),
    "collection.create": lambda who, repo: rules.may_curate(who, who.name),
    "collection.update": lambda who, repo: rules.may_curate(who, "ann"),
    "collection.delete": lambda who, repo: rules.may_curate(who, "ann"),
    "collection.add": lambda who, repo: rules.may_curate(who, "ann"),
    "collection.add_several": lambda who, repo: rules.may_curate(who, "ann"),
    "collection.update_item": lambda who, repo: rules.may_curate(who, "ann"),
    "collection.remove": lambda who, repo: rules.may_curate(who, "ann"),
    "webhook.list": lambda who, repo: rules.may_settle_webhooks(who, who.name),
    "webhook.create": lambda who, repo: rules.may_settle_webhooks(who, who.name),
    "webhook.details": lambda who, repo: rules.may_settle_webhooks(who, who.name),
    "webhook.update": lambda who, repo: rules.may_settle_webhooks(who, who.name),
    "webhook.delete": lambda who, repo: rules.may_settle_webhooks(who, who.name),
    "webhook.enable": lambda who, repo: rules.may_settle_webhooks(who, who.name),
}
"""What is needed for routes that are about people, and so have no repository whose rights say it."""

BESIDES: dict[str, Callable[[Principal, RepoId], bool]] = {
    "repo.duplicate": lambda who, repo: rules.may_create(who, RepoId(repo.namespace, "absent")),
    "repo.move": lambda who, repo: rules.may_create(who, RepoId(repo.namespace, "absent")),
}
"""What is needed besides the rights over the repository that is asked about."""

LOGS_IN = ("oauth.device", "oauth.token", "oauth.page", "oauth.approve")
"""Routes by which somebody logs in: what they refuse is in what was typed."""

BUILT = [route for route in ROUTES if not route.unbuilt]
ABOUT_A_REPO = [route for route in BUILT if route.needs in RIGHTS]
ABOUT_PEOPLE = [route for route in BUILT if route.needs not in RIGHTS and "{ticket}" not in route.template]
TICKETS = [route for route in BUILT if "{ticket}" in route.template]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


@pytest.fixture(scope="module")
def closed_world() -> Iterator[World]:
    made = World(anonymous_read=False)
    yield made
    made.close()


def refused(status: int) -> bool:
    return status in (401, 403)


def is_done(status: int) -> bool:
    """Return whether a status says that somebody was let through; 501 is what the hub does for nobody."""
    return (status < 500 or status == 501) and not refused(status)


def expected_of(world: World, caller: str, route: Route, repo: RepoId) -> set[int] | None:
    """Return the statuses that an answer may have; None for any that is not a refusal."""
    if not CALLERS[caller].good:
        return {401}
    who, info = world.principal(caller), world.info(repo)
    least = CLOSER.get(route.name, (RIGHTS[route.needs],))
    besides = BESIDES.get(route.name, lambda who, repo: True)

    def may(right: Right) -> bool:
        granted = info is not None and world.community.has_access(info.repo, who.name)
        return info is not None and rules.may(who, right, info, anonymous_read=world.anonymous_read, granted=granted)

    nobody = who.user is None
    if not may(Right.SEE):
        return {401} if nobody else {404}
    if all(map(may, least)) and besides(who, repo):
        return None
    return {401} if nobody else {403}


@pytest.mark.parametrize("route", ABOUT_A_REPO, ids=lambda route: route.name)
def test_a_route_about_a_repository_lets_those_through_who_have_the_right(world: World, route: Route) -> None:
    wrong = []
    for caller in CALLERS:
        for state in (*STATES, "absent"):
            world.mend()
            repo = RepoId(CALLERS[caller].namespace, state)
            expected = expected_of(world, caller, route, repo)
            status, _, body = world.ask(caller, route, repo)
            if body.startswith(b"0") and b"ng refs/" in body:
                status = 403  # git is refused in its own words
            is_right = is_done(status) if expected is None else status in expected
            if not is_right:
                wrong.append(f"{caller}, {state}: {status} instead of {expected or 'anything else'}: {body[:200]!r}")
    world.mend()
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("route", ABOUT_A_REPO, ids=lambda route: route.name)
@pytest.mark.parametrize("anonymous_read", [True, False])
def test_a_private_repository_is_answered_as_one_that_is_not_there(
    world: World, closed_world: World, route: Route, anonymous_read: bool
) -> None:
    of = world if anonymous_read else closed_world
    of.mend()
    for caller, known in CALLERS.items():
        info = of.info(RepoId(known.namespace, "hidden"))
        assert info is not None
        if known.good and rules.may(of.principal(caller), Right.SEE, info):
            continue
        for method in (route.method, "HEAD") if route.method == "GET" else (route.method,):
            hidden, absent = (
                of.ask(caller, route, RepoId(known.namespace, name), method=method, event="0" * 24)
                for name in ("hidden", "absent")
            )
            assert as_bytes(hidden) == as_bytes(absent).replace(b"absent", b"hidden"), caller
            assert hidden[0] == (404 if known.user and known.good else 401)


def as_bytes(answer: tuple[int, dict[str, str], bytes]) -> bytes:
    """Return an answer as it travels, without what is new in every answer."""
    status, headers, body = answer
    kept = {name: value for name, value in headers.items() if name not in ("date", "x-request-id")}
    return f"{status} {sorted(kept.items())} ".encode() + body


@pytest.mark.parametrize("route", ABOUT_A_REPO, ids=lambda route: route.name)
def test_a_closed_hub_shows_nothing_to_who_is_not_logged_in(closed_world: World, route: Route) -> None:
    closed_world.mend()
    answers = {
        as_bytes(closed_world.ask("nobody in particular", route, RepoId("ann", state), event="0" * 24)).replace(
            state.encode(), b"absent"
        )
        for state in (*STATES, "absent")
    }
    assert len(answers) == 1
    assert next(iter(answers)).startswith(b"401")


@pytest.mark.parametrize("route", ABOUT_PEOPLE, ids=lambda route: route.name)
def test_a_route_about_people_lets_those_through_whom_it_concerns(world: World, route: Route) -> None:
    wrong = []
    for caller, known in CALLERS.items():
        world.mend()
        who, repo = world.principal(caller), RepoId(known.namespace, "absent")
        status, _, body = world.ask(caller, route, repo, **parts_for(world, route))
        if not is_right_for_people(route, who, known.good, repo, status):
            wrong.append(f"{caller}: {status}: {body[:200]!r}")
    world.mend()
    assert not wrong, "\n".join(wrong)


def parts_for(world: World, route: Route) -> dict[str, str]:
    """Return whom an admin may remove without the world lacking somebody: a user of whom nobody asks anything."""
    return {"user": "zoe"} if route.needs is Needs.ADMIN or route.name == "admin.remove_member" else {}


def is_right_for_people(route: Route, who: Principal, good: bool, repo: RepoId, status: int) -> bool:
    if not good:
        return status == 401
    if status >= 500:
        return False
    if route.name in LOGS_IN:
        return True
    if route.needs is not Needs.NOTHING and who.user is None:
        return status == 401
    if route.needs is Needs.ADMIN:
        return refused(status) is not rules.runs_hub(who)
    may = OWN.get(route.name, lambda who, repo: True)(who, repo)
    return not refused(status) if may else status == 403


@pytest.mark.parametrize("route", TICKETS, ids=lambda route: route.name)
def test_a_ticket_that_was_never_made_opens_nothing_to_anybody(world: World, route: Route) -> None:
    for caller in CALLERS:
        status, _, _ = world.ask(caller, route, RepoId("ann", "public"), ticket="x" * 40)
        assert 400 <= status < 500


def test_the_matrix_asks_with_at_least_twelve_callers_for_every_route() -> None:
    assert len(CALLERS) >= 12
    assert {route.name for route in (*ABOUT_A_REPO, *ABOUT_PEOPLE, *TICKETS)} == {route.name for route in BUILT}
