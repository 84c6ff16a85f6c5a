"""What is known of a repository at one revision: its files, its card, and when it changed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeVar

from anyhub.api.repo_files import BlobLfsInfo
from anyhub.api.session import Endpoint, Session, Token
from anyhub.constants import REPOCARD_NAME
from anyhub.errors import ValidationError
from anyhub.values import DEFAULT_BRANCH, Commit, Entry, Gate, Query, RepoId, RepoType
from anyhub.values import RepoInfo as HubInfo

if TYPE_CHECKING:
    from anyhub.cards.metadata import CardData
    from anyhub.hub.interface import ReadsRepos

logger = logging.getLogger(__name__)

_MAXREPOCARD_NAME_BYTES = 2**20


@dataclass(frozen=True)
class RepoSibling:
    """A file of a repository.

    Attributes:
        rfilename (`str`): Its path.
        size (`int`, *optional*): Its bytes; with ``files_metadata=True``, as the two that follow.
        blob_id (`str`, *optional*): The id of its git blob.
        lfs (`BlobLfsInfo`, *optional*): What its bytes are, for a large file.
    """

    rfilename: str
    size: int | None = None
    blob_id: str | None = None
    lfs: BlobLfsInfo | None = None


@dataclass(frozen=True)
class RepoInfo:
    """What is known of a repository at one revision.

    Attributes:
        id (`str`): ``"namespace/name"``.
        author (`str`): The namespace.
        sha (`str`): The id of the commit that the revision is at.
        last_modified (`datetime`): When the repository last changed.
        created_at (`datetime`): When it was created.
        private (`bool`): Whether only its owners may see it.
        gated (`str` or `bool`): How access to its files is given to those who ask, ``"auto"`` or ``"manual"``; False
            when nobody has to ask.
        used_storage (`int`): Bytes of its large files.
        siblings (`list[RepoSibling]`, *optional*): Its files, sorted by path; listings have them with ``full=True``.
        card_data (`CardData`, *optional*): The metadata of its card, when it has one that can be read; listings have
            it, and what comes from it, with ``full=True``.
        tags (`list[str]`, *optional*): Words to find it by, from its card.
        pipeline_tag (`str`, *optional*): Its task, from its card.
        library_name (`str`, *optional*): The library that loads it, from its card.
    """

    id: str
    author: str
    sha: str
    last_modified: datetime
    created_at: datetime
    private: bool
    gated: Gate | Literal[False]
    used_storage: int
    siblings: list[RepoSibling] | None = None
    card_data: CardData | None = None
    tags: list[str] | None = None
    pipeline_tag: str | None = None
    library_name: str | None = None


class ModelInfo(RepoInfo):
    """What is known of a model."""


class DatasetInfo(RepoInfo):
    """What is known of a data set."""


class SpaceInfo(RepoInfo):
    """What is known of a space."""


AnyInfo = TypeVar("AnyInfo", bound=RepoInfo)

_KINDS: dict[RepoType, type[RepoInfo]] = {"model": ModelInfo, "dataset": DatasetInfo, "space": SpaceInfo}


class Infos(Session):
    """The part of `HfApi` that tells what is known of repositories."""

    def repo_info(
        self,
        repo_id: str,
        *,
        revision: str | None = None,
        repo_type: str | None = None,
        files_metadata: bool = False,
        token: Token = None,
        endpoint: Endpoint = None,
    ) -> RepoInfo:
        """Return what is known of a repository.

        Args:
            repo_id (`str`): Which repository.
            revision (`str`, *optional*): A branch, tag or commit; ``main``, when None.
            repo_type (`str`, *optional*): See `HfApi`.
            files_metadata (`bool`): Whether the sizes and digests of files are told.
            token (`str` or `bool`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.

        Returns:
            `ModelInfo`, `DatasetInfo` or `SpaceInfo`.

        Raises:
            RepositoryNotFoundError, RevisionNotFoundError: Name the nearest one that exists.
        """
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        return _describe(hub, repo, revision, files_metadata, _KINDS[repo.type])

    def model_info(
        self,
        repo_id: str,
        *,
        revision: str | None = None,
        files_metadata: bool = False,
        token: Token = None,
        endpoint: Endpoint = None,
    ) -> ModelInfo:
        """Return what is known of a model; see `repo_info`."""
        hub, repo = self._find(repo_id, "model", endpoint, token)
        return _describe(hub, repo, revision, files_metadata, ModelInfo)

    def dataset_info(
        self,
        repo_id: str,
        *,
        revision: str | None = None,
        files_metadata: bool = False,
        token: Token = None,
        endpoint: Endpoint = None,
    ) -> DatasetInfo:
        """Return what is known of a data set; see `repo_info`."""
        hub, repo = self._find(repo_id, "dataset", endpoint, token)
        return _describe(hub, repo, revision, files_metadata, DatasetInfo)

    def space_info(
        self,
        repo_id: str,
        *,
        revision: str | None = None,
        files_metadata: bool = False,
        token: Token = None,
        endpoint: Endpoint = None,
    ) -> SpaceInfo:
        """Return what is known of a space; see `repo_info`."""
        hub, repo = self._find(repo_id, "space", endpoint, token)
        return _describe(hub, repo, revision, files_metadata, SpaceInfo)

    def list_models(
        self,
        *,
        author: str | None = None,
        search: str | None = None,
        limit: int | None = None,
        full: bool | None = None,
        token: Token = None,
        endpoint: Endpoint = None,
    ) -> Iterator[ModelInfo]:
        """List models, the last modified first.

        Args:
            author (`str`, *optional*): Only those of this namespace.
            search (`str`, *optional*): Only those whose id has this text in it, without regard to case.
            limit (`int`, *optional*): At most so many.
            full (`bool`, *optional*): Whether files and cards are looked at too.
            token (`str` or `bool`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.
        """
        return _list(self._open(endpoint, token), _query("model", author, search, limit), bool(full), ModelInfo)

    def list_datasets(
        self,
        *,
        author: str | None = None,
        search: str | None = None,
        limit: int | None = None,
        full: bool | None = None,
        token: Token = None,
        endpoint: Endpoint = None,
    ) -> Iterator[DatasetInfo]:
        """List data sets, the last modified first; see `list_models`."""
        return _list(self._open(endpoint, token), _query("dataset", author, search, limit), bool(full), DatasetInfo)

    def list_spaces(
        self,
        *,
        author: str | None = None,
        search: str | None = None,
        limit: int | None = None,
        full: bool | None = None,
        token: Token = None,
        endpoint: Endpoint = None,
    ) -> Iterator[SpaceInfo]:
        """List spaces, the last modified first; see `list_models`."""
        return _list(self._open(endpoint, token), _query("space", author, search, limit), bool(full), SpaceInfo)


def _query(type: RepoType, author: str | None, search: str | None, limit: int | None) -> Query:
    return Query(type, author, (search,) if search else (), limit=limit)


def _list(hub: ReadsRepos, query: Query, full: bool, kind: type[AnyInfo]) -> Iterator[AnyInfo]:
    for info in hub.search(query):
        yield _describe(hub, info.repo, None, False, kind) if full else _bare(info, info.head or "", kind)


def _bare(info: HubInfo, sha: str, kind: type[AnyInfo]) -> AnyInfo:
    return kind(
        id=str(info.repo),
        author=info.repo.namespace,
        sha=sha,
        last_modified=info.last_modified,
        created_at=info.created_at,
        private=info.private,
        gated=info.gated or False,
        used_storage=info.storage,
    )


def _describe(
    hub: ReadsRepos, repo: RepoId, revision: str | None, files_metadata: bool, kind: type[AnyInfo]
) -> AnyInfo:
    info = hub.info(repo)
    commit = hub.resolve(repo, revision or DEFAULT_BRANCH)
    entries = [entry for entry in hub.tree(repo, commit.oid) if not entry.is_folder]
    card = _card_data(hub, repo, commit, entries)
    return replace(
        _bare(info, commit.oid, kind),
        siblings=[_sibling(entry, files_metadata) for entry in sorted(entries, key=lambda entry: entry.path)],
        card_data=card,
        tags=tags_of(card),
        pipeline_tag=_text(card, "pipeline_tag"),
        library_name=_text(card, "library_name"),
    )


def _sibling(entry: Entry, with_metadata: bool) -> RepoSibling:
    if not with_metadata:
        return RepoSibling(entry.path)
    return RepoSibling(entry.path, entry.size, entry.oid, BlobLfsInfo.of(entry))


def _card_data(hub: ReadsRepos, repo: RepoId, commit: Commit, entries: list[Entry]) -> CardData | None:
    """Return the metadata of the repository's card; None when there is none, or none that can be read."""
    from anyhub.cards import block
    from anyhub.cards.metadata import CardData, ModelCardData
    from anyhub.cards.text import CardText

    entry = next((entry for entry in entries if entry.path == REPOCARD_NAME), None)
    if entry is None or entry.size > _MAXREPOCARD_NAME_BYTES:
        return None
    with hub.open(repo, entry) as stream:
        text = CardText.cut(stream.read().decode("utf-8", "replace"))
    if not text.has_block:
        return None
    try:
        values = block.read(text.block)
    except ValidationError as error:
        logger.warning("The card of %s at %s can not be read: %s", repo, commit.oid[:7], error)
        return None
    return (ModelCardData if repo.type == "model" else CardData)(ignore_metadata_errors=True, **values)


def tags_of(card: CardData | None) -> list[str]:
    """Return the words by which a card lets its repository be found, each once.

    They are its library, its own tags, its task and its languages, then its license, data sets and base models, each of
    which says what it is: ``license:mit``, ``dataset:me/d``, ``base_model:me/m``.
    """
    if card is None:
        return []
    plain = [word for key in ("library_name", "tags", "pipeline_tag", "language") for word in _words(card, key)]
    kinds = {"license": "license", "datasets": "dataset", "base_model": "base_model"}
    named = [f"{kind}:{word}" for key, kind in kinds.items() for word in _words(card, key)]
    return list(dict.fromkeys(plain + named))


def _words(card: CardData, key: str) -> list[str]:
    value = card.get(key)
    return [word for word in (value if isinstance(value, list) else [value]) if isinstance(word, str)]


def _text(card: CardData | None, key: str) -> str | None:
    value = card.get(key) if card is not None else None
    return value if isinstance(value, str) else None
