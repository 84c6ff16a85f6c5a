"""Options of saving and loading: given to the hooks that name them, refused where none does, never dropped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from anyhub.api import HfApi
from anyhub.errors import EntryNotFoundError, InvalidPathError, ValidationError
from anyhub.models.mixin import ModelHubMixin

REPO = "username/my-model"


class Text(ModelHubMixin):
    """A model that is a text file, with hooks that take no options."""

    def __init__(self, size: int = 1) -> None:
        self.size = size

    def _save_pretrained(self, save_directory: Path) -> None:
        (save_directory / "model.txt").write_text(str(self.size))

    @classmethod
    def _from_pretrained(cls, *, model_id, revision, cache_dir, force_download, local_files_only, token, size=0):
        return cls(size)


class Choosing(Text):
    """Has hooks that name options of their own."""

    _hub_mixin_files = ("model{variant}.txt", "part{variant}-[0-9].txt")

    def _save_pretrained(self, save_directory: Path, *, variant: str | None = None, compress: bool = False) -> None:
        infix = f".{variant}" if variant else ""
        (save_directory / f"model{infix}.txt").write_text(f"{self.size} {compress}")

    @classmethod
    def _from_pretrained(cls, *, model_id: str, subfolder: str = "", compress: bool = False, **kwargs: Any) -> Choosing:
        model = cls(kwargs["size"])
        model.seen = (subfolder, compress)
        return model


class Taking(Text):
    """Has a hook that takes whatever it is given."""

    def _save_pretrained(self, save_directory: Path, **options: Any) -> None:
        (save_directory / "model.txt").write_text(str(options))


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def files(api: HfApi) -> list[str]:
    return [path for path in api.list_repo_files(REPO) if path != ".gitattributes"]


def test_an_option_goes_to_the_hook_that_names_it(tmp_path: Path) -> None:
    Choosing(2).save_pretrained(tmp_path, compress=True)
    assert (tmp_path / "model.txt").read_text() == "2 True"
    Choosing(2).push_to_hub(REPO, compress=True, variant="a")
    assert "model.a.txt" in files(HfApi())
    assert Choosing.from_pretrained(REPO, compress=True).seen == ("", True)


def test_an_option_goes_to_a_hook_that_takes_any(tmp_path: Path) -> None:
    Taking().save_pretrained(tmp_path, depth=3)
    assert (tmp_path / "model.txt").read_text() == "{'depth': 3}"


def test_a_hook_without_options_is_called_as_ever(tmp_path: Path) -> None:
    Text(2).save_pretrained(tmp_path, private=True, commit_message="For later")
    assert (tmp_path / "model.txt").read_text() == "2"


@pytest.mark.parametrize("cls", [Text, Choosing])
def test_an_option_that_the_hook_does_not_name_is_refused_and_nothing_is_saved(cls: type[Text], tmp_path: Path) -> None:
    for save in (
        lambda: cls().save_pretrained(tmp_path / "new", max_shard_size="1GB"),
        lambda: cls().push_to_hub(REPO, max_shard_size="1GB"),
        lambda: cls().save_pretrained(tmp_path / "new", push_to_hub=True, repo_id=REPO, max_shard_size="1GB"),
    ):
        with pytest.raises(ValidationError, match=rf"{cls.__name__}\.\w+ has no option 'max_shard_size'"):
            save()
    assert names_in(tmp_path) == []
    assert not HfApi().repo_exists(REPO)


def test_a_refusal_names_the_options_that_there_are() -> None:
    with pytest.raises(
        ValidationError, match=r"to _save_pretrained it passes on 'compress', 'variant', .* Did you mean 'compress'\?"
    ):
        Choosing().push_to_hub(REPO, compres=True)
    with pytest.raises(ValidationError, match="it passes on none"):
        Text().push_to_hub(REPO, compress=True)


def test_an_option_of_loading_that_the_hook_does_not_name_is_refused(tmp_path: Path) -> None:
    Text().save_pretrained(tmp_path)
    with pytest.raises(ValidationError, match=r"Text\.from_pretrained has no option 'dtype'; .* it passes on 'size'"):
        Text.from_pretrained(tmp_path, dtype="float16")


@pytest.mark.parametrize("variant", ["", "a/b", "..", "a.b", 3])
def test_a_variant_has_a_plain_name(variant: Any, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="variant"):
        Choosing().save_pretrained(tmp_path / "new", variant=variant)
    assert names_in(tmp_path) == []


def test_saving_one_variant_leaves_the_files_of_the_others(tmp_path: Path) -> None:
    for name in ("part-1.txt", "part.a-1.txt", "part.b-1.txt", "part-of-me.txt", "part.a-of-me.txt"):
        (tmp_path / name).write_text("old")
    Choosing().save_pretrained(tmp_path, variant="a")
    assert "part.a-1.txt" not in names_in(tmp_path)
    assert {"part-1.txt", "part.b-1.txt", "part-of-me.txt", "part.a-of-me.txt"} <= {*names_in(tmp_path)}
    Choosing().save_pretrained(tmp_path)
    assert "part-1.txt" not in names_in(tmp_path)
    assert {"model.a.txt", "part.b-1.txt", "part-of-me.txt", "part.a-of-me.txt"} <= {*names_in(tmp_path)}


# -- subfolders


def test_a_model_goes_to_a_folder_of_the_repository_and_its_card_to_the_top() -> None:
    Choosing(2).push_to_hub(REPO, subfolder="ema")
    assert files(HfApi()) == ["README.md", "ema/anyhub.json", "ema/config.json", "ema/model.txt"]
    loaded = Choosing.from_pretrained(REPO, subfolder="ema")
    assert (loaded.size, loaded.seen) == (2, ("ema", False))


def test_a_model_is_loaded_from_a_folder_within_a_folder(tmp_path: Path) -> None:
    Choosing(1).save_pretrained(tmp_path)
    Choosing(2).save_pretrained(tmp_path / "deep/er")
    assert Choosing.from_pretrained(tmp_path, subfolder="deep/er/").size == 2
    assert Choosing.from_pretrained(tmp_path).size == 1


def test_a_push_to_a_subfolder_removes_old_files_only_there() -> None:
    api = HfApi()
    api.create_repo(REPO)
    for path in ("part-1.txt", "ema/part-1.txt", "ema/deep/part-1.txt", "emanation/part-1.txt", "ema/notes.txt"):
        api.upload_file(path_or_fileobj=b"old", path_in_repo=path, repo_id=REPO)
    Choosing().push_to_hub(REPO, subfolder="ema")
    kept = [path for path in files(api) if path.endswith(("-1.txt", "notes.txt"))]
    assert kept == ["ema/deep/part-1.txt", "ema/notes.txt", "emanation/part-1.txt", "part-1.txt"]


def test_the_same_push_to_a_subfolder_makes_no_commit() -> None:
    for _ in range(2):
        Choosing().push_to_hub(REPO, subfolder="ema")
    assert len(HfApi().list_repo_commits(REPO)) == 2


def test_a_push_to_a_subfolder_leaves_the_words_of_a_card_that_somebody_wrote() -> None:
    api = HfApi()
    api.create_repo(REPO)
    api.upload_file(path_or_fileobj=b"---\nlicense: mit\n---\nOwn words.\n", path_in_repo="README.md", repo_id=REPO)
    Choosing().push_to_hub(REPO, subfolder="ema")
    card = Path(api.hf_hub_download(REPO, "README.md")).read_text()
    assert card.startswith("---\nlicense: mit\n")
    assert card.endswith("\n---\nOwn words.\n")
    assert "ema/README.md" not in files(api)


def test_what_was_saved_is_pushed_to_a_subfolder(tmp_path: Path) -> None:
    Choosing(3).save_pretrained(tmp_path / "model", push_to_hub=True, repo_id=REPO, subfolder="ema")
    assert names_in(tmp_path / "model") == ["README.md", "anyhub.json", "config.json", "model.txt"]
    assert files(HfApi()) == ["README.md", "ema/anyhub.json", "ema/config.json", "ema/model.txt"]


@pytest.mark.parametrize("subfolder", ["..", "a/../b", "/etc", "C:\\x", ".git"])
def test_a_subfolder_leads_nowhere_else(subfolder: str, tmp_path: Path) -> None:
    Choosing().save_pretrained(tmp_path / "model")
    for call in (
        lambda: Choosing.from_pretrained(tmp_path / "model", subfolder=subfolder),
        lambda: Choosing.from_pretrained(REPO, subfolder=subfolder),
        lambda: Choosing().push_to_hub(REPO, subfolder=subfolder),
    ):
        with pytest.raises(InvalidPathError):
            call()
    assert not HfApi().repo_exists(REPO)


def test_a_subfolder_that_is_not_there_is_told(tmp_path: Path) -> None:
    Choosing().save_pretrained(tmp_path / "ema")
    with pytest.raises(EntryNotFoundError, match=r"There is no folder .*emma'.* Did you mean 'ema'\?"):
        Choosing.from_pretrained(tmp_path, subfolder="emma")


def test_a_subfolder_is_refused_where_the_hook_does_not_name_it(tmp_path: Path) -> None:
    Text().save_pretrained(tmp_path)
    with pytest.raises(ValidationError, match="has no option 'subfolder'"):
        Text.from_pretrained(tmp_path, subfolder="ema")


def test_a_configuration_can_not_say_which_subfolder_is_loaded(tmp_path: Path) -> None:
    class Open(Choosing):
        def __init__(self, size: int = 1, **more: Any) -> None:
            super().__init__(size)

    Open(2).save_pretrained(tmp_path)
    (tmp_path / "config.json").write_text('{"size": 2, "subfolder": "../elsewhere"}')
    assert Open.from_pretrained(tmp_path).seen == ("", False)


# -- arguments of the class with the names of options


def test_an_argument_of_the_class_comes_before_an_option_of_the_same_name(tmp_path: Path) -> None:
    class Named(Text):
        def __init__(self, subfolder: str = "none", variant: str = "none", dtype: str | None = "f4") -> None:
            super().__init__()
            self.given = (subfolder, variant, dtype)

        @classmethod
        def _from_pretrained(cls, *, model_id, **kwargs):
            own = {name: kwargs[name] for name in ("subfolder", "variant", "dtype")}
            return cls(**own)

    Named("up", "b", "f8").save_pretrained(tmp_path)
    assert Named.from_pretrained(tmp_path).given == ("up", "b", "f8")
    assert Named.from_pretrained(tmp_path, subfolder="down", dtype=None).given == ("down", "b", None)
