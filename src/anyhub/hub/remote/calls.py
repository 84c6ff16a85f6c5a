"""What every verb of a hub on the network starts from: the address of a route, and the answer in JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from anyhub.errors import AuthenticationError, CorruptFileError
from anyhub.hub.remote.listings import Listings
from anyhub.transfer.http import Response, Transport
from anyhub.values import RepoId, check_revision
from anyhub.wire.bodies.reading import is_a, need
from anyhub.wire.routes import BY_NAME
from anyhub.wire.routes.route import TYPES

Parameters = Iterable[tuple[str, str]]

_PLURALS = {type: plural for plural, type in TYPES.items()}


class RemoteCalls:
    """Asks one hub.

    Args:
        endpoint (`str`): The address of the hub.
        transport (`Transport`): Asks, and knows the token.
        seconds (`float`): For how long the hub may send nothing.
        threads (`int`): How many files are sent at once.
        scratch (`Path`, *optional*): A folder for what is made to be sent; the system's for such things, when None.
    """

    def __init__(
        self,
        endpoint: str,
        transport: Transport,
        *,
        seconds: float = 30.0,
        threads: int = 5,
        scratch: Path | None = None,
    ) -> None:
        self.endpoint = endpoint.rstrip("/")
        self._transport = transport
        self._seconds = seconds
        self._threads = threads
        self._scratch = scratch
        self._listings = Listings()
        self._name: str | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.endpoint!r})"

    def whoami(self) -> dict[str, Any]:
        """Return what the hub says of whoever asks, as it says it.

        Raises:
            AuthenticationError: When that is nobody in particular.
        """
        return is_a(self._ask("people.whoami").json(), dict, "the answer")

    def _own_name(self) -> str:
        """Return the namespace of bare names: that of whoever asks, which does not change while a token is good."""
        if self._name is None:
            try:
                self._name = need(self.whoami(), "name", str)
            except AuthenticationError as error:
                raise AuthenticationError(
                    f"Whose namespace a bare name is in depends on who asks, and {self.endpoint} does not know that:"
                    f" {error.message} Write 'namespace/name', or run `anyhub login`."
                ) from None
        return self._name

    def _address(self, route: str, repo: RepoId | None = None, query: Parameters = (), **parts: str) -> str:
        """Return the address of a route; the parts that name a repository are filled in from it."""
        found = BY_NAME[route]
        if "revision" in parts:
            check_revision(parts["revision"])
        if repo is not None:
            parts["repo"] = str(repo)
            if "{type}" in found.template:
                parts["type"] = _PLURALS[repo.type]
            if "{prefix}" in found.template:
                parts["prefix"] = "" if repo.type == "model" else f"{_PLURALS[repo.type]}/"
        text = urlencode(list(query))
        return self.endpoint + found.path(**parts) + (f"?{text}" if text else "")

    def _ask(
        self,
        route: str,
        repo: RepoId | None = None,
        *,
        query: Parameters = (),
        json: object = None,
        repeatable: bool | None = None,
        **parts: str,
    ) -> Response:
        address = self._address(route, repo, query, **parts)
        return self._transport.request(
            BY_NAME[route].method, address, json=json, repeatable=repeatable, seconds=self._seconds
        )

    def _ask_object(self, route: str, repo: RepoId | None = None, **how: Any) -> Mapping[str, Any]:
        """Ask for an object in JSON."""
        return is_a(self._ask(route, repo, **how).json(), dict, "the answer")

    def _pages(self, address: str) -> Iterator[Mapping[str, Any]]:
        """Walk the objects of a list that comes in pages."""
        for page in self._transport.pages(address):
            for line in is_a(page.json(), list, "the answer"):
                yield is_a(line, dict, "a line of the answer")


def no_answer(what: str) -> CorruptFileError:
    """Return the error for an answer that lacks what it should have."""
    return CorruptFileError(f"The hub did not say {what}. Ask whoever runs it.")
