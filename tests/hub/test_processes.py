"""Many processes on one hub directory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from anyhub.hub.local import LocalHub
from anyhub.values import AddFile

PROCESSES = 8

WRITER = """
import sys
from anyhub.errors import EditConflictError, ParentCommitError
from anyhub.hub.local import LocalHub
from anyhub.values import AddFile

directory, number, kind = sys.argv[1], int(sys.argv[2]), sys.argv[3]
hub = LocalHub(directory)
repo = hub.repo_id("ada/engine")
base = hub.resolve(repo).oid
print("ready", flush=True)
sys.stdin.readline()
try:
    if kind == "disjoint":
        for turn in range(5):
            large = AddFile(f"{number}/{turn}.bin", b"\\0%d %d" % (number, turn))
            hub.commit(repo, [large, AddFile(f"{number}.txt", b"%d" % turn)], message=f"{number} {turn}")
    elif kind == "same":
        hub.commit(repo, [AddFile("model.bin", b"\\0%d" % number)], message=f"{number}", base=base)
    else:
        hub.commit(repo, [AddFile(f"{number}.txt", b"x")], message=f"{number}", parent=base)
    print("pushed")
except (EditConflictError, ParentCommitError) as error:
    print(type(error).__name__, error)
"""


def all_at_once(directory: Path, kind: str) -> list[str]:
    """Start the writers, let all go at one time, and return what each of them printed."""
    children = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(directory), str(number), kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    return [child.communicate(timeout=120)[0].strip() for child in children]


def new_hub(tmp_path: Path) -> LocalHub:
    hub = LocalHub(tmp_path / "hub")
    repo = hub.repo_id("ada/engine")
    hub.create(repo)
    hub.commit(repo, [AddFile("model.bin", b"\0first")], message="first")
    return hub


def test_eight_processes_that_push_disjoint_files_all_succeed_and_nothing_is_lost(tmp_path: Path) -> None:
    hub = new_hub(tmp_path)
    assert all_at_once(tmp_path / "hub", "disjoint") == ["pushed"] * PROCESSES
    repo = hub.repo_id("ada/engine")
    history = list(hub.history(repo))
    assert len(history) == PROCESSES * 5 + 2
    assert all(len(commit.parents) == 1 for commit in history[:-1])
    paths = {entry.path for entry in hub.tree(repo, history[0].oid) if entry.path.endswith(".bin")}
    assert paths == {f"{n}/{turn}.bin" for n in range(PROCESSES) for turn in range(5)} | {"model.bin"}
    for number in range(PROCESSES):
        with hub.open(repo, hub.entry(repo, history[0].oid, f"{number}.txt")) as stream:
            assert stream.read() == b"4"
    with hub.git_dir(repo) as git_dir:
        subprocess.run(["git", "--git-dir", git_dir, "fsck", "--full", "--strict"], check=True, capture_output=True)


def test_of_eight_processes_that_change_the_same_file_one_succeeds_and_the_others_name_it(tmp_path: Path) -> None:
    hub = new_hub(tmp_path)
    said = sorted(all_at_once(tmp_path / "hub", "same"))
    assert said[-1] == "pushed"
    assert all(line.startswith("EditConflictError") and "'model.bin'" in line for line in said[:-1])
    assert len(list(hub.history(hub.repo_id("ada/engine")))) == 3


def test_of_eight_processes_that_state_the_same_parent_one_succeeds(tmp_path: Path) -> None:
    hub = new_hub(tmp_path)
    said = sorted(all_at_once(tmp_path / "hub", "parent"))
    assert said[-1] == "pushed"
    assert all(line.startswith("ParentCommitError") for line in said[:-1])
    assert len(list(hub.history(hub.repo_id("ada/engine")))) == 3
