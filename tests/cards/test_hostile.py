"""A corpus of hostile YAML: each block is refused with one sentence, in little memory and little time."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("hostile.py")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to a limit of its memory")
def test_every_hostile_block_is_refused_in_one_sentence_within_512_mb_and_a_second() -> None:
    hostile = runpy.run_path(str(SCRIPT))["HOSTILE"]
    done = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, check=False)
    *refusals, imported = map(json.loads, done.stdout.splitlines())
    assert (done.returncode, done.stderr) == (0, "")
    assert len(refusals) == len(hostile) >= 60
    assert [name for name, said in refusals if said is None] == []
    assert [name for name, said in refusals if "\n" in said or len(said) > 300] == []
    assert imported == ["imported", []]
