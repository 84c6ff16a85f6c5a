"""The cards of repositories: READMEs, read from a file or a hub, changed, saved and pushed."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from anyhub import files
from anyhub.cards.dataset_metadata import DatasetCardData
from anyhub.cards.document import CardDocument, Changes
from anyhub.cards.generate import (
    TEMPLATE_DATASETCARD_PATH,
    TEMPLATE_MODELCARD_PATH,
    TEMPLATE_SPACECARD_PATH,
    render,
)
from anyhub.cards.metadata import MODEL_INDEX, CardData, ModelCardData
from anyhub.cards.seal import is_untouched
from anyhub.cards.space_metadata import SpaceCardData
from anyhub.constants import REPOCARD_NAME
from anyhub.errors import InvalidRepoIdError, ValidationError
from anyhub.repocard.published import Message, PublishedCard, place_of
from anyhub.repocard.reading import read_text
from anyhub.repocard.validation import check
from anyhub.values import DEFAULT_BRANCH, RepoId

if TYPE_CHECKING:
    from typing import Self

    from anyhub.api import CommitInfo
    from anyhub.hub.interface import Hub

logger = logging.getLogger(__name__)


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
    default_template_path: ClassVar[Path] = TEMPLATE_MODELCARD_PATH
    repo_type: ClassVar[str] = "model"

    data: CardData
    text: str

    def __init__(self, content: str, ignore_metadata_errors: bool = False) -> None:
        self.ignore_metadata_errors = ignore_metadata_errors
        # What this card was on a hub: by repository, and by branch where it was pushed, else None.
        self._known: dict[tuple[str, str | None], str] = {}
        self.content = content

    @property
    def content(self) -> str:
        """The whole card: metadata and text."""
        return self._document.written(self._changes_since(self._document), self.text)

    @content.setter
    def content(self, content: str) -> None:
        self._document = CardDocument.read(content, self.ignore_metadata_errors)
        if not self._document.cut.has_block:
            logger.warning("Repo card metadata block was not found. Setting CardData to empty.")
        self.data = self._data_of(self._document)
        if isinstance(self.data, ModelCardData) and MODEL_INDEX in self.data and self.data.eval_results is None:
            logger.warning("Invalid model-index. Not loading eval results into CardData.")
        self.text = self._document.cut.text

    def _data_of(self, document: CardDocument) -> CardData:
        values = {key: value for key, value in document.values.items() if key != "ignore_metadata_errors"}
        return self.card_data_class(**values, ignore_metadata_errors=self.ignore_metadata_errors)

    def _changes_since(self, document: CardDocument) -> Changes:
        return Changes.between(self._data_of(document).to_dict(), self.data.to_dict())

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
            EntryNotFoundError: When there is no such file or card; what no repository can be called is a file.
            RepositoryNotFoundError, RevisionNotFoundError: When the hub has no such repository or revision.
        """
        path = Path(repo_id_or_path)
        if _is_file(path) or _can_only_be_path(repo_id_or_path, endpoint):
            return cls(read_text(path), ignore_metadata_errors=ignore_metadata_errors)
        from anyhub.api import hf_hub_download

        repo_id = str(repo_id_or_path) if isinstance(repo_id_or_path, Path) else repo_id_or_path
        repo_type = _type_of(cls, repo_id, repo_type)
        downloaded = hf_hub_download(
            repo_id, REPOCARD_NAME, repo_type=repo_type, revision=revision, token=token, endpoint=endpoint
        )
        card = cls(read_text(Path(downloaded)), ignore_metadata_errors=ignore_metadata_errors)
        card._known[place_of(endpoint, repo_id, repo_type, token), None] = card.content
        return card

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
        check(self.content, repo_type or self.repo_type)

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
        merge: bool = True,
        endpoint: str | Path | Hub | None = None,
    ) -> CommitInfo:
        """Check the card, and commit it as the README of a repository, which must exist.

        It is merged into the README that is there. Keys that were set here, since the card was loaded from the
        repository or pushed to it, are set there; keys that were removed are removed there; every other line of the
        metadata stays. The text is that of this card when it was changed here, else the one that is there. A card that
        was not loaded from there sets all its keys, and its text.

        Args:
            repo_id (`str`): The repository.
            token (`str` or `bool`, *optional*): The credential for the hub.
            repo_type (`str`, *optional*): `"model"`, `"dataset"` or `"space"`.
            commit_message (`str`, *optional*): The title of the commit.
            commit_description (`str`, *optional*): The body of the commit.
            revision (`str`, *optional*): The branch to commit to.
            create_pr (`bool`, *optional*): Whether to open a pull request instead of changing the branch.
            parent_commit (`str`, *optional*): The commit that the branch must be at. When None, the card is merged
                again with what another writer commits meanwhile.
            merge (`bool`): Whether to merge; False replaces the README as a whole.
            endpoint (`str`, `Path` or `Hub`, *optional*): The hub.

        Returns:
            `CommitInfo`: What was committed; the head of the branch when there was nothing to change.

        Raises:
            ValidationError: When the card is not `validate`, or would not be when it is merged, or the metadata that is
                there can not be read.
            RepositoryNotFoundError, RevisionNotFoundError, ParentCommitError: When the hub says so.
        """
        repo_type = _type_of(type(self), repo_id, repo_type)
        mine = self.content
        check(mine, repo_type)
        from anyhub.api import HfApi

        place, branch = place_of(endpoint, repo_id, repo_type, token), revision or DEFAULT_BRANCH
        base = self._known.get((place, branch)) or self._known.get((place, None))

        def edit(theirs: str | None) -> str:
            merged = self._merged(base, theirs) if merge and theirs is not None else mine
            check(merged, repo_type)
            return merged

        message = Message(commit_message, commit_description, bool(create_pr), parent_commit)
        api = HfApi(endpoint=endpoint, token=token)
        done = PublishedCard(api, repo_id, repo_type, revision).edit(edit, message)
        if not create_pr:
            self._known[place, branch] = mine
        return done

    def _merged(self, base: str | None, theirs: str) -> str:
        """Return another card, changed as this one was since it was ``base``; everything in it is new without one."""
        there = self._document_of_hub(theirs)
        if is_untouched(theirs) and is_untouched(self.content):
            return self.content  # both were generated, and nobody has written anything of theirs
        if base is None:
            if not there.cut.has_block:
                return self.content
            changes, text = Changes(self.data.to_dict(), ()), self.text
        else:
            before = CardDocument.read(base, self.ignore_metadata_errors)
            changes = self._changes_since(before)
            text = there.cut.text if self.text == before.cut.text else self.text
        data = self._data_of(there).to_dict()
        return there.written(Changes.between(data, changes.applied_to(data)), text)

    def _document_of_hub(self, content: str) -> CardDocument:
        try:
            return CardDocument.read(content, self.ignore_metadata_errors)
        except ValidationError as error:
            raise ValidationError(
                f"The README on the hub can not be merged with: {error} To replace it, pass merge=False."
            ) from error

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
            template_path (`str` or `Path`, *optional*): The file that holds the template; that of the class, when None.
            template_str (`str`, *optional*): The template itself. It is a program of its author's: never give one that
                was downloaded.
            template_kwargs: Values for the template's names; see `anyhub.cards.generate.render`.

        Raises:
            ValidationError: When both a path and a text are given, or a value does not fit into the template.
            EntryNotFoundError: When there is no file at the path.
            MissingDependencyError: When the template needs Jinja, and Jinja is missing.
        """
        if template_path is not None and template_str is not None:
            raise ValidationError("A card is made from one template; give template_path or template_str, not both.")
        if template_str is None:
            template_str = read_text(Path(template_path or cls.default_template_path))
        return cls(render(template_str, card_data, template_kwargs))


class ModelCard(RepoCard):
    """The card of a model: a `RepoCard` whose ``data`` is a `ModelCardData`."""

    card_data_class: ClassVar[type[CardData]] = ModelCardData

    data: ModelCardData


class DatasetCard(RepoCard):
    """The card of a data set: a `RepoCard` whose ``data`` is a `DatasetCardData`."""

    card_data_class: ClassVar[type[CardData]] = DatasetCardData
    default_template_path: ClassVar[Path] = TEMPLATE_DATASETCARD_PATH
    repo_type: ClassVar[str] = "dataset"

    data: DatasetCardData


class SpaceCard(RepoCard):
    """The card of a space: a `RepoCard` whose ``data`` is a `SpaceCardData`."""

    card_data_class: ClassVar[type[CardData]] = SpaceCardData
    default_template_path: ClassVar[Path] = TEMPLATE_SPACECARD_PATH
    repo_type: ClassVar[str] = "space"

    data: SpaceCardData


def _type_of(cls: type[RepoCard], repo_id: str, repo_type: str | None) -> str:
    """Return the kind of a repository: as it is said, else as its address has it, else that of the card's class."""
    return repo_type or getattr(repo_id, "repo_type", None) or cls.repo_type


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # the name of a repository may be longer than the file system takes
        return False


def _can_only_be_path(name: str | Path, endpoint: str | Path | Hub | None) -> bool:
    """Return whether a name has the separators of a path, and is none that a repository of the hub may have."""
    text = getattr(name, "repo_id", str(name))
    if "/" not in text and "\\" not in text:
        return False
    try:
        RepoId.parse(text, namespace="")
    except InvalidRepoIdError:
        return isinstance(name, Path) or text.startswith("~") or not _may_be_repo(text, endpoint)
    return False


def _may_be_repo(text: str, endpoint: str | Path | Hub | None) -> bool:
    """Return whether a hub may have a repository of a name that nobody could choose, and another system gave."""
    from anyhub.hub.opening import open_hub

    try:
        open_hub(endpoint).repo_id(text)
    except InvalidRepoIdError:
        return False
    return True
