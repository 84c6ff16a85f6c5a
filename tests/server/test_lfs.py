"""Large files on their way: by git-lfs, at once, in parts, and what is refused to whom."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from git_user import GitUser
from lfs_client import TOKENS, Client, Reply, digest_of, has

from anyhub.server.embedded import RunningHub
from anyhub.testing.server import running_hub
from anyhub.values import AddFile, Digest, RepoId
from anyhub.wire import lfs
from anyhub.wire.lfs import Action, Batch, Completion, Parts, Placed

PART = 1_000_000
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    with running_hub(part_bytes=PART) as running:
        for name in ("me", "stranger"):
            TOKENS[name] = running.create_user(name)
        yield running


@pytest.fixture
def repo(hub: RunningHub) -> RepoId:
    made = RepoId("me", f"model-{next(NUMBERS)}")
    hub.hub.create(made)
    return made


@pytest.fixture
def git(hub: RunningHub, tmp_path: Path) -> GitUser:
    user = GitUser(tmp_path, hub.endpoint, "me", TOKENS["me"])
    user.git("lfs", "install", "--skip-repo")
    return user


@pytest.fixture
def client(hub: RunningHub) -> Client:
    return Client(hub)


# -- git-lfs


def test_a_large_file_is_pushed_and_cloned_by_git_lfs(hub: RunningHub, git: GitUser, repo: RepoId) -> None:
    data = os.urandom(20_000_000)
    work = git.clone(str(repo))
    git.commit(work, {"model.safetensors": data, "README.md": b"# Hello\n"})
    shown = git.git("push", at=work)
    assert "lock" not in shown.lower()
    entry = hub.hub.entry(repo, hub.hub.resolve(repo).oid, "model.safetensors")
    assert (entry.sha256, entry.size) == (digest_of(data).sha256, len(data))
    assert (git.clone(str(repo)) / "model.safetensors").read_bytes() == data


def test_git_lfs_does_not_send_again_what_is_there(hub: RunningHub, git: GitUser, repo: RepoId) -> None:
    data = os.urandom(100_000)
    hub.hub.commit(repo, [AddFile("a.bin", data)], message="by the API")
    work = git.clone(str(repo))
    assert (work / "a.bin").read_bytes() == data
    git.commit(work, {"b.bin": data})
    git.git("push", "-q", at=work)
    assert hub.hub.entry(repo, hub.hub.resolve(repo).oid, "b.bin").sha256 == digest_of(data).sha256


def test_a_pointer_is_refused_when_git_lfs_was_not_asked_to_send_the_file(
    hub: RunningHub, git: GitUser, repo: RepoId
) -> None:
    before = hub.hub.resolve(repo).oid
    work = git.clone(str(repo))
    git.commit(work, {"model.bin": os.urandom(1000)})
    shown = git.git("push", "--no-verify", at=work, fails=True)
    assert "remote: " in shown
    assert "model.bin" in shown
    assert hub.hub.resolve(repo).oid == before


def test_git_lfs_shows_why_it_is_refused(hub: RunningHub, git: GitUser, repo: RepoId) -> None:
    _, secret = hub._accounts.create_token("me", f"reader {repo}", role="read")
    reader = GitUser(git.home, git.endpoint, "me", secret)
    work = reader.clone(str(repo))
    reader.commit(work, {"model.bin": os.urandom(1000)})
    assert "batch response: The token" in reader.git("lfs", "push", "origin", "main", at=work, fails=True)


# -- at once


def test_a_file_is_sent_verified_and_read_without_a_token_in_any_request_but_the_first(
    hub: RunningHub, client: Client, repo: RepoId
) -> None:
    data = os.urandom(3000)
    digest = digest_of(data)
    placed = client.place(repo, "upload", digest)
    assert isinstance(placed.transfer, Action)
    assert placed.verify is not None
    assert client.request("POST", placed.verify.href, lfs.spell_verify(digest)).status == 404
    assert client.request("PUT", placed.transfer.href, data).status == 200
    assert client.request("POST", placed.verify.href, lfs.spell_verify(digest)).status == 200
    assert client.api(repo, "objects/verify", lfs.spell_verify(digest)).status == 200
    assert has(hub, repo, digest)
    assert client.place(repo, "upload", digest) == Placed(digest)

    read = client.place(repo, "download", digest).transfer
    assert isinstance(read, Action)
    whole = client.request("GET", read.href)
    assert (whole.status, whole.body) == (200, data)
    assert whole.headers["etag"] == f'"{digest.sha256}"'
    part = client.request("GET", read.href, Range="bytes=100-199")
    assert (part.status, part.body) == (206, data[100:200])


def test_an_empty_file_is_sent_like_any_other(hub: RunningHub, client: Client, repo: RepoId) -> None:
    assert has(hub, repo, client.upload(repo, b""))


def test_a_file_that_is_not_what_was_announced_is_not_kept(hub: RunningHub, client: Client, repo: RepoId) -> None:
    digest = digest_of(b"good")
    action = client.place(repo, "upload", digest).transfer
    assert isinstance(action, Action)
    changed = client.request("PUT", action.href, b"baad")
    assert changed.status == 422
    assert digest.sha256 in changed.json["error"]
    for body in (b"goo", b"good and more"):
        assert client.request("PUT", action.href, body).status == 422
    assert client.request("PUT", action.href, iter([b"go", b"od", b"!" * PART])).status == 413
    assert client.request("PUT", action.href, iter([b"go"])).status == 422
    assert not has(hub, repo, digest)
    assert client.request("PUT", action.href, iter([b"go", b"od"])).status == 200
    assert has(hub, repo, digest)


def test_the_address_of_one_file_takes_and_gives_no_other(client: Client, repo: RepoId) -> None:
    put = client.place(repo, "upload", digest_of(b"one")).transfer
    get = client.place(repo, "download", client.upload(repo, b"two")).transfer
    assert isinstance(put, Action)
    assert isinstance(get, Action)
    assert client.request("GET", put.href).status == 403
    assert client.request("PUT", get.href, b"one").status == 403
    assert client.request("PUT", put.href[:-2] + "xx", b"one").status == 403
    assert client.request("PUT", put.href.replace("/objects/", "/parts/") + "/1", b"one").status == 403


def test_knowing_a_hash_opens_nothing(hub: RunningHub, client: Client, repo: RepoId) -> None:
    digest = client.upload(repo, b"a secret of another repository")
    other = RepoId("me", f"other-{next(NUMBERS)}")
    hub.hub.create(other)
    placed = client.place(other, "download", digest)
    assert placed.transfer is None
    assert placed.error is not None
    assert placed.error[0] == 404
    assert isinstance(client.place(other, "upload", digest).transfer, Action)
    assert client.api(other, "objects/verify", lfs.spell_verify(digest)).status == 404


def test_an_address_is_no_longer_good_when_its_token_was_revoked(hub: RunningHub, client: Client, repo: RepoId) -> None:
    data = b"too late"
    TOKENS["leaver"] = hub.create_user("leaver")
    mine = RepoId("leaver", f"model-{next(NUMBERS)}")
    hub.hub.create(mine)
    action = Client(hub, "leaver").place(mine, "upload", digest_of(data)).transfer
    assert isinstance(action, Action)
    for token in hub._accounts.tokens("leaver"):
        hub._accounts.revoke_token("leaver", token.id)
    assert client.request("PUT", action.href, data).status == 401
    assert not has(hub, mine, digest_of(data))


def test_a_private_repository_looks_like_one_that_is_not_there(hub: RunningHub, client: Client, repo: RepoId) -> None:
    digest = client.upload(repo, b"private")
    read = client.place(repo, "download", digest).transfer
    hub.hub.set_private(repo, True)
    stranger = Client(hub, "stranger")
    absent = RepoId("me", "absent")
    for operation in ("upload", "download"):
        asked = [
            stranger.api(each, "objects/batch", lfs.spell_batch(Batch(operation, (digest,)))) for each in (repo, absent)
        ]
        assert {reply.status for reply in asked} == {404}
        assert asked[0].body == asked[1].body.replace(str(absent).encode(), str(repo).encode())
    assert isinstance(read, Action)
    assert client.request("GET", read.href).status == 200


def test_whoever_has_no_token_is_asked_for_one(hub: RunningHub, repo: RepoId) -> None:
    reply = Client(hub, None).api(repo, "objects/batch", lfs.spell_batch(Batch("upload", (digest_of(b"x"),))))
    assert reply.status == 401
    assert reply.headers["www-authenticate"].startswith("Basic")


def test_there_are_no_locks_and_git_lfs_hears_it_in_its_own_way(client: Client, repo: RepoId) -> None:
    assert client.api(repo, "locks/verify", {}).status == 501
    assert client.api(RepoId("me", "absent"), "locks/verify", {}).status == 404


# -- in parts


def _in_parts(client: Client, repo: RepoId, data: bytes) -> Parts:
    placed = client.place(repo, "upload", digest_of(data), "basic", "multipart")
    assert isinstance(placed.transfer, Parts)
    return placed.transfer


def _pieces(data: bytes) -> list[bytes]:
    return [data[start : start + PART] for start in range(0, len(data), PART)]


def _send(client: Client, url: str, piece: bytes) -> str:
    reply = client.request("PUT", url, piece)
    assert reply.status == 200, reply.body
    return reply.headers["etag"]


def test_a_file_comes_in_parts_in_any_order(hub: RunningHub, client: Client, repo: RepoId) -> None:
    data = os.urandom(int(2.5 * PART))
    parts = _in_parts(client, repo, data)
    assert (parts.part_bytes, len(parts.urls)) == (PART, 3)
    sent = {number: _send(client, parts.urls[number - 1], _pieces(data)[number - 1]) for number in (3, 1, 2)}
    completion = lfs.spell_completion(Completion(digest_of(data).sha256, tuple(sorted(sent.items()))))
    assert client.request("POST", parts.href, completion).status == 200
    assert has(hub, repo, digest_of(data))
    assert client.request("POST", parts.href, completion).status == 200  # the first answer may have been lost
    read = client.place(repo, "download", digest_of(data)).transfer
    assert isinstance(read, Action)
    assert client.request("GET", read.href).body == data


def test_a_part_that_came_is_told_of_when_the_upload_is_begun_again(client: Client, repo: RepoId) -> None:
    data = os.urandom(2 * PART)
    parts = _in_parts(client, repo, data)
    assert parts.received == {}
    etag = _send(client, parts.urls[1], _pieces(data)[1])
    assert _in_parts(client, repo, data).received == {2: etag.strip('"')}


def test_an_upload_goes_on_after_the_server_was_restarted(tmp_path: Path) -> None:
    data, repo = os.urandom(2 * PART), RepoId("me", "model")
    with running_hub(tmp_path, part_bytes=PART) as hub:
        TOKENS["restarted"] = hub.create_user("me")
        hub.hub.create(repo)
        parts = _in_parts(Client(hub, "restarted"), repo, data)
        first = _send(Client(hub), parts.urls[0], _pieces(data)[0])
    with running_hub(tmp_path, part_bytes=PART) as hub:
        client = Client(hub, "restarted")
        assert _in_parts(client, repo, data).received == {1: first.strip('"')}
        second = _send(client, urlsplit(parts.urls[1]).path, _pieces(data)[1])
        completion = lfs.spell_completion(Completion(digest_of(data).sha256, ((1, first), (2, second))))
        assert client.request("POST", urlsplit(parts.href).path, completion).status == 200
        assert has(hub, repo, digest_of(data))
        assert list((tmp_path / "uploads").iterdir()) == []


def test_a_file_is_whole_only_with_all_its_parts_as_they_were_sent(
    hub: RunningHub, client: Client, repo: RepoId
) -> None:
    data = os.urandom(3 * PART)
    parts = _in_parts(client, repo, data)
    first, third = (_send(client, parts.urls[number], _pieces(data)[number]) for number in (0, 2))
    sha256 = digest_of(data).sha256

    def completed(*etags: tuple[int, str]) -> Reply:
        return client.request("POST", parts.href, lfs.spell_completion(Completion(sha256, etags)))

    for etags, named in (
        (((1, first), (3, third)), "part 2"),
        (((1, first), (2, "x"), (3, third)), "Part 2 has not come"),
        (((1, first), (1, first), (3, third)), "part 2"),
        (((1, "x"), (2, "x"), (3, third)), "Part 1 is not the one"),
    ):
        reply = completed(*etags)
        assert reply.status == 400
        assert named in reply.json["error"]
    second = _send(client, parts.urls[1], _pieces(data)[1])
    assert client.request("POST", parts.href, {"oid": "0" * 64, "parts": []}).status == 400
    assert not has(hub, repo, digest_of(data))
    assert completed((1, first), (2, second), (3, third)).status == 200
    assert has(hub, repo, digest_of(data))


def test_parts_of_another_length_or_number_are_refused(client: Client, repo: RepoId) -> None:
    data = os.urandom(2 * PART)
    parts = _in_parts(client, repo, data)
    assert client.request("PUT", parts.urls[0], b"short").status == 422
    for number in ("0", "3", "-1", "x", "%C2%B2"):
        url = parts.urls[0].rpartition("/")[0] + f"/{number}"
        assert client.request("PUT", url, _pieces(data)[0]).status == 400
    assert _in_parts(client, repo, data).received == {}


def test_parts_that_make_another_file_are_thrown_away(hub: RunningHub, client: Client, repo: RepoId) -> None:
    data = os.urandom(2 * PART)
    parts = _in_parts(client, repo, data)
    etags = tuple((number, _send(client, parts.urls[number - 1], bytes(PART))) for number in (1, 2))
    completion = lfs.spell_completion(Completion(digest_of(data).sha256, etags))
    assert client.request("POST", parts.href, completion).status == 422
    assert not has(hub, repo, digest_of(data))
    assert _in_parts(client, repo, data).received == {}


def test_git_lfs_gets_one_transfer_for_all_files_of_a_batch_others_the_best_for_each(
    hub: RunningHub, repo: RepoId
) -> None:
    batch = Batch("upload", (Digest("a" * 64, 10), Digest("b" * 64, 2 * PART)), ("basic", "multipart"))
    for agent, kinds in (("git-lfs/3.3.0", [Parts, Parts]), ("python", [Action, Parts])):
        transfer, placed = Client(hub, agent=agent).batch(repo, batch)
        assert transfer == "multipart"
        assert [type(each.transfer) for each in placed] == kinds


def test_whoever_does_not_know_of_parts_sends_a_file_at_once(client: Client, repo: RepoId) -> None:
    assert isinstance(client.place(repo, "upload", Digest("c" * 64, 10 * PART), "basic").transfer, Action)
