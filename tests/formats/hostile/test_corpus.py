"""Files from strangers: the hostile ones are refused, each by its name, with its reason and in little memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import benign
import hostile_dduf
import hostile_indexes
import hostile_safetensors
import pytest
import safetensors

CHILD = Path(__file__).with_name("examine.py")
HOSTILE = {
    "safetensors": hostile_safetensors.HOSTILE,
    "index": hostile_indexes.HOSTILE,
    "dduf": hostile_dduf.HOSTILE,
}
BENIGN = {"safetensors": benign.SAFETENSORS, "index": benign.INDEXES, "dduf": benign.DDUF}
ERROR = {"safetensors": "SafetensorsParsingError", "index": "SafetensorsParsingError", "dduf": "DDUFCorruptedFileError"}
FILE = {"safetensors": "any.safetensors", "index": "model.safetensors.index.json", "dduf": "any.dduf"}


class Examined(NamedTuple):
    folder: Path
    answers: dict[str, dict[str, tuple[str, str] | None]]


@pytest.fixture(scope="module")
def examined(tmp_path_factory: pytest.TempPathFactory) -> Examined:
    """What was said of every file, by a process that is given 512 MB and ends when it has read the last."""
    folder = tmp_path_factory.mktemp("corpus")
    command = [sys.executable, "-X", "utf8", str(CHILD), str(folder)]
    one_thread = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # each would claim address space
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=200, env=one_thread)
    assert done.stderr == ""
    return Examined(folder, json.loads(done.stdout))


@pytest.mark.parametrize(("kind", "case"), [(kind, case) for kind in HOSTILE for case in HOSTILE[kind]])
def test_a_hostile_file_is_refused_by_name_and_reason(examined: Examined, kind: str, case: str) -> None:
    told = examined.answers[f"hostile {kind}"][case]
    assert told is not None
    error, message = told
    reason = HOSTILE[kind][case][1]
    if reason == "There is no file ":
        assert error == "EntryNotFoundError"
    else:
        assert error == ERROR[kind]
        assert message.startswith(f"{str(examined.folder / FILE[kind])!r} is not a sound ")
    assert reason in message


@pytest.mark.parametrize(("kind", "case"), [(kind, case) for kind in HOSTILE for case in HOSTILE[kind]])
def test_a_refusal_is_one_short_line_with_the_next_step(examined: Examined, kind: str, case: str) -> None:
    told = examined.answers[f"hostile {kind}"][case]
    assert told is not None
    _, message = told
    assert message.isprintable()
    assert message.endswith((".", "?"))
    assert ("Download it again, or " in message) or ("save or download it first" in message)
    assert len(message) < 400 + len(str(examined.folder))


@pytest.mark.parametrize(("kind", "case"), [(kind, case) for kind in BENIGN for case in BENIGN[kind]])
def test_an_odd_but_sound_file_is_accepted(examined: Examined, kind: str, case: str) -> None:
    told = examined.answers[f"benign {kind}"][case]
    if told is None:
        pytest.skip("no tool of this machine writes such a file")
    assert told == ["", ""]


@pytest.mark.parametrize("case", benign.SAFETENSORS)
def test_what_is_accepted_is_sound_to_the_safetensors_library_too(case: str) -> None:
    safetensors.deserialize(benign.SAFETENSORS[case])


def test_the_corpus_is_as_large_as_it_was() -> None:
    assert len(HOSTILE["safetensors"]) >= 90
    assert len(HOSTILE["index"]) >= 60
    assert len(HOSTILE["dduf"]) >= 150
    assert sum(map(len, BENIGN.values())) >= 60
