from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import UTC, datetime

import pytest

from anyhub.cli import output

HOSTILE = "\x1b[31mred\x1b[0m \x1b]0;title\x07and \x9b2J\x1bcplain\x00 \u202etxet"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def on_terminal(print_it: Callable[[], None]) -> str:
    """Return what is printed on a terminal."""
    with redirect_stdout(Terminal()) as stream:
        print_it()
    return stream.getvalue()


def test_escape_sequences_are_taken_out_on_a_terminal() -> None:
    assert on_terminal(lambda: output.print_text(HOSTILE)) == "red and plain txet\n"


def test_into_a_pipe_every_character_goes_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_text(HOSTILE)
    assert capsys.readouterr().out == f"{HOSTILE}\n"


@pytest.mark.parametrize("text", ["line\nline", "tab\there", "naïve 日本語 ✓", "👩‍🔬"])
def test_ordinary_text_is_left_alone_on_a_terminal(text: str) -> None:
    assert on_terminal(lambda: output.print_text(text)) == f"{text}\n"


def test_an_error_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_error("first\nsecond")
    assert capsys.readouterr().err == "anyhub: first second\n"


def test_json_is_ascii_and_comes_back_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    value = [{"name": HOSTILE, "size": None}]
    output.print_json(value)
    printed = capsys.readouterr().out
    assert printed.isascii()
    assert "\x1b" not in printed
    assert json.loads(printed) == value


def test_a_table_is_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_table(("SIZE", "PATH"), [("1 B", "a"), ("10.0 kB", "b/c")], shrink="PATH", right=("SIZE",))
    assert capsys.readouterr().out.splitlines() == ["   SIZE  PATH", "    1 B  a", "10.0 kB  b/c"]


def test_a_table_is_aligned_when_letters_are_wide_or_combine(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_table(("A", "B"), [("日本", "x"), ("e\u0301", "y")], shrink="A")
    assert capsys.readouterr().out.splitlines() == ["A     B", "日本  x", "e\u0301     y"]


def test_a_table_is_as_wide_as_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    row = ("0123456789", "a title that is too long for this")
    printed = on_terminal(lambda: output.print_table(("COMMIT", "TITLE"), [row], shrink="TITLE"))
    assert printed.splitlines()[1] == "0123456789  a title that is t…"


def test_a_table_in_a_pipe_is_never_cut(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_table(("TITLE",), [("x" * 500,)], shrink="TITLE")
    assert "x" * 500 in capsys.readouterr().out


def test_a_line_feed_in_a_cell_does_not_break_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_table(("TITLE", "N"), [("one\ntwo", "1")], shrink="TITLE")
    assert capsys.readouterr().out.splitlines()[1] == "one two  1"


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (5 * 10**15, "5000.0 TB"),
    ],
)
def test_a_size_is_written_for_a_person(size: int, text: str) -> None:
    assert output.size_text(size) == text


def test_a_time_is_written_in_utc_for_a_program() -> None:
    assert output.date_json(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == "2026-01-02T03:04:05Z"
