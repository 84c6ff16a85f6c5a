"""The demo, run as a user runs it: once, and then again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DEMO = Path(__file__).parent.parent / "examples/demo/demo.py"


def run(home: Path) -> str:
    done = subprocess.run([sys.executable, DEMO, home], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_demo_pushes_two_revisions_and_finds_nothing_to_do_the_second_time(tmp_path: Path) -> None:
    first = run(tmp_path)
    assert "equal, to the last bit" in first
    assert first.count("nothing changed, so no commit was made") == 1
    assert "are one file" in first

    second = run(tmp_path)
    assert second.count("nothing changed, so no commit was made") == 2
    history = first[first.index("The history") : first.index("Where everything lies")]
    assert history in second
