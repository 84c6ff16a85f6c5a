"""Requests of a client: credentials by origin, redirects, trying again, and refusals as our own errors."""

from __future__ import annotations

import json as json_format
import logging
import platform
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from anyhub.errors import (
    AccessError,
    AuthenticationError,
    HfHubHTTPError,
    HubError,
    NetworkError,
    TooLargeError,
    ValidationError,
)
from anyhub.transfer.messages import Body, Incoming, Outgoing, Sender
from anyhub.transfer.origins import Origin
from anyhub.transfer.retry import Patience, is_temporary
from anyhub.transfer.secret import Credentials, NoCredentials
from anyhub.transfer.watch import Watched
from anyhub.wire.errors import INVALID_TOKEN, error_from

logger = logging.getLogger(__name__)

MAX_REDIRECTS = 5
MAX_BODY = 256 * 2**20
"""Bytes of an answer that is read as a whole."""
MAX_PAGES = 100_000
STALL_SECONDS = 30.0
"""For how long a server may send nothing, or next to nothing."""

_PIECE = 2**18
_MAX_ERROR = 2**20
_CREDENTIALS = frozenset(("authorization", "cookie", "proxy-authorization"))
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_REPEATABLE = frozenset(("GET", "HEAD", "PUT"))
_warned: set[Origin] = set()


@dataclass(frozen=True)
class Response:
    """An answer that was read as a whole.

    Attributes:
        status (`int`): Of HTTP, below 400.
        headers: By lower-case name.
        data (`bytes`): The body.
        url (`str`): The address that answered, after redirects.
    """

    status: int
    headers: Mapping[str, str]
    data: bytes
    url: str

    def json(self) -> Any:
        """Return the value that the body spells.

        Raises:
            HfHubHTTPError: When it is not JSON.
        """
        try:
            return json_format.loads(self.data)
        except (ValueError, RecursionError):
            raise HfHubHTTPError(
                f"{Origin.of(self.url)} answered something that is not JSON. Is it the address of a hub?",
                status=self.status,
            ) from None


class Transport:
    """Talks to servers for one hub.

    It is the only place that puts a token into a request, and it does so by the origin of the address that is asked
    right now: no redirect, no link and no address that a server names can make it send a token elsewhere.

    Args:
        credentials (`Credentials`, *optional*): Knows the tokens.
        home (`Origin`, *optional*): The origin of the hub, to which alone ``headers`` are sent.
        headers (*optional*): More headers for the hub.
        user_agent (`str`): Who asks, beside this package.
        proxies (*optional*): See `anyhub.transfer.pools.Pools`.
        patience (`Patience`, *optional*): How often something is tried.
        sender (`Sender`, *optional*): What carries requests, in place of sockets.
    """

    def __init__(
        self,
        credentials: Credentials | None = None,
        *,
        home: Origin | None = None,
        headers: Mapping[str, str] | None = None,
        user_agent: str = "",
        proxies: Mapping[str, str] | None = None,
        patience: Patience | None = None,
        sender: Sender | None = None,
    ) -> None:
        if sender is None:
            from anyhub.transfer.pools import Pools

            sender = Pools(proxies)
        self.patience = patience or Patience()
        self._credentials = credentials or NoCredentials()
        self._home = home
        self._own_headers = _without_credentials(_checked(headers or {}))
        self._agent = _agent(user_agent)
        self._sender = sender

    def __repr__(self) -> str:
        return f"Transport(home={str(self._home)!r})"

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        body: Body = None,
        repeatable: bool | None = None,
        seconds: float = STALL_SECONDS,
        limit: int = MAX_BODY,
    ) -> Response:
        """Ask, and read the whole answer.

        Args:
            method (`str`): Of HTTP.
            url (`str`): The address.
            headers (*optional*): What else to send.
            json (*optional*): A value to send in JSON.
            body (*optional*): What to send otherwise.
            repeatable (`bool`, *optional*): Whether doing it twice does no harm; when None, whether the method says so.
            seconds (`float`): For how long nothing may come.
            limit (`int`): How many bytes of an answer are taken.

        Raises:
            HubError: The one that a refusal stands for.
            NetworkError, StalledError: When there is no whole answer, after trying again where that does no harm.
            TooLargeError: When the answer is longer than ``limit``.
        """
        made = _made(method, url, {"Accept-Encoding": "gzip", **(headers or {})}, json, body, seconds)
        repeatable = method in _REPEATABLE if repeatable is None else repeatable
        failures = 0
        while True:
            try:
                incoming, at = self._open(made, repeatable=repeatable)
                return Response(incoming.status, incoming.headers, self._read(incoming, at, limit), at)
            except HfHubHTTPError:
                raise
            except NetworkError as error:
                failures += 1
                if not repeatable or getattr(error, "certain", False) or failures >= self.patience.tries:
                    raise
                self.patience.wait(failures)

    def stream(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, seconds: float = STALL_SECONDS
    ) -> Incoming:
        """Ask, and return the answer with its body still to be read; the caller closes it.

        Raises:
            HubError, NetworkError, StalledError: As `request` does.
        """
        made = _made(method, url, {"Accept-Encoding": "identity", **(headers or {})}, None, None, seconds)
        return self._open(made, repeatable=True)[0]

    def pages(self, url: str) -> Iterator[Response]:
        """Walk a list that comes in pages: each names the next one in its ``Link`` (RFC 8288).

        Only its path and parameters count: a list that begins on one server does not go on at another.
        """
        seen = {url}
        for _ in range(MAX_PAGES):
            page = self.request("GET", url)
            yield page
            found = re.search(r'<([^<>]*)>\s*;[^,]*\brel="?next\b', page.headers.get("link", ""))
            if found is None:
                return
            following = urlsplit(_joined(url, found[1]))
            here = urlsplit(url)
            url = urlunsplit((here.scheme, here.netloc, following.path, following.query, ""))
            if url in seen:
                break
            seen.add(url)
        raise HfHubHTTPError(f"A list of {Origin.of(url)} does not end. Ask whoever runs the hub.", status=200)

    # -- inside

    def _open(self, request: Outgoing, *, repeatable: bool) -> tuple[Incoming, str]:
        """Send a request and those that redirects ask for; return the answer and the address that gave it."""
        for _ in range(MAX_REDIRECTS + 1):
            incoming = self._try(request, repeatable=repeatable)
            place = incoming.headers.get("location")
            if incoming.status not in _REDIRECTS or not place:
                return incoming, request.url
            incoming.close()
            request = _redirected(request, incoming.status, place)
        raise NetworkError(
            f"{Origin.of(request.url)} redirects more than {MAX_REDIRECTS} times. Check the address.", certain=True
        )

    def _try(self, request: Outgoing, *, repeatable: bool) -> Incoming:
        failures = 0
        while True:
            failures += 1
            last = failures >= self.patience.tries
            asked = None
            try:
                sent = self._sender.send(self._signed(request))
                incoming = Watched(sent, request.url, request.patience, self.patience.clock)
            except NetworkError as error:
                again = repeatable or not getattr(error, "sent", True)
                if last or not again or getattr(error, "certain", False):
                    error.certain = True  # type: ignore[attr-defined]
                    raise
                logger.debug("%s Trying again.", error)
            else:
                if incoming.status < 400:
                    return incoming
                asked = self.patience.asked_for(incoming.headers)
                error_ = self._refusal(incoming, request.url)
                if last or not is_temporary(incoming.status, repeatable=repeatable, asked=asked):
                    raise error_
                logger.debug("%s answered %s. Trying again.", Origin.of(request.url), incoming.status)
            self.patience.wait(failures, asked)

    def _signed(self, request: Outgoing) -> Outgoing:
        """Add what the origin of the address may know: who asks, and what its user wants to tell it."""
        origin = Origin.of(request.url)
        headers = {"User-Agent": self._agent, **request.headers}
        if origin == self._home:
            headers |= self._own_headers
        granted = any(name.lower() == "authorization" for name in headers)  # by the server itself, in an action of LFS
        if not granted and (secret := self._credentials.secret_for(origin)) is not None:
            if not self._sender.is_private(request.url):
                _mind_the_network(origin, allowed=secret.is_meant_for_it)
            headers["Authorization"] = f"Bearer {secret.text}"
        return replace(request, headers=headers)

    def _read(self, incoming: Incoming, url: str, limit: int) -> bytes:
        pieces, size = [], 0
        try:
            while piece := incoming.read1(_PIECE):
                pieces.append(piece)
                size += len(piece)
                if size > limit:
                    raise TooLargeError(f"{Origin.of(url)} answered more than {limit:,} bytes. Ask whoever runs it.")
        finally:
            incoming.close()
        return b"".join(pieces)

    def _refusal(self, incoming: Incoming, url: str) -> HubError:
        data = b""
        try:
            while len(data) < _MAX_ERROR and (piece := incoming.read1(_PIECE)):
                data += piece
        except NetworkError:
            pass  # the status and the headers say enough
        finally:
            incoming.close()
        error = error_from(incoming.status, incoming.headers, data)
        if error.message == INVALID_TOKEN:  # a sentence that is fixed, and says nothing of what to do
            return AuthenticationError(
                f"{Origin.of(url)} does not accept the token that was sent: it is mistyped, expired or revoked. Run"
                " `anyhub login`, or give another one."
            )
        return error


def _made(method: str, url: str, headers: Mapping[str, str], json: object, body: Body, seconds: float) -> Outgoing:
    headers = _checked(headers)
    if json is not None:
        headers.setdefault("Content-Type", "application/json")
        body = json_format.dumps(json, separators=(",", ":")).encode()
    return Outgoing(method, url, headers, body, seconds)


def _checked(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers of which none can end its line."""
    for name, value in headers.items():
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or not re.fullmatch(r"[\t -~]*", str(value)):
            raise ValidationError(f"{name[:40]!r} can not be sent as a header: it has a character that none may have.")
    return {name: str(value) for name, value in headers.items()}


def _without_credentials(headers: dict[str, str]) -> dict[str, str]:
    if given := [name for name in headers if name.lower() in _CREDENTIALS]:
        raise ValidationError(f"headers has {given[0]!r} in it. Give the token by token=, which keeps it to its hub.")
    return headers


def _agent(more: str) -> str:
    from importlib.metadata import version

    agent = f"anyhub/{version('anyhub')}; python/{platform.python_version()}" + (f"; {more}" if more else "")
    return re.sub(r"[^ -~]", "?", agent)[:1000]


def _joined(url: str, place: str) -> str:
    """Return the address that a server named, seen from the one that was asked."""
    try:
        return urljoin(url, place)
    except ValueError:
        raise NetworkError(
            f"{Origin.of(url)} names {place[:80]!r}, which is no address. Ask whoever runs it.", certain=True
        ) from None


def _redirected(request: Outgoing, status: int, place: str) -> Outgoing:
    url = _joined(request.url, place)
    old, new = Origin.of(request.url), Origin.of(url)
    if old.scheme == "https" and new.scheme == "http":
        raise NetworkError(f"{old} redirects to {new}, where nothing is encrypted. Ask whoever runs it.", certain=True)
    left_out = set() if old == new else set(_CREDENTIALS)
    method, body = request.method, request.body
    if status not in (307, 308) and method not in ("GET", "HEAD"):
        method, body = "GET", None
        left_out.add("content-type")
    headers = {name: value for name, value in request.headers.items() if name.lower() not in left_out}
    return replace(request, url=url, method=method, body=body, headers=headers)


def _mind_the_network(origin: Origin, *, allowed: bool) -> None:
    if not allowed:
        raise AccessError(
            f"{origin} is not encrypted, so everybody on the way could read the token and use it. Use an https://"
            f" address, or run `anyhub login` for {origin}, which says that the token may be sent there."
        )
    if origin not in _warned:
        _warned.add(origin)
        logger.warning("%s is not encrypted: everybody on the way can read the token. Use an https:// address.", origin)
