"""git itself against a running hub: clone, fetch and push, and what a user reads when a push is refused."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import itertools
import os
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from git_user import GitUser

from anyhub.git.pointers import pointer
from anyhub.server.embedded import RunningHub
from anyhub.testing.server import running_hub
from anyhub.values import AddFile, Digest, RepoId, Signature
from anyhub.wire.pktline import FLUSH, packet

NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    with running_hub() as running:
        yield running


@pytest.fixture
def me(hub: RunningHub, tmp_path: Path) -> GitUser:
    return _user(hub, tmp_path / "me", "me")


@pytest.fixture
def stranger(hub: RunningHub, tmp_path: Path) -> GitUser:
    return _user(hub, tmp_path / "stranger", "stranger")


TOKENS: dict[tuple[str, str], str] = {}


def _user(hub: RunningHub, home: Path, name: str) -> GitUser:
    home.mkdir()
    key = (hub.endpoint, name)
    if key not in TOKENS:
        TOKENS[key] = hub.create_user(name)
    return GitUser(home, hub.endpoint, name, TOKENS[key])


@pytest.fixture
def repo(hub: RunningHub, me: GitUser) -> RepoId:
    made = RepoId("me", f"model-{next(NUMBERS)}")
    hub.hub.create(made)
    return made


def head(hub: RunningHub, repo: RepoId, revision: str = "main") -> str:
    return hub.hub.resolve(repo, revision).oid


def read(hub: RunningHub, repo: RepoId, path: str, revision: str = "main") -> bytes:
    entry = hub.hub.entry(repo, head(hub, repo, revision), path)
    with hub.hub.open(repo, entry) as stream:
        return stream.read()


@pytest.mark.parametrize("suffix", ["", ".git"])
@pytest.mark.parametrize("version", ["0", "1", "2"])
def test_what_was_pushed_is_cloned(hub: RunningHub, me: GitUser, repo: RepoId, version: str, suffix: str) -> None:
    work = me.clone(f"{repo}{suffix}", "-c", f"protocol.version={version}")
    oid = me.commit(work, {"README.md": b"# Hello\n", "a/b/c.txt": b"deep"})
    me.git("push", at=work)
    assert head(hub, repo) == oid
    assert read(hub, repo, "a/b/c.txt") == b"deep"
    copy = me.clone(f"{repo}{suffix}", "-c", f"protocol.version={version}")
    assert (copy / "README.md").read_bytes() == b"# Hello\n"
    me.git("fsck", "--strict", at=copy)


@pytest.mark.parametrize("type", ["dataset", "space"])
def test_datasets_and_spaces_have_addresses_of_their_own(hub: RunningHub, me: GitUser, type: str) -> None:
    repo = RepoId("me", f"other-{next(NUMBERS)}", type)  # type: ignore[arg-type]
    hub.hub.create(repo)
    work = me.clone(f"{type}s/{repo}")
    oid = me.commit(work, {"a.txt": b"a"})
    me.git("push", at=work)
    assert head(hub, repo) == oid


def test_what_others_committed_is_fetched(hub: RunningHub, me: GitUser, repo: RepoId) -> None:
    work = me.clone(str(repo))
    hub.hub.commit(repo, [AddFile("new.txt", b"new")], message="over there")
    me.git("pull", "-q", at=work)
    assert (work / "new.txt").read_bytes() == b"new"


def test_a_push_that_is_behind_is_refused_until_it_has_pulled(hub: RunningHub, me: GitUser, repo: RepoId) -> None:
    work = me.clone(str(repo))
    hub.hub.commit(repo, [AddFile("new.txt", b"new")], message="over there")
    me.commit(work, {"mine.txt": b"mine"})
    assert "rejected" in me.git("push", at=work, fails=True)
    me.git("pull", "-q", "--rebase", at=work)
    me.git("push", at=work)
    assert read(hub, repo, "mine.txt") == b"mine"
    assert read(hub, repo, "new.txt") == b"new"


def test_branches_and_tags_come_and_go(hub: RunningHub, me: GitUser, repo: RepoId) -> None:
    work = me.clone(str(repo))
    me.git("checkout", "-qb", "side", at=work)
    oid = me.commit(work, {"side.txt": b"side"})
    me.git("tag", "light", at=work)
    me.git("tag", "-a", "heavy", "-m", "an annotated tag", at=work)
    me.git("push", "-q", "origin", "side", "light", "heavy", at=work)
    assert {ref.short: ref.target for ref in hub.hub.refs(repo)} | {"main": ""} == {
        "side": oid,
        "light": oid,
        "heavy": oid,
        "main": "",
    }
    copy = me.clone(str(repo))
    assert me.git("cat-file", "-t", "heavy", at=copy) == "tag"
    assert "an annotated tag" in me.git("for-each-ref", "--format=%(contents)", "refs/tags/heavy", at=copy)
    assert "Everything up-to-date" in me.git("push", "--tags", at=copy)
    me.git("push", "-q", "origin", ":side", ":light", ":heavy", at=work)
    assert [ref.short for ref in hub.hub.refs(repo)] == ["main"]


def test_history_is_replaced_only_by_force(hub: RunningHub, me: GitUser, repo: RepoId) -> None:
    work = me.clone(str(repo))
    me.commit(work, {"a.txt": b"1"})
    me.git("push", "-q", at=work)
    me.git("commit", "-q", "--amend", "-m", "another", at=work)
    assert "rejected" in me.git("push", at=work, fails=True)
    me.git("push", "-q", "--force", at=work)
    assert hub.hub.resolve(repo).title == "another"


def test_a_shallow_clone_has_one_commit_and_can_be_pushed_from(hub: RunningHub, me: GitUser, repo: RepoId) -> None:
    hub.hub.commit(repo, [AddFile("new.txt", b"new")], message="second")
    work = me.clone(str(repo), "--depth=1")
    assert me.git("rev-list", "--count", "HEAD", at=work) == "1"
    oid = me.commit(work, {"more.txt": b"more"})
    me.git("push", "-q", at=work)
    assert head(hub, repo) == oid
    me.git("fetch", "-q", "--unshallow", at=work)
    assert me.git("rev-list", "--count", "HEAD", at=work) == "3"


def test_a_partial_clone_fetches_files_when_they_are_looked_at(hub: RunningHub, me: GitUser, repo: RepoId) -> None:
    hub.hub.commit(repo, [AddFile("new.txt", b"new")], message="second")
    work = me.clone(str(repo), "--filter=blob:none", "--no-checkout")
    missing = me.git("rev-list", "--objects", "--all", "--missing=print", at=work)
    assert missing.count("?") == 2
    me.git("checkout", "-q", "main", at=work)
    assert (work / "new.txt").read_bytes() == b"new"


def test_a_file_that_is_too_large_for_git_is_refused_in_the_terminal(
    hub: RunningHub, me: GitUser, repo: RepoId
) -> None:
    before = head(hub, repo)
    work = me.clone(str(repo))
    me.commit(work, {"big.txt": os.urandom(10_000_001)})
    shown = me.git("push", at=work, fails=True)
    assert "remote: 'big.txt' has 10,000,001 bytes" in shown
    assert "git lfs" in shown
    assert head(hub, repo) == before


def test_a_pointer_to_a_file_that_did_not_come_is_refused(hub: RunningHub, me: GitUser, repo: RepoId) -> None:
    work = me.clone(str(repo))
    me.commit(work, {"model.bin": pointer(Digest(hashlib.sha256(b"nobody sent this").hexdigest(), 16))})
    shown = me.git("push", at=work, fails=True)
    assert "remote: " in shown
    assert "model.bin" in shown


HOSTILE_FILES = {
    "a name that Windows keeps for itself": {"aux.txt": b"x"},
    "a name with a trailing dot": {"name.": b"x"},
    "two names that differ in case": {"Name": b"x", "name": b"y"},
    "a name with a line break": {"a\nb": b"x"},
}


@pytest.mark.parametrize("files", HOSTILE_FILES.values(), ids=HOSTILE_FILES.keys())
def test_paths_that_a_commit_may_not_have_are_refused(
    hub: RunningHub, me: GitUser, repo: RepoId, files: dict[str, bytes | None]
) -> None:
    before = head(hub, repo)
    work = me.clone(str(repo))
    me.commit(work, files)
    assert "remote rejected" in me.git("push", at=work, fails=True)
    assert head(hub, repo) == before


def test_symbolic_links_are_refused(hub: RunningHub, me: GitUser, repo: RepoId) -> None:
    work = me.clone(str(repo))
    (work / "link").symlink_to("/etc/passwd")
    me.commit(work, {})
    assert "'link'" in me.git("push", at=work, fails=True)


def test_a_push_of_several_references_is_taken_as_a_whole_or_not_at_all(
    hub: RunningHub, me: GitUser, repo: RepoId
) -> None:
    work = me.clone(str(repo))
    before = head(hub, repo)
    me.commit(work, {"good.txt": b"good"})
    shown = me.git("push", "origin", "HEAD:main", "HEAD:refs/notes/x", at=work, fails=True)
    assert shown.count("[remote rejected]") == 2
    assert "refs/notes/x" in shown
    assert head(hub, repo) == before


def test_the_default_branch_is_not_deleted(hub: RunningHub, me: GitUser, repo: RepoId) -> None:
    work = me.clone(str(repo))
    assert "remote: 'main' is the default branch" in me.git("push", "origin", ":main", at=work, fails=True)


def test_a_stranger_reads_and_may_not_push(hub: RunningHub, stranger: GitUser, repo: RepoId) -> None:
    before = head(hub, repo)
    work = stranger.clone(str(repo))
    stranger.commit(work, {"spam.txt": b"spam"})
    shown = stranger.git("push", at=work, fails=True)
    assert "remote: " in shown
    assert "remote rejected" in shown
    assert head(hub, repo) == before


def test_a_stranger_pushes_to_a_pull_request_of_their_own(hub: RunningHub, stranger: GitUser, repo: RepoId) -> None:
    opened = hub.hub.acting_as(Signature("stranger")).open_pull_request(repo, "Mine")
    ref = f"refs/pr/{opened.number}"
    work = stranger.clone(str(repo))
    stranger.git("fetch", "-q", "origin", f"{ref}:mine", at=work)
    stranger.git("checkout", "-q", "mine", at=work)
    oid = stranger.commit(work, {"idea.txt": b"idea"})
    stranger.git("push", "-q", "origin", f"mine:{ref}", at=work)
    assert head(hub, repo, ref) == oid
    assert "remote rejected" in stranger.git("push", "origin", "mine:refs/pr/99", at=work, fails=True)


def test_a_private_repository_looks_like_one_that_is_not_there(
    hub: RunningHub, me: GitUser, stranger: GitUser, repo: RepoId
) -> None:
    hub.hub.set_private(repo, True)
    me.clone(str(repo))
    hidden = stranger.git("ls-remote", stranger.url(str(repo)), fails=True)
    absent = stranger.git("ls-remote", stranger.url("me/absent"), fails=True)
    assert "not found" in hidden
    assert hidden.replace(str(repo), "me/absent") == absent


def test_whoever_has_no_token_is_asked_for_one(hub: RunningHub, me: GitUser, repo: RepoId) -> None:
    assert "could not read Username" in me.git("ls-remote", f"{hub.endpoint}/{repo}", fails=True)
    wrong = GitUser(me.home, me.endpoint, "me", "wrong")
    assert "Authentication failed" in me.git("ls-remote", wrong.url(str(repo)), fails=True)


def test_a_token_that_only_reads_is_told_so_in_the_terminal(hub: RunningHub, me: GitUser, repo: RepoId) -> None:
    _, secret = hub._accounts.create_token("me", f"reader {repo}", role="read")
    reader = GitUser(me.home, me.endpoint, "me", secret)
    work = reader.clone(str(repo))
    reader.commit(work, {"a.txt": b"a"})
    assert "remote: The token" in reader.git("push", at=work, fails=True)


def test_a_repository_that_was_moved_is_found_by_its_old_name(hub: RunningHub, me: GitUser, repo: RepoId) -> None:
    hub.hub.move(repo, RepoId("me", f"{repo.name}-moved"))
    assert (me.clone(str(repo)) / ".gitattributes").exists()


@contextmanager
def _post(user: GitUser, path: str, body: bytes, **headers: str) -> Iterator[http.client.HTTPResponse]:
    place = urlsplit(user.endpoint)
    token = b64encode(f"{user.name}:{user.token}".encode()).decode()
    with closing(http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)) as connection:
        connection.request("POST", path, body, {"Authorization": f"Basic {token}", **headers})
        with connection.getresponse() as answer:
            yield answer


def _wants(hub: RunningHub, repo: RepoId) -> bytes:
    return packet(f"want {head(hub, repo)} side-band-64k\n".encode()) + FLUSH + packet(b"done\n")


def test_a_request_for_objects_may_come_in_gzip(hub: RunningHub, me: GitUser, repo: RepoId) -> None:
    body = gzip.compress(_wants(hub, repo))
    with _post(me, f"/{repo}/git-upload-pack", body, **{"Content-Encoding": "gzip"}) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "application/x-git-upload-pack-result"
        assert b"PACK" in answer.read()


@pytest.mark.parametrize(
    ("verb", "body", "headers"),
    [
        ("git-receive-pack", b"<html>", {}),
        ("git-receive-pack", packet(b"old new refs/heads/main"), {}),
        ("git-upload-pack", FLUSH, {"Git-Protocol": "version=2; x"}),
    ],
)
def test_what_is_not_gits_protocol_is_refused(
    me: GitUser, repo: RepoId, verb: str, body: bytes, headers: dict[str, str]
) -> None:
    with _post(me, f"/{repo}/{verb}", body, **headers) as answer:
        assert answer.status == 400


def test_git_ends_when_the_client_goes_away(hub: RunningHub, me: GitUser, repo: RepoId) -> None:
    for number in range(4):
        hub.hub.commit(repo, [AddFile(f"{number}.txt", os.urandom(4_000_000).hex().encode())], message="much")
    with _post(me, f"/{repo}/git-upload-pack", _wants(hub, repo)) as answer:
        answer.read(1000)
        assert _children("upload-pack")
    until = time.monotonic() + 20
    while _children("upload-pack") and time.monotonic() < until:
        time.sleep(0.1)
    assert not _children("upload-pack")


def _children(command: str) -> list[str]:
    """Return the processes of this one that run a command, where the system lists them."""
    tasks = Path("/proc/self/task")
    if not tasks.exists():
        pytest.skip("the system does not list processes")
    pids = [pid for task in tasks.iterdir() for pid in _text(task / "children").split()]
    return [pid for pid in pids if command in _text(Path(f"/proc/{pid}/cmdline"))]


def _text(file: Path) -> str:
    """Return what a file of the system says; nothing when its thread or process has ended meanwhile."""
    try:
        return file.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
