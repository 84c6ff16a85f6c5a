from __future__ import annotations

import hashlib
import itertools
import json
from pathlib import Path

import pytest
import safetensors.torch
import torch

from anyhub.errors import ValidationError
from anyhub.formats.dtypes import BITS, byte_count
from anyhub.formats.safetensors import read_header
from anyhub.formats.safetensors_writer import TensorSource, write
from anyhub.frameworks.pytorch.dtypes import NAMES
from anyhub.frameworks.pytorch.saving import _source


def source(name: str = "w", dtype: str = "U8", shape: tuple[int, ...] = (4,)) -> TensorSource:
    return TensorSource(name, dtype, shape, lambda: bytes(byte_count(dtype, shape) or 0))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


def of_every_dtype() -> dict[str, torch.Tensor]:
    numbers = torch.arange(64, dtype=torch.uint8)
    odd = 'né"'
    tensors = {f"{odd[i % 3]}.{dtype}": numbers.clone().view(dtype).reshape(-1, 2) for i, dtype in enumerate(NAMES)}
    return {**tensors, "scalar": torch.tensor(3.0), "empty": torch.zeros(0, 3), "z": torch.ones(3, dtype=torch.bool)}


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}, {"a": 'quote " slash \\ / \x01\x7f\u2028é'}])
def test_the_bytes_are_those_of_the_library(file: Path, metadata: dict[str, str] | None) -> None:
    tensors = of_every_dtype()
    write(file, [_source(name, tensor) for name, tensor in tensors.items()], metadata)
    assert file.read_bytes() == safetensors.torch.save(tensors, metadata)


def test_every_header_length_is_padded_as_the_library_does(file: Path) -> None:
    for length in range(9):
        write(file.with_name(f"{length}"), [source("n" * length)])
        expected = safetensors.torch.save({"n" * length: torch.zeros(4, dtype=torch.uint8)})
        assert file.with_name(f"{length}").read_bytes() == expected


def test_the_order_of_tensors_and_of_metadata_does_not_matter(tmp_path: Path) -> None:
    tensors = [source("a"), source("b", "F32"), source("c", "I64")]
    notes = {"x": "1", "y": "2"}
    variants = itertools.product(itertools.permutations(tensors), itertools.permutations(notes.items()))
    digests = {
        write(tmp_path / str(number), list(given), dict(noted)) for number, (given, noted) in enumerate(variants)
    }
    assert len(digests) == 1


def test_the_digest_is_that_of_the_file(file: Path) -> None:
    digest = write(file, [source(shape=(3_000_000,))])
    assert digest.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert digest.size == file.stat().st_size


@pytest.mark.parametrize("dtype", BITS)
def test_what_was_written_can_be_read(file: Path, dtype: str) -> None:
    write(file, [source("w", dtype, (4, 2)), source("v", dtype, (0,))], {"k": "v"})
    header = read_header(file)
    assert header.tensors["w"].shape == (4, 2)
    assert header.metadata == {"k": "v"}


@pytest.mark.parametrize(
    ("sources", "metadata", "reason"),
    [
        ([source("w"), source("w")], {}, "Two tensors are called 'w'"),
        ([source("__metadata__")], {}, "No tensor may be called"),
        ([TensorSource("w", "F33", (), bytes)], {}, "Did you mean 'F32'"),
        ([TensorSource("w", "F32", (2,), lambda: b"1234")], {}, "takes 8 bytes, and 4 were given"),
        ([TensorSource("w", "F4", (3,), lambda: b"12")], {}, "middle of a byte"),
        ([source("\ud800")], {}, "not a character"),
        ([], {"a": "x" * 25_000_000}, "the most is 25,000,000"),
    ],
)
def test_what_no_reader_would_take_is_not_written(
    file: Path, sources: list[TensorSource], metadata: dict[str, str], reason: str
) -> None:
    with pytest.raises(ValidationError, match=reason):
        write(file, sources, metadata)
    assert not file.exists()


def test_the_bytes_of_one_tensor_at_a_time_are_asked_for_in_the_order_of_the_file(file: Path) -> None:
    asked: list[str] = []

    def read(name: str) -> bytes:
        asked.append(name)
        return bytes(8)

    names = ["c", "a", "b"]
    write(file, [TensorSource(name, "F64", (1,), lambda name=name: read(name)) for name in names])
    assert asked == ["a", "b", "c"]
    assert json.loads(file.read_bytes()[8 : read_header(file).data_start])["c"]["data_offsets"] == [16, 24]
