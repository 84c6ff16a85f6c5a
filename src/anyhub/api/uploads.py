"""Uploads: bring a file or a folder of this machine into a repository, as one commit."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Literal, overload

from anyhub.api.commits import CommitInfo, Commits
from anyhub.api.local_folder import list_local_folder
from anyhub.api.operations import CommitOperationAdd, Source
from anyhub.api.patterns import Patterns, select_deleted
from anyhub.api.repo_paths import folder_in_repo
from anyhub.api.session import Endpoint, Token
from anyhub.paths import check_path
from anyhub.values import AddFile, DeleteFile

if TYPE_CHECKING:
    from concurrent.futures import Future


class Uploads(Commits):
    """The part of `HfApi` that uploads."""

    @overload
    def upload_file(
        self,
        *,
        path_or_fileobj: Source,
        path_in_repo: str | PurePath,
        repo_id: str,
        token: Token = None,
        repo_type: str | None = None,
        revision: str | None = None,
        commit_message: str | None = None,
        commit_description: str | None = None,
        create_pr: bool | None = None,
        parent_commit: str | None = None,
        run_as_future: Literal[False] = False,
        endpoint: Endpoint = None,
    ) -> CommitInfo: ...

    @overload
    def upload_file(
        self,
        *,
        path_or_fileobj: Source,
        path_in_repo: str | PurePath,
        repo_id: str,
        token: Token = None,
        repo_type: str | None = None,
        revision: str | None = None,
        commit_message: str | None = None,
        commit_description: str | None = None,
        create_pr: bool | None = None,
        parent_commit: str | None = None,
        run_as_future: Literal[True],
        endpoint: Endpoint = None,
    ) -> Future[CommitInfo]: ...

    def upload_file(
        self,
        *,
        path_or_fileobj: Source,
        path_in_repo: str | PurePath,
        repo_id: str,
        token: Token = None,
        repo_type: str | None = None,
        revision: str | None = None,
        commit_message: str | None = None,
        commit_description: str | None = None,
        create_pr: bool | None = None,
        parent_commit: str | None = None,
        run_as_future: bool = False,
        endpoint: Endpoint = None,
    ) -> CommitInfo | Future[CommitInfo]:
        """Upload one file.

        Args:
            path_or_fileobj (`str`, `Path`, `bytes` or `BinaryIO`): The path of a file on this machine, the content, or
                a file that is open for reading bytes.
            path_in_repo (`str` or `PurePath`): Where in the repository. In a folder, written with a ``/`` at its end,
                a file of this machine keeps its name.
            repo_id (`str`): Which repository.
            token (`str` or `bool`, *optional*): See `HfApi`.
            repo_type (`str`, *optional*): See `HfApi`.
            revision (`str`, *optional*): The branch, or ``refs/pr/N``, to commit to; ``main``, when None.
            commit_message (`str`, *optional*): The commit's title; "Upload … with anyhub", when None.
            commit_description (`str`, *optional*): The commit's body.
            create_pr (`bool`, *optional*): Leave the branch as it is and open a pull request against it.
            parent_commit (`str`, *optional*): The commit, in full or shortened, that the branch must be at.
            run_as_future (`bool`): Return at once, and upload in the background.
            endpoint (*optional*): See `HfApi`.

        Returns:
            `CommitInfo`, or a `Future` of it. When the repository has the same file already no commit is made, and it
            is that of the branch's head.

        Raises:
            ValidationError: When there is no such file on this machine.
            InvalidPathError: When ``path_in_repo`` can not be a path in a repository.
            EditConflictError, ParentCommitError, PathCollisionError: As `create_commit` does.
            RepositoryNotFoundError, RevisionNotFoundError: Name the nearest one that exists.
        """
        if run_as_future:
            return self.run_as_future(
                self.upload_file,
                path_or_fileobj=path_or_fileobj,
                path_in_repo=path_in_repo,
                repo_id=repo_id,
                token=token,
                repo_type=repo_type,
                revision=revision,
                commit_message=commit_message,
                commit_description=commit_description,
                create_pr=create_pr,
                parent_commit=parent_commit,
                endpoint=endpoint,
            )
        operation = CommitOperationAdd(path_in_repo, path_or_fileobj)
        return self.create_commit(
            repo_id,
            [operation],
            commit_message=commit_message or f"Upload {operation.path_in_repo} with anyhub",
            commit_description=commit_description,
            token=token,
            repo_type=repo_type,
            revision=revision,
            create_pr=create_pr,
            parent_commit=parent_commit,
            endpoint=endpoint,
        )

    @overload
    def upload_folder(
        self,
        *,
        repo_id: str,
        folder_path: str | Path,
        path_in_repo: str | PurePath | None = None,
        commit_message: str | None = None,
        commit_description: str | None = None,
        token: Token = None,
        repo_type: str | None = None,
        revision: str | None = None,
        create_pr: bool | None = None,
        parent_commit: str | None = None,
        allow_patterns: Patterns | None = None,
        ignore_patterns: Patterns | None = None,
        delete_patterns: Patterns | None = None,
        run_as_future: Literal[False] = False,
        endpoint: Endpoint = None,
    ) -> CommitInfo: ...

    @overload
    def upload_folder(
        self,
        *,
        repo_id: str,
        folder_path: str | Path,
        path_in_repo: str | PurePath | None = None,
        commit_message: str | None = None,
        commit_description: str | None = None,
        token: Token = None,
        repo_type: str | None = None,
        revision: str | None = None,
        create_pr: bool | None = None,
        parent_commit: str | None = None,
        allow_patterns: Patterns | None = None,
        ignore_patterns: Patterns | None = None,
        delete_patterns: Patterns | None = None,
        run_as_future: Literal[True],
        endpoint: Endpoint = None,
    ) -> Future[CommitInfo]: ...

    def upload_folder(
        self,
        *,
        repo_id: str,
        folder_path: str | Path,
        path_in_repo: str | PurePath | None = None,
        commit_message: str | None = None,
        commit_description: str | None = None,
        token: Token = None,
        repo_type: str | None = None,
        revision: str | None = None,
        create_pr: bool | None = None,
        parent_commit: str | None = None,
        allow_patterns: Patterns | None = None,
        ignore_patterns: Patterns | None = None,
        delete_patterns: Patterns | None = None,
        run_as_future: bool = False,
        endpoint: Endpoint = None,
    ) -> CommitInfo | Future[CommitInfo]:
        """Upload the files of a folder, with those of the folders in it.

        Files that belong to tools stay here: ``.git`` and ``.cache/huggingface``. A link to a file is uploaded as that
        file; a link to a folder is refused, unless a pattern leaves it out.

        Args:
            repo_id (`str`): Which repository.
            folder_path (`str` or `Path`): The folder on this machine.
            path_in_repo (`str` or `PurePath`, *optional*): The folder of the repository to upload to; its root, when
                None.
            commit_message (`str`, *optional*): The commit's title; "Upload folder using anyhub", when None.
            commit_description (`str`, *optional*): The commit's body.
            token (`str` or `bool`, *optional*): See `HfApi`.
            repo_type (`str`, *optional*): See `HfApi`.
            revision (`str`, *optional*): The branch, or ``refs/pr/N``, to commit to; ``main``, when None.
            create_pr (`bool`, *optional*): Leave the branch as it is and open a pull request against it.
            parent_commit (`str`, *optional*): The commit, in full or shortened, that the branch must be at.
            allow_patterns (`str` or `list[str]`, *optional*): Upload only what one of these matches, such as
                ``"*.safetensors"`` or ``"logs/"``.
            ignore_patterns (`str` or `list[str]`, *optional*): Do not upload what one of these matches.
            delete_patterns (`str` or `list[str]`, *optional*): Delete, in the same commit, the files below
                ``path_in_repo`` that one of these matches and that are not uploaded.
            run_as_future (`bool`): Return at once, and upload in the background.
            endpoint (*optional*): See `HfApi`.

        Returns:
            `CommitInfo`, or a `Future` of it. When the repository has the same files already no commit is made, and it
            is that of the branch's head.

        Raises:
            ValidationError: When there is no such folder on this machine, or something in it can not be uploaded.
            InvalidPathError: When a path can not be one in a repository.
            EditConflictError, ParentCommitError, PathCollisionError: As `create_commit` does.
            RepositoryNotFoundError, RevisionNotFoundError: Name the nearest one that exists.
        """
        if run_as_future:
            return self.run_as_future(
                self.upload_folder,
                repo_id=repo_id,
                folder_path=folder_path,
                path_in_repo=path_in_repo,
                commit_message=commit_message,
                commit_description=commit_description,
                token=token,
                repo_type=repo_type,
                revision=revision,
                create_pr=create_pr,
                parent_commit=parent_commit,
                allow_patterns=allow_patterns,
                ignore_patterns=ignore_patterns,
                delete_patterns=delete_patterns,
                endpoint=endpoint,
            )
        push = self._begin_push(
            repo_id,
            message=commit_message or "Upload folder using anyhub",
            description=commit_description,
            token=token,
            repo_type=repo_type,
            revision=revision,
            create_pr=create_pr,
            parent=parent_commit,
            endpoint=endpoint,
        )
        source = Path(folder_path).expanduser()
        target = folder_in_repo(path_in_repo)
        prefix = f"{target}/" if target else ""
        added = [
            AddFile(check_path(prefix + path), source / path)
            for path in list_local_folder(source, allow_patterns, ignore_patterns)
        ]
        existing = push.files() if delete_patterns is not None else []
        deleted = select_deleted(existing, delete_patterns, folder=target, kept=(add.path for add in added))
        return push.commit([*added, *map(DeleteFile, deleted)])
