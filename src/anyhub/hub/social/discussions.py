"""The discussions and pull requests of a repository: the tables in which they are kept."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from anyhub.community import Discussion, Event, EventType
from anyhub.errors import (
    ConflictError,
    DiscussionNotFoundError,
    NotFoundError,
    PullRequestNotFoundError,
    TooLargeError,
    ValidationError,
)
from anyhub.hub.repos.catalog import moment, now_microseconds
from anyhub.hub.social.outbox import Outbox
from anyhub.hub.sql.database import Database
from anyhub.values import Commit, PullRequestStatus

MAX_TITLE = 200
MAX_COMMENT = 65_536
MAX_EVENTS = 10_000
MAX_DISCUSSIONS = 100_000
_MAX_COMMITS_AT_ONCE = 250

_COMMENTS = "SELECT count(*) FROM events e WHERE e.repo = d.repo AND e.number = d.number AND e.type = 'comment'"
_SELECT = (
    "SELECT number, title, author, status, is_pull_request, created_at,"
    f" ({_COMMENTS}), target, merge_commit FROM discussions d WHERE repo = ?"
)
_EVENTS = "SELECT id, type, author, created_at, data FROM events WHERE repo = ? AND number = ?"


class Discussions:
    """Reads and writes the tables of discussions; the commits of a pull request are a reference like any other.

    What changes something is to be called inside a transaction. Whoever watches the repository is told.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._outbox = Outbox(database)

    def all(self, repo: int) -> list[Discussion]:
        """List discussions and pull requests, the newest first, without their events."""
        return [_discussion(row) for row in self._database.query(f"{_SELECT} ORDER BY number DESC", repo)]

    def get(self, repo: int, number: int) -> Discussion:
        """Return one, with its events.

        Raises:
            DiscussionNotFoundError: Says which there are.
        """
        rows = self._database.query(f"{_SELECT} AND number = ?", repo, number) if _is_number(number) else []
        if not rows:
            raise DiscussionNotFoundError(f"There is no discussion #{number}; {self._known(repo, 'discussion')}")
        events = self._database.query(f"{_EVENTS} ORDER BY position", repo, number)
        return replace(_discussion(rows[0]), events=tuple(map(_event, events)))

    def get_pull_request(self, repo: int, number: int) -> Discussion:
        """Return one that has commits, with its events.

        Raises:
            PullRequestNotFoundError: When there is none of that number, or it has none; says which there are.
        """
        try:
            found = self.get(repo, number)
        except DiscussionNotFoundError:
            found = None
        if found is None or not found.is_pull_request:
            what = "a discussion without commits, and no" if found else "no"
            start = f"#{number} is {what}" if found else f"There is {what}"
            end = "pull request;" if found else f"pull request #{number};"
            raise PullRequestNotFoundError(f"{start} {end} {self._known(repo, 'pull request')}")
        return found

    def get_open(self, repo: int, number: int) -> Discussion:
        """Return a pull request that takes commits: an open one, or a draft.

        Raises:
            PullRequestNotFoundError: When there is none of that number.
            ConflictError: When it is closed or merged.
        """
        found = self.get_pull_request(repo, number)
        if found.status not in ("open", "draft"):
            hint = "Nothing is left to do." if found.status == "merged" else "Reopen it first."
            raise ConflictError(f"Pull request #{number} is {found.status}. {hint}")
        return found

    def get_mergeable(self, repo: int, number: int) -> Discussion:
        """Return a pull request that may be merged: an open one.

        Raises:
            PullRequestNotFoundError: When there is none of that number.
            ConflictError: When it is a draft, closed or merged.
        """
        found = self.get_open(repo, number)
        if found.status == "draft":
            raise ConflictError(
                f"Pull request #{number} is a draft. Give it the status 'open' first: change_discussion_status does so."
            )
        return found

    def open_discussion(self, repo: int, title: str, body: str, author: str) -> Discussion:
        """Begin a discussion; the body is its first comment."""
        return self._open(repo, title, body, author, "open", None)

    def open_pull_request(
        self, repo: int, title: str, body: str, author: str, target_ref: str, *, draft: bool = False
    ) -> Discussion:
        """Begin a pull request; the caller points ``refs/pr/N`` at its commits.

        Args:
            repo (`int`): The key of the repository.
            title (`str`): What it is called; one that is too long, as that of a commit may be, is cut.
            body (`str`): Its first comment; cut likewise.
            author (`str`): Who opens it.
            target_ref (`str`): The branch that it is to change, ``refs/heads/…``.
            draft (`bool`): Whether it has to be opened before it can be merged.
        """
        return self._open(repo, _cut(title, MAX_TITLE), _cut(body, MAX_COMMENT), author, *_begun(target_ref, draft))

    def note_commits(self, repo: int, number: int, commits: Sequence[Commit], author: str) -> None:
        """Note that commits, the oldest first, came to a pull request; of very many at once, the newest."""
        if self._count(repo, number) >= MAX_EVENTS:
            return  # whoever fills a pull request with talk does not close it to commits
        for commit in commits[-_MAX_COMMITS_AT_ONCE:]:
            self._add(repo, number, "commit", author, subject=_cut(commit.title, MAX_TITLE), oid=commit.oid)
        self._tell(repo, number)

    def set_merged(self, repo: int, number: int, commit_oid: str, author: str) -> None:
        """Note the commit that brought a pull request to its branch."""
        self._set(repo, number, status="merged", merge_commit=commit_oid)
        self._add(repo, number, "status-change", author, status="merged")
        self._tell(repo, number)

    def set_status(
        self, repo: int, number: int, status: PullRequestStatus, author: str, comment: str | None = None
    ) -> Event:
        """Close, or open, or reopen one.

        Raises:
            ConflictError: When it was merged: that can not be undone; or when it is so already.
            TooLargeError: When it is reopened and takes no more; what is full can still be closed.
        """
        found = self.get(repo, number)
        if found.status == "merged":
            raise ConflictError(f"Pull request #{number} was merged. Open a new one to change the branch back.")
        if found.status == status:
            raise ConflictError(f"#{number} is {status} already. Nothing is left to do.")
        if status == "open":
            self._check_room(repo, number)
        if comment:
            self.comment(repo, number, comment, author)
        self._set(repo, number, status=status)
        event = self._add(repo, number, "status-change", author, status=status)
        self._tell(repo, number)
        return event

    def rename(self, repo: int, number: int, title: str, author: str) -> Event:
        """Give one another title."""
        old = self.get(repo, number).title
        self._check_room(repo, number)
        self._set(repo, number, title=checked_title(title))
        event = self._add(repo, number, "title-change", author, old_title=old, new_title=title.strip())
        self._tell(repo, number)
        return event

    def comment(self, repo: int, number: int, content: str, author: str) -> Event:
        """Add a comment."""
        self.get(repo, number)
        self._check_room(repo, number)
        event = self._add(repo, number, "comment", author, content=checked_comment(content))
        self._tell(repo, number, event, "create")
        return event

    def edit_comment(self, repo: int, number: int, event: str, content: str) -> Event:
        """Replace the text of a comment.

        Raises:
            NotFoundError: When there is no such comment.
            ConflictError: When it was hidden.
        """
        found = self._comment(repo, number, event)
        if found.hidden:
            raise ConflictError(f"The comment {event!r} was hidden, for good. Write a new one.")
        data = {"content": checked_comment(content), "edits": found.edits + 1, "edited_at": now_microseconds()}
        return self._rewrite(repo, number, event, data)

    def hide_comment(self, repo: int, number: int, event: str, by: str) -> Event:
        """Take the text of a comment out of the database; hiding a hidden one again changes nothing.

        Raises:
            NotFoundError: When there is no such comment.
        """
        found = self._comment(repo, number, event)
        if found.hidden:
            return found
        return self._rewrite(repo, number, event, {"hidden": True, "hidden_by": by, "edits": found.edits})

    # -- inside

    def _open(
        self, repo: int, title: str, body: str, author: str, status: PullRequestStatus, target: str | None
    ) -> Discussion:
        title = checked_title(title)
        rows = self._database.query("SELECT coalesce(max(number), 0) + 1 FROM discussions WHERE repo = ?", repo)
        number = int(rows[0][0])
        if number > MAX_DISCUSSIONS:
            raise TooLargeError(f"This repository has {MAX_DISCUSSIONS} discussions, and takes no more.")
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO discussions (repo, number, title, author, status, created_at, is_pull_request, target)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (repo, number, title, author, status, now_microseconds(), target is not None, target),
            )
        self._add(repo, number, "comment", author, content=checked_comment(body, may_be_empty=True))
        opened = self.get(repo, number)
        self._outbox.note(repo, "discussion", "create", discussion=opened, comment=opened.events[0])
        return opened

    def _add(self, repo: int, number: int, type: EventType, author: str, **data: Any) -> Event:
        """Add an event at the end of a discussion."""
        position = self._count(repo, number)
        row = (secrets.token_hex(12), type, author, now_microseconds(), json.dumps(data))
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO events (repo, number, position, id, type, author, created_at, data)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (repo, number, position, *row),
            )
        return _event(row)

    def _count(self, repo: int, number: int) -> int:
        """Return how many events a discussion has; none is ever removed."""
        where = "SELECT coalesce(max(position), -1) + 1 FROM events WHERE repo = ? AND number = ?"
        return int(self._database.query(where, repo, number)[0][0])

    def _check_room(self, repo: int, number: int) -> None:
        if self._count(repo, number) >= MAX_EVENTS:
            raise TooLargeError(f"#{number} has {MAX_EVENTS} entries, and takes no more. Begin a new one.")

    def _rewrite(self, repo: int, number: int, event: str, data: Mapping[str, Any]) -> Event:
        """Put other data in the place of those of an event."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE events SET data = ? WHERE repo = ? AND number = ? AND id = ?",
                (json.dumps(data), repo, number, event),
            )
        changed = self._comment(repo, number, event)
        self._tell(repo, number, changed)
        return changed

    def _comment(self, repo: int, number: int, event: str) -> Event:
        """Return one comment of a discussion."""
        self.get(repo, number)
        rows = self._database.query(f"{_EVENTS} AND id = ? AND type = 'comment'", repo, number, event)
        if not rows:
            raise NotFoundError(f"#{number} has no comment {event!r}. Take its id from the events of the discussion.")
        return _event(rows[0])

    def _set(self, repo: int, number: int, **columns: str) -> None:
        """Change columns, of which the caller names which, of a discussion."""
        names = ", ".join(f"{name} = ?" for name in columns)
        with self._database.transaction() as connection:
            connection.execute(
                f"UPDATE discussions SET {names} WHERE repo = ? AND number = ?", (*columns.values(), repo, number)
            )

    def _tell(self, repo: int, number: int, comment: Event | None = None, action: str = "update") -> None:
        """Tell those who watch the repository of a discussion, or of one comment in it, as it is now."""
        if not self._outbox.is_watched():
            return
        scope = "discussion" if comment is None else "discussion.comment"
        self._outbox.note(repo, scope, action, discussion=self.get(repo, number), comment=comment)

    def _known(self, repo: int, what: str) -> str:
        known = [each for each in self.all(repo) if each.is_pull_request or what == "discussion"][:10]
        return f"there are {', '.join(f'#{each.number}' for each in known)}." if known else "none was opened yet."


def checked_title(title: str) -> str:
    """Return a title without the spaces around it.

    Raises:
        ValidationError: When it is empty, too long, or more than one line.
    """
    title = title.strip()
    if not title or len(title) > MAX_TITLE or not title.isprintable():
        raise ValidationError(f"A title is one line of 1 to {MAX_TITLE} characters, not {title[:40]!r}. Shorten it.")
    return title


def checked_comment(content: str, *, may_be_empty: bool = False) -> str:
    """Return the text of a comment.

    Raises:
        ValidationError: When it is empty, or not text in UTF-8.
        TooLargeError: When it is too long.
    """
    if not content.strip() and not may_be_empty:
        raise ValidationError("A comment can not be empty. Write something.")
    if len(content) > MAX_COMMENT:
        raise TooLargeError(f"A comment has at most {MAX_COMMENT} characters, not {len(content)}. Shorten it.")
    if "\0" in content or not _is_unicode(content):
        raise ValidationError("A comment is text in UTF-8, without NUL characters. Write it anew.")
    return content


def _begun(target: str, draft: bool) -> tuple[PullRequestStatus, str]:
    return ("draft" if draft else "open"), target


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_number(number: int) -> bool:
    return 0 < number < 2**63  # what SQLite can compare


def _discussion(row: Any) -> Discussion:
    number, title, author, status, is_pull_request, created_at, comments, target, merge_commit = row
    return Discussion(
        number, title, author, status, bool(is_pull_request), moment(created_at), comments, target, merge_commit
    )


def _event(row: Any) -> Event:
    id, type, author, created_at, text = row
    data = json.loads(text)
    if "edited_at" in data:
        data["edited_at"] = moment(data["edited_at"])
    return Event(id, type, author, moment(created_at), **data)
