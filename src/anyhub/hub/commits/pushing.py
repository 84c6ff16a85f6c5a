"""A git push: from the objects that came to a new state of the references, by the rules that hold for commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from anyhub.errors import ConflictError, CorruptFileError, InvalidRevisionError, TooLargeError, ValidationError
from anyhub.hub.commits.committing import pull_request_number
from anyhub.hub.commits.pushed import Pushed
from anyhub.hub.commits.received import Received
from anyhub.hub.repos.catalog import Place
from anyhub.hub.repos.moving import MAIN, Move, Moves
from anyhub.hub.repos.objects import Objects
from anyhub.hub.repos.revisions import Revisions
from anyhub.hub.repos.tree_index import TreeIndex
from anyhub.hub.repos.uploads import Uploads
from anyhub.hub.social.discussions import Discussions
from anyhub.hub.sql.database import Database
from anyhub.values import Commit, Committed, RefUpdate, Signature

MAX_UPDATES = 1000


class Push:
    """Checks one push to one repository, then takes it.

    Looking at what came needs no lock; `take` is called inside a transaction and only looks up what may have changed.
    """

    def __init__(
        self,
        database: Database,
        objects: Objects,
        trees: TreeIndex,
        revisions: Revisions,
        uploads: Uploads,
        discussions: Discussions,
        place: Place,
    ) -> None:
        self._database = database
        self._objects = objects
        self._trees = trees
        self._revisions = revisions
        self._uploads = uploads
        self._discussions = discussions
        self._place = place

    def check(self, updates: Sequence[RefUpdate]) -> None:
        """Check what is to become of the references, as far as that does not depend on the objects.

        Raises:
            ConflictError: When a reference is not where the update says, or may not move.
            ValidationError: When it is one that a hub does not keep, or there twice.
            TooLargeError: When there are too many.
        """
        if len(updates) > MAX_UPDATES:
            raise TooLargeError(f"The push has {len(updates)} references, and {MAX_UPDATES} are taken at once.")
        self._check_references(updates)

    def look(self, objects: Path, updates: Sequence[RefUpdate], git_dir: Path) -> Pushed:
        """Read and check everything that came.

        Args:
            objects (`Path`): The git object directory of the push.
            updates: What is to become of which references.
            git_dir (`Path`): A bare repository that has the packs of ``objects``, and no other.

        Raises:
            ValidationError, InvalidPathError, PathCollisionError, TooLargeError, EntryNotFoundError: Each names what
                has to be mended.
        """
        received = Received(git_dir)
        pushed = Pushed(objects, received, self._objects, self._trees, self._revisions, self._uploads, self._place)
        for update in updates:
            if update.new is not None:
                pushed.follow(update.name, update.new)
        return pushed

    def take(
        self, pushed: Pushed, updates: Sequence[RefUpdate], moves: Moves, user: Signature
    ) -> list[Committed | None]:
        """Make what was looked at part of the repository, and move the references, inside a transaction.

        Raises:
            ConflictError: When a reference is not where the update says, or may not move.
        """
        self.check(updates)
        pushed.check_large_files()
        packs = self._objects.adopt(self._place.folder, pushed.objects)
        if sum(pack.objects for pack in packs) < len(pushed.received.sizes):
            raise CorruptFileError("Some objects of the push are in none of its packs. Push again.")
        # Counted by its unpacked size, so that a pack which unfolds to very much is never gathered in memory.
        unpacked = pushed.received.unpacked_size
        self._objects.note(self._place.pk, [replace(pack, size=max(pack.size, unpacked)) for pack in packs])
        self._trees.save(self._place.pk, pushed.trees)
        self._revisions.save(self._place.pk, *pushed.commits.values())
        self._uploads.link(self._place.pk, pushed.large)
        moves.make(self._place, *(Move(each.name, *pushed.place_of(each.new)) for each in updates))
        self._note_commits(pushed, updates, user)
        return [self._done(pushed, each) for each in updates]

    def _check_references(self, updates: Sequence[RefUpdate]) -> None:
        """Check that each reference is where its update says, and may go where it is to go."""
        pk = self._place.pk
        gone = {each.name for each in updates if each.new is None}
        names = {ref.name for ref in self._revisions.refs(pk)} - gone
        seen = set()
        for update in updates:
            if update.name in seen:
                raise ValidationError(f"{update.name!r} is in one push twice. Push it once.")
            seen.add(update.name)
            if self._revisions.at(pk, update.name) != update.old:
                raise ConflictError(f"{update.name!r} was moved by somebody else meanwhile. Fetch, and push again.")
            self._check_kind(update)
            if update.old is None and update.new is not None:
                self._revisions.check_free(pk, update.name, names)
                names.add(update.name)

    def _check_kind(self, update: RefUpdate) -> None:
        number = pull_request_number(update.name)
        if number is not None:
            if update.new is None:
                raise ConflictError(f"{update.name!r} can not be deleted. Close the pull request.")
            self._discussions.get_open(self._place.pk, number)
        elif not update.name.startswith(("refs/heads/", "refs/tags/")):
            raise InvalidRevisionError(f"{update.name!r} is neither a branch, nor a tag, nor a pull request.")
        elif update.name == MAIN and update.new is None:
            raise ConflictError("'main' is the default branch and can not be deleted. Delete another one.")

    def _note_commits(self, pushed: Pushed, updates: Sequence[RefUpdate], user: Signature) -> None:
        """Note the new commits of pull requests, the oldest first."""
        for update in updates:
            number = pull_request_number(update.name)
            if number is not None and update.new is not None:
                new: list[Commit] = []
                oid = pushed.place_of(update.new)[0]
                while oid in pushed.commits:
                    new.insert(0, pushed.commits[oid])
                    oid = new[0].parents[0] if new[0].parents else None
                self._discussions.note_commits(self._place.pk, number, new, user.name)

    def _done(self, pushed: Pushed, update: RefUpdate) -> Committed | None:
        target = pushed.place_of(update.new)[0]
        if target is None:
            return None
        return Committed(self._revisions.commit(self._place.pk, target), update.name, changed=update.new != update.old)
