"""What a server needs of a hub beyond what its users call: large files that come ahead of their commit, and git."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from anyhub.hub.interface import Hub
from anyhub.values import Commit, Committed, Digest, Entry, Gate, RefUpdate, RepoId, Signature


@dataclass(frozen=True, slots=True)
class Standing:
    """Of what is known of a repository, that by which it is decided who may do what with it; as in `RepoInfo`."""

    repo: RepoId
    private: bool
    gated: Gate | None
    creator: str


@dataclass(frozen=True, slots=True)
class LargeFile:
    """A large file that a repository links, where one of its commits has it.

    Attributes:
        digest (`Digest`): What it is.
        path (`str`): Its path in the newest commit that has it; empty for one that no branch, tag or pull request has.
        ref (`str`): A reference of such a commit, ``refs/heads/main`` before all others; empty likewise.
        pushed_at (`datetime`): When it came, in UTC.
    """

    digest: Digest
    path: str
    ref: str
    pushed_at: datetime


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file in which two commits differ: what it was and what it is, None where it is missing."""

    path: str
    before: Entry | None
    after: Entry | None


class ServedHub(Hub, Protocol):
    """A hub that a server can be put in front of."""

    def acting_as(self, who: Signature) -> ServedHub:
        """Return this hub as another person sees it: the author of commits and events, and the owner of bare names."""

    def standing(self, repo: RepoId) -> Standing | None:
        """Return how a repository stands, by its name or one that it had before; None when there is none.

        It is asked before everything else that is done, and so it takes next to nothing; and it takes the same whatever
        is in the repository, so that its time does not tell one that is hidden from one that is not there.
        """

    # -- large files ahead of their commit

    def lacking(self, repo: RepoId, digests: Sequence[Digest]) -> list[Digest]:
        """Return those of the large files that this repository neither links nor has received.

        That another repository has them makes no difference: who knows a hash may not learn that it is here.
        """

    def receive(self, repo: RepoId, digest: Digest, staged: Path) -> None:
        """Keep a large file for a commit to come (`AddFile.source` may be its digest).

        Args:
            repo (`RepoId`): The repository that may link it.
            digest (`Digest`): What the caller found the file to be while it wrote it.
            staged (`Path`): The file, below a `staging()` folder of this hub; it is gone afterwards.
        """

    def large(self, repo: RepoId, sha256: str) -> Entry:
        """Return, as an entry to `open`, a large file that the repository links or has received.

        Raises:
            EntryNotFoundError: When it does neither.
        """

    def large_files(self, repo: RepoId) -> list[LargeFile]:
        """List the large files that the repository links, the newest first."""

    def purge(self, repo: RepoId, sha256s: Sequence[str], *, rewrite_history: bool = True) -> None:
        """Remove large files for good; every commit that has one of them is rewritten without it, when asked."""

    # -- looking closer

    def differences(self, repo: RepoId, before: str, after: str) -> Iterator[FileChange]:
        """Walk the files in which two commits, given by full id, differ."""

    def common_ancestor(self, repo: RepoId, one: str, other: str) -> str | None:
        """Return the nearest commit that came before both of two commits, or None."""

    def last_commits(self, repo: RepoId, commit: str, paths: Sequence[str]) -> dict[str, Commit]:
        """Return for each path of a commit the newest commit, along first parents, that changed it."""

    def conflicts(self, repo: RepoId, number: int) -> list[str]:
        """Return the paths because of which an open pull request can not be merged as it is."""

    def read_object(self, repo: RepoId, oid: str) -> bytes:
        """Return the bytes of a blob that git keeps; of a pointer, for a large file."""

    def count_download(self, repo: RepoId) -> None:
        """Note that the files of a repository were downloaded; it may take a second until that is told."""

    # -- git

    def git_dir(self, repo: RepoId) -> AbstractContextManager[Path]:
        """Lend a bare git repository with the references as they are now; what is written to it is thrown away."""

    def check_push(self, repo: RepoId, updates: Sequence[RefUpdate]) -> None:
        """Refuse what `push` would refuse whatever the objects are, before any of them has been received.

        Args:
            repo (`RepoId`): Which repository.
            updates: What is to be done; as for `push`, which looks at all of it again.

        Raises:
            ValidationError, ConflictError, TooLargeError: As `push` does.
        """

    def push(self, repo: RepoId, objects: Path, updates: Sequence[RefUpdate]) -> list[Committed | None]:
        """Take the objects of a git push and move references, all of them or none, in one transaction.

        The rules are those of `commit`: paths, sizes of what is not large, large files that have been received. A
        reference that is not where an update says is a conflict.

        Args:
            repo (`RepoId`): Which repository.
            objects (`Path`): A git object directory below a `staging()` folder, with at most one pack that is whole
                (no delta against an object of another pack) and checked by ``git index-pack --strict``.
            updates: What to do; branches, tags and ``refs/pr/N``.

        Raises:
            ValidationError, InvalidPathError, PathCollisionError, ConflictError, EntryNotFoundError: Each names what
                has to be mended; nothing was changed.
        """
