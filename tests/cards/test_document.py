"""Cards that are read and written again: what is not set stays, byte for byte."""

from __future__ import annotations

import runpy
from difflib import SequenceMatcher
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anyhub.cards import block
from anyhub.cards.document import CardDocument, Changes
from anyhub.cards.metadata import CardData
from anyhub.cards.text import CardText
from anyhub.errors import ValidationError
from anyhub.repocard import DatasetCard, ModelCard, RepoCard, SpaceCard

CORPUS = runpy.run_path(str(Path(__file__).with_name("corpus.py")))
CARDS: dict[str, str] = CORPUS["CARDS"]
BLOCKS: dict[str, str] = CORPUS["BLOCKS"]
NEW = "x-added"


def lines_of_difference(old: str, new: str) -> tuple[list[str], list[str]]:
    """Return the lines that only one of two texts has."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    gone: list[str] = []
    came: list[str] = []
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            gone += before[a:b]
            came += after[c:d]
    return gone, came


def test_there_are_many_cards() -> None:
    assert len(set(CARDS.values())) >= 150


@pytest.mark.parametrize("cls", [RepoCard, ModelCard, DatasetCard, SpaceCard])
def test_a_card_that_is_not_changed_is_written_byte_for_byte(cls: type[RepoCard]) -> None:
    changed = [name for name, content in CARDS.items() if cls(content).content != content]
    assert changed == []


@pytest.mark.parametrize("content", CARDS.values(), ids=CARDS)
def test_setting_a_new_key_adds_its_line_and_changes_no_other(content: str) -> None:
    card = ModelCard(content)
    card.data[NEW] = "no"
    indent = " " * (len(card.content) - len(card.content.replace("  x-added", "x-added")))
    end = "\r\n" if CardText.cut(content).line_break == "\r\n" else "\n"
    gone, came = lines_of_difference(content, card.content)
    if CardText.cut(content).block:
        assert (gone, came) == ([], [f"{indent}{NEW}: 'no'{end}"])
    else:
        assert "".join(came).replace("\r\n", "\n").replace("---\n", "").strip("\ufeff") == f"{NEW}: 'no'\n"
        assert gone in ([], ["\ufeff"])
    assert ModelCard(card.content).data.to_dict() == card.data.to_dict()
    card.data.pop(NEW)
    assert card.content == content


@pytest.mark.parametrize("text", BLOCKS.values(), ids=BLOCKS)
def test_setting_a_key_that_is_there_changes_its_lines_alone(text: str) -> None:
    content = f"---\n{text}---\n# Title\n"
    data = block.read(text)
    for key in list(data)[:12]:
        card = RepoCard(content)
        card.data[key] = "set anew"
        gone, came = lines_of_difference(content, card.content)
        assert len(came) == 1
        assert block.read(came[0]) == {key: "set anew"}
        assert block.read("".join(gone)) == {key: data[key]}
        assert block.read(CardText.cut(card.content).block) == data | {key: "set anew"}


@pytest.mark.parametrize("text", BLOCKS.values(), ids=BLOCKS)
def test_removing_a_key_removes_its_lines_alone(text: str) -> None:
    content = f"---\n{text}---\n# Title\n"
    data = RepoCard(content).data.to_dict()
    for key in list(data)[:12]:
        card = RepoCard(content)
        card.data.pop(key)
        gone, came = lines_of_difference(content, card.content)
        if len(data) > 1:
            assert came == []
            assert block.read("".join(gone)) == {key: data[key]}


_keys = st.text(min_size=1).filter(lambda key: key not in ("ignore_metadata_errors", "model-index", "eval_results"))
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
_metadata = st.dictionaries(_keys, _values, max_size=5)


@settings(max_examples=60)
@given(_metadata, st.text(), st.sampled_from([RepoCard, ModelCard, DatasetCard, SpaceCard]))
def test_saving_and_loading_is_the_identity(values: dict[str, object], text: str, cls: type[RepoCard]) -> None:
    values = {key: value for key, value in values.items() if value is not None}
    card = cls(f"---\n{block.write(values)}---\n")
    card.text = text
    again = cls(card.content)
    assert (again.text, again.data, again.content) == (text, card.data, card.content)
    assert block.read(CardText.cut(again.content).block) == values


@settings(max_examples=60)
@given(st.sampled_from(sorted(BLOCKS)), _metadata, st.sampled_from(["\n", "\r\n"]))
def test_what_a_card_has_beside_what_is_set_survives(name: str, values: dict[str, object], line_break: str) -> None:
    values = {key: value for key, value in values.items() if value is not None}
    content = f"---\n{BLOCKS[name]}---\n# Title\n".replace("\n", line_break)
    card = RepoCard(content)
    before = block.read(CardText.cut(content).block)
    for key, value in values.items():
        card.data[key] = value
    assert block.read(CardText.cut(card.content).block) == before | values
    assert card.content.endswith(f"# Title{line_break}")
    kept = [line for line in CardText.cut(content).block.splitlines() if line.lstrip().startswith("#")]
    if not values.keys() & before.keys():
        assert all(line in CardText.cut(card.content).block for line in kept)


@given(_metadata, _metadata)
def test_two_cards_are_equal_when_they_say_the_same(one: dict[str, object], other: dict[str, object]) -> None:
    said = [{key: value for key, value in values.items() if value is not None} for values in (one, other)]
    assert (CardData(**one) == CardData(**other)) == (said[0] == said[1])
    assert CardData(**one) == CardData(**one)


def test_changes_lead_from_one_state_to_the_other() -> None:
    changes = Changes.between({"a": 1, "b": 1, "c": 1}, {"a": 1, "b": True, "d": None})
    assert (dict(changes.changed), set(changes.removed)) == ({"b": True, "d": None}, {"c"})
    assert changes.applied_to({"c": 0, "x": 9}) == {"x": 9, "b": True, "d": None}


def test_a_block_that_can_not_be_read_is_refused_or_counts_as_empty() -> None:
    with pytest.raises(ValidationError, match="line 2"):
        CardDocument.read("---\na: [\n---\n")
    assert CardDocument.read("---\na: [\n---\n", ignore_errors=True).values == {}


@pytest.mark.parametrize("block", ["Hello world", "- a\n- b", "3"])
def test_a_block_that_is_no_mapping_is_refused_in_the_words_that_callers_look_for(block: str) -> None:
    with pytest.raises(ValueError, match="repo card metadata block should be a dict"):
        RepoCard(f"---\n{block}\n---\n# Title\n")
