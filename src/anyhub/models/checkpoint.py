"""The files of one model in one folder: what the framework writes, config.json and the card."""

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
from anyhub.constants import CONFIG_NAME, REPOCARD_NAME
from anyhub.errors import ValidationError
from anyhub.models.config import file as config_file
from anyhub.models.config.capture import Capture

if TYPE_CHECKING:
    from anyhub.models.hooks import HubModel

_card_values: ContextVar[Mapping[str, Any] | None] = ContextVar("anyhub_card_values", default=None)


@dataclass(frozen=True)
class Details:
    """What the caller of a save wants beside the model.

    Attributes:
        config: The configuration to store, or None for that of the model.
        card_kwargs (`Mapping`): What `generate_model_card` is given.
        repo_id (`str`, *optional*): The repository that the files are for.
    """

    config: Any = None
    card_kwargs: Mapping[str, Any] = field(default_factory=dict)
    repo_id: str | None = None


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


def save(model: HubModel, folder: Path, details: Details) -> Written:
    """Make a folder hold a model: all of it, or, when anything fails, what it held before.

    Args:
        model (`HubModel`): The model.
        folder (`Path`): Made when it is missing. Files that do not belong to a checkpoint stay, and so does a card that
            somebody wrote or edited.
        details (`Details`): What else to store.
    """
    with folders.saving(folder, stale=belongs_to(model)) as staging:
        return write(model, staging, details, with_card=not _has_own_card(folder))


def write(model: HubModel, folder: Path, details: Details, *, with_card: bool = True) -> Written:
    """Write the files of a model into an empty folder; what the model's own hook writes is kept as it is.

    Args:
        model (`HubModel`): The model.
        folder (`Path`): The folder.
        details (`Details`): What else to store.
        with_card (`bool`): Whether to generate a card, when the hook writes none.
    """
    model._save_pretrained(folder)
    content = config_of(model, details)
    if content is not None and not (folder / CONFIG_NAME).exists():
        files.write(folder / CONFIG_NAME, config_file.dump(content))
    if not with_card or (folder / REPOCARD_NAME).exists():
        return Written(content, card=False)
    with _known_for_card(repo_id=details.repo_id, config=content):
        card = model.generate_model_card(**details.card_kwargs)
    files.write(folder / REPOCARD_NAME, seal(str(card)))
    return Written(content, card=True)


def _has_own_card(folder: Path) -> bool:
    """Return whether a folder has a card that is not as it was generated."""
    try:
        return not is_untouched((folder / REPOCARD_NAME).read_bytes().decode())
    except FileNotFoundError:
        return False
    except (UnicodeDecodeError, IsADirectoryError, PermissionError):
        return True


def config_of(model: HubModel, details: Details) -> Any:
    """Return what config.json is to hold, or None for no such file; name in a warning what it can not hold."""
    captured = model._hub_mixin_capture or Capture()
    content, lost = config_file.content_of(
        type(model), captured, model._hub_mixin_config, details.config, model._hub_mixin_coders
    )
    config_file.warn_of_lost(type(model), lost, content)
    return content


def belongs_to(model: HubModel) -> Callable[[str], bool]:
    """Return a test for the names of files that make up checkpoints of a model's class."""
    patterns = (CONFIG_NAME, *model._hub_mixin_files)
    return lambda name: any(fnmatchcase(name, pattern) for pattern in patterns)


@contextmanager
def _known_for_card(**values: Any) -> Iterator[None]:
    # Not arguments of `generate_model_card`: a class that overrides it may pass such names on by itself.
    token = _card_values.set(values)
    try:
        yield
    finally:
        _card_values.reset(token)


def known_for_card() -> Mapping[str, Any]:
    """Return what is known, while a card is generated, of the save that it is for: ``repo_id`` and ``config``."""
    return _card_values.get() or {}
