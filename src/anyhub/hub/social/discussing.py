"""The verbs of a hub about discussions and pull requests, over its database."""

from __future__ import annotations

from anyhub.community import Discussion, Event
from anyhub.errors import ValidationError
from anyhub.hub.repos.catalog import Catalog
from anyhub.hub.repos.revisions import Revisions
from anyhub.hub.social.discussions import Discussions, checked_title
from anyhub.hub.sql.database import Database
from anyhub.values import DEFAULT_BRANCH, PullRequestStatus, RepoId, Signature


class Discussing:
    """The part of `StoredHub` about discussions. Merging one is a commit, and so it is not here."""

    _database: Database
    _catalog: Catalog
    _revisions: Revisions
    _discussions: Discussions
    _user: Signature

    def discussions(self, repo: RepoId) -> list[Discussion]:
        """List discussions and pull requests, the newest first, without their events."""
        return self._discussions.all(self._catalog.pk(repo))

    def discussion(self, repo: RepoId, number: int) -> Discussion:
        """Return one discussion or pull request, with its events."""
        return self._discussions.get(self._catalog.pk(repo), number)

    def open_discussion(self, repo: RepoId, title: str, description: str = "") -> Discussion:
        """Begin a discussion; the description is its first comment."""
        with self._database.transaction():
            return self._discussions.open_discussion(self._catalog.pk(repo), title, description, self._user.name)

    def open_pull_request(
        self, repo: RepoId, title: str, description: str = "", *, target: str = f"refs/heads/{DEFAULT_BRANCH}"
    ) -> Discussion:
        """Begin a draft of a pull request, whose reference is where its target is now."""
        with self._database.transaction():
            pk = self._catalog.pk(repo)
            branch = self._revisions.branch(pk, target)
            if not branch.name.startswith("refs/heads/"):
                raise ValidationError(f"A pull request is for a branch, and {target!r} is none. Name one, as 'main'.")
            opened = self._discussions.open_pull_request(
                pk, checked_title(title), description, self._user.name, branch.name, draft=True
            )
            self._revisions.set(pk, f"refs/pr/{opened.number}", branch.target)
        return opened

    def comment(self, repo: RepoId, number: int, content: str) -> Event:
        """Add a comment."""
        with self._database.transaction():
            return self._discussions.comment(self._catalog.pk(repo), number, content, self._user.name)

    def edit_comment(self, repo: RepoId, number: int, event: str, content: str) -> Event:
        """Replace the text of a comment."""
        with self._database.transaction():
            return self._discussions.edit_comment(self._catalog.pk(repo), number, event, content)

    def hide_comment(self, repo: RepoId, number: int, event: str) -> Event:
        """Take the text of a comment away, for good."""
        with self._database.transaction():
            return self._discussions.hide_comment(self._catalog.pk(repo), number, event, self._user.name)

    def rename_discussion(self, repo: RepoId, number: int, title: str) -> Event:
        """Give a discussion another title."""
        with self._database.transaction():
            return self._discussions.rename(self._catalog.pk(repo), number, title, self._user.name)

    def set_discussion_status(
        self, repo: RepoId, number: int, status: PullRequestStatus, comment: str | None = None
    ) -> Event:
        """Close or reopen a discussion or pull request, or make a draft one that is open for merging."""
        if status not in ("open", "closed"):
            raise ValidationError(f"The status of a discussion is set to 'open' or 'closed', not {status!r}.")
        with self._database.transaction():
            return self._discussions.set_status(self._catalog.pk(repo), number, status, self._user.name, comment)
