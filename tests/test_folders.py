"""Saving a folder: all at once or not at all, and nothing else is touched."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from anyhub import files, folders, journal, syscalls, temporary
from anyhub.errors import (
    CorruptFileError,
    DiskFullError,
    InvalidPathError,
    PathCollisionError,
    ReadOnlyError,
    StorageError,
    ValidationError,
)

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes and no links for everybody")
Content = dict[str, str]

OLD: Content = {"model.safetensors": "old", "config.json": "old", "notes.txt": "mine", "runs/1/log": "mine too"}
NEW: Content = {"model.safetensors": "new", "config.json": "new"}


def put(folder: Path, content: Content) -> None:
    for name, text in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def content(folder: Path) -> Content:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def inodes(folder: Path) -> dict[str, int]:
    return {name: (folder / name).stat().st_ino for name in content(folder)}


def shard(name: str) -> bool:
    return name.startswith("model-")


def save(folder: Path, new: Content, stale: Callable[[str], bool] = shard) -> None:
    with folders.saving(folder, stale=stale) as staged:
        put(staged, new)


def leftovers(folder: Path) -> list[Path]:
    return list(folder.parent.rglob(".anyhub*"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path / "place/model", OLD)
    return tmp_path / "place/model"


@contextmanager
def mounted(place: Path, *how: str) -> Iterator[Path]:
    """Mount something at a folder; the test is skipped where that is not allowed."""
    command = ["mount", *how, str(place)]
    if sys.platform != "linux" or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip(f"only root of Linux, and not in every container, may {' '.join(command[:3])}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def bind_mount(folder: Path) -> Iterator[Path]:
    """The folder as a container sees a volume: a mount of its own, of the same file system as what is around it."""
    volume = folder.with_name("volume")
    folder.rename(volume)
    folder.mkdir()
    with mounted(folder, "--bind", str(volume)):
        yield folder


@pytest.fixture(params=["exchange", "journal", "bind mount"])
def either_way(request: pytest.FixtureRequest, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is saved to by an exchange, or can not be exchanged: it is the current one, or mounted."""
    if request.param == "journal":
        monkeypatch.chdir(folder)
    if request.param == "bind mount":
        request.getfixturevalue("bind_mount")
    return folder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of one megabyte."""
    (tmp_path / "small").mkdir()
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=1m", "tmpfs") as place:
        yield place


# What is saved


def test_a_new_folder_appears_with_all_its_files(tmp_path: Path) -> None:
    save(tmp_path / "a/b/model", NEW | {"deep/er/file": "x"})
    assert content(tmp_path / "a/b/model") == NEW | {"deep/er/file": "x"}
    assert leftovers(tmp_path / "a/b/model") == []


def test_the_folder_to_write_in_is_empty_and_has_the_same_name(either_way: Path) -> None:
    with folders.saving(either_way, stale=shard) as staged:
        assert staged.name == "model"
        assert list(staged.iterdir()) == []
        assert staged != either_way


def test_new_files_come_in_and_others_stay(either_way: Path) -> None:
    before = inodes(either_way)
    save(either_way, NEW | {"runs/2/log": "new"})
    assert content(either_way) == OLD | NEW | {"runs/2/log": "new"}
    assert leftovers(either_way) == []
    assert {name for name, inode in inodes(either_way).items() if before.get(name) == inode} == {
        "notes.txt",
        "runs/1/log",
    }


def test_nothing_is_touched_when_nothing_is_different(either_way: Path) -> None:
    before = inodes(either_way), either_way.stat().st_ino
    save(either_way, {name: OLD[name] for name in NEW})
    assert (inodes(either_way), either_way.stat().st_ino) == before


def test_only_the_file_that_is_different_is_replaced(either_way: Path) -> None:
    before = inodes(either_way)
    save(either_way, NEW | {"config.json": OLD["config.json"]})
    after = inodes(either_way)
    assert [name for name in before if before[name] != after[name]] == ["model.safetensors"]
    assert content(either_way)["model.safetensors"] == "new"
    assert leftovers(either_way) == []


def test_a_file_of_the_same_size_with_other_bytes_at_the_end_is_different(folder: Path) -> None:
    put(folder, {"model.safetensors": "a" * 2**20 + "b"})
    save(folder, {"model.safetensors": "a" * 2**20 + "c"})
    assert content(folder)["model.safetensors"].endswith("c")


def test_stale_files_go_unless_they_are_written_again(either_way: Path) -> None:
    put(either_way, {"model-1.bin": "a", "model-2.bin": "b", "runs/model-3.bin": "c", "model-dir/x": "d"})
    save(either_way, NEW | {"model-1.bin": "new"})
    assert content(either_way) == OLD | NEW | {"model-1.bin": "new", "runs/model-3.bin": "c"}


def test_a_stale_file_goes_even_when_nothing_else_is_different(either_way: Path) -> None:
    put(either_way, {"model-1.bin": "a"})
    save(either_way, {})
    assert content(either_way) == OLD


def test_a_body_that_fails_changes_nothing(either_way: Path) -> None:
    before = inodes(either_way)

    def fail() -> None:
        with folders.saving(either_way, stale=shard) as staged:
            put(staged, NEW)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert content(either_way) == OLD
    assert inodes(either_way) == before
    assert leftovers(either_way) == []


@posix_only
def test_the_modes_of_the_folder_and_of_what_is_replaced_stay(either_way: Path) -> None:
    either_way.chmod(0o2750)
    (either_way / "runs").chmod(0o700)
    (either_way / "model.safetensors").chmod(0o640)
    save(either_way, NEW)
    found = {name: (either_way / name).stat().st_mode & 0o7777 for name in ("", "runs", "model.safetensors")}
    assert found == {"": 0o2750, "runs": 0o700, "model.safetensors": 0o640}


@posix_only
def test_a_new_folder_and_its_files_have_the_modes_that_the_umask_allows(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        save(tmp_path / "model", NEW)
    finally:
        os.umask(before)
    assert (tmp_path / "model").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "model/config.json").stat().st_mode & 0o777 == 0o640


@posix_only
def test_symbolic_links_stay_and_come_in_as_links(either_way: Path) -> None:
    (either_way / "latest").symlink_to("runs/1")
    (either_way / "best").symlink_to("nowhere")
    with folders.saving(either_way, stale=shard) as staged:
        put(staged, NEW)
        (staged / "best").symlink_to("model.safetensors")
    assert os.readlink(either_way / "latest") == "runs/1"
    assert (either_way / "best").read_text() == "new"


# Where it is saved


@posix_only
def test_a_link_to_a_folder_stays_a_link(folder: Path) -> None:
    link = folder.parent / "link"
    link.symlink_to("model")
    with folders.saving(link, stale=shard) as staged:
        assert staged.name == "link"
        put(staged, NEW)
    assert link.is_symlink()
    assert content(folder) == OLD | NEW


@pytest.mark.parametrize(
    ("current", "given"), [("model", "."), ("", "model"), ("model/runs", ".."), ("model", "../model")]
)
def test_a_folder_may_be_given_relative_to_the_current_one(
    folder: Path, current: str, given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent / current)
    with folders.saving(Path(given), stale=shard) as staged:
        assert staged.name == "model"
        put(staged, NEW)
    assert content(folder) == OLD | NEW
    assert Path.cwd() == folder.parent / current
    assert Path("config.json" if current == "model" else ".").exists()
    assert leftovers(folder) == []


@pytest.mark.parametrize("below", ["", "x", "x/y"])
def test_a_file_is_not_replaced_by_a_folder(folder: Path, below: str) -> None:
    with pytest.raises(ValidationError, match=r"config\.json' is a file"):
        save(folder / "config.json" / below, NEW)
    assert content(folder) == OLD


@pytest.mark.parametrize("name", ["runs", "config.json/x"])
def test_a_file_where_a_folder_is_and_a_folder_where_a_file_is_are_refused(either_way: Path, name: str) -> None:
    with pytest.raises(PathCollisionError, match=name.split("/")[0]):
        save(either_way, {"model.safetensors": "new", name: "new"})
    assert content(either_way) == OLD
    assert leftovers(either_way) == []


def test_a_mounted_folder_is_saved_to_in_place(small_disk: Path) -> None:
    put(small_disk, OLD)
    save(small_disk, NEW)
    assert content(small_disk) == OLD | NEW
    assert leftovers(small_disk) == []


@pytest.fixture
def mounted_runs(folder: Path) -> Iterator[Path]:
    """A mount inside the folder, empty at first."""
    (folder.parent / "runs").mkdir()
    with mounted(folder / "runs", "--bind", str(folder.parent / "runs")) as place:
        yield place


def test_a_mount_inside_the_folder_stays_where_it_is(folder: Path, mounted_runs: Path) -> None:
    save(folder, NEW)
    put(mounted_runs, {"log": "mine"})
    assert content(folder.parent / "runs") == {"log": "mine"}
    save(folder, dict.fromkeys(NEW, "newer"))
    assert {name: (folder / name).read_text() for name in (*NEW, "runs/log")} == {
        "model.safetensors": "newer",
        "config.json": "newer",
        "runs/log": "mine",
    }
    assert leftovers(folder) == []


@pytest.mark.parametrize("new", [NEW | {"runs/log": "new"}, {"runs/log": "new"}, NEW], ids=["many", "one", "stale"])
def test_what_would_change_in_a_mount_inside_the_folder_is_refused(
    folder: Path, mounted_runs: Path, new: Content
) -> None:
    put(mounted_runs, {"log": "mine"})
    before = inodes(folder)
    with pytest.raises(StorageError, match="runs' is mounted"):
        save(folder, new, stale=lambda name: name == "runs")
    assert inodes(folder) == before
    assert leftovers(folder) == []


def test_a_folder_whose_old_files_are_on_a_read_only_layer_is_saved_to(tmp_path: Path) -> None:
    for name in ("image", "changes", "work", "seen"):
        (tmp_path / name).mkdir()
    put(tmp_path / "image/model", OLD | {"model-1.bin": "stale"})
    layers = f"lowerdir={tmp_path}/image,upperdir={tmp_path}/changes,workdir={tmp_path}/work"
    with mounted(tmp_path / "seen", "-t", "overlay", "-o", layers, "overlay") as place:
        save(place / "model", NEW)
        assert content(place / "model") == OLD | NEW
        assert leftovers(place / "model") == []
    assert content(tmp_path / "image/model") == OLD | {"model-1.bin": "stale"}


# A disk that says no


def test_a_full_disk_leaves_the_old_files(small_disk: Path) -> None:
    folder = small_disk / "model"
    put(folder, OLD)
    before = inodes(folder)
    for place in (folder, small_disk):  # to be exchanged; mounted, so to be saved to in place
        with pytest.raises(DiskFullError, match="free some space") as caught:
            save(place, NEW | {"config.json": "x" * 2**21})
        assert f"{str(place)!r} can not be written" in str(caught.value)
        assert inodes(folder) == before
        assert leftovers(folder) == []


def test_a_disk_that_may_not_be_written_is_named(small_disk: Path) -> None:
    put(small_disk / "model", OLD)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(ReadOnlyError, match="model"):
        save(small_disk / "model", NEW)
    assert content(small_disk / "model") == OLD


def test_a_bind_mount_that_may_not_be_written_is_named(bind_mount: Path) -> None:
    subprocess.run(["mount", "-o", "remount,bind,ro", str(bind_mount)], check=True)
    before = inodes(bind_mount)
    with pytest.raises(ReadOnlyError) as caught:
        save(bind_mount, NEW)
    assert f"{str(bind_mount)!r} can not be written" in str(caught.value)
    assert inodes(bind_mount) == before
    assert leftovers(bind_mount) == []


def test_what_the_body_itself_may_not_do_is_its_own_error(folder: Path) -> None:
    with pytest.raises(PermissionError) as caught, folders.saving(folder, stale=shard):
        raise PermissionError(13, "somebody else's", "elsewhere")
    assert not isinstance(caught.value, ReadOnlyError)


# Others at the same time


def test_what_others_put_into_the_folder_meanwhile_stays(either_way: Path) -> None:
    def others() -> None:
        put(either_way, {"late.txt": "theirs", "late/er": "theirs", "runs/2/log": "theirs", "in place": "theirs"})
        (either_way / "other").write_text("replaced")
        (either_way / "other").replace(either_way / "notes.txt")

    with folders.saving(either_way, stale=shard) as staged:
        put(staged, NEW)
        thread = threading.Thread(target=others)
        thread.start()
        thread.join()
    assert content(either_way) == OLD | NEW | {
        "late.txt": "theirs",
        "late/er": "theirs",
        "runs/2/log": "theirs",
        "in place": "theirs",
        "notes.txt": "replaced",
    }


@pytest.mark.skipif(sys.platform != "linux", reason="only where folders are exchanged is there such a moment")
def test_what_others_put_into_the_folder_at_the_last_moment_stays(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = files.exchange

    def late(a: Path, b: Path) -> bool:
        put(folder, {"late.txt": "theirs", "late/er": "theirs", "runs/2/log": "theirs", "model-9.bin": "stale"})
        put(folder, {"other": "replaced", "config.json": "theirs, but we wrote it too"})
        (folder / "other").replace(folder / "notes.txt")
        assert exchange(a, b)
        return True

    monkeypatch.setattr(files, "exchange", late)
    with temporary.scratch(folder) as somebody:
        save(folder, NEW)
        assert somebody.exists()
    late_files = {"late.txt": "theirs", "late/er": "theirs", "runs/2/log": "theirs", "notes.txt": "replaced"}
    assert content(folder) == OLD | NEW | late_files
    assert leftovers(folder) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only where folders are exchanged is there such a moment")
def test_nobody_begins_in_the_new_folder_before_the_save_is_done_with_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = files.exchange
    free = []

    def try_to_begin(a: Path, b: Path) -> bool:
        done = exchange(a, b)
        fd = os.open(folder, os.O_RDONLY)
        free.append(syscalls.lock(fd, wait=False))
        os.close(fd)
        return done

    monkeypatch.setattr(files, "exchange", try_to_begin)
    save(folder, NEW)
    assert free == [False]


SAVER = """
import sys
from pathlib import Path
from anyhub import folders
folder, who = Path(sys.argv[1]), sys.argv[2]
if who in "12":
    import os
    os.chdir(folder)
for number in range(25):
    with folders.saving(folder, stale=lambda name: name.startswith("model-")) as staged:
        for name in ("model.safetensors", "config.json"):
            (staged / name).write_text(f"{who} {number}")
        (staged / f"model-{who}").write_text(f"{who} {number}")
        (staged / f"mine-{who}").write_text(f"{number}")
"""


def test_processes_that_save_at_once_take_turns(folder: Path) -> None:
    crowd = [subprocess.Popen([sys.executable, "-c", SAVER, str(folder), who]) for who in "1234"]
    assert [process.wait() for process in crowd] == [0] * 4
    left = content(folder)
    assert left["config.json"] == left["model.safetensors"]
    who = left["config.json"][0]
    assert [name for name in left if shard(name)] == [f"model-{who}"]
    assert all(left[f"mine-{who}"] == "24" for who in "1234")
    assert left["notes.txt"] == "mine"
    assert leftovers(folder) == []


# The journal


def decide(folder: Path, **changes: object) -> Path:
    """Leave a folder as a save does that is killed when its journal has been written."""
    waiting = folder / ".anyhub-save-0123456789abcdef"
    put(waiting, NEW | {"new/x": "new"})
    put(folder, {"model-1.bin": "stale"})
    steps = {
        "version": 1,
        "waiting": waiting.name,
        "folders": ["new"],
        "moves": {"config.json": 3, "model.safetensors": 3, "new/x": 3},
        "deletions": ["model-1.bin"],
    }
    (folder / journal.NAME).write_text(json.dumps(steps | changes))
    return waiting


AFTER = OLD | NEW | {"new/x": "new"}


def test_a_decided_save_is_finished(folder: Path) -> None:
    decide(folder)
    folders.settle(folder)
    assert content(folder) == AFTER
    folders.settle(folder)
    assert content(folder) == AFTER
    assert leftovers(folder) == []


@pytest.mark.parametrize("done", range(5))
def test_a_save_that_is_half_done_is_finished(folder: Path, done: int) -> None:
    waiting = decide(folder)
    (folder / "new").mkdir()
    steps: list[Callable[[], object]] = [
        lambda: (waiting / "config.json").replace(folder / "config.json"),
        lambda: (waiting / "new/x").replace(folder / "new/x"),
        lambda: (waiting / "model.safetensors").replace(folder / "model.safetensors"),
        (folder / "model-1.bin").unlink,
    ]
    for step in steps[:done]:
        step()
    folders.settle(folder)
    assert content(folder) == AFTER
    assert leftovers(folder) == []


def test_the_next_save_finishes_the_last_one_first(either_way: Path) -> None:
    decide(either_way)
    save(either_way, {"notes.txt": "newer"})
    assert content(either_way) == AFTER | {"notes.txt": "newer"}
    assert leftovers(either_way) == []


def test_a_save_that_was_not_decided_is_forgotten(either_way: Path) -> None:
    decide(either_way)
    (either_way / journal.NAME).unlink()
    (either_way / "model-1.bin").unlink()
    folders.settle(either_way)
    save(either_way, {"notes.txt": "a", "config.json": "b"})
    assert content(either_way) == OLD | {"notes.txt": "a", "config.json": "b"}
    assert leftovers(either_way) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from anyhub import folders
from anyhub.journal import Journal
folder, step = Path(sys.argv[1]), sys.argv[2]
setattr(Journal, step, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
with folders.saving(folder, stale=lambda name: name.startswith("model-")) as staged:
    for name in ("model.safetensors", "config.json"):
        (staged / name).write_text("new")
"""


@pytest.mark.parametrize(("step", "after"), [("publish", OLD | {"model-1.bin": "stale"}), ("roll_forward", OLD | NEW)])
def test_a_bind_mount_is_old_or_new_when_a_save_to_it_is_killed(bind_mount: Path, step: str, after: Content) -> None:
    put(bind_mount, {"model-1.bin": "stale"})
    killed = subprocess.run([sys.executable, "-c", KILLED, str(bind_mount), step], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert leftovers(bind_mount) != []
    folders.settle(bind_mount)
    assert {name: text for name, text in content(bind_mount).items() if not name.startswith(".anyhub-")} == after
    save(bind_mount, NEW)
    assert content(bind_mount) == OLD | NEW
    assert leftovers(bind_mount) == []


def test_many_may_finish_a_save_at_once(folder: Path) -> None:
    for _ in range(5):
        decide(folder)
        threads = [threading.Thread(target=folders.settle, args=(folder,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert content(folder) == AFTER


@pytest.mark.parametrize("harm", [lambda w: put(w, {"model.safetensors": "torn"}), shutil.rmtree], ids=["torn", "gone"])
def test_nothing_is_done_when_a_file_of_a_decided_save_is_not_whole(folder: Path, harm: Callable[[Path], None]) -> None:
    harm(decide(folder))
    before = content(folder)
    with pytest.raises(CorruptFileError, match=r"the new '.*' of 3 bytes is not there any more"):
        folders.settle(folder)
    assert content(folder) == before


@pytest.mark.parametrize(
    "changes",
    [
        {"moves": {"../outside": 3}},
        {"moves": {"/etc/passwd": 3}},
        {"moves": {".git/config": 3}},
        {"moves": {".anyhub-save.json": 3}},
        {"moves": {".anyhub-0123456789abcdef/x": 3}},
        {"moves": {"config.json": "3"}},
        {"moves": ["config.json"]},
        {"moves": None},
        {"deletions": ["../outside"]},
        {"deletions": ["runs/1"]},
        {"deletions": [""]},
        {"deletions": [7]},
        {"folders": ["../outside"]},
        {"waiting": "runs"},
        {"waiting": ".."},
        {"waiting": "../.anyhub-save-0123456789abcdef"},
        {"waiting": None},
        {"version": 2},
        {"more": 1},
    ],
    ids=str,
)
def test_a_journal_that_was_not_written_here_is_refused_and_nothing_done(
    folder: Path, changes: dict[str, object]
) -> None:
    put(folder.parent, {"outside": "old"})
    decide(folder, **changes)
    before = content(folder.parent)
    with pytest.raises(CorruptFileError, match="is not the journal of a save"):
        folders.settle(folder)
    assert content(folder.parent) == before


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\udcff"])
def test_a_torn_journal_is_refused(folder: Path, text: str) -> None:
    (folder / journal.NAME).write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(CorruptFileError, match=r"\.anyhub-save\.json"):
        folders.settle(folder)
    (folder / journal.NAME).unlink()
    assert content(folder) == OLD


@posix_only
@pytest.mark.parametrize("link", ["new", "waiting"])
def test_a_journal_does_not_lead_out_of_the_folder_by_a_link(folder: Path, link: str) -> None:
    waiting = decide(folder)
    put(folder.parent, {"outside/x": "old", "outside/config.json": "old"})
    if link == "waiting":
        waiting.rename(folder / "elsewhere")
        waiting.symlink_to("../outside")
    else:
        (folder / "new").symlink_to("../outside")
    before = content(folder.parent)
    with pytest.raises(CorruptFileError, match="symbolic link"):
        folders.settle(folder)
    assert content(folder.parent) == before


def test_a_save_is_not_decided_with_a_name_that_could_not_be_checked_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(InvalidPathError, match="git"):
        save(folder, NEW | {".git/config": "new"})
    assert content(folder) == OLD
    assert leftovers(folder) == []


def test_a_save_that_can_not_be_finished_says_how(small_disk: Path) -> None:
    put(small_disk / "model", OLD)
    decide(small_disk / "model")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(ReadOnlyError, match="load it once as a user who may write"):
        folders.settle(small_disk / "model")


def test_there_is_nothing_to_settle_where_there_is_no_folder(tmp_path: Path) -> None:
    folders.settle(tmp_path / "missing")
    put(tmp_path, {"file": "x"})
    folders.settle(tmp_path / "file")
    assert content(tmp_path) == {"file": "x"}
