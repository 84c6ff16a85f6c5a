"""Pushing a model: its files, staged where the hub can take them, and one commit."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from anyhub import files
from anyhub.api.local_folder import list_local_folder
from anyhub.api.patterns import Patterns, select, select_deleted
from anyhub.cards.seal import is_untouched
from anyhub.constants import MANIFEST_NAME, REPOCARD_NAME
from anyhub.errors import RepositoryNotFoundError, RevisionNotFoundError, ValidationError
from anyhub.hub.caller import Caller
from anyhub.hub.making import made_if_missing
from anyhub.hub.opening import open_hub, using
from anyhub.models.card_file import UNREADABLE, There
from anyhub.models.checkpoint import Details, Written, belongs_to, check, facts_in, told, write
from anyhub.models.facts import Facts
from anyhub.models.manifest import MAX_BYTES
from anyhub.values import DEFAULT_BRANCH, AddFile, Change, DeleteFile, Entry, RepoId

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


def publish(
    model: HubModel, push: Push, endpoint: str | Path | Hub | None = None, token: str | bool | None = None
) -> str:
    """Make a repository hold a model, by one commit or none.

    A repository that is missing is made after the model was saved, and unmade when the commit fails, so that a push
    which fails leaves no trace.

    Returns:
        `str`: The address of the commit that the branch, or the pull request, is at.

    Raises:
        ValidationError: When ``private`` is neither a bool nor None, or an option, a pattern or the subfolder is none.
        RevisionNotFoundError: When there is no such branch.
        EditConflictError: When another writer changed the same files since the call began.
    """
    if push.private is not None and not isinstance(push.private, bool):
        raise ValidationError(f"private is True, False or None, not {push.private!r}; give one of these.")
    select((), push.allow_patterns, push.ignore_patterns)
    select((), push.delete_patterns)
    check(model, push.details, model.push_to_hub)
    hub = open_hub(endpoint, Caller.of(token))
    repo = hub.repo_id(push.repo_id)
    branch = push.branch or DEFAULT_BRANCH
    base = _head(hub, repo, branch)
    place = nullcontext() if base else made_if_missing(hub, repo, private=bool(push.private))
    there = _there(hub, repo, base, push)
    with using(hub), _files_of(model, push, hub, repo, there) as files_of_model, place:
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
def _files_of(model: HubModel, push: Push, hub: Hub, repo: RepoId, there: There) -> Iterator[dict[str, AddFile]]:
    """Yield the files of a model by their paths in the repository."""
    saved = _saved.get()
    if saved and saved[0] is model:
        yield _by_path(_saved_files(*saved, push, there))
        return
    with hub.staging() as staging, files.recording() as recording:
        folder = staging / repo.name
        folder.mkdir()
        write(model, folder, replace(push.details, repo_id=str(repo)), there)
        staged = {path: folder / path for path in list_local_folder(folder)}
        yield _by_path(
            AddFile(_placed(path, push), file, recording.digest(file), _has_one_name(file))
            for path, file in staged.items()
        )


def _saved_files(model: HubModel, folder: Path, written: Written, push: Push, there: There) -> Iterator[AddFile]:
    """Return the files of a folder that a model was saved in; what was said of it on the hub before still holds."""
    in_folder = list_local_folder(folder)
    facts = facts_in((folder / MANIFEST_NAME).read_bytes(), str(folder)) if MANIFEST_NAME in in_folder else Facts()
    texts = told(model, written, folder, replace(there, facts=facts.over(there.facts)))
    if REPOCARD_NAME in in_folder and REPOCARD_NAME not in written.by_hook:
        if not _is_generated(folder / REPOCARD_NAME):
            texts.pop(REPOCARD_NAME, None)  # it goes before that of the hub
        elif REPOCARD_NAME not in texts:
            in_folder.remove(REPOCARD_NAME)
    for path in in_folder:
        yield AddFile(_placed(path, push), texts[path].encode() if path in texts else folder / path)


def _is_generated(card: Path) -> bool:
    try:
        return is_untouched(card.read_bytes().decode())
    except UnicodeDecodeError:
        return False


def _by_path(added: Iterable[AddFile]) -> dict[str, AddFile]:
    return {file.path: file for file in added}


def _placed(path: str, push: Push) -> str:
    """Return where in the repository a file goes: the card always belongs to all of it."""
    return path if path == REPOCARD_NAME else f"{_prefix(push)}{path}"


def _prefix(push: Push) -> str:
    return f"{push.details.subfolder}/" if push.details.subfolder else ""


def _has_one_name(file: Path) -> bool:
    """Return whether a staged file can be given away; a hook may have made a link to a file of somebody's."""
    status = file.lstat()
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1


def _changes(
    model: HubModel, push: Push, hub: Hub, repo: RepoId, base: str, added: Mapping[str, AddFile]
) -> list[Change]:
    """Return what is to be changed since a commit: files added, and those removed that nothing takes the place of."""
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


def _there(hub: Hub, repo: RepoId, base: str | None, push: Push) -> There:
    """Return what a repository has where a model is pushed to, of which the card belongs to all of it."""
    manifest = f"{_prefix(push)}{MANIFEST_NAME}"
    found = {entry.path: entry for entry in hub.find(repo, base, [REPOCARD_NAME, manifest])} if base else {}
    card, said = (_content_of(hub, repo, found.get(path)) for path in (REPOCARD_NAME, manifest))
    has_others = bool(push.details.subfolder or push.details.options.get("variant"))
    return There(str(repo), card, facts_in(said, f"{repo}/{manifest}"), is_shared=True, has_others=has_others)


def _content_of(hub: Hub, repo: RepoId, entry: Entry | None) -> bytes | None:
    """Return what a file holds, and nothing that could be read of what is none, or is too large; None without one."""
    if entry is None:
        return None
    if entry.is_folder or entry.size > MAX_BYTES:
        return UNREADABLE
    with hub.open(repo, entry) as stream:
        return stream.read()
