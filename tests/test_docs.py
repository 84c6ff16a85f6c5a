"""The documents prove themselves: every example in them is run, every link followed.

In README.md, the guides and the pages about formats, blocks are run from top to bottom, in an empty folder and with a
hub of their own:

* ``python``: executed, all blocks of a file in one namespace;
* ``text`` right below it: what it prints;
* ``console``: each ``$ command``, with the lines below it that begin with ``>``, is run by one shell for the whole
  document, so that it is still in the folder it went to; what follows is compared with what it prints;
* ``sh``: commands that are too much for a test; those of `make` must be targets of the Makefile.

``…`` stands for anything on a line and, alone on a line, for any lines.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
import tomllib
import types
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXECUTED = [ROOT / "README.md", *sorted(ROOT.glob("docs/guides/*.md")), *sorted(ROOT.glob("docs/formats/*.md"))]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("changelog/*.md")]

_BLOCK = re.compile(r"^(`{3,})(\w+)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)  # a longer fence may have a shorter in it
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
        Block(match[2], match[3], document.count("\n", 0, match.start()) + 2) for match in _BLOCK.finditer(document)
    ]


def fits(expected: str, printed: str) -> bool:
    """Return whether a text is as expected, where ``…`` stands for anything."""
    lines = [re.escape(line).replace("…", "[^\n]*") for line in expected.strip().splitlines()]
    pattern = "\n".join("(?s:.*)" if line == "[^\n]*" else rf"{line}[ \t]*" for line in lines)
    return re.fullmatch(pattern, printed.strip()) is not None


def commands_of(block: str) -> list[tuple[str, str]]:
    """Return each command of a ``console`` block, with what it is to print."""
    found = re.findall(r"^\$ (.*\n(?:>.*\n)*)((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
    return [(re.sub(r"^> ?", "", command, flags=re.MULTILINE).strip(), output) for command, output in found]


class Shell:
    """A shell that runs one command after the other; what it started ends with it.

    Args:
        process (`Popen`): A running ``sh``, which reads from a pipe and writes to one, and leads a group of processes.
        errors (`Path`): Where it writes what it has to say about errors.
        seconds (`float`): How long a command may take.
    """

    _END = "\x04"

    def __init__(self, process: subprocess.Popen[str], errors: Path, seconds: float) -> None:
        self._process = process
        self._errors = errors
        self._seconds = seconds

    @classmethod
    @contextmanager
    def opened(cls, errors: Path, seconds: float = 60) -> Iterator[Shell]:
        """Start a shell in the working directory, with the commands of this environment before all others."""
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        with (
            errors.open("w") as stderr,
            subprocess.Popen(
                ["sh"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                encoding="utf-8",
                env={**os.environ, "PATH": path},
                start_new_session=True,
            ) as process,
        ):
            shell = cls(process, errors, seconds)
            try:
                yield shell
            finally:
                shell.stop()

    def stop(self) -> None:
        """End the shell and all that it started, in the background as well."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def run(self, command: str) -> str:
        """Return what a command prints, once it has succeeded."""
        late = threading.Event()
        limit = threading.Timer(self._seconds, lambda: (late.set(), self.stop()))
        limit.start()
        try:
            return self._answer(command)
        except (AssertionError, BrokenPipeError):
            assert not late.is_set(), f"It did not end within {self._seconds} s.\n$ {command}"
            raise
        finally:
            limit.cancel()

    def _answer(self, command: str) -> str:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{{ {command}\n}} < /dev/null; printf '{self._END}%s\\n' $?\n")
        self._process.stdin.flush()
        printed = ""
        for line in self._process.stdout:
            before, end, status = line.partition(self._END)
            printed += before
            if end:
                assert status == "0\n", f"$ {command}\n{self._errors.read_text()}"
                return printed
        raise AssertionError(f"The shell ended.\n$ {command}\n{self._errors.read_text()}")


@pytest.mark.parametrize("path", EXECUTED, ids=relative)
def test_the_examples_of_a_document_do_what_it_says(
    path: Path,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    module = types.ModuleType("document")
    monkeypatch.setitem(sys.modules, "document", module)
    printed = ""
    with Shell.opened(tmp_path_factory.mktemp("shell") / "errors") as shell:
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
                        answer = shell.run(command)
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


def test_a_command_goes_on_where_its_line_begins_with_a_prompt() -> None:
    block = "$ echo 'a\n> b'\na\nb\n$ true\n$ ls\n> \nx\n"
    assert commands_of(block) == [("echo 'a\nb'", "a\nb\n"), ("true", ""), ("ls", "x\n")]


def test_a_shell_stays_where_a_command_went(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    with Shell.opened(tmp_path / "errors") as shell:
        shell.run(f"cd '{tmp_path}'/below && name=value")
        assert shell.run('echo "$(basename "$PWD") $name"') == "below value\n"
        assert shell.run("cat") == ""
        with pytest.raises(AssertionError, match="no-such-command"):
            shell.run("no-such-command")
        assert shell.run("echo still there") == "still there\n"


def test_a_command_that_never_ends_is_told_so_and_stopped(tmp_path: Path) -> None:
    with Shell.opened(tmp_path / "errors", seconds=0.5) as shell:
        assert shell.run("echo first") == "first\n"
        with pytest.raises(AssertionError, match="did not end within") as caught:
            shell.run("sleep 1000")
        assert "$ sleep 1000" in str(caught.value)


def test_what_a_failing_document_started_is_stopped(tmp_path: Path) -> None:
    beats = tmp_path / "beats"

    def run() -> None:
        with Shell.opened(tmp_path / "errors") as shell:
            shell.run(f"(while :; do echo >> '{beats}'; sleep 0.05; done) > /dev/null &")
            shell.run(f"until test -s '{beats}'; do sleep 0.05; done")
            shell.run("false")

    with pytest.raises(AssertionError, match="false"):
        run()
    time.sleep(0.1)
    size = beats.stat().st_size
    time.sleep(0.3)
    assert beats.stat().st_size == size
