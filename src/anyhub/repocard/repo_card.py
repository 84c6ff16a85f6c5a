"""The card of a repository: its README, read from a file or a hub, changed, saved and pushed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from anyhub import files
from anyhub.cards.generate import BLANK_MODEL_CARD, render
from anyhub.cards.metadata import CardData, ModelCardData
from anyhub.cards.text import CardText
from anyhub.constants import REPOCARD_NAME
from anyhub.errors import CorruptFileError, ValidationError

if TYPE_CHECKING:
    from typing import Self

    from anyhub.api import CommitInfo
    from anyhub.hub.interface import Hub

logger = logging.getLogger(__name__)

_MAX_CARD_BYTES = 16 << 20

_TEXTS = ("library_name", "license_link", "license_name", "model_name", "pipeline_tag")
_TEXT_OR_LIST = ("base_model", "datasets", "language", "license", "metrics")


class RepoCard:
    """The card of a repository: metadata in a YAML block, then Markdown.

    What is not changed is written as it was read, byte for byte: comments, quotes and line ends of the block too.

    Args:
        content (`str`): The whole card.
        ignore_metadata_errors (`bool`): Whether a YAML block that can not be read counts as empty, with a warning.

    Attributes:
        data (`CardData`): The metadata; change it in place.
        text (`str`): What comes after the YAML block.

    Raises:
        ValidationError: When the YAML block can not be read, or is not a mapping.

    Example::

        >>> card = RepoCard("---\\nlicense: mit  # as agreed\\n---\\n# Digits\\n")
        >>> card.data.tags = ["tabular"]
        >>> print(card)
        ---
        license: mit  # as agreed
        tags:
        - tabular
        ---
        # Digits
        <BLANKLINE>
    """

    card_data_class: ClassVar[type[CardData]] = CardData
    default_template: ClassVar[str] = BLANK_MODEL_CARD
    repo_type: ClassVar[str] = "model"

    data: CardData
    text: str

    def __init__(self, content: str, ignore_metadata_errors: bool = False) -> None:
        self.ignore_metadata_errors = ignore_metadata_errors
        self.content = content

    @property
    def content(self) -> str:
        """The whole card: metadata and text."""
        cut = replace(self._cut, text=self.text)
        now = self.data.to_dict()
        changed = {key: value for key, value in now.items() if not _same(value, self._before.get(key))}
        removed = self._before.keys() - now.keys()
        if not changed and not removed:
            return str(cut)
        from anyhub.cards import block

        return str(cut.with_block(block.update(self._readable_block, changed, removed)))

    @content.setter
    def content(self, content: str) -> None:
        self._cut = CardText.cut(content)
        self._readable_block = self._cut.block
        self.text = self._cut.text
        if not self._cut.has_block:
            logger.warning("Repo card metadata block was not found. Setting CardData to empty.")
        self.data = self.card_data_class(**self._read_block(), ignore_metadata_errors=self.ignore_metadata_errors)
        self._before = self.data.to_dict()

    def _read_block(self) -> dict[str, Any]:
        if not self._cut.has_block:
            return {}
        from anyhub.cards import block

        try:
            data = block.read(self._cut.block)
        except ValidationError as error:
            if not self.ignore_metadata_errors:
                raise
            logger.warning("%s Setting CardData to empty.", error)
            self._readable_block = ""
            return {}
        data.pop("ignore_metadata_errors", None)
        return data

    def __str__(self) -> str:
        return self.content

    def save(self, filepath: Path | str) -> None:
        """Write the card to a file; its folder is made when it is not there.

        Args:
            filepath (`Path` or `str`): Where to.

        Raises:
            ValidationError: When a value of the metadata can not be written; names the key.
            DiskFullError, ReadOnlyError: When the disk refuses; an old file is still there then.
        """
        path = Path(filepath)
        with files.storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        files.write(path, self.content)

    @classmethod
    def load(
        cls,
        repo_id_or_path: str | Path,
        repo_type: str | None = None,
        token: str | bool | None = None,
        ignore_metadata_errors: bool = False,
        *,
        revision: str | None = None,
        endpoint: str | Path | Hub | None = None,
    ) -> Self:
        """Read a card from a file, or from a repository of the hub.

        Args:
            repo_id_or_path (`str` or `Path`): A file, when there is one of that name; else a repository.
            repo_type (`str`, *optional*): `"model"`, `"dataset"` or `"space"`.
            token (`str` or `bool`, *optional*): The credential for the hub.
            ignore_metadata_errors (`bool`): Whether a YAML block that can not be read counts as empty, with a warning.
            revision (`str`, *optional*): The branch, tag or commit to read from.
            endpoint (`str`, `Path` or `Hub`, *optional*): The hub.

        Raises:
            ValidationError: When the YAML block can not be read, or the card is larger than 16 MiB.
            CorruptFileError: When the file is not UTF-8.
            RepositoryNotFoundError, RevisionNotFoundError, EntryNotFoundError: When the hub has no such card.
        """
        path = Path(repo_id_or_path)
        if not path.is_file():
            from anyhub.api import hf_hub_download

            downloaded = hf_hub_download(
                repo_id_or_path if isinstance(repo_id_or_path, str) else str(repo_id_or_path),  # a `RepoUrl` is a `str`
                REPOCARD_NAME,
                repo_type=repo_type or cls.repo_type,
                revision=revision,
                token=token,
                endpoint=endpoint,
            )
            path = Path(downloaded)
        return cls(_read(path), ignore_metadata_errors=ignore_metadata_errors)

    def validate(self, repo_type: str | None = None) -> None:
        """Check the metadata that would be written, without asking a hub.

        Checked are that the block can be read back, that the common keys hold texts or lists of texts, that
        ``license_name`` and ``license_link`` come with the license "other", and that ``model-index`` has the shape of
        one. Whether a license, a task or a language exists is not.

        Args:
            repo_type (`str`, *optional*): Which kind of repository the card is for; ``model-index`` belongs to models.

        Raises:
            ValidationError: Names every key that is wrong.
        """
        from anyhub.cards import block

        data = block.read(CardText.cut(self.content).block)
        if objections := _objections(data, is_model=(repo_type or self.repo_type) == "model"):
            raise ValidationError(f"The card's metadata is not valid: {'; '.join(objections)}.")

    def push_to_hub(
        self,
        repo_id: str,
        token: str | bool | None = None,
        repo_type: str | None = None,
        commit_message: str | None = None,
        commit_description: str | None = None,
        revision: str | None = None,
        create_pr: bool | None = None,
        parent_commit: str | None = None,
        *,
        endpoint: str | Path | Hub | None = None,
    ) -> CommitInfo:
        """Check the card, and commit it as the README of a repository, which must exist.

        Args:
            repo_id (`str`): The repository.
            token (`str` or `bool`, *optional*): The credential for the hub.
            repo_type (`str`, *optional*): `"model"`, `"dataset"` or `"space"`.
            commit_message (`str`, *optional*): The title of the commit.
            commit_description (`str`, *optional*): The body of the commit.
            revision (`str`, *optional*): The branch to commit to.
            create_pr (`bool`, *optional*): Whether to open a pull request instead of changing the branch.
            parent_commit (`str`, *optional*): The commit that the branch must be at.
            endpoint (`str`, `Path` or `Hub`, *optional*): The hub.

        Returns:
            `CommitInfo`: What was committed.

        Raises:
            ValidationError: When the card is not `validate`.
            RepositoryNotFoundError, RevisionNotFoundError, ParentCommitError: When the hub says so.
        """
        self.validate(repo_type)
        from anyhub.api import HfApi

        return HfApi(endpoint=endpoint, token=token).upload_file(
            path_or_fileobj=self.content.encode(),
            path_in_repo=REPOCARD_NAME,
            repo_id=repo_id,
            repo_type=repo_type or self.repo_type,
            commit_message=commit_message,
            commit_description=commit_description,
            revision=revision,
            create_pr=create_pr,
            parent_commit=parent_commit,
        )

    @classmethod
    def from_template(
        cls,
        card_data: CardData,
        template_path: str | Path | None = None,
        template_str: str | None = None,
        **template_kwargs: object,
    ) -> Self:
        """Make a card from a template; a blank one, for a person to fill in, when none is given.

        Args:
            card_data (`CardData`): The metadata.
            template_path (`str` or `Path`, *optional*): The file that holds the template.
            template_str (`str`, *optional*): The template itself.
            template_kwargs: Values for the template's names; see `anyhub.cards.generate.render`.

        Raises:
            ValidationError: When both a path and a text are given, or a value does not fit into the template.
            MissingDependencyError: When the template needs Jinja, and Jinja is missing.
        """
        if template_path is not None and template_str is not None:
            raise ValidationError("A card is made from one template; give template_path or template_str, not both.")
        if template_path is not None:
            template_str = _read(Path(template_path))
        template = cls.default_template if template_str is None else template_str
        return cls(render(template, card_data, template_kwargs))


class ModelCard(RepoCard):
    """The card of a model.

    Args:
        content (`str`): The whole card.
        ignore_metadata_errors (`bool`): Whether a YAML block that can not be read counts as empty, with a warning.

    Attributes:
        data (`ModelCardData`): The metadata; change it in place.
        text (`str`): What comes after the YAML block.

    Raises:
        ValidationError: When the YAML block can not be read, or is not a mapping.
    """

    card_data_class: ClassVar[type[CardData]] = ModelCardData

    data: ModelCardData


def _read(path: Path) -> str:
    """Read a card or a template, line ends as they are."""
    if (size := path.stat().st_size) > _MAX_CARD_BYTES:
        raise ValidationError(
            f"{str(path)!r} takes {size:,} bytes, more than the {_MAX_CARD_BYTES:,} that a card may; make it shorter."
        )
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise CorruptFileError(f"{str(path)!r} is not UTF-8 at byte {error.start:,}; save it as UTF-8.") from None


def _same(one: object, other: object) -> bool:
    """Return whether two plain values are written alike; `==` would take 1, 1.0 and True for the same."""
    return repr(one) == repr(other)


def _objections(data: Mapping[str, Any], *, is_model: bool) -> list[str]:
    found = [f"{key!r} should be a text" for key in _TEXTS if not _is_text(data.get(key, ""))]
    found += [
        f"{key!r} should be a text or a list of texts"
        for key in _TEXT_OR_LIST
        if not _is_text(data.get(key, "")) and not _is_texts(data.get(key))
    ]
    if data.get("tags") is not None and not _is_texts(data["tags"]):
        found.append("'tags' should be a list of texts")
    if data.get("license") not in ("other", ["other"]):
        found += [f"{key!r} needs the license 'other'" for key in ("license_name", "license_link") if data.get(key)]
    if is_model and not _is_model_index(data.get("model-index", [])):
        found.append("'model-index' should be a list of models, each with a 'name' and a list of 'results'")
    return found


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_model_index(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(model, dict) and isinstance(model.get("name"), str) and isinstance(model.get("results"), list)
        for model in value
    )
