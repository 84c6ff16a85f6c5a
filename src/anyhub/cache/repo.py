"""A repository as the cache sees it: where its files are kept, and how its hub is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from anyhub.cache.layout import RepoFolder, hub_folder
from anyhub.errors import InvalidRepoIdError, ValidationError
from anyhub.hub.caller import Caller
from anyhub.hub.opening import endpoint_of, home, open_hub
from anyhub.values import RepoId

if TYPE_CHECKING:
    from anyhub.hub.interface import Hub, ReadsRepos


@dataclass(frozen=True, slots=True)
class CachedRepo:
    """A repository as the cache sees it.

    Attributes:
        repo (`RepoId`): Which one.
        folder (`RepoFolder`): Where its files are kept.
        open_hub: Opens the hub that it is on; called only when the cache has no answer.
        offline (`bool`): Never ask the hub.
    """

    repo: RepoId
    folder: RepoFolder
    open_hub: Callable[[], ReadsRepos]
    offline: bool = False


def cached_repo(
    repo_id: str,
    *,
    repo_type: str | None = None,
    endpoint: str | Path | Hub | None = None,
    caller: Caller | None = None,
    cache_dir: str | Path | None = None,
    offline: bool = False,
    force: bool = False,
) -> CachedRepo:
    """Return the repository that a user's text means, without opening its hub where the text has a namespace.

    Args:
        repo_id (`str`): ``"namespace/name"``; a bare name belongs to whoever asks the hub.
        repo_type (`str`, *optional*): `"model"` (the default), `"dataset"` or `"space"`.
        endpoint, caller (*optional*): Which hub, and who asks it; see `anyhub.hub.opening.open_hub`.
        cache_dir (`str` or `Path`, *optional*): The root of the cache; see `anyhub.cache.layout.hub_folder`.
        offline (`bool`): Never ask the hub.
        force (`bool`): What is there will be asked for again.

    Raises:
        InvalidRepoIdError: When the text is malformed.
        ValidationError: When ``offline`` and ``force`` are both set.
    """
    if offline and force:
        raise ValidationError("force_download=True asks the hub and local_files_only=True forbids it; choose one.")
    folder = hub_folder(endpoint_of(endpoint), home(), cache_dir)
    opened = partial(open_hub, endpoint, caller)
    text = str(getattr(repo_id, "repo_id", repo_id))
    repo_type = repo_type or getattr(repo_id, "repo_type", None)
    repo = _repo_id(text, repo_type, opened)
    return CachedRepo(repo, RepoFolder.of(repo, folder), opened, offline)


def _repo_id(text: str, repo_type: str | None, opened: Callable[[], Hub]) -> RepoId:
    """Return the id that a text means; the hub is asked only for what depends on it."""
    if "/" in text:
        try:
            return RepoId.parse(text, namespace="", type=repo_type)
        except InvalidRepoIdError:
            return opened().repo_id(text, repo_type)  # it may have users of names that another system gave
    return opened().repo_id(text, repo_type)
