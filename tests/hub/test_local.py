"""A hub that is a directory: what lies in it, what git makes of it, and when it refuses."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from anyhub.errors import CorruptFileError, DiskFullError, FormatTooNewError, RepositoryNotFoundError, StorageError
from anyhub.hub.local import LocalHub
from anyhub.hub.opening import endpoint_of, open_hub, using
from anyhub.hub.repos.objects import MANY_PACKS
from anyhub.values import AddFile, DeleteFile, RepoId


@pytest.fixture
def hub(tmp_path: Path) -> LocalHub:
    return LocalHub(tmp_path / "hub")


@pytest.fixture
def repo(hub: LocalHub) -> RepoId:
    repo = hub.repo_id("ada/engine")
    hub.create(repo)
    return repo


def git(git_dir: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "--git-dir", git_dir, *arguments], check=True, capture_output=True, text=True)
    assert done.stderr == ""
    return done.stdout


def read(hub: LocalHub, repo: RepoId, commit: str, path: str) -> bytes:
    with hub.open(repo, hub.entry(repo, commit, path)) as stream:
        return stream.read()


def test_git_reads_what_was_written_and_finds_no_fault(hub: LocalHub, repo: RepoId) -> None:
    files = [
        AddFile("a/b.txt", b"hello\n"),
        AddFile("a.c", b"x"),
        AddFile("a-b/é [1] x.bin", b"\0\1"),
        AddFile("z", b""),
    ]
    done = hub.commit(repo, files, message="Add files", description="With a body.")
    hub.create_ref(repo, "refs/tags/v1", done.commit.oid)
    hub.commit(repo, [DeleteFile("z"), AddFile("new", b"n")], message="Propose", pull_request=True)
    with hub.git_dir(repo) as git_dir:
        assert git(git_dir, "fsck", "--full", "--strict", "--no-dangling") == ""
        assert git(git_dir, "log", "-1", "--format=%H %s|%b|%an", "v1") == (
            f"{done.commit.oid} Add files|With a body.\n|username\n"
        )
        assert git(git_dir, "cat-file", "-p", "main:a/b.txt") == "hello\n"
        listed = git(git_dir, "-c", "core.quotePath=false", "ls-tree", "-r", "--format=%(objectname) %(path)", "main")
        ours = [f"{e.oid} {e.path}" for e in hub.tree(repo, done.commit.oid) if not e.is_folder]
        assert listed.splitlines() == ours
        assert git(git_dir, "rev-parse", "refs/pr/1").strip() == hub.resolve(repo, "refs/pr/1").oid


def test_git_itself_makes_the_same_ids_of_the_same_files(hub: LocalHub, repo: RepoId, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    for path, content in {"a/b.txt": b"hello\n", "a.c": b"x", "a0": b"", "ü/ö": b"1"}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    changes = [AddFile(p.relative_to(folder).as_posix(), p) for p in folder.rglob("*") if p.is_file()]
    commit = hub.commit(repo, changes, message="x").commit
    with hub.git_dir(repo) as git_dir:
        (folder / ".gitattributes").write_text(git(git_dir, "show", "main:.gitattributes"))
    git(folder / ".git", "init", "-q", "-b", "main")
    git(folder / ".git", "--work-tree", str(folder), "-c", "filter.lfs.required=false", "add", "-A")
    assert git(folder / ".git", "write-tree").strip() == commit.tree


def test_git_hands_every_large_file_to_git_lfs_and_no_other(hub: LocalHub, repo: RepoId) -> None:
    names = ["model.safetensors", "sub dir/data [1].raw", "#odd", "!odd", "x.unknown", "deep/x.unknown2"]
    hub.commit(repo, [AddFile(name, b"\0" + name.encode()) for name in names], message="large")
    commit = hub.commit(repo, [AddFile("deep/x.unknown", b"text"), AddFile("a.txt", b"t")], message="small").commit
    large = {entry.path for entry in hub.tree(repo, commit.oid) if entry.sha256}
    assert large == set(names)
    with hub.git_dir(repo) as git_dir:
        work = git_dir / "work"
        work.mkdir()
        (work / ".gitattributes").write_text(git(git_dir, "show", "main:.gitattributes"))
        paths = [*names, "deep/x.unknown", "a.txt"]
        said = subprocess.run(
            ["git", "--git-dir", git_dir, "--work-tree", work, "check-attr", "-z", "filter", "--", *paths],
            check=True,
            capture_output=True,
            text=True,
            cwd=work,
        ).stdout.split("\0")
        assert {
            path for path, _, value in zip(said[::3], said[1::3], said[2::3], strict=False) if value == "lfs"
        } == large


def test_a_large_file_is_a_pointer_in_git_and_its_bytes_lie_under_their_sha256(hub: LocalHub, repo: RepoId) -> None:
    content = b"\0" * 1000
    hub.commit(repo, [AddFile("m.bin", content)], message="m")
    sha256 = hashlib.sha256(content).hexdigest()
    with hub.git_dir(repo) as git_dir:
        assert git(git_dir, "cat-file", "-p", "main:m.bin") == (
            f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize 1000\n"
        )
    assert (hub.directory / "blobs" / sha256[:2] / sha256[2:4] / sha256).read_bytes() == content


def test_the_same_bytes_in_two_repositories_are_stored_once(hub: LocalHub, repo: RepoId) -> None:
    other = hub.repo_id("bob/copy")
    hub.create(other)
    for each in (repo, other):
        hub.commit(each, [AddFile("m.bin", b"\0same")], message="m")
    assert len([path for path in (hub.directory / "blobs").rglob("*") if path.is_file()]) == 1


def test_a_commit_that_changes_nothing_leaves_no_file_behind(hub: LocalHub, repo: RepoId) -> None:
    changes = [AddFile("m.bin", b"\0same"), AddFile("a.txt", b"a")]
    hub.commit(repo, changes, message="m")
    before = sorted(path for path in hub.directory.rglob("*") if "hub.db" not in path.name)
    assert not hub.commit(repo, changes, message="again").changed
    assert sorted(path for path in hub.directory.rglob("*") if "hub.db" not in path.name) == before


def test_many_commits_leave_few_packs_and_every_object(hub: LocalHub, repo: RepoId) -> None:
    for number in range(3 * MANY_PACKS):
        hub.commit(repo, [AddFile(f"{number % 7}.txt", b"%d" % number)], message=f"{number}")
    packs = list((hub.directory / "repos").rglob("*.pack"))
    assert len(packs) <= MANY_PACKS + 1
    with hub.git_dir(repo) as git_dir:
        assert git(git_dir, "fsck", "--full", "--strict", "--no-dangling") == ""
        assert len(git(git_dir, "log", "--format=%H", "main").splitlines()) == 3 * MANY_PACKS + 1
    for number, commit in zip(range(3 * MANY_PACKS - 1, -1, -1), hub.history(repo), strict=False):
        with hub.open(repo, hub.entry(repo, commit.oid, f"{number % 7}.txt")) as stream:
            assert stream.read() == b"%d" % number


def test_a_reader_with_old_packs_open_goes_on_after_they_were_gathered(hub: LocalHub, repo: RepoId) -> None:
    first = hub.commit(repo, [AddFile("0.txt", b"first")], message="first").commit
    reader = LocalHub(hub.directory)
    assert read(reader, repo, first.oid, "0.txt") == b"first"
    for number in range(MANY_PACKS + 2):
        hub.commit(repo, [AddFile("n.txt", b"%d" % number)], message=f"{number}")
    assert read(reader, repo, first.oid, "0.txt") == b"first"


def test_a_deleted_repository_leaves_no_bytes(hub: LocalHub, repo: RepoId) -> None:
    hub.commit(repo, [AddFile("m.bin", b"\0mine"), AddFile("a.txt", b"a")], message="m")
    hub.delete(repo)
    assert [path for path in (hub.directory / "blobs").rglob("*") if path.is_file()] == []
    assert list((hub.directory / "repos").iterdir()) == []


SOURCE_OF_FORK = """
import os, sys, time
from anyhub.hub.opening import open_hub
from anyhub.values import AddFile
hub = open_hub(sys.argv[1])
repo = hub.repo_id("ada/engine")
hub.resolve(repo)
read, write = os.pipe()
parent = os.getpid()
if os.fork():
    os.close(write)
    os.read(read, 1)
    sys.exit()  # closes what it has open, while the child goes on
os.close(read)
hub.commit(repo, [AddFile("one.txt", b"1")], message="one")
os.close(write)
while os.getppid() == parent:
    time.sleep(0.001)
hub.commit(repo, [AddFile("two.txt", b"2")], message="two")
print([commit.title for commit in hub.history(repo)], flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_that_was_forked_from_a_process_with_an_open_hub_loses_nothing(hub: LocalHub, repo: RepoId) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SOURCE_OF_FORK, str(hub.directory)], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert done.stdout == "['two', 'one', 'initial commit']\n"
    assert [commit.title for commit in LocalHub(hub.directory).history(repo)] == ["two", "one", "initial commit"]


def test_a_hub_that_is_moved_under_an_open_one_takes_its_repositories_along(hub: LocalHub, repo: RepoId) -> None:
    moved = hub.directory.rename(hub.directory.with_name("moved"))
    with pytest.raises(RepositoryNotFoundError):
        hub.commit(repo, [AddFile("a.txt", b"a")], message="a")
    assert LocalHub(moved).commit(repo, [AddFile("a.txt", b"a")], message="a").changed


def test_a_hub_that_is_moved_while_something_is_pushed_keeps_nothing_of_it(
    hub: LocalHub, repo: RepoId, tmp_path: Path
) -> None:
    moved = tmp_path / "moved"

    def move_meanwhile() -> None:
        with hub._database.transaction():
            hub._catalog.set_private(hub._catalog.pk(repo), True)
            hub.directory.rename(moved)

    with pytest.raises(StorageError, match="moved, removed or replaced"):
        move_meanwhile()
    assert LocalHub(moved).info(repo).private is False


def test_a_process_that_is_killed_while_it_deletes_takes_nothing_from_another_repository(
    hub: LocalHub, repo: RepoId, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.commit(repo, [AddFile("m.bin", b"\0mine")], message="m")

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(hub._garbage, "_remove", killed)
    with pytest.raises(Killed):
        hub.delete(repo)
    monkeypatch.undo()
    hub.create(repo)
    again = hub.commit(repo, [AddFile("m.bin", b"\0mine")], message="m").commit
    other = hub.repo_id("ada/other")
    hub.create(other)
    hub.delete(other)  # which collects what the killed process left
    assert read(hub, repo, again.oid, "m.bin") == b"\0mine"
    assert hub._database.query("SELECT * FROM garbage") == []


def test_a_lost_blob_is_healed_by_pushing_the_file_again(hub: LocalHub, repo: RepoId, tmp_path: Path) -> None:
    source = tmp_path / "m.bin"
    source.write_bytes(b"\0mine")
    commit = hub.commit(repo, [AddFile("m.bin", source)], message="m").commit
    shutil.rmtree(hub.directory / "blobs")
    assert not hub.commit(repo, [AddFile("m.bin", source)], message="m").changed
    assert read(hub, repo, commit.oid, "m.bin") == b"\0mine"


@pytest.mark.parametrize("kind", ["symlink", "hard link"])
def test_a_staged_link_is_copied_so_that_the_blob_is_nobody_elses_file(
    hub: LocalHub, repo: RepoId, tmp_path: Path, kind: str
) -> None:
    mine = tmp_path / "mine.bin"
    mine.write_bytes(b"\0mine")
    with hub.staging() as staging:
        staged = staging / "staged.bin"
        if kind == "symlink":
            staged.symlink_to(mine)
        else:
            staged.hardlink_to(mine)
        commit = hub.commit(repo, [AddFile("m.bin", staged, adopt=True)], message="m").commit
    mine.write_bytes(b"\0changed")
    path = hub.local_path(repo, hub.entry(repo, commit.oid, "m.bin"))
    assert path is not None
    assert path.read_bytes() == b"\0mine"
    assert not path.is_symlink()


def test_a_large_commit_of_small_files_is_not_held_in_memory(hub: LocalHub, repo: RepoId, tmp_path: Path) -> None:
    changes = []
    for number in range(30):
        source = tmp_path / f"{number}.txt"
        source.write_bytes(b"%d " % number * 1_500_000)
        changes.append(AddFile(f"{number}.txt", source))
    tracemalloc.start()
    commit = hub.commit(repo, changes, message="much").commit
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100 * 2**20
    assert read(hub, repo, commit.oid, "29.txt") == b"29 " * 1_500_000
    assert not hub.commit(repo, changes, message="again").changed


def test_a_pack_that_is_damaged_is_told(hub: LocalHub, repo: RepoId) -> None:
    commit = hub.commit(repo, [AddFile("a.txt", b"text " * 500)], message="a").commit
    hub.close()
    for pack in (hub.directory / "repos").rglob("*.pack"):
        content = bytearray(pack.read_bytes())
        content[20:-24] = bytes(byte ^ 0x55 for byte in content[20:-24])
        pack.chmod(0o644)
        pack.write_bytes(content)
    with pytest.raises(CorruptFileError, match="damaged"):
        LocalHub(hub.directory).open(repo, hub.entry(repo, commit.oid, "a.txt"))


def test_staging_before_the_first_write_leaves_a_folder_that_is_still_free_for_a_hub(tmp_path: Path) -> None:
    hub = LocalHub(tmp_path / "hub")
    with hub.staging():
        pass
    again = LocalHub(tmp_path / "hub")
    again.create(again.repo_id("x"))


def test_a_hub_of_a_newer_format_is_refused_and_left_alone(hub: LocalHub, repo: RepoId) -> None:
    hub.close()
    with closing(sqlite3.connect(hub.directory / "hub.db")) as connection:
        connection.execute("PRAGMA user_version=99")
    with pytest.raises(FormatTooNewError, match=r"format 99.*Upgrade anyhub"):
        LocalHub(hub.directory)


def test_a_folder_with_other_files_is_not_made_a_hub(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(StorageError, match=r"thesis\.tex"):
        LocalHub(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_is_not_a_hub(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StorageError, match="is a file"):
        LocalHub(tmp_path / "file")


@pytest.mark.parametrize("content", [b"not a database" * 100, b"SQLite format 3\0 and then nothing that is one" * 9])
def test_a_damaged_database_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "hub.db").write_bytes(content)
    with pytest.raises(CorruptFileError, match=r"hub\.db"):
        LocalHub(tmp_path)


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "hub.db")) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    with pytest.raises(CorruptFileError, match="not a hub's"):
        LocalHub(tmp_path)


def test_a_lost_blob_is_told_by_name(hub: LocalHub, repo: RepoId) -> None:
    commit = hub.commit(repo, [AddFile("m.bin", b"\0mine")], message="m").commit
    shutil.rmtree(hub.directory / "blobs")
    entry = hub.entry(repo, commit.oid, "m.bin")
    assert hub.local_path(repo, entry) is None
    with pytest.raises(CorruptFileError, match=r"m\.bin"):
        hub.open(repo, entry)


READER = """
import sys
from anyhub.errors import ReadOnlyError
from anyhub.hub.local import LocalHub
from anyhub.values import AddFile
hub = LocalHub(sys.argv[1])
repo = hub.repo_id("ada/engine")
head = hub.resolve(repo)
print([hub.open(repo, e).read() for e in hub.tree(repo, head.oid) if e.path in ("a.txt", "m.bin")])
for write in (
    lambda: hub.commit(repo, [AddFile("b.txt", b"b")], message="b"),
    lambda: hub.create(hub.repo_id("new")),
    lambda: hub.create_ref(repo, "refs/tags/v1", head.oid),
    lambda: hub.delete(repo),
    lambda: LocalHub(sys.argv[1] + "/repos/new").create(repo),
):
    try:
        write()
    except ReadOnlyError as error:
        print("refused:", error)
"""


def test_a_read_only_hub_can_be_read_and_says_what_it_can_not_do(
    tmp_path: Path, run_without_rights: Callable[..., str]
) -> None:
    hub = LocalHub(tmp_path / "hub")
    repo = hub.repo_id("ada/engine")
    hub.create(repo)
    hub.commit(repo, [AddFile("a.txt", b"a"), AddFile("m.bin", b"\0m")], message="m")
    hub.close()
    for path in [hub.directory, *hub.directory.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        lines = run_without_rights(READER, str(hub.directory)).splitlines()
    finally:
        for path in [hub.directory, *hub.directory.rglob("*")]:
            if path.is_dir():
                path.chmod(0o755)
    assert lines[0] == "[b'a', b'\\x00m']"
    assert len(lines) == 6
    assert all(str(hub.directory) in line for line in lines[1:])


def test_reading_makes_no_hub_where_there_is_none(tmp_path: Path) -> None:
    hub = LocalHub(tmp_path / "mistyped")
    with pytest.raises(RepositoryNotFoundError):
        hub.resolve(hub.repo_id("ada/engine"))
    assert list(tmp_path.iterdir()) == []
    hub.create(hub.repo_id("ada/engine"))
    assert (tmp_path / "mistyped" / "hub.db").exists()


FILLER = """
import resource, signal, sys
from anyhub.errors import DiskFullError
from anyhub.hub.local import LocalHub
from anyhub.values import AddFile
hub = LocalHub(sys.argv[1])
repo = hub.repo_id("ada/engine")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
try:
    hub.commit(repo, [AddFile("big.bin", b"\\0" * 3_000_000), AddFile("a.txt", b"new")], message="too much")
except DiskFullError as error:
    print("refused:", error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of this kind exist on POSIX systems only")
def test_a_push_that_finds_no_space_is_refused_and_the_old_state_stays(hub: LocalHub, repo: RepoId) -> None:
    head = hub.commit(repo, [AddFile("a.txt", b"old")], message="old").commit
    done = subprocess.run(
        [sys.executable, "-c", FILLER, str(hub.directory)], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("refused: ")
    assert done.stderr == ""
    assert hub.resolve(repo) == head
    assert read(hub, repo, head.oid, "a.txt") == b"old"
    assert list((hub.directory / "staging").iterdir()) == []
    assert hub.commit(repo, [AddFile("b.txt", b"b")], message="goes on").changed


def test_sqlite_that_finds_no_space_is_a_full_disk(hub: LocalHub, repo: RepoId) -> None:
    head = hub.resolve(repo)
    pages = hub._database.query("PRAGMA page_count")[0][0]
    hub._database.query(f"PRAGMA max_page_count={pages}")
    with pytest.raises(DiskFullError, match=r"hub\.db"):
        hub.commit(repo, [AddFile(f"{n}/{n}.txt", b"%d" % n) for n in range(300)], message="many")
    hub._database.query("PRAGMA max_page_count=1073741823")
    assert hub.resolve(repo) == head
    assert hub.commit(repo, [AddFile("a.txt", b"a")], message="a").changed


def test_one_endpoint_is_opened_once_and_looked_at_again_each_time(tmp_path: Path) -> None:
    first = open_hub(tmp_path / "hub")
    first.create(first.repo_id("x"))
    assert open_hub(str(tmp_path / "hub")) is first
    assert open_hub((tmp_path / "hub").as_uri()) is first
    shutil.rmtree(tmp_path / "hub")
    first.create(first.repo_id("x"))
    assert (tmp_path / "hub" / "hub.db").exists()
    shutil.rmtree(tmp_path / "hub")
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "thesis.tex").write_text("mine")
    with pytest.raises(StorageError, match="is not a hub"):
        open_hub(tmp_path / "hub")


def test_the_endpoint_is_the_callers_then_the_blocks_then_the_environments_then_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert endpoint_of() == os.path.join(os.environ["ANYHUB_HOME"], "hub")
    monkeypatch.setenv("HF_ENDPOINT", str(tmp_path / "c"))
    assert endpoint_of() == str(tmp_path / "c")
    monkeypatch.setenv("ANYHUB_ENDPOINT", str(tmp_path / "b"))
    assert endpoint_of() == str(tmp_path / "b")
    with using(open_hub(tmp_path / "a")) as hub:
        assert open_hub() is hub
        assert open_hub(tmp_path / "d").endpoint == str(tmp_path / "d")
