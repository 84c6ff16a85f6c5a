"""The address of a repository, which can be given wherever a repository's id is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from anyhub.values import RepoId, RepoType

if TYPE_CHECKING:
    from anyhub.hub.interface import ReadsRepos


@dataclass(eq=False)
class RepoUrl(str):
    """The address of a repository: a text, with what it is made of.

    Attributes:
        url (`str`): The address, as the text itself.
        endpoint (`str`): The address of the hub.
        namespace (`str`): Whose the repository is.
        repo_name (`str`): What it is called there.
        repo_type (`str`): `"model"`, `"dataset"` or `"space"`.
    """

    url: str
    endpoint: str
    namespace: str
    repo_name: str
    repo_type: RepoType

    def __new__(cls, url: str, *_: Any, **__: Any) -> RepoUrl:
        return super().__new__(cls, url)

    @classmethod
    def of(cls, hub: ReadsRepos, repo: RepoId) -> RepoUrl:
        """Return the address of a repository of a hub."""
        return cls(hub.url(repo), hub.endpoint, repo.namespace, repo.name, repo.type)

    @property
    def repo_id(self) -> str:
        """The id of the repository: ``"namespace/name"``."""
        return f"{self.namespace}/{self.repo_name}"
