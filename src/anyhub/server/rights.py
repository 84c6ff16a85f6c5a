"""Asking the hub for next to nothing, to be refused ahead of the work where the caller lacks a right.

Who may do what is decided by the guards of the hub alone. Each of these functions calls a verb that needs the right and
has nothing else to do.
"""

from __future__ import annotations

from anyhub.server.call import Call
from anyhub.values import Entry, RepoId

_ANY_FILE = Entry("any", "0" * 40)


def check_reads(call: Call, repo: RepoId) -> None:
    """Refuse who may not read the files.

    Raises:
        RepositoryNotFoundError, GatedRepoError: When the caller may not see the repository, or read its files.
    """
    call.hub.local_path(repo, _ANY_FILE)


def check_proposes(call: Call, repo: RepoId) -> None:
    """Refuse who may not propose changes.

    Raises:
        RepositoryNotFoundError, AccessError: When the caller may not see the repository, or propose changes to it.
    """
    call.hub.lacking(repo, [])


def check_writes(call: Call, repo: RepoId) -> None:
    """Refuse who may not change the files.

    Raises:
        RepositoryNotFoundError, AccessError: When the caller may not see the repository, or write to it.
    """
    call.hub.large_files(repo)
