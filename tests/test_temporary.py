"""Scratch folders and locks: nobody takes what another still works with, and nothing is left of the dead."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from anyhub import files, temporary

posix_only = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no modes, locks on folders or strict names"
)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_scratch_folder_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    with temporary.scratch(tmp_path) as folder:
        assert folder.parent == tmp_path
        assert sys.platform == "win32" or mode(folder) == 0o700
        (folder / "a").write_bytes(b"")
        with temporary.scratch(tmp_path) as second:
            assert folder != second
            assert (folder / "a").exists()
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from anyhub import temporary, files
with temporary.scratch(Path(sys.argv[1])) as folder:
    (folder / "a").write_bytes(b"left")
    print("ready", flush=True)
    sys.stdin.readline()
"""


@posix_only
def test_the_scratch_folder_of_a_killed_process_is_swept_and_that_of_a_living_one_is_not(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        with temporary.scratch(tmp_path):
            assert len(list(tmp_path.iterdir())) == 2
        process.kill()
    assert len(list(tmp_path.iterdir())) == 1
    with temporary.scratch(tmp_path) as folder:
        assert list(tmp_path.iterdir()) == [folder]


def test_only_names_of_ours_are_swept(tmp_path: Path) -> None:
    (tmp_path / ".anyhub-notes").mkdir()
    (tmp_path / ".anyhub-0123456789abcdef.txt").write_bytes(b"")
    (tmp_path / ".other-0123456789abcdef").mkdir()
    before = sorted(tmp_path.iterdir())
    with temporary.scratch(tmp_path):
        pass
    assert sorted(tmp_path.iterdir()) == before


def test_a_staged_file_is_swept_only_when_it_is_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / files.fresh_name()).write_bytes(b"")
    temporary.sweep(tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    now = temporary.time.time()
    monkeypatch.setattr(temporary.time, "time", lambda: now + 2 * 24 * 3600)
    temporary.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


@posix_only
@pytest.mark.parametrize("moment", ["before it is opened", "before it is locked", "while the sweeper holds it"])
def test_a_folder_that_is_swept_before_it_is_locked_is_not_lent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Another process's sweep comes at the worst instants; it is let in once, then the real calls are made."""
    made: list[Path] = []
    open_folder, lock = temporary._open_folder, temporary.syscalls.lock
    held = []

    def sweep_before_opening(path: Path) -> int:
        made.append(path)
        if len(made) == 1 and moment == "before it is opened":
            files.remove_tree(path)
        return open_folder(path)

    def sweep_before_locking(fd: int, *, wait: bool) -> bool | None:
        if len(made) == 1 and not held:
            held.append(open_folder(made[0]))
            assert lock(held[0], wait=False)
            if moment == "before it is locked":
                files.remove_tree(made[0])
                os.close(held[0])
        return lock(fd, wait=wait)

    monkeypatch.setattr(temporary, "_open_folder", sweep_before_opening)
    monkeypatch.setattr(temporary.syscalls, "lock", sweep_before_locking)
    with temporary.scratch(tmp_path) as folder:
        assert folder.is_dir()
        assert len(made) == 2
        assert folder != made[0]
    if moment == "while the sweeper holds it":
        os.close(held[0])
        temporary.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


CROWD = """
import sys
from pathlib import Path
from anyhub import temporary, files
for _ in range(150):
    with temporary.scratch(Path(sys.argv[1])) as folder:
        (folder / "a").write_bytes(b"mine")
        assert (folder / "a").read_bytes() == b"mine"
"""


def test_processes_that_make_and_sweep_at_once_never_take_each_others_folder(tmp_path: Path) -> None:
    crowd = [subprocess.Popen([sys.executable, "-c", CROWD, str(tmp_path)]) for _ in range(4)]
    assert [process.wait() for process in crowd] == [0] * 4
    assert list(tmp_path.iterdir()) == []


@posix_only
def test_one_lock_is_held_by_one_at_a_time_even_when_the_folder_is_exchanged(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        for number in range(20):
            with temporary.locked(tmp_path / "a"):
                inside += 1
                most = max(most, inside)
                with temporary.scratch(tmp_path) as private:
                    (private / "new").mkdir()
                    with temporary.locked(private / "new"):
                        if number % 3 == 0:
                            files.exchange(private / "new", tmp_path / "a")
                        inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert inside == 0
