"""What a pull request changes: found out by the verbs that every hub has, when somebody asks."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from anyhub.community import Discussion
from anyhub.errors import NotFoundError
from anyhub.git.pointers import looks_binary, pointer
from anyhub.values import DEFAULT_BRANCH, Commit, Digest, Entry, PullRequest, RepoId

if TYPE_CHECKING:
    from anyhub.hub.interface import Hub

MAX_FILE_BYTES = 500_000
MAX_DIFF_BYTES = 5_000_000

_Files = dict[str, Entry]


class Proposal:
    """The changes of one pull request.

    Args:
        hub (`Hub`): Where it is.
        repo (`RepoId`): Which repository.
        discussion (`Discussion`): The pull request.
    """

    def __init__(self, hub: Hub, repo: RepoId, discussion: Discussion) -> None:
        self._hub = hub
        self._repo = repo
        self._discussion = discussion

    def diff(self) -> str:
        """Return the changes as `git diff` spells them, from where the proposal left its branch.

        Large and binary files are only named, and of very long changes the beginning is returned.
        """
        try:
            head, _, base = self._commits()
        except NotFoundError:  # the branch is gone, or has a new history
            return ""
        before, after = self._files(base), self._files(head)
        parts, length = [], 0
        for path in sorted(_changed(before, after)):
            parts.append("".join(self._file_diff(path, before.get(path), after.get(path))))
            length += len(parts[-1])
            if length > MAX_DIFF_BYTES:
                break
        return "".join(parts)

    def conflicts(self) -> list[str]:
        """Return the files that both the proposal and, since then, its branch changed in different ways."""
        if self._discussion.status in ("merged", "closed"):
            return []
        try:
            head, target, base = self._commits()
        except NotFoundError:
            return []
        before, ours, theirs = self._files(base), self._files(head), self._files(target)
        both = _changed(before, ours) & _changed(before, theirs)
        return sorted(path for path in both if not _same(ours.get(path), theirs.get(path)))

    def _commits(self) -> tuple[Commit, Commit, Commit]:
        """Return the last commit of the proposal, that of its branch, and the one from which they parted."""
        head = self._hub.resolve(self._repo, PullRequest(self._discussion.number).ref)
        merged = self._discussion.merge_commit
        if merged is not None:
            target = self._hub.resolve(self._repo, self._hub.resolve(self._repo, merged).parents[0])
        else:
            target = self._hub.resolve(self._repo, self._discussion.target or DEFAULT_BRANCH)
        return head, target, self._parting(head, target)

    def _parting(self, head: Commit, target: Commit) -> Commit:
        """Return the newest commit that the histories of two commits share."""
        seen: dict[str, Commit] = {}
        walks = [self._hub.history(self._repo, head.oid), self._hub.history(self._repo, target.oid)]
        while walks:
            for walk in list(walks):
                commit = next(walk, None)
                if commit is None:
                    walks.remove(walk)
                elif commit.oid in seen:
                    return commit
                else:
                    seen[commit.oid] = commit
        raise NotFoundError("The pull request and its branch have no commit in common. Open a new pull request.")

    def _files(self, commit: Commit) -> _Files:
        tree = self._hub.tree(self._repo, commit.oid)
        return {entry.path: entry for entry in tree if not entry.is_folder}

    def _file_diff(self, path: str, before: Entry | None, after: Entry | None) -> Iterator[str]:
        old, new = self._content(before), self._content(after)
        yield f"diff --git a/{path} b/{path}\n"
        if before is None:
            yield "new file mode 100644\n"
        if after is None:
            yield "deleted file mode 100644\n"
        zero = "0" * 40
        mode = " 100644" if before and after else ""
        yield f"index {before.oid if before else zero}..{after.oid if after else zero}{mode}\n"
        names = f"a/{path}" if before else "/dev/null", f"b/{path}" if after else "/dev/null"
        if old is None or new is None:
            yield f"Binary files {names[0]} and {names[1]} differ\n"
            return
        for line in difflib.unified_diff(old, new, *names, lineterm=""):
            yield line if line.endswith("\n") else f"{line}\n"

    def _content(self, entry: Entry | None) -> list[str] | None:
        """Return the lines of a file; those of its pointer when it is large, None when it is not text."""
        if entry is None:
            return []
        if entry.sha256 is not None:
            return pointer(Digest(entry.sha256, entry.size)).decode().splitlines(keepends=True)
        if entry.size > MAX_FILE_BYTES:
            return None
        with self._hub.open(self._repo, entry) as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
        return None if looks_binary(data[:8000]) else _lines(data.decode("utf-8", "replace"))


def _lines(text: str) -> list[str]:
    """Return the lines as git counts them: only at line feeds, with a note where the last one has none."""
    lines = [f"{line}\n" for line in text.split("\n")]
    if lines[-1] == "\n":
        return lines[:-1]
    return [*lines[:-1], f"{lines[-1]}\\ No newline at end of file\n"]


def _changed(before: _Files, after: _Files) -> set[str]:
    return {path for path in before.keys() | after.keys() if not _same(before.get(path), after.get(path))}


def _same(one: Entry | None, other: Entry | None) -> bool:
    return (one and one.oid) == (other and other.oid)
