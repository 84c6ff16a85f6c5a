"""The YAML block: what is read, what is refused, what is written, what stays when a key changes."""

from __future__ import annotations

import itertools
import math
import sys
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from anyhub.cards import block
from anyhub.errors import ValidationError

HOSTILE = {
    "an alias bomb": (
        "a: &a [x, x]\n" + "".join(f"{new}: &{new} [*{old}, *{old}]\n" for old, new in itertools.pairwise("abcdefghi")),
        "alias",
    ),
    "an alias to itself": ("a: &a [*a]\n", "alias"),
    "an anchor on a word": ("a: &x word\n", "anchor"),
    "a merge key": ("a: {x: 1}\n<<: *a\n", "alias"),
    "100,000 brackets": ("a: " + "[" * 100_000, "20 levels"),
    "100,000 braces": ("a: " + "{a: " * 100_000, "20 levels"),
    "100,000 dashes": ("- " * 100_000, "20 levels"),
    "100,000 question marks": ("? " * 100_000, "plain word"),
    "a key twice": ("license: mit\nlicense: other\n", "'license' is there twice"),
    "a key twice, deep down": ("a:\n- b: {c: 1, d: 2, c: 3}\n", "'c' is there twice"),
    "a key twice, as text and in quotes": ("a: 1\n'a': 2\n", "'a' is there twice"),
    "a long key twice": (f"{'k' * 1000}: 1\n" * 2, "is there twice"),
    "a python object": ("a: !!python/object/apply:os.system ['true']\n", "tag"),
    "a python name": ("a: !!python/name:os.system ''\n", "tag"),
    "a private tag": ("a: !secret word\n", "tag"),
    "a binary tag": ("a: !!binary aGk=\n", "tag"),
    "a set": ("a: !!set {x, y}\n", "tag"),
    "10 MB": ("a: " + "x" * 10_000_000, "10,000,003 bytes"),
    "a huge number": ("a: " + "9" * 100_000, "1000 digits"),
    "a list": ("- a\n- b\n", "metadata block should be a dict"),
    "a sentence": ("Hello world\n", "metadata block should be a dict"),
    "a null": ("~\n", "metadata block should be a dict"),
    "two documents": ("a: 1\n--- b\n", "second document"),
    "a list as a key": ("[a, b]: 1\n", "plain word"),
    "a number as a key at the top": ("2024: a\n", "2024"),
    "a bracket that never closes": ("a: [1, 2\n", "line"),
    "a tab": ("a:\n\t- b\n", "line"),
    "a colon too many": ("a: b: c\n", "line 1"),
    "a control character": ("a: \x07\n", "control"),
    "half of a surrogate pair": ("a: \ud800\n", "surrogate"),
}


@pytest.mark.parametrize(("text", "reason"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_yaml_is_refused_in_one_sentence(text: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason) as caught:
        block.read(text)
    assert isinstance(caught.value, ValueError)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_without_the_parser_in_c_the_same_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    for text, _ in HOSTILE.values():
        with pytest.raises(ValidationError):
            block.read(text)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        *((word, word) for word in ("no", "No", "NO", "yes", "on", "off", "y", "n", "Off")),
        *(
            (word, word)
            for word in ("2024-05-01", "2024-05-01T10:00:00Z", "12:30:45", "1e3", "1_000", "010", "0o17", "0b1")
        ),
        *((word, word) for word in ("mit", "1.2.3", "3.x", "=", "<<", "tRue", "nan", "inf", "0x", "1.0e3")),
        *((word, True) for word in ("true", "True", "TRUE")),
        *((word, False) for word in ("false", "False", "FALSE")),
        *((word, None) for word in ("", "~", "null", "Null", "NULL")),
        *((word, int(word)) for word in ("0", "7", "-7", "+7", "123456789012345678901234567890")),
        *((word, float(word)) for word in ("0.5", "-.5", "1.", "1.5e+10", "-2.5E-3", "00.5")),
        ("0xff", 255),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ('"no"', "no"),
        ("'1'", "1"),
        ("! 1", "1"),
        ("!!str 1", "1"),
        ("|\n  1\n", "1\n"),
    ],
)
def test_a_word_is_more_than_a_text_only_where_all_of_yaml_agrees(word: str, value: object) -> None:
    read = block.read(f"key: {word}\n")["key"]
    assert (type(read), read) == (type(value), value)


def test_not_a_number_is_read() -> None:
    assert math.isnan(block.read("a: .nan\n")["a"])


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing yet\n"])
def test_a_block_that_says_nothing_is_empty(text: str) -> None:
    assert block.read(text) == {}


def test_twenty_levels_are_read_and_written_and_no_more() -> None:
    deep = "a: " + "[" * 19 + "]" * 19
    assert block.write(block.read(deep)) == f"a:\n{'- ' * 18}[]\n".replace("a:\n- ", "a:\n- ", 1)
    with pytest.raises(ValidationError, match="20 levels"):
        block.read("a: " + "[" * 20 + "]" * 20)


def test_a_block_of_hundreds_of_kilobytes_is_read() -> None:
    results = [
        {"dataset": {"name": f"set {n}"}, "metrics": [{"type": "accuracy", "value": n / 7}]} for n in range(2_000)
    ]
    text = yaml.safe_dump({"model-index": [{"name": "m", "results": results}]})
    assert 64 << 10 < len(text) < block.MAX_BYTES
    assert block.read(text)["model-index"][0]["results"] == results


@pytest.mark.parametrize(
    "word",
    [
        *("no", "Yes", "on", "OFF", "y", "N", "true", "null", "~", "", "1", "-1.5", "1e3", "1e-4", ".5", "5.", "1_0"),
        *("010", "0x1F", "0o17", "0b11", ".inf", ".NaN", "12:30", "2024-05-01", "=", "<<"),
        *("- a", "a: b", "a #b", "[", "*a", "&a", "!a"),
    ],
)
def test_what_some_reader_would_misread_is_written_in_quotes(word: str) -> None:
    assert block.write({"key": word})[len("key: ")] in "'\""
    assert block.write({word: 1}).removeprefix("? ")[0] in "'\""
    assert block.read(block.write({"key": word})) == {"key": word}
    assert yaml.safe_load(block.write({"key": word})) == {"key": word}


def test_plain_words_are_written_without_quotes() -> None:
    data = {
        "license": "apache-2.0",
        "tags": ["arxiv:2304.12244", "日本語", "😀", "7b"],
        "ok": True,
        "count": 3,
        "none": None,
    }
    assert block.write(data) == (
        "license: apache-2.0\ntags:\n- arxiv:2304.12244\n- 日本語\n- 😀\n- 7b\nok: true\ncount: 3\nnone: null\n"
    )


def test_one_list_at_two_places_is_written_twice() -> None:
    shared = ["a"]
    assert block.write({"x": shared, "y z": shared}) == "x:\n- a\ny z:\n- a\n"


def test_more_than_can_be_read_is_not_written() -> None:
    with pytest.raises(ValidationError, match="more than the 1,048,576"):
        block.write({"a": "x" * block.MAX_BYTES})


_scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
_values = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)


@settings(max_examples=60)
@given(st.dictionaries(st.text(), _values, max_size=5))
def test_what_is_written_reads_back_here_and_elsewhere(data: dict[str, object]) -> None:
    written = block.write(data)
    assert repr(block.read(written)) == repr(data)
    assert (yaml.safe_load(written) or {}) == data


BLOCK = """\
# what it is
license: mit  # as agreed
tags:
  - a   # first
  -   b
# how it went

notes: |
  lines
  # not a comment
model-index: [{name: m,
   results: []}]  # short
'quoted key': "x
  y"
nothing:
# the end
"""


@pytest.mark.parametrize(
    ("key", "old"),
    [
        ("license", "license: mit  # as agreed\n"),
        ("tags", "tags:\n  - a   # first\n  -   b\n"),
        ("notes", "notes: |\n  lines\n  # not a comment\n"),
        ("model-index", "model-index: [{name: m,\n   results: []}]  # short\n"),
        ("quoted key", "'quoted key': \"x\n  y\"\n"),
        ("nothing", "nothing:\n"),
    ],
)
def test_only_the_lines_of_a_changed_key_change(key: str, old: str) -> None:
    comment = "  # as agreed" if key == "license" else ""
    assert block.update(BLOCK, {key: ["new"]}, ()) == BLOCK.replace(old, f"{key}:{comment}\n- new\n")
    assert block.update(BLOCK, {}, {key}) == BLOCK.replace(old, "")


def test_a_new_key_goes_below_all_others() -> None:
    assert block.update(BLOCK, {"language": "no"}, ()) == BLOCK + "language: 'no'\n"


def test_many_keys_change_at_once() -> None:
    updated = block.update(BLOCK, {"license": "other", "nothing": 1, "new": 2}, {"tags", "model-index"})
    assert list(block.read(updated)) == ["license", "notes", "quoted key", "nothing", "new"]
    assert updated.startswith("# what it is\nlicense: other  # as agreed\n# how it went\n")


@pytest.mark.parametrize("text", ["{license: mit, tags: [a]}\n", "  license: mit\n  tags: [a]\n", "? license\n: mit\n"])
def test_a_block_of_unusual_layout_is_written_anew(text: str) -> None:
    assert block.read(block.update(text, {"license": "other", "x": 1}, {"tags"})) == {"license": "other", "x": 1}


def test_a_change_of_type_alone_is_a_change() -> None:
    assert block.update("a: 1\n", {"a": True}, ()) == "a: true\n"


def test_nothing_left_is_no_block() -> None:
    assert block.update("# only\na: 1\n", {}, {"a"}) == ""


@settings(max_examples=60)
@given(
    st.dictionaries(st.text(), _values, max_size=5),
    st.dictionaries(st.text(), _values, max_size=3),
    st.integers(0, 5),
)
def test_an_updated_block_says_the_old_and_the_new(
    old: dict[str, object], new: dict[str, object], removed: int
) -> None:
    gone = set(list(old)[:removed]) - set(new)
    wanted = {key: value for key, value in (old | new).items() if key not in gone}
    assert repr(block.read(block.update(block.write(old), new, gone))) == repr(wanted)


def test_reading_a_card_never_imports_what_it_names() -> None:
    with pytest.raises(ValidationError):
        block.read("a: !!python/object:antigravity.x {}\n")
    assert "antigravity" not in sys.modules


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("license: mit  # as agreed\na: 1\n", "apache-2.0", "license: apache-2.0  # as agreed\na: 1\n"),
        ("license: 'mit' # q\n", "bsd", "license: bsd # q\n"),
        ("license: [mit] # list\n", ["a", "b"], "license: # list\n- a\n- b\n"),
        ("license: # below\n- mit\n- bsd  # second\na: 1\n", ["x"], "license: # below\n- x\na: 1\n"),
        ("license: # below\n- mit\n", "x", "license: x # below\n"),
        ("license: 'a # no comment'\n", "x", "license: x\n"),
        ("license: a#b\n", "x", "license: x\n"),
        ("license: |  # head\n  text\n", "x", "license: x\n"),
        ("license: mit  # last", "x", "license: x  # last\n"),
    ],
)
def test_the_comment_on_the_line_of_a_key_stays_when_its_value_changes(before: str, value: Any, after: str) -> None:
    assert block.update(before, {"license": value}, ()) == after
