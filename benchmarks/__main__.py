"""Measures everything and prints tables: ``python -m benchmarks [SECTION …] [--turns N] [--quick] [--gibibytes N]``."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.options import Options
from benchmarks.sections.cards import bench_cards
from benchmarks.sections.importing import bench_imports
from benchmarks.sections.loading import bench_load
from benchmarks.sections.pushing import bench_push
from benchmarks.sections.repository import bench_repository
from benchmarks.sections.saving import bench_save
from benchmarks.sections.wire import bench_wire

SECTIONS: dict[str, Callable[[Path, Options], None]] = {
    "imports": bench_imports,
    "push": bench_push,
    "save": bench_save,
    "load": bench_load,
    "cards": bench_cards,
    "repository": bench_repository,
    "wire": bench_wire,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []], help="what to measure (default: all)")
    parser.add_argument("--turns", type=int, default=5, help="how often each is measured (default: 5)")
    parser.add_argument("--quick", action="store_true", help="use models of 128 MiB")
    parser.add_argument(
        "--gibibytes",
        type=float,
        action="append",
        help="the size of a model that is saved and loaded; may be given again (default: 1 and 4)",
    )
    parser.add_argument("--work", type=Path, default=None, help="where to put files (default: build/bench)")
    arguments = parser.parse_args()
    options = Options(arguments.turns, arguments.quick, tuple(arguments.gibibytes or (1.0, 4.0)))
    versions = [f"{name} {importlib.metadata.version(name)}" for name in ("torch", "safetensors", "huggingface_hub")]
    print(f"Python {platform.python_version()}, {', '.join(versions)}; {os.cpu_count()} cores; {platform.platform()}")
    parent = arguments.work or Path("build/bench")
    parent.mkdir(parents=True, exist_ok=True)
    for name in arguments.sections or SECTIONS:
        with tempfile.TemporaryDirectory(dir=parent.absolute()) as folder:
            os.environ["ANYHUB_HOME"] = f"{folder}/home"
            SECTIONS[name](Path(folder), options)


if __name__ == "__main__":
    main()
