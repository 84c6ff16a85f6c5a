"""The files of one model in one folder: what the framework writes, config.json, anyhub.json and the card."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyhub import files, folders
from anyhub.cards.seal import is_untouched, seal
from anyhub.constants import CONFIG_NAME, MANIFEST_NAME, REPOCARD_NAME
from anyhub.errors import ReadOnlyError, ValidationError
from anyhub.formats.shards import check_variant
from anyhub.models.config import file as config_file
from anyhub.models.config.capture import Capture
from anyhub.models.environment import environment_of
from anyhub.models.facts import merged, with_facts
from anyhub.models.hooks import check_options
from anyhub.models.manifest import Manifest

if TYPE_CHECKING:
    from anyhub.models.hooks import HubModel

_card_values: ContextVar[Mapping[str, Any] | None] = ContextVar("anyhub_card_values", default=None)


@dataclass(frozen=True)
class Details:
    """What the caller of a save wants beside the model.

    Attributes:
        config: The configuration to store, or None for that of the model.
        card_kwargs (`Mapping`): What `generate_model_card` is given.
        facts (`Mapping`): What is said of this checkpoint in the metadata of its card.
        options (`Mapping`): What `_save_pretrained` is given beside the folder.
        repo_id (`str`, *optional*): The repository that the files are for.
        subfolder (`str`): The folder of the repository that they are for; empty for itself.
    """

    config: Any = None
    card_kwargs: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    repo_id: str | None = None
    subfolder: str = ""


@dataclass(frozen=True)
class Written:
    """What a save wrote beside what the framework did.

    Attributes:
        config: What config.json was to hold, or None for no such file.
        card (`bool`): Whether a card was generated.
    """

    config: Any
    card: bool


def folder_named(name: str | os.PathLike[str]) -> Path:
    """Return the folder that a caller names; ``~`` is the home folder.

    Raises:
        ValidationError: When it is empty, or no path at all: that is a mistake, and not the current folder.
    """
    if not name or not isinstance(name, str | os.PathLike):
        raise ValidationError(f"{name!r} names no folder; give a path, such as '.' for the current folder.")
    return Path(name).expanduser()


def check(model: HubModel, details: Details) -> None:
    """Refuse what a save of a model could not heed, before anything is written.

    Raises:
        ValidationError: When the class has no such option, or the variant is no plain name.
    """
    check_options(type(model), model._save_pretrained, details.options, ("self", "save_directory"))
    if (variant := details.options.get("variant")) is not None:
        check_variant(variant)


def save(model: HubModel, folder: Path, details: Details) -> Written:
    """Make a folder hold a model: all of it, or, when anything fails, what it held before.

    Args:
        model (`HubModel`): The model.
        folder (`Path`): Made when it is missing. Files that do not belong to a checkpoint stay, and so does a card that
            somebody wrote or edited, but for the facts in its metadata.
        details (`Details`): What else to store.
    """
    check(model, details)
    has_own_card = _has_own_card(folder)
    with folders.saving(folder, stale=belongs_to(model, details)) as staging:
        written = write(model, staging, details, with_card=not has_own_card)
        if has_own_card and not (staging / REPOCARD_NAME).exists():
            _say_facts(folder / REPOCARD_NAME, staging / REPOCARD_NAME, details)
        return written


def write(model: HubModel, folder: Path, details: Details, *, with_card: bool = True) -> Written:
    """Write the files of a model into an empty folder; what the model's own hook writes is kept as it is.

    Args:
        model (`HubModel`): The model.
        folder (`Path`): The folder.
        details (`Details`): What else to store.
        with_card (`bool`): Whether to generate a card, when the hook writes none.
    """
    model._save_pretrained(folder, **details.options)
    content, manifest = stored_of(model, details)
    if content is not None:
        _write_new(folder / CONFIG_NAME, config_file.dump(content))
    _write_new(folder / MANIFEST_NAME, manifest.dump())
    card_file = folder / REPOCARD_NAME
    if card_file.exists():
        _say_facts(card_file, card_file, details)
        return Written(content, card=False)
    if not with_card:
        return Written(content, card=False)
    known = {
        "repo_id": details.repo_id,
        "subfolder": details.subfolder,
        "variant": details.options.get("variant"),
        "config": content,
        "environment": manifest.environment,
    }
    with _known_for_card(facts=details.facts, names=known):
        card = model.generate_model_card(**details.card_kwargs)
    files.write(card_file, seal(with_facts(card, details.facts)))
    return Written(content, card=True)


def _write_new(path: Path, text: str) -> None:
    """Write a file, unless the hook has written one of that name."""
    if not path.exists():
        files.write(path, text)


def _say_facts(card: Path, changed: Path, details: Details) -> None:
    """Write a card that is somebody's own once more, with what is said of this checkpoint, if anything is."""
    if details.facts:
        files.write(changed, merged(card.read_bytes(), details.facts, None, owner=str(card.parent)))


def _has_own_card(folder: Path) -> bool:
    """Return whether a folder has a card that is not as it was generated.

    Raises:
        ReadOnlyError: When it may not be read.
    """
    path = folder / REPOCARD_NAME
    try:
        return not is_untouched(path.read_bytes().decode())
    except FileNotFoundError:
        return False
    except (UnicodeDecodeError, IsADirectoryError):
        return True
    except PermissionError as error:
        if path.is_dir():  # which is how Windows says so
            return True
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
    return stored.content, Manifest(environment_of(type(model)), types=stored.types, not_stored=stored.lost)


def belongs_to(model: HubModel, details: Details) -> Callable[[str], bool]:
    """Return a test for the names of files that make up the checkpoint of a model's class that a save replaces."""
    variant = details.options.get("variant")
    infix = f".{variant}" if variant else ""
    patterns = (CONFIG_NAME, MANIFEST_NAME, *(each.replace("{variant}", infix) for each in model._hub_mixin_files))
    return lambda name: any(fnmatchcase(name, pattern) for pattern in patterns)


@contextmanager
def _known_for_card(facts: Mapping[str, Any], names: Mapping[str, Any]) -> Iterator[None]:
    # Not arguments of `generate_model_card`: a class that overrides it may pass such names on by itself.
    token = _card_values.set({"facts": facts, "names": names})
    try:
        yield
    finally:
        _card_values.reset(token)


def known_for_card(model: HubModel) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return what is known of the save that a card is generated for, or of the model when there is none.

    Returns:
        The facts for the metadata of the card, and values for the names of its template: ``repo_id``, ``subfolder``,
        ``variant``, ``config`` and ``environment``.
    """
    known = _card_values.get()
    if known is not None:
        return known["facts"], known["names"]
    content, manifest = stored_of(model, Details())
    return {}, {"config": content, "environment": manifest.environment}
