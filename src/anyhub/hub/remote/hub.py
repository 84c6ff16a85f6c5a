"""A hub on the network, by the Hub's protocol: any server that speaks it, with or without what ours adds to it."""

from __future__ import annotations

from typing import Any

from anyhub.community import Discussion, Event
from anyhub.hub.remote.accounts import RemoteAccounts
from anyhub.hub.remote.calls import no_answer
from anyhub.hub.remote.managing import RemoteManaging
from anyhub.values import Committed, PullRequestStatus, RepoId
from anyhub.wire.bodies import reading
from anyhub.wire.bodies.commits import read_committed
from anyhub.wire.bodies.discussions import read_discussion, read_event

_MAX_PAGES = 100_000


class RemoteHub(RemoteManaging):
    """Implements `anyhub.hub.interface.Hub` over HTTP.

    `open_hub` makes one for each address and token, and threads share it.
    """

    @property
    def accounts(self) -> RemoteAccounts:
        """The users, organisations and tokens of the hub, as whoever asks may see and change them."""
        return RemoteAccounts(self._transport, self.endpoint)

    def discussions(self, repo: RepoId) -> list[Discussion]:
        """List discussions and pull requests, the newest first, without their events."""
        found: dict[int, Discussion] = {}
        for page in range(_MAX_PAGES):
            content = self._ask_object("discussion.list", repo, query=[("p", str(page))])
            lines = [reading.is_a(line, dict, "a discussion") for line in reading.need(content, "discussions", list)]
            new = [each for each in map(read_discussion, lines) if each.number not in found]
            found |= {each.number: each for each in new}
            if not new or len(found) >= (reading.maybe(content, "count", int) or 0):
                break
        return sorted(found.values(), key=_number, reverse=True)

    def discussion(self, repo: RepoId, number: int) -> Discussion:
        """Return one discussion or pull request, with its events."""
        return read_discussion(self._ask_object("discussion.details", repo, number=str(number)))

    def open_discussion(self, repo: RepoId, title: str, description: str = "") -> Discussion:
        """Begin a discussion; the description is its first comment."""
        return self._open(repo, {"title": title, "description": description, "pullRequest": False})

    def open_pull_request(
        self, repo: RepoId, title: str, description: str = "", *, target: str = "refs/heads/main"
    ) -> Discussion:
        """Begin a pull request without commits yet."""
        said = {"title": title, "description": description, "pullRequest": True, "targetBranch": target}
        return self._open(repo, said)

    def _open(self, repo: RepoId, said: dict[str, Any]) -> Discussion:
        content = self._ask_object("discussion.create", repo, json=said)
        if "events" in content:
            return read_discussion(content)
        return self.discussion(repo, reading.need(content, "num", int))

    def comment(self, repo: RepoId, number: int, content: str) -> Event:
        """Add a comment."""
        return self._event("discussion.comment", repo, number, "newMessage", {"comment": content})

    def edit_comment(self, repo: RepoId, number: int, event: str, content: str) -> Event:
        """Replace the text of a comment."""
        said = {"content": content}
        return self._event("discussion.edit_comment", repo, number, "updatedComment", said, event=event)

    def hide_comment(self, repo: RepoId, number: int, event: str) -> Event:
        """Take the text of a comment away, for good."""
        return self._event("discussion.hide_comment", repo, number, "updatedComment", {}, event=event)

    def rename_discussion(self, repo: RepoId, number: int, title: str) -> Event:
        """Give a discussion another title."""
        return self._event("discussion.title", repo, number, "newTitle", {"title": title})

    def set_discussion_status(
        self, repo: RepoId, number: int, status: PullRequestStatus, comment: str | None = None
    ) -> Event:
        """Close or reopen a discussion or pull request, or make a draft one that is open for merging."""
        said = {"status": status} if comment is None else {"status": status, "comment": comment}
        return self._event("discussion.status", repo, number, "newStatus", said)

    def merge(self, repo: RepoId, number: int, message: str | None = None) -> Committed:
        """Bring the changes of an open pull request to its branch."""
        said = {} if message is None else {"comment": message}
        content = self._ask("discussion.merge", repo, json=said, number=str(number)).json()
        if isinstance(content, dict) and "commit" in content:
            return read_committed(content, "")
        merged = self.discussion(repo, number)
        if merged.merge_commit is None or merged.target is None:
            raise no_answer(f"which commit merged #{number}")
        return Committed(self._commit(repo, merged.merge_commit), merged.target, changed=True)

    def _event(self, route: str, repo: RepoId, number: int, name: str, said: dict[str, Any], **parts: str) -> Event:
        content = self._ask_object(route, repo, json=said, number=str(number), **parts)
        return read_event(reading.need(content, name, dict))


def _number(discussion: Discussion) -> int:
    return discussion.number
