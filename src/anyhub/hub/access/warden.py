"""Decides for one caller: looks a repository up, asks the rules, and lets through or refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from anyhub.errors import AccessError, GatedRepoError, RepositoryNotFoundError
from anyhub.hub.access import refusals, rules
from anyhub.hub.access.rules import Right
from anyhub.hub.serving import ServedHub, Standing
from anyhub.people import Principal
from anyhub.values import RepoId, RepoInfo, spelled_owner

HasAccess: TypeAlias = Callable[[RepoId, str], bool]


class Warden:
    """Lets one caller through to repositories.

    Args:
        hub (`ServedHub`): Where the repositories are.
        principal (`Principal`): Who asks.
        anonymous_read (`bool`): Whether public repositories are shown to those who have not logged in.
        has_access: Says whether a user was given access to a gated repository.
        base_url (`str`): The public address of the hub, without a slash at its end.
    """

    def __init__(
        self,
        hub: ServedHub,
        principal: Principal,
        *,
        anonymous_read: bool,
        has_access: HasAccess,
        base_url: str = "",
    ) -> None:
        self.principal = principal
        self.anonymous_read = anonymous_read
        self._hub = hub
        self._has_access = has_access
        self._base_url = base_url

    def find(self, repo: RepoId) -> Standing | None:
        """Return how a repository stands; None when there is none, or none that the caller may see."""
        at = self._hub.standing(repo)
        return at if at is not None and self.may(Right.SEE, at) else None

    def may(self, right: Right, at: Standing | RepoInfo) -> bool:
        """Return whether the caller may do something with a repository."""
        return rules.may(
            self.principal, right, at, anonymous_read=self.anonymous_read, granted=self._granted(right, at)
        )

    def admit(self, repo: RepoId, right: Right) -> Standing:
        """Return how a repository stands, under the name that it has now, for a caller who has the right.

        Raises:
            RepositoryNotFoundError: When there is none, or none that the caller may see: one and the same.
            GatedRepoError: When access to its files has to be asked for.
            AuthenticationError: When logging in may help.
            ForbiddenError: When the caller may see it, and may not do this.
        """
        at = self.find(repo)
        if at is None:
            raise refusals.absent(repo)
        if not self.may(right, at):
            raise self.refusal(right, at)
        return at

    @contextmanager
    def admitted(self, repo: RepoId, right: Right) -> Iterator[Standing]:
        """Do as `admit`, and keep the body from naming other repositories when this one goes away meanwhile."""
        at = self.admit(repo, right)
        try:
            yield at
        except GatedRepoError:
            raise
        except RepositoryNotFoundError:
            raise refusals.absent(repo) from None

    def refusal(self, right: Right, at: Standing) -> AccessError:
        """Return why the caller, who sees the repository, may not do something with it."""
        by_user = rules.user_may(
            self.principal, right, at, anonymous_read=self.anonymous_read, granted=self._granted(right, at)
        )
        if right is Right.READ and not by_user:
            return refusals.gated(self.principal, at, self.address(at.repo))
        return refusals.not_enough(self.principal, right, at, by_token=by_user)

    def address(self, repo: RepoId, *parts: str) -> str:
        """Return the public address of a repository, or of something in it."""
        kind = [] if repo.type == "model" else [f"{repo.type}s"]
        return "/".join([self._base_url, *kind, spelled_owner(repo.namespace), repo.name, *parts])

    def _granted(self, right: Right, at: Standing | RepoInfo) -> bool:
        """Return whether access was given, asking only where that decides."""
        if right is not Right.READ or at.gated is None or self.principal.user is None:
            return False
        return self._has_access(at.repo, self.principal.name)
