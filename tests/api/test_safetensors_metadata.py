from __future__ import annotations

import io
import json
from pathlib import Path
from typing import BinaryIO

import pytest

from anyhub import get_local_safetensors_metadata, get_safetensors_metadata, parse_safetensors_file_metadata
from anyhub.api import HfApi, RepoUrl
from anyhub.constants import SAFETENSORS_INDEX_FILE, SAFETENSORS_SINGLE_FILE
from anyhub.errors import EntryNotFoundError, NotASafetensorsRepoError, SafetensorsParsingError
from anyhub.hub.local import LocalHub
from anyhub.values import Entry, RepoId

FIRST, SECOND = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"


def weights(name: str, count: int) -> bytes:
    header = {"__metadata__": {"format": "pt"}, name: {"dtype": "U8", "shape": [count], "data_offsets": [0, count]}}
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(count)


def index(**weight_map: str) -> bytes:
    return json.dumps({"metadata": {"total_size": 5}, "weight_map": weight_map}).encode()


SHARDED = {SAFETENSORS_INDEX_FILE: index(a=FIRST, b=SECOND), FIRST: weights("a", 2), SECOND: weights("b", 3)}


def put(api: HfApi, repo: RepoUrl, files: dict[str, bytes]) -> str:
    for path, content in files.items():
        commit = api.upload_file(path_or_fileobj=content, path_in_repo=path, repo_id=repo)
    return commit.oid


def test_the_weights_of_a_repository_say_what_they_say_in_a_folder(api: HfApi, repo: RepoUrl, tmp_path: Path) -> None:
    for path, content in SHARDED.items():
        (tmp_path / path).write_bytes(content)
    put(api, repo, SHARDED)
    metadata = api.get_safetensors_metadata(repo)
    assert metadata == get_local_safetensors_metadata(tmp_path)
    assert metadata.sharded
    assert metadata.metadata == {"total_size": 5}
    assert metadata.parameter_count == {"U8": 5}


def test_a_single_file_goes_before_an_index(api: HfApi, repo: RepoUrl) -> None:
    put(api, repo, {**SHARDED, SAFETENSORS_SINGLE_FILE: weights("w", 7)})
    metadata = api.get_safetensors_metadata("me/x")
    assert not metadata.sharded
    assert metadata.metadata is None
    assert metadata.weight_map == {"w": SAFETENSORS_SINGLE_FILE}


def test_a_file_of_any_path_is_told_of_by_its_path(api: HfApi, repo: RepoUrl) -> None:
    put(api, repo, {"unet/adapter.safetensors": weights("w", 7)})
    metadata = api.parse_safetensors_file_metadata(repo, "unet/adapter.safetensors", timeout=None)
    assert metadata.metadata == {"format": "pt"}
    assert metadata.tensors["w"].shape == [7]
    assert metadata.parameter_count == {"U8": 7}


def test_a_revision_has_its_own_weights(api: HfApi, repo: RepoUrl) -> None:
    old = put(api, repo, {SAFETENSORS_SINGLE_FILE: weights("old", 1)})
    put(api, repo, {SAFETENSORS_SINGLE_FILE: weights("new", 2)})
    assert api.get_safetensors_metadata(repo, revision=old).weight_map.keys() == {"old"}
    assert api.parse_safetensors_file_metadata(repo, SAFETENSORS_SINGLE_FILE).tensors.keys() == {"new"}


def test_data_sets_have_weights_too(api: HfApi) -> None:
    repo = api.create_repo("me/embeddings", repo_type="dataset")
    content = weights("e", 4)
    api.upload_file(
        path_or_fileobj=content, path_in_repo=SAFETENSORS_SINGLE_FILE, repo_id="me/embeddings", repo_type="dataset"
    )
    assert api.get_safetensors_metadata("me/embeddings", repo_type="dataset").parameter_count == {"U8": 4}
    assert api.get_safetensors_metadata(repo).parameter_count == {"U8": 4}


def test_they_are_functions_too(api: HfApi, repo: RepoUrl, tmp_path: Path) -> None:
    put(api, repo, {SAFETENSORS_SINGLE_FILE: weights("w", 7)})
    metadata = get_safetensors_metadata("me/x", endpoint=tmp_path / "hub")
    file = parse_safetensors_file_metadata("me/x", SAFETENSORS_SINGLE_FILE, endpoint=tmp_path / "hub")
    assert metadata.files_metadata == {SAFETENSORS_SINGLE_FILE: file}


def test_no_more_than_the_header_of_large_weights_is_read(tmp_path: Path) -> None:
    opened: list[Counting] = []

    class Counting(io.BufferedReader):
        """A file that counts the bytes that are read from it."""

        count = 0

        def read(self, size: int | None = -1) -> bytes:
            data = super().read(size)
            self.count += len(data)
            return data

    class CountingHub(LocalHub):
        def open(self, repo: RepoId, entry: Entry) -> BinaryIO:
            opened.append(Counting(super().open(repo, entry)))  # type: ignore[arg-type]
            return opened[-1]

    api = HfApi(endpoint=CountingHub(tmp_path / "counting"))
    repo = api.create_repo("me/large")
    put(api, repo, {SAFETENSORS_SINGLE_FILE: weights("w", 20 * 2**20)})
    assert api.get_safetensors_metadata(repo).parameter_count == {"U8": 20 * 2**20}
    (file,) = opened
    assert 0 < file.count < 1000
    assert file.closed


def test_a_repository_without_weights_names_the_two_files_that_it_lacks(api: HfApi, repo: RepoUrl) -> None:
    with pytest.raises(NotASafetensorsRepoError, match=r"'me/x' has neither 'model.safetensors' nor"):
        api.get_safetensors_metadata(repo)


def test_a_repository_with_weights_of_another_name_is_told_to_name_them(api: HfApi, repo: RepoUrl) -> None:
    put(api, repo, {"unet/adapter.safetensors": weights("w", 7)})
    with pytest.raises(NotASafetensorsRepoError, match=r"name the file, such as 'unet/adapter.safetensors'"):
        api.get_safetensors_metadata(repo)


def test_a_missing_shard_is_named(api: HfApi, repo: RepoUrl) -> None:
    put(api, repo, {path: SHARDED[path] for path in (SAFETENSORS_INDEX_FILE, FIRST)})
    with pytest.raises(EntryNotFoundError, match=SECOND):
        api.get_safetensors_metadata(repo)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (SAFETENSORS_SINGLE_FILE, b"damaged weights"),
        (SAFETENSORS_INDEX_FILE, b'{"weight_map": {"a": "../secret.safetensors"}}'),
        (FIRST, b"damaged weights"),
    ],
)
def test_what_is_damaged_is_named_with_its_repository(api: HfApi, repo: RepoUrl, path: str, content: bytes) -> None:
    put(api, repo, {**SHARDED, path: content})
    with pytest.raises(SafetensorsParsingError, match=f"'me/x/{path}' is not a sound"):
        api.get_safetensors_metadata(repo)


def test_a_file_that_is_not_there_is_missing(api: HfApi, repo: RepoUrl) -> None:
    put(api, repo, {SAFETENSORS_SINGLE_FILE: weights("w", 7)})
    with pytest.raises(EntryNotFoundError, match=r"Did you mean 'model.safetensors'\?"):
        api.parse_safetensors_file_metadata(repo, "modle.safetensors")


def test_a_folder_is_no_weights(api: HfApi, repo: RepoUrl) -> None:
    put(api, repo, {"unet/adapter.safetensors": weights("w", 7)})
    with pytest.raises(EntryNotFoundError, match="'unet' is a folder"):
        api.parse_safetensors_file_metadata(repo, "unet")
