from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from anyhub.errors import EntryNotFoundError, ValidationError
from anyhub.formats.dduf import read_dduf_file
from anyhub.formats.dduf_writer import export_folder_as_dduf
from anyhub.formats.presence import require_folder
from anyhub.formats.safetensors_metadata import get_local_safetensors_metadata, parse_local_safetensors_file_metadata


@pytest.mark.parametrize(
    "read", [read_dduf_file, parse_local_safetensors_file_metadata, get_local_safetensors_metadata]
)
def test_a_file_that_is_not_there_is_named_with_the_nearest_of_its_kind(
    read: Callable[[Path], Any], tmp_path: Path
) -> None:
    (tmp_path / "pipelines.dduf").touch()
    (tmp_path / "pipelines.txt").touch()
    with pytest.raises(EntryNotFoundError, match=r"no file '.*pipeline\.dduf'; .* Did you mean 'pipelines\.dduf'"):
        read(tmp_path / "pipeline.dduf")


@pytest.mark.parametrize("read", [read_dduf_file, parse_local_safetensors_file_metadata])
def test_a_folder_in_place_of_a_file_is_told_so(read: Callable[[Path], Any], tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="is a folder; give the path of a file in it"):
        read(tmp_path)


def test_an_export_of_a_folder_that_is_not_there_or_a_file_is_refused_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EntryNotFoundError, match=r"There is no folder '.*fil'.*Did you mean 'file'"):
        export_folder_as_dduf(tmp_path / "a.dduf", tmp_path / "fil")
    with pytest.raises(ValidationError, match="is a file; give the path of a folder"):
        export_folder_as_dduf(tmp_path / "a.dduf", tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_nothing_is_suggested_from_the_root_of_the_system(tmp_path: Path) -> None:
    near = next(path.name for path in Path(tmp_path.anchor).iterdir() if path.is_dir() and len(path.name) > 2)
    for missing in (f"{near}{near[-1]}x", f"{near}_"):
        with pytest.raises(EntryNotFoundError) as caught:
            get_local_safetensors_metadata(Path(tmp_path.anchor, missing))
        assert "Did you mean" not in str(caught.value)


def test_a_folder_is_what_is_asked_for(tmp_path: Path) -> None:
    assert require_folder(tmp_path) == tmp_path
