"""Collections: lists of repositories that somebody put together."""

from __future__ import annotations

import re
import secrets
import unicodedata
from typing import Any

from anyhub.community import Collection, CollectionItem
from anyhub.errors import ConflictError, NotFoundError, TooLargeError, ValidationError
from anyhub.hub.repos.catalog import moment, now_microseconds
from anyhub.hub.sql.database import Database
from anyhub.values import RepoId

MAX_TITLE = 200
MAX_TEXT = 1000
MAX_ITEMS = 1000
MAX_PER_OWNER = 1000
THEMES = ("orange", "blue", "green", "purple", "pink", "indigo")

_SELECT = "SELECT slug, title, description, owner, private, theme, modified_at FROM collections"
_ITEMS = (
    "SELECT i.id, namespace, repos.name, type, note, position FROM collection_items i JOIN repos ON repos.id = i.repo"
    " WHERE collection = ? ORDER BY position, i.id"
)


class Collections:
    """Reads and writes the tables of collections; what changes them is to be called inside a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, *, owner: str | None, item: int | None) -> list[Collection]:
        """List collections, of an owner and with a repository when asked for, the last modified first."""
        rows = self._database.query(
            f"{_SELECT} WHERE (?1 IS NULL OR owner = ?1)"
            " AND (?2 IS NULL OR slug IN (SELECT collection FROM collection_items WHERE repo = ?2))"
            " ORDER BY modified_at DESC, slug",
            owner,
            item,
        )
        return [self._collection(row) for row in rows]

    def get(self, slug: str) -> Collection:
        """Return one collection; the slug may be one that it had under an older title.

        Raises:
            NotFoundError: When there is none.
        """
        owner, _, words = slug.partition("/")
        rows = self._database.query(f"{_SELECT} WHERE substr(slug, -24) = ? AND owner = ?", words[-24:], owner)
        if not rows:
            raise NotFoundError(f"There is no collection {slug!r} on this hub. List those of its owner.")
        return self._collection(rows[0])

    def create(self, owner: str, title: str, description: str, private: bool) -> Collection:
        """Begin a collection."""
        slug = _slug(owner, title, secrets.token_hex(12))
        row = (slug, owner, _checked_title(title), _checked_text(description), THEMES[0], private, now_microseconds())
        with self._database.transaction() as connection:
            count = connection.execute("SELECT count(*) FROM collections WHERE owner = ?", (owner,)).fetchone()[0]
            if count >= MAX_PER_OWNER:
                raise TooLargeError(f"{owner!r} has {MAX_PER_OWNER} collections, and can have no more. Delete one.")
            connection.execute(
                "INSERT INTO collections (slug, owner, title, description, theme, private, modified_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )
        return self.get(slug)

    def update(
        self, slug: str, *, title: str | None, description: str | None, private: bool | None, theme: str | None
    ) -> Collection:
        """Change what is given. The slug keeps its id, and follows the title."""
        old = self.get(slug)
        if theme is not None and theme not in THEMES:
            raise ValidationError(f"{theme!r} is not a theme; use one of {', '.join(map(repr, THEMES))}.")
        title = old.title if title is None else _checked_title(title)
        new_slug = _slug(old.owner, title, old.slug[-24:])
        row = (
            new_slug,
            title,
            old.description if description is None else _checked_text(description),
            old.private if private is None else private,
            old.theme if theme is None else theme,
            now_microseconds(),
            old.slug,
        )
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE collections SET slug = ?, title = ?, description = ?, private = ?, theme = ?, modified_at = ?"
                " WHERE slug = ?",
                row,
            )
        return self.get(new_slug)

    def delete(self, slug: str) -> None:
        """Remove a collection."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM collections WHERE slug = ?", (self.get(slug).slug,))

    def add(self, slug: str, repo: int, note: str) -> CollectionItem:
        """Add a repository at the end.

        Raises:
            ConflictError: When it is in it already.
            TooLargeError: When the collection is full.
        """
        found = self.get(slug)
        if len(found.items) >= MAX_ITEMS:
            raise TooLargeError(f"{found.title!r} has {MAX_ITEMS} items, and takes no more. Begin another collection.")
        id, position = secrets.token_hex(12), max((each.position for each in found.items), default=-1) + 1
        with self._database.transaction() as connection:
            added = connection.execute(
                "INSERT OR IGNORE INTO collection_items (collection, id, repo, note, position) VALUES (?, ?, ?, ?, ?)",
                (found.slug, id, repo, _checked_text(note), position),
            )
            if not added.rowcount:
                raise ConflictError(f"The repository is in {found.title!r} already. Nothing is left to do.")
            self._touch(found.slug)
        return self._item(self.get(slug), id)

    def change(self, slug: str, item: str, *, note: str | None, position: int | None) -> CollectionItem:
        """Change a note, or put an item elsewhere: at the place that ``position`` counts, from 0."""
        found = self.get(slug)
        present = self._item(found, item)
        order = [each.id for each in found.items if each.id != item]
        order.insert(present.position if position is None else max(position, 0), item)
        with self._database.transaction() as connection:
            if note is not None:
                connection.execute(
                    "UPDATE collection_items SET note = ? WHERE collection = ? AND id = ?",
                    (_checked_text(note), found.slug, item),
                )
            if position is not None:
                connection.executemany(
                    "UPDATE collection_items SET position = ? WHERE collection = ? AND id = ?",
                    ((place, found.slug, id) for place, id in enumerate(order)),
                )
            self._touch(found.slug)
        return self._item(self.get(slug), item)

    def remove(self, slug: str, item: str) -> None:
        """Take an item out."""
        found = self.get(slug)
        self._item(found, item)
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM collection_items WHERE collection = ? AND id = ?", (found.slug, item))
            self._touch(found.slug)

    def _touch(self, slug: str) -> None:
        with self._database.transaction() as connection:
            connection.execute("UPDATE collections SET modified_at = ? WHERE slug = ?", (now_microseconds(), slug))

    def _item(self, collection: Collection, id: str) -> CollectionItem:
        for each in collection.items:
            if each.id == id:
                return each
        raise NotFoundError(f"{collection.title!r} has no item {id!r}. Take its id from the items of the collection.")

    def _collection(self, row: Any) -> Collection:
        slug, title, description, owner, private, theme, modified_at = row
        items = tuple(
            CollectionItem(id, RepoId(namespace, name, type), note, position)
            for id, namespace, name, type, note, position in self._database.query(_ITEMS, slug)
        )
        return Collection(slug, title, description, owner, bool(private), theme, moment(modified_at), items=items)


def _slug(owner: str, title: str, id: str) -> str:
    letters = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", letters)[:60].strip("-")
    return f"{owner}/{words or 'collection'}-{id}"


def _checked_title(title: str) -> str:
    title = title.strip()
    if not title or len(title) > MAX_TITLE or not title.isprintable():
        raise ValidationError(f"A title is one line of 1 to {MAX_TITLE} characters, not {title[:40]!r}. Shorten it.")
    return title


def _checked_text(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise TooLargeError(f"A note or a description has at most {MAX_TEXT} characters, not {len(text)}. Shorten it.")
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", text):
        raise ValidationError("A note or a description is text without control characters. Write it anew.")
    return text
