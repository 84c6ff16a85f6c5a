"""Make a virtual environment that holds what a requirements file names, unless it already does.

    python3 scripts/environment.py .venv requirements/test.txt

The environment remembers, by hash, which requirements it was made from; a second call with the same ones returns at
once. The project itself is installed in editable mode in the same run of pip, so that its own, wider, requirements can
not replace a pinned package.

    python3 scripts/environment.py --clients .venv-clients requirements/clients

makes one environment for each requirements file of a folder, named after it and without the project: there run the
clients of other people that are tested against the server.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

OLDEST_PYTHON = (3, 11)
ROOT = Path(__file__).resolve().parent.parent


def main(folder: Path, requirements: Path, *, with_project: bool = True) -> None:
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(
            "anyhub needs Python {}.{} or newer, and {} is {}.{}; name another with `make PYTHON=python3.12 …`.".format(
                *OLDEST_PYTHON, sys.executable, *sys.version_info[:2]
            )
        )
    stamp = folder / f"{requirements.stem}.stamp"
    wanted = fingerprint(requirements, with_project=with_project)
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    print(f"Setting up {folder} from {requirements}, which takes a minute or two …", flush=True)
    install(folder, requirements, ["--editable", str(ROOT)] if with_project else [])
    stamp.write_text(wanted)


def install(folder: Path, requirements: Path, others: list[str]) -> None:
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        create(folder)
    pip = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    if wait_for(subprocess.Popen([*pip, "--requirement", requirements, *others])):
        sys.exit(f"pip could not set up {folder}; what it said is above. Mend that and run the same command again.")


def wait_for(process: subprocess.Popen[bytes]) -> int:
    """Return how a process ended; meanwhile show, on a terminal, that time passes."""
    began = time.monotonic()
    while process.poll() is None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1)
        if sys.stdout.isatty():
            print(f"\r{time.monotonic() - began:.0f} s ", end="", flush=True)
    if sys.stdout.isatty():
        print()
    return process.returncode


def create(folder: Path) -> None:
    try:
        venv.create(folder, with_pip=True)
    except subprocess.CalledProcessError:  # Debian and Ubuntu ship Python without pip's wheel
        shutil.rmtree(folder)
        sys.exit(
            f"{sys.executable} can not make {folder}; install its venv module (Debian: apt-get install python3-venv)."
        )


def fingerprint(requirements: Path, *, with_project: bool) -> str:
    """Return a hash of everything that decides what is installed, and for which Python."""
    seen = hashlib.sha256(f"{sys.version} {ROOT}".encode())
    project = [ROOT / "pyproject.toml"] if with_project else []
    for file in (*project, *with_included(requirements)):
        seen.update(file.read_bytes())
    return seen.hexdigest()


def with_included(requirements: Path) -> list[Path]:
    """Return a requirements file and those that it includes by ``-r``."""
    found = [requirements]
    for line in requirements.read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            found += with_included(requirements.parent / line[3:].strip())
    return found


def make_clients(folder: Path, requirements: Path) -> None:
    folder.mkdir(exist_ok=True)
    for file in sorted(requirements.glob("*.txt")):
        main(folder / file.stem, file, with_project=False)


if __name__ == "__main__":
    if sys.argv[1] == "--clients":
        make_clients(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
