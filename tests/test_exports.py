"""The public names: what the table says, what `__all__` says and what is there are the same."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import anyhub

HEAVY = {
    "asyncio",
    "dulwich",
    "http.client",
    "httpx",
    "jinja2",
    "numpy",
    "platformdirs",
    "requests",
    "safetensors",
    "sqlite3",
    "torch",
    "tqdm",
    "urllib3",
    "yaml",
}


def in_a_fresh_interpreter(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def names_for_type_checkers() -> dict[str, str]:
    """Return each name that is imported under `TYPE_CHECKING`, with its module."""
    tree = ast.parse(Path(anyhub.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: str(node.module) for node in imports for alias in node.names}


def test_the_list_of_names_is_the_table_and_sorted() -> None:
    assert anyhub.__all__ == sorted({*anyhub._MODULE_OF, "__version__", "errors"})


def test_type_checkers_see_what_the_table_says() -> None:
    assert names_for_type_checkers() == anyhub._MODULE_OF


@pytest.mark.parametrize("name", anyhub.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(anyhub, name) is not None
    assert name in dir(anyhub)


@pytest.mark.parametrize("name", [name for name in anyhub.__all__ if not name.startswith("_") and name != "errors"])
def test_every_name_is_described(name: str) -> None:
    assert (getattr(anyhub, name).__doc__ or "").strip()


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'PyTorchModelHubMixn'"):
        anyhub.PyTorchModelHubMixn  # noqa: B018


def test_the_nearest_name_is_told_once() -> None:
    command = [sys.executable, "-c", "import anyhub; anyhub.HfAp"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    last = done.stderr.splitlines()[-1]
    assert last == "AttributeError: module 'anyhub' has no attribute 'HfAp'. Did you mean: 'HfApi'?"


def test_every_method_of_the_api_is_a_function_too() -> None:
    methods = {name for name in dir(anyhub.HfApi) if not name.startswith("_")}
    callable_here = {name for name in methods if callable(getattr(anyhub.HfApi, name))}
    assert callable_here - set(anyhub.__all__) == set()


def test_importing_a_mixin_imports_nothing_heavy() -> None:
    code = "import sys; from anyhub import PyTorchModelHubMixin; print(*sys.modules)"
    assert HEAVY & set(in_a_fresh_interpreter(code).split()) == set()


def test_what_needs_torch_says_how_to_install_it_where_there_is_none() -> None:
    program = "import sys; sys.modules['torch'] = None; from anyhub import load_torch_model"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "MissingDependencyError: load_torch_model needs the package 'torch'" in done.stderr
    assert "anyhub[torch]" in done.stderr


def test_the_version_is_the_installed_one() -> None:
    from importlib.metadata import version

    assert version("anyhub") == anyhub.__version__
