"""A hub made of stores: references and metadata in a database, git objects in packs, large files in a blob store."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from copy import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

from anyhub.content.stores import BlobStore
from anyhub.errors import (
    ConflictError,
    CorruptFileError,
    EntryNotFoundError,
    InvalidRepoIdError,
    RepositoryNotFoundError,
    ValidationError,
)
from anyhub.git.objects import tag_object
from anyhub.git.packs import PackStore
from anyhub.git.pointers import ATTRIBUTES_PATH, DEFAULT_ATTRIBUTES
from anyhub.hub.commits.committing import Committer
from anyhub.hub.commits.preparing import Edits
from anyhub.hub.person import signature
from anyhub.hub.repos import fetching
from anyhub.hub.repos.catalog import Catalog, Place
from anyhub.hub.repos.downloads import Downloads
from anyhub.hub.repos.facts import Facts
from anyhub.hub.repos.garbage import Garbage
from anyhub.hub.repos.moving import MAIN, Move, Moves
from anyhub.hub.repos.objects import Objects
from anyhub.hub.repos.refreshing import Refreshing
from anyhub.hub.repos.revisions import Revisions
from anyhub.hub.repos.searching import search
from anyhub.hub.repos.tree_index import TreeIndex, entry_of
from anyhub.hub.repos.uploads import Uploads
from anyhub.hub.serving_verbs import Serving
from anyhub.hub.social.discussing import Discussing
from anyhub.hub.social.discussions import Discussions
from anyhub.hub.social.outbox import Outbox
from anyhub.hub.sql.database import Database
from anyhub.progress import Update
from anyhub.values import (
    DEFAULT_BRANCH,
    Changes,
    Commit,
    Committed,
    Digest,
    Entry,
    Gate,
    Query,
    Ref,
    RepoId,
    RepoInfo,
    Signature,
)

if TYPE_CHECKING:
    from anyhub.hub.people.stored_accounts import StoredAccounts


MAX_TAG_MESSAGE = 65_536


class StoredHub(Discussing, Serving):
    """Implements `anyhub.hub.serving.ServedHub` over three stores.

    Args:
        endpoint (`str`): The address by which `open_hub` finds this hub again.
        address (`str`): What the URLs of repositories and commits begin with.
        database (`Database`): Keeps references and metadata.
        blobs (`BlobStore`): Keeps large files.
        packs (`PackStore`): Keeps git objects.
        staging: Lends an empty folder on the file system of ``blobs``.
    """

    def __init__(
        self,
        endpoint: str,
        address: str,
        database: Database,
        blobs: BlobStore,
        packs: PackStore,
        staging: Callable[[], AbstractContextManager[Path]],
    ) -> None:
        self.endpoint = endpoint
        self._address = address
        self._database = database
        self._blobs = blobs
        self._staging = staging
        self._user = signature()
        self._catalog = Catalog(database)
        self._revisions = Revisions(database)
        self._trees = TreeIndex(database)
        self._discussions = Discussions(database)
        self.downloads = Downloads(database)
        self._outbox = Outbox(database)
        self._uploads = Uploads(database, blobs)
        self._garbage = Garbage(database, blobs, packs)
        self._objects = Objects(database, packs, self._garbage)
        facts = Facts(database, blobs, self._objects)
        self.refreshing = Refreshing(database, facts)
        self._moves = Moves(database, facts)
        self._commits = Committer(database, blobs, self._objects, staging, self._moves, self._user)

    def acting_as(self, who: Signature) -> Self:
        """Return this hub as another person sees it; both share the stores."""
        other = copy(self)
        other._user = who
        other._commits = self._commits.acting_as(who)
        return other

    @property
    def accounts(self) -> StoredAccounts:
        """Who may use the hub behind a server; whoever has the stores themselves may do everything."""
        from anyhub.hub.people.stored_accounts import StoredAccounts

        return StoredAccounts(self._database)

    def repo_id(self, text: str, type: str | None = None) -> RepoId:
        """Return the id that a text means; a bare name belongs to whoever asks.

        A namespace that nobody could choose is one when an account of the hub has that name from another system.
        """
        try:
            return RepoId.parse(text, namespace=self._user.name, type=type)
        except InvalidRepoIdError:
            repo = RepoId.parse(text, namespace=self._user.name, type=type, any_owner=True)
            if not self._catalog.has_account(repo.namespace):
                raise
            return repo

    def url(self, repo: RepoId, *parts: str) -> str:
        """Return an address of a repository, for people."""
        kind = [] if repo.type == "model" else [f"{repo.type}s"]
        return "/".join([self._address, *kind, str(repo), *parts])

    # -- reading

    def find_repo(self, repo: RepoId) -> RepoInfo | None:
        """Return what is known of a repository, by its name or one that it had before; None when there is none."""
        return self._catalog.find(repo)

    def info(self, repo: RepoId) -> RepoInfo:
        """Return what is known of a repository as a whole."""
        self.refreshing.one(repo)
        return self._catalog.info(repo)

    def search(self, query: Query) -> Iterator[RepoInfo]:
        """List repositories, in the order that the query asks for."""
        return search(self._database, query)

    def resolve(self, repo: RepoId, revision: str = DEFAULT_BRANCH) -> Commit:
        """Return the commit that a revision is at now."""
        return self._revisions.resolve(self._catalog.pk(repo), revision)

    def refs(self, repo: RepoId) -> list[Ref]:
        """List branches, tags and the heads of pull requests."""
        return self._revisions.refs(self._catalog.pk(repo))

    def history(self, repo: RepoId, revision: str = DEFAULT_BRANCH) -> Iterator[Commit]:
        """Walk from a revision to the first commit."""
        pk = self._catalog.pk(repo)
        return self._revisions.history(pk, self._revisions.resolve(pk, revision))

    def tree(self, repo: RepoId, commit: str, path: str = "", *, recursive: bool = True) -> Iterator[Entry]:
        """List what is in a folder of a commit."""
        pk, root = self._root(repo, commit)
        return self._trees.walk(pk, root, path, recursive=recursive, commit=commit)

    def find(self, repo: RepoId, commit: str, paths: Sequence[str]) -> list[Entry]:
        """Return the entries of those of ``paths`` that exist."""
        pk, root = self._root(repo, commit)
        found = ((path, self._trees.find(pk, root, path)) for path in paths)
        return [entry_of(path, node, commit) for path, node in found if node is not None]

    def entry(self, repo: RepoId, commit: str, path: str) -> Entry:
        """Return the entry of one file or folder."""
        pk, root = self._root(repo, commit)
        node = self._trees.find(pk, root, path)
        if node is None:
            raise self._trees.not_found(pk, root, path)
        return entry_of(path, node, commit)

    def open(self, repo: RepoId, entry: Entry) -> BinaryIO:
        """Return a seekable stream of a file's content."""
        place = self._catalog.place(repo)
        if entry.is_folder:
            raise EntryNotFoundError(f"{entry.path!r} is a folder; name a file in it.")
        if entry.sha256 is None:
            return io.BytesIO(self._objects.read(place.pk, place.folder, entry.oid))
        self._check_held(repo, place.pk, entry)
        try:
            return self._blobs.open(entry.sha256)
        except FileNotFoundError:
            raise self._lost(entry) from None

    def local_path(self, repo: RepoId, entry: Entry) -> Path | None:
        """Return the file on this machine that holds exactly these bytes, read-only, or None."""
        if entry.sha256 is None or self._blobs.path(entry.sha256) is None:
            return None
        self._check_held(repo, self._catalog.pk(repo), entry)
        return self._blobs.path(entry.sha256)

    def fetch(self, repo: RepoId, entry: Entry, partial: Path, update: Update) -> Digest:
        """Bring the content of a file into ``partial``: shared with the hub's own file, or copied."""
        source = self.local_path(repo, entry)
        if source is not None:
            return fetching.share(repo, entry, source, partial, update)
        return fetching.stream(repo, entry, self.open(repo, entry), partial, update)

    # -- writing

    def staging(self) -> AbstractContextManager[Path]:
        """Lend an empty folder from which `commit` can adopt files."""
        return self._staging()

    def commit(
        self,
        repo: RepoId,
        changes: Changes,
        *,
        message: str,
        description: str = "",
        onto: str = DEFAULT_BRANCH,
        base: str | None = None,
        parent: str | None = None,
        pull_request: bool = False,
    ) -> Committed:
        """Make all changes one commit, or none of them."""
        return self._commits.commit(
            repo,
            changes,
            message=message,
            description=description,
            onto=onto,
            base=base,
            parent=parent,
            pull_request=pull_request,
        )

    # -- managing

    def create(self, repo: RepoId, *, private: bool = False) -> RepoInfo:
        """Create a repository, with a first commit on ``main`` that says which files are large."""
        with self._database.transaction():
            place = self._catalog.insert(repo, private, self._user.name)
            self._outbox.note(place.pk, "repo", "create")
            edits = Edits()
            edits.put_small(ATTRIBUTES_PATH, DEFAULT_ATTRIBUTES)
            self._commits.first(place, edits, "initial commit")
        return self.info(repo)

    def delete(self, repo: RepoId) -> None:
        """Remove a repository, by the name that it has now, and all that only it holds."""
        with self._database.transaction():
            place = self._by_present_name(repo)
            self._outbox.note(place.pk, "repo", "delete")
            self._catalog.delete(place)
        self._garbage.collect()

    def move(self, repo: RepoId, to: RepoId) -> RepoInfo:
        """Rename a repository; its old name goes on to mean it until another one takes that."""
        with self._database.transaction():
            place = self._by_present_name(repo)
            self._outbox.note(place.pk, "repo", "move", moved_to=to)
            self._catalog.move(place, to)
        return self.info(to)

    def set_private(self, repo: RepoId, private: bool) -> RepoInfo:
        """Set whether only its owners may see a repository."""
        with self._database.transaction():
            pk = self._catalog.pk(repo)
            self._catalog.set_private(pk, private)
            self._outbox.note(pk, "repo.config")
        return self.info(repo)

    def set_gated(self, repo: RepoId, gated: Gate | None) -> RepoInfo:
        """Set whether its files are only for those who asked for access, and whether they get it at once."""
        if gated not in (None, "auto", "manual"):
            raise ValidationError(f"A repository is gated 'auto', 'manual' or not at all, not {gated!r}.")
        with self._database.transaction():
            pk = self._catalog.pk(repo)
            self._catalog.set_gated(pk, gated)
            self._outbox.note(pk, "repo.config")
        return self.info(repo)

    def create_ref(self, repo: RepoId, name: str, target: str, message: str = "") -> Ref:
        """Create a branch or tag; a tag with a message is an annotated one."""
        with self._database.transaction():
            place = self._catalog.place(repo)
            self._revisions.check_free(place.pk, name)
            made = Ref(name, self._revisions.commit(place.pk, target).oid)
            self._moves.make(place, Move(name, made.target, self._annotation(place, made, message)))
        return made

    def _annotation(self, place: Place, ref: Ref, message: str) -> str | None:
        """Return the id of a tag object that has a message in it; None for a branch, and where nothing is said."""
        if not message.strip() or not ref.name.startswith("refs/tags/"):
            return None
        if len(message) > MAX_TAG_MESSAGE or "\0" in message:
            raise ValidationError(
                f"The message of a tag is text of at most {MAX_TAG_MESSAGE:,} characters. Shorten it."
            )
        made = tag_object(ref.short, ref.target, self._user, datetime.now(UTC), message)
        self._objects.note(place.pk, self._objects.add(place.folder, [made]))
        return made.oid

    def delete_ref(self, repo: RepoId, name: str) -> None:
        """Remove a branch or tag; ``main`` stays."""
        if name == MAIN:
            raise ConflictError(f"{DEFAULT_BRANCH!r} is the default branch and can not be deleted. Delete another one.")
        with self._database.transaction():
            place = self._catalog.place(repo)
            self._revisions.check_there(place.pk, name)
            self._moves.make(place, Move(name, None))

    def squash(self, repo: RepoId, branch: str, message: str) -> Commit:
        """Replace the history of a branch by one commit with the same files."""
        with self._database.transaction():
            return self._commits.squash(self._catalog.place(repo), branch, message)

    def merge(self, repo: RepoId, number: int, message: str | None = None) -> Committed:
        """Bring the changes of an open pull request to its branch."""
        with self._database.transaction():
            return self._commits.merge(self._catalog.place(repo), number, message)

    # -- inside

    def _by_present_name(self, repo: RepoId) -> Place:
        """Return where a repository is kept; what takes it away is not done by a name that it had before."""
        place = self._catalog.place(repo)
        if place.repo.key != repo.key:
            raise RepositoryNotFoundError(f"{repo} was renamed to {place.repo}. Use that name.")
        return place

    def _root(self, repo: RepoId, commit: str) -> tuple[int, str]:
        pk = self._catalog.pk(repo)
        return pk, self._revisions.commit(pk, commit).tree

    def _check_held(self, repo: RepoId, pk: int, entry: Entry) -> None:
        """Knowing a hash opens nothing: a large file is read through a repository that links it or has received it."""
        if entry.sha256 is None or self._uploads.size(pk, entry.sha256) is None:
            raise EntryNotFoundError(f"{repo} has no large file {entry.sha256}. Ask for it by revision and path.")

    def _lost(self, entry: Entry) -> CorruptFileError:
        return CorruptFileError(
            f"The hub does not have the bytes of {entry.path!r} (sha256 {entry.sha256}) any more. Restore blobs/ from a"
            " backup, or push the file again."
        )
