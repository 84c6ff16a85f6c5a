"""What a caller may get wrong is refused by one sentence that names the thing and the next step."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from torch import nn

from anyhub.api import HfApi
from anyhub.errors import StorageError, UnsupportedError, ValidationError
from anyhub.models.mixin import ModelHubMixin
from anyhub.models.pytorch import PyTorchModelHubMixin

REPO = "username/my-model"


class Net(nn.Module, PyTorchModelHubMixin):
    """A small module."""

    def __init__(self, size: int = 2) -> None:
        super().__init__()
        self.layer = nn.Linear(2, size)


class Called(nn.Module, PyTorchModelHubMixin):
    """Has a parameter that is called as the class is in class methods."""

    def __init__(self, cls: int = 1, called: int = 1) -> None:
        super().__init__()
        self.sizes = cls, called
        self.layer = nn.Linear(2, cls)


class Rebuilt(Called):
    """Has a hook and a `__new__` of its own."""

    def __new__(cls, /, *args: Any, **kwargs: Any) -> Any:
        return super().__new__(cls)

    @classmethod
    def _from_pretrained(cls, **kwargs: Any) -> Any:
        return super()._from_pretrained(**kwargs)


def test_a_parameter_may_be_called_cls(tmp_path: Path) -> None:
    Called(cls=2, called=3).save_pretrained(tmp_path)
    assert Called.from_pretrained(tmp_path).sizes == (2, 3)
    assert Called.from_pretrained(tmp_path, called=4).sizes == (2, 4)
    assert Called.from_pretrained(tmp_path, cls=2).sizes == (2, 3)


def test_a_parameter_may_be_called_cls_where_the_class_has_a_hook_of_its_own(tmp_path: Path) -> None:
    Rebuilt(cls=2).save_pretrained(tmp_path)
    assert Rebuilt.from_pretrained(tmp_path).sizes == (2, 1)
    assert Rebuilt.from_pretrained(tmp_path, cls=2).sizes == (2, 1)


def test_an_argument_of_pushing_that_is_misspelled_is_named_with_the_right_one() -> None:
    with pytest.raises(
        ValidationError, match=r"Net\.push_to_hub has no option 'commit_mesage'; .* Did you mean 'commit_message'\?"
    ):
        Net().push_to_hub(REPO, commit_mesage="x")
    assert not HfApi().repo_exists(REPO)


def test_an_argument_of_saving_that_is_misspelled_is_named_with_the_right_one(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"Net\.save_pretrained has no option 'licence'; .* mean 'license'\?"):
        Net().save_pretrained(tmp_path / "new", licence="mit")


def test_a_keyword_of_the_class_that_is_misspelled_is_named_with_the_right_one() -> None:
    with pytest.raises(TypeError, match=r"Wrong has the keyword 'licence'.* Did you mean 'license'\?") as caught:

        class Wrong(nn.Module, PyTorchModelHubMixin, licence="mit"):  # type: ignore[call-arg]
            pass

    assert isinstance(caught.value, ValidationError)


def test_keywords_of_other_bases_still_reach_them() -> None:
    class Registered:
        def __init_subclass__(cls, name: str = "", **kwargs: Any) -> None:
            super().__init_subclass__(**kwargs)
            cls.name = name

    class Behind(ModelHubMixin, Registered, name="behind", license="mit"):
        pass

    class Before(Registered, ModelHubMixin, name="before", license="mit"):
        pass

    assert (Behind.name, Before.name) == ("behind", "before")


def test_a_file_is_no_folder_to_save_in(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ValidationError, match=r"file' is a file, so nothing can be saved in it"):
        Net().save_pretrained(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has a /proc that nobody can write to")
def test_a_folder_that_can_not_be_made_is_named() -> None:
    with pytest.raises(StorageError, match=r"'/proc/x' can not be made \(.*\); choose another folder"):
        Net().save_pretrained("/proc/x")


@pytest.mark.parametrize("patterns", ["allow_patterns", "ignore_patterns", "delete_patterns"])
def test_patterns_are_texts(patterns: str) -> None:
    options: dict[str, Any] = {patterns: 3}
    with pytest.raises(ValidationError, match=r"Patterns are a text .*, or a list of such, not 3"):
        Net().push_to_hub(REPO, **options)
    assert not HfApi().repo_exists(REPO)


@pytest.mark.parametrize("size", [True, 0, -1, 1.5, "0GB", [1]])
def test_a_file_of_no_bytes_is_no_shard(size: Any, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"max_shard_size=.* is no size of a file"):
        Net().save_pretrained(tmp_path / "new", max_shard_size=size)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("strict", ["yes", 1, None])
def test_strict_is_a_bool(strict: Any, tmp_path: Path) -> None:
    Net().save_pretrained(tmp_path)
    with pytest.raises(ValidationError, match="strict is True or False, not"):
        Net.from_pretrained(tmp_path, strict=strict)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://example.org/me/model", r"pass 'me/model' with endpoint='https://example\.org'"),
        ("https://example.org/me/model/tree/main", r"pass 'me/model' with endpoint='https://example\.org'"),
        ("hf://me/model", "is an address"),
        ("https://example.org", "pass 'namespace/name' with"),
    ],
)
def test_an_address_is_no_name(address: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Net.from_pretrained(address)


def test_a_class_that_is_no_module_says_what_to_inherit_from(tmp_path: Path) -> None:
    class Bare(PyTorchModelHubMixin):
        pass

    calls: list[Callable[[], Any]] = [
        lambda: Bare().save_pretrained(tmp_path / "new"),
        lambda: Bare().push_to_hub(REPO),
        lambda: Bare().generate_model_card(),
    ]
    for call in calls:
        with pytest.raises(UnsupportedError, match=r"Bare is no torch\.nn\.Module, .* class Bare\(nn\.Module, "):
            call()
    assert not (tmp_path / "new").exists()


def test_a_module_that_was_not_constructed_as_one_says_what_to_call(tmp_path: Path) -> None:
    class Hasty(nn.Module, PyTorchModelHubMixin):
        def __init__(self) -> None:
            self.size = 2

    with pytest.raises(UnsupportedError, match=r"Hasty\.__init__ .* begin with super\(\)\.__init__\(\)"):
        Hasty().save_pretrained(tmp_path / "new")


def test_a_refused_template_is_told_in_one_sentence(tmp_path: Path) -> None:
    class Curious(Net, model_card_template="{{ ''.__class__.__mro__ }}{% if 1 %}{% endif %}"):
        pass

    with pytest.raises(ValidationError, match="unsafe; mend the template") as caught:
        Curious().save_pretrained(tmp_path / "new")
    assert "\n" not in str(caught.value)
