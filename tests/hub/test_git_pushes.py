"""A git push of the folder hub: what it costs, and what is refused before it costs much."""

from __future__ import annotations

from pathlib import Path

import pytest

from anyhub.errors import InvalidPathError, TooLargeError, UnsupportedError
from anyhub.hub.commits import pushed, received
from anyhub.hub.local import LocalHub
from anyhub.testing.served_hub_suite import MAIN, Work
from anyhub.values import RepoId

REPO = RepoId("ada", "engine")


@pytest.fixture
def work(tmp_path: Path) -> Work:
    hub = LocalHub(tmp_path / "hub")
    hub.create(REPO)
    return Work(hub, REPO, tmp_path / "work")


def head(work: Work) -> str:
    return work.hub.resolve(REPO).oid


def test_what_git_reads_for_the_hub_has_a_limit_of_memory(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    old = head(work)
    tree = work.git("rev-parse", "HEAD^{tree}")
    new = work.git("commit-tree", tree, "-p", "HEAD", given=b"x" * 40_000_000)
    monkeypatch.setattr(received, "_MEMORY_BYTES", 10_000_000)
    with pytest.raises(TooLargeError, match=r"takes more than .* to read"):
        work.push((MAIN, old, new))
    assert head(work) == old


def test_a_folder_of_folders_that_unfolds_to_millions_of_files_is_refused(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushed, "MAX_FILES", 1000)
    old = head(work)
    blob = work.git("hash-object", "-w", "--stdin", given=b"x")
    tree = work.git("mktree", given=f"100644 blob {blob}\tf\n".encode())
    for _ in range(12):
        tree = work.git("mktree", given=f"040000 tree {tree}\ta\n040000 tree {tree}\tb\n".encode())
    bomb = work.git("commit-tree", tree, "-p", "HEAD", "-m", "bomb")
    with pytest.raises(TooLargeError, match="more than 1,000 files"):
        work.push((MAIN, old, bomb))
    assert head(work) == old


def test_what_is_there_already_is_not_counted_again(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pushed, "MAX_FILES", 10)
    first = work.commit({f"d/{number}": b"x" for number in range(9)})
    work.push((MAIN, head(work), first))
    work.push((MAIN, first, work.commit({f"d/more-{number}": b"x" for number in range(9)})))


def test_a_path_that_is_too_long_is_refused(work: Work) -> None:
    tree = work.git("mktree", given=f"100644 blob {work.git('hash-object', '-w', '--stdin', given=b'x')}\tf\n".encode())
    for _ in range(6):
        tree = work.git("mktree", given=f"040000 tree {tree}\t{'n' * 200}\n".encode())
    with pytest.raises(InvalidPathError, match="1024 bytes"):
        work.push((MAIN, head(work), work.git("commit-tree", tree, "-p", "HEAD", "-m", "deep")))


@pytest.mark.parametrize(("limit", "most"), [("MAX_OBJECTS", 2), ("MAX_OBJECT_BYTES", 50), ("MAX_READ_BYTES", 200)])
def test_a_push_of_more_than_is_taken_at_once_is_refused(
    work: Work, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(received, limit, most)
    with pytest.raises(TooLargeError, match=f"{most:,}"):
        work.push((MAIN, head(work), work.commit({"a.txt": b"a"})))


def test_a_push_where_there_is_no_git_is_refused_saying_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnsupportedError, match="git is not installed"):
        received.Received(tmp_path)


def test_a_pack_that_was_pushed_is_kept_as_git_made_it(work: Work) -> None:
    new = work.commit({"a.txt": b"a"})
    work.push((MAIN, head(work), new))
    packs = [path.name for path in (work.hub.directory / "repos").rglob("*.pack")]  # type: ignore[attr-defined]
    assert len(packs) == 2
    rows = work.hub._database.query("SELECT name, objects FROM packs ORDER BY objects")  # type: ignore[attr-defined]
    assert {f"{name}.pack" for name, _ in rows} == set(packs)
    assert [objects for _, objects in rows] == [3, 3]
