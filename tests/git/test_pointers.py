"""Pointers and the rules for which files are large."""

from __future__ import annotations

import io

import pytest
from dulwich.attrs import compile_gitattributes_patterns, match_path, parse_git_attributes
from hypothesis import given
from hypothesis import strategies as st

from anyhub.git.pointers import DEFAULT_ATTRIBUTES, SAMPLE_BYTES, Attributes, looks_binary


@pytest.mark.parametrize("path", ["model.safetensors", "a/b/pytorch_model.bin", "x.tar.gz", "saved_model/variables/1"])
def test_the_first_attributes_cover_the_weights_of_every_framework(path: str) -> None:
    assert Attributes(DEFAULT_ATTRIBUTES).says_large(path)


@pytest.mark.parametrize("path", ["README.md", "config.json", "model.safetensors.index.json", "train.py"])
def test_the_first_attributes_leave_text_to_git(path: str) -> None:
    assert not Attributes(DEFAULT_ATTRIBUTES).says_large(path)


def test_a_line_is_added_for_each_path_that_is_not_covered_and_matches_that_path_only() -> None:
    extended = Attributes(b"*.bin filter=lfs").extended_by(["a.bin", "x/b.raw", "c d.raw"])
    assert extended is not None
    rules = Attributes(extended)
    assert extended.startswith(b"*.bin filter=lfs\n")
    assert rules.says_large("x/b.raw")
    assert rules.says_large("c d.raw")
    assert not rules.says_large("y/x/b.raw")
    assert not rules.says_large("y/c d.raw")


def test_nothing_is_added_when_all_is_covered() -> None:
    assert Attributes(DEFAULT_ATTRIBUTES).extended_by(["a.bin"]) is None


@pytest.mark.parametrize(
    ("sample", "binary"),
    [
        (b"", False),
        (b"text\n", False),
        ("日本".encode(), False),
        (b"\0", True),
        (b"\xff\xfe", True),
        (("x" * (SAMPLE_BYTES - 1) + "é").encode()[:SAMPLE_BYTES], False),
        (b"x" * 10 + b"\xc3", True),
    ],
)
def test_text_in_utf8_is_not_binary_even_when_the_sample_ends_inside_a_character(sample: bytes, binary: bool) -> None:
    assert looks_binary(sample) is binary


_NAMES = st.text(alphabet="abAB.[]*?!^-\\#é", min_size=1, max_size=6)
_PATTERNS = st.lists(_NAMES | st.sampled_from(["**", "*", "*.bin", "a"]), min_size=1, max_size=4).map("/".join)
_SAID = st.sampled_from(["filter=lfs", "-filter", "!filter", "filter=other", "filter", "-text", "filter=lfs -filter"])
_LINES = st.lists(st.tuples(_PATTERNS | st.sampled_from(["/a/b", "*.bin", "b.*"]), _SAID), max_size=8)
_PATHS = st.lists(st.text(alphabet="abAB.-é[]* ", min_size=1, max_size=6), min_size=1, max_size=4).map("/".join)


@given(lines=_LINES, path=_PATHS | st.sampled_from(["a/b", "a", "x.bin", "a/b.bin", "/a/b"]))
def test_one_expression_for_many_patterns_says_what_dulwich_says_of_each(
    lines: list[tuple[str, str]], path: str
) -> None:
    data = "".join(f"{pattern} {said}\n" for pattern, said in lines if pattern.count("*") <= 3).encode()
    patterns = compile_gitattributes_patterns(parse_git_attributes(io.BytesIO(data)))
    assert Attributes(data).says_large(path) is (match_path(patterns, path.encode()).get(b"filter") == b"lfs")
