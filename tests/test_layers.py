"""Which room of the package may import which: arrows point down, and no module reaches itself again.

Every import counts: those inside functions and those for type checkers too, since both tie two files together.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src"

# From the top down; rooms of one line are siblings, which do not import each other.
LAYERS = (
    ("cli", "pytest_plugin"),
    ("testing", "hub_mixin", "serialization", "repocard_data", "_eval_results", "utils"),
    ("anyhub",),  # the table of public names, `anyhub/__init__.py`
    ("server", "models"),
    ("repocard",),
    ("api",),
    ("frameworks", "cache", "inference"),
    ("formats",),
    ("hub",),
    ("git", "transfer"),
    ("content", "wire", "cards"),
    ("folders",),
    ("journal",),
    ("temporary",),
    ("files",),
    ("writing", "progress", "community"),
    ("syscalls", "paths", "values", "people"),
    ("errors", "constants", "collector"),
)
HEIGHT = {room: -number for number, rooms in enumerate(LAYERS) for room in rooms}

# Rooms that see less than what lies below them. `testing` is for other people's hubs: it sees what they see.
SEES_ONLY = {
    "testing": (
        "anyhub",
        "anyhub.errors",
        "anyhub.values",
        "anyhub.people",
        "anyhub.community",
        "anyhub.hub.interface",
        "anyhub.hub.serving",
        "anyhub.hub.accounts",
        "anyhub.hub.community",
        "anyhub.content.stores",
        "anyhub.transfer.channels.channel",
        "anyhub.transfer.http",
        "anyhub.transfer.source",
        "anyhub.wire.lfs",
        "anyhub.server.embedded",
        "anyhub.server.extra",
        "anyhub.server.settings",
    ),
}


@dataclass(frozen=True, order=True)
class Arrow:
    """One import: which module names which, and where."""

    importer: str
    imported: str
    line: int

    def __str__(self) -> str:
        return f"{self.importer} → {self.imported} (line {self.line})"


def modules_below(source: Path) -> dict[str, Path]:
    """Return every module of a source tree by its dotted name; a package by that of its folder."""
    found = {}
    for path in sorted(source.rglob("*.py")):
        parts = path.relative_to(source).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def arrows_of(modules: dict[str, Path]) -> list[Arrow]:
    """Return every import between the given modules."""
    return sorted(arrow for name, path in modules.items() for arrow in _arrows_from(name, path, modules))


def _arrows_from(importer: str, path: Path, modules: dict[str, Path]) -> Iterator[Arrow]:
    package = importer if path.name == "__init__.py" else importer.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        for target in _targets(node, package):
            while target and target not in modules:
                target = target.rpartition(".")[0]
            if target and target != importer:
                yield Arrow(importer, target, node.lineno)


def _targets(node: ast.AST, package: str) -> list[str]:
    """Return the dotted names that a node imports, each as if the last name in it were a module."""
    match node:
        case ast.Import(names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module, names, level):
            above = ".".join(package.split(".")[: len(package.split(".")) - level + 1]) if level else ""
            base = ".".join(filter(None, (above, module)))
            return [f"{base}.{alias.name}" for alias in names]
        case ast.Call(
            ast.Name("__import__" | "import_module") | ast.Attribute(attr="import_module"),
            [ast.Constant(str(name)), *_],
        ):
            return [name]
    return []


def room_of(module: str) -> str:
    """Return the part of the package that a module belongs to: the first name after `anyhub`."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else parts[0]


def wrong_arrows(arrows: list[Arrow]) -> list[str]:
    """Say of each import that does not point down why it is not allowed."""
    return [f"{arrow}: {reason}" for arrow in arrows if (reason := _objection(arrow))]


def _objection(arrow: Arrow) -> str | None:
    above, below = room_of(arrow.importer), room_of(arrow.imported)
    for room in (above, below):
        if room not in HEIGHT:
            return f"{room!r} has no layer; give it one in LAYERS"
    if above == below:
        return None
    if HEIGHT[above] == HEIGHT[below]:
        return f"{above!r} and {below!r} are siblings"
    if HEIGHT[above] < HEIGHT[below]:
        return f"{above!r} lies below {below!r}"
    if above in SEES_ONLY and arrow.imported not in SEES_ONLY[above]:
        return f"{above!r} sees only {', '.join(SEES_ONLY[above])}"
    return None


def cycles(arrows: list[Arrow]) -> list[str]:
    """Return the ways by which modules reach themselves, each found from one module of it.

    To import `a.b.c` runs `a.b` as well, so an arrow to a module is one to each package around it, except those
    that are around the importer too: they are there already.
    """
    graph: dict[str, set[str]] = {}
    for arrow in arrows:
        graph.setdefault(arrow.importer, set()).update(_with_packages(arrow))
    found: list[str] = []
    finished: set[str] = set()
    for start in sorted(graph):
        _walk(start, graph, [], finished, found)
    return found


def _with_packages(arrow: Arrow) -> set[str]:
    names = {arrow.imported}
    package = arrow.imported.rpartition(".")[0]
    while "." in package and not f"{arrow.importer}.".startswith(f"{package}."):
        names.add(package)
        package = package.rpartition(".")[0]
    return names


def _walk(module: str, graph: dict[str, set[str]], way: list[str], finished: set[str], found: list[str]) -> None:
    if module in way:
        found.append(" → ".join([*way[way.index(module) :], module]))
        return
    if module in finished:
        return
    for following in sorted(graph.get(module, ())):
        _walk(following, graph, [*way, module], finished, found)
    finished.add(module)


@pytest.fixture(scope="module")
def arrows() -> list[Arrow]:
    return arrows_of(modules_below(SOURCE))


def test_every_import_points_down(arrows: list[Arrow]) -> None:
    assert wrong_arrows(arrows) == []


def test_no_module_reaches_itself(arrows: list[Arrow]) -> None:
    assert cycles(arrows) == []


def test_every_room_has_a_layer() -> None:
    rooms = {room_of(module) for module in modules_below(SOURCE)}
    assert rooms <= HEIGHT.keys()


def tree(folder: Path, **files: str) -> list[Arrow]:
    """Write a small package and return its arrows; `hub_local` stands for `anyhub/hub/local.py`."""
    for name, text in files.items():
        path = folder.joinpath("anyhub", *name.split("_")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        (path.parent / "__init__.py").touch()
    (folder / "anyhub/__init__.py").touch()
    return arrows_of(modules_below(folder))


@pytest.mark.parametrize(
    "text",
    [
        "from anyhub.models.mixin import ModelHubMixin",
        "import anyhub.models.mixin",
        "from anyhub.models import mixin",
        "from ..models.mixin import ModelHubMixin",
        "def later():\n    from anyhub.models import mixin",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import anyhub.models.mixin",
        "import importlib\nimportlib.import_module('anyhub.models.mixin')",
    ],
)
def test_an_arrow_that_points_up_is_found_however_it_is_written(tmp_path: Path, text: str) -> None:
    (wrong,) = wrong_arrows(tree(tmp_path, models_mixin="", hub_local=text))
    assert wrong.startswith("anyhub.hub.local → anyhub.models.mixin (line ")
    assert wrong.endswith("'hub' lies below 'models'")


def test_siblings_may_not_import_each_other(tmp_path: Path) -> None:
    (wrong,) = wrong_arrows(tree(tmp_path, content_blobs="import anyhub.cards.text", cards_text=""))
    assert wrong.endswith("'content' and 'cards' are siblings")


def test_testing_sees_public_names_only(tmp_path: Path) -> None:
    (wrong,) = wrong_arrows(
        tree(tmp_path, testing_hub="import anyhub.hub.local\nimport anyhub.values", hub_local="", values="")
    )
    assert wrong.startswith("anyhub.testing.hub → anyhub.hub.local")


def test_a_room_without_a_layer_is_named(tmp_path: Path) -> None:
    (wrong,) = wrong_arrows(tree(tmp_path, shed_tools="import anyhub.errors", errors=""))
    assert "'shed' has no layer" in wrong


def test_an_arrow_that_points_down_is_fine(tmp_path: Path) -> None:
    arrows = tree(tmp_path, cli_main="import anyhub.errors", errors="")
    assert [str(arrow) for arrow in arrows] == ["anyhub.cli.main → anyhub.errors (line 1)"]
    assert wrong_arrows(arrows) == []


def test_a_cycle_is_found_even_when_one_import_is_deferred(tmp_path: Path) -> None:
    arrows = tree(
        tmp_path,
        hub_a="import anyhub.hub.b",
        hub_b="def later():\n    import anyhub.hub.c",
        hub_c="import anyhub.hub.a",
    )
    assert cycles(arrows) == ["anyhub.hub.a → anyhub.hub.b → anyhub.hub.c → anyhub.hub.a"]


def test_a_cycle_through_a_package_is_found(tmp_path: Path) -> None:
    tree(tmp_path, hub_local="import anyhub.git.packs", git_packs="")
    (tmp_path / "anyhub/git/__init__.py").write_text("import anyhub.hub.local")
    assert cycles(arrows_of(modules_below(tmp_path))) == ["anyhub.git → anyhub.hub.local → anyhub.git"]
