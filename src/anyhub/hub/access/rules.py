"""The rules about who may do what, as functions over values that ask nobody and change nothing.

Two questions are asked of every wish: may this user, and may this token. A token never adds to what its user may.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import IntEnum

from anyhub.hub.serving import Standing
from anyhub.people import AccessToken, Permission, Principal, Role
from anyhub.values import RepoId, RepoInfo


class Right(IntEnum):
    """What somebody may do with a repository, from little to much; `READ` of a gated one has to be granted besides."""

    SEE = 1
    """To know that it exists, and what is said of it: its name, its files' names, its discussions."""
    READ = 2
    """To read what is in its files."""
    PROPOSE = 3
    """To discuss it, like it, ask for access to it, and open pull requests."""
    WRITE = 4
    """To change its files, branches and tags, and to merge."""
    MANAGE = 5
    """To rename, delete and settle it, and to grant access to it."""


_OPENED_BY: Mapping[Right, frozenset[Permission]] = {
    Right.SEE: frozenset({"repo.content.read", "repo.write", "discussion.write"}),
    Right.READ: frozenset({"repo.content.read", "repo.write"}),
    Right.PROPOSE: frozenset({"discussion.write", "repo.write"}),
    Right.WRITE: frozenset({"repo.write"}),
    Right.MANAGE: frozenset({"repo.write"}),
}
"""Which permissions of a fine-grained token open which right; one of them is enough."""

_CREATING: frozenset[Role] = frozenset({"contributor", "write", "admin"})
_WRITING: frozenset[Role] = frozenset({"write", "admin"})


# -- repositories


def may(
    principal: Principal,
    right: Right,
    repo: RepoInfo | Standing,
    *,
    anonymous_read: bool = False,
    granted: bool = False,
) -> bool:
    """Return whether somebody may do something with a repository.

    Args:
        principal (`Principal`): Who asks.
        right (`Right`): What for.
        repo (`RepoInfo` or `Standing`): What is known of the repository.
        anonymous_read (`bool`): Whether public repositories are shown to those who have not logged in.
        granted (`bool`): Whether the user was given access to this gated repository.
    """
    return user_may(principal, right, repo, anonymous_read=anonymous_read, granted=granted) and token_may(
        principal.token, right, repo
    )


def user_may(
    principal: Principal,
    right: Right,
    repo: RepoInfo | Standing,
    *,
    anonymous_read: bool = False,
    granted: bool = False,
) -> bool:
    """Return whether the user may, by a token that allows it; as for `may`."""
    most = _most(principal, repo, anonymous_read)
    if most is None or right > most:
        return False
    return right is not Right.READ or repo.gated is None or most >= Right.WRITE or (granted and bool(principal.user))


def token_may(token: AccessToken | None, right: Right, repo: RepoInfo | Standing) -> bool:
    """Return whether a token allows something, if its user may do it."""
    if token is None or token.role == "write":
        return True
    if token.role == "read":
        return right <= Right.READ
    is_open = not repo.private and (right is Right.SEE or (right is Right.READ and repo.gated is None))
    return is_open or bool(_OPENED_BY[right] & permissions(token, repo.repo.namespace, repo.repo))


def _most(principal: Principal, repo: RepoInfo | Standing, anonymous_read: bool) -> Right | None:
    """Return the most that a user may do with a repository, gates aside; None when not even see it."""
    if principal.user is None:
        return Right.READ if anonymous_read and not repo.private else None
    role = _role(principal, repo.repo.namespace)
    if role in _WRITING or (role == "contributor" and is_user(principal, repo.creator)):
        return Right.MANAGE
    return Right.PROPOSE if role is not None or not repo.private else None


def may_create(principal: Principal, repo: RepoId) -> bool:
    """Return whether somebody may create a repository of this name, or move one there."""
    return _role(principal, repo.namespace) in _CREATING and _token_allows(
        principal.token, "repo.write", repo.namespace, repo
    )


def may_upload(principal: Principal) -> bool:
    """Return whether somebody may write anywhere at all, so that bytes are taken from them before it is known where."""
    if is_free(principal):
        return True
    scopes = _fine_scopes(principal.token)
    return principal.user is not None and any({"repo.write", "discussion.write"} & scope for scope in scopes)


def private_namespaces(principal: Principal) -> frozenset[str] | None:
    """Return where, in lower case, somebody may see private repositories, at least some; None for everywhere."""
    if principal.user is None:
        return frozenset()
    own = frozenset({principal.name.lower(), *principal.roles})
    token = principal.token
    if token is None or token.role != "fineGrained":
        return None if principal.user.is_admin else own
    scoped = frozenset(
        scope.name.partition("/")[0].lower() for scope in token.scopes if scope.permissions & _OPENED_BY[Right.SEE]
    )
    return scoped if principal.user.is_admin else scoped & own


def sees_all_of(principal: Principal) -> bool:
    """Return whether somebody sees all private repositories of the `private_namespaces`, or only some of them."""
    token = principal.token
    return token is None or all(scope.kind in ("user", "org") for scope in token.scopes)


def pull_request_number(ref: str) -> int | None:
    """Return the number in ``refs/pr/N``, or None for any other reference."""
    found = re.fullmatch(r"refs/pr/([1-9][0-9]{0,9})", ref)
    return int(found[1]) if found else None


# -- people


def is_user(principal: Principal, name: str) -> bool:
    """Return whether somebody is the user of this name, without regard to case."""
    return principal.user is not None and principal.user.name.lower() == name.lower()


def is_free(principal: Principal) -> bool:
    """Return whether a user asks by a token that allows everything, or by a password."""
    return principal.user is not None and (principal.token is None or principal.token.role == "write")


def runs_hub(principal: Principal) -> bool:
    """Return whether somebody may change everything on this hub."""
    return is_free(principal) and principal.user is not None and principal.user.is_admin


def may_settle_user(principal: Principal, name: str) -> bool:
    """Return whether somebody may change a user's tokens and password, and look at the tokens."""
    return runs_hub(principal) or (is_free(principal) and is_user(principal, name))


def may_see_members(principal: Principal, organization: str) -> bool:
    """Return whether somebody may look at who is in an organisation; fine-grained tokens have to say so."""
    token = principal.token
    if principal.user is None or token is None or token.role != "fineGrained":
        return principal.user is not None
    return bool({"org.read", "org.write"} & permissions(token, organization))


def may_settle_organization(principal: Principal, organization: str) -> bool:
    """Return whether somebody may change members and settings of an organisation."""
    return _role(principal, organization) == "admin" and _token_allows(principal.token, "org.write", organization)


# -- community


def may_curate(principal: Principal, owner: str) -> bool:
    """Return whether somebody may make and change the collections of a user or an organisation."""
    return _role(principal, owner) in _CREATING and _token_allows(principal.token, "collection.write", owner)


def may_see_collection(principal: Principal, owner: str, private: bool, *, anonymous_read: bool = False) -> bool:
    """Return whether somebody may see a collection."""
    if not private:
        return principal.user is not None or anonymous_read
    token = principal.token
    allowed = token is None or token.role != "fineGrained" or "collection.write" in permissions(token, owner)
    return _role(principal, owner) is not None and allowed


def may_settle_webhooks(principal: Principal, user: str) -> bool:
    """Return whether somebody may look at and change a user's webhooks, of which some have a secret."""
    if runs_hub(principal):
        return True
    return is_user(principal, user) and _token_allows(principal.token, "user.webhooks", user)


def may_watch_namespace(principal: Principal, name: str) -> bool:
    """Return whether somebody may be told of what happens in a namespace.

    Webhooks tell their owner no more than the owner may see; a token of less than that must not make one that does.
    """
    if is_free(principal):
        return True
    return principal.token is not None and "repo.content.read" in permissions(principal.token, name)


# -- inside


def permissions(token: AccessToken, namespace: str, repo: RepoId | None = None) -> frozenset[str]:
    """Return what the scopes of a fine-grained token allow in a namespace, and with one repository of it."""
    found: frozenset[str] = frozenset()
    for scope in token.scopes:
        in_namespace = scope.kind in ("user", "org") and scope.name.lower() == namespace.lower()
        on_repo = repo is not None and scope.kind == repo.type and scope.name.lower() == str(repo).lower()
        if in_namespace or on_repo:
            found |= scope.permissions
    return found


def _fine_scopes(token: AccessToken | None) -> Iterable[frozenset[str]]:
    return [scope.permissions for scope in token.scopes] if token is not None and token.role == "fineGrained" else []


def _token_allows(
    token: AccessToken | None, permission: Permission, namespace: str, repo: RepoId | None = None
) -> bool:
    if token is None or token.role == "write":
        return True
    return token.role == "fineGrained" and permission in permissions(token, namespace, repo)


def _role(principal: Principal, namespace: str) -> Role | None:
    """Return what a user is in a namespace: as an organisation's admin in their own, and admins of the hub in any."""
    if principal.user is None:
        return None
    if principal.user.is_admin or is_user(principal, namespace):
        return "admin"
    return principal.roles.get(namespace.lower())
