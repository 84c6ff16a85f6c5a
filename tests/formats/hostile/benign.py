"""Files that are to be accepted, however odd: what libraries and tools write, and what their formats allow."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from hostile_dduf import CONFIG, INDEX, SOUND, WEIGHTS
from hostile_indexes import SHARD, index
from hostile_safetensors import ONE, encoded
from safetensors.numpy import save
from zips import File, extra, zip64_extra, zip_of

from anyhub.formats.dduf_writer import export_entries_as_dduf

MOST = 0xFFFFFFFF


def saved(metadata: dict[str, str] | None = None, **tensors: tuple[str, list[int]]) -> bytes:
    """Return a file as the library writes it, of tensors given by dtype and shape."""
    return save({name: np.zeros(shape, dtype) for name, (dtype, shape) in tensors.items()}, metadata)


EMPTY = {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}

SAFETENSORS: dict[str, bytes] = {
    "no tensors": saved(),
    "no tensors but metadata": saved({"format": "pt"}),
    "one tensor": saved(w=("float32", [2, 3])),
    "a scalar": saved(w=("float64", [])),
    "an empty tensor": saved(w=("float16", [0, 5])),
    "several dtypes": saved({"format": "pt"}, a=("bool", [3]), b=("int64", [1]), c=("float16", [2])),
    "many tensors": saved(**{f"layer.{n}.weight": ("uint8", [1]) for n in range(5000)}),
    "odd names": saved(**{'"quoted"': ("uint8", [1]), "{brace}": ("uint8", [1]), "": ("uint8", [1])}),
    "names of every script": saved(**{"重み": ("uint8", [1]), "é": ("uint8", [1]), "🙂": ("uint8", [1])}),
    "names that differ by case": saved(**{"W": ("uint8", [1]), "w": ("uint8", [1])}),
    "names that would be paths": saved(**{"../w": ("uint8", [1]), "/w": ("uint8", [1])}),
    "a control character in a name": saved(**{"a\nb": ("uint8", [1])}),
    "metadata of a megabyte": saved({"notes": "x" * 2**20}),
    "metadata of JSON in a text": saved({"config": json.dumps({"a": [1, {"b": None}]})}),
    "a header in another order than the data": encoded({"b": {**ONE, "data_offsets": [24, 48]}, "a": ONE}, bytes(48)),
    "a header with spaces in it": encoded(
        b'{ "w" : { "dtype" : "U8" , "shape" : [ ] , "data_offsets" : [ 0 , 1 ] } }', b"x"
    ),
    "fields in another order": encoded(b'{"w":{"data_offsets":[0,1],"shape":[],"dtype":"U8"}}', b"x"),
    "names by escapes": encoded(b'{"\\u0077\\ud83d\\ude42":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}', b"x"),
    "several empty tensors at one place": encoded({"a": EMPTY, "b": EMPTY}),
    "three dozen axes": encoded({"w": {"dtype": "U8", "shape": [1] * 36, "data_offsets": [0, 1]}}, b"x"),
}

INDEXES: dict[str, bytes] = {
    "two shards": index({"a": SHARD, "b": "model-00002-of-00002.safetensors"}),
    "one shard": index({"a": SHARD}),
    "no metadata": json.dumps({"weight_map": {"a": SHARD}}).encode(),
    "metadata that is nothing": index({"a": SHARD}, metadata=None),
    "a size that is a float": index({"a": SHARD}, metadata={"total_size": 8.0}),
    "more metadata": index({"a": SHARD}, metadata={"total_size": 8, "total_parameters": 2, "by": {"name": ["x"]}}),
    "keys that other tools add": index({"a": SHARD}, version=2),
    "no indentation and no spaces": json.dumps({"weight_map": {"a": SHARD}}, separators=(",", ":")).encode(),
    "line ends of Windows": json.dumps({"weight_map": {"a": SHARD}}, indent=2).replace("\n", "\r\n").encode(),
    "odd names of tensors": index({"../a": SHARD, "": SHARD, "重み": SHARD, "a\nb": SHARD}),
    "a shard named by a person": index({"a": "my weights.v2+fixed.safetensors"}),
    "a shard named in another script": index({"a": "モデル.safetensors"}),
    "as many tensors as the largest models": index({f"layers.{n}.weight": SHARD for n in range(50_000)}),
}

Make = Callable[[Path], bytes | None]


def by_zipfile(**options: Any) -> Make:
    def make(folder: Path) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.comment = options.get("comment", b"")
            for member in (*SOUND, File("é/config.json", b"{}")):
                info = zipfile.ZipInfo(str(member.name), (2026, 2, 28, 12, 30, 58))
                info.external_attr, info.create_system = options.get("mode", 0), options.get("system", 3)
                with archive.open(info, "w", force_zip64=options.get("zip64", False)) as entry:
                    entry.write(member.data)
        return file.getvalue()

    return make


def by_command(*command: str) -> Make:
    def make(folder: Path) -> bytes | None:
        if not shutil.which(command[0]):
            return None
        source = folder / "source"
        shutil.rmtree(source, ignore_errors=True)
        for member in SOUND:
            file = source / str(member.name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(member.data)
        subprocess.run([*command, *(str(member.name) for member in SOUND)], cwd=source, check=True, capture_output=True)
        return (source / "x.zip").read_bytes()

    return make


def by_us(folder: Path) -> bytes:
    file = folder / "ours.dduf"
    export_entries_as_dduf(file, [(str(member.name), member.data) for member in SOUND])
    return file.read_bytes()


def weights(**said: Any) -> Make:
    return lambda folder: zip_of([INDEX, CONFIG, File(WEIGHTS.name, WEIGHTS.data, **said)])


LENGTH = len(WEIGHTS.data)

DDUF: dict[str, Make] = {
    "ours": by_us,
    "zipfile": by_zipfile(),
    "zipfile with ZIP64 for all": by_zipfile(zip64=True),
    "zipfile with a comment": by_zipfile(comment=b"made by hand"),
    "zipfile with a long comment": by_zipfile(comment=b"x" * 65_535),
    "zipfile on Windows": by_zipfile(system=0, mode=0x20),
    "zipfile of executable files": by_zipfile(mode=0o100755 << 16),
    "zip": by_command("zip", "-0", "x.zip"),
    "zip without its extra fields": by_command("zip", "-0", "-X", "x.zip"),
    "zip with ZIP64 for all": by_command("zip", "-0", "-fz", "x.zip"),
    "jar": by_command("jar", "-c0Mf", "x.zip"),
    "an index alone": lambda folder: zip_of([INDEX]),
    "files beside the index": lambda folder: zip_of([INDEX, File("notes.txt", b"x"), File("spiece.model", b"x")]),
    "the index last": lambda folder: zip_of([CONFIG, WEIGHTS, INDEX]),
    "an index of many keys": lambda folder: zip_of(
        [File(INDEX.name, json.dumps({str(n): n for n in range(5000)}).encode())]
    ),
    "an empty member": lambda folder: zip_of([*SOUND, File("vae/merges.txt")]),
    "a name with several dots": lambda folder: zip_of([*SOUND, File("vae/model.fp16.v1-2.safetensors")]),
    "a name with spaces": lambda folder: zip_of([*SOUND, File("vae/my model.safetensors")]),
    "every kind of configuration": lambda folder: zip_of(
        [
            File("model_index.json", b'{"a": 1, "b": 1, "c": 1}'),
            File("a/tokenizer_config.json"),
            File("b/preprocessor_config.json"),
            File("c/scheduler_config.json"),
        ]
    ),
    "both ends": lambda folder: zip_of(SOUND, end_64={}),
    "an end in 64 bits only": lambda folder: zip_of(
        SOUND,
        end_64={},
        end={
            "here": 65535,
            "count": 65535,
            "directory_bytes": MOST,
            "begin": MOST,
            "disk": 65535,
            "directory_disk": 65535,
        },
    ),
    "a directory in another order": lambda folder: reordered(),
    "a comment on a member": weights(comment=b"weights"),
    "a note of times": weights(extra=extra(0x5455, b"\1" + bytes(4)), local_extra=extra(0x5455, b"\3" + bytes(8))),
    "padding to an alignment": weights(local_extra=extra(0xD935, (64).to_bytes(2, "little") + bytes(30))),
    "padding of three zeros": weights(local_extra=bytes(3)),
    "sizes in 64 bits": weights(
        both={"packed": MOST, "length": MOST},
        extra=zip64_extra(LENGTH, LENGTH),
        local_extra=zip64_extra(LENGTH, LENGTH),
    ),
    "sizes in 64 bits in the local header": weights(
        local={"packed": MOST, "length": MOST}, local_extra=zip64_extra(LENGTH, LENGTH)
    ),
    "the same name in an extra field": weights(extra=extra(0x7075, b"\1\0\0\0\0" + WEIGHTS.raw_name)),
    "a name said to be UTF-8": weights(both={"flags": 1 << 11}),
}


def reordered() -> bytes:
    """Return a sound file whose first two records change places."""
    content = zip_of(SOUND)
    before, first, second, rest = content.split(b"PK\1\2", 3)
    return b"PK\1\2".join((before, second, first, rest))
