"""From names to commits: branches, tags, pull requests, and ids in full or shortened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from anyhub.errors import InvalidRevisionError, RevisionExistsError, RevisionNotFoundError, did_you_mean
from anyhub.hub.sql.database import Database
from anyhub.values import Commit, Ref, check_ref_name, check_revision, is_commit_id, may_be_short_commit_id

_COMMIT = "SELECT oid, tree, parents, title, body, author, date FROM commits"


class Revisions:
    """Reads and writes references and the index of commits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def resolve(self, repo: int, revision: str) -> Commit:
        """Return the commit of a revision; a branch goes before a tag, a tag before a shortened id.

        Raises:
            RevisionNotFoundError: Names the nearest one.
            InvalidRevisionError: When a shortened id fits more than one commit.
        """
        oid = self.target(repo, *_spellings(check_revision(revision))) or self._by_id(repo, revision)
        if oid is None:
            raise self.not_found(repo, revision)
        return self.commit(repo, oid)

    def branch(self, repo: int, name: str) -> Ref:
        """Return the reference that a commit may move: a branch, or ``refs/pr/N``.

        Raises:
            RevisionNotFoundError: When there is none; says how to make one.
        """
        full = name if name.startswith(("refs/heads/", "refs/pr/")) else f"refs/heads/{name}"
        target = self.target(repo, full)
        if target is None:
            raise self._no_branch(repo, name)
        return Ref(full, target)

    def target(self, repo: int, *names: str) -> str | None:
        """Return the commit id of the first of these full reference names that exists, or None."""
        for name in names:
            rows = self._database.query("SELECT target FROM refs WHERE repo = ? AND name = ?", repo, name)
            if rows:
                return str(rows[0][0])
        return None

    def refs(self, repo: int) -> list[Ref]:
        """List all references, sorted by name."""
        rows = self._database.query("SELECT name, target FROM refs WHERE repo = ? ORDER BY name", repo)
        return [Ref(name, target) for name, target in rows]

    def commit(self, repo: int, oid: str) -> Commit:
        """Return the commit of a full id.

        Raises:
            RevisionNotFoundError: When the repository does not have it.
        """
        rows = self._database.query(f"{_COMMIT} WHERE repo = ? AND oid = ?", repo, oid)
        if not rows:
            raise self.not_found(repo, oid)
        return _commit(rows[0])

    def history(self, repo: int, start: Commit) -> Iterator[Commit]:
        """Walk from a commit along first parents, newest first."""
        commit: Commit | None = start
        while commit is not None:
            yield commit
            commit = self.commit(repo, commit.parents[0]) if commit.parents else None

    def packed(self, repo: int) -> str:
        """Return all references in the form of git's file ``packed-refs`` (Git documentation, "gitrepository-layout").

        An annotated tag is the id of its tag object, with the commit on a line of its own.
        """
        rows = self._database.query("SELECT name, target, object FROM refs WHERE repo = ? ORDER BY name", repo)
        lines = (f"{object or target} {name}\n" + (f"^{target}\n" if object else "") for name, target, object in rows)
        return "# pack-refs with: peeled fully-peeled sorted\n" + "".join(lines)

    def at(self, repo: int, name: str) -> str | None:
        """Return what git says a reference is at: a commit, or the object of an annotated tag; None for neither."""
        rows = self._database.query("SELECT coalesce(object, target) FROM refs WHERE repo = ? AND name = ?", repo, name)
        return str(rows[0][0]) if rows else None

    def has(self, repo: int, oid: str) -> bool:
        """Return whether a commit is in the index."""
        return bool(self._database.query("SELECT 1 FROM commits WHERE repo = ? AND oid = ?", repo, oid))

    def set(self, repo: int, name: str, target: str, object: str | None = None) -> None:
        """Point a reference at a commit, by way of a tag object where one is given, inside a transaction."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO refs (repo, name, target, object) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (repo, name) DO UPDATE SET target = excluded.target, object = excluded.object",
                (repo, name, target, object),
            )

    def check_free(self, repo: int, name: str, names: Iterable[str] | None = None) -> None:
        """Check that a branch or tag may be created by its full name.

        Args:
            repo (`int`): The key of the repository.
            name (`str`): The full name.
            names (*optional*): The full names that there are, when they are not those which are there now.

        Raises:
            RevisionExistsError: When it, or one that would need it to be a folder, exists.
            InvalidRevisionError: When the name is malformed.
        """
        what, short = _split(name)
        check_ref_name(short, what)
        others = [Ref(each, "") for each in names] if names is not None else self.refs(repo)
        for ref in others:
            nested = ref.name.startswith(f"{name}/") or name.startswith(f"{ref.name}/")
            if nested or ref.name.lower() == name.lower():
                raise RevisionExistsError(
                    f"The {what} {ref.short!r} exists"
                    + (", and git can not keep one below the other. " if nested else ". ")
                    + f"Use another name than {short!r}, or delete it first."
                )

    def check_there(self, repo: int, name: str) -> None:
        """Check that a full name is that of a branch or tag which is there.

        Raises:
            RevisionNotFoundError: Names the nearest one.
            InvalidRevisionError: When it names neither a branch nor a tag.
        """
        what, short = _split(name)
        if self.target(repo, name) is None:
            raise self.not_found(repo, short, what)

    def remove(self, repo: int, name: str) -> None:
        """Remove a reference, when it is there, inside a transaction."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM refs WHERE repo = ? AND name = ?", (repo, name))

    def save(self, repo: int, *commits: Commit) -> None:
        """Add commits to the index, inside a transaction."""
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO commits (repo, oid, tree, parents, title, body, author, date)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (_row(repo, commit) for commit in commits),
            )

    def not_found(self, repo: int, revision: str, what: str = "revision", hint: str = "") -> RevisionNotFoundError:
        """Return the error for a revision that is not there, naming the nearest one that is."""
        refs = self.refs(repo)
        prefix = {"branch": "refs/heads/", "tag": "refs/tags/"}.get(what, "refs/")
        names = list(dict.fromkeys(ref.short for ref in refs if ref.name.startswith(prefix)))
        return RevisionNotFoundError(
            f"There is no {what} {revision!r} in this repository."
            + (did_you_mean(revision, names) or f" It has {', '.join(map(repr, names[:10])) or 'none'}.")
            + hint
        )

    def _no_branch(self, repo: int, name: str) -> RevisionNotFoundError:
        if self.target(repo, f"refs/tags/{name}") or self._by_id(repo, name):
            return RevisionNotFoundError(
                f"{name!r} is a tag or a commit, which stays what it is, and no branch. Commit to a branch;"
                " create_branch makes one that begins there."
            )
        return self.not_found(repo, name, "branch", " create_branch makes it.")

    def _by_id(self, repo: int, revision: str) -> str | None:
        revision = revision.lower()
        if not is_commit_id(revision) and not may_be_short_commit_id(revision):
            return None
        rows = self._database.query(
            "SELECT oid FROM commits WHERE repo = ? AND oid >= ? AND oid < ? LIMIT 2", repo, revision, revision + "g"
        )
        if len(rows) > 1:
            raise InvalidRevisionError(
                f"{revision!r} is the beginning of more than one commit id. Give more of its digits.",
            )
        return str(rows[0][0]) if rows else None


def _split(name: str) -> tuple[str, str]:
    """Return what a full reference names, and its short name.

    Raises:
        InvalidRevisionError: When it names neither a branch nor a tag.
    """
    for what, prefix in (("branch", "refs/heads/"), ("tag", "refs/tags/")):
        if name.startswith(prefix):
            return what, name.removeprefix(prefix)
    raise InvalidRevisionError(f"{name!r} is neither a branch nor a tag; give 'refs/heads/…' or 'refs/tags/…'.")


def _spellings(revision: str) -> tuple[str, ...]:
    if revision.startswith("refs/"):
        return (revision,)
    return (f"refs/heads/{revision}", f"refs/tags/{revision}")


def _row(repo: int, commit: Commit) -> tuple[Any, ...]:
    date = int(commit.date.timestamp())
    parents = " ".join(commit.parents)
    return repo, commit.oid, commit.tree, parents, commit.title, commit.body, commit.author, date


def _commit(row: Any) -> Commit:
    oid, tree, parents, title, body, author, date = row
    return Commit(oid, tree, tuple(parents.split()), title, body, author, datetime.fromtimestamp(date, UTC))
