from __future__ import annotations

import json
from pathlib import Path

import pytest

from anyhub import get_local_safetensors_metadata, parse_local_safetensors_file_metadata
from anyhub.constants import SAFETENSORS_INDEX_FILE
from anyhub.errors import EntryNotFoundError, NotASafetensorsRepoError, SafetensorsParsingError
from anyhub.formats.safetensors import TensorInfo
from anyhub.formats.safetensors_metadata import SafetensorsFileMetadata, SafetensorsRepoMetadata

A = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}
B = {"dtype": "I8", "shape": [5], "data_offsets": [24, 29]}
SCALAR = {"dtype": "F32", "shape": [], "data_offsets": [0, 4]}
EMPTY = {"dtype": "F32", "shape": [0, 7], "data_offsets": [0, 0]}
FIRST, SECOND = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"


def write(path: Path, data_bytes: int, **header: object) -> Path:
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + bytes(data_bytes))
    return path


def write_index(folder: Path, **weight_map: str) -> None:
    index = {"metadata": {"total_size": 33}, "weight_map": weight_map}
    (folder / SAFETENSORS_INDEX_FILE).write_text(json.dumps(index))


@pytest.fixture
def sharded(tmp_path: Path) -> Path:
    write(tmp_path / FIRST, 29, __metadata__={"format": "pt"}, a=A, b=B)
    write(tmp_path / SECOND, 4, c=SCALAR)
    write_index(tmp_path, a=FIRST, b=FIRST, c=SECOND)
    return tmp_path


def test_a_file_tells_its_tensors_its_notes_and_its_parameters_by_dtype(tmp_path: Path) -> None:
    file = write(tmp_path / "any.safetensors", 29, __metadata__={"format": "pt"}, a=A, b=B)
    metadata = parse_local_safetensors_file_metadata(file)
    tensors = {"a": TensorInfo("F32", [2, 3], (0, 24)), "b": TensorInfo("I8", [5], (24, 29))}
    assert metadata == SafetensorsFileMetadata({"format": "pt"}, tensors)
    assert metadata.parameter_count == {"F32": 6, "I8": 5}


@pytest.mark.parametrize(("tensor", "count"), [(A, 6), (SCALAR, 1), (EMPTY, 0)])
def test_the_parameters_of_a_tensor_are_its_elements(tensor: dict[str, object], count: int) -> None:
    assert TensorInfo(**tensor).parameter_count == count  # type: ignore[arg-type]


def test_a_folder_with_one_file_is_not_sharded(tmp_path: Path) -> None:
    file = write(tmp_path / "model.safetensors", 29, a=A, b=B)
    write_index(tmp_path, a=FIRST)  # what an older checkpoint has left counts for nothing
    metadata = get_local_safetensors_metadata(str(tmp_path))
    assert metadata == SafetensorsRepoMetadata(
        metadata=None,
        sharded=False,
        weight_map={"a": "model.safetensors", "b": "model.safetensors"},
        files_metadata={"model.safetensors": parse_local_safetensors_file_metadata(str(file))},
    )
    assert metadata.parameter_count == {"F32": 6, "I8": 5}


def test_a_file_of_any_name_is_a_checkpoint_of_one_file(tmp_path: Path) -> None:
    file = write(tmp_path / "adapter.safetensors", 4, c=SCALAR)
    assert get_local_safetensors_metadata(file).weight_map == {"c": "adapter.safetensors"}


def test_a_sharded_folder_tells_what_all_its_shards_say(sharded: Path) -> None:
    metadata = get_local_safetensors_metadata(sharded)
    assert metadata.sharded
    assert metadata.metadata == {"total_size": 33}
    assert metadata.weight_map == {"a": FIRST, "b": FIRST, "c": SECOND}
    assert metadata.files_metadata.keys() == {FIRST, SECOND}
    assert metadata.files_metadata[FIRST].metadata == {"format": "pt"}
    assert metadata.parameter_count == {"F32": 7, "I8": 5}


def test_a_missing_shard_is_named(sharded: Path) -> None:
    (sharded / SECOND).unlink()
    with pytest.raises(EntryNotFoundError, match=SECOND):
        get_local_safetensors_metadata(sharded)


def test_a_damaged_shard_is_named(sharded: Path) -> None:
    (sharded / SECOND).write_bytes(b"damaged weights")
    with pytest.raises(SafetensorsParsingError, match=SECOND):
        get_local_safetensors_metadata(sharded)


def test_a_folder_without_weights_names_the_two_files_that_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(NotASafetensorsRepoError, match=r"neither 'model\.safetensors' nor 'model.+json'"):
        get_local_safetensors_metadata(tmp_path)


def test_a_folder_with_weights_of_another_name_is_told_to_name_them(tmp_path: Path) -> None:
    write(tmp_path / "adapter.safetensors", 4, c=SCALAR)
    with pytest.raises(NotASafetensorsRepoError, match=r"name the file, such as 'adapter.safetensors'"):
        get_local_safetensors_metadata(tmp_path)


@pytest.mark.parametrize("read", [get_local_safetensors_metadata, parse_local_safetensors_file_metadata])
def test_a_file_that_is_not_there_is_missing_and_the_nearest_is_named(tmp_path: Path, read: object) -> None:
    write(tmp_path / "model.safetensors", 4, c=SCALAR)
    with pytest.raises(FileNotFoundError, match=r"Did you mean 'model.safetensors'\?"):
        read(tmp_path / "modle.safetensors")  # type: ignore[operator]


def test_a_header_of_more_than_25_megabytes_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes((25_000_001).to_bytes(8, "little") + b"{}")
    with pytest.raises(SafetensorsParsingError, match="25,000,000 is the most"):
        parse_local_safetensors_file_metadata(file)
