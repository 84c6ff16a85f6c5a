from __future__ import annotations

from threading import Barrier

import pytest

from anyhub.transfer.parallel import for_each


@pytest.mark.parametrize("workers", [1, 4])
def test_the_work_is_done_once_for_everything(workers: int) -> None:
    done: list[int] = []
    for_each(done.append, list(range(100)), workers)
    assert sorted(done) == list(range(100))


def test_several_are_worked_on_at_once() -> None:
    both = Barrier(2, timeout=60)
    for_each(lambda _: both.wait(), [1, 2], 2)


@pytest.mark.parametrize("workers", [1, 4])
def test_the_first_failure_is_raised(workers: int) -> None:
    def work(thing: int) -> None:
        if thing >= 3:
            raise ValueError(thing)

    with pytest.raises(ValueError, match=r"^3$"):
        for_each(work, list(range(10)), workers)


def test_one_at_a_time_leaves_undone_what_follows_a_failure() -> None:
    begun: list[int] = []

    def work(thing: int) -> None:
        begun.append(thing)
        raise ValueError(thing)

    with pytest.raises(ValueError, match="0"):
        for_each(work, [0, 1], 1)
    assert begun == [0]
