"""A slice of the fault sweep over a hub in a folder; ``make faults`` runs the whole."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import hub_child
import hub_sweep

pytestmark = pytest.mark.skipif(
    shutil.which("strace") is None or shutil.which("git") is None,
    reason="the fault sweep needs strace and git, and one of them is missing here",
)


@pytest.mark.parametrize("operation", hub_child.OPERATIONS)
def test_an_operation_broken_anywhere_leaves_the_old_hub_or_the_new_one(operation: str, tmp_path: Path) -> None:
    bench = hub_sweep.Bench(operation, tmp_path)
    points = bench.points()
    killed = [point for point in points if point.fault == "killed"]
    full = [point for point in points if point.fault == "disk full" and point.call == "pwrite64"]
    chosen = [killed[len(killed) // 3], full[len(full) // 2], killed[-1]]
    outcomes = [bench.examine(point) for point in chosen]
    assert [outcome for outcome in outcomes if not outcome.holds] == []
    assert outcomes[-1].state == "new"


def test_the_commit_that_gathers_packs_leaves_fewer(tmp_path: Path) -> None:
    bench = hub_sweep.Bench("gather", tmp_path)
    assert len([*tmp_path.glob("place/hub/repos/*/pack/*.pack")]) < len(
        [*tmp_path.glob("base/hub/repos/*/pack/*.pack")]
    )
    assert bench.old != bench.new


def test_half_of_a_commit_is_caught(tmp_path: Path) -> None:
    bench = hub_sweep.Bench(hub_child.IN_TWO_STEPS, tmp_path)
    renamed = [point for point in bench.points() if (point.fault, point.call) == ("killed", "rename")]
    assert bench.examine(renamed[-1]).state.startswith("mixed")


def test_lost_and_changed_bytes_are_caught(tmp_path: Path) -> None:
    hub_child.prepare(tmp_path, "commit")
    hub = tmp_path / "hub"
    assert hub_sweep.objections(hub) == []
    blob = next(path for path in hub.glob("blobs/*/*/*") if path.read_bytes() == hub_child.SHARED.source)
    blob.chmod(0o600)
    blob.write_bytes(blob.read_bytes().swapcase())
    assert len(hub_sweep.unreadable(hub)) == 3
    next(hub.glob("repos/*/pack/*.pack")).unlink()
    assert any("git fsck" in objection for objection in hub_sweep.objections(hub))
