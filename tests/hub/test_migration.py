"""A hub of an older format opens as it is, and is of the present one from then on."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

import pytest

from anyhub.hub.local import LocalHub
from anyhub.hub.sql.schema import FORMAT
from anyhub.testing import running_hub
from anyhub.values import AddFile, Query, RepoId

FORMAT_1 = """
CREATE TABLE repos (
    id INTEGER PRIMARY KEY AUTOINCREMENT, folder TEXT NOT NULL UNIQUE, key TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, private INTEGER NOT NULL,
    created_at INTEGER NOT NULL, modified_at INTEGER NOT NULL
);
CREATE TABLE refs (
    repo INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE, name TEXT NOT NULL, target TEXT NOT NULL,
    PRIMARY KEY (repo, name)
) WITHOUT ROWID;
CREATE TABLE packs (
    repo INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE,
    name TEXT NOT NULL, size INTEGER NOT NULL, objects INTEGER NOT NULL, PRIMARY KEY (repo, name)
) WITHOUT ROWID;
CREATE TABLE commits (
    repo INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE, oid TEXT NOT NULL, tree TEXT NOT NULL,
    parents TEXT NOT NULL, author TEXT NOT NULL, date INTEGER NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (repo, oid)
) WITHOUT ROWID;
CREATE TABLE trees (
    id INTEGER PRIMARY KEY, repo INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE, oid TEXT NOT NULL,
    UNIQUE (repo, oid)
);
CREATE TABLE entries (
    tree INTEGER NOT NULL REFERENCES trees(id) ON DELETE CASCADE, name TEXT NOT NULL, mode INTEGER NOT NULL,
    oid TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT, pointer_size INTEGER NOT NULL, PRIMARY KEY (tree, name)
) WITHOUT ROWID;
CREATE TABLE large_files (
    repo INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE, sha256 TEXT NOT NULL, size INTEGER NOT NULL,
    PRIMARY KEY (repo, sha256)
) WITHOUT ROWID;
CREATE INDEX large_files_by_sha256 ON large_files (sha256);
CREATE TABLE garbage (kind TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID;
CREATE TABLE pull_requests (
    repo INTEGER NOT NULL REFERENCES repos(id) ON DELETE CASCADE, number INTEGER NOT NULL,
    title TEXT NOT NULL, description TEXT NOT NULL, author TEXT NOT NULL,
    target TEXT NOT NULL, status TEXT NOT NULL, created_at INTEGER NOT NULL, merge_commit TEXT,
    PRIMARY KEY (repo, number)
) WITHOUT ROWID;
PRAGMA application_id=1634629992;
PRAGMA user_version=1;
"""
KEPT = {
    "repos": "id, folder, key, type, namespace, name, private, created_at, modified_at",
    "refs": "repo, name, target",
    "packs": "repo, name, size, objects",
    "commits": "repo, oid, tree, parents, author, date, title, body",
    "trees": "id, repo, oid",
    "entries": "tree, name, mode, oid, size, sha256, pointer_size",
    "large_files": "repo, sha256, size",
}
REPO = RepoId("ada", "engine")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A hub of format 1 with two commits, a large file, an open and a merged pull request."""
    hub = LocalHub(tmp_path / "hub")
    hub.create(REPO)
    card = AddFile("README.md", b"---\nlicense: mit\npipeline_tag: translation\n---\n")
    hub.commit(REPO, [AddFile("a.txt", b"a"), AddFile("b.bin", b"\0b"), card], message="both")
    for path in ("c.txt", "d.txt"):
        hub.commit(REPO, [AddFile(path, b"x")], message=f"Propose {path}", description="why", pull_request=True)
    merged = hub.merge(REPO, 1).commit.oid
    hub.close()
    database = tmp_path / "hub" / "hub.db"
    new = database.rename(tmp_path / "new.db")
    with sqlite3.connect(database) as connection:
        connection.executescript(FORMAT_1)
        connection.execute("ATTACH ? AS new", (str(new),))
        for table, columns in KEPT.items():
            connection.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM new.{table}")
        for number, status, commit in ((1, "merged", merged), (2, "open", None)):
            row = (1, number, f"Title {number}", "why", "ada", "refs/heads/main", status, 5_000_000, commit)
            connection.execute("INSERT INTO pull_requests VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    connection.close()
    return tmp_path / "hub"


def test_a_hub_of_the_first_format_keeps_its_files_and_pull_requests(old: Path) -> None:
    hub = LocalHub(old)
    assert hub._database.query("PRAGMA user_version")[0][0] == FORMAT
    with hub.open(REPO, hub.entry(REPO, hub.resolve(REPO).oid, "b.bin")) as stream:
        assert stream.read() == b"\0b"
    second, first = hub.discussions(REPO)
    assert (first.number, first.title, first.status, first.author) == (1, "Title 1", "merged", "ada")
    assert first.merge_commit == hub.resolve(REPO).oid
    assert first.is_pull_request
    assert (second.number, second.status, second.created_at.timestamp()) == (2, "open", 5)
    assert [event.content for event in hub.discussion(REPO, 2).events] == ["why"]


def test_a_hub_of_the_first_format_can_be_used_as_one_of_today(old: Path) -> None:
    hub = LocalHub(old)
    assert hub.merge(REPO, 2).changed
    hub.commit(REPO, [AddFile("README.md", b"---\nlicense: gpl\n---\n")], message="card")
    assert [info.repo for info in hub.search(Query(tags=("license:gpl",)))] == [REPO]
    moved = RepoId("ada", "moved")
    hub.move(REPO, moved)
    assert hub.info(REPO).repo == moved
    hub.delete(moved)


def test_what_the_files_of_an_old_hub_say_is_read_when_one_asks_for_the_repository(old: Path) -> None:
    hub = LocalHub(old)
    info = hub.info(REPO)
    assert info.facts.pipeline_tag == "translation"
    assert "license:mit" in info.facts.tags
    assert [found.repo for found in hub.search(Query(tags=("license:mit",)))] == [REPO]


def test_an_old_hub_that_can_not_be_written_tells_of_its_repositories_all_the_same(old: Path) -> None:
    hub = LocalHub(old)
    hub.find_repo(REPO)
    with hub._database.transaction() as connection:
        connection.execute("PRAGMA query_only=ON")
    assert hub.info(REPO).facts.tags == ()


def test_what_the_files_of_an_old_hub_say_is_read_when_it_is_served(old: Path) -> None:
    with running_hub(old) as running:
        wanted = Query(tags=("license:mit",))
        until = time.monotonic() + 10
        while not list(running.hub.search(wanted)) and time.monotonic() < until:
            time.sleep(0.02)
        assert [found.repo for found in running.hub.search(wanted)] == [REPO]


def test_a_hub_that_was_migrated_has_the_tables_of_a_new_one(old: Path, tmp_path: Path) -> None:
    LocalHub(old).close()
    fresh = LocalHub(tmp_path / "fresh")
    fresh.create(REPO)
    fresh.close()
    assert _columns(old) == _columns(tmp_path / "fresh")


def test_a_hub_that_many_open_at_once_is_migrated_once(old: Path) -> None:
    start, failures = threading.Barrier(4), []

    def look() -> None:
        start.wait()
        try:
            assert len(LocalHub(old).discussions(REPO)) == 2
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def _columns(folder: Path) -> dict[str, set[str]]:
    """Return the names of the columns of every table, and those of the indexes."""
    with sqlite3.connect(folder / "hub.db") as connection:
        found = connection.execute("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall()
        return {
            name: {row[1] for row in connection.execute(f"PRAGMA table_info({name})")} if type == "table" else set()
            for type, name in found
        }
