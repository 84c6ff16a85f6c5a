"""A second repository with what the branches and tags of a first one lead to, made without copying bytes."""

from __future__ import annotations

from anyhub.git.objects import FOLDER_MODE
from anyhub.hub.repos.catalog import Place, now_microseconds
from anyhub.hub.repos.objects import Objects
from anyhub.hub.sql.database import Database

# What only pull requests or older histories lead to stays behind: the copy's readers may be others than the original's.
_REFS = """
INSERT INTO refs (repo, name, target, object)
    SELECT :new, name, target, object FROM refs
    WHERE repo = :old AND (name GLOB 'refs/heads/*' OR name GLOB 'refs/tags/*')
"""
_COMMITS = """
INSERT INTO commits (repo, oid, tree, parents, title, body, author, date)
    WITH RECURSIVE reached (oid) AS (
        SELECT target FROM refs WHERE repo = :new
        UNION
        SELECT value FROM reached
            JOIN commits ON commits.repo = :old AND commits.oid = reached.oid
            JOIN json_each('["' || replace(parents, ' ', '","') || '"]') ON value != ''
    )
    SELECT :new, commits.oid, tree, parents, title, body, author, date
    FROM reached JOIN commits ON commits.repo = :old AND commits.oid = reached.oid
"""
_TREES = f"""
INSERT INTO trees (repo, oid)
    WITH RECURSIVE reached (oid) AS (
        SELECT tree FROM commits WHERE repo = :new
        UNION
        SELECT entries.oid FROM reached
            JOIN trees ON trees.repo = :old AND trees.oid = reached.oid
            JOIN entries ON entries.tree = trees.id AND entries.mode = {FOLDER_MODE}
    )
    SELECT :new, oid FROM reached
"""
_ENTRIES = """
INSERT INTO entries (tree, name, mode, oid, size, sha256, pointer_size)
    SELECT new.id, entries.name, mode, entries.oid, size, sha256, pointer_size
    FROM trees AS new
    JOIN trees AS old ON old.repo = :old AND old.oid = new.oid
    JOIN entries ON entries.tree = old.id
    WHERE new.repo = :new
"""
_LARGE_FILES = """
INSERT INTO large_files (repo, sha256, size, pushed_at)
    SELECT DISTINCT :new, large_files.sha256, large_files.size, :now
    FROM trees JOIN entries ON entries.tree = trees.id
    JOIN large_files ON large_files.repo = :old AND large_files.sha256 = entries.sha256
    WHERE trees.repo = :new
"""
_FACTS = """
UPDATE repos SET (facts, facts_of, pipeline_tag, library_name, parameters) =
    (SELECT facts, facts_of, pipeline_tag, library_name, parameters FROM repos WHERE id = :old)
WHERE id = :new
"""
_TAGS = "INSERT INTO tags (repo, tag) SELECT :new, tag FROM tags WHERE repo = :old"


def duplicate(database: Database, objects: Objects, place: Place, made: Place) -> None:
    """Fill a new repository with what another one has, inside a transaction; both share packs and large files."""
    values = {"old": place.pk, "new": made.pk, "now": now_microseconds()}
    objects.share(place.pk, place.folder, made.pk, made.folder)
    with database.transaction() as connection:
        for statement in (_REFS, _COMMITS, _TREES, _ENTRIES, _LARGE_FILES, _FACTS, _TAGS):
            connection.execute(statement, values)
