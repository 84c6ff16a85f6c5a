"""A hub as one caller may see and change it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from anyhub.community import Discussion, Event
from anyhub.errors import ForbiddenError
from anyhub.hub.access import refusals, rules
from anyhub.hub.access.rules import Right
from anyhub.hub.access.signature import signature_of
from anyhub.hub.access.warden import HasAccess, Warden
from anyhub.hub.serving import FileChange, LargeFile, ServedHub, Standing
from anyhub.people import Principal
from anyhub.progress import Update
from anyhub.values import (
    Changes,
    Commit,
    Committed,
    Digest,
    Entry,
    Gate,
    PullRequestStatus,
    Query,
    Ref,
    RefUpdate,
    RepoId,
    RepoInfo,
    Signature,
)


class GuardedHub:
    """Implements `ServedHub` by another one, verb by verb: who asks is let through, or refused.

    There is no way from here to a verb that is not written down below; a new one has to say first what it needs.

    Args:
        hub (`ServedHub`): What is guarded.
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
        self.warden = Warden(hub, principal, anonymous_read=anonymous_read, has_access=has_access, base_url=base_url)
        self._principal = principal
        self._base_url = base_url
        self._hub = hub if principal.user is None else hub.acting_as(signature_of(principal))

    @property
    def endpoint(self) -> str:
        """The public address of the hub."""
        return self._base_url or self._hub.endpoint

    def acting_as(self, who: Signature) -> GuardedHub:
        """Return this hub for the caller; nobody can act as somebody else.

        Raises:
            ForbiddenError: When that is somebody else.
        """
        if rules.is_user(self._principal, who.name):
            return self
        raise ForbiddenError(f"You may not act as {who.name!r}. Use a token of that user.")

    # -- reading

    def repo_id(self, text: str, type: str | None = None) -> RepoId:
        """Return the id that a text means; a bare name belongs to the caller, and to nobody when that is nobody.

        Every namespace is taken that an account may have: whether one has it is for nobody to learn here.
        """
        return RepoId.parse(text, namespace=self._principal.name, type=type, any_owner=True)

    def url(self, repo: RepoId, *parts: str) -> str:
        """Return a public address of a repository."""
        return self.warden.address(repo, *parts)

    def find_repo(self, repo: RepoId) -> RepoInfo | None:
        """Return what is known of a repository; None when there is none that the caller may see."""
        at = self.warden.find(repo)
        return None if at is None else self._hub.find_repo(at.repo)

    def standing(self, repo: RepoId) -> Standing | None:
        """Return how a repository stands; None when there is none that the caller may see."""
        return self.warden.find(repo)

    def info(self, repo: RepoId) -> RepoInfo:
        """Return what is known of a repository as a whole."""
        with self.warden.admitted(repo, Right.SEE) as at:
            return self._hub.info(at.repo)

    def search(self, query: Query) -> Iterator[RepoInfo]:
        """List the repositories that the caller may see."""
        if self._principal.user is None and not self.warden.anonymous_read:
            raise refusals.login_needed("list repositories")
        allowed = rules.private_namespaces(self._principal)
        if allowed is not None and query.private_in is not None:
            allowed &= query.private_in
        whole = rules.sees_all_of(self._principal)
        asked = replace(
            query,
            private_in=query.private_in if allowed is None else allowed,
            limit=query.limit if whole else None,
        )
        seen = (info for info in self._hub.search(asked) if self.warden.may(Right.SEE, info))
        return islice(seen, query.limit)

    def resolve(self, repo: RepoId, revision: str = "main") -> Commit:
        """Return the commit that a revision is at now."""
        with self.warden.admitted(repo, Right.SEE) as at:
            return self._hub.resolve(at.repo, revision)

    def refs(self, repo: RepoId) -> list[Ref]:
        """List branches, tags and the heads of pull requests."""
        with self.warden.admitted(repo, Right.SEE) as at:
            return self._hub.refs(at.repo)

    def history(self, repo: RepoId, revision: str = "main") -> Iterator[Commit]:
        """Walk from a revision to the first commit."""
        with self.warden.admitted(repo, Right.SEE) as at:
            return self._hub.history(at.repo, revision)

    def tree(self, repo: RepoId, commit: str, path: str = "", *, recursive: bool = True) -> Iterator[Entry]:
        """List what is in a folder of a commit."""
        with self.warden.admitted(repo, Right.SEE) as at:
            return self._hub.tree(at.repo, commit, path, recursive=recursive)

    def find(self, repo: RepoId, commit: str, paths: Sequence[str]) -> list[Entry]:
        """Return the entries of those of ``paths`` that exist in a commit."""
        with self.warden.admitted(repo, Right.SEE) as at:
            return self._hub.find(at.repo, commit, paths)

    def entry(self, repo: RepoId, commit: str, path: str) -> Entry:
        """Return the entry of one file or folder."""
        with self.warden.admitted(repo, Right.SEE) as at:
            return self._hub.entry(at.repo, commit, path)

    def open(self, repo: RepoId, entry: Entry) -> BinaryIO:
        """Return a seekable stream of a file's content."""
        with self.warden.admitted(repo, Right.READ) as at:
            return self._hub.open(at.repo, entry)

    def local_path(self, repo: RepoId, entry: Entry) -> Path | None:
        """Return the file on this machine that holds exactly these bytes, or None."""
        with self.warden.admitted(repo, Right.READ) as at:
            return self._hub.local_path(at.repo, entry)

    def fetch(self, repo: RepoId, entry: Entry, partial: Path, update: Update) -> Digest:
        """Bring the content of a file into ``partial``."""
        with self.warden.admitted(repo, Right.READ) as at:
            return self._hub.fetch(at.repo, entry, partial, update)

    # -- looking closer

    def large(self, repo: RepoId, sha256: str) -> Entry:
        """Return, as an entry to `open`, a large file that the repository links or has received."""
        with self.warden.admitted(repo, Right.READ) as at:
            return self._hub.large(at.repo, sha256)

    def large_files(self, repo: RepoId) -> list[LargeFile]:
        """List the large files that the repository links."""
        with self.warden.admitted(repo, Right.WRITE) as at:
            return self._hub.large_files(at.repo)

    def differences(self, repo: RepoId, before: str, after: str) -> Iterator[FileChange]:
        """Walk the files in which two commits differ."""
        with self.warden.admitted(repo, Right.READ) as at:
            return self._hub.differences(at.repo, before, after)

    def common_ancestor(self, repo: RepoId, one: str, other: str) -> str | None:
        """Return the nearest commit that came before both of two commits, or None."""
        with self.warden.admitted(repo, Right.SEE) as at:
            return self._hub.common_ancestor(at.repo, one, other)

    def last_commits(self, repo: RepoId, commit: str, paths: Sequence[str]) -> dict[str, Commit]:
        """Return for each path of a commit the newest commit that changed it."""
        with self.warden.admitted(repo, Right.SEE) as at:
            return self._hub.last_commits(at.repo, commit, paths)

    def conflicts(self, repo: RepoId, number: int) -> list[str]:
        """Return the paths because of which an open pull request can not be merged as it is."""
        with self.warden.admitted(repo, Right.SEE) as at:
            return self._hub.conflicts(at.repo, number)

    def read_object(self, repo: RepoId, oid: str) -> bytes:
        """Return the bytes of a blob that git keeps."""
        with self.warden.admitted(repo, Right.READ) as at:
            return self._hub.read_object(at.repo, oid)

    def count_download(self, repo: RepoId) -> None:
        """Note that the files of a repository were downloaded."""
        with self.warden.admitted(repo, Right.READ) as at:
            self._hub.count_download(at.repo)

    @contextmanager
    def git_dir(self, repo: RepoId) -> Iterator[Path]:
        """Lend a bare git repository with the references as they are now."""
        with self.warden.admitted(repo, Right.READ) as at:
            lent = self._hub.git_dir(at.repo)
        with lent as folder:
            yield folder

    # -- writing

    def staging(self) -> AbstractContextManager[Path]:
        """Lend an empty folder for bytes on their way to a repository."""
        if not rules.may_upload(self._principal):
            raise refusals.token_too_weak(self._principal, "send files")
        return self._hub.staging()

    def lacking(self, repo: RepoId, digests: Sequence[Digest]) -> list[Digest]:
        """Return those of the large files that this repository neither links nor has received."""
        with self.warden.admitted(repo, Right.PROPOSE) as at:
            return self._hub.lacking(at.repo, digests)

    def receive(self, repo: RepoId, digest: Digest, staged: Path) -> None:
        """Keep a large file for a commit to come."""
        with self.warden.admitted(repo, Right.PROPOSE) as at:
            self._hub.receive(at.repo, digest, staged)

    def commit(
        self,
        repo: RepoId,
        changes: Changes,
        *,
        message: str,
        description: str = "",
        onto: str = "main",
        base: str | None = None,
        parent: str | None = None,
        pull_request: bool = False,
    ) -> Committed:
        """Make all changes one commit: writers anywhere, others in a pull request of their own."""
        with self.warden.admitted(repo, Right.PROPOSE) as at:
            if not pull_request:
                self._check_moves(at, onto)
            return self._hub.commit(
                at.repo,
                changes,
                message=message,
                description=description,
                onto=onto,
                base=base,
                parent=parent,
                pull_request=pull_request,
            )

    def check_push(self, repo: RepoId, updates: Sequence[RefUpdate]) -> None:
        """Refuse what `push` would refuse whatever the objects are."""
        with self.warden.admitted(repo, Right.PROPOSE) as at:
            self._check_all_move(at, updates)
            self._hub.check_push(at.repo, updates)

    def push(self, repo: RepoId, objects: Path, updates: Sequence[RefUpdate]) -> list[Committed | None]:
        """Take the objects of a git push: writers anywhere, others in pull requests of their own."""
        with self.warden.admitted(repo, Right.PROPOSE) as at:
            self._check_all_move(at, updates)
            return self._hub.push(at.repo, objects, updates)

    # -- repositories and references as wholes

    def create(self, repo: RepoId, *, private: bool = False) -> RepoInfo:
        """Create a repository, in a namespace where the caller may."""
        self._check_creates(repo)
        return self._hub.create(repo, private=private)

    def delete(self, repo: RepoId) -> None:
        """Remove a repository and all that only it holds."""
        with self.warden.admitted(repo, Right.MANAGE):
            self._hub.delete(repo)  # by the name that was given: one that it had before deletes nothing

    def move(self, repo: RepoId, to: RepoId) -> RepoInfo:
        """Rename a repository, within namespaces where the caller may create one."""
        with self.warden.admitted(repo, Right.MANAGE) as at:
            self._check_creates(to)
            return self._hub.move(at.repo, to)

    def duplicate(self, repo: RepoId, to: RepoId, *, private: bool) -> RepoInfo:
        """Create a repository with the files of one that the caller may read."""
        with self.warden.admitted(repo, Right.READ) as at:
            self._check_creates(to)
            return self._hub.duplicate(at.repo, to, private=private)

    def set_private(self, repo: RepoId, private: bool) -> RepoInfo:
        """Set whether only its owners may see a repository."""
        with self.warden.admitted(repo, Right.MANAGE) as at:
            return self._hub.set_private(at.repo, private)

    def set_gated(self, repo: RepoId, gated: Gate | None) -> RepoInfo:
        """Set whether its files are only for those who asked for access."""
        with self.warden.admitted(repo, Right.MANAGE) as at:
            return self._hub.set_gated(at.repo, gated)

    def purge(self, repo: RepoId, sha256s: Sequence[str], *, rewrite_history: bool = True) -> None:
        """Remove large files for good."""
        with self.warden.admitted(repo, Right.MANAGE) as at:
            self._hub.purge(at.repo, sha256s, rewrite_history=rewrite_history)

    def create_ref(self, repo: RepoId, name: str, target: str, message: str = "") -> Ref:
        """Create a branch or tag."""
        with self.warden.admitted(repo, Right.WRITE) as at:
            return self._hub.create_ref(at.repo, name, target, message)

    def delete_ref(self, repo: RepoId, name: str) -> None:
        """Remove a branch or tag."""
        with self.warden.admitted(repo, Right.WRITE) as at:
            self._hub.delete_ref(at.repo, name)

    def squash(self, repo: RepoId, branch: str, message: str) -> Commit:
        """Replace the history of a branch by one commit with the same files."""
        with self.warden.admitted(repo, Right.WRITE) as at:
            return self._hub.squash(at.repo, branch, message)

    # -- discussions

    def discussions(self, repo: RepoId) -> list[Discussion]:
        """List discussions and pull requests."""
        with self.warden.admitted(repo, Right.SEE) as at:
            return self._hub.discussions(at.repo)

    def discussion(self, repo: RepoId, number: int) -> Discussion:
        """Return one discussion or pull request."""
        with self.warden.admitted(repo, Right.SEE) as at:
            return self._hub.discussion(at.repo, number)

    def open_discussion(self, repo: RepoId, title: str, description: str = "") -> Discussion:
        """Begin a discussion."""
        with self.warden.admitted(repo, Right.PROPOSE) as at:
            return self._hub.open_discussion(at.repo, title, description)

    def open_pull_request(
        self, repo: RepoId, title: str, description: str = "", *, target: str = "refs/heads/main"
    ) -> Discussion:
        """Begin a pull request without commits yet."""
        with self.warden.admitted(repo, Right.PROPOSE) as at:
            return self._hub.open_pull_request(at.repo, title, description, target=target)

    def comment(self, repo: RepoId, number: int, content: str) -> Event:
        """Add a comment."""
        with self.warden.admitted(repo, Right.PROPOSE) as at:
            return self._hub.comment(at.repo, number, content)

    def edit_comment(self, repo: RepoId, number: int, event: str, content: str) -> Event:
        """Replace the text of a comment: the caller's own, or any one for who may write."""
        with self.warden.admitted(repo, Right.PROPOSE) as at:
            self._check_wrote(at, number, event)
            return self._hub.edit_comment(at.repo, number, event, content)

    def hide_comment(self, repo: RepoId, number: int, event: str) -> Event:
        """Take the text of a comment away: of the caller's own, or of any one for who may write."""
        with self.warden.admitted(repo, Right.PROPOSE) as at:
            self._check_wrote(at, number, event)
            return self._hub.hide_comment(at.repo, number, event)

    def rename_discussion(self, repo: RepoId, number: int, title: str) -> Event:
        """Give a discussion another title: the caller's own, or any one for who may write."""
        with self.warden.admitted(repo, Right.PROPOSE) as at:
            self._check_opened(at, number)
            return self._hub.rename_discussion(at.repo, number, title)

    def set_discussion_status(
        self, repo: RepoId, number: int, status: PullRequestStatus, comment: str | None = None
    ) -> Event:
        """Close or reopen a discussion: the caller's own, or any one for who may write."""
        with self.warden.admitted(repo, Right.PROPOSE) as at:
            self._check_opened(at, number)
            return self._hub.set_discussion_status(at.repo, number, status, comment)

    def merge(self, repo: RepoId, number: int, message: str | None = None) -> Committed:
        """Bring the changes of an open pull request to its branch."""
        with self.warden.admitted(repo, Right.WRITE) as at:
            return self._hub.merge(at.repo, number, message)

    # -- inside

    def _check_creates(self, repo: RepoId) -> None:
        """Refuse a name in a namespace where the caller may not create; whether it is taken makes no difference."""
        if not rules.may_create(self._principal, repo):
            deed = f"create repositories in the namespace {repo.namespace!r}"
            raise refusals.forbidden(self._principal, deed, "Use your own, or ask an admin of it for the right.")

    def _check_all_move(self, at: Standing, updates: Sequence[RefUpdate]) -> None:
        for update in updates:
            self._check_moves(at, update.name)

    def _check_moves(self, at: Standing, ref: str) -> None:
        """Refuse to move a reference, except to writers, and of a pull request to who opened it."""
        number = rules.pull_request_number(ref)
        if number is None:
            if not self.warden.may(Right.WRITE, at):
                raise self.warden.refusal(Right.WRITE, at)
        else:
            self._check_opened(at, number)

    def _check_opened(self, at: Standing, number: int) -> None:
        if not self.warden.may(Right.WRITE, at):
            self._check_own(at, self._hub.discussion(at.repo, number).author)

    def _check_wrote(self, at: Standing, number: int, event: str) -> None:
        if not self.warden.may(Right.WRITE, at):
            for each in self._hub.discussion(at.repo, number).events:
                if each.id == event:
                    self._check_own(at, each.author)

    def _check_own(self, at: Standing, author: str) -> None:
        if not rules.is_user(self._principal, author):
            raise self.warden.refusal(Right.WRITE, at)
