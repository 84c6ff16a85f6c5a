"""Headers of GGUF files: what they say, and those that lie."""

from __future__ import annotations

import io
import struct

import pytest

from anyhub.errors import CorruptFileError
from anyhub.hub.repos.gguf import MAX_TENSORS, read_gguf


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _file(pairs: list[tuple[str, int, bytes]], tensors: list[tuple[int, ...]]) -> bytes:
    made = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(pairs))
    made += b"".join(_text(name) + struct.pack("<I", kind) + value for name, kind, value in pairs)
    for number, sizes in enumerate(tensors):
        made += _text(f"t{number}") + struct.pack(f"<I{len(sizes)}QIQ", len(sizes), *sizes, 0, 0)
    return made


_WORDS = struct.pack("<IQ", 8, 3) + _text("a") + _text("bc") + _text("é")
_SCORES = struct.pack("<IQ3f", 6, 3, 0.5, 1.5, 2.5)
_PAIRS = [
    ("llama.context_length", 4, struct.pack("<I", 4096)),
    ("tokenizer.ggml.tokens", 9, _WORDS),
    ("tokenizer.ggml.scores", 9, _SCORES),
    ("general.architecture", 8, _text("llama")),
    ("other.context_length", 10, struct.pack("<Q", 1)),
]
MODEL = _file(_PAIRS, [(16, 4), (8,)])


def test_parameters_architecture_and_context_length_are_read() -> None:
    told = read_gguf(io.BytesIO(MODEL), len(MODEL))
    assert told == {"total": 72, "architecture": "llama", "context_length": 4096}


def test_a_header_that_is_cut_anywhere_is_refused() -> None:
    for length in range(len(MODEL)):
        with pytest.raises(CorruptFileError):
            read_gguf(io.BytesIO(MODEL[:length]), length)


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (b"GGUF" + struct.pack(">IQQ", 3, 0, 0), "little-endian"),
        (b"GGML" + struct.pack("<IQQ", 3, 0, 0), "no GGUF file"),
        (b"GGUF" + struct.pack("<IQQ", 3, MAX_TENSORS + 1, 0), "100,000 tensors"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 2**63), "10,000 pairs"),
        (_file([("x", 9, struct.pack("<IQ", 8, 2**62))], []), "2,000,000 texts"),
        (_file([("x", 9, struct.pack("<IQ", 4, 2**62))], []), "ends after the file"),
        (_file([("x", 9, struct.pack("<IQ", 9, 1) * 9)], []), "unknown type 9"),
        (_file([("x", 13, b"")], []), "unknown type 13"),
        (_file([], [(2**40, 2**40)]), "larger than any"),
    ],
)
def test_a_header_that_lies_is_refused_by_the_name_of_the_limit(data: bytes, names: str) -> None:
    with pytest.raises(CorruptFileError, match=names):
        read_gguf(io.BytesIO(data), len(data))
