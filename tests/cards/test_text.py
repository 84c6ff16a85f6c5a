"""Cutting a card into its pieces, and putting them together again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyhub.cards.text import REGEX_YAML_BLOCK, CardText

CARDS = {
    "plain": "---\nlicense: mit\n---\n# Title\n",
    "crlf": "---\r\nlicense: mit\r\ntags:\r\n- a\r\n---\r\n# Title\r\n\r\ntext\r\n",
    "mixed line ends": "---\nlicense: mit\r\ntags: [a]\n---\r\n# Title\ntext\r\n",
    "byte order mark": "\ufeff---\nlicense: mit\n---\n# Title\n",
    "comments": "---\n# what it is\nlicense: mit  # as agreed\n\nlanguage: [de, en]\n# the end\n---\n\ntext\n",
    "unicode": "---\ntitle: Größe 😀 模型\ntags: [日本語, 'ру́сский']\n---\n# Ünï\u2028cødé 😀\n",
    "no block": "# Only text\n\nwith a rule\n\n---\n\nand more\n",
    "nothing at all": "",
    "empty block": "---\n---\ntext\n",
    "block of comments": "---\n# nothing yet\n\n---\ntext\n",
    "white space above": "\n\n  ---\nlicense: mit\n---\ntext\n",
    "spaces after the fences": "---  \nlicense: mit\n---\t \ntext\n",
    "no line break at the end": "---\nlicense: mit\n---",
    "rules in the text": "---\nlicense: mit\n---\ntext\n---\nmore: text\n---\n",
    "fence that never closes": "---\nlicense: mit\n\n# Title\n",
    "four dashes": "----\nlicense: mit\n----\ntext\n",
    "odd spacing": "---\nlicense:    mit\ntags:   \n    -   a\n    -   'b'   \nmetrics: [ f1 ,f2 ]\n\n\n---\n\n\ntext",
    "quotes and blocks": "---\na: \"x\\ty\"\nb: 'it''s'\nc: |\n  # kept\n  lines\n\nd: >-\n  folded\n---\ntext\n",
    "model index": (
        "---\nmodel-index:\n- name: digits\n  results:\n  - task: {type: image-classification}\n"
        "    dataset:\n      name: Digits\n      type: digits\n    metrics:\n    - type: accuracy\n      value: 0.97\n"
        "---\n# Digits\n"
    ),
    "words": "---\nlanguage: no\nflag: yes\ndate: 2024-05-01\nrate: 1e3\ncode: 010\n---\ntext\n",
    "nulls": "---\nlicense:\nlanguage: null\ntags: ~\n---\ntext\n",
    "a flow mapping": "---\n{license: mit, tags: [a, b]}\n---\ntext\n",
    "an indented block": "---\n  license: mit\n  tags: [a]\n---\ntext\n",
}


@pytest.mark.parametrize("content", CARDS.values(), ids=CARDS)
def test_the_pieces_of_a_card_are_the_card(content: str) -> None:
    assert str(CardText.cut(content)) == content


@pytest.mark.parametrize(
    ("name", "block", "text"),
    [
        ("plain", "license: mit\n", "# Title\n"),
        ("crlf", "license: mit\r\ntags:\r\n- a\r\n", "# Title\r\n\r\ntext\r\n"),
        ("byte order mark", "license: mit\n", "# Title\n"),
        ("empty block", "", "text\n"),
        ("white space above", "license: mit\n", "text\n"),
        ("spaces after the fences", "license: mit\n", "text\n"),
        ("no line break at the end", "license: mit\n", ""),
        ("rules in the text", "license: mit\n", "text\n---\nmore: text\n---\n"),
    ],
)
def test_the_block_is_what_stands_between_the_first_two_fences(name: str, block: str, text: str) -> None:
    cut = CardText.cut(CARDS[name])
    assert (cut.has_block, cut.block, cut.text) == (True, block, text)


@pytest.mark.parametrize("name", ["no block", "nothing at all", "fence that never closes", "four dashes"])
def test_a_card_without_a_block_is_all_text(name: str) -> None:
    cut = CardText.cut(CARDS[name])
    assert (cut.has_block, cut.block, cut.text) == (False, "", CARDS[name])


@pytest.mark.parametrize(("name", "line_break"), [("plain", "\n"), ("crlf", "\r\n"), ("no block", "\n")])
def test_the_first_line_tells_the_line_break(name: str, line_break: str) -> None:
    assert CardText.cut(CARDS[name]).line_break == line_break


def test_a_new_block_gets_the_fences_of_the_card() -> None:
    cut = CardText.cut("---  \r\na: 1\r\n---\r\ntext\r\n").with_block("b: 2\r\nc: 3\r\n")
    assert str(cut) == "---  \r\nb: 2\r\nc: 3\r\n---\r\ntext\r\n"


def test_a_first_block_goes_below_the_byte_order_mark() -> None:
    assert str(CardText.cut("\ufeff# Title\r\n").with_block("a: 1\r\n")) == "\ufeff---\r\na: 1\r\n---\r\n# Title\r\n"


def test_no_block_takes_its_fences_along() -> None:
    assert str(CardText.cut("\n---\na: 1\n---\ntext\n").with_block("")) == "text\n"


@pytest.mark.parametrize("unit", ["\n", "\r\n", " ", "-", "---\n", "--- ", "---\r", "\n---", "\n--- "])
def test_cutting_takes_time_in_proportion_to_the_text(unit: str) -> None:
    for content in (unit * 200_000, "---\n" + unit * 200_000):  # quadratic time would run into the limit of the suite
        assert str(CardText.cut(content)) == content


@given(st.text(alphabet=st.sampled_from("-\n\r \ta:\ufeff")))
def test_any_text_is_the_sum_of_its_pieces(content: str) -> None:
    assert str(CardText.cut(content)) == content


@pytest.mark.parametrize("content", CARDS.values(), ids=CARDS)
def test_the_pattern_for_other_programs_finds_the_same_block(content: str) -> None:
    cut = CardText.cut(content)
    found = REGEX_YAML_BLOCK.search(content.removeprefix("\ufeff"))
    assert (found is not None) == cut.has_block
    if found:
        assert found[1] == cut.opening
        assert found[2] + found[3] == cut.block + cut.closing


@pytest.mark.parametrize("unit", ["\n", "\r\n", " ", "-", "---\n", "--- ", "---\r", "\n---", "\n--- "])
def test_the_pattern_takes_time_in_proportion_to_the_text(unit: str) -> None:
    for content in (unit * 200_000, "---\n" + unit * 200_000, "---\n" + unit * 200_000 + "x"):
        REGEX_YAML_BLOCK.search(content)  # quadratic time would run into the limit of the suite
