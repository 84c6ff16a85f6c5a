from __future__ import annotations

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import pytest
from tqdm import tqdm

from anyhub import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Eager(tqdm):  # type: ignore[type-arg]
    """Shows itself at once, and remembers what it was."""

    made: ClassVar[list[Eager]] = []

    def __init__(self, **options: object) -> None:
        super().__init__(**{**options, "delay": 0, "file": io.StringIO()})
        self.made.append(self)


def test_updates_are_counted_from_many_threads() -> None:
    with progress.bar(8000, "work", tqdm_class=Eager) as update, ThreadPoolExecutor(8) as pool:
        list(pool.map(update, [1] * 8000))
    assert (Eager.made[-1].n, Eager.made[-1].total, Eager.made[-1].desc) == (8000, 8000, "work")


def test_work_that_is_soon_done_shows_nothing_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress.bar(10, "quick") as update:
        update(10)
    assert sys.stderr.getvalue() == ""  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["ANYHUB_NO_PROGRESS", "HF_HUB_DISABLE_PROGRESS_BARS"])
def test_the_environment_switches_it_off(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert progress._is_wanted()
    monkeypatch.setenv(name, "1")
    assert not progress._is_wanted()
    monkeypatch.setenv(name, "0")
    assert progress._is_wanted()


def test_tqdm_is_not_imported_where_nothing_is_shown() -> None:
    code = "import sys, anyhub.progress as p\nwith p.bar(1, 'x') as update: update(1)\nprint('tqdm' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("False", "")
