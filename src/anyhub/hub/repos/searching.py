"""Searching the repositories of a hub: one query of the database, whatever is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from anyhub.errors import ValidationError
from anyhub.hub.repos.catalog import DAYS_OF_DOWNLOADS, INFO, info_of
from anyhub.hub.sql.database import Database
from anyhub.values import Query, RepoInfo

_DOWNLOADS = (
    "(SELECT coalesce(sum(count), 0) FROM downloads WHERE repo = repos.id AND day > strftime('%s', 'now') / 86400 - {})"
)
_LIKES = "(SELECT count(*) FROM likes WHERE repo = repos.id{})"
_WEEK = 7
_LIKES_OF_A_WEEK = _LIKES.format(f" AND liked_at > (strftime('%s', 'now') - {_WEEK} * 86400) * 1000000")

# By what to sort. What is trending is what was downloaded and liked in the last seven days; a like counts ten times.
_KEYS = {
    "last_modified": "modified_at",
    "created_at": "created_at",
    "likes": _LIKES.format(""),
    "downloads": _DOWNLOADS.format(DAYS_OF_DOWNLOADS),
    "trending": f"({_DOWNLOADS.format(_WEEK)} + 10 * {_LIKES_OF_A_WEEK})",
}


def search(database: Database, query: Query) -> Iterator[RepoInfo]:
    """List repositories in the order that a query asks for; of equals, those made first come first when ascending.

    Raises:
        ValidationError: When it asks for an order that there is none of.
    """
    if query.sort not in _KEYS:
        raise ValidationError(f"{query.sort!r} is no order; sort by one of {', '.join(map(repr, _KEYS))}.")
    conditions = _Conditions()
    conditions.add_all(query)
    key, direction, beyond = _KEYS[query.sort], *(("ASC", ">") if query.ascending else ("DESC", "<"))
    if query.after is not None:
        conditions.add(f"({key}, repos.id) {beyond} (SELECT {key}, repos.id FROM repos WHERE folder = ?)", query.after)
    limit = -1 if query.limit is None else max(0, min(query.limit, 2**62))
    rows = database.query(
        f"{INFO} WHERE {conditions.sql} ORDER BY {key} {direction}, repos.id {direction} LIMIT {limit:d}",
        *conditions.values,
    )
    return map(info_of, rows)


class _Conditions:
    """The conditions of a query, and the values in them."""

    def __init__(self) -> None:
        self._sql: list[str] = []
        self.values: list[Any] = []

    @property
    def sql(self) -> str:
        return " AND ".join(self._sql)

    def add(self, sql: str, *values: Any) -> None:
        self._sql.append(sql)
        self.values += values

    def add_all(self, query: Query) -> None:
        self.add("type = ?", query.type)
        if query.author is not None:
            self.add("lower(namespace) = ?", query.author.lower())
        for text in query.search:
            self.add("instr(lower(namespace || '/' || name), ?)", text.lower())
        for tag in query.tags:
            self.add("EXISTS (SELECT 1 FROM tags WHERE repo = repos.id AND tag = ?)", tag)
        self._add_facts(query)
        if query.gated is not None:
            self.add("(gated IS NOT NULL) = ?", query.gated)
        if query.private_in is not None:
            self.add(
                "(private = 0 OR lower(namespace) IN (SELECT value FROM json_each(?)))",
                json.dumps(sorted(query.private_in)),
            )

    def _add_facts(self, query: Query) -> None:
        for column, value in (("pipeline_tag", query.pipeline_tag), ("library_name", query.library)):
            if value is not None:
                self.add(f"{column} = ?", value)
        if query.min_parameters is not None:
            self.add("parameters >= ?", query.min_parameters)
        if query.max_parameters is not None:
            self.add("parameters <= ?", query.max_parameters)
