"""Deletions: remove files and folders of a repository, as one commit."""

from __future__ import annotations

from pathlib import PurePath

from anyhub.api.commits import CommitInfo, Commits
from anyhub.api.patterns import Patterns, select_deleted
from anyhub.api.repo_paths import text_of
from anyhub.api.session import Endpoint, Token
from anyhub.paths import check_path
from anyhub.values import DeleteFile, DeleteFolder


class Deletions(Commits):
    """The part of `HfApi` that deletes files."""

    def delete_file(
        self,
        path_in_repo: str | PurePath,
        repo_id: str,
        *,
        token: Token = None,
        repo_type: str | None = None,
        revision: str | None = None,
        commit_message: str | None = None,
        commit_description: str | None = None,
        create_pr: bool | None = None,
        parent_commit: str | None = None,
        endpoint: Endpoint = None,
    ) -> CommitInfo:
        """Delete a file of a repository.

        Args:
            path_in_repo (`str` or `PurePath`): Which file.
            repo_id (`str`): Which repository.
            token (`str` or `bool`, *optional*): See `HfApi`.
            repo_type (`str`, *optional*): See `HfApi`.
            revision (`str`, *optional*): The branch, or ``refs/pr/N``, to commit to; ``main``, when None.
            commit_message (`str`, *optional*): The commit's title; "Delete … with anyhub", when None.
            commit_description (`str`, *optional*): The commit's body.
            create_pr (`bool`, *optional*): Leave the branch as it is and open a pull request against it.
            parent_commit (`str`, *optional*): The commit, in full or shortened, that the branch must be at.
            endpoint (*optional*): See `HfApi`.

        Raises:
            EntryNotFoundError: When there is no such file; names the nearest.
            EditConflictError, ParentCommitError: As `create_commit` does.
            RepositoryNotFoundError, RevisionNotFoundError: Name the nearest one that exists.
        """
        path = text_of(path_in_repo)
        push = self._begin_push(
            repo_id,
            message=commit_message or f"Delete {path} with anyhub",
            description=commit_description,
            token=token,
            repo_type=repo_type,
            revision=revision,
            create_pr=create_pr,
            parent=parent_commit,
            endpoint=endpoint,
        )
        return push.commit([DeleteFile(check_path(path))])

    def delete_files(
        self,
        repo_id: str,
        delete_patterns: Patterns,
        *,
        token: Token = None,
        repo_type: str | None = None,
        revision: str | None = None,
        commit_message: str | None = None,
        commit_description: str | None = None,
        create_pr: bool | None = None,
        parent_commit: str | None = None,
        endpoint: Endpoint = None,
    ) -> CommitInfo:
        """Delete the files of a repository that patterns match, except ``.gitattributes``.

        Args:
            repo_id (`str`): Which repository.
            delete_patterns (`str` or `list[str]`): What to delete, such as ``"*.bin"`` or ``"logs/"``.
            token (`str` or `bool`, *optional*): See `HfApi`.
            repo_type (`str`, *optional*): See `HfApi`.
            revision (`str`, *optional*): The branch, or ``refs/pr/N``, to commit to; ``main``, when None.
            commit_message (`str`, *optional*): The commit's title; "Delete files with anyhub", when None.
            commit_description (`str`, *optional*): The commit's body.
            create_pr (`bool`, *optional*): Leave the branch as it is and open a pull request against it.
            parent_commit (`str`, *optional*): The commit, in full or shortened, that the branch must be at.
            endpoint (*optional*): See `HfApi`.

        Returns:
            `CommitInfo`: That of the branch's head, when nothing matches.

        Raises:
            EditConflictError, ParentCommitError: As `create_commit` does.
            RepositoryNotFoundError, RevisionNotFoundError: Name the nearest one that exists.
        """
        push = self._begin_push(
            repo_id,
            message=commit_message or "Delete files with anyhub",
            description=commit_description,
            token=token,
            repo_type=repo_type,
            revision=revision,
            create_pr=create_pr,
            parent=parent_commit,
            endpoint=endpoint,
        )
        return push.commit([DeleteFile(path) for path in select_deleted(push.files(), delete_patterns)])

    def delete_folder(
        self,
        path_in_repo: str | PurePath,
        repo_id: str,
        *,
        token: Token = None,
        repo_type: str | None = None,
        revision: str | None = None,
        commit_message: str | None = None,
        commit_description: str | None = None,
        create_pr: bool | None = None,
        parent_commit: str | None = None,
        endpoint: Endpoint = None,
    ) -> CommitInfo:
        """Delete a folder of a repository, with everything in it.

        Args:
            path_in_repo (`str` or `PurePath`): Which folder.
            repo_id (`str`): Which repository.
            token (`str` or `bool`, *optional*): See `HfApi`.
            repo_type (`str`, *optional*): See `HfApi`.
            revision (`str`, *optional*): The branch, or ``refs/pr/N``, to commit to; ``main``, when None.
            commit_message (`str`, *optional*): The commit's title; "Delete folder … with anyhub", when None.
            commit_description (`str`, *optional*): The commit's body.
            create_pr (`bool`, *optional*): Leave the branch as it is and open a pull request against it.
            parent_commit (`str`, *optional*): The commit, in full or shortened, that the branch must be at.
            endpoint (*optional*): See `HfApi`.

        Raises:
            EntryNotFoundError: When there is no such folder; names the nearest.
            EditConflictError, ParentCommitError: As `create_commit` does.
            RepositoryNotFoundError, RevisionNotFoundError: Name the nearest one that exists.
        """
        path = text_of(path_in_repo)
        push = self._begin_push(
            repo_id,
            message=commit_message or f"Delete folder {path} with anyhub",
            description=commit_description,
            token=token,
            repo_type=repo_type,
            revision=revision,
            create_pr=create_pr,
            parent=parent_commit,
            endpoint=endpoint,
        )
        return push.commit([DeleteFolder(check_path(path.removesuffix("/")))])
