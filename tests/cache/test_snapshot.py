from __future__ import annotations

import multiprocessing
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cache_hubs import FILES, WEIGHTS, Counting, Lying, cached, head

from anyhub.cache import cached_repo, fetch_file, fetch_snapshot, resolve_commit
from anyhub.errors import (
    EntryNotFoundError,
    InvalidRevisionError,
    LocalEntryNotFoundError,
    PathCollisionError,
    RevisionNotFoundError,
)
from anyhub.values import AddFile, Entry

NO_COMMIT = "0" * 40


def test_a_commit_id_is_itself_without_asking_the_hub(hub: Counting) -> None:
    assert resolve_commit(cached(hub), NO_COMMIT) == NO_COMMIT
    assert hub.calls == []


def test_a_branch_is_resolved_by_one_call_and_remembered_for_offline(hub: Counting) -> None:
    commit = resolve_commit(cached(hub), "main")
    assert hub.calls == ["resolve"]
    assert resolve_commit(cached(hub, offline=True), "main") == commit == head(hub)
    assert (cached(hub).folder.root / "refs/main").read_text() == commit


def test_a_branch_that_moved_is_seen(hub: Counting) -> None:
    first = resolve_commit(cached(hub), "main")
    hub.commit(hub.repo_id("me/x"), [AddFile("new.txt", b"new")], message="Add")
    assert resolve_commit(cached(hub, offline=True), "main") == first
    assert resolve_commit(cached(hub), "main") == head(hub) != first


def test_a_revision_that_was_never_seen_is_not_known_offline(hub: Counting) -> None:
    with pytest.raises(LocalEntryNotFoundError, match=r"'main' of 'me/x' is not in the cache.*local_files_only"):
        resolve_commit(cached(hub, offline=True), "main")


def test_an_unknown_or_malformed_revision_is_refused(hub: Counting) -> None:
    with pytest.raises(RevisionNotFoundError):
        resolve_commit(cached(hub), "nain")
    with pytest.raises(InvalidRevisionError):
        resolve_commit(cached(hub), "../main")


def test_a_file_comes_with_its_bytes_read_only_and_below_its_commit(hub: Counting) -> None:
    commit = head(hub)
    file = fetch_file(cached(hub), commit, "logs/first.txt")
    assert file == cached(hub).folder.root / "snapshots" / commit / "logs/first.txt"
    assert file.read_bytes() == FILES["logs/first.txt"]
    assert not stat.S_IMODE(file.stat().st_mode) & 0o222


def test_a_file_that_is_there_is_found_by_its_commit_without_opening_the_hub(hub: Counting) -> None:
    commit = head(hub)
    fetch_file(cached(hub), commit, "config.json")
    hub.calls.clear()
    assert fetch_file(cached(hub), commit, "config.json").read_bytes() == FILES["config.json"]
    assert fetch_file(cached(hub, offline=True), commit, "config.json").is_file()
    assert hub.calls == []


def test_a_large_file_of_a_folder_hub_is_a_hard_link_of_the_hubs_own(folder_hub: Counting) -> None:
    commit, repo = head(folder_hub), folder_hub.repo_id("me/x")
    file = fetch_file(cached(folder_hub), commit, "model.safetensors")
    assert file.samefile(folder_hub.local_path(repo, folder_hub.entry(repo, commit, "model.safetensors")))
    assert "open" not in folder_hub.calls


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege there")
def test_a_snapshot_links_to_blobs_by_relative_paths(memory_hub: Counting) -> None:
    commit, repo = head(memory_hub), memory_hub.repo_id("me/x")
    file = fetch_file(cached(memory_hub), commit, "logs/first.txt")
    assert os.readlink(file) == f"../../../blobs/{memory_hub.entry(repo, commit, 'logs/first.txt').oid}"


def test_two_files_with_the_same_bytes_are_kept_once(memory_hub: Counting) -> None:
    repo = memory_hub.repo_id("me/x")
    memory_hub.commit(repo, [AddFile("copy.safetensors", WEIGHTS)], message="Add a copy")
    snapshot, _ = fetch_snapshot(cached(memory_hub), head(memory_hub))
    assert (snapshot / "copy.safetensors").samefile(snapshot / "model.safetensors")


def test_a_missing_file_is_named_with_the_nearest_and_remembered(hub: Counting) -> None:
    commit = head(hub)
    for _ in range(2):
        with pytest.raises(EntryNotFoundError, match=r"config\.jsn.*config\.json"):
            fetch_file(cached(hub), commit, "config.jsn")
    assert hub.calls.count("entry") == 1
    assert (cached(hub).folder.root / ".no_exist" / commit / "config.jsn").is_file()


def test_a_folder_is_not_a_file(hub: Counting) -> None:
    with pytest.raises(EntryNotFoundError, match="'logs' of 'me/x' is a folder; use snapshot_download"):
        fetch_file(cached(hub), head(hub), "logs")


def test_a_file_that_is_not_there_is_named_offline(hub: Counting) -> None:
    with pytest.raises(LocalEntryNotFoundError, match=r"'config\.json' of 'me/x'.* call once without it"):
        fetch_file(cached(hub, offline=True), head(hub), "config.json")


def test_a_file_that_was_cut_is_noticed_when_sizes_are_checked_and_fetched_again(
    memory_hub: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    commit = head(memory_hub)
    file = fetch_file(cached(memory_hub), commit, "model.safetensors")
    overwrite(file, WEIGHTS[:100])
    assert fetch_file(cached(memory_hub), commit, "model.safetensors").stat().st_size == 100
    with pytest.raises(LocalEntryNotFoundError):
        fetch_file(cached(memory_hub, offline=True), commit, "model.safetensors", check_size=True)
    assert fetch_file(cached(memory_hub), commit, "model.safetensors", check_size=True).read_bytes() == WEIGHTS
    assert f"has 100 bytes instead of {len(WEIGHTS)}" in caplog.text


def test_force_fetches_a_file_of_the_right_size_again(memory_hub: Counting) -> None:
    commit = head(memory_hub)
    file = fetch_file(cached(memory_hub), commit, "model.safetensors")
    overwrite(file, b"\0" * len(WEIGHTS))
    assert fetch_file(cached(memory_hub), commit, "model.safetensors", force=True).read_bytes() == WEIGHTS


def test_a_snapshot_has_every_file_of_its_commit(hub: Counting) -> None:
    snapshot, paths = fetch_snapshot(cached(hub), head(hub))
    assert sorted(paths) == sorted([*FILES, ".gitattributes"])
    assert {path: (snapshot / path).read_bytes() for path in FILES} == FILES


def test_a_snapshot_that_is_there_is_found_without_opening_the_hub(hub: Counting) -> None:
    commit = head(hub)
    first = fetch_snapshot(cached(hub), commit)
    hub.calls.clear()
    assert fetch_snapshot(cached(hub), commit) == first
    assert fetch_snapshot(cached(hub, offline=True), commit) == first
    assert hub.calls == []


def test_only_chosen_files_are_fetched_and_the_rest_later(hub: Counting) -> None:
    commit = head(hub)
    snapshot, paths = fetch_snapshot(cached(hub), commit, select=lambda paths: [p for p in paths if "logs" in p])
    assert paths == ["logs/first.txt", "logs/second.txt"]
    assert not (snapshot / "config.json").exists()
    with pytest.raises(LocalEntryNotFoundError):
        fetch_snapshot(cached(hub, offline=True), commit)
    hub.calls.clear()
    fetch_snapshot(cached(hub), commit)
    assert (snapshot / "config.json").read_bytes() == FILES["config.json"]
    assert "tree" not in hub.calls


def test_a_choice_of_nothing_is_an_empty_folder(hub: Counting) -> None:
    snapshot, paths = fetch_snapshot(cached(hub), head(hub), select=lambda paths: [])
    assert paths == []
    assert list(snapshot.iterdir()) == []


def test_a_cut_file_of_a_snapshot_is_fetched_again(memory_hub: Counting) -> None:
    commit = head(memory_hub)
    snapshot, _ = fetch_snapshot(cached(memory_hub), commit)
    overwrite(snapshot / "model.safetensors", b"")
    fetch_snapshot(cached(memory_hub), commit)
    assert (snapshot / "model.safetensors").read_bytes() == WEIGHTS


def test_a_removed_blob_is_fetched_again(memory_hub: Counting) -> None:
    commit = head(memory_hub)
    file = fetch_file(cached(memory_hub), commit, "config.json")
    file.resolve().unlink()
    assert fetch_file(cached(memory_hub), commit, "config.json").read_bytes() == FILES["config.json"]


def test_files_that_other_tools_left_are_found_offline(hub: Counting) -> None:
    commit = head(hub)
    fetch_file(cached(hub), commit, "logs/first.txt")
    _, paths = fetch_snapshot(cached(hub, offline=True), commit)
    assert paths == ["logs/first.txt"]
    with pytest.raises(LocalEntryNotFoundError):
        fetch_snapshot(cached(hub, offline=True), NO_COMMIT)


def test_a_path_that_leads_out_is_refused_whatever_the_hub_says(memory_hub: Counting, tmp_path: Path) -> None:
    class Hostile(Counting):
        def tree(self, *_: object) -> list[Entry]:
            return [Entry("../../escaped", "1" * 40, 1)]

    hostile = Hostile(memory_hub)
    with pytest.raises(ValueError, match="escaped"):
        fetch_snapshot(cached(hostile, cache_dir=tmp_path / "cache"), head(memory_hub))
    assert not list(tmp_path.rglob("escaped"))


def test_two_names_that_some_file_systems_hold_to_be_one_are_refused_together(memory_hub: Counting) -> None:
    class Colliding(Counting):
        def tree(self, *_: object) -> list[Entry]:
            return [Entry("Readme", "1" * 40, 1), Entry("README", "2" * 40, 1)]

    with pytest.raises(PathCollisionError, match="'Readme' and 'README'") as refusal:
        fetch_snapshot(cached(Colliding(memory_hub)), head(memory_hub))
    assert refusal.value.paths == ["Readme", "README"]


def test_the_first_failure_of_many_fetches_is_told_and_leaves_no_snapshot_file(memory_hub: Counting) -> None:
    lying = Lying(memory_hub, lambda data: data[::-1] + b"!")
    with pytest.raises(ValueError, match="nothing of it was kept"):
        fetch_snapshot(cached(lying), head(memory_hub))
    folder = cached(lying).folder
    assert list((folder.root / "blobs").iterdir()) == []
    assert not folder.snapshot(head(memory_hub)).exists()
    assert not list(folder.root.glob(".anyhub-*"))


def test_caches_of_two_hubs_never_answer_for_each_other(folder_hub: Counting, memory_hub: Counting) -> None:
    ours = fetch_file(cached(folder_hub), head(folder_hub), "config.json")
    theirs = fetch_file(cached(memory_hub), head(memory_hub), "config.json")
    assert ours.parents[3] != theirs.parents[3]


def test_a_cache_of_the_callers_keeps_hubs_apart_too(folder_hub: Counting, tmp_path: Path) -> None:
    file = fetch_file(cached(folder_hub, cache_dir=tmp_path / "cache"), head(folder_hub), "config.json")
    assert file.relative_to(tmp_path / "cache").parts[0].startswith("folder-hub-")


def test_a_bare_name_belongs_to_whoever_asks_the_hub(folder_hub: Counting) -> None:
    assert cached_repo("x", endpoint=folder_hub).repo == folder_hub.repo_id("x")  # type: ignore[arg-type]


READER = """
import sys
from anyhub.cache import cached_repo, fetch_file, resolve_commit
from anyhub.errors import ReadOnlyError
repo = cached_repo("me/x", endpoint=sys.argv[1], cache_dir=sys.argv[2])
commit = resolve_commit(repo, "main")
print(fetch_file(repo, commit, "config.json").read_bytes())
try:
    fetch_file(repo, commit, "model.safetensors")
except ReadOnlyError as error:
    print("refused:", error)
"""


def test_a_cache_that_can_not_be_written_is_read_and_says_so_when_it_has_to_write(
    folder_hub: Counting, tmp_path: Path, run_without_rights: Callable[..., str]
) -> None:
    cache = tmp_path / "cache"
    repo = cached_repo("me/x", endpoint=folder_hub.endpoint, cache_dir=cache)
    fetch_file(repo, resolve_commit(repo, "main"), "config.json")
    folders = [path for path in (cache, *cache.rglob("*")) if path.is_dir()]
    for folder in folders:
        folder.chmod(0o555)
    try:
        read, refused = run_without_rights(READER, folder_hub.endpoint, str(cache)).splitlines()
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert read == repr(FILES["config.json"])
    assert refused.startswith("refused: ")
    assert str(cache) in refused


def test_many_processes_fill_one_cache_at_once(folder_hub: Counting, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    arguments = (folder_hub.endpoint, str(tmp_path / "cache"), head(folder_hub))
    with context.Pool(4) as pool:
        folders = pool.starmap(fetch_all, [arguments] * 8)
    assert len(set(folders)) == 1
    assert {path: Path(folders[0], path).read_bytes() for path in FILES} == FILES
    assert not list(tmp_path.joinpath("cache").rglob(".anyhub-*"))


def fetch_all(endpoint: str, cache_dir: str, commit: str) -> str:
    repo = cached_repo("me/x", endpoint=endpoint, cache_dir=cache_dir)
    return str(fetch_snapshot(repo, commit, force=True)[0])


def overwrite(file: Path, data: bytes) -> None:
    """Change a file of the cache in place, as only a broken disk or a careless program does."""
    blob = file.resolve()
    blob.chmod(0o644)
    blob.write_bytes(data)
