"""What a model is saved with, and how a difference at loading is told."""

from __future__ import annotations

import json
import logging
import platform
import sys
import types
from pathlib import Path
from typing import Any

import pytest

import anyhub
from anyhub.errors import CorruptFileError
from anyhub.models.environment import Difference, environment_of
from anyhub.models.mixin import ModelHubMixin

NOW = platform.python_version()


class Text(ModelHubMixin):
    """A model that is a text file, of a library that states its version."""

    _hub_mixin_packages = ("a_framework",)

    def __init__(self, size: int = 1) -> None:
        self.size = size

    def _save_pretrained(self, save_directory: Path) -> None:
        (save_directory / "model.txt").write_text("")

    @classmethod
    def _from_pretrained(cls, **kwargs: Any) -> Text:
        if kwargs.get("size") == 13:
            raise CorruptFileError("The weights are of no use.")
        return cls(kwargs["size"])


@pytest.fixture(autouse=True)
def framework(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    module = types.ModuleType("a_framework")
    module.__version__ = "2.13.0+cpu"
    monkeypatch.setitem(sys.modules, "a_framework", module)
    return module


def test_the_environment_is_python_this_package_the_framework_and_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    library = types.ModuleType("a_library")
    library.__version__ = "0.4"
    monkeypatch.setitem(sys.modules, "a_library", library)
    monkeypatch.setattr(Text, "__module__", "a_library.models.text")
    assert environment_of(Text) == {
        "python": NOW,
        "anyhub": anyhub.__version__,
        "a_framework": "2.13.0",
        "a_library": "0.4",
    }


def test_a_library_that_states_no_version_has_that_of_its_distribution(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import metadata

    monkeypatch.setattr(Text, "__module__", "pytest_timeout")
    assert environment_of(Text)["pytest_timeout"] == metadata.version("pytest-timeout")


@pytest.mark.parametrize("module", ["__main__", "not_installed.anywhere", ""])
def test_a_script_is_no_library(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setattr(Text, "__module__", module)
    assert environment_of(Text).keys() == {"python", "anyhub", "a_framework"}


def test_the_environment_is_kept_with_the_model_and_shown_in_its_card(tmp_path: Path) -> None:
    Text().save_pretrained(tmp_path)
    kept = json.loads((tmp_path / "anyhub.json").read_text())["environment"]
    assert kept == environment_of(Text)
    assert "2.13.0" in (tmp_path / "README.md").read_text()


def saved_with(folder: Path, size: int = 1, **environment: str) -> Path:
    Text(size).save_pretrained(folder)
    (folder / "anyhub.json").write_text(json.dumps({"format": 1, "environment": environment}))
    return folder


def load(folder: Path, caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    caplog.set_level(logging.INFO)
    caplog.clear()
    assert Text.from_pretrained(folder).size == 1
    name = "anyhub.models.environment"
    return [(record.levelname, record.getMessage()) for record in caplog.records if record.name == name]


def test_the_same_versions_are_not_worth_a_word(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Text().save_pretrained(tmp_path)
    assert load(tmp_path, caplog) == []


def test_another_minor_version_is_a_warning_with_the_exact_difference(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = saved_with(tmp_path, python="3.10", a_framework="2.12.0", anyhub=anyhub.__version__)
    assert load(folder, caplog) == [
        (
            "WARNING",
            f"{str(tmp_path)!r} was saved with Python 3.10 and a_framework 2.12.0; this is Python {NOW} and "
            "a_framework 2.13.0. If it does not load, or behaves differently, install those versions, or save it "
            "again with these.",
        )
    ]


def test_another_patch_is_told_in_passing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (told,) = load(saved_with(tmp_path, a_framework="2.13.1"), caplog)
    assert told[0] == "INFO"
    assert "was saved with a_framework 2.13.1; this is a_framework 2.13.0." in told[1]


def test_what_a_file_names_beside_what_the_class_does_is_not_looked_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert load(saved_with(tmp_path, pytest="1.0", antigravity="1.0"), caplog) == []
    assert "antigravity" not in sys.modules


def test_a_version_that_is_no_version_is_not_repeated(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert load(saved_with(tmp_path, a_framework="2.12\n\x1b[31mALARM", python="3" * 1_000), caplog) == []


def test_the_difference_is_added_to_the_error_when_loading_fails(tmp_path: Path) -> None:
    folder = saved_with(tmp_path, size=13, a_framework="2.12.0")
    with pytest.raises(CorruptFileError, match="of no use") as caught:
        Text.from_pretrained(folder)
    (note,) = caught.value.__notes__
    assert "was saved with a_framework 2.12.0; this is a_framework 2.13.0." in note


def test_nothing_is_added_where_nothing_differs(tmp_path: Path) -> None:
    Text(13).save_pretrained(tmp_path)
    with pytest.raises(CorruptFileError) as caught:
        Text.from_pretrained(tmp_path)
    assert not hasattr(caught.value, "__notes__")


def test_a_package_that_is_not_here_now_is_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "a_framework")
    assert Difference.between("me/x", {"a_framework": "2.12.0"}, Text) is None
