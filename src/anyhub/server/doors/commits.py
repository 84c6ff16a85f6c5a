"""Commits: made, listed, compared and squashed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from anyhub import files
from anyhub.errors import EntryNotFoundError, ParentCommitError, RevisionNotFoundError
from anyhub.server.answers import Answer, json_answer, text_answer
from anyhub.server.call import Call, Handler, field
from anyhub.server.diffs import diff
from anyhub.server.paging import Kept, next_page
from anyhub.server.rights import check_proposes, check_reads
from anyhub.values import (
    AddFile,
    Change,
    Commit,
    CopyFile,
    DeleteFile,
    DeleteFolder,
    Digest,
    RepoId,
    is_commit_id,
)
from anyhub.wire import ndjson
from anyhub.wire.bodies.commits import spell_commit, spell_committed
from anyhub.wire.ndjson import Inline, Large, Operation

PAGE = 100
MAX_PAGE = 1000
IN_MEMORY_BYTES = 32 * 2**20

_UPDATED = "The branch was updated since you opened this page. Please refresh and try again."

# By the id of the newest commit, which says what came before it.
_kept: Kept[Commit] = Kept(50_000)


def create(call: Call) -> Answer:
    """Make the changes that are sent one commit, or a pull request of one."""
    repo, onto = call.repo(), call.parts["revision"]
    check_proposes(call, repo)
    if is_commit_id(onto):
        raise RevisionNotFoundError(f"{onto[:7]!r} is a commit, on which nothing can be put. Name a branch.")
    header, operations = ndjson.read(call.body.chunks(), max_bytes=call.settings.max_inline_bytes)
    with call.hub.staging() as staging:
        changes = _changes(call, repo, header.base or onto, operations, staging)
        try:
            done = call.hub.commit(
                repo,
                changes,
                message=header.message,
                description=header.description,
                onto=onto,
                base=header.base,
                parent=header.parent,
                pull_request=call.flag("create_pr"),
            )
        except ParentCommitError as error:
            raise ParentCommitError(f"{_UPDATED} {error.message}", **error.details) from None
    opened = done.pull_request
    pull_request_url = call.hub.url(repo, "discussions", str(opened.number)) if opened else None
    return json_answer(spell_committed(done, call.hub.url(repo, "commit", done.commit.oid), pull_request_url))


def _changes(call: Call, repo: RepoId, base: str, operations: Iterable[Operation], staging: Path) -> list[Change]:
    """Return what the operations ask for. Of two that speak of the same path, the later one counts."""
    changes: dict[tuple[str, bool], Change] = {}
    for change in _read(call, repo, operations, staging):
        key = change.path, isinstance(change, DeleteFolder)
        changes.pop(key, None)
        changes[key] = change
    return _with_folders(call, repo, base, list(changes.values()))


def _read(call: Call, repo: RepoId, operations: Iterable[Operation], staging: Path) -> Iterator[Change]:
    in_memory = 0
    for number, operation in enumerate(operations):
        match operation:
            case Inline(path, content) if in_memory + len(content) <= IN_MEMORY_BYTES:
                in_memory += len(content)
                yield AddFile(path, content)
            case Inline(path, content):
                staged = staging / str(number)
                with files.create(staged) as writer:
                    writer.write(content)
                yield AddFile(path, staged, writer.digest, adopt=True)
            case Large(path, sha256, size):
                known = call.hub.large(repo, sha256).size if size is None else size
                yield AddFile(path, Digest(sha256, known))
            case DeleteFile() | DeleteFolder() | CopyFile():
                yield operation


def _with_folders(call: Call, repo: RepoId, base: str, changes: list[Change]) -> list[Change]:
    """Return the changes with each file to delete that is a folder said to be one, since clients do not look."""
    paths = [change.path for change in changes if isinstance(change, DeleteFile)]
    if not paths:
        return changes
    commit = call.hub.resolve(repo, base)
    found = {entry.path: entry for entry in call.hub.find(repo, commit.oid, [path.rstrip("/") for path in paths])}
    settled: list[Change] = []
    for change in changes:
        if isinstance(change, DeleteFile):
            entry = found.get(change.path.rstrip("/"))
            if entry is None:
                raise EntryNotFoundError(
                    f"A file with this name doesn't exist: {change.path!r}. List the files to find its name."
                )
            change = DeleteFolder(entry.path) if entry.is_folder else change
        settled.append(change)
    return settled


def history(call: Call) -> Answer:
    """List the commits that led to a revision, page by page, the newest first."""
    repo = call.repo()
    newest = call.hub.resolve(repo, call.parts["revision"])
    commits = _kept.get(newest.oid, lambda: call.hub.history(repo, newest.oid))
    limit, page = call.number("limit", PAGE, least=1, most=MAX_PAGE), call.number("p", 0)
    shown = commits[page * limit : (page + 1) * limit]
    headers = {"X-Total-Count": str(len(commits))}
    if (page + 1) * limit < len(commits):
        headers |= next_page(call, p=str(page + 1))
    formatted = "formatted" in call.all("expand", "expand[]")
    return json_answer([spell_commit(commit, formatted=formatted) for commit in shown], headers=headers)


def compare(call: Call) -> Answer:
    """Show how two revisions differ, as ``git diff`` does; with three dots, since they parted."""
    repo = call.repo()
    check_reads(call, repo)
    before, dots, after = call.parts["range"].partition("..")
    since_parted, after = after.startswith("."), after.removeprefix(".")
    if not (before and dots and after):
        raise RevisionNotFoundError("Name two revisions with two dots between them, such as 'main..dev'.")
    old, new = (call.hub.resolve(repo, each).oid for each in (before, after))
    if since_parted:
        old = call.hub.common_ancestor(repo, old, new) or old
    return text_answer(diff(call.hub, repo, old, new))


def squash(call: Call) -> Answer:
    """Replace the history of a branch by one commit."""
    made = call.hub.squash(call.repo(), call.parts["branch"], field(call.json(), "message", str, "Super-squash"))
    return json_answer({"commitOid": made.oid, "commit": spell_commit(made)})


HANDLERS: dict[str, Handler] = {
    "commit.create": create,
    "commit.list": history,
    "commit.compare": compare,
    "commit.squash": squash,
}
