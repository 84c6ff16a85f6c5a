"""Pushing a model: its files, staged where the hub can take them, and one commit."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from anyhub import files
from anyhub.api.local_folder import list_local_folder
from anyhub.api.patterns import Patterns, select, select_deleted
from anyhub.cards.seal import is_untouched
from anyhub.constants import REPOCARD_NAME
from anyhub.errors import RepositoryNotFoundError, RevisionNotFoundError, ValidationError
from anyhub.hub.making import made_if_missing
from anyhub.hub.opening import open_hub, using
from anyhub.models.checkpoint import Details, Written, belongs_to, check, write
from anyhub.models.facts import merged
from anyhub.values import DEFAULT_BRANCH, AddFile, Change, DeleteFile, RepoId

if TYPE_CHECKING:
    from anyhub.hub.interface import Hub
    from anyhub.models.hooks import HubModel

_saved: ContextVar[tuple[HubModel, Path, Written] | None] = ContextVar("anyhub_saved", default=None)


@dataclass(frozen=True)
class Push:
    """What a caller wants to be pushed, and where to.

    Attributes:
        repo_id (`str`): The repository.
        details (`Details`): What the caller wants beside the model, the folder of the repository among it.
        message (`str`): The title of the commit.
        private (`bool`, *optional*): Whether a new repository is private; public when None.
        branch (`str`, *optional*): The branch; `"main"` when None.
        create_pr (`bool`): Whether to open a pull request instead of changing the branch.
        allow_patterns, ignore_patterns, delete_patterns (*optional*): Which files; see `anyhub.api.patterns`.
    """

    repo_id: str
    details: Details
    message: str
    private: bool | None = None
    branch: str | None = None
    create_pr: bool = False
    allow_patterns: Patterns | None = None
    ignore_patterns: Patterns | None = None
    delete_patterns: Patterns | None = None


@dataclass(frozen=True)
class _Files:
    """The files of a model, as they are to be in a repository."""

    written: Written
    added: list[AddFile]


def publish(model: HubModel, push: Push, endpoint: str | Path | Hub | None = None) -> str:
    """Make a repository hold a model, by one commit or none.

    A repository that is missing is made after the model was saved, and unmade when the commit fails, so that a push
    which fails leaves no trace.

    Returns:
        `str`: The address of the commit that the branch, or the pull request, is at.

    Raises:
        ValidationError: When ``private`` is neither a bool nor None, or an option or the subfolder is none.
        RevisionNotFoundError: When there is no such branch.
        EditConflictError: When another writer changed the same files since the call began.
    """
    if push.private is not None and not isinstance(push.private, bool):
        raise ValidationError(f"private is True, False or None, not {push.private!r}; give one of these.")
    check(model, push.details)
    hub = open_hub(endpoint)
    repo = hub.repo_id(push.repo_id)
    branch = push.branch or DEFAULT_BRANCH
    base = _head(hub, repo, branch)
    place = nullcontext() if base else made_if_missing(hub, repo, private=bool(push.private))
    with using(hub), _files_of(model, push, hub, repo) as files_of_model, place:
        base = base or _first_commit(hub, repo)
        done = hub.commit(
            repo,
            _changes(model, push, hub, repo, base, files_of_model),
            message=push.message,
            onto=branch,
            base=base,
            pull_request=push.create_pr,
        )
    return hub.url(repo, "commit", done.commit.oid)


@contextmanager
def saved_in(model: HubModel, folder: Path, written: Written) -> Iterator[None]:
    """Let the next `publish` of a model in the body push a folder that holds it already, instead of saving it again."""
    token = _saved.set((model, folder, written))
    try:
        yield
    finally:
        _saved.reset(token)


def _head(hub: Hub, repo: RepoId, branch: str) -> str | None:
    """Return the commit that a branch is at; None when the repository has to be made, and the branch with it."""
    try:
        return hub.resolve(repo, branch).oid
    except RepositoryNotFoundError:
        if branch == DEFAULT_BRANCH:
            return None
        raise RevisionNotFoundError(
            f"{str(repo)!r} does not exist yet, and a new repository has only the branch {DEFAULT_BRANCH!r}; push "
            f"there first, then create {branch!r}."
        ) from None


def _first_commit(hub: Hub, repo: RepoId) -> str:
    """Return the first commit of a new repository, on which the push is based whoever has pushed meanwhile."""
    *_, first = hub.history(repo)
    return first.oid


@contextmanager
def _files_of(model: HubModel, push: Push, hub: Hub, repo: RepoId) -> Iterator[_Files]:
    saved = _saved.get()
    if saved and saved[0] is model:
        _, folder, written = saved
        yield _Files(written, [AddFile(_placed(path, push), folder / path) for path in list_local_folder(folder)])
        return
    with hub.staging() as staging, files.recording() as recording:
        folder = staging / repo.name
        folder.mkdir()
        written = write(model, folder, replace(push.details, repo_id=str(repo)))
        staged = {path: folder / path for path in list_local_folder(folder)}
        added = [
            AddFile(_placed(path, push), file, recording.digest(file), _has_one_name(file))
            for path, file in staged.items()
        ]
        yield _Files(written, added)


def _placed(path: str, push: Push) -> str:
    """Return where in the repository a file goes: the card always belongs to all of it."""
    return path if path == REPOCARD_NAME else f"{_prefix(push)}{path}"


def _prefix(push: Push) -> str:
    return f"{push.details.subfolder}/" if push.details.subfolder else ""


def _has_one_name(file: Path) -> bool:
    """Return whether a staged file can be given away; a hook may have made a link to a file of somebody's."""
    status = file.lstat()
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1


def _changes(model: HubModel, push: Push, hub: Hub, repo: RepoId, base: str, new: _Files) -> list[Change]:
    """Return what is to be changed since a commit: files added, and those removed that nothing takes the place of."""
    added = {file.path: file for file in new.added}
    generated = added.get(REPOCARD_NAME) if new.written.card else None
    if generated and (card := _merged_card(hub, repo, base, generated, push)):
        added[REPOCARD_NAME] = card
    wanted = select(added, push.allow_patterns, push.ignore_patterns)
    existing = [entry.path for entry in hub.tree(repo, base) if not entry.is_folder]
    is_ours, prefix = belongs_to(model, push.details), _prefix(push)
    beside = [path for path in existing if path.startswith(prefix) and path not in added]
    stale = [path for path in beside if is_ours(path.removeprefix(prefix))]
    removed = {
        *select(stale, push.allow_patterns, push.ignore_patterns),
        *select_deleted(existing, push.delete_patterns, kept=wanted),
    }
    return [*(added[path] for path in wanted), *(DeleteFile(path) for path in sorted(removed))]


def _merged_card(hub: Hub, repo: RepoId, base: str, generated: AddFile, push: Push) -> AddFile | None:
    """Return somebody's own card of a repository, with what is said now and what it lacks; None where there is none."""
    entries = hub.find(repo, base, [REPOCARD_NAME])
    if not entries or entries[0].is_folder:
        return None
    with hub.open(repo, entries[0]) as stream:
        content = stream.read()
    if _was_generated(content):
        return None
    text = generated.source if isinstance(generated.source, bytes) else generated.source.read_bytes()
    return AddFile(REPOCARD_NAME, merged(content, push.details.facts, text.decode(), owner=str(repo)))


def _was_generated(card: bytes) -> bool:
    try:
        return is_untouched(card.decode())
    except UnicodeDecodeError:
        return False
