"""Which hub a call means, and which places are refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from anyhub.errors import StorageError, ValidationError
from anyhub.hub.opening import check_free_for_folder, endpoint_of, home, open_hub


def test_an_empty_endpoint_is_refused_rather_than_taken_for_the_current_folder() -> None:
    for call in (endpoint_of, open_hub):
        with pytest.raises(ValidationError, match="endpoint is an empty text"):
            call("")


def test_an_empty_variable_means_the_hub_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANYHUB_ENDPOINT", "")
    assert endpoint_of() == str(home() / "hub")


def test_a_hub_below_a_file_is_refused_by_the_name_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="file is a file, not a folder"):
        open_hub(tmp_path / "file/sub/hub")


def test_a_folder_that_is_there_or_can_be_made_is_fine(tmp_path: Path) -> None:
    check_free_for_folder(tmp_path)
    check_free_for_folder(tmp_path / "a/b")
    check_free_for_folder(Path("a/b"))


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege there")
def test_a_link_that_leads_nowhere_is_no_folder_and_one_to_a_folder_is(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "link").symlink_to(tmp_path)
    check_free_for_folder(tmp_path / "link/a")
    with pytest.raises(StorageError, match="dangling is a link that leads nowhere"):
        check_free_for_folder(tmp_path / "dangling/a")
