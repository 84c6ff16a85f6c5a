"""Repositories as wholes: make, remove, rename, and set who may see them."""

from __future__ import annotations

from typing import Any, Literal

from anyhub.api.repo_url import RepoUrl
from anyhub.api.session import Endpoint, Session, Token
from anyhub.errors import RepositoryExistsError, RepositoryNotFoundError, ValidationError
from anyhub.values import Gate


class Repositories(Session):
    """The part of `HfApi` about repositories as wholes."""

    def whoami(self, token: Token = None, *, endpoint: Endpoint = None) -> dict[str, Any]:
        """Return who asks.

        Args:
            token (`str` or `bool`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.

        Returns:
            `dict`: ``{"type": "user", "name": …}``; the name is the namespace of bare repository names. A hub on the
            network says more: ``fullname``, ``email``, ``orgs``, and ``auth``, which tells of the token.

        Raises:
            AuthenticationError: When a hub on the network does not know who asks.
        """
        from anyhub.hub.remote.hub import RemoteHub

        hub = self._open(endpoint, token)
        return hub.whoami() if isinstance(hub, RemoteHub) else {"type": "user", "name": hub.repo_id("name").namespace}

    def create_repo(
        self,
        repo_id: str,
        *,
        token: Token = None,
        private: bool | None = None,
        repo_type: str | None = None,
        exist_ok: bool = False,
        endpoint: Endpoint = None,
    ) -> RepoUrl:
        """Create a repository, with a first commit on the branch ``main``.

        Args:
            repo_id (`str`): ``"namespace/name"``; a bare name belongs to whoever asks.
            token (`str` or `bool`, *optional*): See `HfApi`.
            private (`bool`, *optional*): Whether only its owners may see it; False, when None.
            repo_type (`str`, *optional*): `"model"` (the default), `"dataset"` or `"space"`.
            exist_ok (`bool`): Whether one that exists is fine; it stays as it is.
            endpoint (*optional*): See `HfApi`.

        Returns:
            `RepoUrl`: The address of the repository; can be given as ``repo_id`` to every other call.

        Raises:
            RepositoryExistsError: When one of that name, in any case, exists.
            InvalidRepoIdError: When the id is malformed.
            ValidationError: When ``private`` is neither True nor False.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        try:
            info = hub.create(repo, private=_checked(False if private is None else private))
        except RepositoryExistsError:
            if not exist_ok:
                raise
            info = hub.info(repo)
        return RepoUrl.of(hub, info.repo)

    def delete_repo(
        self,
        repo_id: str,
        *,
        token: Token = None,
        repo_type: str | None = None,
        missing_ok: bool = False,
        endpoint: Endpoint = None,
    ) -> None:
        """Remove a repository and everything that only it holds. It can not be brought back.

        Args:
            repo_id (`str`): Which repository.
            token (`str` or `bool`, *optional*): See `HfApi`.
            repo_type (`str`, *optional*): See `HfApi`.
            missing_ok (`bool`): Whether it is fine when there is none of that name.
            endpoint (*optional*): See `HfApi`.

        Raises:
            RepositoryNotFoundError: Names the nearest one that exists.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        try:
            hub.delete(repo)
        except RepositoryNotFoundError:
            if not missing_ok:
                raise

    def move_repo(
        self,
        from_id: str,
        to_id: str,
        *,
        repo_type: str | None = None,
        token: Token = None,
        endpoint: Endpoint = None,
    ) -> None:
        """Rename a repository, or give it to another namespace.

        Args:
            from_id (`str`): What it is called now.
            to_id (`str`): What it is to be called.
            repo_type (`str`, *optional*): See `HfApi`.
            token (`str` or `bool`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.

        Raises:
            RepositoryNotFoundError: Names the nearest one that exists.
            RepositoryExistsError: When the new name is taken.
        """
        hub, repo = self._find(from_id, repo_type, endpoint, token)
        hub.move(repo, hub.repo_id(to_id, repo.type))

    def duplicate_repo(
        self,
        from_id: str,
        to_id: str | None = None,
        *,
        repo_type: str | None = None,
        private: bool | None = None,
        token: Token = None,
        exist_ok: bool = False,
        endpoint: Endpoint = None,
    ) -> RepoUrl:
        """Create a repository with the same branches, tags and files as another one.

        Args:
            from_id (`str`): Which repository.
            to_id (`str`, *optional*): What the new one is to be called; the same name in the namespace of whoever asks,
                when None.
            repo_type (`str`, *optional*): See `HfApi`.
            private (`bool`, *optional*): Whether only its owners may see it; as with the other one, when None.
            token (`str` or `bool`, *optional*): See `HfApi`.
            exist_ok (`bool`): Whether one that exists is fine; it stays as it is.
            endpoint (*optional*): See `HfApi`.

        Returns:
            `RepoUrl`: The address of the new repository.

        Raises:
            RepositoryNotFoundError: Names the nearest one that exists.
            RepositoryExistsError: When the new name is taken.
            ValidationError: When ``private`` is neither True, False nor None.
        """
        hub, repo = self._find(from_id, repo_type, endpoint, token)
        to = hub.repo_id(repo.name if to_id is None else to_id, repo.type)
        try:
            made = hub.duplicate(
                repo, to, private=hub.info(repo).private if private is None else _checked(private)
            ).repo
        except RepositoryExistsError:
            if not exist_ok:
                raise
            made = hub.info(to).repo
        return RepoUrl.of(hub, made)

    def update_repo_settings(
        self,
        repo_id: str,
        *,
        gated: Gate | Literal[False] | None = None,
        private: bool | None = None,
        token: Token = None,
        repo_type: str | None = None,
        endpoint: Endpoint = None,
    ) -> None:
        """Set who may see a repository, and its files.

        Args:
            repo_id (`str`): Which repository.
            gated (`str` or `bool`, *optional*): How access to its files is given to those who ask: at once (``"auto"``)
                or by its owners (``"manual"``); False for files that nobody has to ask for.
            private (`bool`, *optional*): Whether only its owners may see it.
            token (`str` or `bool`, *optional*): See `HfApi`.
            repo_type (`str`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.

        Raises:
            ValidationError: When there is nothing to set.
            RepositoryNotFoundError: Names the nearest one that exists.
        """
        if private is None and gated is None:
            raise ValidationError("There is no setting to update; give private= or gated=.")
        gate = _checked_gate(gated)
        if private is not None:
            _checked(private)
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        if private:
            hub.set_private(repo, True)
        if gated is not None:
            hub.set_gated(repo, gate)
        if private is False:  # after the gate is there
            hub.set_private(repo, False)

    def update_repo_visibility(
        self,
        repo_id: str,
        private: bool = False,
        *,
        token: Token = None,
        repo_type: str | None = None,
        endpoint: Endpoint = None,
    ) -> dict[str, bool]:
        """Set whether only its owners may see a repository, and return what it is now: ``{"private": …}``.

        Args:
            repo_id (`str`): Which repository.
            private (`bool`): Whether only its owners may see it.
            token (`str` or `bool`, *optional*): See `HfApi`.
            repo_type (`str`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.

        Raises:
            RepositoryNotFoundError: Names the nearest one that exists.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        return {"private": hub.set_private(repo, _checked(private)).private}

    def repo_exists(
        self, repo_id: str, *, repo_type: str | None = None, token: Token = None, endpoint: Endpoint = None
    ) -> bool:
        """Return whether the hub has a repository.

        Args:
            repo_id (`str`): Which repository.
            repo_type (`str`, *optional*): See `HfApi`.
            token (`str` or `bool`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.

        Raises:
            InvalidRepoIdError: When the id is malformed.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        try:
            hub.info(repo)
        except RepositoryNotFoundError:
            return False
        return True


def _checked(private: object) -> bool:
    if not isinstance(private, bool):
        raise ValidationError(f"private is True or False, not {private!r}.")
    return private


def _checked_gate(gated: object) -> Gate | None:
    if gated is None or gated is False:
        return None
    if gated == "auto" or gated == "manual":
        return gated
    raise ValidationError(f"gated is 'auto', 'manual' or False, not {gated!r}.")
