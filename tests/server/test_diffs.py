"""Differences between commits are those of git, and bounded."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from anyhub.errors import UnsupportedError
from anyhub.hub.local import LocalHub
from anyhub.server import diffs
from anyhub.values import AddFile, RepoId


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[LocalHub]:
    hub = LocalHub(tmp_path / "hub")
    yield hub
    hub.close()


@pytest.fixture
def commits(hub: LocalHub) -> tuple[RepoId, str, str]:
    """Make two commits, which differ in a line of text and a large file."""
    repo = hub.repo_id("ada/net")
    hub.create(repo)
    before = hub.commit(repo, [AddFile("a.txt", "ä\n".encode())], message="one").commit.oid
    changes = [AddFile("a.txt", "ö\n".encode()), AddFile("w.safetensors", b"\0" * 2000)]
    return repo, before, hub.commit(repo, changes, message="two").commit.oid


def test_a_difference_is_what_git_prints(hub: LocalHub, commits: tuple[RepoId, str, str]) -> None:
    repo, before, after = commits
    with hub.git_dir(repo) as folder:
        command = ["git", f"--git-dir={folder}", "diff", "--full-index", before, after]
        printed = subprocess.run(command, capture_output=True, check=True).stdout.decode()

    told = diffs.diff(hub, repo, before, after)

    assert told == printed
    assert "-ä\n+ö\n" in told
    assert "+version https://git-lfs.github.com/spec/v1" in told
    assert diffs.diff(hub, repo, after, after) == ""


def test_a_long_difference_is_cut_and_says_so(
    hub: LocalHub, commits: tuple[RepoId, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diffs, "MAX_BYTES", 50)

    told = diffs.diff(hub, *commits)

    assert told.startswith("diff --git")
    assert len(told) < 300
    assert told.endswith("shown up to 50 bytes; clone the repository to see it.\n")


@pytest.mark.parametrize("bad", ["--output=/tmp/x", "main", "", "a" * 39])
def test_nothing_but_full_ids_reaches_git(hub: LocalHub, commits: tuple[RepoId, str, str], bad: str) -> None:
    with pytest.raises(UnsupportedError, match="full id"):
        diffs.diff(hub, commits[0], bad, commits[2])


def test_commits_that_git_does_not_have_are_refused_with_a_sentence(
    hub: LocalHub, commits: tuple[RepoId, str, str]
) -> None:
    with pytest.raises(UnsupportedError, match="Clone the repository"):
        diffs.diff(hub, commits[0], commits[1], "f" * 40)
