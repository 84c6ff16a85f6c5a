"""Commits: from edits to a new state of a branch, in one transaction."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from contextlib import AbstractContextManager
from copy import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from anyhub import files
from anyhub.community import Discussion
from anyhub.content.stores import BlobStore
from anyhub.errors import (
    ConflictError,
    EditConflictError,
    EntryNotFoundError,
    HubError,
    ParentCommitError,
    RepositoryNotFoundError,
    ValidationError,
)
from anyhub.git.objects import GitObject, Node, commit_object
from anyhub.git.pointers import ATTRIBUTES_PATH, Attributes, merge_added_lines
from anyhub.git.trees import EMPTY_TREE, NewTree, edit_tree
from anyhub.hub.commits.preparing import Edits, Preparation
from anyhub.hub.repos.catalog import Catalog, Place
from anyhub.hub.repos.comparing import Comparing, same_file
from anyhub.hub.repos.moving import MAIN, Move, Moves
from anyhub.hub.repos.objects import Objects
from anyhub.hub.repos.revisions import Revisions
from anyhub.hub.repos.tree_index import TreeIndex
from anyhub.hub.repos.uploads import Uploads
from anyhub.hub.social.discussions import Discussions
from anyhub.hub.sql.database import Database
from anyhub.values import AddFile, Changes, Commit, Committed, CopyFile, Digest, PullRequest, Ref, RepoId, Signature

logger = logging.getLogger(__name__)


class _Staging(Protocol):
    def __call__(self) -> AbstractContextManager[Path]: ...


class Committer:
    """Makes commits on the repositories of one hub."""

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        objects: Objects,
        staging: _Staging,
        moves: Moves,
        user: Signature,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._objects = objects
        self._staging = staging
        self._user = user
        self._catalog = Catalog(database)
        self._revisions = Revisions(database)
        self._trees = TreeIndex(database)
        self._uploads = Uploads(database, blobs)
        self._discussions = Discussions(database)
        self._comparing = Comparing(self._revisions, self._trees)
        self._moves = moves

    def acting_as(self, user: Signature) -> Committer:
        """Return what makes the commits of another person on the same repositories."""
        other = copy(self)
        other._user = user
        return other

    def commit(
        self,
        repo: RepoId,
        changes: Changes,
        *,
        message: str,
        description: str,
        onto: str,
        base: str | None,
        parent: str | None,
        pull_request: bool,
    ) -> Committed:
        """Do what `anyhub.hub.interface.WritesRepos.commit` promises."""
        title, body = split_message(message, description)
        changes = list(changes)
        place = self._catalog.place(repo)
        ref = self._revisions.branch(place.pk, onto)
        looked_at = self._revisions.resolve(place.pk, base or ref.target)
        if parent is not None:
            _check_parent(parent, ref)
        with self._staging() as scratch:
            edits = self._prepare(place, looked_at, changes, scratch)
            self._sync(edits)
            with self._database.transaction():
                done = self._apply(
                    place, ref.name, edits, looked_at, title, body, parent=parent, pull_request=pull_request
                )
        self.gather(place)
        return done

    def gather(self, place: Place) -> None:
        """Keep the packs of a repository few, after something was added to it."""
        try:
            self._objects.gather(place.pk, place.folder)
        except (HubError, OSError) as error:  # what was added is there; a later call gathers
            logger.warning("The packs of %s stay as many as they are: %s", place.repo, error)

    def merge(self, place: Place, number: int, message: str | None) -> Committed:
        """Bring the commits of a pull request to its target branch, inside a transaction."""
        opened = self._discussions.get_mergeable(place.pk, number)
        base, head, target = self.meeting(place.pk, opened)
        edits = Edits(nodes={path: now for path, _, now in self._trees.changed(place.pk, base.tree, head.tree)})
        title, body = split_message(message or f"Merge pull request #{number}: {opened.title}", _description(opened))
        done = self._apply(place, target.name, edits, base, title, body, merged=head)
        self._discussions.set_merged(place.pk, number, done.commit.oid, self._user.name)
        return done

    def meeting(self, pk: int, pull_request: Discussion) -> tuple[Commit, Commit, Ref]:
        """Return where a pull request left its branch, its last commit, and its branch.

        Raises:
            ValidationError: When they have no commit in common.
        """
        head = self._revisions.resolve(pk, PullRequest(pull_request.number).ref)
        target = self._revisions.branch(pk, pull_request.target or MAIN)
        base = self._comparing.common_ancestor(pk, head.oid, target.target)
        if base is None:
            raise ValidationError(
                f"{target.short!r} and the pull request have no commit in common: the branch's history was squashed."
                " Open a new pull request."
            )
        return base, head, target

    def first(self, place: Place, edits: Edits, title: str) -> Commit:
        """Make the first commit of a repository on ``main``, inside a transaction."""
        made = self._write(place, edits, None, [], title, "")
        self._moves.make(place, Move(MAIN, made.oid))
        return made

    def squash(self, place: Place, branch: str, message: str) -> Commit:
        """Point a branch at a new commit with the same files and no parents."""
        title, body = split_message(message, "")
        with self._database.transaction():
            ref = self._revisions.branch(place.pk, branch)
            tree = self._revisions.commit(place.pk, ref.target).tree
            raw, made = commit_object(tree, [], self._user, datetime.now(UTC), title, body)
            self._objects.note(place.pk, self._objects.add(place.folder, [raw]))
            self._revisions.save(place.pk, made)
            self._moves.make(place, Move(ref.name, made.oid))
        return made

    def _prepare(self, place: Place, looked_at: Commit, changes: Changes, scratch: Path) -> Edits:
        def look(path: str) -> Node | None:
            return self._trees.find(place.pk, looked_at.tree, path)

        def copied(change: CopyFile) -> Node:
            tree = self._revisions.resolve(place.pk, change.revision).tree if change.revision else looked_at.tree
            node = self._trees.find(place.pk, tree, change.source)
            if node is None:
                raise self._trees.not_found(place.pk, tree, change.source)
            if node.is_folder:
                raise EntryNotFoundError(f"{change.source!r} is a folder. Copy the files in it one by one.")
            if node.sha256 and change.path == ATTRIBUTES_PATH:
                raise ValidationError(f"{change.source!r} is a large file and can not be {ATTRIBUTES_PATH}.")
            return node

        return Preparation(
            look,
            lambda path: [e for e in self._trees.walk(place.pk, looked_at.tree, path) if not e.is_folder],
            copied,
            lambda digest: self._blobs.size(digest.sha256) == digest.size,
            lambda digest: not self._uploads.lacking(place.pk, [digest]),
            lambda objects: self._objects.add(place.folder, objects),
            self._attributes_for(place, looked_at.tree, changes),
            scratch,
        ).edits(changes)

    def _attributes_for(self, place: Place, tree: str, changes: Changes) -> Attributes:
        """Return the rules that will hold after the commit: those that it brings, else those that are there."""
        for change in changes:
            if change.path == ATTRIBUTES_PATH and not isinstance(change, CopyFile):
                source = change.source if isinstance(change, AddFile) else b""
                if not isinstance(source, Digest):
                    return Attributes.checked(source if isinstance(source, bytes) else source.read_bytes())
        return Attributes.of(self._attributes_at(place, tree))

    def _attributes_at(self, place: Place, tree: str) -> bytes:
        node = self._trees.find(place.pk, tree, ATTRIBUTES_PATH)
        return b"" if node is None or node.sha256 else self._objects.read(place.pk, place.folder, node.oid)

    def _sync(self, edits: Edits) -> None:
        """Bring the bulk of the bytes to the disk ahead of the transaction, so that it holds the lock for a moment."""
        for staged, digest in edits.staged.values():
            if self._blobs.size(digest.sha256) != digest.size and staged.exists():
                files.sync(staged)

    def _apply(
        self,
        place: Place,
        ref_name: str,
        edits: Edits,
        looked_at: Commit,
        title: str,
        body: str,
        *,
        parent: str | None = None,
        pull_request: bool = False,
        merged: Commit | None = None,
    ) -> Committed:
        """Make the commit on what the branch is now, inside a transaction."""
        if self._catalog.place(place.repo).pk != place.pk:
            raise RepositoryNotFoundError(f"{place.repo} was deleted and made anew meanwhile. Push again.")
        ref = self._revisions.branch(place.pk, ref_name)
        number = pull_request_number(ref.name)
        if number is not None:
            self._discussions.get_open(place.pk, number)
        if parent is not None:
            _check_parent(parent, ref)
        head = self._revisions.commit(place.pk, ref.target)
        self._objects.note(place.pk, edits.packs)
        self._heal(place.pk, edits)
        self._settle_attributes(place, edits, looked_at, head)
        self._drop_what_is_there(place.pk, edits, looked_at, head)
        parents = [head.oid, merged.oid] if merged else [head.oid]
        if not edits.nodes:
            return Committed(head, ref.name, changed=False)
        made = self._write(place, edits, head.tree, parents, title, body)
        opened: PullRequest | None = None
        if pull_request:
            number = self._discussions.open_pull_request(place.pk, title, body, self._user.name, ref.name).number
            opened = PullRequest(number)
        if number is not None:
            self._discussions.note_commits(place.pk, number, [made], self._user.name)
        moved = opened.ref if opened else ref.name
        self._moves.make(place, Move(moved, made.oid))
        return Committed(made, moved, changed=True, pull_request=opened)

    def _heal(self, pk: int, edits: Edits) -> None:
        """Give the store back what it should have and has lost, though no commit may be needed for it."""
        for sha256, (staged, digest) in edits.staged.items():
            if self._blobs.size(sha256) != digest.size and staged.exists():
                linked = self._database.query("SELECT 1 FROM large_files WHERE repo = ? AND sha256 = ?", pk, sha256)
                if linked:
                    self._blobs.adopt(staged, digest)

    def _settle_attributes(self, place: Place, edits: Edits, looked_at: Commit, head: Commit) -> None:
        """Let ``.gitattributes`` keep the lines of others, and say of every large file that it is one for git-lfs."""
        theirs = self._attributes_at(place, head.tree)
        rewritten = ATTRIBUTES_PATH in edits.nodes
        deleted = rewritten and edits.nodes[ATTRIBUTES_PATH] is None
        rules = self._edited_attributes(place, edits) if rewritten else theirs
        base = self._attributes_at(place, looked_at.tree) if rewritten else theirs
        if theirs not in (base, rules):
            merged = merge_added_lines(base, theirs, rules)
            if merged is None:
                raise _conflict(head, [ATTRIBUTES_PATH])
            rules = merged
        large = {path for path, node in edits.nodes.items() if node is not None and node.sha256}
        if rewritten:
            kept = (entry.path for entry in self._trees.walk(place.pk, head.tree) if entry.sha256)
            large.update(path for path in kept if path not in edits.nodes)
        settled = Attributes.of(rules).extended_by(large) or rules
        if rewritten and settled == theirs:
            del edits.nodes[ATTRIBUTES_PATH]
        elif settled != theirs and (settled or not deleted):
            edits.put_small(ATTRIBUTES_PATH, settled)

    def _edited_attributes(self, place: Place, edits: Edits) -> bytes:
        node = edits.nodes[ATTRIBUTES_PATH]
        if node is None:
            return b""
        if node.oid in edits.objects:
            return edits.objects[node.oid].data
        return self._objects.read(place.pk, place.folder, node.oid)

    def _drop_what_is_there(self, pk: int, edits: Edits, looked_at: Commit, head: Commit) -> None:
        """Leave only edits that change the head, and refuse those to files that changed since the caller looked."""
        moved = looked_at.tree != head.tree
        conflicts = []
        for path, node in list(edits.nodes.items()):
            present = self._trees.find(pk, head.tree, path)
            if same_file(present, node):
                del edits.nodes[path]
            elif not moved or path == ATTRIBUTES_PATH:
                continue
            elif not same_file(present, self._trees.find(pk, looked_at.tree, path)):
                conflicts.append(path)
        if conflicts:
            raise _conflict(head, sorted(conflicts))

    def _write(self, place: Place, edits: Edits, tree: str | None, parents: list[str], title: str, body: str) -> Commit:
        """Write objects, large files and index rows of a commit, inside a transaction; no reference moves yet."""
        root, new_trees = edit_tree(lambda oid: self._trees.load(place.pk, oid), tree or EMPTY_TREE, edits.nodes)
        raw, made = commit_object(root, parents, self._user, datetime.now(UTC), title, body)
        needed = {node.oid for node in edits.nodes.values() if node is not None}
        blobs = [each for oid, each in edits.objects.items() if oid in needed]
        packs = self._objects.add(place.folder, [*blobs, *_objects_of(new_trees.values()), raw])
        self._link_large_files(place.pk, edits)
        self._objects.note(place.pk, packs)
        self._trees.save(place.pk, {oid: tree.nodes for oid, tree in new_trees.items()})
        self._revisions.save(place.pk, made)
        return made

    def _link_large_files(self, pk: int, edits: Edits) -> None:
        """Give staged files to the store and note which large files the repository may read."""
        linked = {node.sha256: node.size for node in edits.nodes.values() if node is not None and node.sha256}
        for sha256, size in linked.items():
            if sha256 in edits.staged:
                staged, digest = edits.staged[sha256]
                if staged.exists():
                    self._blobs.adopt(staged, digest)
            elif self._uploads.size(pk, sha256) != size:
                raise ConflictError(f"The large file {sha256} was removed meanwhile. Upload it again.")
        self._uploads.link(pk, linked)


def split_message(message: str, description: str) -> tuple[str, str]:
    """Return the title and the body of a commit: the first line is the title.

    Raises:
        ValidationError: When there is no title, or a character that git would take for its own.
    """
    title, _, rest = message.strip().partition("\n")
    body = "\n\n".join(part for part in (rest.strip(), description.strip()) if part)
    if not title.strip():
        raise ValidationError("A commit needs a message. Say in one line what it changes.")
    if "\0" in title + body:
        raise ValidationError("A commit message can not have a NUL character in it. Remove it.")
    try:
        (title + body).encode()
    except UnicodeEncodeError as error:
        raise ValidationError(f"The commit message {title!r} is not text in UTF-8. Write it anew.") from error
    return title.strip(), body


def _check_parent(parent: str, ref: Ref) -> None:
    if not re.fullmatch(r"[0-9a-fA-F]{5,40}", parent):
        raise ValidationError(f"{parent!r} is not a commit id; state at least 5 of its hexadecimal digits.")
    if not ref.target.startswith(parent.lower()):
        raise ParentCommitError(
            f"{ref.short!r} is at {ref.target[:10]}, not at the stated parent {parent!r}: it was updated meanwhile."
            " Look at the new version and state that one."
        )


def _conflict(head: Commit, paths: list[str]) -> EditConflictError:
    names = ", ".join(map(repr, paths[:10]))
    return EditConflictError(
        f"Another commit ({head.oid[:10]}) changed {names} since this push began. Nothing was pushed: look at the new"
        " version, and push again to replace it.",
        paths=paths,
    )


def pull_request_number(ref: str) -> int | None:
    """Return the number in ``refs/pr/N``, or None for another reference."""
    found = re.fullmatch(r"refs/pr/([1-9][0-9]{0,9})", ref)
    return int(found[1]) if found else None


def _description(pull_request: Discussion) -> str:
    """Return what the author of a pull request says of it: the first comment."""
    return pull_request.events[0].content if pull_request.events else ""


def _objects_of(trees: Iterable[NewTree]) -> list[GitObject]:
    return [tree.object for tree in trees]
