"""Only `anyhub/files.py` writes: everything durable is staged, synced and renamed in one place.

What it stands on, `writing.py` (bytes into a file that it opened) and `syscalls.py`, is part of that place; the exams
in `testing` write the files that they examine a hub with.

The package is read as syntax. A name counts as a write when it says so beyond doubt (`os.fsync`, `.write_text`), or
when its arguments do (`open(path, "w")`). Methods whose names other types have too count only in the form that files
have: `path.replace(to)` has one argument, `text.replace(old, new)` two, `moment.replace(hour=0)` none without a name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "src/anyhub"
THE_WRITERS = frozenset(PACKAGE / name for name in ("files.py", "writing.py", "syscalls.py"))
EXAMS = PACKAGE / "testing"
OTHERS = [path for path in sorted(PACKAGE.rglob("*.py")) if path not in THE_WRITERS and EXAMS not in path.parents]

RENAMES = ("link", "remove", "rename", "renames", "replace", "symlink", "unlink")
WRITES = ("copy_file_range", "fdatasync", "fsync", "ftruncate", "pwrite", "sendfile", "truncate", "write")
COPIES = ("copy", "copy2", "copyfile", "copyfileobj", "copytree", "move", "rmtree")
OF_MODULE = {"os": frozenset(RENAMES + WRITES), "shutil": frozenset(COPIES)}
PATH_METHODS = frozenset(("hardlink_to", "rmdir", "symlink_to", "unlink", "write_bytes", "write_text"))
PATH_METHODS_OF_ONE_ARGUMENT = frozenset(("rename", "replace"))
WRITING_FLAGS = frozenset(("O_APPEND", "O_CREAT", "O_RDWR", "O_TMPFILE", "O_TRUNC", "O_WRONLY"))


def writes_in(text: str) -> list[str]:
    """Return what in a module's source writes to a file system, each with its line."""
    tree = ast.parse(text)
    return [f"line {node.lineno}: {what}" for node in ast.walk(tree) for what in (*_named(node), *_called(node))]


def _named(node: ast.AST) -> Iterator[str]:
    """Find the writing functions of a module, wherever they are named: `os.fsync`, `from shutil import rmtree`."""
    match node:
        case ast.Attribute(ast.Name(module), name) if name in OF_MODULE.get(module, ()):
            yield f"{module}.{name}"
        case ast.ImportFrom(module, names):
            yield from (f"{module}.{alias.name}" for alias in names if alias.name in OF_MODULE.get(module or "", ()))


def _called(node: ast.AST) -> Iterator[str]:
    """Find the calls that write because of how they are called."""
    match node:
        case ast.Call(ast.Attribute(ast.Name("os"), "open")):
            if WRITING_FLAGS & {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}:
                yield "os.open for writing"
        case ast.Call(ast.Attribute(_, "fdopen" | "open")) | ast.Call(ast.Name("open" | "fdopen")):
            if _has_writing_mode(node):
                yield "open for writing"
        case ast.Call(ast.Attribute(ast.Name("os"))):
            return  # `_named` has seen it
        case ast.Call(ast.Attribute(_, name)) if name in PATH_METHODS:
            yield f".{name}()"
        case ast.Call(ast.Attribute(_, name), [_]) if name in PATH_METHODS_OF_ONE_ARGUMENT:
            yield f".{name}(…)"


def _has_writing_mode(call: ast.Call) -> bool:
    """Return whether a mode such as `"wb"` is among the first two arguments, or is the keyword `mode`."""
    named = [keyword.value for keyword in call.keywords if keyword.arg == "mode"]
    texts = [node.value for node in (*call.args[:2], *named) if isinstance(node, ast.Constant)]
    return any(isinstance(text, str) and _is_writing_mode(text) for text in texts)


def _is_writing_mode(text: str) -> bool:
    return 0 < len(text) <= 3 and set(text) <= set("rwaxbt+") and bool(set(text) & set("wax+"))


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_files_module_writes(path: Path) -> None:
    assert writes_in(path.read_text(encoding="utf-8")) == []


def test_the_files_module_is_found_to_write() -> None:
    assert writes_in((PACKAGE / "files.py").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "text",
    [
        "open(path, 'w')",
        "open(path, mode='ab')",
        "io.open(path, 'r+b')",
        "path.open('xb')",
        "os.fdopen(number, 'wb')",
        "os.open(path, os.O_WRONLY | os.O_CREAT)",
        "path.write_text('')",
        "path.parent.joinpath('x').write_bytes(b'')",
        "os.replace(a, b)",
        "rename = os.rename",
        "from os import fsync",
        "shutil.rmtree(folder)",
        "from shutil import copyfile",
        "def later():\n    path.rename(other)",
        "path.replace(other)",
        "path.unlink(missing_ok=True)",
        "path.hardlink_to(other)",
        "path.symlink_to(other)",
        "folder.rmdir()",
    ],
)
def test_a_write_is_found_however_it_is_written(text: str) -> None:
    assert len(writes_in(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "open(path)",
        "open(path, 'rb')",
        "hub.open(repo, entry)",
        "path.open()",
        "os.open(path, os.O_RDONLY)",
        "text.replace('w', 'x')",
        "moment.replace(microsecond=0)",
        "names.remove(name)",
        "stream.write(data)",
        "shutil.disk_usage(path)",
        "os.path.join(a, b)",
        "from os import stat",
    ],
)
def test_what_only_looks_like_a_write_is_not_taken_for_one(text: str) -> None:
    assert writes_in(text) == []
