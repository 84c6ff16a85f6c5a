"""Where a model is loaded from: a folder, or one commit of a repository."""

from __future__ import annotations

import logging
import os
import re
import sys
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from anyhub import folders
from anyhub.cache import CachedRepo, cached_repo, entries, fetch_file, fetch_snapshot, resolve_commit
from anyhub.constants import CONFIG_NAME, MANIFEST_NAME
from anyhub.errors import EntryNotFoundError, HubError, LocalEntryNotFoundError, ValidationError, did_you_mean
from anyhub.hub.opening import endpoint_of, open_hub
from anyhub.models.config.parameters import Parameters
from anyhub.paths import check_path
from anyhub.values import DEFAULT_BRANCH

logger = logging.getLogger(__name__)

_ADDRESS = re.compile(r"(?P<endpoint>[A-Za-z][A-Za-z0-9+.-]+://[^/]*)/?(?P<path>.*)")
_OF_A_MODEL = (".json", ".safetensors", ".bin")
_PACKAGE = __name__.partition(".")[0]


@dataclass(frozen=True)
class Source:
    """Where to load a model from, in the words of the caller.

    Attributes:
        name (`str` or `Path`): A folder or a repository.
        revision (`str`, *optional*): A branch, tag or commit.
        subfolder (`str`): The folder in it that has the model; empty for itself.
        cache_dir, force_download, local_files_only, token, proxies, resume_download: As for `from_pretrained`.
    """

    name: str | Path
    revision: str | None = None
    subfolder: str = ""
    cache_dir: str | Path | None = None
    force_download: bool = False
    local_files_only: bool = False
    token: str | bool | None = None
    proxies: dict[str, str] | None = None
    resume_download: bool | None = None


@dataclass(frozen=True)
class Found:
    """What a source turned out to be.

    Attributes:
        model_id (`str`): The folder or the repository.
        revision (`str`, *optional*): The full id of the commit; for a folder, what the caller gave.
        config (`Path`, *optional*): The file config.json, if there is one.
        manifest (`Path`, *optional*): The file anyhub.json, if there is one.
        remedy (`str`): What to do when one of them can not be read, as the end of a sentence.
        folder (`Path`, *optional*): The folder, when it is one.
    """

    model_id: str
    revision: str | None
    config: Path | None
    manifest: Path | None
    remedy: str
    folder: Path | None = None

    def state(self) -> object:
        """Return what is another value once a model has been saved to the folder; None for a commit, which is forever.

        Only files that are part of a model count: others, such as logs, may be written to at any time.
        """
        if self.folder is None:
            return None
        with os.scandir(self.folder) as entries:
            names = sorted(entry.name for entry in entries if entry.name.endswith(_OF_A_MODEL))
        files = [(name, (self.folder / name).stat()) for name in names]
        known = [(name, status.st_ino, status.st_size, status.st_mtime_ns) for name, status in files]
        return self.folder.stat().st_ino, known


@dataclass(frozen=True)
class Files:
    """The files of a model that is being loaded, for the hook of its class.

    Attributes:
        model_id (`str`): A folder or a repository.
        revision (`str`, *optional*): A branch, tag or commit; `"main"` when None.
        subfolder (`str`): The folder in it that the files are in; empty for itself.
        cache_dir, force_download, local_files_only: As for `hf_hub_download`.
    """

    model_id: str
    revision: str | None = None
    subfolder: str = ""
    cache_dir: str | Path | None = None
    force_download: bool = False
    local_files_only: bool = False

    def fetch(self, name: str) -> Path:
        """Return where a file is, after bringing it from the hub when it is neither in a folder nor in the cache.

        Raises:
            EntryNotFoundError: When there is no such file; names the nearest one.
            LocalEntryNotFoundError: When it is not in the cache and ``local_files_only`` is set.
        """
        if (folder := Path(self.model_id)).is_dir():
            return _existing(folder / self.subfolder / name)
        repo = self._repo()
        return _fetch(repo, self._commit(repo), _joined(self.subfolder, name), force=self.force_download)

    def fetch_all(self, names: Iterable[str]) -> None:
        """Bring files to where `fetch` finds them, several at once.

        Raises:
            EntryNotFoundError, LocalEntryNotFoundError: As `fetch` does, for the first that is lacking.
        """
        names = list(names)
        if not self.local_files_only and not Path(self.model_id).is_dir():
            wanted = {_joined(self.subfolder, name) for name in names}
            repo = self._repo()
            fetch_snapshot(repo, self._commit(repo), select=wanted.intersection, force=self.force_download)
        brought = replace(self, force_download=False)
        for name in names:
            brought.fetch(name)

    def _repo(self) -> CachedRepo:
        return cached_repo(
            self.model_id, cache_dir=self.cache_dir, offline=self.local_files_only, force=self.force_download
        )

    def _commit(self, repo: CachedRepo) -> str:
        return resolve_commit(repo, self.revision or DEFAULT_BRANCH)


def find(cls: Any, source: Source) -> Found:
    """Find out what a source is, and bring those of its files that tell how the model is made.

    Args:
        cls (`type[ModelHubMixin]`): The class that will be made.
        source (`Source`): Where from.

    Raises:
        ValidationError: When the name is empty, an address, or no name at all, or the subfolder is none.
        EntryNotFoundError: When the name is a path, and there is no such folder.
        RepositoryNotFoundError, RevisionNotFoundError, LocalEntryNotFoundError: As it says there.
    """
    name = _name_of(source)
    _check_no_address(name)
    if source.subfolder:
        check_path(source.subfolder)
    folder = Path(name).expanduser()
    if isinstance(source.name, os.PathLike) or _reads_as_path(name):
        return _find_in_folder(folder, source)
    if folder.is_dir():
        _tell_of_repository(name, source)
        return _find_in_folder(folder, source)
    return _find_in_repository(cls, name, source)


def _find_in_repository(cls: Any, name: str, source: Source) -> Found:
    repo = cached_repo(name, cache_dir=source.cache_dir, offline=source.local_files_only, force=source.force_download)
    commit = resolve_commit(repo, source.revision or DEFAULT_BRANCH)
    paths = [_joined(source.subfolder, file) for file in (CONFIG_NAME, MANIFEST_NAME)]
    config, manifest = (_fetch_if_there(repo, commit, path, force=source.force_download) for path in paths)
    if config is None and source.local_files_only:
        _check_known_missing(cls, repo, commit, paths[0])
    remedy = "load it once with force_download=True, and if that does not help push the model again"
    return Found(name, commit, config, manifest, remedy)


def _fetch_if_there(repo: CachedRepo, commit: str, path: str, *, force: bool) -> Path | None:
    """Return a file, or None where the commit has none, or where that can not be known offline."""
    try:
        return _fetch(repo, commit, path, force=force)
    except LocalEntryNotFoundError:
        if entries.read_one(repo.folder.entries(commit), path):
            raise
        return None
    except EntryNotFoundError:
        return None


def _fetch(repo: CachedRepo, commit: str, path: str, *, force: bool) -> Path:
    """Return a file, without asking the hub for one that is known not to be there."""
    if not repo.folder.file(commit, path).is_file():
        listed = entries.read_all(repo.folder.entries(commit))
        if listed is not None and all(entry.path != path for entry in listed):
            raise EntryNotFoundError(
                f"{str(repo.repo)!r} has no {path!r} at commit {commit[:7]}; see list_repo_files for what it has."
                + did_you_mean(path, [entry.path for entry in listed])
            )
    return fetch_file(repo, commit, path, force=force)


def _check_known_missing(cls: Any, repo: CachedRepo, commit: str, path: str) -> None:
    """Warn that a class is constructed without a config.json, unless it takes no arguments or there is none."""
    parameters = Parameters.of(cls)
    record = repo.folder.entries(commit)
    if repo.folder.missing(commit, path).exists() or entries.read_all(record) is not None:
        return
    if parameters.named or parameters.open:
        warnings.warn(
            f"{path} of {str(repo.repo)!r} is not in the cache, so {cls.__name__} is constructed with its own "
            "defaults, which need not be what it was saved with; load it once without local_files_only=True.",
            stacklevel=_callers_level(),
        )


def _callers_level() -> int:
    """Return the ``stacklevel`` by which a warning of the function that calls this names who called this package."""
    level, frame = 0, sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] == _PACKAGE:
        level, frame = level + 1, frame.f_back
    return level + 1


def _name_of(source: Source) -> str:
    name = getattr(source.name, "repo_id", source.name)
    if not name or not isinstance(name, str | os.PathLike):
        raise ValidationError(
            f"{name!r} names no model; give from_pretrained the path of a folder, or a repository as 'namespace/name'."
        )
    return str(name)


def _check_no_address(name: str) -> None:
    """Refuse the address of a page: which hub, and what is loaded of it, are two arguments."""
    address = _ADDRESS.fullmatch(name)
    if address:
        repository = "/".join(address["path"].split("/")[:2]) or "namespace/name"
        raise ValidationError(
            f"{name!r} is an address, and a model is loaded by its name; pass {repository!r} with "
            f"endpoint={address['endpoint']!r}."
        )


def _find_in_folder(folder: Path, source: Source) -> Found:
    if not folder.is_dir():
        raise EntryNotFoundError(_no_folder(folder))
    place = folder / source.subfolder
    if not place.is_dir():
        raise EntryNotFoundError(_no_folder(place))
    folders.settle(place)  # a save to it may have been interrupted
    logger.info("Loading from the folder %s.", place)
    config, manifest = (place / name for name in (CONFIG_NAME, MANIFEST_NAME))
    return Found(
        str(folder),
        source.revision,
        config if config.is_file() else None,
        manifest if manifest.is_file() else None,
        "save the model again",
        place,
    )


def _tell_of_repository(name: str, source: Source) -> None:
    """Warn that a folder hides a repository of the same name, where there is known to be one."""
    if name.count("/") == 1 and _is_known(name, source):
        logger.warning(
            "%r is a folder here and a repository on the hub; the folder is loaded. Write './%s' to mean the folder, "
            "or go to another folder to mean the repository.",
            name,
            name,
        )


def _is_known(name: str, source: Source) -> bool:
    """Return whether a repository is in the cache or on a hub in a folder; a hub on the network is not asked."""
    try:
        repo = cached_repo(name, cache_dir=source.cache_dir)
        if repo.folder.root.is_dir():
            return True
        if not Path(endpoint_of()).is_dir():
            return False
        open_hub().resolve(repo.repo)
    except HubError:  # no such repository, or a name that none can have
        return False
    return True


def _existing(path: Path) -> Path:
    if not path.is_file():
        beside = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
        raise EntryNotFoundError(
            f"{str(path.parent)!r} has no {path.name!r}; save the model there first.{did_you_mean(path.name, beside)}"
        )
    return path


def _joined(subfolder: str, name: str) -> str:
    return f"{subfolder}/{name}" if subfolder else name


def _reads_as_path(name: str) -> bool:
    """Return whether a text can only be meant as a path."""
    return re.match(r"[./~]|[A-Za-z]:", name) is not None or name.endswith("/") or "\\" in name or name.count("/") > 1


def _no_folder(folder: Path) -> str:
    if folder.exists():
        return f"{str(folder)!r} is a file; give the folder that it is in."
    parent = folder.parent
    beside = [path.name for path in parent.iterdir() if path.is_dir()] if parent.is_dir() else []
    return (
        f"There is no folder {str(folder)!r}; give the path of a folder, or a repository as 'namespace/name'."
        + did_you_mean(folder.name, beside)
    )
