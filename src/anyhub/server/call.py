"""One request, as a door sees it: its parts, its body, and the hub as whoever asks may see it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, overload
from urllib.parse import parse_qsl

from anyhub.errors import ValidationError
from anyhub.server.answers import Answer
from anyhub.values import RepoId
from anyhub.wire.routes import Route
from anyhub.wire.routes.route import TYPES

if TYPE_CHECKING:
    from anyhub.hub.accounts import ServedAccounts
    from anyhub.hub.community import Community
    from anyhub.hub.serving import ServedHub
    from anyhub.people import Principal
    from anyhub.server.body import Body
    from anyhub.server.settings import Settings
    from anyhub.server.tickets import Tickets
    from anyhub.server.uploads import Uploads

T = TypeVar("T")

MAX_JSON_BYTES = 10 * 2**20


@dataclass(frozen=True)
class Call:
    """One request.

    Attributes:
        route (`Route`): Which one it is.
        method (`str`): ``GET``, ``HEAD``, …
        parts: What the path has at the places of the template, decoded.
        query: The parameters after ``?``, in their order.
        headers: By lower-case name.
        body (`Body`): What was sent along, read only when asked for.
        base_url (`str`): The public address of the server, without a slash at its end.
        principal (`Principal`): Who asks.
        hub (`ServedHub`), accounts (`ServedAccounts`), community (`Community`): What the server keeps, as the principal
            may see and change it. A door has no others.
        settings (`Settings`): How the server was started.
        tickets (`Tickets`): Makes and reads the addresses of large files. For a route with a ``{ticket}`` in its path,
            the principal is the one of the token that the ticket names; there is no other way to log in there.
        uploads (`Uploads`): Large files that are coming in parts.
    """

    route: Route
    method: str
    parts: Mapping[str, str]
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: Body
    base_url: str
    principal: Principal
    hub: ServedHub
    accounts: ServedAccounts
    community: Community
    settings: Settings
    tickets: Tickets
    uploads: Uploads

    def repo(self) -> RepoId:
        """Return the repository that the path names.

        Raises:
            InvalidRepoIdError: When it can not be one.
        """
        kind = TYPES.get(self.parts.get("type", self.parts.get("prefix", "").rstrip("/")), "model")
        return self.hub.repo_id(self.parts["repo"], kind)

    @overload
    def first(self, name: str) -> str | None: ...
    @overload
    def first(self, name: str, default: str) -> str: ...
    def first(self, name: str, default: str | None = None) -> str | None:
        """Return a parameter after ``?``; the first one, when it is there more than once."""
        return next((value for key, value in self.query if key == name), default)

    def all(self, *names: str) -> list[str]:
        """Return all parameters after ``?`` of these names, such as ``expand`` and ``expand[]``."""
        return [value for key, value in self.query if key in names]

    def flag(self, name: str) -> bool:
        """Return whether a parameter after ``?`` says yes: ``1``, ``true``, or nothing at all."""
        return (self.first(name, "false")).lower() in ("1", "true", "yes", "")

    def number(self, name: str, default: int, *, least: int = 0, most: int = 2**31) -> int:
        """Return a parameter after ``?`` as a whole number, brought between ``least`` and ``most``.

        Raises:
            ValidationError: When it is none.
        """
        text = self.first(name, str(default))
        if not text.removeprefix("-").isdecimal() or len(text) > 20:
            raise ValidationError(f"{name} is a whole number, not {text[:40]!r}.")
        return max(least, min(int(text), most))

    def json(self, most: int = MAX_JSON_BYTES) -> dict[str, Any]:
        """Return the body, an object in JSON; empty when nothing was sent.

        Raises:
            ValidationError: When it is something else.
            TooLargeError: When it is longer than ``most`` bytes.
        """
        data = self.body.read(most)
        try:
            value = json.loads(data or b"{}", parse_constant=_refuse_constant)
            json.dumps(value, ensure_ascii=False).encode()  # half a character, such as "\\ud800", can not be kept
        except (ValueError, RecursionError) as error:
            raise ValidationError(f"The body is not JSON: {str(error)[:200]}.") from None
        if not isinstance(value, dict):
            raise ValidationError(f"The body is an object in JSON, not {type(value).__name__}.")
        return value

    def form(self, most: int = MAX_JSON_BYTES) -> list[tuple[str, str]]:
        """Return the body, sent by a form, as pairs.

        Raises:
            ValidationError: When it is not text.
        """
        try:
            return parse_qsl(self.body.read(most).decode(), keep_blank_values=True)
        except ValueError as error:
            raise ValidationError(f"The body is not a form: {str(error)[:200]}.") from None


def _refuse_constant(text: str) -> None:
    """Refuse ``NaN`` and ``Infinity``, which are not JSON although Python reads them: they would be told on."""
    raise ValueError(f"{text} is not a number of JSON")


Handler: TypeAlias = Callable[[Call], Answer]
"""Answers one route; called in a thread, so that it may wait for disks."""


def field(content: Mapping[str, Any], name: str, kind: type[T], default: T | None = None) -> T:
    """Return a field of a JSON object that has to be of one type.

    Raises:
        ValidationError: When it is missing and has no default, or is of another type.
    """
    value = content.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        what = "missing" if value is None else f"of type {type(value).__name__}"
        raise ValidationError(f"{name!r} is {what}; it has to be of type {kind.__name__}.")
    return value
