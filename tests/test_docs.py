"""The documents prove themselves: every example in them is run, every link followed.

In README.md and the guides, blocks are run from top to bottom, in an empty folder and with a hub of their own:

* ``python``: executed, all blocks of a file in one namespace;
* ``text`` right below it: what it prints;
* ``console``: each ``$ command`` is run by the shell, and what follows it is compared with what it prints;
* ``sh``: commands that are too much for a test; those of `make` must be targets of the Makefile.

``…`` stands for anything on a line and, alone on a line, for any lines.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import types
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GUIDES = [ROOT / "README.md", *sorted(ROOT.glob("docs/guides/*.md"))]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("changelog/*.md")]

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)")


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@dataclass(frozen=True)
class Block:
    """A fenced block of a document: its language, its text, and the line on which that begins."""

    language: str
    text: str
    line: int


def blocks_of(document: str) -> list[Block]:
    return [
        Block(match[1], match[2], document.count("\n", 0, match.start()) + 2) for match in _BLOCK.finditer(document)
    ]


def fits(expected: str, printed: str) -> bool:
    """Return whether a text is as expected, where ``…`` stands for anything."""
    lines = [re.escape(line).replace("…", "[^\n]*") for line in expected.strip().splitlines()]
    pattern = "\n".join("(?s:.*)" if line == "[^\n]*" else rf"{line}[ \t]*" for line in lines)
    return re.fullmatch(pattern, printed.strip()) is not None


def commands_of(block: str) -> list[tuple[str, str]]:
    """Return each command of a ``console`` block, with what it is to print."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [(command, output) for command, _, output in (part.partition("\n") for part in parts)]


def run_in_shell(command: str) -> str:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = {**os.environ, "PATH": path}
    done = subprocess.run(["sh", "-c", command], check=False, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, f"$ {command}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("path", GUIDES, ids=relative)
def test_the_examples_of_a_document_do_what_it_says(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    module = types.ModuleType("document")
    monkeypatch.setitem(sys.modules, "document", module)
    printed = ""
    for block in blocks_of(path.read_text(encoding="utf-8")):
        where = f"{relative(path)}:{block.line}"
        match block.language:
            case "python":
                code = "\n" * (block.line - 1) + block.text
                exec(compile(code, str(path), "exec", dont_inherit=True), vars(module))
                printed = capsys.readouterr().out
            case "text":
                assert fits(block.text, printed), f"{where}: it prints\n{printed}"
            case "console":
                for command, expected in commands_of(block.text):
                    answer = run_in_shell(command)
                    assert fits(expected, answer), f"{where}: $ {command}\n{answer}"
            case "sh":
                targets = re.findall(r"^make ([a-z]+)", block.text, re.MULTILINE)
                assert all(f"\n{target}:" in (ROOT / "Makefile").read_text() for target in targets), where


@pytest.mark.parametrize("path", DOCUMENTS, ids=relative)
def test_the_links_of_a_document_lead_to_files(path: Path) -> None:
    missing = [link for link in _LINK.findall(path.read_text(encoding="utf-8")) if not (path.parent / link).exists()]
    assert missing == []


def test_every_dependency_of_the_core_has_a_decision() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.match(r"[\w-]+", requirement)[0] for requirement in project["dependencies"]}
    decided = {path.stem.partition("-")[2] for path in ROOT.glob("docs/decisions/0*.md")}
    assert names <= decided


def test_every_decision_has_its_parts_and_is_listed() -> None:
    listed = (ROOT / "docs/decisions/README.md").read_text(encoding="utf-8")
    for path in ROOT.glob("docs/decisions/0*.md"):
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {path.name[:4]}. "), path.name
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"], path.name
        assert f"({path.name})" in listed, path.name


def test_every_setting_is_described_in_the_readme() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src/anyhub").rglob("*.py"))
    settings = set(re.findall(r"""["'`](ANYHUB_[A-Z_]+)["'`]""", source))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert settings
    assert sorted(name for name in settings if name not in readme) == []


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("a\nb", "a\nb\n", True),
        ("a …", "a 1 2", True),
        ("a\n…\nd", "a\nb\nc\nd", True),
        ("a …", "a 1\nb", False),
        ("a.c", "abc", False),
        ("a", "a\nb", False),
    ],
)
def test_what_is_printed_is_compared_line_by_line(expected: str, printed: str, same: bool) -> None:
    assert fits(expected, printed) is same
