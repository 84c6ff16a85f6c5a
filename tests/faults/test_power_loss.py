"""A slice of the power losses in a save; ``make faults`` runs the whole."""

from __future__ import annotations

import shutil
from pathlib import Path

import power_loss
import pytest
from disk import Disk
from model_sweep import Bench
from replay import Call, Replay
from zygote import Zygote

needs_strace = pytest.mark.skipif(
    shutil.which("strace") is None, reason="the calls of a save are recorded with strace, which is missing here"
)

SLICE = 40


@needs_strace
@pytest.mark.parametrize("way", ["fresh, shards", "weights only", "fewer shards", "in use"])
def test_a_model_loads_as_the_old_or_the_new_one_whenever_the_power_was_lost(
    way: str, model_zygote: Zygote, tmp_path: Path
) -> None:
    outcomes = [*power_loss.examine(Bench(model_zygote, way, tmp_path / "work"), every=SLICE)]
    assert [outcome for outcome in outcomes if not outcome.holds] == []
    assert {outcome.state for outcome in outcomes} == {"old", "new"}
    assert {outcome.state for outcome in outcomes if outcome.point.call == power_loss.RETURNED} == {"new"}


@needs_strace
def test_a_save_that_syncs_nothing_is_caught(model_zygote: Zygote, tmp_path: Path) -> None:
    bench = Bench(model_zygote, "weights only", tmp_path / "work", save="save_without_sync")
    outcomes = power_loss.examine(bench, every=SLICE)
    assert any(outcome.state.startswith("mixed") for outcome in outcomes)
    assert any(outcome.state == "said to be saved, and is not" for outcome in outcomes)


@needs_strace
def test_a_save_that_syncs_no_folder_is_caught(model_zygote: Zygote, tmp_path: Path) -> None:
    bench = Bench(model_zygote, "weights only", tmp_path / "work", save="save_without_syncing_folders")
    outcomes = power_loss.examine(bench, every=SLICE)
    assert any(outcome.state == "said to be saved, and is not" for outcome in outcomes)


def test_calls_are_played_as_they_are_written() -> None:
    disk = Disk({"old": b"1"})
    replay = Replay(disk, Path("/place"))
    lines = [
        'openat(AT_FDCWD</>, "/place/a", O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC, 0666) = 5</place/a>',
        r'write(5</place/a>, "x\0\"), = \n", 8) = 8',
        'openat(AT_FDCWD</>, "/place/none", O_RDONLY) = -1 ENOENT (No such file or directory)',
        'mkdir("/place/f", 0777) = 0',
        'linkat(AT_FDCWD</place>, "a", 7</place/f>, "b", 0) = 0',
        'unlinkat(7</place/f>, "b", 0) = 0',
        'renameat2(AT_FDCWD</>, "/place/a", AT_FDCWD</>, "/place/old", RENAME_EXCHANGE) = 0',
        'rmdir("/place/f") = 0',
        'rename("/elsewhere/a", "/elsewhere/b") = 0',
    ]
    done = [replay.play(call) for line in lines if (call := Call.parse(line))]
    assert done == [True, True, True, True, True, True, True, False]
    assert disk.now() == {"a": b"1", "old": b'x\0"), = \n'}


def test_a_call_that_nobody_has_described_is_refused() -> None:
    call = Call.parse('truncate("/place/a", 3) = 0')
    assert call
    with pytest.raises(ValueError, match="truncate is not known"):
        Replay(Disk(), Path("/place")).play(call)


@pytest.mark.parametrize("line", ['write(5</place/a>, "x"..., 8) = 8', "fsync(5</place/a> <unfinished ...>"])
def test_half_of_a_call_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="did not write all"):
        Call.parse(line)
