"""Who may do what: the rules as a table, and guards of every verb around a real hub."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from anyhub.hub.access import rules
from anyhub.hub.access.rules import Right
from anyhub.people import ANONYMOUS, AccessToken, Principal, Role, Scope, TokenRole, User
from anyhub.values import Gate, RepoId, RepoInfo

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LETTERS = {Right.SEE: "S", Right.READ: "R", Right.PROPOSE: "P", Right.WRITE: "W", Right.MANAGE: "M"}


def user(name: str, *, is_admin: bool = False) -> User:
    return User(name, "", f"{name}@example.org", is_admin, NOW)


def somebody(
    name: str,
    token: TokenRole | None = "write",
    *scopes: Scope,
    is_admin: bool = False,
    **roles: Role,
) -> Principal:
    made = None if token is None else AccessToken("t1", name, "ci", token, scopes, NOW)
    return Principal(user(name, is_admin=is_admin), made, roles)


def on(kind: str, name: str, *permissions: str) -> Scope:
    return Scope(kind, name, frozenset(permissions))  # type: ignore[arg-type]


def repo(name: str, *, private: bool = False, gated: Gate | None = None, creator: str = "") -> RepoInfo:
    return RepoInfo(RepoId.parse(name, namespace=""), private, NOW, NOW, None, creator=creator, gated=gated)


def rights(principal: Principal, info: RepoInfo, **how: bool) -> str:
    return "".join(letter for right, letter in LETTERS.items() if rules.may(principal, right, info, **how))


OF_ANN = (
    repo("ann/x"),
    repo("ann/x", private=True),
    repo("ann/x", gated="auto"),
    repo("ann/x", private=True, gated="manual"),
)
OF_LAB = tuple(repo("lab/x", private=info.private, gated=info.gated, creator="Bob") for info in OF_ANN)

TABLE = [
    # public, private, gated, both
    (ANONYMOUS, OF_ANN, "- - - -"),
    (somebody("bob", "read"), OF_ANN, "SR - S -"),
    (somebody("bob"), OF_ANN, "SRP - SP -"),
    (somebody("bob", None), OF_ANN, "SRP - SP -"),
    (somebody("bob", "fineGrained"), OF_ANN, "SR - S -"),
    (somebody("bob", "fineGrained", on("user", "ann", "repo.write")), OF_ANN, "SRP - SP -"),
    (somebody("ann", "read"), OF_ANN, "SR SR SR SR"),
    (somebody("ann"), OF_ANN, "SRPWM SRPWM SRPWM SRPWM"),
    (somebody("ANN"), OF_ANN, "SRPWM SRPWM SRPWM SRPWM"),
    (somebody("ann", None), OF_ANN, "SRPWM SRPWM SRPWM SRPWM"),
    (somebody("ann", "fineGrained"), OF_ANN, "SR - S -"),
    (somebody("ann", "fineGrained", on("user", "ann", "repo.content.read")), OF_ANN, "SR SR SR SR"),
    (somebody("ann", "fineGrained", on("user", "ann", "discussion.write")), OF_ANN, "SRP SP SP SP"),
    (somebody("ann", "fineGrained", on("user", "Ann", "repo.write")), OF_ANN, "SRPWM SRPWM SRPWM SRPWM"),
    (somebody("ann", "fineGrained", on("model", "ann/X", "repo.write")), OF_ANN, "SRPWM SRPWM SRPWM SRPWM"),
    (somebody("ann", "fineGrained", on("model", "ann/y", "repo.write")), OF_ANN, "SR - S -"),
    (somebody("ann", "fineGrained", on("dataset", "ann/x", "repo.write")), OF_ANN, "SR - S -"),
    (somebody("ann", "fineGrained", on("user", "ann", "collection.write", "org.write")), OF_ANN, "SR - S -"),
    (somebody("root", "read", is_admin=True), OF_ANN, "SR SR SR SR"),
    (somebody("root", is_admin=True), OF_ANN, "SRPWM SRPWM SRPWM SRPWM"),
    (somebody("root", "fineGrained", is_admin=True), OF_ANN, "SR - S -"),
    (somebody("root", "fineGrained", on("user", "ann", "repo.write"), is_admin=True), OF_ANN, " ".join(["SRPWM"] * 4)),
    (somebody("eve", lab="read"), OF_LAB, "SRP SRP SP SP"),
    (somebody("eve", "read", lab="read"), OF_LAB, "SR SR S S"),
    (somebody("eve", lab="contributor"), OF_LAB, "SRP SRP SP SP"),
    (somebody("bob", lab="contributor"), OF_LAB, "SRPWM SRPWM SRPWM SRPWM"),
    (somebody("bob", lab="read"), OF_LAB, "SRP SRP SP SP"),
    (somebody("bob"), OF_LAB, "SRP - SP -"),
    (somebody("eve", lab="write"), OF_LAB, "SRPWM SRPWM SRPWM SRPWM"),
    (somebody("eve", "read", lab="write"), OF_LAB, "SR SR SR SR"),
    (somebody("eve", lab="admin"), OF_LAB, "SRPWM SRPWM SRPWM SRPWM"),
    (somebody("eve", "fineGrained", lab="admin"), OF_LAB, "SR - S -"),
    (somebody("eve", "fineGrained", on("org", "lab", "repo.content.read"), lab="write"), OF_LAB, "SR SR SR SR"),
    (somebody("eve", "fineGrained", on("org", "lab", "repo.write"), lab="read"), OF_LAB, "SRP SRP SP SP"),
]


@pytest.mark.parametrize(("principal", "repos", "expected"), TABLE)
def test_the_rights_of_a_caller_are_those_of_the_table(
    principal: Principal, repos: tuple[RepoInfo, ...], expected: str
) -> None:
    assert [rights(principal, info) or "-" for info in repos] == expected.split()


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        (ANONYMOUS, "SR - S -"),
        (somebody("bob"), "SRP - SRP -"),
        (somebody("bob", "read"), "SR - SR -"),
        (somebody("bob", "fineGrained"), "SR - S -"),
        (somebody("bob", "fineGrained", on("user", "ann", "repo.content.read")), "SR - SR -"),
    ],
)
def test_granted_access_opens_the_gate_and_nothing_else(principal: Principal, expected: str) -> None:
    found = [rights(principal, info, anonymous_read=True, granted=True) or "-" for info in OF_ANN]
    assert found == expected.split()


@pytest.mark.parametrize(
    ("principal", "name", "expected"),
    [
        (ANONYMOUS, "ann/x", False),
        (somebody("ann"), "ann/x", True),
        (somebody("ann"), "Ann/x", True),
        (somebody("ann", "read"), "ann/x", False),
        (somebody("ann", "fineGrained"), "ann/x", False),
        (somebody("ann", "fineGrained", on("user", "ann", "repo.write")), "ann/x", True),
        (somebody("ann", "fineGrained", on("model", "ann/x", "repo.write")), "ann/x", True),
        (somebody("ann", "fineGrained", on("model", "ann/x", "repo.write")), "ann/y", False),
        (somebody("ann", "fineGrained", on("user", "ann", "repo.content.read")), "ann/x", False),
        (somebody("ann"), "bob/x", False),
        (somebody("ann"), "nobody/x", False),
        (somebody("ann", lab="read"), "lab/x", False),
        (somebody("ann", lab="contributor"), "lab/x", True),
        (somebody("ann", lab="contributor"), "LAB/x", True),
        (somebody("ann", "fineGrained", on("org", "lab", "repo.write"), lab="read"), "lab/x", False),
        (somebody("root", is_admin=True), "nobody/x", True),
        (somebody("root", "read", is_admin=True), "nobody/x", False),
    ],
)
def test_repositories_are_created_where_the_caller_may(principal: Principal, name: str, expected: bool) -> None:
    assert rules.may_create(principal, RepoId.parse(name, namespace="")) is expected


@pytest.mark.parametrize(
    ("principal", "namespaces", "all_of_them"),
    [
        (ANONYMOUS, set(), True),
        (somebody("Ann", lab="read"), {"ann", "lab"}, True),
        (somebody("ann", "read"), {"ann"}, True),
        (somebody("root", "read", is_admin=True), None, True),
        (somebody("ann", "fineGrained"), set(), True),
        (somebody("ann", "fineGrained", on("user", "ann", "org.read")), set(), True),
        (somebody("ann", "fineGrained", on("user", "Ann", "repo.write"), lab="read"), {"ann"}, True),
        (somebody("ann", "fineGrained", on("model", "ann/x", "repo.write")), {"ann"}, False),
        (somebody("ann", "fineGrained", on("user", "bob", "repo.write")), set(), True),
        (somebody("root", "fineGrained", on("user", "bob", "repo.write"), is_admin=True), {"bob"}, True),
    ],
)
def test_private_repositories_are_searched_where_the_caller_may_see_them(
    principal: Principal, namespaces: set[str] | None, all_of_them: bool
) -> None:
    assert rules.private_namespaces(principal) == namespaces
    assert rules.sees_all_of(principal) is all_of_them


@pytest.mark.parametrize(
    ("principal", "upload", "tokens", "settle", "hooks"),
    [
        (ANONYMOUS, False, False, False, False),
        (somebody("ann", lab="admin"), True, True, True, True),
        (somebody("ann", None, lab="write"), True, True, False, True),
        (somebody("ann", "read", lab="admin"), False, False, False, False),
        (somebody("ann", "fineGrained", lab="admin"), False, False, False, False),
        (somebody("ann", "fineGrained", on("org", "lab", "org.write"), lab="admin"), False, False, True, False),
        (somebody("ann", "fineGrained", on("org", "lab", "org.write"), lab="write"), False, False, False, False),
        (somebody("ann", "fineGrained", on("user", "ann", "user.webhooks")), False, False, False, True),
        (somebody("ann", "fineGrained", on("model", "ann/x", "discussion.write")), True, False, False, False),
        (somebody("bob"), True, False, False, False),
        (somebody("root", is_admin=True), True, True, True, True),
        (somebody("root", "read", is_admin=True), False, False, False, False),
        (somebody("root", "fineGrained", is_admin=True), False, False, False, False),
    ],
)
def test_people_settle_what_is_theirs(
    principal: Principal, upload: bool, tokens: bool, settle: bool, hooks: bool
) -> None:
    assert rules.may_upload(principal) is upload
    assert rules.may_settle_user(principal, "Ann") is tokens
    assert rules.may_settle_organization(principal, "Lab") is settle
    assert rules.may_settle_webhooks(principal, "Ann") is hooks


@pytest.mark.parametrize(
    ("principal", "public", "private", "curate"),
    [
        (ANONYMOUS, False, False, False),
        (somebody("bob"), True, False, False),
        (somebody("ann"), True, True, True),
        (somebody("ann", "read"), True, True, False),
        (somebody("ann", "fineGrained"), True, False, False),
        (somebody("ann", "fineGrained", on("user", "ann", "collection.write")), True, True, True),
        (somebody("root", is_admin=True), True, True, True),
    ],
)
def test_collections_belong_to_their_owner(principal: Principal, public: bool, private: bool, curate: bool) -> None:
    assert rules.may_see_collection(principal, "ann", False) is public
    assert rules.may_see_collection(principal, "ann", True) is private
    assert rules.may_curate(principal, "ann") is curate


@pytest.mark.parametrize(
    ("ref", "number"),
    [
        ("refs/pr/1", 1),
        ("refs/pr/120", 120),
        ("refs/pr/01", None),
        ("refs/pr/1/head", None),
        ("refs/pr/١", None),
        ("refs/heads/refs/pr/1", None),
        ("main", None),
        ("refs/pr/1\n", None),
    ],
)
def test_only_the_reference_of_a_pull_request_has_a_number(ref: str, number: int | None) -> None:
    assert rules.pull_request_number(ref) == number
