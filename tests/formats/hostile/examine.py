"""A process that reads the whole corpus in little memory and tells what was said: ``python examine.py FOLDER``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "src"))

import benign
import hostile_dduf
import hostile_indexes
import hostile_safetensors

from anyhub.errors import HubError
from anyhub.formats.dduf import read_dduf_file
from anyhub.formats.safetensors_metadata import get_local_safetensors_metadata
from anyhub.formats.shards import read_index

MOST_BYTES = 512 * 2**20


def answer(read: Callable[[Path], object], path: Path, content: bytes | Callable[[], bytes]) -> tuple[str, str]:
    """Return the class and the message of the error that a file is refused with, or two empty texts."""
    path.write_bytes(content if isinstance(content, bytes) else content())
    try:
        read(path)
    except HubError as error:
        return type(error).__name__, str(error)
    return "", ""


def examine(folder: Path) -> dict[str, dict[str, tuple[str, str] | None]]:
    """Read every file; the answers by kind and case, None for what no tool of this machine can make."""
    weights, index, dduf = folder / "any.safetensors", folder / "model.safetensors.index.json", folder / "any.dduf"
    made = {case: make(folder) for case, make in benign.DDUF.items()}
    limit_memory()  # now that all tools have run
    return {
        "hostile safetensors": {
            case: answer(get_local_safetensors_metadata, weights, content)
            for case, (content, _) in hostile_safetensors.HOSTILE.items()
        },
        "hostile index": {
            case: answer(lambda path: get_local_safetensors_metadata(path.parent), index, content)
            for case, (content, _) in hostile_indexes.HOSTILE.items()
        },
        "hostile dduf": {
            case: answer(read_dduf_file, dduf, content) for case, (content, _) in hostile_dduf.HOSTILE.items()
        },
        "benign safetensors": {
            case: answer(get_local_safetensors_metadata, weights, content)
            for case, content in benign.SAFETENSORS.items()
        },
        "benign index": {case: answer(read_index, index, content) for case, content in benign.INDEXES.items()},
        "benign dduf": {
            case: None if content is None else answer(read_dduf_file, dduf, content) for case, content in made.items()
        },
    }


def limit_memory() -> None:
    """Have every request for memory beyond the limit fail, where the system can do so."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))


if __name__ == "__main__":
    json.dump(examine(Path(sys.argv[1])), sys.stdout)
