"""The verbs that only a server in front of a hub needs: large files ahead of their commit, comparisons, and git."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from pathlib import Path

from anyhub import files, temporary
from anyhub.content.stores import BlobStore
from anyhub.errors import EntryNotFoundError
from anyhub.hub.commits.committing import Committer
from anyhub.hub.commits.pushing import Push
from anyhub.hub.repos.catalog import Catalog, Place
from anyhub.hub.repos.comparing import Comparing
from anyhub.hub.repos.downloads import Downloads
from anyhub.hub.repos.duplicating import duplicate
from anyhub.hub.repos.garbage import Garbage
from anyhub.hub.repos.linked import linked_files
from anyhub.hub.repos.moving import Moves
from anyhub.hub.repos.objects import Objects
from anyhub.hub.repos.purging import Purge
from anyhub.hub.repos.revisions import Revisions
from anyhub.hub.repos.tree_index import TreeIndex
from anyhub.hub.repos.uploads import Uploads
from anyhub.hub.serving import FileChange, LargeFile, Standing
from anyhub.hub.social.discussions import Discussions
from anyhub.hub.social.outbox import Outbox
from anyhub.hub.sql.database import Database
from anyhub.values import DEFAULT_BRANCH, Commit, Committed, Digest, Entry, RefUpdate, RepoId, RepoInfo, Signature

_MEMORY = Path("/dev/shm")


class Serving:
    """The part of `StoredHub` that `anyhub.hub.serving.ServedHub` has beyond `anyhub.hub.interface.Hub`."""

    _database: Database
    _blobs: BlobStore
    _catalog: Catalog
    _revisions: Revisions
    _trees: TreeIndex
    _uploads: Uploads
    _objects: Objects
    _garbage: Garbage
    _moves: Moves
    _outbox: Outbox
    downloads: Downloads
    _discussions: Discussions
    _commits: Committer
    _staging: Callable[[], AbstractContextManager[Path]]
    _user: Signature

    @cached_property
    def _comparing(self) -> Comparing:
        return Comparing(self._revisions, self._trees)

    def standing(self, repo: RepoId) -> Standing | None:
        """Return how a repository stands; None when there is none."""
        return self._catalog.standing(repo)

    # -- large files ahead of their commit

    def lacking(self, repo: RepoId, digests: Sequence[Digest]) -> list[Digest]:
        """Return those of the large files that this repository neither links nor has received."""
        return self._uploads.lacking(self._catalog.pk(repo), digests)

    def receive(self, repo: RepoId, digest: Digest, staged: Path) -> None:
        """Keep a large file for a commit to come."""
        self._uploads.receive(self._catalog.pk(repo), digest, staged)
        self._garbage.collect()

    def large(self, repo: RepoId, sha256: str) -> Entry:
        """Return, as an entry to `open`, a large file that the repository links or has received."""
        size = self._uploads.size(self._catalog.pk(repo), sha256)
        if size is None:
            raise EntryNotFoundError(f"{repo} has no large file {sha256}. Upload it first.")
        return Entry("", "", size, sha256)

    def large_files(self, repo: RepoId) -> list[LargeFile]:
        """List the large files that the repository links, the newest first."""
        return linked_files(self._database, self._comparing, self._revisions, self._trees, self._catalog.pk(repo))

    def purge(self, repo: RepoId, sha256s: Sequence[str], *, rewrite_history: bool = True) -> None:
        """Remove large files for good; every commit that has one of them is rewritten without it, when asked."""
        with self._database.transaction():
            place = self._catalog.place(repo)
            if rewrite_history:
                Purge(self._database, self._objects, self._trees, self._revisions, self._moves, place).rewrite(sha256s)
            self._uploads.drop(place.pk, sha256s)
        self._garbage.collect()

    # -- looking closer

    def differences(self, repo: RepoId, before: str, after: str) -> Iterator[FileChange]:
        """Walk the files in which two commits, given by full id, differ."""
        return self._comparing.differences(self._catalog.pk(repo), before, after)

    def common_ancestor(self, repo: RepoId, one: str, other: str) -> str | None:
        """Return the nearest commit that came before both of two commits, or None."""
        found = self._comparing.common_ancestor(self._catalog.pk(repo), one, other)
        return found.oid if found else None

    def last_commits(self, repo: RepoId, commit: str, paths: Sequence[str]) -> dict[str, Commit]:
        """Return for each path of a commit the newest commit, along first parents, that changed it."""
        pk = self._catalog.pk(repo)
        return self._comparing.last_commits(pk, self._revisions.commit(pk, commit), paths)

    def conflicts(self, repo: RepoId, number: int) -> list[str]:
        """Return the paths because of which an open pull request can not be merged as it is."""
        pk = self._catalog.pk(repo)
        base, head, target = self._commits.meeting(pk, self._discussions.get_open(pk, number))
        return self._comparing.conflicts(pk, base, head, self._revisions.commit(pk, target.target))

    def read_object(self, repo: RepoId, oid: str) -> bytes:
        """Return the bytes of a blob that git keeps; of a pointer, for a large file."""
        place = self._catalog.place(repo)
        found = self._objects.find(place.pk, place.folder, oid)
        if found is None or found.type != "blob":
            raise EntryNotFoundError(f"{repo} has no git blob {oid}. Take its id from a listing.")
        return found.data

    def duplicate(self, repo: RepoId, to: RepoId, *, private: bool) -> RepoInfo:
        """Create a repository with the same branches, tags and files as another, without copying bytes."""
        with self._database.transaction():
            place = self._catalog.place(repo)
            made = self._catalog.insert(to, private, self._user.name)
            duplicate(self._database, self._objects, place, made)
            self._outbox.note(made.pk, "repo", "create")
        return self._catalog.info(to)

    def count_download(self, repo: RepoId) -> None:
        """Note that the files of a repository were downloaded.

        That is written a second later, so that readers wait for no disk: who kills the process loses that second.
        """
        self.downloads.count(self._catalog.pk(repo))

    # -- git

    @contextmanager
    def git_dir(self, repo: RepoId) -> Iterator[Path]:
        """Lend a bare git repository to read this one with `git log`, `git cat-file`, `git clone` or `git fsck`.

        It holds the references as they are now and borrows all objects; what is written to it is thrown away.
        """
        place = self._catalog.place(repo)
        with self._throwaway() as scratch:
            refs = self._revisions.packed(place.pk)  # before the objects: so all that they need are there
            make_git_dir(scratch, self._objects.directory(place.pk, place.folder, scratch), refs)
            yield scratch

    def check_push(self, repo: RepoId, updates: Sequence[RefUpdate]) -> None:
        """Refuse what `push` would refuse whatever the objects are."""
        self._push_to(self._catalog.place(repo)).check(updates)

    def push(self, repo: RepoId, objects: Path, updates: Sequence[RefUpdate]) -> list[Committed | None]:
        """Take the objects of a git push and move references, all of them or none, in one transaction."""
        place = self._catalog.place(repo)
        with self._throwaway() as scratch:
            make_git_dir(scratch)
            _link_packs(objects, scratch)
            push = self._push_to(place)
            received = push.look(objects, updates, scratch)
            with self._database.transaction():
                done = push.take(received, updates, self._moves, self._user)
        self._commits.gather(place)
        return done

    def _push_to(self, place: Place) -> Push:
        return Push(
            self._database, self._objects, self._trees, self._revisions, self._uploads, self._discussions, place
        )

    def _throwaway(self) -> AbstractContextManager[Path]:
        """Lend an empty folder in memory where the system has one: each request by git takes one, and syncs nothing."""
        return temporary.scratch(_MEMORY) if os.access(_MEMORY, os.W_OK) else self._staging()


def _link_packs(objects: Path, git_dir: Path) -> None:
    """Give a git repository the packs of an object directory, and nothing that this one borrows from others."""
    for file in objects.glob("pack/pack-*"):
        if file.suffix in (".pack", ".idx") and not files.link(file, git_dir / "objects/pack" / file.name):
            files.copy(file, git_dir / "objects/pack" / file.name)


def make_git_dir(folder: Path, objects: Path | None = None, refs: str = "") -> None:
    """Make a bare git repository.

    Args:
        folder (`Path`): An empty folder, but for what ``objects`` may be.
        objects (`Path`, *optional*): A git object directory that it borrows from.
        refs (`str`): The content of ``packed-refs``.
    """
    for name in ("objects/info", "objects/pack", "refs"):
        files.make_folder(folder / name)
    for name, content in (
        ("HEAD", f"ref: refs/heads/{DEFAULT_BRANCH}\n"),
        ("config", "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"),
        ("objects/info/alternates", f"{objects}\n" if objects else ""),
        ("packed-refs", refs),
    ):
        with files.create(folder / name, hashing=False) as writer:
            writer.write(content.encode())
