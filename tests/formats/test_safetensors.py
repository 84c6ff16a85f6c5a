from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import safetensors
from hypothesis import given, settings
from hypothesis import strategies as st

from anyhub.constants import SAFETENSORS_MAX_HEADER_LENGTH
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
    assert header.tensors == {"w": TensorInfo("F32", (2, 3), 0, 24), "né": TensorInfo("F32", (2, 3), 24, 48)}
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


HOSTILE: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "it has 0 bytes"),
    "seven bytes": (b"\x02\0\0\0\0\0\0", "it has 7 bytes"),
    "a header past the end": (encoded(b"{}", length=100), "98 bytes early"),
    "a huge header": (encoded(b"{}", length=SAFETENSORS_MAX_HEADER_LENGTH + 1), "25,000,001 bytes"),
    "a header of all bytes there are": (b"\xff" * 64, "claims a header of"),
    "no UTF-8": (encoded(b'{"\xff":1}'), "not UTF-8 at byte 2"),
    "no header": (encoded(b""), "begin with a brace"),
    "space first": (encoded(b" {}"), "begin with a brace"),
    "a list": (encoded(b"[]"), "begin with a brace"),
    "two objects": (encoded(b"{}{}"), "nothing more"),
    "an unclosed object": (encoded(b'{"__metadata__":{}'), "a comma or a brace"),
    "a trailing comma": (encoded(b'{"__metadata__":{},}'), "a name and a colon"),
    "an unclosed string": (encoded(b'{"w'), "a name and a colon"),
    "a raw control character": (encoded(b'{"w\n":{}}'), "a name and a colon"),
    "an unknown escape": (encoded(b'{"\\q":{}}'), "malformed string"),
    "half a surrogate pair": (encoded(b'{"\\ud800":{}}'), "malformed string"),
    "two tensors of one name": (encoded(b'{"w":%s,"w":%s}' % ((json.dumps(ONE).encode(),) * 2)), "two entries"),
    "one name by an escape": (encoded(b'{"w":%s,"\\u0077":%s}' % ((json.dumps(ONE).encode(),) * 2)), "two entries"),
    "two keys of the metadata": (encoded(b'{"__metadata__":{"a":"1","a":"2"}}'), "two entries called 'a'"),
    "metadata that is no text": (encoded({"__metadata__": {"a": 1}}), "a string"),
    "metadata that is no object": (encoded({"__metadata__": "a"}), "an object"),
    "a tensor that is a number": (encoded({"w": 1}), "a tensor's dtype, shape and data_offsets"),
    "nested lists": (encoded(b'{"w":{"shape":%s}}' % (b"[" * 4000)), "is not JSON"),
    "nested objects": (encoded(b'{"w":' + b'{"a":' * 10000), "a tensor's dtype, shape"),
    "a field twice": (encoded(b'{"w":{"dtype":"F32","dtype":"F32","shape":[],"data_offsets":[0,4]}}'), "exactly"),
    "a field too few": (encoded({"w": {"dtype": "F32", "shape": []}}), "exactly the fields"),
    "a field too many": (encoded({"w": {**ONE, "strides": []}}), "exactly the fields"),
    "an unknown dtype": (encoded({"w": {**ONE, "dtype": "F31"}}), "unknown dtype 'F31'"),
    "a dtype that is no text": (encoded({"w": {**ONE, "dtype": ["F32"]}}), "unknown dtype"),
    "a negative length": (encoded({"w": {**ONE, "shape": [-2, -3]}}), "list of counts"),
    "a fractional length": (encoded({"w": {**ONE, "shape": [2.0, 3]}}), "list of counts"),
    "a length that is true": (encoded({"w": {**ONE, "shape": [True, 6]}}), "list of counts"),
    "a length that is NaN": (encoded(b'{"w":{"dtype":"U8","shape":[NaN],"data_offsets":[0,0]}}'), "list of counts"),
    "a huge length": (encoded({"w": {**ONE, "shape": [2**63]}}), "list of counts"),
    "a length of 4000 digits": (encoded(b'{"w":{"shape":[%s]}}' % (b"9" * 4000)), "exactly the fields"),
    "a length of 5000 digits": (encoded(b'{"w":{"shape":[%s]}}' % (b"9" * 5000)), "a tensor's dtype"),
    "a shape beyond memory": (encoded({"w": {**ONE, "shape": [2**62, 2**62, 0], "data_offsets": [0, 0]}}), "memory"),
    "a shape that is no list": (encoded({"w": {**ONE, "shape": 6}}), "list of counts"),
    "one offset": (encoded({"w": {**ONE, "data_offsets": [24]}}), "not two counts"),
    "offsets backwards": (encoded({"w": {**ONE, "data_offsets": [24, 0]}}, bytes(24)), "leaves a gap"),
    "a wrong size": (encoded({"w": {**ONE, "data_offsets": [0, 20]}}, bytes(20)), "does not take 20 bytes"),
    "half a byte": (encoded({"w": {"dtype": "F4", "shape": [3], "data_offsets": [0, 1]}}, b"\0"), "does not take 1"),
    "a gap before": (encoded({"w": {**ONE, "data_offsets": [8, 32]}}, bytes(32)), "leaves a gap before it"),
    "a gap between": (encoded({"a": ONE, "b": {**ONE, "data_offsets": [28, 52]}}, bytes(52)), "'b' leaves a gap"),
    "an overlap": (encoded({"a": ONE, "b": {**ONE, "data_offsets": [20, 44]}}, bytes(44)), "'b' overlaps"),
    "the same bytes twice": (encoded({"a": ONE, "b": ONE}, bytes(24)), "overlaps"),
    "truncated data": (encoded({"w": ONE}, bytes(23)), "truncated, 1 of 24 bytes"),
    "trailing data": (encoded({"w": ONE}, bytes(25)), "1 bytes after its last tensor"),
    "data without tensors": (encoded(b"{}", bytes(8)), "8 bytes after"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_refused_by_name_and_reason(file: Path, case: str) -> None:
    content, reason = HOSTILE[case]
    file.write_bytes(content)
    with pytest.raises(CorruptFileError) as caught:
        read_header(file)
    assert reason in str(caught.value)
    assert str(file) in str(caught.value)
    assert "Download it again" in str(caught.value)
    assert len(str(caught.value)) < 500 + len(str(file))


def test_more_tensors_than_anybody_has_are_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anyhub.formats.safetensors.MAX_TENSORS", 3)
    entries = {str(n): {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]} for n in range(4)}
    file.write_bytes(encoded(entries))
    with pytest.raises(CorruptFileError, match="more than 3 entries"):
        read_header(file)
    entries.pop("3")
    file.write_bytes(encoded(entries))
    assert len(read_header(file).tensors) == 3


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
