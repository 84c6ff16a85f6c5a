"""The guards of every verb, around a real hub: who lacks the right is refused, and learns nothing by it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from guarded_world import GATED, NOWHERE, OPEN, SECRET, World

from anyhub.community import Discussion
from anyhub.errors import (
    AccessError,
    AuthenticationError,
    ForbiddenError,
    GatedRepoError,
    HubError,
    RepositoryExistsError,
    RepositoryNotFoundError,
    RevisionExistsError,
)
from anyhub.hub.access.accounts import GuardedAccounts
from anyhub.hub.access.community import GuardedCommunity
from anyhub.hub.access.hub import GuardedHub
from anyhub.hub.access.rules import Right
from anyhub.hub.access.signature import signature_of
from anyhub.hub.accounts import ServedAccounts
from anyhub.hub.community import Community
from anyhub.hub.serving import ServedHub
from anyhub.hub.sql.database import Database
from anyhub.people import ANONYMOUS, Principal, Scope, TokenRole
from anyhub.values import AddFile, Digest, Query, RefUpdate, RepoId, Signature


@pytest.fixture
def world() -> World:
    return World()


def verbs(protocol: type) -> dict[str, inspect.Signature]:
    """Return the public verbs of a Protocol and of those that it extends."""
    found = {}
    for cls in reversed(protocol.__mro__):
        if cls.__module__.startswith("anyhub."):
            found.update({name: value for name, value in vars(cls).items() if not name.startswith("_")})
    return {name: inspect.signature(value) for name, value in found.items() if inspect.isfunction(value)}


@pytest.mark.parametrize(
    ("guard", "protocol"),
    [(GuardedHub, ServedHub), (GuardedAccounts, ServedAccounts), (GuardedCommunity, Community)],
)
def test_a_guard_has_each_verb_of_its_protocol_and_no_way_round(guard: type, protocol: type) -> None:
    assert {name: list(signature.parameters.values()) for name, signature in verbs(protocol).items()} == {
        name: list(signature.parameters.values()) for name, signature in verbs(guard).items()
    }
    assert not hasattr(guard, "__getattr__")
    assert not any("Stored" in cls.__name__ for cls in guard.__mro__)


# -- every verb about a repository

LEAST = {
    "info": Right.SEE,
    "resolve": Right.SEE,
    "refs": Right.SEE,
    "history": Right.SEE,
    "tree": Right.SEE,
    "find": Right.SEE,
    "entry": Right.SEE,
    "common_ancestor": Right.SEE,
    "last_commits": Right.SEE,
    "conflicts": Right.SEE,
    "discussions": Right.SEE,
    "discussion": Right.SEE,
    "likers": Right.SEE,
    "open": Right.READ,
    "local_path": Right.READ,
    "fetch": Right.READ,
    "large": Right.READ,
    "differences": Right.READ,
    "read_object": Right.READ,
    "count_download": Right.READ,
    "git_dir": Right.READ,
    "lacking": Right.PROPOSE,
    "receive": Right.PROPOSE,
    "open_discussion": Right.PROPOSE,
    "open_pull_request": Right.PROPOSE,
    "comment": Right.PROPOSE,
    "commit": Right.WRITE,
    "push": Right.WRITE,
    "check_push": Right.WRITE,
    "create_ref": Right.WRITE,
    "delete_ref": Right.WRITE,
    "squash": Right.WRITE,
    "merge": Right.WRITE,
    "large_files": Right.WRITE,
    "edit_comment": Right.WRITE,
    "hide_comment": Right.WRITE,
    "rename_discussion": Right.WRITE,
    "set_discussion_status": Right.WRITE,
    "delete": Right.MANAGE,
    "move": Right.MANAGE,
    "set_private": Right.MANAGE,
    "set_gated": Right.MANAGE,
    "purge": Right.MANAGE,
    "access_requests": Right.MANAGE,
    "handle_access": Right.MANAGE,
    "grant_access": Right.MANAGE,
    "has_access": Right.MANAGE,
}
"""What each verb about a repository needs, of somebody who did not begin what it is about."""

OTHERWISE = {"find_repo", "standing", "url", "create", "duplicate", "like", "unlike", "request_access"}
"""Verbs about a repository that have a test of their own below."""

CALLERS: dict[str, tuple[str, TokenRole, set[Right]]] = {
    "a stranger with a token that reads": ("bob", "read", {Right.SEE}),
    "a stranger": ("bob", "write", {Right.SEE, Right.PROPOSE}),
    "a reader with a token that reads": ("eve", "read", {Right.SEE, Right.READ}),
    "a reader": ("eve", "write", {Right.SEE, Right.READ, Right.PROPOSE}),
    "the owner with a token that reads": ("ann", "read", {Right.SEE, Right.READ}),
    "the owner": ("ann", "write", set(Right)),
    "an admin": ("root", "write", set(Right)),
}


def arguments(world: World, repo: RepoId, folder: Path) -> dict[str, Any]:
    """Return something to pass for every parameter that a verb about a repository may have."""
    known = world.hub.find_repo(repo) or world.hub.info(OPEN)
    head = str(known.head)
    entry = world.hub.entry(known.repo, head, "a.txt")
    event = world.hub.discussion(known.repo, 1).events[0].id
    staged = folder / "staged"
    staged.write_bytes(b"text")
    digest = Digest("0" * 64, 4)
    given: dict[str, Any] = dict.fromkeys(("commit", "before", "after", "one", "other", "target"), head)
    given |= {"repo": repo, "revision": "main", "path": "", "paths": ["a.txt"], "entry": entry, "oid": entry.oid}
    given |= {"partial": folder / "partial", "update": lambda count: None, "sha256": "0" * 64, "sha256s": ["0" * 64]}
    given |= {"digests": [digest], "digest": digest, "staged": staged, "objects": folder, "updates": []}
    given |= {"changes": [AddFile("b.txt", b"b")], "message": "A change", "number": 1, "title": "T", "content": "C"}
    given |= {"event": event, "status": "closed", "to": RepoId("ann", "moved"), "private": True, "gated": "auto"}
    given |= {"name": "refs/heads/new", "branch": "main", "user": "root", "fields": {}, "recursive": True}
    given["updates"] = [RefUpdate("refs/heads/main", head, head)]
    return given


def about_a_repo(guard: type) -> list[str]:
    return [name for name, signature in verbs(guard).items() if list(signature.parameters)[1:2] == ["repo"]]


def run(of: object, verb: str, given: dict[str, Any]) -> None:
    """Call a verb with what it needs; what is lazy is walked to its end."""
    needed = [
        name
        for name, parameter in inspect.signature(getattr(of, verb)).parameters.items()
        if parameter.default is inspect.Parameter.empty
    ]
    result = getattr(of, verb)(**{name: given[name] for name in needed})
    if isinstance(result, AbstractContextManager):
        with result:
            pass
    elif isinstance(result, Iterator):
        list(result)


def call(world: World, who: Principal, verb: str, repo: RepoId, folder: Path) -> HubError | None:
    """Call a verb as somebody, and return how it failed."""
    hub, _, community = world.guarded(who)
    of: Any = hub if hasattr(hub, verb) else community
    given = arguments(world, repo, folder)
    if verb == "access_requests":
        given["status"] = "pending"
    if verb == "handle_access":
        given["status"] = "accepted"
    if verb == "entry":
        given["path"] = "a.txt"
    if verb == "delete_ref":
        with suppress(RevisionExistsError, RepositoryNotFoundError):
            world.hub.create_ref(repo, "refs/heads/new", given["target"])
    try:
        run(of, verb, given)
    except HubError as error:
        return error
    return None


ALL_ABOUT_A_REPO = sorted({*about_a_repo(GuardedHub), *about_a_repo(GuardedCommunity)} - OTHERWISE)


def test_every_verb_about_a_repository_says_what_it_needs() -> None:
    assert set(ALL_ABOUT_A_REPO) == set(LEAST)


@pytest.mark.parametrize("verb", ALL_ABOUT_A_REPO)
def test_a_verb_lets_those_through_who_have_the_right(world: World, tmp_path: Path, verb: str) -> None:
    for caller, (name, token, rights) in CALLERS.items():
        failed = call(world, world.principal(name, token), verb, GATED, tmp_path)
        if LEAST[verb] in rights:
            assert not isinstance(failed, (AccessError, RepositoryNotFoundError)), (caller, failed)
            if rights == set(Right):
                world = World()  # what the owner did may have changed everything
        elif LEAST[verb] is Right.READ:
            assert isinstance(failed, GatedRepoError), caller
        else:
            assert type(failed) is ForbiddenError, (caller, failed)


@pytest.mark.parametrize("verb", ALL_ABOUT_A_REPO)
@pytest.mark.parametrize("who", ["bob", ""])
def test_a_private_repository_looks_like_one_that_is_not_there(
    world: World, tmp_path: Path, verb: str, who: str
) -> None:
    principal = world.principal(who) if who else ANONYMOUS
    hidden, absent = (call(world, principal, verb, repo, tmp_path) for repo in (SECRET, NOWHERE))
    assert type(hidden) is type(absent) is RepositoryNotFoundError
    assert hidden.message == absent.message.replace("absent", "secret")
    assert hidden.details == absent.details == {}


@pytest.mark.parametrize("verb", ALL_ABOUT_A_REPO)
def test_to_refuse_a_private_repository_is_as_much_work_as_one_that_is_not_there(
    world: World, tmp_path: Path, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    query = Database.query
    work = []
    for repo in (SECRET, NOWHERE):
        hub, _, community = world.guarded(world.principal("bob"))
        given = arguments(world, repo, tmp_path)
        of: Any = hub if hasattr(hub, verb) else community
        with monkeypatch.context() as patch:
            patch.setattr(Database, "query", lambda self, sql, *values: asked.append(sql) or query(self, sql, *values))
            with pytest.raises(RepositoryNotFoundError):
                run(of, verb, given)
        work.append(asked[:])
        asked.clear()
    assert work[0] == work[1]
    assert len(work[0]) == 1


@pytest.mark.parametrize("verb", ["like", "unlike", "request_access"])
def test_what_is_done_in_a_name_is_done_by_that_user(world: World, verb: str) -> None:
    rest = [{}] if verb == "request_access" else []
    with pytest.raises(ForbiddenError, match="in the name of 'eve'"):
        getattr(world.crowd("bob"), verb)(GATED, "eve", *rest)
    with pytest.raises(ForbiddenError, match="take part in"):
        getattr(world.crowd("bob", "read"), verb)(GATED, "bob", *rest)
    with pytest.raises(RepositoryNotFoundError):
        getattr(world.crowd("bob"), verb)(SECRET, "bob", *rest)
    getattr(world.crowd("bob"), verb)(GATED, "bob", *rest)


def test_a_hidden_repository_is_not_found(world: World) -> None:
    assert world.as_("bob").find_repo(SECRET) is None
    assert world.as_("bob").standing(SECRET) is None
    found = world.as_("ann").find_repo(SECRET)
    assert found is not None
    assert found.repo == SECRET


def test_a_repository_that_goes_away_meanwhile_does_not_bring_out_the_name_of_another(world: World) -> None:
    world.hub.create(RepoId("ann", "opens"), private=True)
    bob = world.as_("bob").warden

    def list_what_was_deleted() -> None:
        with bob.admitted(OPEN, Right.SEE) as at:
            world.hub.delete(at.repo)
            world.hub.refs(at.repo)

    with pytest.raises(RepositoryNotFoundError) as told:
        list_what_was_deleted()
    with pytest.raises(RepositoryNotFoundError, match="ann/opens"):
        world.hub.refs(OPEN)
    assert "opens" not in told.value.message


def test_an_old_name_opens_what_the_new_one_does(world: World) -> None:
    world.hub.move(SECRET, RepoId("ann", "renamed"))
    with pytest.raises(RepositoryNotFoundError, match="'ann/secret'"):
        world.as_("bob").info(SECRET)
    assert world.as_("ann").refs(SECRET) == world.hub.refs(RepoId("ann", "renamed"))


# -- names


def test_a_name_is_created_only_by_who_may_and_nobody_else_learns_whether_it_is_taken(world: World) -> None:
    refused = []
    for repo in (SECRET, NOWHERE):
        with pytest.raises(ForbiddenError) as failed:
            world.as_("bob").create(repo)
        refused.append(failed.value.message)
    assert refused[0] == refused[1]
    with pytest.raises(RepositoryExistsError):
        world.as_("ann").create(SECRET)
    with pytest.raises(AuthenticationError):
        world.guarded(ANONYMOUS)[0].create(NOWHERE)
    assert world.as_("ann").create(RepoId("lab", "new")).creator == "ann"
    assert world.as_("root").create(RepoId("nobody", "new")).creator == "root"


@pytest.mark.parametrize("verb", ["move", "duplicate"])
def test_nothing_is_put_where_the_caller_may_not_create(world: World, verb: str) -> None:
    rest: dict[str, Any] = {"private": False} if verb == "duplicate" else {}
    bobs = RepoId("bob", "x")
    world.as_("bob").create(bobs)
    refused = []
    for to in (SECRET, NOWHERE):
        with pytest.raises(ForbiddenError) as failed:
            getattr(world.as_("bob"), verb)(bobs, to, **rest)
        refused.append(failed.value.message)
    assert refused[0] == refused[1]
    with pytest.raises(RepositoryNotFoundError):
        getattr(world.as_("bob"), verb)(SECRET, RepoId("bob", "y"), **rest)
    assert getattr(world.as_("bob"), verb)(bobs, RepoId("bob", "y"), **rest).repo.name == "y"


def test_files_behind_a_gate_are_not_duplicated(world: World) -> None:
    with pytest.raises(
        GatedRepoError, match=r"Visit https://hub\.example\.org/ann/gated/ask-access to ask for access\."
    ):
        world.as_("bob").duplicate(GATED, RepoId("bob", "mine"), private=False)
    world.as_("eve").duplicate(GATED, RepoId("eve", "mine"), private=False)


def test_who_is_not_logged_in_is_asked_to_do_so_at_a_gate(world: World) -> None:
    hub, _, _ = world.guarded(ANONYMOUS, anonymous_read=True)
    entry = hub.entry(GATED, str(hub.info(GATED).head), "a.txt")
    with pytest.raises(GatedRepoError, match="Please log in"):
        hub.open(GATED, entry)
    with pytest.raises(AuthenticationError, match="Log in to change"):
        hub.squash(OPEN, "main", "m")
    with pytest.raises(RepositoryNotFoundError):
        world.guarded(ANONYMOUS)[0].info(OPEN)


def test_a_bare_name_belongs_to_the_caller(world: World) -> None:
    assert world.as_("bob").repo_id("x") == RepoId("bob", "x")
    hub = world.guarded(ANONYMOUS, anonymous_read=True)[0]
    with pytest.raises(RepositoryNotFoundError, match="repository 'open' that"):
        hub.info(hub.repo_id("open"))


def test_nobody_acts_as_somebody_else(world: World) -> None:
    guard = world.as_("bob")
    assert guard.acting_as(Signature("bob")) is guard
    with pytest.raises(ForbiddenError):
        guard.acting_as(Signature("ann"))
    done = guard.commit(OPEN, [AddFile("b", b"b")], message="m", pull_request=True)
    assert "bob" in done.commit.author


def test_a_name_can_not_end_the_line_of_a_commit(world: World) -> None:
    bob = world.principal("bob")
    assert bob.user is not None
    made = signature_of(replace(bob, user=replace(bob.user, name="b\nob<x>", email="a@b>\nparent 0")))
    assert str(made) == "bobx <a@bparent 0>"
    assert signature_of(replace(bob, user=replace(bob.user, email=""))).email == "bob@localhost"


@pytest.mark.parametrize(
    ("name", "token", "scopes", "expected"),
    [
        ("ann", "write", (), {OPEN, SECRET, GATED}),
        ("bob", "write", (), {OPEN, GATED}),
        ("root", "read", (), {OPEN, SECRET, GATED}),
        ("ann", "fineGrained", (), {OPEN, GATED}),
        (
            "ann",
            "fineGrained",
            (Scope("model", "ann/other", frozenset({"repo.write"})),),
            {OPEN, GATED},
        ),
        (
            "ann",
            "fineGrained",
            (Scope("model", "ann/secret", frozenset({"repo.write"})),),
            {OPEN, SECRET, GATED},
        ),
    ],
)
def test_a_search_finds_what_the_caller_may_see(
    world: World, name: str, token: TokenRole, scopes: tuple[Scope, ...], expected: set[RepoId]
) -> None:
    hub = world.as_(name, token, *scopes)
    assert {info.repo for info in hub.search(Query())} == expected
    assert len(list(hub.search(Query(limit=2)))) == 2
    assert SECRET not in {info.repo for info in hub.search(Query(private_in=frozenset()))}


def test_only_an_open_hub_is_searched_without_a_name(world: World) -> None:
    with pytest.raises(AuthenticationError):
        world.guarded(ANONYMOUS)[0].search(Query())
    found = world.guarded(ANONYMOUS, anonymous_read=True)[0].search(Query())
    assert {info.repo for info in found} == {OPEN, GATED}


# -- what belongs to whoever began it


def test_who_opened_a_pull_request_goes_on_with_it_and_others_do_not(world: World) -> None:
    bob, eve = world.as_("bob"), world.as_("eve")
    with pytest.raises(ForbiddenError, match="Open a pull request instead"):
        bob.commit(OPEN, [AddFile("b", b"b")], message="m")
    opened = bob.commit(OPEN, [AddFile("b", b"b")], message="m", pull_request=True).pull_request
    assert opened is not None
    ref = f"refs/pr/{opened.number}"
    assert bob.commit(OPEN, [AddFile("c", b"c")], message="m", onto=ref).ref == ref
    for other in (eve, world.as_("bob", "read")):
        with pytest.raises(ForbiddenError):
            other.commit(OPEN, [AddFile("d", b"d")], message="m", onto=ref)
    assert world.as_("ann").commit(OPEN, [AddFile("d", b"d")], message="m", onto=ref).changed
    with pytest.raises(ForbiddenError):
        bob.merge(OPEN, opened.number)
    assert world.as_("ann").merge(OPEN, opened.number).changed


def test_a_push_is_decided_for_each_reference(world: World, tmp_path: Path) -> None:
    bob = world.as_("bob")
    opened = bob.commit(OPEN, [AddFile("b", b"b")], message="m", pull_request=True)
    assert opened.pull_request is not None
    own = RefUpdate(f"refs/pr/{opened.pull_request.number}", opened.commit.oid, opened.commit.oid)
    main = RefUpdate("refs/heads/main", None, opened.commit.oid)
    for updates in ([main], [own, main], [RefUpdate("refs/tags/v1", None, opened.commit.oid)]):
        with pytest.raises(ForbiddenError):
            bob.push(OPEN, tmp_path, updates)
    with pytest.raises(ForbiddenError):
        world.as_("eve").push(OPEN, tmp_path, [own])


def talk(world: World) -> tuple[Discussion, str]:
    """Begin a discussion as bob, and return it with the id of its first comment."""
    number = world.as_("bob").open_discussion(OPEN, "Why", "Because").number
    begun = world.as_("bob").discussion(OPEN, number)
    return begun, begun.events[0].id


@pytest.mark.parametrize(
    "change",
    [
        lambda hub, number, event: hub.edit_comment(OPEN, number, event, "Other words"),
        lambda hub, number, event: hub.hide_comment(OPEN, number, event),
        lambda hub, number, event: hub.rename_discussion(OPEN, number, "Another title"),
        lambda hub, number, event: hub.set_discussion_status(OPEN, number, "closed"),
    ],
)
@pytest.mark.parametrize(
    ("name", "token", "may"),
    [("bob", "write", True), ("ann", "write", True), ("eve", "write", False), ("bob", "read", False)],
)
def test_a_discussion_is_changed_by_who_began_it_and_by_who_may_write(
    world: World, change: Callable[[GuardedHub, int, str], object], name: str, token: TokenRole, may: bool
) -> None:
    begun, event = talk(world)
    if may:
        change(world.as_(name, token), begun.number, event)
    else:
        with pytest.raises(ForbiddenError):
            change(world.as_(name, token), begun.number, event)


def test_files_are_taken_only_from_those_who_may_write_somewhere(world: World) -> None:
    for name, token in (("bob", "read"), ("bob", "fineGrained")):
        with pytest.raises(ForbiddenError):
            world.as_(name, token).staging()  # type: ignore[arg-type]
    with pytest.raises(AuthenticationError):
        world.guarded(ANONYMOUS, anonymous_read=True)[0].staging()
    with world.as_("bob").staging() as folder:
        assert folder.is_dir()
