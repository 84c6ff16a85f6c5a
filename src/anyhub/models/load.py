"""Loading a model: from a folder, or from one commit of a repository."""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections.abc import Mapping
from contextlib import nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyhub import folders
from anyhub.cache import CachedRepo, cached_repo, entries, fetch_file, resolve_commit
from anyhub.constants import CONFIG_NAME
from anyhub.errors import EntryNotFoundError, LocalEntryNotFoundError, ValidationError, did_you_mean
from anyhub.hub.opening import open_hub, using
from anyhub.models.config import file as config_file
from anyhub.models.config.capture import CONFIG, is_dataclass_value
from anyhub.models.config.parameters import Parameters
from anyhub.models.hooks import names_of
from anyhub.values import DEFAULT_BRANCH

if TYPE_CHECKING:
    from anyhub.hub.interface import Hub

logger = logging.getLogger(__name__)

_OLDER_OPTIONS = ("proxies", "resume_download")
_OPTIONS = (
    "model_id",
    "revision",
    "cache_dir",
    "force_download",
    "local_files_only",
    "token",
    *_OLDER_OPTIONS,
    "pretrained_model_name_or_path",
    "endpoint",
)


@dataclass(frozen=True)
class Source:
    """Where to load a model from, in the words of the caller.

    Attributes:
        name (`str` or `Path`): A folder or a repository.
        revision (`str`, *optional*): A branch, tag or commit.
        cache_dir, force_download, local_files_only, token, proxies, resume_download: As for `from_pretrained`.
    """

    name: str | Path
    revision: str | None = None
    cache_dir: str | Path | None = None
    force_download: bool = False
    local_files_only: bool = False
    token: str | bool | None = None
    proxies: dict[str, str] | None = None
    resume_download: bool | None = None


@dataclass(frozen=True)
class _Found:
    """What a source turned out to be.

    Attributes:
        model_id (`str`): The folder or the repository.
        revision (`str`, *optional*): The full id of the commit.
        content (`dict`, *optional*): What the file config.json says, if there is one.
    """

    model_id: str
    revision: str | None
    content: dict[str, Any] | None


@dataclass
class _Withheld:
    """Arguments in a config.json that a hook can not be given by name: options are called so, or they have none."""

    values: dict[str, Any] = field(default_factory=dict)
    taken: bool = False


_withheld: ContextVar[_Withheld | None] = ContextVar("anyhub_withheld", default=None)


def load(cls: Any, source: Source, given: Mapping[str, Any], endpoint: str | Path | Hub | None = None) -> Any:
    """Return a model, made by the hook of its class.

    Args:
        cls (`type[ModelHubMixin]`): The class.
        source (`Source`): Where from.
        given (`Mapping`): Arguments of the caller, which win over those of config.json.
        endpoint (*optional*): The hub, for this call and for those that the hook makes.

    Raises:
        ValidationError: When the name is empty, or no name at all.
        EntryNotFoundError: When the name is a path, and there is no such folder.
        RepositoryNotFoundError, RevisionNotFoundError, LocalEntryNotFoundError, CorruptFileError: As it says there.
    """
    with using(open_hub(endpoint)) if endpoint is not None else nullcontext():
        found = _find(cls, source)
        content = found.content
        stored = {} if content is None else _stored_arguments(cls, content, given)
        model = _call_hook(cls, _options(source, found), content, stored, given)
    if content is not None and isinstance(model, cls) and not model._hub_mixin_config:
        config = stored.get(CONFIG)
        model._hub_mixin_config = config if is_dataclass_value(config) else content
    return model


def fetch_for(
    model_id: str,
    filename: str,
    *,
    revision: str | None,
    cache_dir: str | Path | None,
    force_download: bool,
    local_files_only: bool,
) -> Path:
    """Return a file of a model, to the hook of a class that is being loaded.

    Args:
        model_id (`str`): A folder or a repository.
        filename (`str`): The path of the file in it.
        revision (`str`, *optional*): A branch, tag or commit; `"main"` when None.
        cache_dir, force_download, local_files_only: As for `hf_hub_download`.

    Raises:
        EntryNotFoundError: When there is no such file; names the nearest one.
        LocalEntryNotFoundError: When it is not in the cache and ``local_files_only`` is set.
    """
    if (folder := Path(model_id)).is_dir():
        return _existing(folder / filename)
    repo = cached_repo(model_id, cache_dir=cache_dir, offline=local_files_only, force=force_download)
    return fetch_file(repo, resolve_commit(repo, revision or DEFAULT_BRANCH), filename, force=force_download)


def withheld_arguments() -> dict[str, Any]:
    """Return, to the hook of a class that is being loaded, its stored arguments that it can not be given by name."""
    withheld = _withheld.get()
    if withheld is None:
        return {}
    withheld.taken = True
    return withheld.values


def _stored_arguments(cls: Any, content: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments in a config.json that the caller gives no others for."""
    instead = given.keys() - _options_of(cls)  # a name that is an option too is the option's
    return config_file.arguments_for(cls, content, instead, cls._hub_mixin_coders)


def _options_of(cls: Any) -> frozenset[str]:
    """Return the names that `from_pretrained` and the hook of a class take for themselves."""
    return frozenset((*_OPTIONS, *cls._hub_mixin_options))


def _call_hook(
    cls: Any, options: dict[str, Any], content: Any, stored: Mapping[str, Any], given: Mapping[str, Any]
) -> Any:
    """Call a class's `_from_pretrained` with what it takes; an older one names ``proxies`` and ``resume_download``."""
    names, takes_any = names_of(cls._from_pretrained)
    by_position = Parameters.of(cls).by_position
    reserved = _options_of(cls).union(by_position)
    passed = {name: options[name] for name in options if name in names or name not in _OLDER_OPTIONS}
    if CONFIG in names and content is not None:
        passed[CONFIG] = content
    passed |= {name: value for name, value in stored.items() if name not in reserved and (takes_any or name in names)}
    withheld = _Withheld({name: value for name, value in stored.items() if name in reserved})
    token = _withheld.set(withheld)
    try:
        model = cls._from_pretrained(**{**passed, **given})
    finally:
        _withheld.reset(token)
    if not withheld.taken:
        in_config = by_position if CONFIG in names else ()
        _warn_of_withheld(cls, options["model_id"], [name for name in withheld.values if name not in in_config])
    return model


def _warn_of_withheld(cls: Any, model_id: str, names: list[str]) -> None:
    if names:
        logger.warning(
            "%s of %s has %s, which did not reach %s.__init__: from_pretrained has an argument of that name itself, or "
            "it has to be given by position. Rename the parameter, or let _from_pretrained name `config`, which is all "
            "of the file.",
            CONFIG_NAME,
            model_id,
            ", ".join(map(repr, names)),
            cls.__name__,
        )


def _options(source: Source, found: _Found) -> dict[str, Any]:
    return {
        "model_id": found.model_id,
        "revision": found.revision,
        "cache_dir": source.cache_dir,
        "force_download": source.force_download,
        "proxies": source.proxies,
        "resume_download": source.resume_download,
        "local_files_only": source.local_files_only,
        "token": source.token,
    }


def _find(cls: Any, source: Source) -> _Found:
    name = _name_of(source)
    folder = Path(name).expanduser()
    if folder.is_dir() or isinstance(source.name, os.PathLike) or _reads_as_path(name):
        return _find_in_folder(folder, source.revision)
    repo = cached_repo(name, cache_dir=source.cache_dir, offline=source.local_files_only, force=source.force_download)
    commit = resolve_commit(repo, source.revision or DEFAULT_BRANCH)
    try:
        config = fetch_file(repo, commit, CONFIG_NAME, force=source.force_download)
    except LocalEntryNotFoundError:
        if entries.read_one(repo.folder.entries(commit), CONFIG_NAME):
            raise
        _warn_of_defaults(cls, repo, commit)
        return _Found(name, commit, None)
    except EntryNotFoundError:
        return _Found(name, commit, None)
    remedy = "load it once with force_download=True, and if that does not help push the model again"
    return _Found(name, commit, config_file.read(config, remedy))


def _name_of(source: Source) -> str:
    name = getattr(source.name, "repo_id", source.name)
    if not name or not isinstance(name, str | os.PathLike):
        raise ValidationError(
            f"{name!r} names no model; give from_pretrained the path of a folder, or a repository as 'namespace/name'."
        )
    return str(name)


def _warn_of_defaults(cls: Any, repo: CachedRepo, commit: str) -> None:
    """Warn that a class is constructed without a config.json, unless it takes no arguments or there is none."""
    parameters = Parameters.of(cls)
    if entries.read_all(repo.folder.entries(commit)) is None and (parameters.named or parameters.open):
        warnings.warn(
            f"{CONFIG_NAME} of {str(repo.repo)!r} is not in the cache, so {cls.__name__} is constructed with its own "
            "defaults, which need not be what it was saved with; load it once without local_files_only=True.",
            stacklevel=5,  # where from_pretrained is called
        )


def _find_in_folder(folder: Path, revision: str | None) -> _Found:
    if not folder.is_dir():
        raise EntryNotFoundError(_no_folder(folder))
    folders.settle(folder)  # a save to it may have been interrupted
    logger.info("Loading from the folder %s.", folder)
    config = folder / CONFIG_NAME
    return _Found(str(folder), revision, config_file.read(config, "save the model again") if config.is_file() else None)


def _existing(path: Path) -> Path:
    if not path.is_file():
        beside = [other.name for other in path.parent.iterdir()]
        raise EntryNotFoundError(
            f"{str(path.parent)!r} has no {path.name!r}; save the model there first.{did_you_mean(path.name, beside)}"
        )
    return path


def _reads_as_path(name: str) -> bool:
    """Return whether a text can only be meant as a path."""
    return re.match(r"[./~]|[A-Za-z]:", name) is not None or "\\" in name or name.count("/") > 1


def _no_folder(folder: Path) -> str:
    if folder.exists():
        return f"{str(folder)!r} is a file; give the folder that it is in."
    parent = folder.parent
    beside = [path.name for path in parent.iterdir() if path.is_dir()] if parent.is_dir() else []
    return (
        f"There is no folder {str(folder)!r}; give the path of a folder, or a repository as 'namespace/name'."
        + did_you_mean(folder.name, beside)
    )
