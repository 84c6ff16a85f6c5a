"""Users with names that another system gave, and that nobody could choose here: they own repositories like others."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from asking import Asker

from anyhub import HfApi, ModelCard
from anyhub.errors import InvalidRepoIdError, RepositoryNotFoundError
from anyhub.hub.people.stored_accounts import StoredAccounts
from anyhub.server.embedded import RunningHub
from anyhub.testing import running_hub
from anyhub.values import RepoId

NAMES = ["ci--bot", "Ada.Lovelace-", "user@example.org", "name.git", "-x", "a: b?*", "Grüße", "%2F", "漢" * 96]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    with running_hub(tmp_path_factory.mktemp("hub"), anonymous_read=True) as made:
        made.create_user("bob")
        yield made


def token_of(running: RunningHub, name: str) -> str:
    accounts: StoredAccounts = running.hub.accounts
    accounts.create_user(name, as_given=True)
    return accounts.create_token(name, "first")[1]


@pytest.mark.parametrize("name", NAMES)
def test_a_user_of_an_odd_name_owns_repositories(
    running: RunningHub, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = token_of(running, name)
    api = HfApi(endpoint=running.endpoint, token=token)
    monkeypatch.setenv("ANYHUB_CACHE", str(tmp_path / "cache"))
    repo = f"{name}/net"
    assert api.create_repo(repo, private=True).repo_id == repo
    api.upload_file(repo_id=repo, path_in_repo="a.txt", path_or_fileobj=b"text")
    assert Path(api.hf_hub_download(repo, "a.txt")).read_bytes() == b"text"
    ModelCard("---\nlicense: mit\n---\n# Card\n").push_to_hub(repo, token=token, endpoint=running.endpoint)
    assert ModelCard.load(repo, token=token, endpoint=running.endpoint).data.license == "mit"
    assert [each.id for each in api.list_models(author=name)] == [repo]
    assert running.hub.repo_id(repo) == RepoId(name, "net")
    clone(running.endpoint, token, name, tmp_path / "clone")
    assert (tmp_path / "clone/a.txt").read_text() == "text"
    stranger = HfApi(endpoint=running.endpoint, token=running.hub.accounts.create_token("bob", name)[1])
    with pytest.raises(RepositoryNotFoundError):
        stranger.repo_info(repo)


def clone(endpoint: str, token: str, name: str, to: Path) -> None:
    where = f"http://x:{token}@{urlsplit(endpoint).netloc}/{quote(name)}/net"
    subprocess.run(["git", "clone", "--quiet", where, to], check=True, capture_output=True, timeout=60)


def test_folders_of_the_cache_tell_odd_names_apart(tmp_path: Path) -> None:
    from anyhub.cache.layout import RepoFolder, repo_folders

    folders = {name: RepoFolder.of(RepoId(name, "net"), tmp_path / "hub").root for name in (*NAMES, "a", "a-", "/")}
    assert len({str(each).lower() for each in folders.values()}) == len(folders)
    for folder in folders.values():
        assert folder.parent == tmp_path / "hub"
        assert len(folder.name) < 200
        assert not set(folder.name) & set('<>:"/\\|?*')
        folder.mkdir(parents=True)
    found = {full for _, _, full, _ in repo_folders(tmp_path)}
    assert {f"{name}/net" for name in NAMES[:-1]} <= found


@pytest.mark.parametrize("namespace", ["no--body", "ci--bots", "-y"])
def test_a_namespace_that_nobody_has_and_nobody_may_choose_is_refused(running: RunningHub, namespace: str) -> None:
    admin = Asker(running.endpoint, running.admin_token)
    answer = admin.create("net", organization=namespace)
    assert answer.status in (400, 403)
    assert admin.get(f"/api/models/{quote(namespace)}/net").status == 404
    with pytest.raises(InvalidRepoIdError):
        running.hub.create(RepoId(namespace, "net"))
    running.hub.create(RepoId("bob", f"x{len(namespace)}"))
    with pytest.raises(InvalidRepoIdError):
        running.hub.move(RepoId("bob", f"x{len(namespace)}"), RepoId(namespace, "net"))
    running.hub.delete(RepoId("bob", f"x{len(namespace)}"))


@pytest.mark.parametrize("namespace", ["..", ".", "a\\b", "a\nb", "x" * 97, ""])
def test_a_namespace_that_is_no_part_of_a_path_is_refused_everywhere(running: RunningHub, namespace: str) -> None:
    with pytest.raises(InvalidRepoIdError):
        running.hub.repo_id(f"{namespace}/net")
    with pytest.raises(InvalidRepoIdError):
        HfApi(endpoint=running.endpoint, token=running.admin_token).create_repo(f"{namespace}/net")
    answer = Asker(running.endpoint, running.admin_token).create("net", organization=namespace)
    assert answer.status == 400 or not namespace  # without an organisation it is the caller's own


def test_whoever_asks_by_an_odd_name_does_not_learn_whether_somebody_has_it(running: RunningHub) -> None:
    known = running.hub.accounts.create_user("is--bot", as_given=True).name
    nobody = Asker(running.endpoint)
    there, absent = (nobody.get(f"/api/models/{name}/nothing") for name in (known, "xx--bot"))
    assert (there.status, there.body) == (absent.status, absent.body.replace(b"xx--bot", known.encode()))
