"""Loading a model: the hook of its class, called with what was stored and what the caller gives."""

from __future__ import annotations

import logging
import types
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyhub.constants import CONFIG_NAME
from anyhub.hub.caller import Caller
from anyhub.hub.opening import endpoint_of, open_hub, using
from anyhub.models.config import file as config_file
from anyhub.models.config.capture import CONFIG, is_dataclass_value
from anyhub.models.config.parameters import Parameters
from anyhub.models.environment import Difference
from anyhub.models.failing import noted_on_failure
from anyhub.models.hooks import bound_name, check_options, names_of
from anyhub.models.manifest import Manifest
from anyhub.models.options import LOADING, subfolder_named
from anyhub.models.source import Found, Source, find

if TYPE_CHECKING:
    from anyhub.hub.interface import Hub

logger = logging.getLogger(__name__)

_ATTEMPTS = 5

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
        given (`Mapping`): Arguments of the caller, which win over those of config.json, and options for the hook.
        endpoint (*optional*): The hub, for this call and for those that the hook makes.

    Raises:
        ValidationError: When the name is empty, or no name at all, or the hook has no such option.
        EntryNotFoundError: When the name is a path, and there is no such folder.
        RepositoryNotFoundError, RevisionNotFoundError, LocalEntryNotFoundError, CorruptFileError: As it says there.
    """
    check_options(cls, cls._from_pretrained, given, _OPTIONS, cls.from_pretrained)
    source = replace(source, subfolder=_subfolder(cls, given))
    with _using_the_hub_of(source, endpoint):
        return _load_as_one(cls, source, given)


def _using_the_hub_of(source: Source, endpoint: str | Path | Hub | None) -> AbstractContextManager[object]:
    """Make the hub that is asked that of every call in the body; the usual folder is opened only when it is needed."""
    if endpoint is None and not endpoint_of().startswith(("http://", "https://")):
        return nullcontext()
    return using(open_hub(endpoint, Caller.of(source.token, proxies=source.proxies)))


def _load_as_one(cls: Any, source: Source, given: Mapping[str, Any]) -> Any:
    """Load a model all of whose files are of one save: again, when somebody has saved to the folder meanwhile."""
    for _ in range(_ATTEMPTS - 1):
        found = find(cls, source)
        before = found.state()
        try:
            model = _load(cls, source, found, given)
        except Exception:  # whichever it is, it may be that files of two saves do not fit together
            if found.state() == before:
                raise
        else:
            if found.state() == before:
                return model
        logger.info("Somebody has saved to %s meanwhile; it is loaded again.", found.model_id)
    return _load(cls, source, find(cls, source), given)


def _load(cls: Any, source: Source, found: Found, given: Mapping[str, Any]) -> Any:
    if found.config is None and found.manifest is None:
        _tell_of_defaults(cls, found, given)
    content = None if found.config is None else config_file.read(found.config, found.remedy)
    manifest = Manifest() if found.manifest is None else Manifest.read(found.manifest, found.remedy)
    with _compared(cls, found, manifest), config_file.unused_keys_noted(cls, content, manifest.types):
        stored = _stored_arguments(cls, {} if content is None else content, manifest, given)
        model = _call_hook(cls, _options(source, found), content, stored, given)
    if content is not None and isinstance(model, cls) and not model._hub_mixin_config:
        config = stored.get(CONFIG)
        model._hub_mixin_config = config if is_dataclass_value(config) else content
    return model


def _tell_of_defaults(cls: Any, found: Found, given: Mapping[str, Any]) -> None:
    """Warn that a class is constructed with its own defaults, where a folder tells nothing of its arguments."""
    left = [name for name in Parameters.of(cls).named if name not in given]
    if found.folder and left:
        logger.warning(
            "%r has no %s, so %s is constructed with its own defaults; pass %s to from_pretrained where it was not.",
            found.model_id,
            CONFIG_NAME,
            cls.__name__,
            ", ".join(f"{name.lstrip('*')}=…" for name in left),
        )


def withheld_arguments() -> dict[str, Any]:
    """Return, to the hook of a class that is being loaded, its stored arguments that it can not be given by name."""
    withheld = _withheld.get()
    if withheld is None:
        return {}
    withheld.taken = True
    return withheld.values


def _subfolder(cls: Any, given: Mapping[str, Any]) -> str:
    """Return the folder that the caller names, unless the class or its hook means something else by that word."""
    subfolder = given.get("subfolder")
    if not subfolder or "subfolder" not in _options_of(cls) or "subfolder" not in names_of(cls._from_pretrained)[0]:
        return ""
    return subfolder_named(subfolder)


@contextmanager
def _compared(cls: Any, found: Found, manifest: Manifest) -> Iterator[None]:
    """Tell how this environment is not that of the model, and tell it again when the body fails."""
    difference = Difference.between(found.model_id, manifest.environment, cls)
    if difference:
        difference.tell()
    with noted_on_failure(str(difference or "")):
        yield


def _stored_arguments(cls: Any, content: Any, manifest: Manifest, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments in a config.json that the caller gives no others for."""
    instead = given.keys() - _options_of(cls)  # a name that is an option too is the option's
    instead |= {*bound_name(types.MethodType(cls.__init__, cls))}  # ``self``, which nobody can give
    return config_file.arguments_for(
        cls, content, instead, cls._hub_mixin_coders, types=manifest.types, lost=manifest.not_stored
    )


def _options_of(cls: Any) -> frozenset[str]:
    """Return the names that `from_pretrained` and the hook of a class take for themselves."""
    declared = Parameters.of(cls).named
    yielding = (name for name in LOADING if name not in declared)
    return frozenset((*_OPTIONS, *cls._hub_mixin_options, *yielding))


def _call_hook(
    cls: Any, options: dict[str, Any], content: Any, stored: Mapping[str, Any], given: Mapping[str, Any]
) -> Any:
    """Call a class's `_from_pretrained` with what it takes; an older one names ``proxies`` and ``resume_download``."""
    names, takes_any = names_of(cls._from_pretrained)
    by_position = Parameters.of(cls).by_position
    bound = bound_name(cls._from_pretrained)
    declared = Parameters.of(cls).named
    of_hook = names.difference(declared, (CONFIG,))  # what only the hook speaks of is for the caller to say
    reserved = _options_of(cls).union(by_position, bound, of_hook)
    passed = {name: options[name] for name in options if name in names or name not in _OLDER_OPTIONS}
    if CONFIG in names and content is not None:
        passed[CONFIG] = content
    passed |= {name: value for name, value in stored.items() if name not in reserved and (takes_any or name in names)}
    passed |= {name: value for name, value in given.items() if name not in bound}
    withheld = _Withheld(
        {name: value for name, value in stored.items() if name in reserved}
        | {name: value for name, value in given.items() if name in bound}
    )
    token = _withheld.set(withheld)
    try:
        model = cls._from_pretrained(**passed)
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


def _options(source: Source, found: Found) -> dict[str, Any]:
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
