"""Commits in JSON, alone and as the answer to one that was made."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from anyhub.values import Commit, Committed, PullRequest
from anyhub.wire.bodies import reading
from anyhub.wire.bodies.reading import maybe, need, read_date, spell_date

_NUMBER = re.compile(r".*/discussions/([0-9]{1,18})")


def spell_commit(commit: Commit, *, formatted: bool = False) -> dict[str, Any]:
    """Return a commit in JSON.

    Args:
        commit (`Commit`): Which one.
        formatted (`bool`): Whether its message is told in HTML too, in which nothing but line breaks is marked up.
    """
    spelled: dict[str, Any] = {
        "id": commit.oid,
        "title": commit.title,
        "message": commit.body,
        "authors": [{"user": commit.author}],
        "date": spell_date(commit.date),
        "tree": commit.tree,
        "parents": list(commit.parents),
    }
    if formatted:
        spelled["formatted"] = {"title": _html(commit.title), "message": _html(commit.body)}
    return spelled


def read_commit(content: Mapping[str, Any]) -> Commit:
    """Return the commit that JSON tells of. Its tree and parents are empty where the hub does not tell them.

    Raises:
        CorruptFileError: When it is not that of a commit.
    """
    parents = [{"id": parent} for parent in maybe(content, "parents", list) or ()]
    return Commit(
        reading.oid(content, "id"),
        reading.oid(content, "tree") if content.get("tree") else "",
        tuple(reading.oid(parent, "id") for parent in parents),
        need(content, "title", str),
        maybe(content, "message", str) or "",
        _author(content),
        read_date(content, "date"),
    )


def spell_committed(done: Committed, commit_url: str, pull_request_url: str | None) -> dict[str, Any]:
    """Return the answer to a request for a commit.

    Args:
        done (`Committed`): What was done.
        commit_url (`str`): The address of the commit, for people.
        pull_request_url (`str`, *optional*): The address of the pull request that was opened, ``…/discussions/N``.
    """
    return {
        "success": True,
        "commitOid": done.commit.oid,
        "commitUrl": commit_url,
        "pullRequestUrl": pull_request_url,
        "hookOutput": "",
        "changed": done.changed,
        "commit": spell_commit(done.commit),
        "ref": done.ref,
    }


def committed_oid(content: Mapping[str, Any]) -> str:
    """Return the id of the commit that was made.

    Raises:
        CorruptFileError: When the answer is not that to a commit.
    """
    return reading.oid(content, "commitOid")


def pull_request_number(content: Mapping[str, Any]) -> int | None:
    """Return the number of the pull request that a commit opened, or None."""
    found = _NUMBER.fullmatch(maybe(content, "pullRequestUrl", str) or "")
    return int(found[1]) if found else None


def read_committed(
    content: Mapping[str, Any],
    onto: str,
    *,
    commit: Commit | None = None,
    pull_request: PullRequest | None = None,
) -> Committed:
    """Return what a commit did.

    Args:
        content: The answer.
        onto (`str`): The full name of the reference that was committed to.
        commit (`Commit`, *optional*): The commit of `committed_oid`, where the answer does not tell of it.
        pull_request (`PullRequest`, *optional*): That of `pull_request_number`.

    Raises:
        CorruptFileError: When the answer is not that to a commit.
    """
    told = maybe(content, "commit", dict)
    made = read_commit(told) if told is not None else commit
    if made is None:
        raise reading.wrong("it does not tell of the commit that was made")
    number = pull_request_number(content)
    ref = maybe(content, "ref", str) or (onto if number is None else f"refs/pr/{number}")
    return Committed(made, ref, maybe(content, "changed", bool) is not False, pull_request)


def _author(content: Mapping[str, Any]) -> str:
    authors = maybe(content, "authors", list) or [{}]
    first = authors[0] if authors and isinstance(authors[0], dict) else {}
    return maybe(first, "user", str) or ""


def _html(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")
