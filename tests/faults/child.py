"""A process that saves a checkpoint, to be killed: ``python child.py FOLDER WAY``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "src"))

# What files.py imports when it is needed is imported now, so that the faults meet the save and not the interpreter.
import concurrent.futures  # noqa: E402, F401
import ctypes  # noqa: E402, F401
import fcntl  # noqa: E402, F401
import hashlib  # noqa: E402, F401
import json  # noqa: E402, F401
import shutil  # noqa: E402, F401

from mark import begin  # noqa: E402

from anyhub import files, folders  # noqa: E402

OLD = {
    "model.safetensors": b"old weights " * 17_000,
    "config.json": b'{"generation": "old"}',
    "README.md": b"# Old",
    "model-00001-of-00002.safetensors": b"a shard that the new checkpoint does not have",
    "notes.txt": b"the user's own",
}
NEW = {
    "model.safetensors": b"new weights " * 17_000,
    "config.json": b'{"generation": "new"}',
    "README.md": b"# New",
}
ONE = {"model.safetensors": NEW["model.safetensors"]}
KEPT = {"notes.txt": OLD["notes.txt"]}
SINGLE_OLD = {name: OLD[name] for name in (*NEW, *KEPT)}
# way -> the folder before (None when there is none), what is saved, the folder after
WAYS: dict[str, tuple[dict[str, bytes] | None, dict[str, bytes], dict[str, bytes]]] = {
    "fresh": (None, NEW, NEW),
    "single": (SINGLE_OLD, ONE, SINGLE_OLD | ONE),
    "exchange": (OLD, NEW, KEPT | NEW),
    "journal": (OLD, NEW, KEPT | NEW),
}


IN_PLACE = "in place"  # how not to do it: the sweep is shown that it would be caught


def save_in_place(folder: Path, content: dict[str, bytes]) -> None:
    for name, data in content.items():
        (folder / name).write_bytes(data)


def save(folder: Path, content: dict[str, bytes]) -> None:
    with folders.saving(folder, stale=lambda name: name.startswith("model-")) as staged:
        for name, data in content.items():
            if name.endswith(".safetensors"):
                with files.create(staged / name) as writer:
                    writer.write(data)
            else:
                (staged / name).write_bytes(data)


if __name__ == "__main__":
    target, way = Path(sys.argv[1]), sys.argv[2]
    if way == "journal":
        os.chdir(target)  # a current folder can not be exchanged
    begin()
    if way == IN_PLACE:
        save_in_place(target, NEW)
    else:
        save(target, WAYS[way][1])
