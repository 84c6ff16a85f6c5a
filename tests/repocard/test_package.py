"""The names that `anyhub.repocard` and its neighbours offer, and what it costs to ask for them."""

from __future__ import annotations

import subprocess
import sys

import pytest

import anyhub
from anyhub import _eval_results, repocard, repocard_data


@pytest.mark.parametrize("module", [repocard, repocard_data, _eval_results])
def test_every_name_is_there(module: object) -> None:
    for name in module.__all__:  # type: ignore[attr-defined]
        assert getattr(module, name) is not None
        assert name in dir(module)


def test_the_names_of_the_package_are_those_of_the_root() -> None:
    for module in (repocard, repocard_data, _eval_results):
        for name in set(module.__all__) & set(anyhub.__all__):
            assert getattr(module, name) is getattr(anyhub, name)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'ModelCrd'"):
        repocard.ModelCrd  # noqa: B018


def test_templates_are_files() -> None:
    assert repocard.TEMPLATE_MODELCARD_PATH.is_file()
    assert repocard.TEMPLATE_DATASETCARD_PATH.is_file()


def test_the_package_imports_nothing_until_it_is_asked() -> None:
    code = "import sys, anyhub.repocard; print({'anyhub.repocard.repo_card', 'yaml', 'jinja2'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
