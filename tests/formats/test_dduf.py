from __future__ import annotations

import base64
import itertools
import json
import os
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from anyhub.errors import (
    CorruptFileError,
    DDUFCorruptedFileError,
    DDUFError,
    DDUFExportError,
    DDUFInvalidEntryNameError,
)
from anyhub.formats.dduf import DDUFEntry, read_dduf_file
from anyhub.formats.dduf_writer import export_entries_as_dduf, export_folder_as_dduf
from anyhub.formats.stored_zip_writer import ALIGNMENT, StoredZipWriter

INDEX = b'{"_class_name": "P", "vae": ["diffusers", "AutoencoderKL"]}'
WEIGHTS = (2).to_bytes(8, "little") + b"{}"
ENTRIES = [("model_index.json", INDEX), ("vae/config.json", b'{"a": 1}'), ("vae/weights.safetensors", WEIGHTS)]

# What `export_entries_as_dduf` of huggingface_hub 2.4 makes of these entries.
THEIRS = base64.b64decode(
    "UEsDBC0AAAAAAAAAIQAbHtH3//////////8QABQAbW9kZWxfaW5kZXguanNvbgEAEAA7AAAAAAAAADsAAAAAAAAAeyJfY2xhc3NfbmFtZSI6ICJQ"
    "IiwgInZhZSI6IFsiZGlmZnVzZXJzIiwgIkF1dG9lbmNvZGVyS0wiXX1QSwMELQAAAAAAAAAhAJeOofv//////////w8AFAB2YWUvY29uZmlnLmpz"
    "b24BABAACAAAAAAAAAAIAAAAAAAAAHsiYSI6IDF9UEsDBC0AAAAAAAAAIQD3FQAF//////////8XABQAdmFlL3dlaWdodHMuc2FmZXRlbnNvcnMB"
    "ABAACgAAAAAAAAAKAAAAAAAAAAIAAAAAAAAAe31QSwECLQMtAAAAAAAAACEAGx7R9zsAAAA7AAAAEAAAAAAAAAAAAAAAgAEAAAAAbW9kZWxfaW5k"
    "ZXguanNvblBLAQItAy0AAAAAAAAAIQCXjqH7CAAAAAgAAAAPAAAAAAAAAAAAAACAAX0AAAB2YWUvY29uZmlnLmpzb25QSwECLQMtAAAAAAAAACEA"
    "9xUABQoAAAAKAAAAFwAAAAAAAAAAAAAAgAHGAAAAdmFlL3dlaWdodHMuc2FmZXRlbnNvcnNQSwUGAAAAAAMAAwDAAAAAGQEAAAAA"
)
CRC_OF_4_GIB_OF_ZEROS = 0xD202EF8D


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "pipeline.dduf"


def content_of(file: Path) -> dict[str, bytes]:
    content = {}
    for name, entry in read_dduf_file(file).items():
        with entry.as_mmap() as view:
            content[name] = bytes(view)
    return content


def test_what_was_exported_is_read_again(file: Path) -> None:
    export_entries_as_dduf(file, ENTRIES)
    assert content_of(file) == dict(ENTRIES)
    assert list(read_dduf_file(str(file))) == [name for name, _ in ENTRIES]


def test_an_entry_says_where_its_bytes_are(file: Path) -> None:
    export_entries_as_dduf(file, ENTRIES)
    entry = read_dduf_file(file)["vae/weights.safetensors"]
    assert entry == DDUFEntry("vae/weights.safetensors", 10, entry.offset, file)
    assert file.read_bytes()[entry.offset : entry.offset + entry.length] == WEIGHTS
    assert str(file) not in repr(entry)


def test_a_file_of_huggingface_hub_is_read(file: Path) -> None:
    file.write_bytes(THEIRS)
    assert content_of(file) == dict(ENTRIES)


def test_the_zip_library_of_python_reads_what_was_exported(file: Path) -> None:
    export_entries_as_dduf(file, [*ENTRIES, ("vae/é.txt", b"")])
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        assert {info.filename: archive.read(info) for info in archive.infolist()} == {**dict(ENTRIES), "vae/é.txt": b""}
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
        assert {oct(info.external_attr >> 16) for info in archive.infolist()} == {"0o100644"}


def test_the_bytes_of_every_entry_are_aligned(file: Path) -> None:
    export_entries_as_dduf(file, [*ENTRIES, *((f"{'n' * n}.txt", b"x" * n) for n in range(1, 70))])
    assert {entry.offset % ALIGNMENT for entry in read_dduf_file(file).values()} == {0}


def test_the_same_entries_give_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes(b'{"a": 1}')
    os.utime(tmp_path / "config.json", (10**9, 10**9))
    export_entries_as_dduf(tmp_path / "a.dduf", ENTRIES)
    entries = dict(ENTRIES) | {"vae/config.json": tmp_path / "config.json"}
    export_entries_as_dduf(tmp_path / "b.dduf", entries.items())
    assert (tmp_path / "a.dduf").read_bytes() == (tmp_path / "b.dduf").read_bytes()


@pytest.mark.parametrize(
    "kind", [str, Path, lambda path: path.read_bytes(), lambda path: memoryview(path.read_bytes())]
)
def test_a_content_is_a_path_as_text_or_object_or_the_bytes_themselves(tmp_path: Path, file: Path, kind: Any) -> None:
    (tmp_path / "config.json").write_bytes(b'{"a": 1}')
    export_entries_as_dduf(file, [*ENTRIES[:1], ("vae/config.json", kind(tmp_path / "config.json"))])
    assert content_of(file)["vae/config.json"] == b'{"a": 1}'


def test_a_file_larger_than_a_piece_is_copied_whole(tmp_path: Path, file: Path) -> None:
    weights = os.urandom(9 * 2**20)
    (tmp_path / "w").write_bytes(weights)
    export_entries_as_dduf(file, [*ENTRIES[:2], ("vae/model.safetensors", tmp_path / "w")])
    assert content_of(file)["vae/model.safetensors"] == weights


def test_entries_are_asked_for_one_at_a_time(file: Path) -> None:
    asked = []

    def entries() -> Iterator[tuple[str, bytes]]:
        for name, content in ENTRIES:
            asked.append(name)
            yield name, content
            (staged,) = file.parent.glob(".anyhub-*/*")
            assert staged.stat().st_size > 100 * len(asked)

    export_entries_as_dduf(file, entries())
    assert asked == [name for name, _ in ENTRIES]


def test_slashes_around_a_name_are_taken_off(file: Path) -> None:
    export_entries_as_dduf(file, [("/model_index.json", INDEX), ("/vae/config.json", b"{}")])
    assert list(read_dduf_file(file)) == ["model_index.json", "vae/config.json"]


WRONG: dict[str, tuple[list[Any], type[DDUFError], str]] = {
    "no index": (ENTRIES[1:], DDUFExportError, "it has no model_index.json"),
    "an index that is no JSON": ([("model_index.json", b"{")], DDUFExportError, "model_index.json can not be read"),
    "an index that is a list": ([("model_index.json", b"[]")], DDUFExportError, "is not a JSON object"),
    "a huge index": ([("model_index.json", b" " * 2**21)], DDUFExportError, "1,048,576 is the most"),
    "a folder that is not in it": ([*ENTRIES, ("unet/config.json", b"{}")], DDUFExportError, "'unet' is not in its"),
    "a folder without configuration": ([ENTRIES[0], ENTRIES[2]], DDUFExportError, "'vae' has none of config.json"),
    "an entry twice": ([*ENTRIES, ENTRIES[1]], DDUFExportError, "two entries called 'vae/config.json'"),
    "an entry in another case": ([*ENTRIES, ("vae/Config.json", b"")], DDUFInvalidEntryNameError, "are one on some"),
    "a content that is a number": ([*ENTRIES, ("vae/a.txt", 1)], DDUFExportError, "of entry 'vae/a.txt' is a int"),
    "a view with holes": ([*ENTRIES, ("vae/a.txt", memoryview(b"abcd")[::2])], DDUFExportError, "is a memoryview"),
    "a name that is no text": ([(1, b"")], DDUFInvalidEntryNameError, "which is not a text"),
    "a folder of a folder": ([("a/b/config.json", b"")], DDUFInvalidEntryNameError, "folder of a folder"),
    "a pickle": ([("vae/model.bin", b"")], DDUFInvalidEntryNameError, "does not end with one of .json"),
    "a backslash": ([("vae\\config.json", b"")], DDUFInvalidEntryNameError, "no entry may be called"),
    "a name above": ([("../config.json", b"")], DDUFInvalidEntryNameError, "no entry may be called '../config.json'"),
}


@pytest.mark.parametrize("old", [None, b"old"])
@pytest.mark.parametrize("case", WRONG)
def test_a_failed_export_leaves_no_partial_file_and_an_old_one_untouched(
    file: Path, case: str, old: bytes | None
) -> None:
    entries, error, reason = WRONG[case]
    if old is not None:
        file.write_bytes(old)
    with pytest.raises(error) as caught:
        export_entries_as_dduf(file, entries)
    assert reason in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert [path.name for path in file.parent.iterdir()] == ([] if old is None else [file.name])
    assert old is None or file.read_bytes() == old


def test_an_export_whose_entries_fail_leaves_the_old_file_and_raises_what_they_raised(file: Path) -> None:
    def entries() -> Iterator[tuple[str, bytes]]:
        yield from ENTRIES
        raise RuntimeError("out of memory on the device")

    file.write_bytes(b"old")
    with pytest.raises(RuntimeError, match="out of memory on the device"):
        export_entries_as_dduf(file, entries())
    assert file.read_bytes() == b"old"
    assert list(file.parent.iterdir()) == [file]


def test_a_missing_source_is_named(tmp_path: Path, file: Path) -> None:
    with pytest.raises(FileNotFoundError, match="missing"):
        export_entries_as_dduf(file, [*ENTRIES, ("vae/a.txt", tmp_path / "missing")])
    assert not list(tmp_path.iterdir())


def test_a_source_that_grows_between_its_measure_and_its_copy_is_refused(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from anyhub.formats import dduf_writer

    source = tmp_path / "weights"
    source.write_bytes(b"x")
    measure = dduf_writer._measure

    def grow_after(measured: Any) -> tuple[int, int]:
        result = measure(measured)
        source.write_bytes(b"xy")
        return result

    monkeypatch.setattr(dduf_writer, "_measure", grow_after)
    with pytest.raises(DDUFExportError, match=r"of entry 'a.txt' changed"):
        export_entries_as_dduf(file, [("a.txt", source), *ENTRIES])
    assert not file.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="`ulimit -f` is a limit of Unix")
def test_a_full_disk_leaves_the_old_file_and_names_the_new_one(file: Path) -> None:
    file.write_bytes(b"old")
    script = """
import resource, signal, sys
from anyhub import errors, export_entries_as_dduf
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    export_entries_as_dduf(sys.argv[1], [("model_index.json", b"{}"), ("a.txt", bytes(5000))])
except errors.DiskFullError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script, str(file)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"{str(file)!r} can not be written")
    assert file.read_bytes() == b"old"
    assert list(file.parent.iterdir()) == [file]


def test_an_old_file_keeps_its_mode(file: Path) -> None:
    file.write_bytes(b"old")
    file.chmod(0o640)
    export_entries_as_dduf(file, ENTRIES)
    assert file.stat().st_mode & 0o777 == 0o640 or sys.platform == "win32"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "pipeline"
    (folder / "vae").mkdir(parents=True)
    for name, content in ENTRIES:
        (folder / name).write_bytes(content)
    return folder


def test_a_folder_is_exported_with_its_index_first(folder: Path, file: Path) -> None:
    (folder / "a.txt").write_bytes(b"a")
    export_folder_as_dduf(file, folder)
    assert list(read_dduf_file(file)) == ["model_index.json", "a.txt", "vae/config.json", "vae/weights.safetensors"]
    assert content_of(file) == {**dict(ENTRIES), "a.txt": b"a"}


@pytest.mark.parametrize(
    "left_out", ["README.md", "vae/model.bin", "vae/deep/config.json", ".cache/config.json", ".hidden.json", "x.dduf"]
)
def test_what_a_dduf_file_can_not_have_is_left_out_of_the_export_of_a_folder(
    folder: Path, file: Path, left_out: str
) -> None:
    (folder / left_out).parent.mkdir(parents=True, exist_ok=True)
    (folder / left_out).write_bytes(b"x")
    export_folder_as_dduf(str(file), str(folder))
    assert content_of(file) == dict(ENTRIES)


def test_links_to_files_are_followed(folder: Path, file: Path, tmp_path: Path) -> None:
    (folder / "vae/weights.safetensors").rename(tmp_path / "blob")
    (folder / "vae/weights.safetensors").symlink_to(tmp_path / "blob")
    export_folder_as_dduf(file, folder)
    assert content_of(file) == dict(ENTRIES)


def test_a_folder_that_is_no_pipeline_is_refused(tmp_path: Path, file: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DDUFExportError, match=r"it has no model_index.json. Give the files of a whole pipeline"):
        export_folder_as_dduf(file, tmp_path / "empty")


def test_text_is_read_in_the_encoding_asked_for(file: Path) -> None:
    export_entries_as_dduf(file, [*ENTRIES, ("a.txt", "é".encode()), ("b.txt", "é".encode("latin-1"))])
    entries = read_dduf_file(file)
    assert json.loads(entries["model_index.json"].read_text()) == json.loads(INDEX)
    assert entries["a.txt"].read_text() == "é"
    assert entries["b.txt"].read_text(encoding="latin-1") == "é"
    with pytest.raises(DDUFCorruptedFileError, match=r"its entry 'b.txt' is not utf-8 at byte 0"):
        entries["b.txt"].read_text()


def test_mapped_bytes_can_not_be_changed_and_what_looks_at_them_may_outlive_the_block(file: Path) -> None:
    import numpy as np

    export_entries_as_dduf(file, ENTRIES)
    entry = read_dduf_file(file)["vae/weights.safetensors"]
    with entry.as_mmap() as view:
        assert view.readonly
        array = np.frombuffer(view, np.uint8)
    assert array.tobytes() == WEIGHTS
    with entry.as_mmap() as view:
        pass
    with pytest.raises(ValueError, match="released"):
        bytes(view)


def test_safetensors_loads_the_bytes_of_an_entry(file: Path) -> None:
    from safetensors.torch import load, save

    torch = pytest.importorskip("torch")
    export_entries_as_dduf(file, [*ENTRIES[:2], ("vae/w.safetensors", save({"w": torch.arange(6.0)}))])
    with read_dduf_file(file)["vae/w.safetensors"].as_mmap() as view:
        assert load(bytes(view))["w"].tolist() == [0, 1, 2, 3, 4, 5]


def test_an_empty_entry_is_mapped_as_no_bytes(file: Path) -> None:
    export_entries_as_dduf(file, [*ENTRIES, ("a.txt", b"")])
    with read_dduf_file(file)["a.txt"].as_mmap() as view:
        assert view.nbytes == 0


def test_a_file_that_was_cut_since_it_was_read_is_refused_by_name(file: Path) -> None:
    export_entries_as_dduf(file, ENTRIES)
    entry = read_dduf_file(file)["vae/weights.safetensors"]
    with file.open("r+b") as opened:
        opened.truncate(entry.offset + 5)
    for read in (lambda: entry.as_mmap().__enter__(), entry.read_text):
        with pytest.raises(DDUFCorruptedFileError, match=r"it ends before its entry 'vae/weights.safetensors' does"):
            read()


def test_a_missing_file_is_a_missing_file(file: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_dduf_file(file)


def test_a_damaged_file_is_a_value_error_too(file: Path) -> None:
    file.write_bytes(b"x")
    with pytest.raises(CorruptFileError):
        read_dduf_file(file)


@pytest.mark.skipif(sys.platform != "linux", reason="private memory is told by Linux")
def test_a_large_entry_is_mapped_in_no_private_memory(file: Path, tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as large:
        large.truncate(100 * 2**20)
    export_entries_as_dduf(file, [*ENTRIES[:2], ("vae/large.safetensors", tmp_path / "large")])
    script = """
import sys, zlib
from anyhub import read_dduf_file

def private():
    with open("/proc/self/smaps_rollup") as lines:
        return sum(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty")) * 1024

before = private()
with read_dduf_file(sys.argv[1])["vae/large.safetensors"].as_mmap() as view:
    assert view.nbytes == 100 * 2**20
    zlib.crc32(view)
    print(private() - before)
"""
    done = subprocess.run([sys.executable, "-c", script, str(file)], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 4 * 2**20


def test_sizes_and_places_beyond_32_bits_are_written_in_64(file: Path) -> None:
    zeros = bytes(2**20)
    with file.open("wb") as opened:

        def write(data: Any) -> None:
            if data is zeros:
                opened.seek(len(zeros), os.SEEK_CUR)  # a hole, which takes no place on the disk
            else:
                opened.write(data)

        writer = StoredZipWriter(write)
        writer.add("model_index.json", len(INDEX), zlib.crc32(INDEX), [INDEX])
        writer.add("large.safetensors", 2**32, CRC_OF_4_GIB_OF_ZEROS, itertools.repeat(zeros, 4096))
        writer.add("vae/config.json", 2, zlib.crc32(b"{}"), [b"{}"])
        writer.finish()
    entries = read_dduf_file(file)
    assert entries["large.safetensors"].length == 2**32
    assert entries["vae/config.json"].offset > 2**32
    assert entries["vae/config.json"].read_text() == "{}"
    with zipfile.ZipFile(file) as archive:
        assert archive.read("vae/config.json") == b"{}"
        assert archive.getinfo("large.safetensors").file_size == 2**32
