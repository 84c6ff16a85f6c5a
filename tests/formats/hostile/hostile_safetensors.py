"""Safetensors files that are to be refused, each with a part of the reason; large ones are made when due."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from anyhub.constants import SAFETENSORS_MAX_HEADER_LENGTH

ONE = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}


def encoded(header: Any, data: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


HOSTILE: dict[str, tuple[bytes | Callable[[], bytes], str]] = {
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
    "a header of 2**63 bytes": (encoded(b"{}", length=2**63), "claims a header of"),
    "a header of one byte too many": (encoded(b"{}", length=3), "1 bytes early"),
    "a header of nothing but an open list": (encoded(b"[" * 100_000), "begin with a brace"),
    "a byte order mark": (encoded(b"\xef\xbb\xbf{}"), "begin with a brace"),
    "UTF-16": (encoded("{}".encode("utf-16-le")), "a name and a colon"),
    "a NUL behind the header": (encoded(b"{}\0"), "nothing more"),
    "a comment": (encoded(b"{/* */}"), "a name and a colon"),
    "names in single quotes": (encoded(b"{'w': 1}"), "a name and a colon"),
    "a name without quotes": (encoded(b"{w: 1}"), "a name and a colon"),
    "a name of megabytes that does not end": (lambda: encoded(b'{"' + b"a" * 20_000_000), "a name and a colon"),
    "a name of escapes that does not end": (lambda: encoded(b'{"' + b"\\\\" * 5_000_000), "a name and a colon"),
    "megabytes of space": (lambda: encoded(b"{" + b" " * 20_000_000), "a name and a colon"),
    "megabytes of braces": (lambda: encoded(b"{" * 20_000_000), "a name and a colon"),
    "an escape cut short": (encoded(b'{"\\u00":{}}'), "malformed string"),
    "the metadata twice": (encoded(b'{"__metadata__":{},"__metadata__":{}}'), "two entries called '__metadata__'"),
    "the metadata twice by an escape": (encoded(b'{"__metadata__":{},"\\u005f_metadata__":{}}'), "two entries called"),
    "metadata that is nested": (encoded({"__metadata__": {"a": {"b": "c"}}}), "a string"),
    "metadata that is nothing": (encoded({"__metadata__": None}), "an object"),
    "metadata with a text of half a pair": (encoded(b'{"__metadata__":{"a":"\\udfff"}}'), "malformed string"),
    "a tensor that is nothing": (encoded({"w": None}), "a tensor's dtype, shape and data_offsets"),
    "a tensor that is a list": (encoded({"w": ["F32", [], [0, 4]]}), "a tensor's dtype"),
    "a dtype in small letters": (encoded({"w": {**ONE, "dtype": "f32"}}, bytes(24)), "unknown dtype 'f32'"),
    "a dtype with a space": (encoded({"w": {**ONE, "dtype": "F32 "}}, bytes(24)), "unknown dtype"),
    "no dtype": (encoded({"w": {**ONE, "dtype": None}}, bytes(24)), "unknown dtype None"),
    "a dtype of kilobytes": (encoded({"w": {**ONE, "dtype": "F" * 3000}}), "unknown dtype"),
    "infinity as a length": (
        encoded(b'{"w":{"dtype":"U8","shape":[Infinity],"data_offsets":[0,0]}}'),
        "list of counts",
    ),
    "a length in exponents": (
        encoded(b'{"w":{"dtype":"U8","shape":[1e0],"data_offsets":[0,1]}}', b"\0"),
        "list of counts",
    ),
    "a length in a text": (encoded({"w": {**ONE, "shape": ["2", "3"]}}), "list of counts"),
    "a shape in a shape": (encoded({"w": {**ONE, "shape": [[2, 3]]}}), "list of counts"),
    "a shape that is nothing": (encoded({"w": {**ONE, "shape": None}}), "list of counts"),
    "a shape that wraps around": (
        encoded({"w": {"dtype": "U8", "shape": [2**32, 2**32], "data_offsets": [0, 0]}}),
        "no memory could hold",
    ),
    "a thousand axes": (
        encoded({"w": {"dtype": "U8", "shape": [2] * 1000, "data_offsets": [0, 1]}}, b"\0"),
        "no memory could hold",
    ),
    "three offsets": (encoded({"w": {**ONE, "data_offsets": [0, 24, 24]}}, bytes(24)), "not two counts"),
    "negative offsets": (encoded({"w": {**ONE, "data_offsets": [-24, 0]}}, bytes(24)), "not two counts"),
    "fractional offsets": (encoded({"w": {**ONE, "data_offsets": [0, 24.0]}}, bytes(24)), "not two counts"),
    "offsets beyond 63 bits": (encoded({"w": {**ONE, "data_offsets": [2**64, 2**64 + 24]}}), "not two counts"),
    "offsets at the end of 63 bits": (encoded({"w": {**ONE, "data_offsets": [2**63 - 25, 2**63 - 1]}}), "leaves a gap"),
    "a tensor in the header": (encoded({"w": {**ONE, "data_offsets": [0, 48]}}, bytes(24)), "does not take 48 bytes"),
    "a tensor of exabytes": (
        encoded({"w": {"dtype": "U8", "shape": [2**62], "data_offsets": [0, 2**62]}}),
        "is truncated, 4,611,686,018,427,387,904 of",
    ),
    "nothing, far away": (
        encoded({"w": {"dtype": "U8", "shape": [0], "data_offsets": [1, 1]}}, b"\0"),
        "leaves a gap before it",
    ),
    "thousands of overlaps": (encoded({str(n): ONE for n in range(20_000)}, bytes(24)), "overlaps the one before it"),
    "more tensors than are read": (
        lambda: encoded(
            b"{" + b",".join(b'"%d":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}' % n for n in range(200_001)) + b"}"
        ),
        "more than 200,000 tensors",
    ),
    "a pickle": (b"\x80\x04cos\nsystem\n(S'true'\ntR.", "claims a header of"),
    "a ZIP file": (b"PK\x03\x04" + bytes(60), "claims a header of 67,324,752 bytes"),
    "a file of zeros": (bytes(4096), "begin with a brace"),
}
