from __future__ import annotations

import gc
import json
import random
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import safetensors
from hypothesis import given, settings
from hypothesis import strategies as st

from anyhub.errors import CorruptFileError
from anyhub.formats.dtypes import BITS, byte_count
from anyhub.formats.safetensors import TensorInfo, read_header

ONE = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}


def encoded(header: Any, data: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "hostile.safetensors"


def test_a_sound_file_tells_its_tensors_metadata_and_where_its_data_begins(file: Path) -> None:
    text = json.dumps({"__metadata__": {"a": 'é{"b": [1]}'}, "w": ONE, "né": {**ONE, "data_offsets": [24, 48]}})
    file.write_bytes(encoded(text.encode() + b"   ", bytes(48)))
    header = read_header(file)
    assert header.tensors == {"w": TensorInfo("F32", [2, 3], (0, 24)), "né": TensorInfo("F32", [2, 3], (24, 48))}
    assert header.metadata == {"a": 'é{"b": [1]}'}
    assert header.data_start == file.stat().st_size - 48


def test_the_order_in_the_header_need_not_be_that_of_the_data(file: Path) -> None:
    file.write_bytes(encoded({"b": {**ONE, "data_offsets": [24, 48]}, "a": ONE}, bytes(48)))
    assert list(read_header(file).tensors) == ["b", "a"]


@pytest.mark.parametrize("text", [b"{}", b"{ }", b'{"__metadata__":{}}', b'{ "__metadata__" : { } }  \n'])
def test_a_file_without_tensors_is_sound(file: Path, text: bytes) -> None:
    file.write_bytes(encoded(text))
    assert read_header(file).tensors == {}


@pytest.mark.parametrize("dtype", BITS)
def test_every_dtype_is_read_as_the_library_reads_it(file: Path, dtype: str) -> None:
    size = byte_count(dtype, (4, 2))
    assert size is not None
    content = encoded({"w": {"dtype": dtype, "shape": [4, 2], "data_offsets": [0, size]}}, bytes(size))
    file.write_bytes(content)
    assert read_header(file).tensors["w"].dtype == dtype
    assert safetensors.deserialize(content)[0][1]["dtype"] == dtype


def test_more_tensors_than_anybody_has_are_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anyhub.formats.safetensors.MAX_TENSORS", 3)
    entries = {str(n): {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]} for n in range(4)}
    file.write_bytes(encoded(entries))
    with pytest.raises(CorruptFileError, match="more than 3 tensors"):
        read_header(file)
    entries.pop("3")
    file.write_bytes(encoded(entries))
    assert len(read_header(file).tensors) == 3


@pytest.mark.parametrize(
    "text",
    [
        '{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[2,1],"data_offsets":[1,3]}}',
        '{"a": {"dtype": "U8", "shape": [], "data_offsets": [0, 1]}, "b": {"dtype": "U8", "shape": [2, 1], '
        '"data_offsets": [1, 3]}}',
        '{"a":{"shape":[],"dtype":"U8","data_offsets":[0,1]}\n,\t"b"  :'
        '{"data_offsets":[1,3],"dtype":"U8","shape":[2,1]}}',
        '{"\\u0061":{"dtype":"\\u00558","shape":[ ],"data_offsets":[0,1]},"\\u0062":{"dtype":"U8","shape":[2 , 1],'
        '"data_offsets":[1,3]}}',
    ],
    ids=["compact", "spaced", "in another order", "with escapes"],
)
def test_the_same_header_is_read_from_whatever_way_json_has_to_write_it(file: Path, text: str) -> None:
    file.write_bytes(encoded(text.encode(), bytes(3)))
    assert read_header(file).tensors == {"a": TensorInfo("U8", [], (0, 1)), "b": TensorInfo("U8", [2, 1], (1, 3))}


def test_metadata_may_stand_between_tensors_but_once(file: Path) -> None:
    one = json.dumps({"a": ONE, "__metadata__": {"k": "v"}, "b": {**ONE, "data_offsets": [24, 48]}})
    file.write_bytes(encoded(one.encode(), bytes(48)))
    assert read_header(file).metadata == {"k": "v"}
    file.write_bytes(encoded(f'{one[:-1]}, "__metadata__": {{}}}}'.encode(), bytes(48)))
    with pytest.raises(CorruptFileError, match="two entries called '__metadata__'"):
        read_header(file)


@pytest.mark.parametrize("later", ['"a"', '"\\u0061"'])
def test_a_name_comes_but_once_in_whatever_way_it_is_written(file: Path, later: str) -> None:
    first = json.dumps({"b": ONE, "a": {**ONE, "data_offsets": [24, 48]}})
    again = json.dumps({**ONE, "data_offsets": [48, 72]})
    file.write_bytes(encoded(f"{first[:-1]}, {later}: {again}}}".encode(), bytes(72)))
    with pytest.raises(CorruptFileError, match="two entries called 'a'"):
        read_header(file)


def test_a_header_as_writers_write_it_takes_few_steps_for_each_tensor(file: Path) -> None:
    tensors = {f"layer.{n}.weight": {"dtype": "U8", "shape": [1], "data_offsets": [n, n + 1]} for n in range(1000)}
    file.write_bytes(encoded({"__metadata__": {"format": "pt"}, **tensors}, bytes(1000)))
    calls = Counter[str]()
    sys.setprofile(lambda frame, event, arg: calls.update([event]))
    try:
        read_header(file)
    finally:
        sys.setprofile(None)
    assert calls["call"] < 6_000


def test_the_collector_is_as_it_was_when_a_header_was_read_or_refused(file: Path) -> None:
    for content in (encoded({"w": ONE}, bytes(24)), b"damaged"):
        file.write_bytes(content)
        for is_on in (True, False):
            gc.enable() if is_on else gc.disable()
            try:
                with suppress(CorruptFileError):
                    read_header(file)
                assert gc.isenabled() == is_on
            finally:
                gc.enable()


def accepts(content: bytes) -> bool:
    try:
        safetensors.deserialize(content)
    except safetensors.SafetensorError:
        return False
    return True


tensor = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from([*BITS, "F31"]),
        "shape": st.lists(st.integers(-1, 4), max_size=3),
        "data_offsets": st.lists(st.integers(0, 16), min_size=2, max_size=2),
    }
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.text(max_size=2), tensor, max_size=3), st.integers(0, 32))
def test_it_is_exactly_as_strict_as_the_library_on_small_files(
    tmp_path_factory: pytest.TempPathFactory, tensors: dict[str, Any], size: int
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.safetensors"
    content = encoded(tensors, bytes(size))
    file.write_bytes(content)
    if accepts(content):
        assert read_header(file).tensors.keys() == tensors.keys()
    else:
        with pytest.raises(CorruptFileError):
            read_header(file)


def test_no_change_of_a_few_bytes_makes_it_say_more_than_the_library(file: Path) -> None:
    sound = encoded({"__metadata__": {"format": "pt"}, "a": ONE, "b": {**ONE, "data_offsets": [24, 48]}}, bytes(48))
    chance = random.Random(0)
    for _ in range(500):
        content = bytearray(sound)
        for _ in range(chance.randint(1, 3)):
            content[chance.randrange(len(sound) - 48)] = chance.choice(b'{}[]",:0129- \\aF\xff\0')
        file.write_bytes(content)
        try:
            read_header(file)
        except CorruptFileError:
            continue
        assert accepts(bytes(content))
