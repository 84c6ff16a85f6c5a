"""The exam of every hub."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from anyhub.errors import (
    AccessError,
    ConflictError,
    DiscussionNotFoundError,
    EditConflictError,
    EntryNotFoundError,
    InvalidPathError,
    InvalidRepoIdError,
    InvalidRevisionError,
    ParentCommitError,
    PathCollisionError,
    RepositoryExistsError,
    RepositoryNotFoundError,
    RevisionExistsError,
    RevisionNotFoundError,
    ValidationError,
)
from anyhub.hub.interface import Hub
from anyhub.values import (
    AddFile,
    Changes,
    Committed,
    CopyFile,
    DeleteFile,
    DeleteFolder,
    Query,
    RepoId,
    RepoInfo,
)

LARGE = b"\0\1\2\3" * 100


def safetensors(tensors: Mapping[str, tuple[str, Sequence[int]]]) -> bytes:
    """Return the header of a safetensors file with these data types and shapes, which is all that a hub reads of it."""
    header = {
        name: {"dtype": dtype, "shape": shape, "data_offsets": [0, 0]} for name, (dtype, shape) in tensors.items()
    }
    text = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    return len(text).to_bytes(8, "little") + text


class HubSuite:
    """Tests that a hub passes; derive from it and give a fixture ``hub`` with an empty hub."""

    @pytest.fixture
    def repo(self, hub: Hub) -> RepoId:
        """A new model repository."""
        repo = hub.repo_id("ada/engine")
        hub.create(repo)
        return repo

    def _put(self, hub: Hub, repo: RepoId, message: str = "put", onto: str = "main", **content: bytes) -> Committed:
        changes = [AddFile(name.replace("__", "/").replace("_", "."), data) for name, data in content.items()]
        return hub.commit(repo, changes, message=message, onto=onto)

    def _read(self, hub: Hub, repo: RepoId, path: str, revision: str = "main") -> bytes:
        commit = hub.resolve(repo, revision)
        with hub.open(repo, hub.entry(repo, commit.oid, path)) as stream:
            return stream.read()

    def _paths(self, hub: Hub, repo: RepoId, revision: str = "main") -> list[str]:
        entries = hub.tree(repo, hub.resolve(repo, revision).oid)
        return [entry.path for entry in entries if not entry.is_folder and entry.path != ".gitattributes"]

    # -- repositories

    def test_a_new_repository_has_one_commit_on_main(self, hub: Hub, repo: RepoId) -> None:
        assert [commit.title for commit in hub.history(repo)] == ["initial commit"]
        assert [ref.name for ref in hub.refs(repo)] == ["refs/heads/main"]
        assert hub.info(repo).head == hub.resolve(repo, "main").oid

    def test_a_repository_is_found_without_regard_to_case_and_keeps_the_case_it_was_given(self, hub: Hub) -> None:
        hub.create(hub.repo_id("Ada/Engine"))
        assert str(hub.info(hub.repo_id("ada/engine")).repo) == "Ada/Engine"
        with pytest.raises(RepositoryExistsError, match="Ada/Engine"):
            hub.create(hub.repo_id("ada/ENGINE"))

    def test_types_of_repositories_do_not_share_names(self, hub: Hub, repo: RepoId) -> None:
        dataset = hub.repo_id(str(repo), "dataset")
        hub.create(dataset)
        self._put(hub, dataset, rows_csv=b"1,2\n")
        assert self._paths(hub, repo) == []

    def test_an_unknown_repository_is_refused_naming_the_nearest(self, hub: Hub, repo: RepoId) -> None:
        with pytest.raises(RepositoryNotFoundError, match="Did you mean 'ada/engine'"):
            hub.resolve(hub.repo_id("ada/engin"))

    @pytest.mark.parametrize(
        "text", ["", "a/b/c", "../b", "a\\b/c", "a/b.git", "a b", "a/" + "x" * 97, "a/ü", "a/.b", "/x"]
    )
    def test_a_malformed_id_is_refused(self, hub: Hub, text: str) -> None:
        with pytest.raises(InvalidRepoIdError):
            hub.repo_id(text)

    @pytest.mark.parametrize("text", ["-a/b", "a--b/c", "ü/x"])
    def test_a_namespace_that_nobody_may_choose_gets_no_repository(self, hub: Hub, text: str) -> None:
        with pytest.raises((InvalidRepoIdError, AccessError)):
            hub.create(hub.repo_id(text))

    def test_a_deleted_repository_is_gone_and_its_name_is_free(self, hub: Hub, repo: RepoId) -> None:
        self._put(hub, repo, model_bin=LARGE, a_txt=b"a")
        hub.delete(repo)
        with pytest.raises(RepositoryNotFoundError):
            hub.info(repo)
        hub.create(repo)
        assert self._paths(hub, repo) == []

    def test_deleting_a_repository_keeps_the_large_files_that_another_one_has(self, hub: Hub, repo: RepoId) -> None:
        other = hub.repo_id("ada/other")
        hub.create(other)
        for each in (repo, other):
            self._put(hub, each, model_bin=LARGE)
        hub.delete(repo)
        assert self._read(hub, other, "model.bin") == LARGE

    def test_a_moved_repository_answers_to_its_old_name_until_another_one_takes_it(
        self, hub: Hub, repo: RepoId
    ) -> None:
        self._put(hub, repo, model_bin=LARGE)
        before, moved = hub.info(repo), hub.repo_id("ada/difference-engine")
        hub.move(repo, moved)
        assert self._read(hub, moved, "model.bin") == self._read(hub, repo, "model.bin") == LARGE
        found = hub.find_repo(repo)
        assert found is not None
        assert (found.repo, found.id) == (moved, before.id)
        hub.create(repo)
        assert self._paths(hub, repo) == []
        assert self._read(hub, moved, "model.bin") == LARGE

    def test_a_duplicate_has_what_the_other_one_had_and_a_life_of_its_own(self, hub: Hub, repo: RepoId) -> None:
        self._put(hub, repo, model_bin=LARGE)
        hub.create_ref(repo, "refs/tags/v1", hub.resolve(repo).oid)
        copy = hub.repo_id("ada/copy")
        made = hub.duplicate(repo, copy, private=True)
        assert (made.repo, made.private, made.head) == (copy, True, hub.resolve(repo, "v1").oid)
        assert [ref.name for ref in hub.refs(copy)] == ["refs/heads/main", "refs/tags/v1"]
        with pytest.raises(RepositoryExistsError):
            hub.duplicate(repo, copy, private=False)
        hub.delete(repo)
        assert self._read(hub, copy, "model.bin") == LARGE

    def test_a_repository_that_is_not_there_is_found_by_none(self, hub: Hub) -> None:
        assert hub.find_repo(hub.repo_id("ada/nothing")) is None

    def test_a_repository_is_not_deleted_by_a_name_that_it_had_before(self, hub: Hub, repo: RepoId) -> None:
        moved = hub.repo_id("ada/difference-engine")
        hub.move(repo, moved)
        with pytest.raises(RepositoryNotFoundError):
            hub.delete(repo)
        assert hub.info(moved).repo == moved

    def test_a_name_can_be_moved_away_and_back(self, hub: Hub, repo: RepoId) -> None:
        moved = hub.repo_id("ada/difference-engine")
        hub.move(repo, moved)
        hub.move(moved, repo)
        assert hub.info(moved).repo == repo

    def test_the_gate_is_kept(self, hub: Hub, repo: RepoId) -> None:
        assert hub.info(repo).gated is None
        assert hub.set_gated(repo, "manual").gated == "manual"
        assert hub.set_gated(repo, None).gated is None

    def test_the_private_flag_is_kept(self, hub: Hub) -> None:
        repo = hub.repo_id("ada/secret")
        assert hub.create(repo, private=True).private is True
        assert hub.set_private(repo, False).private is False
        assert hub.info(repo).private is False

    def test_a_search_goes_by_author_and_text_and_lists_the_last_modified_first(self, hub: Hub, repo: RepoId) -> None:
        for name in ("ada/tables", "bob/engine"):
            hub.create(hub.repo_id(name))
        self._put(hub, repo, a_txt=b"a")
        assert [str(info.repo) for info in hub.search(Query())] == ["ada/engine", "bob/engine", "ada/tables"]
        assert [str(info.repo) for info in hub.search(Query(author="ADA", search=("eng",)))] == ["ada/engine"]
        assert len(list(hub.search(Query(limit=2)))) == 2
        assert list(hub.search(Query(type="dataset"))) == []

    def test_a_search_is_paged_without_losing_or_repeating_any(self, hub: Hub) -> None:
        for name in "abcde":
            hub.create(hub.repo_id(f"ada/{name}"))
        for ascending in (False, True):
            query = Query(sort="created_at", ascending=ascending, limit=2)
            found: list[RepoInfo] = []
            while page := list(hub.search(replace(query, after=found[-1].id if found else None))):
                found += page
            names = [info.repo.name for info in found]
            assert names == (list("abcde") if ascending else list("edcba"))

    def test_a_search_goes_by_what_the_files_say(self, hub: Hub, repo: RepoId) -> None:
        other = hub.repo_id("ada/other")
        hub.create(other)
        self._put(
            hub, repo, README_md=b"---\nlicense: mit\ntags: [x, y]\npipeline_tag: fill-mask\nlibrary_name: l\n---\n"
        )
        self._put(hub, repo, model_safetensors=safetensors({"w": ("F32", [2, 3]), "b": ("I64", [4])}))
        for query in (
            Query(tags=("license:mit", "x")),
            Query(pipeline_tag="fill-mask"),
            Query(library="l"),
            Query(min_parameters=10, max_parameters=10),
        ):
            assert [info.repo for info in hub.search(query)] == [repo]
        assert list(hub.search(Query(tags=("license:mit", "z")))) == []
        assert list(hub.search(Query(min_parameters=11))) == []

    def test_a_search_goes_by_the_gate(self, hub: Hub, repo: RepoId) -> None:
        other = hub.repo_id("ada/other")
        hub.create(other)
        hub.set_gated(repo, "auto")
        assert [info.repo for info in hub.search(Query(gated=True))] == [repo]
        assert [info.repo for info in hub.search(Query(gated=False))] == [other]

    # -- facts

    def test_the_facts_are_those_of_the_files_on_the_default_branch(self, hub: Hub, repo: RepoId) -> None:
        card = b"---\nlicense: mit\ntags: [x]\n---\nSee arxiv.org/abs/1234.56789."
        self._put(hub, repo, README_md=card, config_json=b'{"model_type": "bert", "architectures": ["A"], "secret": 1}')
        self._put(hub, repo, model_safetensors=safetensors({"w": ("F32", [2, 3]), "b": ("I64", [4])}))
        facts = hub.info(repo).facts
        assert facts.card == {"license": "mit", "tags": ["x"]}
        assert set(facts.tags) == {"safetensors", "bert", "x", "license:mit", "arxiv:1234.56789"}
        assert (facts.config["model_type"], facts.config["architectures"]) == ("bert", ["A"])
        assert "secret" not in facts.config
        assert facts.parameters == {"F32": 6, "I64": 4}
        hub.commit(repo, [DeleteFile("README.md"), DeleteFile("model.safetensors")], message="delete")
        facts = hub.info(repo).facts
        assert (facts.card, facts.tags, facts.parameters) == ({}, ("bert",), {})

    def test_what_a_branch_or_a_pull_request_says_is_no_fact_until_it_is_merged(self, hub: Hub, repo: RepoId) -> None:
        self._propose(hub, repo, "README.md", b"---\nlicense: mit\n---\n")
        assert hub.info(repo).facts.tags == ()
        hub.merge(repo, 1)
        assert hub.info(repo).facts.tags == ("license:mit",)

    @pytest.mark.parametrize(
        "content",
        [b"---\na: [\n---\n", b"---\na: &x [*x]\n---\n", b"---\nlicense: {}\n---\n", b"\xff", b"---\nx: .nan\n---\n"],
    )
    def test_a_card_that_can_not_be_read_says_nothing_and_refuses_nothing(
        self, hub: Hub, repo: RepoId, content: bytes
    ) -> None:
        done = self._put(hub, repo, README_md=content, config_json=b"[" * 10_000, model_safetensors=b"\xff" * 100)
        assert done.changed
        assert hub.info(repo).facts.tags in ((), ("safetensors",))

    # -- commits

    def test_what_was_put_can_be_read(self, hub: Hub, repo: RepoId) -> None:
        done = self._put(hub, repo, config_json=b"{}", sub__model_bin=LARGE, empty_txt=b"")
        assert done.changed
        assert self._paths(hub, repo) == ["config.json", "empty.txt", "sub/model.bin"]
        assert self._read(hub, repo, "config.json") == b"{}"
        assert self._read(hub, repo, "sub/model.bin") == LARGE
        assert self._read(hub, repo, "empty.txt") == b""

    def test_binary_files_are_large_files_and_text_is_not(self, hub: Hub, repo: RepoId) -> None:
        commit = self._put(hub, repo, a_txt="héllo\n".encode(), b_dat=LARGE).commit
        text, binary = hub.find(repo, commit.oid, ["a.txt", "b.dat"])
        assert text.sha256 is None
        assert binary.sha256 is not None
        assert (text.size, binary.size) == (7, len(LARGE))
        assert binary.pointer_size > 100

    def test_a_file_on_this_machine_has_exactly_the_bytes(self, hub: Hub, repo: RepoId) -> None:
        commit = self._put(hub, repo, b_dat=LARGE).commit
        path = hub.local_path(repo, hub.entry(repo, commit.oid, "b.dat"))
        assert path is None or path.read_bytes() == LARGE

    def test_what_is_fetched_is_the_content_whatever_was_there_before(
        self, hub: Hub, repo: RepoId, tmp_path: Path
    ) -> None:
        commit = self._put(hub, repo, a_txt=b"text", b_dat=LARGE).commit
        for path, content in (("a.txt", b"text"), ("b.dat", LARGE)):
            entry = hub.entry(repo, commit.oid, path)
            for number, before in enumerate((None, content[:2])):
                told: list[int] = []
                partial = tmp_path / f"{path}-{number}"
                if before is not None:
                    partial.write_bytes(before)
                digest = hub.fetch(repo, entry, partial, told.append)
                assert partial.read_bytes() == content
                assert digest.size == sum(told) == len(content)

    def test_an_entry_names_the_commit_that_it_was_found_in(self, hub: Hub, repo: RepoId) -> None:
        commit = self._put(hub, repo, d__a_txt=b"a").commit.oid
        entries = [hub.entry(repo, commit, "d/a.txt"), *hub.find(repo, commit, ["d"]), *hub.tree(repo, commit)]
        assert {entry.commit for entry in entries} == {commit}

    def test_a_staged_file_is_adopted_and_a_users_file_is_left(self, hub: Hub, repo: RepoId, tmp_path: Path) -> None:
        mine = tmp_path / "mine.bin"
        mine.write_bytes(LARGE)
        with hub.staging() as staging:
            staged = staging / "staged.bin"
            staged.write_bytes(LARGE[::-1])
            changes = [AddFile("mine.bin", mine), AddFile("staged.bin", staged, adopt=True)]
            hub.commit(repo, changes, message="both")
        assert mine.read_bytes() == LARGE
        assert not staging.exists()
        assert self._read(hub, repo, "mine.bin") == LARGE
        assert self._read(hub, repo, "staged.bin") == LARGE[::-1]

    def test_putting_what_is_there_makes_no_commit(self, hub: Hub, repo: RepoId) -> None:
        first = self._put(hub, repo, a_txt=b"a", b_bin=LARGE)
        again = self._put(hub, repo, a_txt=b"a", b_bin=LARGE)
        assert again.changed is False
        assert again.commit == first.commit
        assert len(list(hub.history(repo))) == 2

    def test_a_commit_has_its_message_and_its_parent(self, hub: Hub, repo: RepoId) -> None:
        before = hub.resolve(repo)
        done = hub.commit(repo, [AddFile("a.txt", b"a")], message="Title\n\nfirst", description="second")
        assert (done.commit.title, done.commit.body) == ("Title", "first\n\nsecond")
        assert done.commit.parents == (before.oid,)
        assert hub.resolve(repo) == done.commit

    def test_a_commit_without_a_message_is_refused(self, hub: Hub, repo: RepoId) -> None:
        with pytest.raises(ValidationError, match="message"):
            hub.commit(repo, [AddFile("a.txt", b"a")], message="  ")

    @pytest.mark.parametrize("message", ["a\0b", "a\udc80"])
    def test_a_message_that_git_can_not_keep_is_refused(self, hub: Hub, repo: RepoId, message: str) -> None:
        with pytest.raises(ValidationError):
            hub.commit(repo, [AddFile("a.txt", b"a")], message=message)

    def test_files_and_folders_can_be_deleted(self, hub: Hub, repo: RepoId) -> None:
        self._put(hub, repo, a_txt=b"a", logs__1_txt=b"1", logs__deep__2_txt=b"2", keep_txt=b"k")
        hub.commit(repo, [DeleteFile("a.txt"), DeleteFolder("logs")], message="tidy")
        assert self._paths(hub, repo) == ["keep.txt"]

    def test_what_is_put_into_a_folder_that_is_deleted_stays(self, hub: Hub, repo: RepoId) -> None:
        self._put(hub, repo, logs__1_txt=b"1", logs__2_txt=b"2")
        hub.commit(repo, [AddFile("logs/2.txt", b"new"), DeleteFolder("logs")], message="replace")
        assert self._paths(hub, repo) == ["logs/2.txt"]
        assert self._read(hub, repo, "logs/2.txt") == b"new"

    def test_deleting_what_is_not_there_is_refused_naming_the_nearest(self, hub: Hub, repo: RepoId) -> None:
        self._put(hub, repo, config_json=b"{}")
        with pytest.raises(EntryNotFoundError, match=r"Did you mean 'config\.json'"):
            hub.commit(repo, [DeleteFile("confg.json")], message="x")
        with pytest.raises(EntryNotFoundError, match="logs"):
            hub.commit(repo, [DeleteFolder("logs")], message="x")

    def test_a_copy_has_the_same_content_from_any_revision(self, hub: Hub, repo: RepoId) -> None:
        first = self._put(hub, repo, m_bin=LARGE).commit
        self._put(hub, repo, m_bin=b"\0other")
        hub.commit(repo, [CopyFile("old.bin", "m.bin", first.oid), CopyFile("new.bin", "m.bin")], message="copy")
        assert self._read(hub, repo, "old.bin") == LARGE
        assert self._read(hub, repo, "new.bin") == b"\0other"

    @pytest.mark.parametrize(
        "path",
        [
            "../a",
            "a/../b",
            "/a",
            "C:/a",
            "a\\b",
            ".git/config",
            "x/.GIT/y",
            "git~1/x",
            "a//b",
            "a\nb",
            "aux.txt",
            "a.",
            "",
            "a\u202eb",
        ],
    )
    def test_a_path_that_could_do_harm_is_refused(self, hub: Hub, repo: RepoId, path: str) -> None:
        with pytest.raises(InvalidPathError):
            hub.commit(repo, [AddFile(path, b"x"), AddFile("good.txt", b"y")], message="x")
        assert self._paths(hub, repo) == []

    @pytest.mark.parametrize(("one", "other"), [("a.txt", "A.txt"), ("é.txt", "e\u0301.txt"), ("Sub/x", "sub/y")])
    def test_names_that_are_one_on_some_file_systems_are_refused_naming_both(
        self, hub: Hub, repo: RepoId, one: str, other: str
    ) -> None:
        hub.commit(repo, [AddFile(one, b"1")], message="one")
        with pytest.raises(PathCollisionError) as refused:
            hub.commit(repo, [AddFile(other, b"2")], message="other")
        assert len(refused.value.paths) == 2
        assert self._paths(hub, repo) == [one]

    def test_a_file_can_be_renamed_to_another_case_in_one_commit(self, hub: Hub, repo: RepoId) -> None:
        self._put(hub, repo, readme_md=b"r")
        hub.commit(repo, [DeleteFile("readme.md"), CopyFile("README.md", "readme.md")], message="rename")
        assert self._paths(hub, repo) == ["README.md"]

    def test_a_name_can_not_be_a_file_and_a_folder(self, hub: Hub, repo: RepoId) -> None:
        self._put(hub, repo, a__b_txt=b"1")
        with pytest.raises(PathCollisionError, match="both a file and a folder"):
            hub.commit(repo, [AddFile("a", b"2")], message="x")
        with pytest.raises(PathCollisionError, match="both a file and a folder"):
            hub.commit(repo, [AddFile("a/b.txt/c", b"2")], message="x")

    def test_a_file_and_a_folder_can_change_places_in_one_commit(self, hub: Hub, repo: RepoId) -> None:
        self._put(hub, repo, a__b_txt=b"1", c=b"2")
        changes: Changes = [
            DeleteFolder("a"),
            AddFile("a", b"now a file"),
            DeleteFile("c"),
            AddFile("c/d", b"a folder"),
        ]
        hub.commit(repo, changes, message="swap")
        assert self._paths(hub, repo) == ["a", "c/d"]

    def test_a_path_that_is_changed_twice_is_refused(self, hub: Hub, repo: RepoId) -> None:
        with pytest.raises(ValidationError, match="twice"):
            hub.commit(repo, [AddFile("a.txt", b"1"), AddFile("a.txt", b"2")], message="x")

    # -- which files are large

    def _rules(self, hub: Hub, repo: RepoId) -> str:
        return self._read(hub, repo, ".gitattributes").decode()

    def test_pushing_attributes_that_do_not_cover_a_large_file_twice_makes_one_commit(
        self, hub: Hub, repo: RepoId
    ) -> None:
        changes = [AddFile(".gitattributes", b"*.txt text\n"), AddFile("x.raw", LARGE)]
        assert hub.commit(repo, changes, message="one").changed
        assert "/x.raw filter=lfs" in self._rules(hub, repo)
        assert not hub.commit(repo, changes, message="two").changed

    def test_large_files_stay_covered_when_the_attributes_are_deleted_or_replaced(self, hub: Hub, repo: RepoId) -> None:
        self._put(hub, repo, x_raw=LARGE)
        hub.commit(repo, [DeleteFile(".gitattributes")], message="delete")
        assert "/x.raw filter=lfs" in self._rules(hub, repo)

    def test_attributes_that_are_deleted_where_nothing_is_large_are_gone(self, hub: Hub, repo: RepoId) -> None:
        commit = hub.commit(repo, [DeleteFile(".gitattributes")], message="delete").commit
        assert hub.find(repo, commit.oid, [".gitattributes"]) == []

    def test_the_attributes_are_never_a_large_file(self, hub: Hub, repo: RepoId) -> None:
        commit = hub.commit(repo, [AddFile(".gitattributes", b"* filter=lfs\n")], message="all").commit
        assert hub.entry(repo, commit.oid, ".gitattributes").sha256 is None
        assert self._rules(hub, repo) == "* filter=lfs\n"
        self._put(hub, repo, a_txt=b"text")
        assert hub.entry(repo, hub.resolve(repo).oid, "a.txt").sha256 is not None

    @pytest.mark.parametrize("content", [LARGE, b"*a*a*a*a*b filter=lfs\n", b"x" * 1_000_001])
    def test_attributes_that_nobody_could_use_are_refused(self, hub: Hub, repo: RepoId, content: bytes) -> None:
        with pytest.raises(ValidationError, match="gitattributes"):
            hub.commit(repo, [AddFile(".gitattributes", content)], message="bad")

    def test_two_pull_requests_that_bring_new_kinds_of_large_files_can_both_be_merged(
        self, hub: Hub, repo: RepoId
    ) -> None:
        for name in ("a.raw1", "b.raw2"):
            hub.commit(repo, [AddFile(name, LARGE)], message=name, pull_request=True)
        hub.merge(repo, 1)
        hub.merge(repo, 2)
        assert self._paths(hub, repo) == ["a.raw1", "b.raw2"]
        assert all(f"/{name} filter=lfs" in self._rules(hub, repo) for name in ("a.raw1", "b.raw2"))

    def test_two_writers_that_replace_the_attributes_are_a_conflict(self, hub: Hub, repo: RepoId) -> None:
        base = hub.resolve(repo).oid
        hub.commit(repo, [AddFile(".gitattributes", b"*.a text\n")], message="a")
        with pytest.raises(EditConflictError, match="gitattributes"):
            hub.commit(repo, [AddFile(".gitattributes", b"*.b text\n")], message="b", base=base)

    # -- writers at once

    def test_disjoint_changes_since_the_base_are_both_kept(self, hub: Hub, repo: RepoId) -> None:
        base = hub.resolve(repo).oid
        self._put(hub, repo, a_txt=b"a")
        hub.commit(repo, [AddFile("b.txt", b"b")], message="b", base=base)
        assert self._paths(hub, repo) == ["a.txt", "b.txt"]
        assert [len(commit.parents) for commit in hub.history(repo)] == [1, 1, 0]

    def test_a_file_that_changed_since_the_base_is_a_conflict_that_names_it(self, hub: Hub, repo: RepoId) -> None:
        base = hub.resolve(repo).oid
        self._put(hub, repo, a_txt=b"theirs", c_txt=b"c")
        with pytest.raises(EditConflictError, match=r"a\.txt") as refused:
            hub.commit(repo, [AddFile("a.txt", b"mine"), AddFile("b.txt", b"b")], message="mine", base=base)
        assert refused.value.paths == ["a.txt"]
        assert self._read(hub, repo, "a.txt") == b"theirs"
        assert self._paths(hub, repo) == ["a.txt", "c.txt"]

    def test_the_same_change_made_twice_is_no_conflict(self, hub: Hub, repo: RepoId) -> None:
        base = hub.resolve(repo).oid
        self._put(hub, repo, a_txt=b"same")
        done = hub.commit(repo, [AddFile("a.txt", b"same")], message="mine", base=base)
        assert done.changed is False

    def test_a_stated_parent_must_be_the_head(self, hub: Hub, repo: RepoId) -> None:
        base = hub.resolve(repo).oid
        head = self._put(hub, repo, a_txt=b"a").commit.oid
        with pytest.raises(ParentCommitError, match=head[:10]):
            hub.commit(repo, [AddFile("b.txt", b"b")], message="b", parent=base)
        assert hub.commit(repo, [AddFile("b.txt", b"b")], message="b", parent=head[:8]).changed

    def test_threads_that_push_disjoint_files_lose_nothing(self, hub: Hub, repo: RepoId) -> None:
        start = threading.Barrier(6)
        failures: list[BaseException] = []

        def push(number: int) -> None:
            try:
                start.wait()
                for turn in range(3):
                    content = b"\0%d %d" % (number, turn)
                    hub.commit(repo, [AddFile(f"{number}/{turn}.bin", content)], message=f"{number} {turn}")
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=push, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert len(self._paths(hub, repo)) == 18
        assert len(list(hub.history(repo))) == 19

    # -- revisions

    def test_every_form_of_a_revision_finds_its_commit(self, hub: Hub, repo: RepoId) -> None:
        commit = self._put(hub, repo, a_txt=b"a").commit
        hub.create_ref(repo, "refs/tags/v1.0", commit.oid)
        hub.create_ref(repo, "refs/heads/dev/new", commit.oid)
        names = ["main", "refs/heads/main", "v1.0", "refs/tags/v1.0", "dev/new", commit.oid, commit.oid[:7]]
        names += [commit.oid.upper(), commit.oid[:7].upper()]
        assert {hub.resolve(repo, name).oid for name in names} == {commit.oid}

    def test_an_unknown_revision_is_refused_naming_the_nearest(self, hub: Hub, repo: RepoId) -> None:
        for name in ("mian", "0" * 40, "abcdef0", "refs/pr/7"):
            with pytest.raises(RevisionNotFoundError, match=name):
                hub.resolve(repo, name)
        with pytest.raises(RevisionNotFoundError, match="Did you mean 'main'"):
            hub.resolve(repo, "mian")

    def test_a_shortened_id_that_fits_two_commits_is_refused(self, hub: Hub, repo: RepoId) -> None:
        seen: set[str] = {hub.resolve(repo).oid[:4]}
        for number in range(2000):
            short = self._put(hub, repo, a_txt=b"%d" % number).commit.oid[:4]
            if short in seen:
                break
            seen.add(short)
        with pytest.raises(InvalidRevisionError, match="more than one"):
            hub.resolve(repo, short)

    def test_a_branch_moves_alone(self, hub: Hub, repo: RepoId) -> None:
        start = self._put(hub, repo, a_txt=b"a").commit
        hub.create_ref(repo, "refs/heads/dev", start.oid)
        self._put(hub, repo, onto="dev", b_txt=b"b")
        assert self._paths(hub, repo, "dev") == ["a.txt", "b.txt"]
        assert self._paths(hub, repo, "main") == ["a.txt"]

    def test_a_commit_onto_an_unknown_branch_or_a_tag_is_refused(self, hub: Hub, repo: RepoId) -> None:
        hub.create_ref(repo, "refs/tags/v1", hub.resolve(repo).oid)
        for name in ("dev", "v1", hub.resolve(repo).oid):
            with pytest.raises(RevisionNotFoundError, match="create_branch"):
                self._put(hub, repo, onto=name, a_txt=b"a")
        with pytest.raises(RevisionNotFoundError, match="tag or a commit, which stays"):
            self._put(hub, repo, onto="v1", a_txt=b"a")

    def test_a_reference_exists_once(self, hub: Hub, repo: RepoId) -> None:
        oid = hub.resolve(repo).oid
        hub.create_ref(repo, "refs/tags/v1", oid)
        for name in ("refs/tags/v1", "refs/tags/V1", "refs/heads/main", "refs/heads/main/deeper"):
            with pytest.raises(RevisionExistsError):
                hub.create_ref(repo, name, oid)

    @pytest.mark.parametrize(
        "name", ["", "a b", "a..b", "-a", "a~1", "a.lock", "x/", "HEAD", "0" * 40, "a\nb", "refs/heads/x"]
    )
    def test_a_malformed_name_of_a_reference_is_refused(self, hub: Hub, repo: RepoId, name: str) -> None:
        with pytest.raises(InvalidRevisionError):
            hub.create_ref(repo, f"refs/heads/{name}", hub.resolve(repo).oid)

    def test_only_branches_and_tags_are_made_and_deleted_as_references(self, hub: Hub, repo: RepoId) -> None:
        self._propose(hub, repo)
        for name in ("foo", "refs/pr/1", "refs/heads/refs/tags/x"):
            with pytest.raises(InvalidRevisionError):
                hub.create_ref(repo, name, hub.resolve(repo).oid)
        with pytest.raises(InvalidRevisionError):
            hub.delete_ref(repo, "refs/pr/1")

    def test_a_deleted_reference_is_gone_and_main_stays(self, hub: Hub, repo: RepoId) -> None:
        hub.create_ref(repo, "refs/heads/dev", hub.resolve(repo).oid)
        hub.delete_ref(repo, "refs/heads/dev")
        with pytest.raises(RevisionNotFoundError):
            hub.delete_ref(repo, "refs/heads/dev")
        with pytest.raises(ConflictError, match="default branch"):
            hub.delete_ref(repo, "refs/heads/main")

    def test_a_squashed_branch_has_one_commit_and_the_same_files(self, hub: Hub, repo: RepoId) -> None:
        self._put(hub, repo, a_txt=b"a")
        self._put(hub, repo, b_bin=LARGE)
        hub.squash(repo, "main", "squashed")
        assert [commit.title for commit in hub.history(repo)] == ["squashed"]
        assert self._read(hub, repo, "b.bin") == LARGE

    # -- trees

    def test_a_folder_is_listed_flat_or_deep(self, hub: Hub, repo: RepoId) -> None:
        commit = self._put(hub, repo, a__b__c_txt=b"c", a__d_txt=b"d", e_txt=b"e").commit.oid
        flat = [entry.path for entry in hub.tree(repo, commit, "a", recursive=False)]
        deep = [entry.path for entry in hub.tree(repo, commit, "a")]
        assert flat == ["a/b", "a/d.txt"]
        assert deep == ["a/b", "a/b/c.txt", "a/d.txt"]

    def test_a_missing_path_is_refused_naming_the_nearest(self, hub: Hub, repo: RepoId) -> None:
        commit = self._put(hub, repo, config_json=b"{}").commit.oid
        with pytest.raises(EntryNotFoundError, match=r"Did you mean 'config\.json'"):
            hub.entry(repo, commit, "config.jsn")
        with pytest.raises(EntryNotFoundError):
            list(hub.tree(repo, commit, "nowhere"))
        assert hub.find(repo, commit, ["nowhere", "config.json"]) == [hub.entry(repo, commit, "config.json")]

    def test_a_large_file_is_read_only_through_a_repository_that_has_it(self, hub: Hub, repo: RepoId) -> None:
        commit = self._put(hub, repo, b_bin=LARGE).commit.oid
        entry = hub.entry(repo, commit, "b.bin")
        other = hub.repo_id("eve/empty")
        hub.create(other)
        with pytest.raises(EntryNotFoundError):
            hub.open(other, entry)
        with pytest.raises(EntryNotFoundError):
            hub.local_path(other, entry) or hub.open(other, entry)

    # -- pull requests

    def _propose(self, hub: Hub, repo: RepoId, path: str = "b.txt", content: bytes = b"b") -> Committed:
        return hub.commit(repo, [AddFile(path, content)], message="Propose", description="why", pull_request=True)

    def test_a_pull_request_leaves_its_branch_as_it_is(self, hub: Hub, repo: RepoId) -> None:
        head = hub.resolve(repo).oid
        done = self._propose(hub, repo)
        assert done.pull_request is not None
        assert (done.pull_request.number, done.ref, hub.discussion(repo, 1).title) == (1, "refs/pr/1", "Propose")
        assert hub.resolve(repo).oid == head
        assert self._read(hub, repo, "b.txt", "refs/pr/1") == b"b"
        assert [each.number for each in hub.discussions(repo)] == [1]

    def test_more_commits_can_be_pushed_to_a_pull_request(self, hub: Hub, repo: RepoId) -> None:
        self._propose(hub, repo)
        self._put(hub, repo, onto="refs/pr/1", c_txt=b"c")
        assert self._paths(hub, repo, "refs/pr/1") == ["b.txt", "c.txt"]

    def test_merging_brings_the_changes_and_keeps_what_came_meanwhile(self, hub: Hub, repo: RepoId) -> None:
        self._propose(hub, repo)
        self._put(hub, repo, a_txt=b"meanwhile")
        done = hub.merge(repo, 1)
        assert self._paths(hub, repo) == ["a.txt", "b.txt"]
        assert len(done.commit.parents) == 2
        merged = hub.discussion(repo, 1)
        assert (merged.status, merged.merge_commit) == ("merged", done.commit.oid)
        with pytest.raises(ConflictError, match="merged"):
            hub.merge(repo, 1)

    def test_merging_against_another_change_of_the_same_file_is_a_conflict(self, hub: Hub, repo: RepoId) -> None:
        self._propose(hub, repo)
        self._put(hub, repo, b_txt=b"other")
        with pytest.raises(EditConflictError, match=r"b\.txt"):
            hub.merge(repo, 1)
        assert hub.discussion(repo, 1).status == "open"

    def test_a_closed_pull_request_is_merged_only_after_it_is_reopened(self, hub: Hub, repo: RepoId) -> None:
        self._propose(hub, repo)
        hub.set_discussion_status(repo, 1, "closed")
        with pytest.raises(ConflictError, match="Reopen"):
            hub.merge(repo, 1)
        hub.set_discussion_status(repo, 1, "open")
        assert hub.merge(repo, 1).changed

    @pytest.mark.parametrize("end", ["closed", "merged"])
    def test_nothing_is_pushed_to_a_pull_request_that_is_over(self, hub: Hub, repo: RepoId, end: str) -> None:
        self._propose(hub, repo)
        if end == "closed":
            hub.set_discussion_status(repo, 1, "closed")
        else:
            hub.merge(repo, 1)
        with pytest.raises(ConflictError, match=end):
            self._put(hub, repo, onto="refs/pr/1", c_txt=b"c")

    def test_an_unknown_pull_request_is_refused(self, hub: Hub, repo: RepoId) -> None:
        with pytest.raises(DiscussionNotFoundError, match="#3"):
            hub.discussion(repo, 3)
