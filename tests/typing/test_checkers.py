"""What type checkers and editors know of a user's models: each is run, on the code in `cases.py`.

Neither checker may see more than the installed package, whose `py.typed` says that it has types.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from importlib.resources import files
from pathlib import Path

import jedi
import pytest

from reference_names import MODULES

ROOT = Path(__file__).parents[2]
CASES = Path(__file__).with_name("cases.py")
TYPED_NAMES = "names.py"

_COMMENT = re.compile(r"  # (reveals|wrong): (.*)$")


def expected(checker: int) -> tuple[dict[int, str], dict[int, str]]:
    """Return which type each line of the cases reveals, and the code of the error of each that is wrong.

    Args:
        checker (`int`): Whose code it is: 0 for mypy, 1 for pyright.
    """
    comments = {
        number: match.groups()
        for number, line in enumerate(CASES.read_text(encoding="utf-8").splitlines(), start=1)
        if (match := _COMMENT.search(line))
    }
    revealed = {number: text for number, (kind, text) in comments.items() if kind == "reveals"}
    wrong = {number: text.split(", ")[checker] for number, (kind, text) in comments.items() if kind == "wrong"}
    return revealed, wrong


@pytest.fixture
def names(tmp_path: Path) -> Path:
    """Return a file that imports every name of every module by both of its names."""
    lines = ["from __future__ import annotations"]
    for module, of_module in MODULES.items():
        lines.append(f"from {module} import {', '.join(of_module)}")
    at_root = sorted({name for of_module in MODULES.values() for name in of_module if of_module[name]})
    lines += ["import anyhub", *(f"anyhub.{name}" for name in at_root)]
    path = tmp_path / TYPED_NAMES
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_mypy_says_of_each_line_what_its_comment_says(names: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--no-pretty", CASES, names]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    revealed: dict[int, str] = {}
    errors: dict[int, set[str]] = defaultdict(set)
    for line in done.stdout.splitlines():
        file, number, kind, text = re.fullmatch(r"(.+?):(\d+): (\w+): (.*)", line).groups()
        assert Path(file).name == CASES.name, line
        if kind == "error":
            errors[int(number)].add(re.search(r"\[([\w-]+)\]$", text)[1])
        elif match := re.fullmatch(r'Revealed type is "(.*)"', text):
            revealed[int(number)] = re.sub(r"\b[\w.]+\.(\w+)", r"\1", match[1])
    assert done.stderr == ""
    compare(0, revealed, errors)


def test_pyright_says_of_each_line_what_its_comment_says_and_downloads_nothing(names: Path, tmp_path: Path) -> None:
    shutil.copy(CASES, tmp_path)  # a project is a folder with all that is in it
    project = tmp_path / "pyrightconfig.json"
    project.write_text(
        json.dumps(
            {
                "include": [CASES.name, names.name],
                "typeCheckingMode": "strict",
                "reportUnusedImport": False,
                "reportUnusedExpression": False,
                "pythonVersion": f"{sys.version_info.major}.{sys.version_info.minor}",
            }
        )
    )
    command = [sys.executable, "-m", "pyright", "-p", project, "--pythonpath", sys.executable, "--outputjson"]
    downloads = tmp_path / "downloads"
    environment = {**os.environ, "PYRIGHT_PYTHON_CACHE_DIR": str(downloads)}
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True, env=environment)
    assert not downloads.exists()
    revealed: dict[int, str] = {}
    errors: dict[int, set[str]] = defaultdict(set)
    for found in json.loads(done.stdout)["generalDiagnostics"]:
        number = found["range"]["start"]["line"] + 1
        assert Path(found["file"]).name == CASES.name, found
        if found["severity"] == "error":
            errors[number].add(found["rule"])
        elif match := re.fullmatch(r'Type of ".*" is "(.*)"', found["message"]):
            revealed[number] = match[1]
    compare(1, revealed, errors)


def compare(checker: int, revealed: dict[int, str], errors: dict[int, set[str]]) -> None:
    """Compare what a checker found with what the comments say; a line may have more errors than the one named."""
    types, wrong = expected(checker)
    assert revealed == types
    assert errors.keys() == wrong.keys()
    assert {number: code for number, code in wrong.items() if code not in errors[number]} == {}


def test_the_package_says_that_it_has_types() -> None:
    assert files("anyhub").joinpath("py.typed").is_file()


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Editor:
    monkeypatch.setattr(jedi.settings, "cache_directory", str(tmp_path / "cache"))
    return Editor(CASES.read_text(encoding="utf-8"), tmp_path)


class Editor:
    """An editor, in which somebody types one more line below the cases.

    Args:
        text (`str`): The cases.
        folder (`Path`): Where the editor believes the file to be.
    """

    def __init__(self, text: str, folder: Path) -> None:
        self._text = text
        self._folder = folder
        self._python = jedi.create_environment(sys.executable, safe=False)  # not this process, where modules are loaded

    def completions(self, line: str) -> list[str]:
        """Return what is offered at the end of a line."""
        script, *place = self._typed(line)
        return [completion.name for completion in script.complete(*place)]

    def parameters(self, line: str) -> list[str]:
        """Return the names of the parameters that are shown at the end of a line."""
        script, *place = self._typed(line)
        (signature,) = script.get_signatures(*place)
        return [parameter.name for parameter in signature.params]

    def _typed(self, line: str) -> tuple[jedi.Script, int, int]:
        text = f"{self._text}{line}"
        script = jedi.Script(text, project=jedi.Project(self._folder), environment=self._python)
        return script, text.count("\n") + 1, len(line)


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("Model(hid", "hidden_size="),
        ("Model(activ", "activation="),
        ("Special(hid", "hidden_size="),
        ("Labelled(lab", "labels="),
        ("Scaler(fac", "factor="),
        ("Model.from_pretrained('me/model', rev", "revision="),
        ("Model.from_pretrained('me/model', local", "local_files_only="),
        ("Model.from_pretrained('me/model', dty", "dtype="),
        ("Model().push_to_hub('me/model', commit", "commit_message="),
        ("Model().push_to_hub('me/model', bra", "branch="),
        ("Model().push_to_hub('me/model', lice", "license="),
        ("Model.from_pretrained('me/model').push", "push_to_hub"),
        ("Special.from_pretrained('me/model').desc", "describe"),
        ("Scaler.from_pretrained('me/scaler').fac", "factor"),
    ],
)
def test_an_editor_completes_the_names_of_parameters_and_methods(editor: Editor, line: str, offered: str) -> None:
    assert offered in editor.completions(line)


def test_an_editor_shows_the_parameters_of_the_class_and_not_those_of_the_mixin(editor: Editor) -> None:
    assert editor.parameters("Model(") == ["hidden_size", "activation"]
    assert editor.parameters("Scaler(") == ["factor"]


def test_an_editor_shows_the_options_of_loading_and_pushing(editor: Editor) -> None:
    assert {"revision", "token", "cache_dir", "local_files_only"} <= {*editor.parameters("Model.from_pretrained(")}
    assert {"repo_id", "commit_message", "private", "branch"} <= {*editor.parameters("Model().push_to_hub(")}
