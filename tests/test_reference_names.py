"""The names that libraries import from `huggingface_hub`: each is there, by the same name and in the same module."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

import anyhub
from anyhub import constants, errors
from reference_names import CONSTANTS, ERRORS, METHODS, MODULES

NAMES = [(module, name) for module, names in MODULES.items() for name in names]
AT_ROOT = [(module, name) for module, name in NAMES if MODULES[module][name]]


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_a_name_is_in_its_module_and_in_its_lists(module: str, name: str) -> None:
    imported = importlib.import_module(module)
    assert getattr(imported, name) is not None
    assert name in imported.__all__
    assert name in dir(imported)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_lists_each_name_once_and_nothing_that_it_lacks(module: str) -> None:
    imported = importlib.import_module(module)
    assert len({*imported.__all__}) == len(imported.__all__)
    assert all(hasattr(imported, name) for name in imported.__all__)


@pytest.mark.parametrize(("module", "name"), AT_ROOT)
def test_a_name_is_the_same_object_in_the_package_and_in_its_module(module: str, name: str) -> None:
    assert getattr(anyhub, name) is getattr(importlib.import_module(module), name)
    assert name in anyhub.__all__
    assert name in dir(anyhub)


@pytest.mark.parametrize("module", MODULES)
def test_a_name_that_a_module_lacks_is_an_attribute_error(module: str) -> None:
    with pytest.raises(AttributeError, match="no attribute 'no_such_name'"):
        importlib.import_module(module).no_such_name  # noqa: B018


@pytest.mark.parametrize(("name", "value"), CONSTANTS.items())
def test_a_constant_has_the_value_that_files_have_everywhere(name: str, value: object) -> None:
    assert getattr(constants, name) == value


@pytest.mark.parametrize(("name", "caught_by"), ERRORS.items())
def test_an_error_is_caught_by_its_own_name_and_by_the_one_above(name: str, caught_by: str) -> None:
    error = getattr(errors, name)
    assert issubclass(error, getattr(errors, caught_by))
    with pytest.raises(getattr(errors, caught_by)):
        raise error("the message")


@pytest.mark.parametrize("name", METHODS)
def test_metadata_of_safetensors_is_read_by_a_function_of_the_package(name: str) -> None:
    assert callable(getattr(anyhub, name))
    assert name in anyhub.__all__


@pytest.mark.parametrize("module", [module for module in MODULES if module != "anyhub.serialization._torch"])
def test_importing_a_module_imports_neither_torch_nor_numpy(module: str) -> None:
    code = f"import sys, {module}; print({{'torch', 'numpy', 'yaml', 'jinja2'}} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "set()\n"
