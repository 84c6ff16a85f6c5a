"""Loading a model: from a folder or from one commit, through hooks of either generation."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from anyhub.api import HfApi, hf_hub_download, snapshot_download
from anyhub.errors import (
    CorruptFileError,
    EntryNotFoundError,
    HubError,
    InvalidRepoIdError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
    StorageError,
    ValidationError,
)
from anyhub.hub.local import LocalHub
from anyhub.hub.opening import open_hub
from anyhub.models.mixin import ModelHubMixin
from anyhub.values import is_commit_id

REPO = "username/my-model"


class Text(ModelHubMixin):
    """A model that is a text file, with a hook as they are written now."""

    def __init__(self, size: int = 1, note: str = "") -> None:
        self.size, self.note = size, note
        self.text = str(size)

    def _save_pretrained(self, save_directory: Path) -> None:
        (save_directory / "model.txt").write_text(self.text)

    @classmethod
    def _from_pretrained(
        cls,
        *,
        model_id: str,
        revision: str | None,
        cache_dir: str | Path | None,
        force_download: bool,
        local_files_only: bool,
        token: str | bool | None,
        **model_kwargs: Any,
    ) -> Text:
        model = cls(**model_kwargs)
        model.loaded_from = (model_id, revision)
        if not (path := Path(model_id) / "model.txt").exists():
            path = Path(
                hf_hub_download(
                    model_id,
                    "model.txt",
                    revision=revision,
                    cache_dir=cache_dir,
                    force_download=force_download,
                    local_files_only=local_files_only,
                    token=token,
                )
            )
        model.text = path.read_text()
        return model


class Spying(Text):
    """Keeps what its hook is given."""

    seen: dict[str, Any]

    @classmethod
    def _from_pretrained(cls, **kwargs: Any) -> Spying:
        cls.seen = kwargs
        return cls()


def config_of(folder: Path, content: Any) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(content))
    return folder


# -- from a repository


def test_a_pushed_model_comes_back_with_its_arguments() -> None:
    Text(7, note="n").push_to_hub("my-model")
    model = Text.from_pretrained(REPO)
    assert (model.size, model.note, model.text) == (7, "n", "7")
    assert Text.from_pretrained("my-model").size == 7


def test_branches_tags_and_commits_can_be_loaded() -> None:
    api = HfApi()
    Text(1).push_to_hub(REPO)
    api.create_tag(REPO, tag="v1")
    api.create_branch(REPO, branch="dev")
    Text(2).push_to_hub(REPO)
    first = api.list_repo_commits(REPO, revision="v1")[0].commit_id
    assert Text.from_pretrained(REPO).text == "2"
    for revision in ("v1", "dev", first, first[:8], "refs/heads/dev"):
        model = Text.from_pretrained(REPO, revision=revision)
        assert (model.text, model.size, model.loaded_from) == ("1", 1, (REPO, first))


def test_configuration_and_weights_are_of_one_commit_whoever_pushes_in_between() -> None:
    class Raced(Text):
        @classmethod
        def _from_pretrained(cls, **kwargs: Any) -> Text:
            Text(2).push_to_hub(REPO)  # another process, after config.json was read
            return super()._from_pretrained(**kwargs)

    Text(1).push_to_hub(REPO)
    model = Raced.from_pretrained(REPO)
    assert (model.size, model.text) == (1, "1")
    assert Text.from_pretrained(REPO).text == "2"


def test_the_hook_gets_a_full_commit_id() -> None:
    Text().push_to_hub(REPO)
    Spying.from_pretrained(REPO, revision="main")
    assert is_commit_id(Spying.seen["revision"])


def test_a_repository_without_a_configuration_loads() -> None:
    api = HfApi()
    api.create_repo(REPO)
    api.upload_file(path_or_fileobj=b"text", path_in_repo="model.txt", repo_id=REPO)
    assert Text.from_pretrained(REPO).text == "text"
    assert Text.from_pretrained(REPO, local_files_only=True).text == "text"


def test_what_is_cached_loads_offline() -> None:
    Text(3).push_to_hub(REPO)
    with pytest.raises(LocalEntryNotFoundError):
        Text.from_pretrained(REPO, local_files_only=True)
    Text.from_pretrained(REPO)
    Text(4).push_to_hub(REPO)
    assert Text.from_pretrained(REPO, local_files_only=True).text == "3"
    assert Text.from_pretrained(REPO).text == "4"


def test_cached_weights_load_offline_without_their_configuration() -> None:
    Text(3).push_to_hub(REPO)
    hf_hub_download(REPO, "model.txt")
    with pytest.warns(UserWarning, match="so Text is constructed with its own defaults") as warned:
        model = Text.from_pretrained(REPO, local_files_only=True)
    assert (model.text, model.size) == ("3", 1)
    assert [warning.filename for warning in warned] == [__file__]


def test_a_class_without_arguments_needs_no_configuration_offline() -> None:
    class Fixed(Text):
        def __init__(self) -> None:
            super().__init__()

    Fixed().push_to_hub(REPO)
    hf_hub_download(REPO, "model.txt")
    assert Fixed.from_pretrained(REPO, local_files_only=True).text == "1"


def test_a_commit_that_is_known_to_have_no_configuration_is_not_worth_a_warning() -> None:
    api = HfApi()
    api.create_repo(REPO)
    api.upload_file(path_or_fileobj=b"text", path_in_repo="model.txt", repo_id=REPO)
    snapshot_download(REPO)
    assert Text.from_pretrained(REPO, local_files_only=True).text == "text"


def test_a_configuration_that_the_commit_is_known_to_have_is_not_done_without() -> None:
    Text(3).push_to_hub(REPO)
    snapshot_download(REPO, ignore_patterns="config.json")
    with pytest.raises(LocalEntryNotFoundError, match=r"'config\.json' of 'username/my-model'"):
        Text.from_pretrained(REPO, local_files_only=True)


def test_a_configuration_that_is_damaged_in_the_cache_can_be_fetched_again() -> None:
    Text(3).push_to_hub(REPO)
    cached = Path(hf_hub_download(REPO, "config.json"))
    cached.unlink()
    cached.write_text("{")
    with pytest.raises(CorruptFileError, match=r"is not JSON .*; load it once with force_download=True"):
        Text.from_pretrained(REPO)
    assert Text.from_pretrained(REPO, force_download=True).size == 3


def test_asking_again_and_not_asking_at_all_can_not_both_be_had() -> None:
    with pytest.raises(ValidationError, match="choose one"):
        Text.from_pretrained(REPO, force_download=True, local_files_only=True)


def test_a_configuration_that_can_not_be_fetched_is_an_error(tmp_path: Path) -> None:
    class Failing(LocalHub):
        def local_path(self, *args: Any) -> None:
            return None

        def open(self, *args: Any) -> Any:
            raise StorageError("The disk makes noises.")

    Text(7).push_to_hub(REPO, endpoint=tmp_path / "hub")
    with pytest.raises(StorageError, match="The disk makes noises"):
        Text.from_pretrained(REPO, endpoint=Failing(tmp_path / "hub"))


def test_an_endpoint_chooses_the_hub_for_the_hooks_too(tmp_path: Path) -> None:
    Text(1).push_to_hub(REPO, endpoint=tmp_path / "hub")
    Text(2).push_to_hub(REPO)
    assert Text.from_pretrained(REPO, endpoint=tmp_path / "hub").text == "1"
    assert Text.from_pretrained(REPO, endpoint=LocalHub(tmp_path / "hub")).text == "1"
    assert Text.from_pretrained(REPO).text == "2"


def test_a_cache_folder_can_be_chosen(tmp_path: Path) -> None:
    Text(1).push_to_hub(REPO)
    Text.from_pretrained(REPO, cache_dir=tmp_path / "cache")
    assert list((tmp_path / "cache").rglob("model.txt"))


def test_the_address_of_a_new_repository_is_its_name() -> None:
    url = HfApi().create_repo(REPO)
    Text(5).push_to_hub(url)
    assert Text.from_pretrained(url).text == "5"


@pytest.mark.parametrize(
    ("name", "revision", "expected"),
    [
        ("username/my-modle", None, RepositoryNotFoundError),
        (REPO, "v9", RevisionNotFoundError),
        ("my model", None, InvalidRepoIdError),
    ],
)
def test_what_is_not_there_is_named(name: str, revision: str | None, expected: type[HubError]) -> None:
    Text().push_to_hub(REPO)
    with pytest.raises(expected):
        Text.from_pretrained(name, revision=revision)


@pytest.mark.parametrize("name", ["", None, 3])
def test_what_names_no_model_is_not_the_current_folder(
    name: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Text(7).save_pretrained(".")
    with pytest.raises(ValidationError, match="names no model; give from_pretrained the path of a folder"):
        Text.from_pretrained(name)
    assert Text.from_pretrained(".").size == 7


# -- from a folder


@pytest.mark.parametrize("spelled", ["model", "./model", "../{here}/model"])
def test_a_folder_loads_however_it_is_spelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spelled: str) -> None:
    monkeypatch.chdir(tmp_path)
    Text(7).save_pretrained("model")
    assert Text.from_pretrained(spelled.format(here=tmp_path.name)).text == "7"
    assert Text.from_pretrained(Path(spelled.format(here=tmp_path.name))).text == "7"
    assert Text.from_pretrained(str(tmp_path / "model")).text == "7"


def test_the_home_folder_can_be_written_as_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    Text(7).save_pretrained(tmp_path / "model")
    assert Text.from_pretrained("~/model").text == "7"


@pytest.mark.parametrize("name", ["./does/not/exist", "/does/not/exist", "../x", "a/b/c", "~/nothing", "C:\\models"])
def test_a_folder_that_is_not_there_is_told(name: str) -> None:
    with pytest.raises(EntryNotFoundError, match=r"There is no folder .*; give the path of a folder, or a repository"):
        Text.from_pretrained(name)


def test_the_nearest_folder_is_named(tmp_path: Path) -> None:
    Text().save_pretrained(tmp_path / "my-model")
    with pytest.raises(EntryNotFoundError, match="Did you mean 'my-model'"):
        Text.from_pretrained(tmp_path / "my-modle")


def test_a_file_is_not_a_folder(tmp_path: Path) -> None:
    Text().save_pretrained(tmp_path)
    with pytest.raises(EntryNotFoundError, match="is a file; give the folder that it is in"):
        Text.from_pretrained(tmp_path / "model.txt")


def test_the_revision_of_a_folder_is_what_the_caller_gave(tmp_path: Path) -> None:
    Spying.from_pretrained(tmp_path, revision="v1")
    assert (Spying.seen["model_id"], Spying.seen["revision"]) == (str(tmp_path), "v1")


# -- a name that may be both


SHADOWED = "is a folder here and a repository on the hub; the folder is loaded"


def both_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a model where a folder and a repository of one name are looked for."""
    monkeypatch.chdir(tmp_path)
    Text(1).save_pretrained(REPO)


def test_a_folder_that_hides_a_repository_of_the_hub_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    both_ways(tmp_path, monkeypatch)
    Text(2).push_to_hub(REPO)
    assert Text.from_pretrained(REPO).size == 1
    (told,) = [record for record in caplog.records if SHADOWED in record.getMessage()]
    assert told.levelname == "WARNING"
    assert f"Write './{REPO}' to mean the folder" in told.getMessage()


def test_a_folder_that_hides_a_repository_of_the_cache_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    Text(2).push_to_hub(REPO)
    Text.from_pretrained(REPO)
    HfApi().delete_repo(REPO)
    both_ways(tmp_path, monkeypatch)
    assert Text.from_pretrained(REPO).size == 1
    assert SHADOWED in caplog.text


@pytest.mark.parametrize("name", [REPO, f"./{REPO}", Path(REPO)])
def test_a_folder_that_hides_nothing_or_is_written_as_one_is_only_mentioned(
    name: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    both_ways(tmp_path, monkeypatch)
    if name != REPO:
        Text(2).push_to_hub(REPO)
    caplog.set_level("INFO")
    assert Text.from_pretrained(name).size == 1
    assert "Loading from the folder" in caplog.text
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


# -- the hooks


def test_a_hook_of_now_gets_neither_proxies_nor_resume_download(tmp_path: Path) -> None:
    Spying.from_pretrained(tmp_path, proxies={"http": "x"}, resume_download=True)
    assert Spying.seen == {
        "model_id": str(tmp_path),
        "revision": None,
        "cache_dir": None,
        "force_download": False,
        "local_files_only": False,
        "token": None,
    }


def test_an_older_hook_gets_proxies_and_resume_download(tmp_path: Path) -> None:
    class Older(Text):
        @classmethod
        def _from_pretrained(
            cls,
            *,
            model_id,
            revision,
            cache_dir,
            force_download,
            proxies,
            resume_download,
            local_files_only,
            token,
            map_location="cpu",
            **model_kwargs,
        ):
            model = cls(**model_kwargs)
            model.seen = (proxies, resume_download, token, map_location)
            return model

    folder = config_of(tmp_path / "model", {"size": 4})
    model = Older.from_pretrained(folder, proxies={"http": "x"}, token="secret", map_location="cuda")
    assert model.seen == ({"http": "x"}, None, "secret", "cuda")
    assert model.size == 4


def test_the_callers_arguments_win(tmp_path: Path) -> None:
    folder = config_of(tmp_path / "model", {"size": 4, "note": "stored"})
    model = Text.from_pretrained(_with_weights(folder), note="given")
    assert (model.size, model.note) == (4, "given")
    assert model._hub_mixin_config == {"size": 4, "note": "given"}


def _with_weights(folder: Path) -> Path:
    (folder / "model.txt").write_text("weights")
    return folder


def test_only_declared_parameters_are_filled(tmp_path: Path) -> None:
    folder = config_of(tmp_path / "model", {"size": 4, "model_type": "text", "architectures": ["Text"]})
    assert Text.from_pretrained(_with_weights(folder)).size == 4


def test_a_hook_that_names_config_gets_all_of_it(tmp_path: Path) -> None:
    class Asking(Text):
        @classmethod
        def _from_pretrained(cls, *, model_id, config=None, **kwargs):
            model = cls()
            model.seen = (config, kwargs.get("size"))
            return model

    folder = config_of(tmp_path / "model", {"size": 4, "model_type": "text"})
    assert Asking.from_pretrained(folder).seen == ({"size": 4, "model_type": "text"}, 4)
    (tmp_path / "empty").mkdir()
    assert Asking.from_pretrained(tmp_path / "empty").seen == (None, None)


def test_a_hook_without_any_keywords_gets_only_what_it_names(tmp_path: Path) -> None:
    class Narrow(Text):
        @classmethod
        def _from_pretrained(cls, *, model_id, revision, cache_dir, force_download, local_files_only, token, size=0):
            return cls(size)

    folder = config_of(tmp_path / "model", {"size": 4, "note": "stored"})
    model = Narrow.from_pretrained(folder)
    assert (model.size, model.note) == (4, "")


@dataclass
class Config:
    a: int = 1


def test_a_model_that_has_no_configuration_gets_the_one_that_was_loaded(tmp_path: Path) -> None:
    class Configured(Text):
        def __init__(self, config: Config | None = None) -> None:
            super().__init__()

        @classmethod
        def _from_pretrained(cls, **kwargs):
            return cls.__new__(cls)

    class Unconfigured(Text):
        def __init__(self) -> None:
            super().__init__()

        @classmethod
        def _from_pretrained(cls, **kwargs):
            return cls()

    folder = config_of(tmp_path / "model", {"a": 4})
    assert Configured.from_pretrained(folder)._hub_mixin_config == Config(4)
    assert Unconfigured.from_pretrained(folder)._hub_mixin_config == {"a": 4}


def test_an_argument_with_the_name_of_an_option_is_told_when_it_is_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Named(Text):
        def __init__(self, token: str = "none", size: int = 1) -> None:
            super().__init__(size)
            self.token = token

    Named("stored", 3).save_pretrained(tmp_path)
    model = Named.from_pretrained(tmp_path)
    assert (model.token, model.size) == ("none", 3)
    assert "'token', which did not reach Named.__init__" in caplog.text


def test_arguments_that_have_no_name_reach_a_hook_that_names_config(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Variadic(Text):
        def __init__(self, *sizes: int) -> None:
            super().__init__()
            self.sizes = sizes

    class Asking(Variadic):
        @classmethod
        def _from_pretrained(cls, *, config, **kwargs):
            return cls(*config["*sizes"])

    Variadic(2, 3).save_pretrained(tmp_path)
    assert Asking.from_pretrained(tmp_path).sizes == (2, 3)
    assert caplog.text == ""
    assert Variadic.from_pretrained(tmp_path).sizes == ()
    assert "has '*sizes', which did not reach Variadic.__init__" in caplog.text


def test_a_model_may_load_another_while_it_is_loaded(tmp_path: Path) -> None:
    class Outer(Text):
        def __init__(self, inner: str) -> None:
            super().__init__()
            self.inner = Text.from_pretrained(inner)

    Text(9).push_to_hub("inner")
    Outer("username/inner").push_to_hub("outer")
    assert Outer.from_pretrained("username/outer").inner.text == "9"


def test_the_default_hub_is_as_before_when_a_load_fails(tmp_path: Path) -> None:
    before = open_hub().endpoint
    load: Callable[..., Any] = Text.from_pretrained
    with pytest.raises(RepositoryNotFoundError):
        load(REPO, endpoint=tmp_path / "hub")
    assert open_hub().endpoint == before
