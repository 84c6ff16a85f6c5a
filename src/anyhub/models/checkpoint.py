"""The files of one model in one folder: what the framework writes, config.json, anyhub.json and the card."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyhub import files, folders
from anyhub.constants import CONFIG_NAME, MANIFEST_NAME, REPOCARD_NAME
from anyhub.errors import CorruptFileError, ReadOnlyError, StorageError, ValidationError
from anyhub.formats.shards import check_variant
from anyhub.models.card_file import UNREADABLE, Known, There, card_for, with_facts
from anyhub.models.config import file as config_file
from anyhub.models.config.capture import Capture
from anyhub.models.config.changes import differs
from anyhub.models.environment import environment_of
from anyhub.models.facts import Facts
from anyhub.models.hooks import check_options
from anyhub.models.manifest import Manifest

if TYPE_CHECKING:
    from anyhub.models.hooks import HubModel

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Details:
    """What the caller of a save wants beside the model.

    Attributes:
        config: The configuration to store, or None for that of the model.
        card_kwargs (`Mapping`): What `generate_model_card` is given.
        facts (`Facts`): What is said of this checkpoint in the metadata of its card.
        options (`Mapping`): What `_save_pretrained` is given beside the folder.
        name (`str`): What the model is called.
        repo_id (`str`, *optional*): The repository that the files are for.
        subfolder (`str`): The folder of the repository that they are for; empty for itself.
    """

    config: Any = None
    card_kwargs: Mapping[str, Any] = field(default_factory=dict)
    facts: Facts = field(default_factory=Facts)
    options: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    repo_id: str | None = None
    subfolder: str = ""


@dataclass(frozen=True)
class Written:
    """What a save wrote, to be told of in the card and in anyhub.json.

    Attributes:
        details (`Details`): What the caller wanted.
        config: What config.json was to hold, or None for no such file.
        manifest (`Manifest`): What anyhub.json is to say, but for the facts.
        by_hook (`frozenset[str]`): Which of the card and anyhub.json the model's own hook has written.
    """

    details: Details
    config: Any
    manifest: Manifest
    by_hook: frozenset[str]


def folder_named(name: str | os.PathLike[str]) -> Path:
    """Return the folder that a caller names; ``~`` is the home folder.

    Raises:
        ValidationError: When it is empty, or no path at all: that is a mistake, and not the current folder.
    """
    if not name or not isinstance(name, str | os.PathLike):
        raise ValidationError(f"{name!r} names no folder; give a path, such as '.' for the current folder.")
    return Path(name).expanduser()


def check(model: HubModel, details: Details, method: Callable[..., Any]) -> None:
    """Refuse what a save of a model could not heed, before anything is written.

    Args:
        model (`HubModel`): The model.
        details (`Details`): What the caller wants.
        method: What the caller has called, for the message.

    Raises:
        ValidationError: When the class has no such option, or the variant is no plain name.
    """
    check_options(type(model), model._save_pretrained, details.options, ("self", "save_directory"), method)
    if (variant := details.options.get("variant")) is not None:
        check_variant(variant)


def save(model: HubModel, folder: Path, details: Details) -> Written:
    """Make a folder hold a model: all of it, or, when anything fails, what it held before.

    Args:
        model (`HubModel`): The model.
        folder (`Path`): Made when it is missing. Files that do not belong to a checkpoint stay, and so does what
            somebody wrote or edited of the card, but for the facts in its metadata.
        details (`Details`): What else to store.

    Raises:
        ValidationError: When the folder is a file.
        DiskFullError, ReadOnlyError, StorageError: When the folder can not be written.
    """
    check(model, details, model.save_pretrained)
    with ExitStack() as stack:
        with _making(folder):
            staging = stack.enter_context(folders.saving(folder, stale=belongs_to(model, details)))
        return write(model, staging, details, there_in(folder, details))


@contextmanager
def _making(folder: Path) -> Iterator[None]:
    """Say of a folder that can not be made, such as one below ``/proc``, that it is the folder."""
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        raise StorageError(
            f"{str(folder)!r} can not be made ({os.strerror(error.errno or 0)}); choose another folder.",
            errno=error.errno,
            path=folder,
        ) from error


def write(model: HubModel, folder: Path, details: Details, there: There) -> Written:
    """Write the files of a model into an empty folder; what the model's own hook writes is kept as it is.

    Args:
        model (`HubModel`): The model.
        folder (`Path`): The folder.
        details (`Details`): What else to store.
        there (`There`): What lies where the files are for.
    """
    model._save_pretrained(folder, **details.options)
    by_hook = frozenset(name for name in (REPOCARD_NAME, MANIFEST_NAME) if (folder / name).exists())
    content, manifest = stored_of(model, details)
    if content is not None and not (folder / CONFIG_NAME).exists():
        files.write(folder / CONFIG_NAME, config_file.dump(content))
    written = Written(details, content, manifest, by_hook)
    for name, text in told(model, written, folder, there).items():
        files.write(folder / name, text)
    return written


def told(model: HubModel, written: Written, folder: Path, there: There) -> dict[str, str]:
    """Return the files that tell of a model, by name: anyhub.json, and the card unless the one there is to stay.

    Args:
        model (`HubModel`): The model.
        written (`Written`): What a save of it wrote.
        folder (`Path`): Where to; what the model's hook wrote there is kept, but for the facts in a card.
        there (`There`): What lies where the files are for.
    """
    details, texts = written.details, {}
    facts = details.facts.over(there.facts)
    if MANIFEST_NAME not in written.by_hook:
        texts[MANIFEST_NAME] = replace(written.manifest, facts=facts.spelled(details.name)).dump()
    if REPOCARD_NAME in written.by_hook:
        card = with_facts((folder / REPOCARD_NAME).read_bytes(), str(folder), details.name, facts)
    else:
        card = card_for(model, there, _known(written), details.card_kwargs)
    return texts if card is None else {**texts, REPOCARD_NAME: card}


def _known(written: Written) -> Known:
    details = written.details
    values = {
        "repo_id": details.repo_id,
        "subfolder": details.subfolder,
        "variant": details.options.get("variant"),
        "config": written.config,
        "environment": written.manifest.environment,
    }
    return Known(details.name, details.facts, values)


def there_in(folder: Path, details: Details) -> There:
    """Return what a folder has where a checkpoint is saved to.

    Raises:
        ReadOnlyError: When the card may not be read.
    """
    facts = facts_in(_content_of(folder / MANIFEST_NAME), str(folder))
    return There(
        str(folder), _content_of(folder / REPOCARD_NAME), facts, has_others=details.options.get("variant") is not None
    )


def facts_in(manifest: bytes | None, place: str) -> Facts:
    """Return what was said of a checkpoint before; nothing, with a warning, when that can not be read.

    Args:
        manifest (`bytes`, *optional*): The file anyhub.json, if there is one.
        place (`str`): Where it is, for the warning.
    """
    if manifest is None:
        return Facts()
    try:
        return Facts.read(Manifest.parse(manifest, place, "what it says of the model's card is lost").facts)
    except (CorruptFileError, ValidationError) as error:
        logger.warning("%s", error)
        return Facts()


def _content_of(path: Path) -> bytes | None:
    """Return what a file holds, and of a folder of that name nothing that could be read; None when there is neither.

    Raises:
        ReadOnlyError: When it may not be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except IsADirectoryError:
        return UNREADABLE
    except PermissionError as error:
        if path.is_dir():  # which is how Windows says so
            return UNREADABLE
        raise ReadOnlyError(
            f"{str(path)!r} may not be read, so nobody can tell whether it was edited; allow it, or remove the file.",
            path=path,
        ) from error


def stored_of(model: HubModel, details: Details) -> tuple[Any, Manifest]:
    """Return what config.json is to hold, None for no such file, and the manifest; warn of what none can hold."""
    captured = model._hub_mixin_capture or Capture()
    stored = config_file.content_of(
        type(model), captured, model._hub_mixin_config, details.config, model._hub_mixin_coders
    )
    config_file.warn_of_lost(type(model), stored.lost, stored.content, stored.untyped)
    if details.config is None and differs(captured, model._hub_mixin_coders):
        logger.warning(
            "The config of %s was changed since the model was constructed, and %s holds it as it was then; pass "
            "config=model.config, or wherever it is, to store it as it is now.",
            type(model).__name__,
            CONFIG_NAME,
        )
    return stored.content, Manifest(environment_of(type(model)), types=stored.types, not_stored=stored.lost)


def belongs_to(model: HubModel, details: Details) -> Callable[[str], bool]:
    """Return a test for the names of files that make up the checkpoint of a model's class that a save replaces."""
    variant = details.options.get("variant")
    infix = f".{variant}" if variant else ""
    patterns = (CONFIG_NAME, MANIFEST_NAME, *(each.replace("{variant}", infix) for each in model._hub_mixin_files))
    return lambda name: any(fnmatchcase(name, pattern) for pattern in patterns)
