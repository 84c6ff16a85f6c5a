"""The words of every refusal, so that none of them tells more than the caller may know."""

from __future__ import annotations

from anyhub.errors import (
    AccessError,
    AuthenticationError,
    ForbiddenError,
    GatedRepoError,
    NotFoundError,
    RepositoryNotFoundError,
)
from anyhub.hub.access.rules import Right
from anyhub.hub.serving import Standing
from anyhub.people import Principal
from anyhub.values import RepoId

_DEEDS = {
    Right.SEE: "see",
    Right.READ: "read the files of",
    Right.PROPOSE: "take part in",
    Right.WRITE: "change",
    Right.MANAGE: "rename, delete or settle",
}
_INSTEAD = {
    Right.WRITE: "Open a pull request instead, or ask whoever owns it for the right to write.",
    Right.MANAGE: "Ask whoever owns it.",
}


def absent(repo: RepoId) -> RepositoryNotFoundError:
    """Refuse a repository that is not there, or that the caller may not see: in the same words."""
    name = str(repo).removeprefix("/")  # a bare name asked for by somebody without a namespace
    return RepositoryNotFoundError(
        f"There is no {repo.type} repository {name!r} that you may see. Check its name, and whether you are logged in"
        " as somebody who may see it."
    )


def absent_collection(slug: str) -> NotFoundError:
    """Refuse a collection that is not there, or that the caller may not see: in the same words."""
    return NotFoundError(f"There is no collection {slug!r} that you may see. Look at its address again.")


def login_needed(deed: str) -> AuthenticationError:
    """Refuse somebody who is not logged in what others may do."""
    return AuthenticationError(f"Log in to {deed}: send a token with the request.")


def forbidden(principal: Principal, deed: str, advice: str) -> AccessError:
    """Refuse a deed; the advice is for those who are logged in."""
    return login_needed(deed) if principal.user is None else ForbiddenError(f"You may not {deed}. {advice}")


def token_too_weak(principal: Principal, deed: str) -> AccessError:
    """Refuse what the user may do, and the token may not."""
    if principal.token is None:
        return login_needed(deed)
    return ForbiddenError(
        f"The token {principal.token.name!r}, of role {principal.token.role!r}, is not one to {deed}. Use one that may"
        " write there."
    )


def not_enough(principal: Principal, right: Right, repo: Standing, *, by_token: bool) -> AccessError:
    """Refuse something to somebody who sees the repository.

    Args:
        principal (`Principal`): Who asks.
        right (`Right`): What for.
        repo (`Standing`): The repository.
        by_token (`bool`): Whether the user may, and only the token does not allow it.
    """
    deed = f"{_DEEDS[right]} the {repo.repo.type} repository {str(repo.repo)!r}"
    if principal.user is None:
        return login_needed(deed)
    return token_too_weak(principal, deed) if by_token else forbidden(principal, deed, _INSTEAD[right])


def gated(principal: Principal, repo: Standing, address: str) -> GatedRepoError:
    """Refuse the files of a repository for which access has to be asked, in the words that clients know."""
    what = f"Access to {repo.repo.type} {repo.repo} is restricted"
    if principal.user is None:
        return GatedRepoError(f"{what}. You must have access to it and be authenticated to access it. Please log in.")
    return GatedRepoError(
        f"{what} and you are not in the authorized list. Visit {address}/ask-access to ask for access."
    )
