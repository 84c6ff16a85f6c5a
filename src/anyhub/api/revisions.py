"""Branches and tags: list, make and remove them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from anyhub.api.session import Endpoint, Session, Token
from anyhub.errors import RepositoryNotFoundError, RevisionExistsError, RevisionNotFoundError
from anyhub.values import DEFAULT_BRANCH, Ref, check_ref_name

if TYPE_CHECKING:
    from collections.abc import Iterable

_BRANCHES = "refs/heads/"
_TAGS = "refs/tags/"
_PULL_REQUESTS = "refs/pr/"


@dataclass(frozen=True)
class GitRefInfo:
    """A name that points at a commit.

    Attributes:
        name (`str`): What users call it, such as ``main``, ``v1`` or, for a pull request, its number.
        ref (`str`): What git calls it, such as ``refs/heads/main``.
        target_commit (`str`): The id of the commit.
    """

    name: str
    ref: str
    target_commit: str


@dataclass(frozen=True)
class GitRefs:
    """The names that point at commits of a repository, each list sorted by name.

    Attributes:
        branches (`list[GitRefInfo]`): Branches.
        converts (`list[GitRefInfo]`): What a hub made by itself, such as data sets in another format.
        tags (`list[GitRefInfo]`): Tags.
        pull_requests (`list[GitRefInfo]`, *optional*): Heads of pull requests, when they were asked for.
    """

    branches: list[GitRefInfo]
    converts: list[GitRefInfo]
    tags: list[GitRefInfo]
    pull_requests: list[GitRefInfo] | None = None


class Revisions(Session):
    """The part of `HfApi` about branches and tags."""

    def list_repo_refs(
        self,
        repo_id: str,
        *,
        repo_type: str | None = None,
        include_pull_requests: bool = False,
        token: Token = None,
        endpoint: Endpoint = None,
    ) -> GitRefs:
        """List the branches and tags of a repository.

        Args:
            repo_id (`str`): Which repository.
            repo_type (`str`, *optional*): See `HfApi`.
            include_pull_requests (`bool`): Whether the heads of pull requests are listed too.
            token (`str` or `bool`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.

        Raises:
            RepositoryNotFoundError: Names the nearest one that exists.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        refs = hub.refs(repo)
        return GitRefs(
            branches=_below(_BRANCHES, refs),
            converts=_below("refs/convert/", refs),
            tags=_below(_TAGS, refs),
            pull_requests=_below(_PULL_REQUESTS, refs) if include_pull_requests else None,
        )

    def revision_exists(
        self,
        repo_id: str,
        revision: str,
        *,
        repo_type: str | None = None,
        token: Token = None,
        endpoint: Endpoint = None,
    ) -> bool:
        """Return whether a repository has a revision; False, too, when there is no such repository.

        Args:
            repo_id (`str`): Which repository.
            revision (`str`): A branch, tag or commit.
            repo_type (`str`, *optional*): See `HfApi`.
            token (`str` or `bool`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.

        Raises:
            InvalidRepoIdError: When the id is malformed.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        try:
            hub.resolve(repo, revision)
        except (RepositoryNotFoundError, RevisionNotFoundError):
            return False
        return True

    def create_branch(
        self,
        repo_id: str,
        *,
        branch: str,
        revision: str | None = None,
        token: Token = None,
        repo_type: str | None = None,
        exist_ok: bool = False,
        endpoint: Endpoint = None,
    ) -> None:
        """Create a branch.

        Args:
            repo_id (`str`): Which repository.
            branch (`str`): What it is to be called.
            revision (`str`, *optional*): The branch, tag or commit it begins at; ``main``, when None.
            token (`str` or `bool`, *optional*): See `HfApi`.
            repo_type (`str`, *optional*): See `HfApi`.
            exist_ok (`bool`): Whether one that exists is fine; it stays where it is.
            endpoint (*optional*): See `HfApi`.

        Raises:
            RevisionExistsError: When there is one of that name.
            InvalidRevisionError: When a branch can not be called so.
            RepositoryNotFoundError, RevisionNotFoundError: Name the nearest one that exists.
        """
        check_ref_name(branch)
        self._create(repo_id, _BRANCHES + branch, revision, token, repo_type, exist_ok, endpoint)

    def delete_branch(
        self,
        repo_id: str,
        *,
        branch: str,
        token: Token = None,
        repo_type: str | None = None,
        endpoint: Endpoint = None,
    ) -> None:
        """Remove a branch. Its commits stay, as long as another name leads to them.

        Args:
            repo_id (`str`): Which repository.
            branch (`str`): Which branch; ``main`` stays.
            token (`str` or `bool`, *optional*): See `HfApi`.
            repo_type (`str`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.

        Raises:
            RepositoryNotFoundError, RevisionNotFoundError: Name the nearest one that exists.
            ConflictError: When it is ``main``.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        hub.delete_ref(repo, _BRANCHES + check_ref_name(branch))

    def create_tag(
        self,
        repo_id: str,
        *,
        tag: str,
        tag_message: str | None = None,
        revision: str | None = None,
        token: Token = None,
        repo_type: str | None = None,
        exist_ok: bool = False,
        endpoint: Endpoint = None,
    ) -> None:
        """Create a tag.

        Args:
            repo_id (`str`): Which repository.
            tag (`str`): What it is to be called.
            tag_message (`str`, *optional*): What is said of it; git shows that with the tag.
            revision (`str`, *optional*): The branch, tag or commit it is for; ``main``, when None.
            token (`str` or `bool`, *optional*): See `HfApi`.
            repo_type (`str`, *optional*): See `HfApi`.
            exist_ok (`bool`): Whether one that exists is fine; it stays where it is.
            endpoint (*optional*): See `HfApi`.

        Raises:
            RevisionExistsError: When there is one of that name.
            InvalidRevisionError: When a tag can not be called so.
            RepositoryNotFoundError, RevisionNotFoundError: Name the nearest one that exists.
        """
        check_ref_name(tag, "tag")
        self._create(repo_id, _TAGS + tag, revision, token, repo_type, exist_ok, endpoint, tag_message or "")

    def delete_tag(
        self,
        repo_id: str,
        *,
        tag: str,
        token: Token = None,
        repo_type: str | None = None,
        endpoint: Endpoint = None,
    ) -> None:
        """Remove a tag. Its commit stays, as long as another name leads to it.

        Args:
            repo_id (`str`): Which repository.
            tag (`str`): Which tag.
            token (`str` or `bool`, *optional*): See `HfApi`.
            repo_type (`str`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.

        Raises:
            RepositoryNotFoundError, RevisionNotFoundError: Name the nearest one that exists.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        hub.delete_ref(repo, _TAGS + check_ref_name(tag, "tag"))

    def _create(
        self,
        repo_id: str,
        ref: str,
        revision: str | None,
        token: Token,
        repo_type: str | None,
        exist_ok: bool,
        endpoint: Endpoint,
        message: str = "",
    ) -> None:
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        target = hub.resolve(repo, revision or DEFAULT_BRANCH).oid
        try:
            hub.create_ref(repo, ref, target, message)
        except RevisionExistsError:
            if not exist_ok:
                raise


def _below(folder: str, refs: Iterable[Ref]) -> list[GitRefInfo]:
    return [
        GitRefInfo(ref.name.removeprefix(folder), ref.name, ref.target) for ref in refs if ref.name.startswith(folder)
    ]
