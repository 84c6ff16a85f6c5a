"""Downloads: a file or all files of a repository, as they are at one revision, on this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from anyhub.api.local_copies import keep_copies
from anyhub.api.patterns import Patterns, select
from anyhub.api.repo_paths import text_of
from anyhub.api.session import Endpoint, Session, Token
from anyhub.values import DEFAULT_BRANCH, is_commit_id

if TYPE_CHECKING:
    from anyhub.cache import CachedRepo
    from anyhub.hub.caller import Caller


class Downloads(Session):
    """The part of `HfApi` that downloads."""

    def hf_hub_download(
        self,
        repo_id: str,
        filename: str | PurePath,
        *,
        subfolder: str | None = None,
        repo_type: str | None = None,
        revision: str | None = None,
        library_name: str | None = None,
        library_version: str | None = None,
        cache_dir: str | Path | None = None,
        local_dir: str | Path | None = None,
        user_agent: dict[str, str] | str | None = None,
        force_download: bool = False,
        proxies: dict[str, str] | None = None,
        etag_timeout: float = 10,
        token: Token = None,
        local_files_only: bool = False,
        headers: dict[str, str] | None = None,
        endpoint: Endpoint = None,
        resume_download: bool | None = None,
        local_dir_use_symlinks: bool | str = "auto",
    ) -> str:
        """Return the path of a file of a repository on this machine, after fetching it when it is not there.

        Without ``local_dir`` it is a file of the cache: it is shared with everybody who asks for the same, and is not
        to be changed. From a hub that is a folder it is no second copy of the bytes, where the file system has links.

        Args:
            repo_id (`str`): Which repository.
            filename (`str` or `PurePath`): The path of the file in it.
            subfolder (`str`, *optional*): The folder of the repository in which ``filename`` is.
            repo_type (`str`, *optional*): See `HfApi`.
            revision (`str`, *optional*): A branch, tag or commit; ``main``, when None. A file of a full commit id that
                is there already is returned without asking the hub.
            library_name, library_version, user_agent, headers (*optional*): What a hub on the network is told of the
                caller.
            cache_dir (`str` or `Path`, *optional*): The root of the cache; see `HfApi`.
            local_dir (`str` or `Path`, *optional*): A folder in which to keep a copy that may be changed. A copy that
                has other bytes than the file is replaced.
            force_download (`bool`): Fetch it even when it is there.
            proxies (`dict`, *optional*): Through which proxies a hub on the network is asked, by scheme:
                ``{"https": "http://proxy:3128"}``. Those of the system, when None.
            etag_timeout (`float`): For how many seconds a hub on the network may send nothing; 30 at least.
            resume_download: Has no effect: a download that was cut is always gone on with.
            token (`str` or `bool`, *optional*): See `HfApi`.
            local_files_only (`bool`): Do not ask the hub.
            endpoint (*optional*): See `HfApi`.
            local_dir_use_symlinks: Has no effect: what is in ``local_dir`` are copies.

        Raises:
            RepositoryNotFoundError, RevisionNotFoundError, EntryNotFoundError: Name the nearest one that exists.
            LocalEntryNotFoundError: When the file would have to be fetched, and ``local_files_only`` forbids it.
            CorruptFileError: When the hub gives other bytes than it promised; nothing is kept of them.
            StorageError, DiskFullError, ReadOnlyError: When the file can not be kept.
        """
        del resume_download, local_dir_use_symlinks  # a download is always gone on with
        from anyhub.cache import fetch_file, resolve_commit

        caller = self._caller(
            token,
            library_name=library_name,
            library_version=library_version,
            user_agent=user_agent,
            headers=headers,
            proxies=proxies,
            timeout=etag_timeout,
        )
        cached = self._cached(repo_id, repo_type, endpoint, caller, cache_dir, local_files_only, force_download)
        name = text_of(filename)
        path = f"{subfolder}/{name}" if subfolder else name
        asked = revision or DEFAULT_BRANCH
        commit = resolve_commit(cached, asked)
        file = fetch_file(cached, commit, path, force=force_download, check_size=not is_commit_id(asked))
        if local_dir is None:
            return str(file)
        folder = Path(local_dir).expanduser()
        keep_copies(cached.folder.snapshot(commit), folder, [path])
        return str(folder / path)

    def snapshot_download(
        self,
        repo_id: str,
        *,
        repo_type: str | None = None,
        revision: str | None = None,
        cache_dir: str | Path | None = None,
        local_dir: str | Path | None = None,
        library_name: str | None = None,
        library_version: str | None = None,
        user_agent: dict[str, str] | str | None = None,
        proxies: dict[str, str] | None = None,
        etag_timeout: float = 10,
        force_download: bool = False,
        token: Token = None,
        local_files_only: bool = False,
        allow_patterns: Patterns | None = None,
        ignore_patterns: Patterns | None = None,
        max_workers: int = 8,
        tqdm_class: Callable[..., Any] | None = None,
        headers: dict[str, str] | None = None,
        endpoint: Endpoint = None,
        local_dir_use_symlinks: bool | str = "auto",
        resume_download: bool | None = None,
    ) -> str:
        """Return the path of a folder with the files of a repository, all of one commit, after fetching those missing.

        Args:
            repo_id (`str`): Which repository.
            repo_type (`str`, *optional*): See `HfApi`.
            revision (`str`, *optional*): A branch, tag or commit; ``main``, when None. A full commit id whose files are
                there already costs no call of the hub.
            cache_dir (`str` or `Path`, *optional*): The root of the cache; see `HfApi`.
            local_dir (`str` or `Path`, *optional*): A folder in which to keep copies that may be changed. Those that
                have other bytes than their file are replaced; other files in the folder are left alone.
            library_name, library_version, user_agent, headers (*optional*): What a hub on the network is told of the
                caller.
            proxies (`dict`, *optional*): Through which proxies a hub on the network is asked, by scheme:
                ``{"https": "http://proxy:3128"}``. Those of the system, when None.
            etag_timeout (`float`): For how many seconds a hub on the network may send nothing; 30 at least.
            resume_download: Has no effect: a download that was cut is always gone on with.
            force_download (`bool`): Fetch files even when they are there.
            token (`str` or `bool`, *optional*): See `HfApi`.
            local_files_only (`bool`): Do not ask the hub.
            allow_patterns (`str` or `list[str]`, *optional*): Fetch only what one of these matches, such as
                ``"*.safetensors"`` or ``"logs/"``.
            ignore_patterns (`str` or `list[str]`, *optional*): Do not fetch what one of these matches.
            max_workers (`int`): How many files are fetched at once.
            tqdm_class (*optional*): A class like `tqdm.tqdm` to show the progress with.
            endpoint (*optional*): See `HfApi`.
            local_dir_use_symlinks: Has no effect: what is in ``local_dir`` are copies.

        Raises:
            RepositoryNotFoundError, RevisionNotFoundError: Name the nearest one that exists.
            LocalEntryNotFoundError: When a file would have to be fetched, and ``local_files_only`` forbids it.
            CorruptFileError: When the hub gives other bytes than it promised; nothing is kept of them.
            StorageError, DiskFullError, ReadOnlyError: When a file can not be kept.
        """
        del resume_download, local_dir_use_symlinks  # a download is always gone on with
        from anyhub.cache import fetch_snapshot, resolve_commit

        caller = self._caller(
            token,
            library_name=library_name,
            library_version=library_version,
            user_agent=user_agent,
            headers=headers,
            proxies=proxies,
            timeout=etag_timeout,
        )
        cached = self._cached(repo_id, repo_type, endpoint, caller, cache_dir, local_files_only, force_download)
        snapshot, paths = fetch_snapshot(
            cached,
            resolve_commit(cached, revision or DEFAULT_BRANCH),
            select=lambda paths: select(paths, allow_patterns, ignore_patterns),
            force=force_download,
            max_workers=max_workers,
            tqdm_class=tqdm_class,
        )
        if local_dir is None:
            return str(snapshot)
        folder = Path(local_dir).expanduser()
        keep_copies(snapshot, folder, paths, workers=max_workers)
        return str(folder)

    def _cached(
        self,
        repo_id: str,
        repo_type: str | None,
        endpoint: Endpoint,
        caller: Caller,
        cache_dir: str | Path | None,
        offline: bool,
        force: bool,
    ) -> CachedRepo:
        from anyhub.cache import cached_repo

        return cached_repo(
            repo_id,
            repo_type=repo_type,
            endpoint=self._endpoint(endpoint),
            caller=caller,
            cache_dir=cache_dir,
            offline=offline,
            force=force,
        )
