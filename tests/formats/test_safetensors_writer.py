from __future__ import annotations

import hashlib
import itertools
import json
from pathlib import Path

import pytest
import safetensors
import torch

from anyhub import files
from anyhub.errors import ValidationError
from anyhub.formats.dtypes import BITS, byte_count
from anyhub.formats.safetensors import read_header
from anyhub.formats.safetensors_writer import ALIGNMENT, TensorSource, write
from anyhub.frameworks.pytorch.dtypes import NAMES
from anyhub.frameworks.pytorch.prepared import _source


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
def test_the_library_reads_what_it_would_have_written(file: Path, metadata: dict[str, str] | None) -> None:
    tensors = of_every_dtype()
    write(file, [_source(name, tensor) for name, tensor in tensors.items()], metadata)
    with safetensors.safe_open(file, "pt") as opened:
        assert opened.metadata() == metadata
        read = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 - it is no mapping
    assert read.keys() == tensors.keys()
    assert all(read[name].dtype == tensors[name].dtype for name in tensors)
    assert all(torch.equal(as_bytes(read[name]), as_bytes(tensors[name])) for name in tensors)


def as_bytes(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.reshape(-1).view(torch.uint8)


def test_the_data_begins_aligned_whatever_the_length_of_the_header(file: Path) -> None:
    for length in range(70):
        path = file.with_name(f"{length}")
        write(path, [source("n" * length)])
        assert read_header(path).data_start % ALIGNMENT == 0


def test_tensors_that_fill_whole_lines_are_aligned_and_all_are_aligned_to_their_elements(file: Path) -> None:
    shapes = {"a": (10,), "b": (64,), "c": (3,), "d": (16, 4), "e": (5, 5)}
    write(
        file,
        [source(f"{name}.{dtype}", dtype, shape) for dtype in ("F64", "F32", "BF16") for name, shape in shapes.items()],
    )
    header = read_header(file)
    assert [name for name, info in header.tensors.items() if info.data_offsets[0] % ALIGNMENT == 0][:6] == [
        "b.F64",
        "d.F64",
        "b.F32",
        "d.F32",
        "b.BF16",
        "d.BF16",
    ]
    for info in header.tensors.values():
        assert info.data_offsets[0] % (BITS[info.dtype] // 8) == 0


def test_the_order_of_tensors_and_of_metadata_does_not_matter(tmp_path: Path) -> None:
    tensors = [source("a"), source("b", "F32"), source("c", "I64")]
    notes = {"x": "1", "y": "2"}
    variants = itertools.product(itertools.permutations(tensors), itertools.permutations(notes.items()))
    written = set()
    for number, (given, noted) in enumerate(variants):
        write(tmp_path / str(number), list(given), dict(noted))
        written.add((tmp_path / str(number)).read_bytes())
    assert len(written) == 1


def test_the_digest_is_noted_where_somebody_records_them(file: Path) -> None:
    with files.recording() as recording:
        write(file, [source(shape=(3_000_000,))])
    digest = recording.digest(file)
    assert digest
    assert digest.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert digest.size == file.stat().st_size


def test_nothing_is_hashed_where_nobody_wants_it(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashlib, "sha256", None)
    write(file, [source(shape=(3_000_000,))])
    assert file.stat().st_size > 3_000_000


@pytest.mark.parametrize("dtype", BITS)
def test_what_was_written_can_be_read(file: Path, dtype: str) -> None:
    write(file, [source("w", dtype, (4, 2)), source("v", dtype, (0,))], {"k": "v"})
    header = read_header(file)
    assert header.tensors["w"].shape == [4, 2]
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
