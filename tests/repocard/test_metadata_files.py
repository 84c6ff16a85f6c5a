"""The metadata of a card in a file, read and written as a dict."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from anyhub import metadata_load, metadata_save
from anyhub.cards import block
from anyhub.cards.text import CardText
from anyhub.errors import CorruptFileError, EntryNotFoundError, ValidationError

CARDS: dict[str, str] = runpy.run_path(str(Path(__file__).parents[1] / "cards" / "corpus.py"))["CARDS"]


def test_what_is_loaded_and_saved_leaves_the_card_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    for name, content in list(CARDS.items())[::7]:
        path.write_bytes(content.encode())
        metadata_save(path, metadata_load(path) or {})
        if CardText.cut(content).has_block and not block.read(CardText.cut(content).block):
            continue  # a block that says nothing is no metadata
        assert path.read_bytes() == content.encode(), name


@pytest.mark.parametrize("content", ["", "# Title\n", "---\n---\n", "---\n# only a comment\n---\n"])
def test_a_card_without_metadata_has_none(content: str, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(content)
    assert metadata_load(tmp_path / "README.md") is None


def test_norwegian_is_loaded_as_a_text(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("---\nlanguage: no\n---\n")
    assert metadata_load(str(tmp_path / "README.md")) == {"language": "no"}


def test_only_the_lines_of_what_changed_change(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_bytes(b"---\r\n# what\r\nlicense: 'mit'  # why\r\nold: 1\r\ntags: [a]\r\n---\r\n# Title\r\n")
    metadata_save(path, {"tags": ["b"], "license": "mit", "new": None})
    assert path.read_bytes() == (
        b"---\r\n# what\r\nlicense: 'mit'  # why\r\ntags:\r\n- b\r\nnew: null\r\n---\r\n# Title\r\n"
    )


def test_a_new_file_holds_the_metadata_in_its_order(tmp_path: Path) -> None:
    metadata_save(tmp_path / "README.md", {"tags": ["a"], "license": "mit", "language": "no"})
    assert (tmp_path / "README.md").read_bytes() == b"---\ntags:\n- a\nlicense: mit\nlanguage: 'no'\n---\n"


def test_a_card_of_text_gets_a_block_above_it(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Title\n")
    metadata_save(tmp_path / "README.md", {"license": "mit"})
    assert (tmp_path / "README.md").read_text() == "---\nlicense: mit\n---\n# Title\n"


def test_a_block_that_can_not_be_read_is_refused_and_can_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text("---\na: [\n---\n# Title\n")
    with pytest.raises(ValidationError):
        metadata_load(path)
    metadata_save(path, {"license": "mit"})
    assert path.read_text() == "---\nlicense: mit\n---\n# Title\n"


def test_what_can_not_be_written_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text("---\na: 1\n---\n")
    with pytest.raises(ValidationError, match="'odd'"):
        metadata_save(path, {"odd": object()})
    assert path.read_text() == "---\na: 1\n---\n"
    path.write_bytes(b"\xff")
    with pytest.raises(CorruptFileError):
        metadata_save(path, {})
    with pytest.raises(FileNotFoundError):
        metadata_load(tmp_path / "missing.md")


def test_metadata_of_a_file_that_is_not_there_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(EntryNotFoundError, match=r"There is no file '.*README\.md'"):
        metadata_load(tmp_path / "README.md")
