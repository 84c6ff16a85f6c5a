"""A slice of the fault sweep over `save_pretrained`; ``make faults`` runs the whole."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from model_sweep import Bench
from zygote import Zygote

pytestmark = pytest.mark.skipif(
    shutil.which("strace") is None, reason="the fault sweep needs strace, which is missing here"
)

SLICE = 40


@pytest.mark.parametrize("way", ["fresh, shards", "weights only", "fewer shards", "to a single", "in use"])
def test_a_model_loads_as_the_old_or_the_new_one_wherever_its_save_was_broken(
    way: str, model_zygote: Zygote, tmp_path: Path
) -> None:
    bench = Bench(model_zygote, way, tmp_path / "work")
    found = bench.points()
    # In every slice: killed just before the last renames, one of which decides; and killed just before the end.
    renames = [point for point in found if point.fault == "killed" and point.call.startswith("rename")]
    last = [point for point in found if point.fault == "killed"][-1]
    outcomes = [bench.examine(point) for point in {*found[::SLICE], *renames[-3:], last}]
    assert [outcome for outcome in outcomes if not outcome.holds] == []
    assert {outcome.state for outcome in outcomes} == {"old", "new"}


def test_an_old_and_a_new_model_differ_in_weights_and_arguments(model_zygote: Zygote, tmp_path: Path) -> None:
    bench = Bench(model_zygote, "fewer shards", tmp_path / "work")
    old, new = bench.old["model"], bench.new["model"]
    assert (old[0], new[0]) == ("old", "new")
    assert old[1] != new[1]


def test_a_model_saved_file_by_file_is_caught(model_zygote: Zygote, tmp_path: Path) -> None:
    bench = Bench(model_zygote, "fewer shards", tmp_path / "work", save="save_in_place")
    written = [point for point in bench.points() if (point.fault, point.call) == ("killed", "write")]
    outcomes = [bench.examine(point) for point in written[1:]]
    assert len(outcomes) > 1
    assert [outcome for outcome in outcomes if outcome.holds] == []


def test_a_process_that_fails_for_a_reason_of_its_own_is_caught(model_zygote: Zygote, tmp_path: Path) -> None:
    bench = Bench(model_zygote, "single", tmp_path / "work")
    points = bench.points()
    bench.way = "a way that there is not"
    assert bench.examine(points[-1]).state == "neither saved nor refused: ended with 1"
