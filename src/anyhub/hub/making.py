"""A repository that is made for a push, and unmade when the push fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from anyhub.errors import RepositoryExistsError

if TYPE_CHECKING:
    from anyhub.hub.interface import Hub
    from anyhub.values import RepoId


@contextmanager
def made_if_missing(hub: Hub, repo: RepoId, *, private: bool = False) -> Iterator[bool]:
    """Make a repository where there is none; when the body fails and nothing was pushed, there is none again.

    Args:
        hub (`Hub`): Where.
        repo (`RepoId`): What it is called.
        private (`bool`): Whether only its owners may see it, when it is made here.

    Yields:
        `bool`: Whether it was made here.
    """
    if hub.find_repo(repo) is not None:  # asked first: who may change a repository may not always create one there
        yield False
        return
    try:
        hub.create(repo, private=private)
    except RepositoryExistsError:
        yield False
        return
    try:
        yield True
    except BaseException:
        if _is_as_made(hub, repo):
            hub.delete(repo)
        raise


def _is_as_made(hub: Hub, repo: RepoId) -> bool:
    refs = hub.refs(repo)
    return len(refs) == 1 and not hub.resolve(repo, refs[0].name).parents
