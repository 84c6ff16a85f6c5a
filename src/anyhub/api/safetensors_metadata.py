"""What the weights of a repository say of themselves, without downloading them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anyhub.api.session import Endpoint, Session, Token
from anyhub.constants import SAFETENSORS_INDEX_FILE, SAFETENSORS_SINGLE_FILE
from anyhub.values import DEFAULT_BRANCH, Commit, Entry, RepoId

if TYPE_CHECKING:
    from anyhub.formats.safetensors_metadata import SafetensorsFileMetadata, SafetensorsRepoMetadata
    from anyhub.hub.interface import ReadsRepos


class SafetensorsHeaders(Session):
    """The part of `HfApi` that reads the headers of safetensors files."""

    def get_safetensors_metadata(
        self,
        repo_id: str,
        *,
        repo_type: str | None = None,
        revision: str | None = None,
        token: Token = None,
        endpoint: Endpoint = None,
        timeout: float | None = 10,
    ) -> SafetensorsRepoMetadata:
        """Return what the weights of a repository say of themselves; no more than their headers is read.

        Args:
            repo_id (`str`): A repository with a ``model.safetensors``, or else with a ``model.safetensors.index.json``
                and the shards that it names.
            repo_type (`str`, *optional*): See `HfApi`.
            revision (`str`, *optional*): A branch, tag or commit; ``main``, when None. All is read from one commit.
            token (`str` or `bool`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.
            timeout (`float`, seconds, *optional*): How a hub on the network is asked.

        Raises:
            NotASafetensorsRepoError: When the repository has neither.
            SafetensorsParsingError: When a file or the index is not sound; the message says what is wrong.
            RepositoryNotFoundError, RevisionNotFoundError: Name the nearest one that exists.
            EntryNotFoundError: When a shard is missing.

        Example::

            >>> metadata = api.get_safetensors_metadata("me/my-model")
            >>> metadata.parameter_count
            {'BF16': 559214592}
            >>> metadata.files_metadata["model.safetensors"].metadata
            {'format': 'pt'}
        """
        del timeout  # of the network
        from anyhub.formats.safetensors_metadata import SafetensorsRepoMetadata, not_a_safetensors_repo
        from anyhub.formats.shards import parse_index

        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        commit = hub.resolve(repo, revision or DEFAULT_BRANCH)
        names = [SAFETENSORS_SINGLE_FILE, SAFETENSORS_INDEX_FILE]
        entries = {entry.path: entry for entry in hub.find(repo, commit.oid, names) if not entry.is_folder}
        if entry := entries.get(SAFETENSORS_SINGLE_FILE):
            return SafetensorsRepoMetadata.of_file(entry.path, _read(hub, repo, entry))
        if not (entry := entries.get(SAFETENSORS_INDEX_FILE)):
            paths = (entry.path for entry in hub.tree(repo, commit.oid) if not entry.is_folder)
            raise not_a_safetensors_repo(str(repo), paths)
        with hub.open(repo, entry) as file:
            index = parse_index(file, _called(repo, entry))
        return SafetensorsRepoMetadata.of_shards(index, lambda name: _read_path(hub, repo, commit, name))

    def parse_safetensors_file_metadata(
        self,
        repo_id: str,
        filename: str,
        *,
        repo_type: str | None = None,
        revision: str | None = None,
        token: Token = None,
        endpoint: Endpoint = None,
        timeout: float | None = 10,
    ) -> SafetensorsFileMetadata:
        """Return what one safetensors file of a repository says of itself; no more than its header is read.

        Args:
            repo_id (`str`): Which repository.
            filename (`str`): The path of the file in it.
            repo_type (`str`, *optional*): See `HfApi`.
            revision (`str`, *optional*): A branch, tag or commit; ``main``, when None.
            token (`str` or `bool`, *optional*): See `HfApi`.
            endpoint (*optional*): See `HfApi`.
            timeout (`float`, seconds, *optional*): How a hub on the network is asked.

        Raises:
            SafetensorsParsingError: When it is not a sound safetensors file; the message says what is wrong.
            RepositoryNotFoundError, RevisionNotFoundError, EntryNotFoundError: Name the nearest one that exists.
        """
        del timeout  # of the network
        hub, repo = self._find(repo_id, repo_type, endpoint, token)
        commit = hub.resolve(repo, revision or DEFAULT_BRANCH)
        return _read_path(hub, repo, commit, filename)


def _read_path(hub: ReadsRepos, repo: RepoId, commit: Commit, path: str) -> SafetensorsFileMetadata:
    return _read(hub, repo, hub.entry(repo, commit.oid, path))


def _read(hub: ReadsRepos, repo: RepoId, entry: Entry) -> SafetensorsFileMetadata:
    from anyhub.formats.safetensors import parse_header
    from anyhub.formats.safetensors_metadata import SafetensorsFileMetadata

    with hub.open(repo, entry) as file:
        return SafetensorsFileMetadata.of(parse_header(file, entry.size, _called(repo, entry)))


def _called(repo: RepoId, entry: Entry) -> str:
    """Return what errors call a file of a repository."""
    return f"{repo}/{entry.path}"
