"""Listing, checking and shrinking the cache, with files that were really loaded into it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from cache_hubs import FILES, WEIGHTS, Counting, cached, head

from anyhub import files
from anyhub.cache.cleaning import prune, remove_damaged, scan, verify
from anyhub.cache.snapshot import fetch_file, fetch_snapshot, resolve_commit
from anyhub.values import AddFile


def two_revisions(hub: Counting) -> tuple[str, str]:
    """Load a commit and a later one that shares all files but one; the first was used a day before."""
    first = head(hub)
    snapshot, _ = fetch_snapshot(cached(hub), first)
    hub.commit(hub.repo_id("me/x"), [AddFile("config.json", b"{}")], message="Another")
    second = head(hub)
    fetch_snapshot(cached(hub), second)
    then = time.time() - 86400
    for path in (snapshot, snapshot / "config.json"):
        os.utime(path, (then, then))
    return first, second


def age_shared(hub: Counting, first: str, second: str) -> None:
    """Let only the one file by which the revisions differ say when they were used."""
    then = time.time() - 2 * 86400
    for path in FILES:
        for commit in (first, second):
            if path != "config.json":
                os.utime(cached(hub).folder.file(commit, path), (then, then))


def test_what_is_loaded_is_listed_with_its_size(memory_hub: Counting) -> None:
    fetch_file(cached(memory_hub), head(memory_hub), "model.safetensors")
    (found,) = scan()
    assert (found.type, found.name, found.size) == ("model", "me/x", len(WEIGHTS))
    assert [(each.commit, each.files) for each in found.revisions] == [(head(memory_hub), 1)]


def test_hard_links_to_a_hub_in_a_folder_count_nothing(folder_hub: Counting) -> None:
    path = fetch_file(cached(folder_hub), head(folder_hub), "model.safetensors")
    assert path.stat().st_nlink > 1
    assert scan()[0].size == 0


def test_the_revision_that_was_not_used_for_longest_goes_and_shared_contents_stay(memory_hub: Counting) -> None:
    first, second = two_revisions(memory_hub)
    age_shared(memory_hub, first, second)
    total = scan()[0].size
    done = prune(scan(), total - 1)
    assert [each.commit for _, each in done.revisions] == [first]
    assert done.freed == len(FILES["config.json"])
    (left,) = scan()
    assert ([each.commit for each in left.revisions], left.size) == ([second], done.left)
    assert list(verify([left])) == []
    assert fetch_file(cached(memory_hub, offline=True), second, "model.safetensors").read_bytes() == WEIGHTS


def test_nothing_goes_while_all_fits(memory_hub: Counting) -> None:
    two_revisions(memory_hub)
    assert prune(scan(), scan()[0].size).revisions == ()


def test_a_dry_run_tells_what_would_go_and_removes_nothing(memory_hub: Counting) -> None:
    two_revisions(memory_hub)
    before = scan()
    planned = prune(scan(), 0, dry_run=True)
    assert scan() == before
    done = prune(scan(), 0)
    assert (planned.freed, planned.left) == (done.freed, done.left) == (before[0].size, 0)


@pytest.mark.parametrize("spoiled", [WEIGHTS[:-1] + b"x", WEIGHTS[:9]])
def test_a_damaged_content_is_found_and_fetched_again_once_it_is_removed(memory_hub: Counting, spoiled: bytes) -> None:
    path = fetch_file(cached(memory_hub), head(memory_hub), "model.safetensors")
    blob = path.resolve()
    blob.chmod(0o644)
    blob.write_bytes(spoiled)
    (damaged,) = verify(scan())
    assert damaged.path == blob
    remove_damaged(damaged)
    assert [each.reason for each in verify(scan())] == ["its content is missing"]
    assert fetch_file(cached(memory_hub), head(memory_hub), "model.safetensors").read_bytes() == WEIGHTS
    assert list(verify(scan())) == []


def test_what_a_killed_process_left_goes_after_a_day(memory_hub: Counting) -> None:
    path = fetch_file(cached(memory_hub), head(memory_hub), "model.safetensors")
    old, new, orphan = (path.resolve().with_name(name) for name in ("a.incomplete", "b.incomplete", "c" * 40))
    for left in (old, new, orphan):
        left.write_bytes(b"12345")
    for left in (old, orphan):
        os.utime(left, (0, time.time() - 2 * 86400))
    done = prune(scan(), 10**9)
    assert (done.freed, done.revisions) == (10, ())
    assert (old.exists(), orphan.exists(), new.exists(), path.exists()) == (False, False, True, True)


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", range(8))
def test_a_kill_at_any_step_leaves_no_name_that_leads_to_a_missing_content(
    memory_hub: Counting, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = memory_hub.resolve(memory_hub.repo_id("me/x"), "main").oid
    fetch_snapshot(cached(memory_hub), resolve_commit(cached(memory_hub), "main"))
    steps = iter(range(step))

    def counted(real: object) -> object:
        def remove(path: Path) -> None:
            if next(steps, None) is None:
                raise Killed
            real(path)  # type: ignore[operator]

        return remove

    found = scan()
    with monkeypatch.context() as patch:
        for name in ("remove", "remove_tree"):
            patch.setattr(files, name, counted(getattr(files, name)))
        with pytest.raises(Killed):
            prune(found, 0)
    (left,) = scan()
    assert [each.path for each in verify([left])] == []
    assert all(commit in [each.commit for each in left.revisions] for _ in cached_refs(left.folder.root))
    fetch_snapshot(cached(memory_hub), commit)
    assert list(verify(scan())) == []


def cached_refs(root: Path) -> list[Path]:
    return [path for path in (root / "refs").rglob("*") if path.is_file()]
