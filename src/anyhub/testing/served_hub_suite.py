"""The exam of every hub that a server can be put in front of."""

from __future__ import annotations

import hashlib
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from anyhub.errors import (
    ConflictError,
    EntryNotFoundError,
    HubError,
    InvalidPathError,
    InvalidRevisionError,
    PathCollisionError,
    RepositoryExistsError,
    RevisionExistsError,
    RevisionNotFoundError,
    TooLargeError,
    ValidationError,
)
from anyhub.hub.serving import ServedHub
from anyhub.values import AddFile, Changes, Committed, DeleteFile, Digest, Query, RefUpdate, RepoId, Signature

LARGE = b"\0\1\2\3" * 100
OTHER = b"\0other" * 50
MAIN = "refs/heads/main"


def digest_of(content: bytes) -> Digest:
    """Return what a content is."""
    return Digest(hashlib.sha256(content).hexdigest(), len(content))


def pointer_of(content: bytes) -> bytes:
    """Return the text that stands in git for a content."""
    digest = digest_of(content)
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest.sha256}\nsize {digest.size}\n".encode()


class Work:
    """A clone of a repository, made by git, from which commits are pushed to the hub itself."""

    def __init__(self, hub: ServedHub, repo: RepoId, folder: Path) -> None:
        self.hub = hub
        self.repo = repo
        self.folder = folder
        with hub.git_dir(repo) as git_dir:
            self._run("clone", "--quiet", "--no-local", str(git_dir), str(folder), at=folder.parent)

    def git(self, *arguments: str, given: bytes | None = None) -> str:
        """Run git in the clone and return what it wrote."""
        return self._run(*arguments, at=self.folder, given=given).decode(errors="replace").strip()

    def commit(self, content: dict[str, bytes], message: str = "by git") -> str:
        """Commit files and return the id of the commit."""
        for path, data in content.items():
            file = self.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def commit_tree(self, lines: Sequence[tuple[str, bytes, bytes]]) -> str:
        """Commit a tree of (mode, name, content) as they are given, however wrong, and return the id of the commit."""
        text = b""
        for mode, name, content in lines:
            oid = content.decode() if mode == "160000" else self.git("hash-object", "-w", "--stdin", given=content)
            text += f"{mode} ".encode() + name + b"\0" + bytes.fromhex(oid)
        tree = self.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", given=text)
        return self.git("commit-tree", tree, "-p", "HEAD", "-m", "a tree")

    def push(self, *updates: tuple[str, str | None, str | None]) -> list[Committed | None]:
        """Push references, each from an old to a new object, as a server does it after git's own checks."""
        with self.hub.staging() as staging:
            pack = staging / "objects" / "pack"
            pack.mkdir(parents=True)
            (staging / "objects" / "info").mkdir()
            (staging / "objects" / "info" / "alternates").write_text(f"{self.folder / '.git' / 'objects'}\n")
            known = [f"^{ref.target}" for ref in self.hub.refs(self.repo)]
            wanted = [new for _, _, new in updates if new]
            have = "".join(f"{each}\n" for each in [*wanted, *known] if self._has(each.lstrip("^")))
            if wanted:
                self.git("pack-objects", "--quiet", "--revs", str(pack / "pack"), given=have.encode())
            return self.hub.push(self.repo, pack.parent, [RefUpdate(*each) for each in updates])

    def _has(self, oid: str) -> bool:
        return b"missing" not in self._run("cat-file", "--batch-check", at=self.folder, given=f"{oid}\n".encode())

    def _run(self, *arguments: str, at: Path, given: bytes | None = None) -> bytes:
        identity = ["-c", "user.name=Gita", "-c", "user.email=gita@example.org", "-c", "filter.lfs.required=false"]
        command = ["git", *identity, "-c", "filter.lfs.clean=", "-c", "filter.lfs.smudge=", "-c", "filter.lfs.process="]
        return subprocess.run([*command, *arguments], cwd=at, input=given, capture_output=True, check=True).stdout


class ServedHubSuite:
    """Tests that a served hub passes; derive from it and give a fixture ``hub`` with an empty hub."""

    @pytest.fixture
    def repo(self, hub: ServedHub) -> RepoId:
        """A new model repository."""
        repo = hub.repo_id("ada/engine")
        hub.create(repo)
        return repo

    @pytest.fixture
    def work(self, hub: ServedHub, repo: RepoId, tmp_path: Path) -> Work:
        """A clone of it."""
        return Work(hub, repo, tmp_path / "work")

    def _receive(self, hub: ServedHub, repo: RepoId, content: bytes) -> Digest:
        with hub.staging() as staging:
            (staging / "file").write_bytes(content)
            hub.receive(repo, digest_of(content), staging / "file")
        return digest_of(content)

    def _put(self, hub: ServedHub, repo: RepoId, path: str, content: bytes, **options: str) -> Committed:
        return hub.commit(repo, [AddFile(path, content)], message=f"put {path}", **options)  # type: ignore[arg-type]

    def _read(self, hub: ServedHub, repo: RepoId, path: str, revision: str = "main") -> bytes:
        with hub.open(repo, hub.entry(repo, hub.resolve(repo, revision).oid, path)) as stream:
            return stream.read()

    # -- who acts

    def test_commits_and_repositories_are_those_of_who_acts(self, hub: ServedHub) -> None:
        grace = hub.acting_as(Signature("grace", "grace@example.org"))
        repo = grace.repo_id("cobol")
        assert str(repo) == "grace/cobol"
        assert grace.create(repo).creator == "grace"
        assert self._put(grace, repo, "a.txt", b"a").commit.author == "grace"
        assert hub.resolve(repo).author == "grace"
        assert str(hub.repo_id("cobol")) != "grace/cobol"

    # -- large files ahead of their commit

    def test_a_received_file_is_committed_by_its_digest(self, hub: ServedHub, repo: RepoId) -> None:
        digest = digest_of(LARGE)
        assert hub.lacking(repo, [digest]) == [digest]
        self._receive(hub, repo, LARGE)
        assert hub.lacking(repo, [digest]) == []
        hub.commit(repo, [AddFile("a.txt", digest)], message="large")
        assert self._read(hub, repo, "a.txt") == LARGE
        assert hub.lacking(repo, [digest]) == []

    def test_a_digest_of_what_never_came_is_refused(self, hub: ServedHub, repo: RepoId) -> None:
        with pytest.raises(EntryNotFoundError, match="not received"):
            hub.commit(repo, [AddFile("a.bin", digest_of(LARGE))], message="large")

    def test_knowing_a_digest_opens_nothing(self, hub: ServedHub, repo: RepoId) -> None:
        digest = self._receive(hub, repo, LARGE)
        other = hub.repo_id("eve/empty")
        hub.create(other)
        assert hub.lacking(other, [digest]) == [digest]
        with pytest.raises(EntryNotFoundError):
            hub.large(other, digest.sha256)
        with pytest.raises(EntryNotFoundError, match="not received"):
            hub.commit(other, [AddFile("a.bin", digest)], message="mine")

    def test_a_digest_with_another_size_is_lacking(self, hub: ServedHub, repo: RepoId) -> None:
        digest = self._receive(hub, repo, LARGE)
        wrong = Digest(digest.sha256, digest.size + 1)
        assert hub.lacking(repo, [wrong]) == [wrong]

    def test_a_large_file_is_opened_by_its_digest(self, hub: ServedHub, repo: RepoId) -> None:
        digest = self._receive(hub, repo, LARGE)
        with hub.open(repo, hub.large(repo, digest.sha256)) as stream:
            assert stream.read() == LARGE

    def test_the_attributes_can_not_be_a_received_file(self, hub: ServedHub, repo: RepoId) -> None:
        digest = self._receive(hub, repo, LARGE)
        with pytest.raises(ValidationError, match="gitattributes"):
            hub.commit(repo, [AddFile(".gitattributes", digest)], message="x")

    def test_large_files_are_listed_where_the_newest_commit_has_them(self, hub: ServedHub, repo: RepoId) -> None:
        self._put(hub, repo, "old.bin", LARGE)
        self._put(hub, repo, "new.bin", OTHER)
        hub.commit(repo, [DeleteFile("old.bin")], message="delete")
        found = {each.path: each for each in hub.large_files(repo)}
        assert set(found) == {"old.bin", "new.bin"}
        assert found["old.bin"].digest == digest_of(LARGE)
        assert {each.ref for each in found.values()} == {MAIN}

    # -- purging

    def test_a_purged_file_is_gone_from_every_commit(self, hub: ServedHub, repo: RepoId) -> None:
        before = self._put(hub, repo, "keep.txt", b"keep").commit
        bad = self._put(hub, repo, "bad.bin", LARGE).commit
        after = self._put(hub, repo, "more.txt", b"more").commit
        hub.create_ref(repo, "refs/tags/v1", after.oid)
        digest = digest_of(LARGE)
        hub.purge(repo, [digest.sha256])
        titles = [commit.title for commit in hub.history(repo)]
        assert titles == ["put more.txt", "put bad.bin", "put keep.txt", "initial commit"]
        assert hub.resolve(repo, before.oid) == before
        for gone in (bad, after):
            with pytest.raises(RevisionNotFoundError):
                hub.resolve(repo, gone.oid)
        for revision in ("main", "v1"):
            paths = [entry.path for entry in hub.tree(repo, hub.resolve(repo, revision).oid)]
            assert paths == [".gitattributes", "keep.txt", "more.txt"]
        assert hub.lacking(repo, [digest]) == [digest]
        assert hub.info(repo).storage == 0
        with hub.git_dir(repo) as git_dir:
            subprocess.run(["git", "-C", git_dir, "fsck", "--full", "--strict"], check=True, capture_output=True)

    def test_merges_and_annotated_tags_are_rewritten_too(self, hub: ServedHub, repo: RepoId, work: Work) -> None:
        old = hub.resolve(repo).oid
        self._receive(hub, repo, LARGE)
        work.commit({"bad.bin": pointer_of(LARGE)})
        work.git("checkout", "--quiet", "-b", "side", "HEAD~1")
        work.commit({"side.txt": b"s"})
        work.git("checkout", "--quiet", "main")
        work.git("merge", "--quiet", "--no-ff", "side", "-m", "merge")
        work.git("tag", "-a", "v1", "-m", "release")
        new, tag = work.git("rev-parse", "main"), work.git("rev-parse", "v1")
        work.push((MAIN, old, new), ("refs/tags/v1", None, tag))
        hub.purge(repo, [digest_of(LARGE).sha256])
        head = hub.resolve(repo)
        assert head.oid != new
        assert len(head.parents) == 2
        assert hub.resolve(repo, "v1") == head
        assert [entry.path for entry in hub.tree(repo, head.oid)] == [".gitattributes", "side.txt"]
        with hub.git_dir(repo) as git_dir:
            tagged = subprocess.run(["git", "-C", git_dir, "cat-file", "-t", "v1"], check=True, capture_output=True)
            subprocess.run(["git", "-C", git_dir, "fsck", "--full", "--strict"], check=True, capture_output=True)
        assert tagged.stdout == b"tag\n"

    def test_a_file_that_is_purged_here_stays_elsewhere(self, hub: ServedHub, repo: RepoId) -> None:
        other = hub.repo_id("ada/other")
        hub.create(other)
        for each in (repo, other):
            self._put(hub, each, "a.bin", LARGE)
        hub.purge(repo, [digest_of(LARGE).sha256])
        assert self._read(hub, other, "a.bin") == LARGE

    def test_a_file_can_be_purged_without_rewriting_history(self, hub: ServedHub, repo: RepoId) -> None:
        commit = self._put(hub, repo, "bad.bin", LARGE).commit
        hub.purge(repo, [digest_of(LARGE).sha256], rewrite_history=False)
        assert hub.resolve(repo) == commit
        with pytest.raises(EntryNotFoundError):
            self._read(hub, repo, "bad.bin")

    # -- looking closer

    def test_differences_tell_what_each_file_was_and_is(self, hub: ServedHub, repo: RepoId) -> None:
        before = hub.commit(repo, [AddFile("a.txt", b"a"), AddFile("d/b.txt", b"b")], message="1").commit
        changes: Changes = [AddFile("a.txt", b"A!"), DeleteFile("d/b.txt"), AddFile("d/c.txt", b"c")]
        after = hub.commit(repo, changes, message="2").commit
        found = {each.path: each for each in hub.differences(repo, before.oid, after.oid)}
        assert set(found) == {"a.txt", "d/b.txt", "d/c.txt"}
        changed = found["a.txt"]
        assert changed.before is not None
        assert changed.after is not None
        assert (changed.before.size, changed.after.size) == (1, 2)
        assert (changed.before.commit, changed.after.commit) == (before.oid, after.oid)
        assert found["d/b.txt"].after is None
        assert found["d/c.txt"].before is None

    def test_the_common_ancestor_is_the_nearest(self, hub: ServedHub, repo: RepoId) -> None:
        start = self._put(hub, repo, "a.txt", b"a").commit.oid
        hub.create_ref(repo, "refs/heads/dev", start)
        one = self._put(hub, repo, "b.txt", b"b").commit.oid
        other = self._put(hub, repo, "c.txt", b"c", onto="dev").commit.oid
        assert hub.common_ancestor(repo, one, other) == start
        assert hub.common_ancestor(repo, start, other) == start
        squashed = hub.squash(repo, "dev", "squashed").oid
        assert hub.common_ancestor(repo, one, squashed) is None

    def test_the_last_commit_of_a_path_is_the_one_that_changed_it(self, hub: ServedHub, repo: RepoId) -> None:
        first = hub.commit(repo, [AddFile("d/a.txt", b"a"), AddFile("b.txt", b"b")], message="1").commit
        second = self._put(hub, repo, "d/c.txt", b"c").commit
        found = hub.last_commits(repo, second.oid, ["d", "d/a.txt", "b.txt", "d/c.txt", "nowhere"])
        assert found == {"d": second, "d/a.txt": first, "b.txt": first, "d/c.txt": second}

    def test_conflicts_name_what_both_sides_changed(self, hub: ServedHub, repo: RepoId) -> None:
        changes = [AddFile("a.txt", b"theirs"), AddFile("b.txt", b"same")]
        hub.commit(repo, changes, message="propose", pull_request=True)
        assert hub.conflicts(repo, 1) == []
        hub.commit(repo, [AddFile("a.txt", b"ours"), AddFile("b.txt", b"same")], message="ours")
        assert hub.conflicts(repo, 1) == ["a.txt"]

    def test_an_object_is_what_git_keeps(self, hub: ServedHub, repo: RepoId) -> None:
        commit = hub.commit(repo, [AddFile("a.txt", b"text"), AddFile("b.bin", LARGE)], message="both").commit
        text, large = hub.find(repo, commit.oid, ["a.txt", "b.bin"])
        assert hub.read_object(repo, text.oid) == b"text"
        assert hub.read_object(repo, large.oid) == pointer_of(LARGE)
        for oid in ("0" * 40, commit.oid):
            with pytest.raises(EntryNotFoundError):
                hub.read_object(repo, oid)

    # -- duplicates and downloads

    def test_a_duplicate_has_the_same_branches_and_files_and_a_life_of_its_own(
        self, hub: ServedHub, repo: RepoId
    ) -> None:
        commit = hub.commit(repo, [AddFile("a.txt", b"a"), AddFile("d/b.bin", LARGE)], message="both").commit
        hub.create_ref(repo, "refs/tags/v1", commit.oid)
        proposed = self._put(hub, repo, "secret.txt", b"s").commit.oid
        hub.squash(repo, "main", "squashed")
        copy = hub.repo_id("bob/copy")
        assert hub.duplicate(repo, copy, private=True).private
        assert [ref.name for ref in hub.refs(copy)] == [MAIN, "refs/tags/v1"]
        assert hub.resolve(copy, "v1") == commit
        with pytest.raises(RevisionNotFoundError):
            hub.resolve(copy, proposed)
        hub.delete(repo)
        assert self._read(hub, copy, "d/b.bin", "v1") == LARGE
        assert self._read(hub, copy, "a.txt", "v1") == b"a"
        self._put(hub, copy, "c.txt", b"c")
        with pytest.raises(RepositoryExistsError):
            hub.duplicate(copy, copy, private=False)

    def test_downloads_are_counted_and_sorted_by(self, hub: ServedHub, repo: RepoId) -> None:
        other = hub.repo_id("ada/other")
        hub.create(other)
        for _ in range(2):
            hub.count_download(repo)
        give_up = time.monotonic() + 10  # it is written a moment later
        while hub.info(repo).downloads < 2 and time.monotonic() < give_up:
            time.sleep(0.05)
        assert hub.info(repo).downloads == 2
        assert [str(each.repo) for each in hub.search(Query(sort="downloads"))] == ["ada/engine", "ada/other"]
        assert next(str(each.repo) for each in hub.search(Query(sort="trending", ascending=True))) == "ada/other"

    # -- git

    def test_git_clones_what_was_committed(self, hub: ServedHub, repo: RepoId, tmp_path: Path) -> None:
        hub.commit(repo, [AddFile("d/a.txt", b"a"), AddFile("b.bin", LARGE)], message="both")
        work = Work(hub, repo, tmp_path / "clone")
        assert (work.folder / "d/a.txt").read_bytes() == b"a"
        assert (work.folder / "b.bin").read_bytes() == pointer_of(LARGE)

    def test_what_git_pushes_is_there(self, hub: ServedHub, repo: RepoId, work: Work) -> None:
        old = hub.resolve(repo).oid
        self._receive(hub, repo, LARGE)
        new = work.commit({"a.txt": b"a", "d/run.sh": b"#!", "b.bin": pointer_of(LARGE)}, "Title\n\nThe body.")
        (done,) = work.push((MAIN, old, new))
        assert done is not None
        assert done.commit == hub.resolve(repo)
        assert (done.commit.oid, done.commit.parents) == (new, (old,))
        assert (done.commit.title, done.commit.body, done.commit.author) == ("Title", "The body.", "Gita")
        assert self._read(hub, repo, "b.bin") == LARGE
        entry = hub.entry(repo, new, "b.bin")
        assert (entry.size, entry.sha256, entry.pointer_size) == (
            len(LARGE),
            digest_of(LARGE).sha256,
            len(pointer_of(LARGE)),
        )
        self._put(hub, repo, "c.txt", b"on top")
        assert self._read(hub, repo, "d/run.sh") == b"#!"

    def test_many_commits_renames_and_old_content_come_in_one_push(
        self, hub: ServedHub, repo: RepoId, work: Work
    ) -> None:
        old = hub.resolve(repo).oid
        work.push((MAIN, old, first := work.commit({"a/1.txt": b"1", "a/2.txt": b"2"})))
        work.git("mv", "a", "b")
        work.commit({})
        work.git("mv", "b/1.txt", "c.txt")
        last = work.commit({"d.txt": b"2"})
        work.push((MAIN, first, last))
        paths = [entry.path for entry in hub.tree(repo, last) if not entry.is_folder]
        assert paths == [".gitattributes", "b/2.txt", "c.txt", "d.txt"]
        assert hub.entry(repo, last, "c.txt").size == 1
        assert len(list(hub.history(repo))) == 4

    def test_branches_and_tags_come_and_go(self, hub: ServedHub, repo: RepoId, work: Work) -> None:
        head = hub.resolve(repo).oid
        work.git("tag", "-a", "v1", "-m", "release")
        tag = work.git("rev-parse", "v1")
        work.push(("refs/tags/v1", None, tag), ("refs/heads/dev", None, head))
        assert hub.resolve(repo, "v1").oid == hub.resolve(repo, "dev").oid == head
        with hub.git_dir(repo) as git_dir:
            shown = subprocess.run(["git", "-C", git_dir, "cat-file", "-p", "v1"], check=True, capture_output=True)
        assert b"release" in shown.stdout
        assert work.push(("refs/heads/dev", head, None), ("refs/tags/v1", tag, None)) == [None, None]
        assert [ref.name for ref in hub.refs(repo)] == [MAIN]

    def test_a_pull_request_takes_a_push_while_it_is_open(self, hub: ServedHub, repo: RepoId, work: Work) -> None:
        head = hub.resolve(repo).oid
        hub.open_pull_request(repo, "Propose")
        new = work.commit({"a.txt": b"a"})
        work.push(("refs/pr/1", head, new))
        assert hub.resolve(repo, "refs/pr/1").oid == new
        assert [event.oid for event in hub.discussion(repo, 1).events if event.type == "commit"] == [new]
        hub.set_discussion_status(repo, 1, "closed")
        with pytest.raises(ConflictError, match="closed"):
            work.push(("refs/pr/1", new, work.commit({"b.txt": b"b"})))

    @pytest.mark.parametrize(
        ("update", "error"),
        [
            (lambda head: (MAIN, head, None), ConflictError),
            (lambda head: (MAIN, "0" * 39 + "1", head), ConflictError),
            (lambda head: ("refs/heads/main", None, head), ConflictError),
            (lambda head: ("refs/heads/MAIN", None, head), RevisionExistsError),
            (lambda head: ("refs/heads/main/deeper", None, head), RevisionExistsError),
            (lambda head: ("refs/heads/a..b", None, head), InvalidRevisionError),
            (lambda head: ("refs/notes/x", None, head), InvalidRevisionError),
            (lambda head: ("refs/pr/7", None, head), HubError),
            (lambda head: ("refs/heads/dev", None, "0" * 39 + "2"), EntryNotFoundError),
        ],
    )
    def test_a_reference_that_may_not_go_there_is_refused(
        self,
        hub: ServedHub,
        repo: RepoId,
        work: Work,
        update: Callable[[str], tuple[str, str | None, str | None]],
        error: type[HubError],
    ) -> None:
        before = hub.refs(repo)
        with pytest.raises(error):
            work.push(update(hub.resolve(repo).oid))
        assert hub.refs(repo) == before

    @pytest.mark.parametrize(
        ("lines", "error", "said"),
        [
            ([("120000", b"link", b"/etc/passwd")], ValidationError, "symbolic link"),
            ([("160000", b"sub", b"1" * 40)], ValidationError, "submodule"),
            ([("100644", b"aux.txt", b"x")], InvalidPathError, "device"),
            ([("100644", b".git", b"x")], InvalidPathError, "belongs to git"),
            ([("100644", b"a\\b", b"x")], InvalidPathError, "character"),
            ([("100644", b"\xff", b"x")], InvalidPathError, "UTF-8"),
            ([("100644", b"A.txt", b"1"), ("100644", b"a.txt", b"2")], PathCollisionError, "one file"),
            ([("100644", b"a.bin", pointer_of(OTHER))], EntryNotFoundError, r"a\.bin.*git lfs push"),
            ([("100644", b"a.txt", b"x" * 10_000_001)], TooLargeError, r"a\.txt.*git lfs track"),
        ],
    )
    def test_a_push_obeys_the_rules_of_a_commit(
        self,
        hub: ServedHub,
        repo: RepoId,
        work: Work,
        lines: Sequence[tuple[str, bytes, bytes]],
        error: type[HubError],
        said: str,
    ) -> None:
        head = hub.resolve(repo)
        bad = work.commit_tree(lines)
        with pytest.raises(error, match=said):
            work.push((MAIN, head.oid, bad), ("refs/heads/dev", None, head.oid))
        assert hub.resolve(repo) == head
        assert [ref.name for ref in hub.refs(repo)] == [MAIN]

    def test_a_pushed_pointer_with_a_wrong_size_is_refused(self, hub: ServedHub, repo: RepoId, work: Work) -> None:
        self._receive(hub, repo, LARGE)
        wrong = pointer_of(LARGE).replace(b"size 400", b"size 401")
        with pytest.raises(EntryNotFoundError):
            work.push((MAIN, hub.resolve(repo).oid, work.commit({"a.bin": wrong})))

    def test_a_message_in_another_encoding_is_kept_as_far_as_it_can_be(
        self, hub: ServedHub, repo: RepoId, work: Work
    ) -> None:
        head = hub.resolve(repo).oid
        tree = work.git("rev-parse", "HEAD^{tree}")
        raw = (
            f"tree {tree}\nparent {head}\nauthor ".encode()
            + b"Gr\xe4ce <g> 5 +0000\ncommitter x <x> 7 +0000\n\nM\xe4\n"
        )
        new = work.git("hash-object", "-t", "commit", "-w", "--stdin", given=raw)
        (done,) = work.push((MAIN, head, new))
        assert done is not None
        assert (done.commit.title, done.commit.author) == ("M\ufffd", "Gr\ufffdce")
        assert done.commit.date.timestamp() == 7

    def test_a_push_counts_as_a_change_of_what_the_card_says(self, hub: ServedHub, repo: RepoId, work: Work) -> None:
        old = hub.resolve(repo).oid
        work.push((MAIN, old, work.commit({"README.md": b"---\nlicense: mit\n---\n"})))
        assert hub.info(repo).facts.tags == ("license:mit",)
