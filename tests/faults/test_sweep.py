"""A slice of the fault sweep; ``make faults`` runs the whole."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import child
import sweep

pytestmark = pytest.mark.skipif(
    shutil.which("strace") is None, reason="the fault sweep needs strace, which is missing here"
)

SLICE = 20
DECIDING = {
    "fresh": '/place/model")',
    "single": '/place/model/model.safetensors")',
    "exchange": "RENAME_EXCHANGE",
    "journal": '/place/model/.anyhub-save.json")',
}


@pytest.mark.parametrize("way", child.WAYS)
def test_a_save_broken_anywhere_leaves_the_old_folder_or_the_new_one(way: str, tmp_path: Path) -> None:
    found = sweep.points(way, tmp_path)
    # In every slice: killed just before each rename, one of which decides; and a disk that fails just after it.
    always = {("killed", "rename"), ("killed", "renameat2"), ("disk broken", "fsync")}
    deciding = [point for point in found if (point.fault, point.call) in always]
    outcomes = [sweep.examine(point, tmp_path) for point in {*found[::SLICE], *deciding}]
    assert [outcome for outcome in outcomes if not outcome.holds] == []
    assert {outcome.state for outcome in outcomes} == {"old", "new"}


def test_a_save_in_place_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(child.WAYS, child.IN_PLACE, (child.SINGLE_OLD, child.NEW, child.KEPT | child.NEW))
    found = [
        point for point in sweep.points(child.IN_PLACE, tmp_path) if (point.fault, point.call) == ("killed", "write")
    ]
    outcomes = [sweep.examine(point, tmp_path) for point in found]
    assert len(outcomes) == 3
    assert [outcome.state for outcome in outcomes if outcome.holds] == []


@pytest.mark.parametrize("way", child.WAYS)
def test_all_is_on_the_disk_before_the_step_that_decides(way: str, tmp_path: Path) -> None:
    calls = sweep.trace(way, tmp_path, ["rename", "renameat", "renameat2", "fsync"])
    deciding = next(number for number, call in enumerate(calls) if DECIDING[way] in call)
    synced = [match[1] for call in calls[:deciding] if (match := re.match(r"fsync\(\d+<(.*)>", call))]
    after = [match[1] for call in calls[deciding:] if (match := re.match(r"fsync\(\d+<(.*)>", call))]
    assert {Path(path).name for path in synced} >= {*child.WAYS[way][1]}
    assert way == "single" or any(re.search(r"/\.anyhub-[^/]*(/model)?$", path) for path in synced)
    assert str(tmp_path / "place" / ("" if way in ("fresh", "exchange") else "model")) in after
