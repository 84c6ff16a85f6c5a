"""Pushing a model: one commit or none, and nothing of others is lost."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from anyhub.api import HfApi, hf_hub_download
from anyhub.errors import (
    EditConflictError,
    InvalidPathError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
    ValidationError,
)
from anyhub.hub.local import LocalHub
from anyhub.hub.opening import open_hub
from anyhub.models.mixin import ModelHubMixin
from anyhub.repocard.repo_card import ModelCard

REPO = "username/my-model"


class Text(ModelHubMixin, library_name="texts", tags=["tabular"]):
    """A model that is a text file."""

    def __init__(self, text: str = "") -> None:
        self.text = text

    def _save_pretrained(self, save_directory: Path) -> None:
        (save_directory / "model.txt").write_text(self.text)


class Unconfigured(Text):
    def __init__(self) -> None:
        super().__init__("none")


@pytest.fixture
def api() -> HfApi:
    return HfApi()


def read(path: str, revision: str | None = None) -> str:
    return Path(hf_hub_download(REPO, path, revision=revision)).read_text("utf-8")


def titles(api: HfApi) -> list[str]:
    return [commit.title for commit in api.list_repo_commits(REPO)]


def files(api: HfApi, revision: str | None = None) -> list[str]:
    return [path for path in api.list_repo_files(REPO, revision=revision) if path != ".gitattributes"]


def test_a_push_is_one_commit_and_returns_its_address(api: HfApi) -> None:
    url = Text("hi").push_to_hub("my-model", commit_message="First")
    assert files(api) == ["README.md", "anyhub.json", "config.json", "model.txt"]
    assert titles(api) == ["First", "initial commit"]
    hub = open_hub()
    repo = hub.repo_id(REPO)
    assert url == hub.url(repo, "commit", hub.resolve(repo).oid)
    assert json.loads(read("config.json")) == {"text": "hi"}


def test_the_default_message_says_who_pushed(api: HfApi) -> None:
    Text().push_to_hub(REPO)
    assert titles(api)[0] == "Push model using anyhub."


def test_a_second_push_of_the_same_model_makes_no_commit(api: HfApi) -> None:
    first = Text("hi").push_to_hub(REPO)
    assert Text("hi").push_to_hub(REPO) == first
    assert len(titles(api)) == 2


def test_a_model_that_can_not_be_saved_makes_no_repository(api: HfApi) -> None:
    class Failing(Text):
        def _save_pretrained(self, save_directory: Path) -> None:
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        Failing().push_to_hub(REPO)
    assert not api.repo_exists(REPO)


def test_the_hub_takes_the_files_themselves(tmp_path: Path) -> None:
    inodes: list[int] = []

    class Large(Text):
        def _save_pretrained(self, save_directory: Path) -> None:
            path = save_directory / "model.safetensors"
            path.write_bytes(os.urandom(1000))
            inodes.append(path.stat().st_ino)

    hub = LocalHub(tmp_path / "hub")
    Large().push_to_hub(REPO, endpoint=hub)
    repo = hub.repo_id(REPO)
    blob = hub.local_path(repo, hub.entry(repo, hub.resolve(repo).oid, "model.safetensors"))
    assert blob is not None
    assert [blob.stat().st_ino] == inodes
    assert not any((tmp_path / "hub/staging").iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
def test_a_file_that_a_hook_links_to_stays_its_owners(tmp_path: Path, link: str) -> None:
    original = tmp_path / "weights.bin"
    original.write_bytes(b"\0" * 1000)

    class Linking(Text):
        def _save_pretrained(self, save_directory: Path) -> None:
            getattr(save_directory / "model.safetensors", link)(original)

    hub = LocalHub(tmp_path / "hub")
    Linking().push_to_hub(REPO, endpoint=hub)
    original.write_bytes(b"changed")
    repo = hub.repo_id(REPO)
    blob = hub.local_path(repo, hub.entry(repo, hub.resolve(repo).oid, "model.safetensors"))
    assert blob is not None
    assert not blob.is_symlink()
    assert blob.read_bytes() == b"\0" * 1000


def test_an_endpoint_chooses_the_hub_for_the_hooks_too(tmp_path: Path) -> None:
    class Asking(Text):
        def _save_pretrained(self, save_directory: Path) -> None:
            (save_directory / "hub.txt").write_text(open_hub().endpoint)

    Asking().push_to_hub(REPO, endpoint=tmp_path / "hub")
    path = hf_hub_download(REPO, "hub.txt", endpoint=str(tmp_path / "hub"))
    assert Path(path).read_text() == str(tmp_path / "hub")
    assert not HfApi().repo_exists(REPO)


def test_new_repositories_are_public_unless_asked(api: HfApi) -> None:
    Text().push_to_hub("public")
    Text().push_to_hub("private", private=True)
    assert api.model_info("public").private is False
    assert api.model_info("private").private is True


@pytest.mark.parametrize("private", ["yes", 1, "False"])
def test_private_is_a_bool(api: HfApi, private: Any) -> None:
    with pytest.raises(ValidationError, match="private is True, False or None, not"):
        Text().push_to_hub(REPO, private=private)
    assert not api.repo_exists(REPO)


def test_a_first_push_that_is_refused_makes_no_repository(api: HfApi) -> None:
    class Refused(Text):
        def _save_pretrained(self, save_directory: Path) -> None:
            (save_directory / "con.txt").write_text("a name that Windows keeps for itself")

    with pytest.raises(InvalidPathError, match="con"):
        Refused().push_to_hub(REPO)
    assert not api.repo_exists(REPO)
    Text("kept").push_to_hub(REPO)
    with pytest.raises(InvalidPathError, match="con"):
        Refused().push_to_hub(REPO)
    assert read("model.txt") == "kept"


def test_a_first_push_that_is_interrupted_makes_no_repository(tmp_path: Path) -> None:
    class Interrupted(LocalHub):
        def commit(self, *args: Any, **kwargs: Any) -> Any:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Text().push_to_hub(REPO, endpoint=Interrupted(tmp_path / "hub"))
    assert not HfApi(endpoint=str(tmp_path / "hub")).repo_exists(REPO)


# -- the card


def test_a_generated_card_that_nobody_edited_is_generated_again() -> None:
    class Relicensed(Text, license="apache-2.0", tags=["new"]):
        pass

    Text("one").push_to_hub(REPO)
    Relicensed("two").push_to_hub(REPO)
    card = ModelCard(read("README.md"))
    assert '| `text` | `"two"` |' in card.text
    assert "one" not in card.text
    assert card.data.to_dict() == {
        "library_name": "texts",
        "license": "apache-2.0",
        "tags": ["new", "tabular", "model_hub_mixin"],
    }


@pytest.mark.parametrize("change", ["text", "data"])
def test_a_generated_card_that_somebody_edited_keeps_what_it_says(change: str) -> None:
    class Licensed(Text, license="mit"):
        pass

    Text("one").push_to_hub(REPO)
    card = ModelCard(read("README.md"))
    if change == "text":
        card.text += "\nTrained on a Tuesday.\n"
    else:
        card.data.tags = ["mine"]
    card.push_to_hub(REPO)
    Licensed("two").push_to_hub(REPO)
    merged = ModelCard(read("README.md"))
    assert (merged.text == card.text) == (change == "text")
    assert ('| `text` | `"two"` |' in merged.text) == (change == "data")
    assert merged.data.to_dict() == {**card.data.to_dict(), "license": "mit"}


def test_a_card_on_the_hub_stays_and_gets_the_metadata_that_it_lacks(api: HfApi) -> None:
    api.create_repo(REPO)
    card = "---\nlicense: mit # agreed\nlibrary_name: other\n---\n\nWritten by hand, in 한국어.\n"
    api.upload_file(path_or_fileobj=card.encode(), path_in_repo="README.md", repo_id=REPO)
    Text("hi").push_to_hub(REPO)
    merged = ModelCard(read("README.md"))
    assert merged.text == "\nWritten by hand, in 한국어.\n"
    assert "license: mit # agreed" in str(merged)
    assert merged.data.to_dict() == {
        "license": "mit",
        "library_name": "other",
        "tags": ["tabular", "model_hub_mixin"],
    }


def test_a_card_on_the_hub_that_lacks_nothing_stays_byte_for_byte(api: HfApi) -> None:
    Text("one").push_to_hub(REPO)
    card = read("README.md").replace("# my-model", "# A better title").replace("\n", "\r\n")
    api.upload_file(path_or_fileobj=card.encode(), path_in_repo="README.md", repo_id=REPO)
    Text("two").push_to_hub(REPO)
    assert Path(hf_hub_download(REPO, "README.md")).read_bytes() == card.encode()
    assert read("model.txt") == "two"


@pytest.mark.parametrize("content", [b"---\n[not closed\n---\nText\n", b"\xff\xfe"])
def test_a_card_that_can_not_be_read_stays(api: HfApi, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    api.create_repo(REPO)
    api.upload_file(path_or_fileobj=content, path_in_repo="README.md", repo_id=REPO)
    Text("hi").push_to_hub(REPO)
    assert Path(hf_hub_download(REPO, "README.md")).read_bytes() == content
    assert "The card of username/my-model stays as it is" in caplog.text


def test_a_card_that_the_model_writes_itself_replaces_that_on_the_hub() -> None:
    class Own(Text):
        def _save_pretrained(self, save_directory: Path) -> None:
            (save_directory / "README.md").write_text("Mine\n")

    Text().push_to_hub(REPO)
    Own().push_to_hub(REPO)
    assert read("README.md") == "Mine\n"


def test_the_card_tells_how_to_load_the_model() -> None:
    Text("hi").push_to_hub("my-model")
    assert 'Text.from_pretrained("username/my-model")' in read("README.md")


# -- which files


def test_files_of_others_stay_and_those_of_the_model_before_go(api: HfApi) -> None:
    Text("hi").push_to_hub(REPO)
    api.upload_file(path_or_fileobj=b"{}", path_in_repo="notes/config.json", repo_id=REPO)
    Unconfigured().push_to_hub(REPO)
    assert files(api) == ["README.md", "anyhub.json", "model.txt", "notes/config.json"]


def test_patterns_choose_what_is_pushed_and_deleted(api: HfApi) -> None:
    Text("one").push_to_hub(REPO)
    for path in ("logs/1.txt", "logs/2.txt", "keep.txt"):
        api.upload_file(path_or_fileobj=path.encode(), path_in_repo=path, repo_id=REPO)
    Text("two").push_to_hub(REPO, allow_patterns="*.txt", delete_patterns=["logs/*", "*.txt"])
    assert files(api) == ["README.md", "anyhub.json", "config.json", "model.txt"]
    assert (read("model.txt"), json.loads(read("config.json"))) == ("two", {"text": "one"})
    Text("three").push_to_hub(REPO, ignore_patterns=["model.txt"])
    assert (read("model.txt"), json.loads(read("config.json"))) == ("two", {"text": "three"})


def test_files_that_are_not_pushed_are_not_taken_for_old_ones(api: HfApi) -> None:
    Text("one").push_to_hub(REPO)
    Unconfigured().push_to_hub(REPO, ignore_patterns="config.json")
    assert "config.json" in files(api)


def test_the_callers_lists_stay_as_they_are() -> None:
    patterns = ["logs/"]
    Text().push_to_hub(REPO, delete_patterns=patterns, ignore_patterns=patterns)
    assert patterns == ["logs/"]


def test_files_in_folders_are_pushed(api: HfApi) -> None:
    class Nested(Text):
        def _save_pretrained(self, save_directory: Path) -> None:
            (save_directory / "a/b").mkdir(parents=True)
            (save_directory / "a/b/c.txt").write_text("deep")

    Nested().push_to_hub(REPO)
    assert read("a/b/c.txt") == "deep"


# -- branches, pull requests, others who push


def test_a_push_to_a_branch_leaves_main_as_it_is(api: HfApi) -> None:
    Text("one").push_to_hub(REPO)
    api.create_branch(REPO, branch="dev")
    Text("two").push_to_hub(REPO, branch="dev")
    assert (read("model.txt"), read("model.txt", "dev")) == ("one", "two")


def test_a_missing_branch_is_refused_and_not_made(api: HfApi) -> None:
    with pytest.raises(RevisionNotFoundError, match="'username/my-model' does not exist yet"):
        Text().push_to_hub(REPO, branch="dev")
    assert not api.repo_exists(REPO)
    Text().push_to_hub(REPO)
    with pytest.raises(RevisionNotFoundError, match="dev"):
        Text().push_to_hub(REPO, branch="dev")


def test_a_pull_request_leaves_main_as_it_is(api: HfApi) -> None:
    Text("one").push_to_hub(REPO)
    url = Text("two").push_to_hub(REPO, create_pr=True)
    hub = open_hub()
    repo = hub.repo_id(REPO)
    assert url == hub.url(repo, "commit", hub.resolve(repo, "refs/pr/1").oid)
    assert (read("model.txt"), read("model.txt", "refs/pr/1")) == ("one", "two")


def during_save(action: Any) -> Text:
    """Return a model during the saving of which something else happens."""

    class Meanwhile(Text):
        def _save_pretrained(self, save_directory: Path) -> None:
            action()
            super()._save_pretrained(save_directory)

    return Meanwhile("mine")


def test_what_others_push_meanwhile_to_the_same_file_is_a_conflict(api: HfApi) -> None:
    Text("one").push_to_hub(REPO)
    model = during_save(lambda: Text("theirs").push_to_hub(REPO))
    with pytest.raises(EditConflictError, match="'model"):
        model.push_to_hub(REPO)
    assert read("model.txt") == "theirs"


def test_what_others_push_meanwhile_to_a_new_repository_is_not_overwritten(api: HfApi) -> None:
    model = during_save(lambda: Text("theirs").push_to_hub(REPO))
    with pytest.raises(EditConflictError, match="'model"):
        model.push_to_hub(REPO)
    assert read("model.txt") == "theirs"


def test_what_others_push_meanwhile_to_other_files_is_kept(api: HfApi) -> None:
    Text("one").push_to_hub(REPO)
    model = during_save(lambda: api.upload_file(path_or_fileobj=b"x", path_in_repo="other.txt", repo_id=REPO))
    model.push_to_hub(REPO)
    assert (read("model.txt"), read("other.txt")) == ("mine", "x")


def test_nothing_is_left_when_the_name_is_malformed() -> None:
    with pytest.raises(ValueError, match="is not a repository id"):
        Text().push_to_hub("a/b/c/d")
    with pytest.raises(RepositoryNotFoundError):
        HfApi().model_info("b")
