"""Indexes of sharded checkpoints that are to be refused, each with a part of the reason; large ones made when due."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

SHARD = "model-00001-of-00002.safetensors"


def index(weight_map: Any, **others: Any) -> bytes:
    return json.dumps({"metadata": {"total_size": 8}, "weight_map": weight_map, **others}).encode()


def shard(name: str) -> bytes:
    return index({"a": SHARD, "b": name})


NAMES = {
    "a name above": "../model.safetensors",
    "a name above by a backslash": "..\\model.safetensors",
    "a name far above": "../../../../etc/model.safetensors",
    "a name above in the middle": "a/../../model.safetensors",
    "an absolute name": "/etc/model.safetensors",
    "an absolute name of Windows": "\\etc\\model.safetensors",
    "a share": "//server/share/model.safetensors",
    "a share of Windows": "\\\\server\\share\\model.safetensors",
    "a device path": "\\\\?\\C:\\model.safetensors",
    "a drive": "C:model.safetensors",
    "a drive and a backslash": "C:\\model.safetensors",
    "a home": "~/model.safetensors",
    "an address": "https://example.org/model.safetensors",
    "a folder": "shards/model.safetensors",
    "a folder of its own": "./model.safetensors",
    "a device": "NUL.safetensors",
    "a device in small letters": "com1.safetensors",
    "the console": "CONIN$.safetensors",
    "another stream": "model.safetensors:evil.safetensors",
    "git's own": ".git/model.safetensors",
    "a control character": "model\x1b[2J.safetensors",
    "a line end": "model\n.safetensors",
    "a NUL": "model.safetensors\0.safetensors",
    "the other direction": "model\u202e.safetensors",
    "an invisible character": "mo\u200bdel.safetensors",
    "half of a surrogate pair": "model\ud800.safetensors",
    "a wildcard": "model-*.safetensors",
    "a pipe": "|sh.safetensors",
    "a long name": "m" * 300 + ".safetensors",
    "no name": "",
    "a pickle": "pytorch_model.bin",
    "a pickle that ends in capitals": "model.SAFETENSORS",
    "the index itself": "model.safetensors.index.json",
    "an ending with a space": "model.safetensors ",
}

HOSTILE: dict[str, tuple[bytes | Callable[[], bytes], str]] = {
    **{
        name: (
            shard(text),
            "can not be the name of a file" if text.endswith(".safetensors") else "does not end in '.safetensors'",
        )
        for name, text in NAMES.items()
    },
    **{name: (shard(NAMES[name]), "is not beside it") for name in NAMES if "/" in NAMES[name]},
    "nothing": (b"", "not JSON at character 0"),
    "text": (b"weights", "not JSON at character 0"),
    "a list": (b"[]", "is not a JSON object"),
    "a text in quotes": (b'"model.safetensors"', "is not a JSON object"),
    "no weight map": (b'{"metadata": {}}', "has no weight_map"),
    "an empty weight map": (index({}), "has no weight_map"),
    "a weight map that is a list": (index([SHARD]), "has no weight_map"),
    "a weight map that is nothing": (index(None), "has no weight_map"),
    "a file that is a number": (index({"a": 1}), "and not a text"),
    "a file that is a list": (index({"a": [SHARD]}), "and not a text"),
    "a file that is nothing": (index({"a": None}), "and not a text"),
    "a weight map within a weight map": (index({"a": {"a": SHARD}}), "and not a text"),
    "metadata that is a list": (index({"a": SHARD}, metadata=[1]), "metadata is not an object"),
    "a tensor twice": (b'{"weight_map": {"a": "x.safetensors", "a": "y.safetensors"}}', "two entries called 'a'"),
    "a weight map twice": (b'{"weight_map": {}, "weight_map": {}}', "two entries called 'weight_map'"),
    "a tensor whose name is no text": (b'{"weight_map": {"\\ud800": "x.safetensors"}}', "a name that is not text"),
    "NaN": (b'{"metadata": {"total_size": NaN}, "weight_map": {}}', "it has NaN"),
    "a long number": (b'{"metadata": {"total_size": %s}}' % (b"9" * 5000), "too many digits"),
    "nested lists": (b'{"weight_map": ' + b"[" * 100_000, "nested too deeply"),
    "nested objects": (b'{"weight_map":' * 100_000, "nested too deeply"),
    "no UTF-8": (b'{"\xff": 1}', "not UTF-8 at byte 2"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "not JSON at character 0"),
    "cut short": (index({"a": SHARD})[:-3], "not JSON at character"),
    "two objects": (b"{}{}", "not JSON at character 2"),
    "more bytes than are read": (lambda: b" " * 25_000_001, "more than 25,000,000 bytes"),
    "more values than are read": (lambda: b"[" + b"0," * 500_001 + b"0]", "more than 500,000 values"),
    "more tensors than a file has": (
        lambda: index({str(n): SHARD for n in range(200_001)}),
        "more than 200,000 tensors",
    ),
    "a shard that is missing": (index({"a": SHARD}), "There is no file "),
}
