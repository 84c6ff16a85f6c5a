"""Lists that are kept for the next page: made once, and forgotten when there are too many."""

from __future__ import annotations

from collections.abc import Iterator

from anyhub.server.paging import Kept


class Maker:
    """Makes a list of some lines, and counts how often."""

    def __init__(self, lines: int) -> None:
        self.lines = lines
        self.count = 0

    def __call__(self) -> Iterator[int]:
        self.count += 1
        return iter(range(self.lines))


def test_a_list_is_made_once() -> None:
    kept: Kept[int] = Kept(10)
    maker = Maker(4)
    assert kept.get("a", maker) == kept.get("a", maker) == (0, 1, 2, 3)
    assert maker.count == 1


def test_the_list_that_was_asked_for_longest_ago_is_forgotten_first() -> None:
    kept: Kept[int] = Kept(10)
    one, two, three = makers = Maker(4), Maker(4), Maker(4)
    for name, maker in (("1", one), ("2", two), ("1", one), ("3", three), ("1", one), ("3", three), ("2", two)):
        kept.get(name, maker)
    assert [maker.count for maker in makers] == [1, 2, 1]


def test_a_list_that_is_too_long_is_given_and_not_kept() -> None:
    kept: Kept[int] = Kept(10)
    long, short = Maker(11), Maker(10)
    kept.get("short", short)
    assert len(kept.get("long", long)) == 11
    kept.get("long", long)
    kept.get("short", short)
    assert (long.count, short.count) == (2, 1)
