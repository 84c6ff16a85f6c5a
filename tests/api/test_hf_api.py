from __future__ import annotations

import doctest
import inspect
import subprocess
import sys

import anyhub.api
from anyhub.api import HfApi


def test_every_method_is_a_function_of_the_package() -> None:
    methods = {name for name in dir(HfApi) if not name.startswith("_")}
    assert methods <= set(anyhub.api.__all__)
    assert all(hasattr(anyhub.api, name) for name in anyhub.api.__all__)


def test_every_method_says_what_it_does_and_takes_an_endpoint() -> None:
    names = {name for name in dir(HfApi) if not name.startswith("_")} - {"run_as_future"}
    methods = {name: getattr(HfApi, name) for name in names}
    assert all(inspect.getdoc(method) for method in methods.values())
    assert all("endpoint" in inspect.signature(method).parameters for method in methods.values())


def test_the_example_in_its_documentation_runs() -> None:
    example = doctest.DocTestParser().get_doctest(HfApi.__doc__ or "", {"HfApi": HfApi}, "HfApi", None, None)
    assert doctest.DocTestRunner().run(example) == doctest.TestResults(failed=0, attempted=4)


def test_importing_it_imports_nothing_heavy() -> None:
    heavy = "{'torch', 'numpy', 'yaml', 'tqdm', 'dulwich', 'sqlite3', 'http.client', 'platformdirs'}"
    code = f"import sys, anyhub.api\nprint(sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
