"""What git sends to whoever fetches: made by git itself, ended when nobody reads it, told nothing of this machine."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from running_git import git

from anyhub.errors import CorruptFileError, StorageError, TooLargeError, ValidationError
from anyhub.git import serving
from anyhub.git.process import Git
from anyhub.wire.pktline import FLUSH, Packets, packet


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit of one file of random bytes, and an annotated tag."""
    folder = tmp_path / "it's a repository"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "file.bin").write_bytes(os.urandom(3_000_000))
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    git(folder, "tag", "-a", "v1", "-m", "one")
    return folder / ".git"


@contextmanager
def lent(path: Path, returned: list[Path]) -> Iterator[Path]:
    yield path
    returned.append(path)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def request_for(oid: str) -> bytes:
    return packet(f"want {oid} side-band-64k ofs-delta\n".encode()) + FLUSH + packet(b"done\n")


def test_version_0_is_told_all_references(repository: Path) -> None:
    packets = Packets([serving.advertisement(repository, "")])
    assert list(packets.section(5)) == [b"# service=git-upload-pack\n"]
    names = [line.split(b"\0")[0].split()[1] for line in packets.section(10)]
    assert names == [b"HEAD", b"refs/heads/main", b"refs/tags/v1", b"refs/tags/v1^{}"]


def test_version_2_is_told_what_the_server_can_do(repository: Path) -> None:
    lines = list(Packets([serving.advertisement(repository, "version=2")]).section(20))
    assert lines[0] == b"version 2\n"
    assert any(line.startswith(b"fetch=") and b"filter" in line for line in lines)


def test_references_have_the_id_of_the_tag_object(repository: Path) -> None:
    assert serving.references(repository) == [
        ("refs/heads/main", git(repository, "rev-parse", "main")),
        ("refs/tags/v1", git(repository, "rev-parse", "v1")),
    ]


def test_objects_come_in_large_pieces_and_the_repository_is_returned(repository: Path, tmp_path: Path) -> None:
    returned: list[Path] = []
    objects = serving.Objects(lent(repository, returned), request_for(git(repository, "rev-parse", "main")), "")
    pieces = list(objects)
    assert all(len(piece) >= 2**16 for piece in pieces[:-1])
    assert returned == [repository]
    packets = Packets(pieces)
    assert next(iter(packets.section(1))) == b"NAK\n"
    pack = b"".join(line[1:] for line in packets.section(10_000) if line[:1] == b"\x01")
    git(tmp_path, "init", "-q", "copy")
    git(tmp_path / "copy", "index-pack", "--stdin", "--strict", data=pack)


def test_git_ends_when_nobody_reads_on(repository: Path) -> None:
    returned: list[Path] = []
    objects = serving.Objects(lent(repository, returned), request_for(git(repository, "rev-parse", "main")), "")
    next(objects)
    pid = objects._git.pid
    assert is_running(pid)
    objects.close()
    assert not is_running(pid)
    assert returned == [repository]
    with pytest.raises(StopIteration):
        next(objects)


def test_git_ends_when_its_time_is_up(repository: Path) -> None:
    began = time.monotonic()
    with Git(repository, "cat-file", "--batch", seconds=0.2) as waiting:
        assert waiting.wait() != 0
    assert time.monotonic() - began < 10


def test_hooks_and_configuration_of_this_machine_are_not_looked_at(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "gitconfig"
    config.write_text("[uploadpack]\n\tpackObjectsHook = false\n[transfer]\n\thideRefs = refs/tags\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".gitconfig").write_text(config.read_text())
    assert b"refs/tags/v1" in serving.advertisement(repository, "")


@pytest.mark.parametrize("header", ["version=2\n", "version=2; rm", "x" * 200, "\0"])
def test_a_malformed_protocol_is_refused(repository: Path, header: str) -> None:
    with pytest.raises(ValidationError, match="Git-Protocol"):
        serving.advertisement(repository, header)


def test_what_is_wrong_with_a_repository_is_for_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(CorruptFileError) as caught:
        serving.advertisement(tmp_path, "")
    assert str(tmp_path) in caplog.text
    assert str(tmp_path) not in str(caught.value)


def test_an_answer_that_is_too_long_is_refused(repository: Path) -> None:
    with Git(repository, "cat-file", "blob", "main:file.bin", seconds=60) as process, pytest.raises(TooLargeError):
        process.output(1000)


def test_no_more_answers_are_made_at_once_than_allowed(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "_free", threading.BoundedSemaphore(1))
    monkeypatch.setattr(serving, "_PATIENCE", 0.1)
    request = request_for(git(repository, "rev-parse", "main"))
    first = serving.Objects(lent(repository, []), request, "")
    with pytest.raises(StorageError, match="Try again"):
        serving.Objects(lent(repository, []), request, "")
    first.close()
    serving.Objects(lent(repository, []), request, "").close()
