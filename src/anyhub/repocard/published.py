"""The card that a branch of a repository has, edited by commits onto what was read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from anyhub.constants import REPOCARD_NAME
from anyhub.errors import EditConflictError, EntryNotFoundError, ParentCommitError
from anyhub.repocard.reading import read_text

if TYPE_CHECKING:
    from anyhub.api import CommitInfo, HfApi
    from anyhub.hub.interface import Hub

_RETRIES = 9

Edit: TypeAlias = Callable[[str | None], str]


@dataclass(frozen=True)
class Message:
    """What the commit of an edit is called, and where it goes.

    Attributes:
        title (`str`, *optional*): Its title.
        description (`str`, *optional*): Its body.
        create_pr (`bool`): Whether it is proposed, and the branch stays as it is.
        parent (`str`, *optional*): The commit that the branch must be at; whatever was read, when None.
    """

    title: str | None = None
    description: str | None = None
    create_pr: bool = False
    parent: str | None = None


@dataclass(frozen=True)
class PublishedCard:
    """The card of a repository, as it is on one branch.

    Attributes:
        api (`HfApi`): The client of the hub.
        repo_id (`str`): The repository.
        repo_type (`str`): `"model"`, `"dataset"` or `"space"`.
        revision (`str`, *optional*): The branch; ``main``, when None.
    """

    api: HfApi
    repo_id: str
    repo_type: str
    revision: str | None = None

    def edit(self, edit: Edit, message: Message) -> CommitInfo:
        """Commit what an edit makes of the card, onto the commit that the card was read from.

        When another writer was first, the card is read and edited again, so nothing that anybody writes is lost.

        Args:
            edit: Given the card, or None when there is none, returns the new one. May be called several times.
            message (`Message`): What the commit is called.

        Raises:
            ParentCommitError: When the branch is not at the parent that was asked for, or never stands still.
            RepositoryNotFoundError, RevisionNotFoundError: When the hub has no such branch.
        """
        for _ in range(_RETRIES):
            try:
                return self._try(edit, message)
            except (ParentCommitError, EditConflictError):
                if message.parent:
                    raise
        return self._try(edit, message)

    def _try(self, edit: Edit, message: Message) -> CommitInfo:
        head = self._head()
        return self._commit(edit(self._read(head)), message, message.parent or head)

    def _head(self) -> str:
        return self.api.repo_info(self.repo_id, repo_type=self.repo_type, revision=self.revision).sha

    def _read(self, commit: str) -> str | None:
        try:
            path = self.api.hf_hub_download(self.repo_id, REPOCARD_NAME, repo_type=self.repo_type, revision=commit)
        except EntryNotFoundError:
            return None
        return read_text(Path(path))

    def _commit(self, card: str, message: Message, parent: str) -> CommitInfo:
        return self.api.upload_file(
            path_or_fileobj=card.encode(),
            path_in_repo=REPOCARD_NAME,
            repo_id=self.repo_id,
            repo_type=self.repo_type,
            commit_message=message.title,
            commit_description=message.description,
            revision=self.revision,
            create_pr=message.create_pr,
            parent_commit=parent,
        )


def place_of(endpoint: str | Path | Hub | None, repo_id: str, repo_type: str, token: str | bool | None = None) -> str:
    """Return a name for a repository of a hub, by which it is told from every other."""
    from anyhub.hub.caller import Caller
    from anyhub.hub.opening import open_hub

    hub = open_hub(endpoint, Caller.of(token))
    return f"{hub.endpoint} {hub.repo_id(repo_id, repo_type).key}"
