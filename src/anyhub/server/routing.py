"""Which route a request means: decided on the path as it was sent, before anything in it is decoded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from anyhub.errors import NotFoundError, UnsupportedError, ValidationError
from anyhub.wire.routes import Route

MAX_PATH = 8000


@dataclass(frozen=True, slots=True)
class Match:
    """A route, and what the path has at the places of its template, decoded."""

    route: Route
    parts: Mapping[str, str]

    @property
    def is_bare(self) -> bool:
        """Whether it takes the path to name a repository without its namespace."""
        return "repo" in self.parts and "/" not in self.parts["repo"]


class MethodError(UnsupportedError):
    """The path is one of the server's, and takes other methods; ``allowed`` names them."""

    allowed: tuple[str, ...] = ()


class Router:
    """Finds routes.

    A path such as ``/api/models/a/refs`` may mean the repository ``a/refs``, or the references of a repository ``a``
    without a namespace. A repository with a namespace is preferred, and then the route with more fixed text.

    Args:
        routes: All there are.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._by_first: dict[str, list[tuple[str, Route]]] = {}
        self._others: list[tuple[str, Route]] = []
        self._names: list[tuple[str, Route]] = []  # of names and nothing else: not for what is below a part of the API
        for route in sorted(routes, key=_fixed_text, reverse=True):
            first = route.template.split("/")[1]
            fixed = max(_fixed(route), key=len)
            own = self._names if fixed == "/" else self._others
            fitting = own if "{" in first else self._by_first.setdefault(first, [])
            fitting.append((fixed, route))

    def find(self, method: str, raw_path: bytes) -> Match:
        """Return the route of a request.

        Args:
            method (`str`): Of HTTP. ``HEAD`` finds the route of ``GET``, where it has none of its own.
            raw_path (`bytes`): The path as it was sent, still percent-encoded.

        Raises:
            ValidationError: When no path is spelled so.
            NotFoundError: When it is none of the server's.
            MethodError: When it is, with other methods.
        """
        path = check_path(raw_path)
        matches = self._matches(path)
        for wanted in (method, "GET") if method == "HEAD" else (method,):
            for bare in (False, True):
                for match in matches:
                    if match.route.method == wanted and match.is_bare == bare:
                        return match
        if not matches:
            raise NotFoundError("The server has nothing at this path; /openapi.json lists what it has.")
        raise _method_error(method, matches)

    def _matches(self, path: str) -> list[Match]:
        first = path.split("/", 2)[1]
        known = self._by_first.get(first, ())
        for routes in (known, self._others, () if known else self._names):
            found = [
                Match(route, parts)
                for fixed, route in routes
                if fixed in path  # which is quick, and says no to most
                and (parts := route.match(path)) is not None
            ]
            if found:
                return found
        return []


def check_path(raw_path: bytes) -> str:
    """Return a path that is still percent-encoded as text, after a look at what it decodes to.

    Raises:
        ValidationError: When it is too long, is not UTF-8, or has an empty segment, ``.``, ``..`` or a NUL in it.
    """
    if len(raw_path) > MAX_PATH:
        raise ValidationError(f"The path is longer than {MAX_PATH} bytes.")
    try:
        path, decoded = raw_path.decode(), unquote_to_bytes(raw_path).decode()
    except UnicodeDecodeError:
        raise ValidationError("The path is not UTF-8 once it is decoded.") from None
    if not path.startswith("/"):
        raise ValidationError("The path does not begin with a slash.")
    if decoded != "/" and not {"", ".", ".."}.isdisjoint(decoded.split("/")[1:]):
        raise ValidationError("The path has an empty segment, '.' or '..' in it.")
    if "\0" in decoded:
        raise ValidationError("The path has a NUL character in it.")
    return path


def _method_error(method: str, matches: list[Match]) -> MethodError:
    methods = {match.route.method for match in matches}
    allowed = tuple(sorted({*methods, *(("HEAD",) if "GET" in methods else ()), "OPTIONS"}))
    return MethodError(f"This path does not take {method[:20]}; it takes {', '.join(allowed)}.", allowed=allowed)


def _fixed_text(route: Route) -> int:
    return sum(map(len, _fixed(route)))


def _fixed(route: Route) -> list[str]:
    """Return what of a template every path of the route has in it as it stands."""
    return route.template.replace("{", "}").split("}")[::2]
