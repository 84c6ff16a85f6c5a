"""Commits on a hub on the network: large files are sent ahead of the commit, all others within it."""

from __future__ import annotations

import base64
import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from anyhub import files, progress, temporary
from anyhub.errors import EntryNotFoundError, HfHubHTTPError, NetworkError, RevisionNotFoundError, ValidationError
from anyhub.hub.commits.preparing import check_paths
from anyhub.hub.remote.reading import RemoteReading
from anyhub.transfer.engine import send_large
from anyhub.transfer.messages import Stream
from anyhub.transfer.source import Source
from anyhub.values import (
    DEFAULT_BRANCH,
    AddFile,
    Change,
    Changes,
    Commit,
    Committed,
    CopyFile,
    DeleteFile,
    DeleteFolder,
    Digest,
    PullRequest,
    RepoId,
)
from anyhub.wire import ndjson
from anyhub.wire.bodies import reading
from anyhub.wire.bodies.commits import committed_oid, pull_request_number, read_committed

_SAMPLE = 512
_ASKED_AT_ONCE = 256
_PIECE = 2**20
_WHILE_IT_COMMITS = 600.0
"""Seconds that a hub may take for a commit after all of it has come."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """A commit to be asked for."""

    repo: RepoId
    onto: str
    header: ndjson.Header
    changes: Sequence[Change]
    pull_request: bool


class RemoteWriting(RemoteReading):
    """Implements `anyhub.hub.interface.WritesRepos` by the Hub's protocol."""

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Lend an empty folder; what is in it is sent like any other file."""
        parent = self._scratch or Path(tempfile.gettempdir())
        files.make_folder(parent)
        with temporary.scratch(parent) as scratch:
            yield scratch

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
        _check_message(message, description)
        changes = list(changes)
        check_paths(changes)
        settled = [self._settled(repo, onto, change) for change in changes]
        header = ndjson.Header(message, description, parent, base)
        try:
            ready = self._with_large_files_sent(repo, onto, settled, pull_request=pull_request)
            return self._commit_plan(_Plan(repo, onto, header, ready, pull_request))
        except RevisionNotFoundError as error:
            advice = "" if "create_branch" in error.message else " create_branch makes a branch."
            raise RevisionNotFoundError(error.message + advice, **error.details) from None
        except EntryNotFoundError:
            self._name_what_is_missing(repo, base or onto, settled)
            raise

    # -- inside

    def _settled(self, repo: RepoId, onto: str, change: Change) -> Change:
        """Return a change; a copy as the file that it puts, since hubs know no copies."""
        if not isinstance(change, CopyFile):
            return change
        commit = self.resolve(repo, change.revision or onto).oid
        entry = self.entry(repo, commit, change.source)
        if entry.sha256:
            return AddFile(change.path, Digest(entry.sha256, entry.size))
        with self.open(repo, entry) as stream:
            return AddFile(change.path, stream.read())

    def _name_what_is_missing(self, repo: RepoId, revision: str, changes: Changes) -> None:
        """Raise the error for the first file or folder that is to be deleted and is not there, naming the nearest."""
        commit = self.resolve(repo, revision).oid
        for change in changes:
            if isinstance(change, DeleteFile | DeleteFolder):
                self.entry(repo, commit, change.path)

    def _with_large_files_sent(
        self, repo: RepoId, onto: str, changes: Sequence[Change], *, pull_request: bool
    ) -> list[Change]:
        """Send the large files, and return the changes with them named by their digests, without those of no effect."""
        added = [change for change in changes if isinstance(change, AddFile) and not isinstance(change.source, Digest)]
        answers = self._asked_how(repo, onto, added, pull_request=pull_request)
        digests = self._digests([each for each in added if answers[each.path].get("uploadMode") == "lfs"])
        self._send(repo, [Source(_content(each), digests[each.path]) for each in added if each.path in digests])
        keeps_folders = not any(isinstance(change, DeleteFolder) for change in changes)
        ready: list[Change] = []
        for change in changes:
            if isinstance(change, AddFile) and change.path in digests:
                change = replace(change, source=digests[change.path], digest=None)
            elif isinstance(change, AddFile) and keeps_folders and _is_there(change, answers.get(change.path)):
                continue
            ready.append(change)
        return ready or list(changes)  # the hub says that there is nothing to do

    def _asked_how(
        self, repo: RepoId, onto: str, added: Sequence[AddFile], *, pull_request: bool
    ) -> dict[str, Mapping[str, Any]]:
        """Ask how each file is to be sent, and what the hub has in its place."""
        answers: dict[str, Mapping[str, Any]] = {}
        query = [("create_pr", "1")] if pull_request else []
        for start in range(0, len(added), _ASKED_AT_ONCE):
            asked = [_described(each) for each in added[start : start + _ASKED_AT_ONCE]]
            content = self._ask_object(
                "commit.preupload", repo, query=query, json={"files": asked}, repeatable=True, revision=onto
            )
            lines = [reading.is_a(line, dict, "a file") for line in reading.need(content, "files", list)]
            answers |= {reading.need(line, "path", str): line for line in lines}
        return {each.path: answers.get(each.path, {}) for each in added}

    def _digests(self, added: Sequence[AddFile]) -> dict[str, Digest]:
        found = {}
        unknown = [each for each in added if each.digest is None]
        total = sum(_size(each) for each in unknown)
        with progress.bar(total, "Hashing") as update:
            for each in unknown:
                found[each.path] = _digest(each, update)
        return found | {each.path: each.digest for each in added if each.digest is not None}

    def _send(self, repo: RepoId, sources: Sequence[Source]) -> None:
        if not sources:
            return
        total = sum(source.digest.size for source in sources)
        what = "Sending" if len(sources) == 1 else f"Sending {len(sources)} files"
        with progress.bar(total, what) as update:
            send_large(self._transport, self._address("lfs.batch", repo), sources, update=update, workers=self._threads)

    def _commit_plan(self, plan: _Plan) -> Committed:
        failures, patience = 0, self._transport.patience
        while True:
            try:
                return self._ask_for_commit(plan)
            except HfHubHTTPError:
                raise
            except NetworkError as error:
                if (made := self._made_meanwhile(plan)) is not None:
                    return made
                failures += 1
                if plan.pull_request or plan.header.base is None or failures >= patience.tries:
                    raise type(error)(
                        f"{error.message} Whether the commit {plan.header.message[:60]!r} was made is not known; look"
                        f" at {self.url(plan.repo)} before you try again."
                    ) from None
                patience.wait(failures)

    def _ask_for_commit(self, plan: _Plan) -> Committed:
        query = [("create_pr", "1")] if plan.pull_request else []
        answer = self._transport.request(
            "POST",
            self._address("commit.create", plan.repo, query, revision=plan.onto),
            headers={"Content-Type": ndjson.CONTENT_TYPE},
            body=Stream(lambda: ndjson.spell(plan.header, plan.changes, _pieces)),
            seconds=_WHILE_IT_COMMITS,
        )
        content = reading.is_a(answer.json(), dict, "the answer")
        oid, number = committed_oid(content), pull_request_number(content)
        commit = None if "commit" in content else self._commit(plan.repo, oid)
        opened = None if number is None else PullRequest(number)
        return read_committed(content, _full(plan.onto), commit=commit, pull_request=opened)

    def _made_meanwhile(self, plan: _Plan) -> Committed | None:
        """Return the commit that was asked for when the branch is at it although no answer came."""
        if plan.pull_request or plan.header.base is None:
            return None
        head = self.resolve(plan.repo, plan.onto)
        title = _title(plan.header.message)
        if head.title == title and (plan.header.base in head.parents) and self._has_all(plan, head):
            return Committed(head, _full(plan.onto), changed=True)
        return None

    def _has_all(self, plan: _Plan, head: Commit) -> bool:
        added = [change for change in plan.changes if isinstance(change, AddFile)]
        found = {entry.path: entry.etag for entry in self.find(plan.repo, head.oid, [each.path for each in added])}
        return all(
            found.get(each.path) in ((each.source.sha256,) if isinstance(each.source, Digest) else _etags(each))
            for each in added
        )


def _described(added: AddFile) -> dict[str, Any]:
    if isinstance(added.source, bytes):
        sample = added.source[:_SAMPLE]
    else:
        with _path(added).open("rb") as file:
            sample = file.read(_SAMPLE)
    return {"path": added.path, "sample": base64.b64encode(sample).decode(), "size": _size(added)}


def _path(added: AddFile) -> Path:
    assert isinstance(added.source, Path), "asked of what is no file"
    return added.source


def _content(added: AddFile) -> bytes | Path:
    return added.source if isinstance(added.source, bytes) else _path(added)


def _size(added: AddFile) -> int:
    return len(added.source) if isinstance(added.source, bytes) else _path(added).stat().st_size


def _digest(added: AddFile, update: progress.Update) -> Digest:
    if isinstance(added.source, bytes):
        update(len(added.source))
        return Digest(hashlib.sha256(added.source).hexdigest(), len(added.source))
    return files.hash_file(_path(added), update)


def _pieces(added: AddFile) -> Iterator[bytes]:
    if isinstance(added.source, bytes):
        yield added.source
        return
    with _path(added).open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _is_there(added: AddFile, answer: Mapping[str, Any] | None) -> bool:
    """Return whether the hub said that it has just this file, of those which are sent within a commit, in its place."""
    return answer is not None and bool(answer.get("oid")) and answer.get("oid") == _git_id(added)


def _git_id(added: AddFile) -> str:
    named = hashlib.sha1(b"blob %d\0" % _size(added), usedforsecurity=False)
    for piece in _pieces(added):
        named.update(piece)
    return named.hexdigest()


def _etags(added: AddFile) -> tuple[str, ...]:
    if isinstance(added.source, bytes):
        return _git_id(added), hashlib.sha256(added.source).hexdigest()
    return _git_id(added), files.hash_file(_path(added)).sha256


def _full(onto: str) -> str:
    return onto if onto.startswith("refs/") else f"refs/heads/{onto}"


def _title(message: str) -> str:
    return message.strip().splitlines()[0].strip()


def _check_message(message: str, description: str) -> None:
    if not message.strip():
        raise ValidationError("A commit needs a message that says what it does. Give commit_message=.")
    for text in (message, description):
        if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
            raise ValidationError("The message of a commit has a NUL or half a character, which git can not keep.")
