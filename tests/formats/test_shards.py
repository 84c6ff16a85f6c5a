from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyhub.errors import SafetensorsParsingError, ValidationError
from anyhub.formats.shards import (
    INDEX_MAX_BYTES,
    Index,
    StateDictSplit,
    encode_index,
    parse_size_to_int,
    read_index,
    split_state_dict_into_shards_factory,
)

SHARD = "model-00001-of-00001.safetensors"


def split(sizes: Mapping[str, Any], limit: int | str = 10, **options: Any) -> StateDictSplit:
    return split_state_dict_into_shards_factory(
        sizes,
        get_storage_size=lambda size: size if isinstance(size, int) else size[1],
        filename_pattern="model{suffix}.safetensors",
        max_shard_size=limit,
        **options,
    )


def names(found: StateDictSplit) -> list[list[str]]:
    return list(found.filename_to_tensors.values())


def test_a_tensor_larger_than_a_shard_gets_one_of_its_own_before_the_open_one() -> None:
    found = split({"layer_1": 6, "layer_2": 10, "layer_3": 30, "layer_4": 2, "layer_5": 2})
    assert found == StateDictSplit(
        metadata={"total_size": 50},
        filename_to_tensors={
            "model-00001-of-00004.safetensors": ["layer_1"],
            "model-00002-of-00004.safetensors": ["layer_3"],
            "model-00003-of-00004.safetensors": ["layer_2"],
            "model-00004-of-00004.safetensors": ["layer_4", "layer_5"],
        },
        tensor_to_filename={
            "layer_1": "model-00001-of-00004.safetensors",
            "layer_3": "model-00002-of-00004.safetensors",
            "layer_2": "model-00003-of-00004.safetensors",
            "layer_4": "model-00004-of-00004.safetensors",
            "layer_5": "model-00004-of-00004.safetensors",
        },
    )
    assert found.is_sharded


def test_one_file_has_a_name_without_a_number() -> None:
    found = split({"a": 5, "b": 5})
    assert found == StateDictSplit(
        {"total_size": 10}, {"model.safetensors": ["a", "b"]}, dict.fromkeys("ab", "model.safetensors")
    )
    assert not found.is_sharded


def test_no_tensors_make_no_files() -> None:
    found = split({})
    assert found == StateDictSplit({"total_size": 0}, {}, {})
    assert not found.is_sharded


def test_tensors_that_share_memory_stay_together_and_count_once() -> None:
    state = {"a": ("x", 6), "b": ("y", 6), "c": ("x", 6), "d": (None, 4), "e": ("big", 20), "f": ("big", 20)}
    found = split(state, get_storage_id=lambda tensor: tensor[0])
    assert names(found) == [["a", "c"], ["e", "f"], ["b", "d"]]
    assert found.metadata == {"total_size": 6 + 6 + 4 + 20}
    assert list(found.tensor_to_filename) == ["a", "c", "e", "f", "b", "d"]


def test_texts_are_passed_over() -> None:
    assert names(split({"a": 1, "format": "nf4", "b": 2})) == [["a", "b"]]


def test_a_size_is_a_number_or_a_text() -> None:
    sizes = {"a": 600, "b": 600}
    assert names(split(sizes, "1KB")) == names(split(sizes, 1000)) == [["a"], ["b"]]
    assert names(split(sizes, "1.2 kb ")) == [["a", "b"]]


def test_a_file_has_five_gigabytes_at_most_and_no_tensors_share_memory_when_nothing_else_is_said() -> None:
    def split_by_default(sizes: Mapping[str, int]) -> list[list[str]]:
        return names(
            split_state_dict_into_shards_factory(sizes, get_storage_size=int, filename_pattern="m{suffix}.safetensors")
        )

    assert split_by_default({"a": 5 * 10**9 - 1, "b": 1}) == [["a", "b"]]
    assert split_by_default({"a": 5 * 10**9, "b": 1}) == [["a"], ["b"]]
    assert split_by_default({"a": 3 * 10**9, "b": 3 * 10**9}) == [["a"], ["b"]]


def test_a_pattern_without_a_place_for_the_number_is_refused_only_when_there_are_several_files() -> None:
    def save(limit: int) -> StateDictSplit:
        return split_state_dict_into_shards_factory(
            {"a": 6, "b": 6}, get_storage_size=int, filename_pattern="weights.bin", max_shard_size=limit
        )

    assert names(save(12)) == [["a", "b"]]
    with pytest.raises(ValidationError, match=r"'weights\.bin' gives 2 files one name.*\{suffix\}"):
        save(6)


@pytest.mark.parametrize("pattern", ["model{other}.safetensors", "model{}.safetensors", "model{"])
def test_other_braces_in_a_pattern_are_refused(pattern: str) -> None:
    with pytest.raises(ValidationError, match="is not a pattern"):
        split_state_dict_into_shards_factory({"a": 1}, get_storage_size=int, filename_pattern=pattern)


@pytest.mark.parametrize("size", [True, 0, -1, "0KB", "-1GB", "0.0001KB", 1.5, None, float("inf")])
def test_what_no_file_can_be_limited_to_is_refused_as_its_size(size: Any) -> None:
    with pytest.raises(ValidationError, match=re.escape(f"{size!r} is not the most bytes that a file may have")):
        split({"a": 1}, size)


@given(st.lists(st.integers(0, 30)), st.integers(1, 20))
def test_every_tensor_is_in_one_file_and_no_file_is_too_large_but_for_one_tensor(sizes: list[int], limit: int) -> None:
    state = {str(number): size for number, size in enumerate(sizes)}
    found = split(state, limit)
    assert sorted(name for shard in names(found) for name in shard) == sorted(state)
    assert found.metadata == {"total_size": sum(sizes)}
    for shard in names(found):
        assert len(shard) == 1 or sum(state[name] for name in shard) <= limit
    assert {name: file for file, shard in found.filename_to_tensors.items() for name in shard} == (
        found.tensor_to_filename
    )


@pytest.mark.parametrize(
    ("text", "size"),
    [("5GB", 5 * 10**9), ("1.5 mb", 1_500_000), (" 10KB ", 10_000), ("2tb", 2 * 10**12), ("0.0001KB", 0)],
)
def test_units_are_powers_of_a_thousand(text: str, size: int) -> None:
    assert parse_size_to_int(text) == size


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("5GiB", "Unit 'GiB' not supported in the size '5GiB'; use one of TB, GB, MB, KB, which are powers of 1000"),
        ("500", "The size '500' has no unit, which is not supported .* as in '500KB', or give .* such as 500"),
        ("", "The size '' has no unit"),
        ("1book", "Unit 'book' not supported"),
        ("abc", "Unit 'abc' not supported"),
        ("5B", "Unit 'B' not supported"),
        ("fiveGB", "Could not parse the size value 'five'"),
        ("GB", "Could not parse the size value ''"),
        ("infGB", "Could not parse the size value 'inf'"),
        ("nanKB", "Could not parse the size value 'nan'"),
    ],
)
def test_a_text_that_is_no_size_is_named(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_size_to_int(text)


@pytest.mark.parametrize("size", [-1, "-5GB"])
def test_a_negative_size_is_refused(size: int | str) -> None:
    with pytest.raises(ValidationError, match="give a size"):
        split({"a": 1}, size)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors.index.json"


def test_an_index_is_read_as_it_was_written(file: Path) -> None:
    index = Index({"total_size": 3, "note": "é"}, {"b": "2.safetensors", "a": "1.safetensors", "c": "1.safetensors"})
    file.write_bytes(encode_index(index))
    assert read_index(file) == index
    assert index.files == ("1.safetensors", "2.safetensors")


def test_the_same_index_gives_the_same_bytes_indented_by_two() -> None:
    text = encode_index(Index({"total_size": 1}, {"b": SHARD, "a": SHARD}))
    assert text == encode_index(Index({"total_size": 1}, {"a": SHARD, "b": SHARD}))
    assert text.decode().splitlines()[:3] == ["{", '  "metadata": {', '    "total_size": 1']


def test_an_index_without_metadata_is_read(file: Path) -> None:
    file.write_text(json.dumps({"weight_map": {"a": SHARD}, "other": [1]}))
    assert read_index(file) == Index({}, {"a": SHARD})


@pytest.mark.parametrize("metadata", [{"x": {1}}, {"x": float("nan")}])
def test_metadata_that_is_not_json_is_not_written(metadata: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="is not JSON"):
        encode_index(Index(metadata, {"a": SHARD}))


def test_an_index_that_would_not_be_read_again_is_not_written() -> None:
    with pytest.raises(ValidationError, match=r"the most; save it as one file with a larger max_shard_size"):
        encode_index(Index({"x": "x" * INDEX_MAX_BYTES}, {"a": SHARD}))


@pytest.mark.parametrize(
    "name",
    [
        "../model.safetensors",
        "..\\model.safetensors",
        "/etc/model.safetensors",
        "sub/model.safetensors",
        "C:model.safetensors",
        "C:\\model.safetensors",
        "\\\\server\\share\\model.safetensors",
        "\\model.safetensors",
        "aux.safetensors",
        "COM1.safetensors",
        "a\nb.safetensors",
        "a\0b.safetensors",
        "a\u202eb.safetensors",
        "model.safetensors:stream.safetensors",
        "\ud800.safetensors",
        "model.bin",
        "model.SAFETENSORS",
        "model.safetensors.bin",
        "..",
        ".",
        "",
        "x" * 300 + ".safetensors",
    ],
)
def test_a_shard_that_is_not_a_plain_file_beside_the_index_is_refused(name: str, file: Path) -> None:
    file.write_text(json.dumps({"weight_map": {"a": SHARD, "b": name}}))
    with pytest.raises(SafetensorsParsingError, match=r"'.*index\.json' is not a sound index.*Download it again") as e:
        read_index(file)
    assert len(str(e.value)) < 500 + len(str(file))


def test_a_shard_of_another_format_is_accepted_only_where_it_is_asked_for(file: Path) -> None:
    file.write_text(json.dumps({"weight_map": {"a": "pytorch_model.bin"}}))
    assert read_index(file, extension=".bin").files == ("pytorch_model.bin",)
    with pytest.raises(SafetensorsParsingError, match=r"does not end in '\.safetensors'"):
        read_index(file)


def ten_thousand_digits() -> str:
    return '{"metadata": {"total_size": ' + "1" * 10_000 + '}, "weight_map": {"a": "' + SHARD + '"}}'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON at character 0"),
        (b"{", "not JSON at character 1"),
        (b"[]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b"{}", "no weight_map"),
        (b'{"weight_map": {}}', "no weight_map"),
        (b'{"weight_map": []}', "no weight_map"),
        (b'{"metadata": 3, "weight_map": {"a": "b"}}', "metadata is not an object"),
        (b'{"weight_map": {"a": 3}}', "the file of tensor 'a' is 3, and not a text"),
        (b'{"weight_map": {"a": null}}', "and not a text"),
        (b'{"weight_map": {"a": "1", "a": "2"}}', "two entries called 'a'"),
        (b'{"weight_map": {}, "weight_map": {}}', "two entries called 'weight_map'"),
        (b'{"metadata": {"x": NaN}}', "NaN, which is not JSON"),
        (b'{"weight_map": {"\\ud800": "a.safetensors"}}', "a name that is not text"),
        (b"\xff", "not UTF-8 at byte 0"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" * 600_000, "more than 500,000 values"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"{},".join([b"["] + [b""] * 600_000), "more than 500,000 values"),
        (ten_thousand_digits().encode(), "too many digits"),
        (b" " * (INDEX_MAX_BYTES + 1), "more than 25,000,000 bytes"),
        (
            json.dumps({"weight_map": dict.fromkeys(map(str, range(200_001)), SHARD)}).encode(),
            "more than 200,000 tensors",
        ),
    ],
    ids=lambda value: re.sub(r"\W+", " ", value) if isinstance(value, str) else "",
)
def test_an_index_that_is_not_sound_is_refused_in_one_sentence(content: bytes, reason: str, file: Path) -> None:
    file.write_bytes(content)
    with pytest.raises(SafetensorsParsingError, match=re.escape(reason)) as error:
        read_index(file)
    assert len(str(error.value)) < 400 + len(str(file))


def test_a_missing_index_is_a_missing_file(file: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_index(file)
