"""Durable writes: what appears under a name is all of it or nothing, and is known by its hash."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from anyhub import files
from anyhub.errors import DiskFullError, ReadOnlyError, StorageError
from anyhub.values import Digest

LARGE = os.urandom(2**20) * 40 + b"and an odd end"
posix_only = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no modes, locks on folders or strict names"
)


def digest(data: bytes) -> Digest:
    return Digest(hashlib.sha256(data).hexdigest(), len(data))


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture(params=[0o022, 0o077, 0o002], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of one megabyte."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = sys.platform == "linux" and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], check=False, capture_output=True
    )
    if not mounted or mounted.returncode:
        pytest.skip("a small file system can be mounted only by root of Linux")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


# Writing and hashing


@pytest.mark.parametrize("size", [0, 1, 2**20 - 1, 2**20, 16 * 2**20, len(LARGE)])
def test_a_file_is_hashed_while_it_is_written(tmp_path: Path, size: int) -> None:
    with files.create(tmp_path / "a") as writer:
        writer.write(LARGE[:size])
    assert (tmp_path / "a").read_bytes() == LARGE[:size]
    assert writer.digest == digest(LARGE[:size])


def test_many_buffers_of_all_sizes_are_one_file(tmp_path: Path) -> None:
    pieces = [LARGE[:3], LARGE[3 : 30 * 2**20], b"", LARGE[30 * 2**20 : 30 * 2**20 + 7], LARGE[30 * 2**20 + 7 :]]
    with files.create(tmp_path / "a") as writer:
        for piece in pieces:
            writer.write(memoryview(piece))
    assert writer.digest == digest(LARGE)
    assert (tmp_path / "a").read_bytes() == LARGE


@pytest.mark.parametrize("shape", [(3, 5), (0, 4), (1000, 500)])
def test_arrays_are_written_as_they_lie_in_memory(tmp_path: Path, shape: tuple[int, int]) -> None:
    array = np.arange(shape[0] * shape[1], dtype="<f8").reshape(shape)
    with files.create(tmp_path / "a") as writer:
        writer.write(array)
    assert (tmp_path / "a").read_bytes() == array.tobytes()
    assert writer.digest == digest(array.tobytes())


def test_a_buffer_may_be_changed_as_soon_as_it_is_written(tmp_path: Path) -> None:
    buffer = bytearray(LARGE)
    with files.create(tmp_path / "a") as writer:
        writer.write(buffer)
        buffer[:] = bytes(len(buffer))
        writer.write(buffer)
    assert writer.digest == digest(LARGE + bytes(len(LARGE)))


class SlowHash:
    """SHA-256 that takes a piece only after the file has it, and knows whether it is called in turn."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()
        self.written, self.done, self.busy, self.overlapped = 0, 0, False, False
        self.progress = threading.Condition()

    def wrote(self, count: int) -> None:
        with self.progress:
            self.written += count
            self.progress.notify_all()

    def update(self, piece: memoryview) -> None:
        self.overlapped |= self.busy
        self.busy = True
        with self.progress:
            self.progress.wait_for(lambda: self.written >= self.done + piece.nbytes)
        self.hash.update(piece)
        self.done += piece.nbytes
        self.busy = False


def test_pieces_are_hashed_in_turn_and_all_of_them_when_write_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, write = SlowHash(), os.write

    def and_tell(fd: int, data: memoryview) -> int:
        count = write(fd, data)
        slow.wrote(count)
        return count

    monkeypatch.setattr(os, "write", and_tell)
    with files.create(tmp_path / "a") as writer:
        monkeypatch.setattr(writer._hashing, "_hash", slow)
        writer.write(LARGE)
        assert slow.done == len(LARGE)
    assert not slow.overlapped
    assert slow.hash.hexdigest() == digest(LARGE).sha256


def test_a_short_write_is_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[: 2**20 + 1]))
    with files.create(tmp_path / "a") as writer:
        writer.write(LARGE)
    assert writer.digest == digest(LARGE)
    assert (tmp_path / "a").read_bytes() == LARGE


def test_a_strided_array_is_refused(tmp_path: Path) -> None:
    with pytest.raises((TypeError, BufferError)), files.create(tmp_path / "a") as writer:
        writer.write(np.zeros((4, 4))[:, ::2])
    assert not (tmp_path / "a").exists()


def test_what_is_written_by_a_body_that_fails_is_removed(tmp_path: Path) -> None:
    def fail() -> None:
        with files.create(tmp_path / "a") as writer:
            writer.write(LARGE)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list(tmp_path.iterdir()) == []
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("anyhub-write")]


def test_a_name_that_is_taken_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(FileExistsError), files.create(tmp_path / "a"):
        pass
    assert (tmp_path / "a").read_bytes() == b"old"


def test_an_error_of_the_body_is_not_taken_for_one_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(PermissionError) as caught, files.create(tmp_path / "a"):
        raise PermissionError(errno.EACCES, "somebody else's", "elsewhere")
    assert not isinstance(caught.value, StorageError)


@pytest.mark.parametrize("size", [0, 5, len(LARGE)])
def test_a_copy_holds_the_same_bytes_and_tells_its_progress(tmp_path: Path, size: int) -> None:
    (tmp_path / "a").write_bytes(LARGE[:size])
    copied: list[int] = []
    read: list[int] = []
    assert files.copy(tmp_path / "a", tmp_path / "b", copied.append) == digest(LARGE[:size])
    assert files.hash_file(tmp_path / "a", read.append) == digest(LARGE[:size])
    assert (tmp_path / "b").read_bytes() == LARGE[:size]
    assert sum(copied) == sum(read) == size


# Recording


def test_a_recording_knows_what_was_written_even_under_another_name(tmp_path: Path) -> None:
    with files.recording() as noted:
        with files.create(tmp_path / "a") as writer:
            writer.write(b"one")
        files.write(tmp_path / "b", "two")
        files.copy(tmp_path / "a", tmp_path / "c")
        files.publish(tmp_path / "a", tmp_path / "d")
    assert noted.digest(tmp_path / "d") == noted.digest(tmp_path / "c") == digest(b"one")
    assert noted.digest(tmp_path / "b") == digest(b"two")
    assert noted.digest(tmp_path / "a") is None


def test_a_recording_says_nothing_of_a_file_that_was_changed_since(tmp_path: Path) -> None:
    with files.recording() as noted:
        for name in ("longer", "touched", "replaced"):
            files.write(tmp_path / name, b"one")
        (tmp_path / "longer").write_bytes(b"one and more")
        os.utime(tmp_path / "touched", ns=(1, 1))
        (tmp_path / "other").write_bytes(b"two")
        (tmp_path / "other").replace(tmp_path / "replaced")
        assert [noted.digest(tmp_path / name) for name in ("longer", "touched", "replaced")] == [None] * 3


def test_an_outer_recording_hears_of_an_inner_one_and_nobody_of_what_comes_after(tmp_path: Path) -> None:
    with files.recording() as outer:
        with files.recording() as inner:
            files.write(tmp_path / "a", b"one")
        files.write(tmp_path / "b", b"two")
    files.write(tmp_path / "c", b"three")
    assert outer.digest(tmp_path / "a") == inner.digest(tmp_path / "a") == digest(b"one")
    assert outer.digest(tmp_path / "b") == digest(b"two")
    assert inner.digest(tmp_path / "b") is None
    assert outer.digest(tmp_path / "c") is None


# Replacing one file


@posix_only
def test_new_files_have_the_mode_that_the_umask_allows(tmp_path: Path, umask: int) -> None:
    files.write(tmp_path / "a", b"one")
    files.copy(tmp_path / "a", tmp_path / "b")
    assert mode(tmp_path / "a") == mode(tmp_path / "b") == 0o666 & ~umask


@posix_only
def test_a_replaced_file_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a").chmod(0o640)
    files.write(tmp_path / "a", "new – neu")
    assert (tmp_path / "a").read_text("utf-8") == "new – neu"
    assert mode(tmp_path / "a") == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_read_only_file_is_replaced_and_removed_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "staged").write_bytes(b"one")
    files.publish(tmp_path / "staged", tmp_path / "a", read_only=True)
    assert not mode(tmp_path / "a") & 0o222
    (tmp_path / "staged").write_bytes(b"two")
    files.publish(tmp_path / "staged", tmp_path / "a", read_only=True, synced=True)
    assert (tmp_path / "a").read_bytes() == b"two"
    files.sync(tmp_path / "a")
    files.remove(tmp_path / "a")
    files.remove(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_named_and_leaves_the_old_file(small_disk: Path) -> None:
    files.write(small_disk / "a", b"old")
    with pytest.raises(DiskFullError, match="the disk is full: need 2,097,152 bytes, have") as caught:
        files.write(small_disk / "a", bytes(2**21))
    assert caught.value.needed_bytes == 2**21
    assert 2**19 < caught.value.free_bytes <= 2**20
    assert str(small_disk / "a") in str(caught.value)
    assert caught.value.errno == errno.ENOSPC
    assert [path.name for path in small_disk.iterdir()] == ["a"]
    assert (small_disk / "a").read_bytes() == b"old"


@pytest.mark.parametrize("size", [2**19, 40 * 2**20])
def test_a_full_disk_is_named_while_a_large_file_is_written(small_disk: Path, size: int) -> None:
    (small_disk / "other").write_bytes(bytes(900_000))
    with pytest.raises(DiskFullError, match="free some space") as caught, files.create(small_disk / "a") as writer:
        writer.write(LARGE[:size])
    assert caught.value.free_bytes > 100_000
    assert [path.name for path in small_disk.iterdir()] == ["other"]


@posix_only
def test_a_limit_on_the_size_of_files_is_named(tmp_path: Path) -> None:
    script = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000));"
        "from pathlib import Path; from anyhub import errors, files\n"
        "try: files.write(Path(sys.argv[1]), bytes(2000))\n"
        "except errors.DiskFullError as error: print(error)"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "a")], check=True, capture_output=True, text=True
    )
    assert "ulimit -f" in run.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_a_refusal_to_write_names_the_path(tmp_path: Path, number: int) -> None:
    with pytest.raises(ReadOnlyError, match="weights"), files.storage_errors(tmp_path / "weights"):
        raise OSError(number, os.strerror(number))


def test_a_disk_that_may_not_be_written_is_named_by_the_file_that_was_to_be(small_disk: Path) -> None:
    (small_disk / "blob").write_bytes(b"one")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    for attempt in (
        lambda path: files.write(path, b"new"),
        lambda path: files.share(small_disk / "blob", path),
        lambda path: files.symlink("blob", path, small_disk / "blob"),
        files.make_folder,
        lambda path: files.rename(small_disk / "blob", path),
    ):
        with pytest.raises(ReadOnlyError, match=r"small/a' can not be written \(Read-only file system\)"):
            attempt(small_disk / "a")


def test_other_errors_pass_as_they_are(tmp_path: Path) -> None:
    with pytest.raises(InterruptedError), files.storage_errors(tmp_path):
        raise InterruptedError(errno.EINTR, "interrupted")


# Sharing


def test_a_shared_file_is_the_same_one_and_read_only(tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(b"one")
    assert files.share(tmp_path / "blob", tmp_path / "a") == "hardlink"
    assert (tmp_path / "a").samefile(tmp_path / "blob")
    assert not mode(tmp_path / "a") & 0o222
    assert files.share(tmp_path / "blob", tmp_path / "a") == "hardlink"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "blob"]


def test_what_is_shared_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(b"one")
    (tmp_path / "a").write_bytes(b"old")
    files.share(tmp_path / "blob", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"one"


def test_a_link_to_the_source_is_followed(tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(b"one")
    (tmp_path / "link").symlink_to("blob")
    files.share(tmp_path / "link", tmp_path / "a")
    assert not (tmp_path / "a").is_symlink()
    assert (tmp_path / "a").samefile(tmp_path / "blob")


def test_a_file_is_copied_to_another_file_system(tmp_path: Path, small_disk: Path) -> None:
    (tmp_path / "blob").write_bytes(b"one")
    assert files.share(tmp_path / "blob", small_disk / "a") == "copy"
    assert mode(small_disk / "a") == 0o444
    assert (small_disk / "a").read_bytes() == b"one"
    assert [path.name for path in small_disk.iterdir()] == ["a"]


def test_a_share_that_does_not_fit_leaves_what_was_there(tmp_path: Path, small_disk: Path) -> None:
    (tmp_path / "blob").write_bytes(LARGE)
    (small_disk / "a").write_bytes(b"old")
    with pytest.raises(DiskFullError):
        files.share(tmp_path / "blob", small_disk / "a")
    assert (small_disk / "a").read_bytes() == b"old"
    assert [path.name for path in small_disk.iterdir()] == ["a"]


def test_a_missing_source_is_not_taken_for_a_disk_that_can_not_link(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        files.share(tmp_path / "missing", tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


@posix_only
def test_a_symbolic_link_replaces_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs/x").write_bytes(b"one")
    (tmp_path / "snapshot").mkdir()
    (tmp_path / "snapshot/a").write_bytes(b"old")
    link = tmp_path / "snapshot/a"
    assert files.symlink("../blobs/x", link, tmp_path / "blobs/x") == "symlink"
    assert os.readlink(link) == "../blobs/x"
    assert link.read_bytes() == b"one"
    assert [path.name for path in link.parent.iterdir()] == ["a"]


@posix_only
def test_where_no_symbolic_links_are_allowed_the_file_is_shared(tmp_path: Path, without_call: list[str]) -> None:
    (tmp_path / "x").write_bytes(b"one")
    script = "from pathlib import Path; from anyhub import files; print(files.symlink('x', Path('a'), Path('x')))"
    run = subprocess.run(
        [*without_call, sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    assert run.stdout.strip() == "hardlink"
    assert (tmp_path / "a").samefile(tmp_path / "x")


@pytest.fixture
def without_call() -> list[str]:
    if shutil.which("strace") is None:
        pytest.skip("a file system without symbolic links is imitated by strace, which is missing here")
    return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=?symlink,?symlinkat:error=EPERM"]


# Folders


def test_folders_are_made_with_those_above_them(tmp_path: Path) -> None:
    files.make_folder(tmp_path / "a/b/c")
    files.make_folder(tmp_path / "a/b/c")
    assert (tmp_path / "a/b/c").is_dir()


def test_no_folder_is_made_where_a_file_is(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(OSError, match="a"):
        files.make_folder(tmp_path / "a/b")
    with pytest.raises(FileExistsError):
        files.make_folder(tmp_path / "a")


def test_a_tree_with_read_only_folders_and_files_is_removed(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/c").write_bytes(b"")
    (tmp_path / "a/b/c").chmod(0o444)
    (tmp_path / "a/b").chmod(0o555)
    files.remove_tree(tmp_path / "a")
    files.remove_tree(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


@posix_only
def test_a_link_to_a_tree_is_removed_and_the_tree_stays(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "link").symlink_to("tree")
    files.remove_tree(tmp_path / "link")
    assert [path.name for path in tmp_path.iterdir()] == ["tree"]


def test_two_folders_are_exchanged_or_both_are_left(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_bytes(b"")
    swapped = files.exchange(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "a" / ("b" if swapped else "a")).exists()
    assert (tmp_path / "b" / ("a" if swapped else "b")).exists()
    assert swapped or sys.platform != "linux"


def test_folders_of_two_file_systems_are_not_exchanged(tmp_path: Path, small_disk: Path) -> None:
    (tmp_path / "a").mkdir()
    (small_disk / "b").mkdir()
    assert files.exchange(tmp_path / "a", small_disk / "b") is False


def test_an_exchange_with_nothing_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    if sys.platform == "linux":
        with pytest.raises(FileNotFoundError):
            files.exchange(tmp_path / "a", tmp_path / "missing")


def test_pieces_that_are_hashed_later_keep_their_order(tmp_path: Path) -> None:
    pieces = [
        bytes([number]) * size for number, size in enumerate((3, 40 * 2**20, 5, 40 * 2**20, 2**20, 1, 40 * 2**20))
    ]
    with files.create(tmp_path / "file") as writer:
        for number, piece in enumerate(pieces):
            writer.write(piece, lasting=number % 3 != 0)
    content = b"".join(pieces)
    assert (tmp_path / "file").read_bytes() == content
    assert writer.digest.sha256 == hashlib.sha256(content).hexdigest()
    assert writer.digest.size == len(content)
