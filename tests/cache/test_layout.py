from __future__ import annotations

from pathlib import Path

import pytest

from anyhub.cache.layout import RepoFolder, endpoint_name, hub_folder
from anyhub.errors import CorruptFileError, InvalidPathError, InvalidRevisionError
from anyhub.values import RepoId

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FOLDER = RepoFolder(Path("/cache/models--me--x"))
HOME = Path("/home/me/.local/share/anyhub")


def test_a_repository_lies_where_the_ecosystem_looks_for_it() -> None:
    folder = RepoFolder.of(RepoId("me", "x"), Path("/cache"))
    assert folder.blob(COMMIT) == Path("/cache/models--me--x/blobs", COMMIT)
    assert folder.ref("refs/pr/1") == Path("/cache/models--me--x/refs/refs/pr/1")
    assert folder.file(COMMIT, "a/b.json") == Path("/cache/models--me--x/snapshots", COMMIT, "a/b.json")
    assert folder.missing(COMMIT, "a/b.json") == Path("/cache/models--me--x/.no_exist", COMMIT, "a/b.json")


@pytest.mark.parametrize("type", ["dataset", "space"])
def test_kinds_of_repositories_are_kept_apart(type: str) -> None:
    assert RepoFolder.of(RepoId("me", "x", type), Path("/cache")).root == Path(f"/cache/{type}s--me--x")  # type: ignore[arg-type]


@pytest.mark.parametrize("etag", ["", "../x", "a" * 39, "A" * 40, "g" * 64, "a" * 40 + "\n"])
def test_a_digest_that_is_none_never_becomes_a_path(etag: str) -> None:
    with pytest.raises(CorruptFileError):
        FOLDER.blob(etag)


@pytest.mark.parametrize("commit", ["", "main", "..", COMMIT[:39], COMMIT.upper(), COMMIT + "/.."])
def test_a_commit_id_that_is_none_never_becomes_a_path(commit: str) -> None:
    for place in (FOLDER.snapshot, FOLDER.entries):
        with pytest.raises(InvalidRevisionError):
            place(commit)


@pytest.mark.parametrize("revision", ["", "..", "../../x", "/etc", "a/../b", "refs/pr/../../x", "refs/pr/0", "a b"])
def test_a_revision_that_is_none_never_becomes_a_path(revision: str) -> None:
    with pytest.raises(InvalidRevisionError):
        FOLDER.ref(revision)


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../x", "a/../../x", ".git/config", "C:/x"])
def test_a_path_that_leads_out_never_becomes_one(path: str) -> None:
    for place in (FOLDER.file, FOLDER.missing):
        with pytest.raises(InvalidPathError):
            place(COMMIT, path)


def test_hubs_have_folders_that_people_can_read() -> None:
    assert endpoint_name("https://hub.example.org") == "https--hub.example.org"
    assert endpoint_name("http://localhost:8080") == "http--localhost--8080"
    assert endpoint_name("/home/me/My Hub").startswith("folder-My-Hub-")
    assert endpoint_name("C:\\Users\\me\\hub").startswith("folder-hub-")
    assert endpoint_name("memory:1f").startswith("memory-1f-")


def test_no_two_hubs_share_a_folder() -> None:
    endpoints = [
        "/a/hub",
        "/b/hub",
        "/a/Hub",
        "memory:hub",
        "http://hub",
        "https://hub",
        "https://hub:80",
        "https://hub--80",
        "https://hub/80",
        "https://HUB",
        "https://me:secret@hub",
        "https://[::1]:80",
    ]
    names = [endpoint_name(endpoint) for endpoint in endpoints]
    assert len(set(names)) == len(endpoints)
    assert not any("/" in name or ":" in name or "secret" in name for name in names)


def test_the_root_of_the_cache_is_that_of_the_call_else_of_the_environment_else_at_home(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert hub_folder("http://hub", HOME) == HOME / "cache/http--hub"
    monkeypatch.setenv("ANYHUB_CACHE", "/elsewhere")
    assert hub_folder("http://hub", HOME) == Path("/elsewhere/http--hub").absolute()
    assert hub_folder("http://hub", HOME, "/here") == Path("/here/http--hub").absolute()


def test_the_public_hub_shares_the_folder_of_its_own_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert hub_folder("https://huggingface.co/", HOME) == Path("~/.cache/huggingface/hub").expanduser()
    monkeypatch.setenv("HF_HOME", "/hf")
    assert hub_folder("https://huggingface.co", HOME) == Path("/hf/hub").absolute()
    monkeypatch.setenv("HF_HUB_CACHE", "/hf-cache")
    assert hub_folder("https://huggingface.co", HOME) == Path("/hf-cache").absolute()
    assert hub_folder("https://huggingface.co", HOME, "/here") == Path("/here").absolute()
