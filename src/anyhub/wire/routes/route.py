"""What a route is: a name, a method, a template of its path, and what a caller needs to be let through."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import Any, Literal, TypeAlias
from urllib.parse import quote, unquote

Method: TypeAlias = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

TYPES = {"models": "model", "datasets": "dataset", "spaces": "space"}
"""Kinds of repositories, as paths spell them and as values do."""


class Needs(IntEnum):
    """The least that a caller needs for an answer other than a refusal, from little to much.

    It says what guards of the hub decide anyhow, for the description of the API and for the tests that ask every route
    as everybody; a door does not look at it.
    """

    NOTHING = 0
    SEE = 1
    """To see that the repository exists."""
    READ = 2
    """To read its files: as `SEE`, and, for a gated one, to have been given access."""
    LOGIN = 3
    """To be somebody, with any token."""
    PROPOSE = 4
    """To see the repository, and a token that may write: who discusses, and who opens pull requests."""
    WRITE = 5
    """To change the repository's files."""
    MANAGE = 6
    """To rename, delete and settle the repository."""
    ADMIN = 7
    """To run the hub."""


@dataclass(frozen=True)
class Route:
    """One way to call the server.

    Attributes:
        name (`str`): ``part.verb``, by which the door has its handler and the client its path.
        method (`str`): Of HTTP. A `GET` route answers `HEAD` as well, unless there is one of that method.
        template (`str`): The path. ``{type}`` is ``models``, ``datasets`` or ``spaces``; ``{repo}`` is
            ``namespace/name`` or one bare name; ``{prefix}`` is nothing for a model, else ``datasets/`` or ``spaces/``;
            ``{path*}`` is the rest, slashes included; any other is one segment, in which ``%2F`` is a slash.
        needs (`Needs`): See there.
        summary (`str`): What it does, in one line of the API's description.
        query: Parameters after ``?``, each with its JSON schema.
        body: The JSON schema of the request's body; None for none. One of another type of content has the schema
            ``{"type": "string", "format": "binary"}``.
        content_type (`str`): Of the request's body.
        unbuilt (`bool`): Whether it only answers 501, with a sentence.
    """

    name: str
    method: Method
    template: str
    needs: Needs
    summary: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    content_type: str = "application/json"
    unbuilt: bool = False

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What matches the raw, still percent-encoded, path."""
        return re.compile(re.sub(r"\\?\{(\w+)(\\?\*)?\\?\}", _group, re.escape(self.template)))

    def match(self, raw_path: str) -> dict[str, str] | None:
        """Return the decoded parts of a path that is this route's, or None. Each part is decoded once."""
        found = self.pattern.fullmatch(raw_path)
        if found is None:
            return None
        return {name: unquote(value or "") for name, value in found.groupdict().items()}

    def path(self, **parts: str) -> str:
        """Return the path with its parts filled in, percent-encoded."""

        def fill(match: re.Match[str]) -> str:
            name = match[1]
            safe = "/" if name in ("repo", "prefix") or match[2] else ""
            return quote(parts.pop(name), safe=safe)

        made = re.sub(r"\{(\w+)(\*)?\}", fill, self.template)
        if parts:
            raise TypeError(f"{self.name} has no part {', '.join(parts)}.")
        return made


_SEGMENT = {
    "type": "models|datasets|spaces",
    "prefix": "(?:datasets/|spaces/)?",
    "repo": r"[^/]+(?:/[^/]+)?",
}


def _group(match: re.Match[str]) -> str:
    return f"(?P<{match[1]}>{'.+' if match[2] else _SEGMENT.get(match[1], '[^/]+')})"
