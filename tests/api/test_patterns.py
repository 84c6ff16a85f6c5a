from __future__ import annotations

import pytest

from anyhub.api.patterns import select, select_deleted
from anyhub.errors import ValidationError

PATHS = ["README.md", "model.safetensors", "logs/1.txt", "logs/deep/2.txt", "data/logs/3.txt"]


def test_without_patterns_every_path_is_kept_in_its_order() -> None:
    assert select(reversed(PATHS)) == PATHS[::-1]


def test_a_star_stands_for_slashes_too() -> None:
    assert select(PATHS, allow="*.txt") == ["logs/1.txt", "logs/deep/2.txt", "data/logs/3.txt"]


def test_a_pattern_that_ends_with_a_slash_means_everything_below_the_folder() -> None:
    assert select(PATHS, allow="logs/") == ["logs/1.txt", "logs/deep/2.txt"]
    assert select(PATHS, ignore=["logs/"]) == ["README.md", "model.safetensors", "data/logs/3.txt"]


def test_a_pattern_has_to_match_the_whole_path() -> None:
    assert select(PATHS, allow="logs") == []
    assert select(["a.bin", "a.bin.old"], allow="*.bin") == ["a.bin"]


def test_one_of_several_patterns_is_enough_and_ignore_wins() -> None:
    assert select(PATHS, allow=["*.md", "*.txt"], ignore=("*/deep/*", "data/*")) == ["README.md", "logs/1.txt"]


def test_an_empty_list_allows_nothing_and_ignores_nothing() -> None:
    assert select(PATHS, allow=[]) == []
    assert select(PATHS, ignore=[]) == PATHS


def test_case_counts() -> None:
    assert select(["A.TXT", "a.txt"], allow="*.txt") == ["a.txt"]


def test_a_set_of_characters_matches_one_of_them() -> None:
    assert select(["m-1.bin", "m-2.bin", "m-3.bin"], allow="m-[12].bin") == ["m-1.bin", "m-2.bin"]


def test_a_pattern_that_is_no_text_is_refused_by_name() -> None:
    with pytest.raises(ValidationError, match="not 3"):
        select(PATHS, allow=["*.md", 3])  # type: ignore[list-item]


def test_no_delete_patterns_delete_nothing() -> None:
    assert select_deleted(PATHS, None) == []


def test_deleting_everything_spares_what_is_written_and_gitattributes() -> None:
    assert select_deleted([".gitattributes", *PATHS], "*", kept=["README.md"]) == PATHS[1:]


def test_delete_patterns_are_relative_to_the_folder_that_is_uploaded_to() -> None:
    assert select_deleted(PATHS, ["*.txt"], folder="logs") == ["logs/1.txt", "logs/deep/2.txt"]
    assert select_deleted(PATHS, "deep/", folder="logs") == ["logs/deep/2.txt"]
    assert select_deleted(PATHS, "logs/*", folder="logs") == []
