"""A push as it comes: its commands are read, its pack is checked and kept apart, and the answer tells what was done."""

from __future__ import annotations

import subprocess
import zlib
from hashlib import sha1
from pathlib import Path

import pytest
from running_git import git

from anyhub.errors import ConflictError, CorruptFileError, TooLargeError, ValidationError
from anyhub.git import receiving
from anyhub.git.receiving import read_push, receive_pack, report
from anyhub.values import RefUpdate
from anyhub.wire.pktline import FLUSH, Packets, packet

NOTHING, ONE, TWO = "0" * 40, "1" * 40, "2" * 40


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A bare repository with one commit."""
    (tmp_path / "work").mkdir()
    git(tmp_path / "work", "init", "-q")
    (tmp_path / "work/README.md").write_text("Hello, world. " * 1000)
    git(tmp_path / "work", "add", ".")
    git(tmp_path / "work", "commit", "-qm", "first")
    git(tmp_path, "clone", "-q", "--bare", "work", "store")
    return tmp_path / "store"


def pushed(
    *commands: tuple[str, str, str], pack: bytes = b"", capabilities: str = "report-status side-band-64k"
) -> bytes:
    lines = [f"{old} {new} {name}" for old, new, name in commands]
    lines[0] += f"\0{capabilities}"
    return b"".join(packet(line.encode()) for line in lines) + FLUSH + pack


def thin_pack(work: Path) -> bytes:
    """A pack with a change to a file, as a delta against what the store has."""
    (work / "README.md").write_text("Hello, world. " * 1000 + "More.")
    git(work, "commit", "-qam", "second")
    done = subprocess.run(
        ["git", "pack-objects", "--revs", "--thin", "--stdout", "-q"],
        cwd=work,
        input=b"HEAD\n^HEAD~1\n",
        capture_output=True,
        check=True,
    )
    return done.stdout


def pack_of(*objects: tuple[int, bytes]) -> bytes:
    """A pack written by hand, of types and bytes."""
    data = b"PACK\0\0\0\2" + len(objects).to_bytes(4)
    for type, content in objects:
        size, first = len(content), type << 4 | len(content) & 15
        size >>= 4
        while size:
            data += bytes((first | 128,))
            first, size = size & 127, size >> 7
        data += bytes((first,)) + zlib.compress(content)
    return data + sha1(data, usedforsecurity=False).digest()


def test_the_references_and_what_may_be_asked_for_are_told() -> None:
    packets = Packets([receiving.advertisement([("refs/heads/main", ONE), ("refs/tags/v1", TWO)])])
    assert list(packets.section(1)) == [b"# service=git-receive-pack\n"]
    first, second = packets.section(5)
    assert first.split(b"\0")[0] == f"{ONE} refs/heads/main".encode()
    assert {b"report-status", b"delete-refs", b"atomic"} <= set(first.split(b"\0")[1].split())
    assert second == f"{TWO} refs/tags/v1\n".encode()


def test_a_repository_without_references_tells_what_may_be_asked_for() -> None:
    packets = Packets([receiving.advertisement([])])
    list(packets.section(1))
    assert next(iter(packets.section(5))).startswith(f"{NOTHING} capabilities^{{}}\0".encode())


def test_commands_are_read() -> None:
    push = read_push(
        [pushed((NOTHING, ONE, "refs/heads/new"), (TWO, NOTHING, "refs/tags/old"), capabilities="atomic x=y")]
    )
    assert push.commands == (RefUpdate("refs/heads/new", None, ONE), RefUpdate("refs/tags/old", TWO, None))
    assert push.capabilities == {"atomic", "x=y"}


def test_the_question_whether_one_may_push_has_no_commands() -> None:
    assert read_push([FLUSH]).commands == ()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"push-cert\0",
        f"{ONE} {TWO}".encode(),
        f"{ONE} {TWO} main".encode(),
        f"{ONE[:-1]} {TWO} refs/heads/main".encode(),
        f"{ONE} {TWO} refs/heads/\x1b[2J".encode(),
        f"{ONE} {TWO} refs/heads/\xff".encode("latin-1"),
    ],
)
def test_a_malformed_command_is_refused(line: bytes) -> None:
    with pytest.raises(ValidationError):
        read_push([packet(line) + FLUSH])


def test_a_reference_is_named_once() -> None:
    with pytest.raises(ValidationError, match="once"):
        read_push([pushed((NOTHING, ONE, "refs/heads/a"), (ONE, TWO, "refs/heads/a"))])


def test_more_commands_than_allowed_are_refused_and_the_limit_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "MAX_COMMANDS", 2)
    with pytest.raises(TooLargeError, match="at most 2"):
        read_push([pushed(*((NOTHING, ONE, f"refs/heads/{number}") for number in range(3)))])


@pytest.mark.parametrize("name", ["refs/notes/commits", "refs/remotes/origin/main", "refs/for/main", "refs/hidden"])
def test_references_that_are_neither_branch_nor_tag_nor_pull_request_are_refused(name: str) -> None:
    with pytest.raises(ValidationError, match=name):
        receiving.check_names([RefUpdate("refs/heads/main", None, ONE), RefUpdate(name, None, ONE)])


def test_a_thin_pack_becomes_one_that_is_whole_and_nothing_reaches_the_store(store: Path, tmp_path: Path) -> None:
    pack = thin_pack(tmp_path / "work")
    new = git(tmp_path / "work", "rev-parse", "HEAD")
    push = read_push([pushed((NOTHING, new, "refs/heads/main"), pack=pack)])
    (tmp_path / "folder").mkdir()
    objects = receive_pack(push, store, tmp_path / "folder")
    (found,) = (objects / "pack").glob("*.pack")
    git(tmp_path, "init", "-q", "--bare", "alone")
    git(
        tmp_path / "alone", "index-pack", "--stdin", data=found.read_bytes()
    )  # whole: nothing else is needed to read it
    assert git(tmp_path / "alone", "cat-file", "-t", new) == "commit"
    with pytest.raises(subprocess.CalledProcessError):
        git(store, "cat-file", "-e", new)


@pytest.mark.parametrize("pack", [b"", pack_of()])
def test_a_push_without_objects_has_no_pack(store: Path, tmp_path: Path, pack: bytes) -> None:
    (tmp_path / "folder").mkdir()
    objects = receive_pack(read_push([pushed((ONE, TWO, "refs/heads/main"), pack=pack)]), store, tmp_path / "folder")
    assert list((objects / "pack").iterdir()) == []


HOSTILE = {
    "no pack": b"<html>Not a pack at all",
    "cut": pack_of((3, b"hello" * 100))[:-30],
    "changed": pack_of((3, b"hello" * 100))[:-1] + b"x",
    "tree with dot dot": pack_of((3, b"x"), (2, b"100644 ..\0" + sha1(b"blob 1\0x").digest())),
    "tree with .git": pack_of((3, b"x"), (2, b"100644 .git\0" + sha1(b"blob 1\0x").digest())),
    "tree with git~1": pack_of((3, b"x"), (2, b"100644 git~1\0" + sha1(b"blob 1\0x").digest())),
    "tree with a slash": pack_of((3, b"x"), (2, b"100644 a/b\0" + sha1(b"blob 1\0x").digest())),
    "tree of what is not there": pack_of((2, b"100644 a\0" + bytes(20))),
    "commit without a tree": pack_of((1, b"author me <me@x> 1 +0000\n\nhello\n")),
}


@pytest.mark.parametrize("pack", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_pack_with_a_fault_is_refused(store: Path, tmp_path: Path, pack: bytes) -> None:
    (tmp_path / "folder").mkdir()
    push = read_push([pushed((NOTHING, ONE, "refs/heads/main"), pack=pack)])
    with pytest.raises(CorruptFileError):
        receive_pack(push, store, tmp_path / "folder")
    assert list((tmp_path / "folder/objects/pack").glob("*.pack")) == []


def test_a_pack_of_too_many_objects_is_refused_by_its_header(store: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    push = read_push([pushed((NOTHING, ONE, "refs/heads/main"), pack=b"PACK\0\0\0\2\xff\xff\xff\xff")])
    with pytest.raises(TooLargeError, match="10,000,000"):
        receive_pack(push, store, tmp_path / "folder")


def test_a_pack_that_is_too_long_is_refused(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "MAX_PACK_BYTES", 100)
    (tmp_path / "folder").mkdir()
    push = read_push([pushed((NOTHING, ONE, "refs/heads/main"), pack=pack_of((3, bytes(range(256)) * 10)))])
    with pytest.raises(TooLargeError, match="100 bytes"):
        receive_pack(push, store, tmp_path / "folder")


def _bands(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for line in Packets([data]).section(1000):
        found[line[0]] = found.get(line[0], b"") + line[1:]
    return found


def test_a_push_that_was_done_is_reported_for_each_reference() -> None:
    push = read_push([pushed((NOTHING, ONE, "refs/heads/a"), (NOTHING, TWO, "refs/heads/b"))])
    bands = _bands(report(push, None))
    assert list(Packets([bands[1]]).section(5)) == [b"unpack ok\n", b"ok refs/heads/a\n", b"ok refs/heads/b\n"]
    assert 2 not in bands


def test_a_refusal_is_reported_for_each_reference_and_shown_without_control_characters() -> None:
    push = read_push([pushed((NOTHING, ONE, "refs/heads/a"), (NOTHING, TWO, "refs/heads/b"))])
    bands = _bands(report(push, ConflictError("No \x1b[31mway\nthere. Try again.")))
    lines = list(Packets([bands[1]]).section(5))
    assert lines[1:] == [b"ng refs/heads/a No ?[31mway there\n", b"ng refs/heads/b No ?[31mway there\n"]
    assert bands[2] == b"No ?[31mway\nthere. Try again.\n"


def test_a_client_without_side_bands_is_answered_plainly() -> None:
    push = read_push([pushed((NOTHING, ONE, "refs/heads/a"), capabilities="report-status")])
    assert list(Packets([report(push, None)]).section(5)) == [b"unpack ok\n", b"ok refs/heads/a\n"]
