"""What the database remembers of its own answers: never anything that a commit has made untrue."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from anyhub.hub.sql import memo
from anyhub.hub.sql.database import Database
from anyhub.hub.sql.memo import Memo


@pytest.fixture(params=["file", "memory"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    made = Database(tmp_path / "hub.sqlite" if request.param == "file" else None)
    with made.transaction() as connection:
        connection.execute("CREATE TABLE noted (word TEXT)")
    made.query("SELECT 1")
    return made


def _note(database: Database, word: str) -> None:
    with database.transaction() as connection:
        connection.execute("INSERT INTO noted VALUES (?)", (word,))


def _words(database: Database) -> list[str]:
    return [word for (word,) in database.query("SELECT word FROM noted ORDER BY rowid")]


def test_what_this_thread_commits_shows_at_once(database: Database) -> None:
    assert _words(database) == []
    _note(database, "one")
    assert _words(database) == ["one"]


def test_what_another_thread_commits_shows_at_once(database: Database) -> None:
    for index in range(20):
        assert len(_words(database)) == index
        thread = threading.Thread(target=_note, args=(database, "word"))
        thread.start()
        thread.join()


def test_what_another_process_commits_shows_at_once(tmp_path: Path) -> None:
    path = tmp_path / "hub.sqlite"
    ours = Database(path)
    with ours.transaction() as connection:
        connection.execute("CREATE TABLE noted (word TEXT)")
    other = sqlite3.connect(path, isolation_level=None)
    for index in range(20):
        assert len(_words(ours)) == index
        other.execute("INSERT INTO noted VALUES ('word')")
    other.close()


def test_what_is_undone_was_never_there(database: Database) -> None:
    def change_and_fail() -> None:
        with database.transaction() as connection:
            connection.execute("INSERT INTO noted VALUES ('gone')")
            assert _words(database) == ["gone"]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_and_fail()
    assert _words(database) == []


def test_nobody_changes_what_is_remembered(database: Database) -> None:
    _note(database, "one")
    for _ in range(3):
        rows = database.query("SELECT word FROM noted")
        assert rows == [("one",)]
        rows.clear()


def test_the_same_query_is_asked_of_the_file_once(database: Database) -> None:
    asked: list[str] = []
    handle = database._connections.ready()
    assert handle is not None
    _words(database)
    handle.connection.set_trace_callback(asked.append)
    _words(database)
    assert not [each for each in asked if "noted" in each]


def test_what_was_read_before_a_change_is_not_kept_after_it() -> None:
    kept = Memo()
    before = kept.generation
    kept.forget()
    kept.keep(("query",), [(1,)], before)
    assert kept.get(("query",)) is None


def test_large_answers_are_not_kept() -> None:
    kept = Memo()
    kept.keep(("many",), [(1,)] * (memo.MOST_ROWS + 1), kept.generation)
    kept.keep(("long",), [("x" * memo.MOST_BYTES,)], kept.generation)
    assert kept.get(("many",)) is kept.get(("long",)) is None


def test_all_answers_together_are_bounded() -> None:
    kept = Memo()
    text = "x" * (memo.MOST_BYTES // 2)
    count = 3 * memo.MOST_BYTES_TOGETHER // len(text)
    for index in range(count):
        kept.keep((index,), [(text,)], kept.generation)
    held = sum(kept.get((index,)) is not None for index in range(count))
    assert 0 < held * len(text) <= memo.MOST_BYTES_TOGETHER
