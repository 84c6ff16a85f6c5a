"""The application that a web server runs (ASGI): from a request to the one handler that answers it, and back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from anyhub.errors import HubError, NetworkError, StalledError, ValidationError
from anyhub.hub.access.guarded import guarded
from anyhub.hub.stored import StoredHub
from anyhub.people import ANONYMOUS, Principal
from anyhub.server import headers
from anyhub.server.address import base_url
from anyhub.server.answers import Answer
from anyhub.server.body import Body, Receive
from anyhub.server.call import Call, Handler
from anyhub.server.doors.all import HANDLERS
from anyhub.server.refusals import as_page, gone, refusal, unexpected
from anyhub.server.routing import Match, Router
from anyhub.server.sending import Send, Sender
from anyhub.server.settings import Settings
from anyhub.server.shares import Shares
from anyhub.server.stores import Stores
from anyhub.wire.routes import ROUTES

THREADS = 64
MAX_PARAMETERS = 1000

log = logging.getLogger("anyhub.server")


def build_app(hub: StoredHub, settings: Settings | None = None) -> App:
    """Return the application that serves a hub.

    Args:
        hub (`StoredHub`): The hub. Whoever asks sees it through guards.
        settings (`Settings`, *optional*): What whoever runs the server decides.
    """
    settings = settings or Settings()
    return App(Stores.of(hub, settings), settings, Router(ROUTES), HANDLERS)


@dataclass(frozen=True, slots=True)
class _Request:
    """What is known of a request before anybody has looked into it."""

    method: str
    raw_path: bytes
    query: str
    scheme: str
    headers: Mapping[str, str]
    body: Body
    id: str


class App:
    """Answers requests: each is matched, authenticated and handled in one of 64 threads, so that handlers may wait.

    Bodies come and answers go on the event loop, so that no thread waits for a slow client unless a handler reads a
    large body. Those that do have 64 threads of their own: however slowly large bodies come, all else is answered. One
    user holds a quarter of these at most: however many bodies come with one token, others can send some too.

    Args:
        stores (`Stores`): What is served.
        settings (`Settings`): What whoever runs the server decides.
        router (`Router`): Finds the route of a request.
        handlers: By the name of the route.
    """

    def __init__(self, stores: Stores, settings: Settings, router: Router, handlers: Mapping[str, Handler]) -> None:
        self.stores = stores
        self.settings = settings
        self._router = router
        self._handlers = handlers
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="anyhub")
        self._patient = ThreadPoolExecutor(THREADS, thread_name_prefix="anyhub-upload")
        self._shares = Shares(THREADS // 4)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one connection's request, as the ASGI specification has it."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _live(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    def close(self) -> None:
        """Let the threads end, and remove what was only there for this server."""
        for pool in (self._pool, self._patient):
            pool.shutdown(wait=False, cancel_futures=True)
        self.stores.rest.close()

    async def _serve(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        given = headers.received(scope["headers"])
        request = _Request(
            method=scope["method"],
            raw_path=scope.get("raw_path") or scope["path"].encode(),
            query=scope["query_string"].decode("latin-1"),
            scheme=scope["scheme"],
            headers=given,
            body=Body(receive, loop, given),
            id=headers.request_id(given),
        )
        sender = Sender(send, self._pool, request.body, request.method == "HEAD", headers.standing(given, request.id))
        try:
            await sender.answer(await self._answer(request, loop), given)
        except (TimeoutError, OSError) as error:
            log.info("%s %s was cut: %s", request.method, request.id, error)

    async def _answer(self, request: _Request, loop: asyncio.AbstractEventLoop) -> Answer:
        try:
            match = self._router.find(request.method, request.raw_path) if request.method != "OPTIONS" else None
            if match is None:
                return headers.preflight()
            await request.body.begin()
        except StalledError as error:
            return refusal(error, status=408)
        except NetworkError as error:
            return gone(error, request.id)
        except HubError as error:
            return refusal(error, request_id=request.id)
        if request.body.has_come:
            return await loop.run_in_executor(self._pool, self._handle, request, match, False)
        return await loop.run_in_executor(self._patient, self._handle, request, match, True)

    def _handle(self, request: _Request, match: Match, is_large: bool) -> Answer:
        """Answer in a thread; whatever goes wrong is an answer too."""
        principal = ANONYMOUS
        try:
            principal = self._principal(request, match)
            call = self._call(request, match, principal)
            moved = _moved(call) if request.method in ("GET", "HEAD") and "repo" in match.parts else None
            with self._shares.held(principal.name) if is_large else nullcontext():
                return moved or self._handlers[match.route.name](call)
        except StalledError as error:
            return refusal(error, match.route, principal, status=408)
        except HubError as error:
            if request.body.is_cut:
                return gone(error, request.id)
            refused = refusal(error, match.route, principal, request_id=request.id)
            return self._shown(refused, error, request) if _is_for_people(request, match) else refused
        except Exception:  # a defect of ours, of which the client learns no more than where to find it in the log
            log.exception("Request %s (%s %s) failed.", request.id, request.method, match.route.name)
            return unexpected(request.id)

    def _shown(self, refused: Answer, error: HubError, request: _Request) -> Answer:
        return as_page(refused, error, base_url(self.settings, request.scheme, request.headers))

    def _principal(self, request: _Request, match: Match) -> Principal:
        """Return who asks: by the ticket in the path where the route has one, else by the header."""
        if "ticket" not in match.parts:
            return self.stores.principal(request.headers.get("authorization"))
        ticket = self.stores.tickets.read(match.parts["ticket"])
        return self.stores.accounts.principal_of_token(ticket.token) if ticket.token else ANONYMOUS

    def _call(self, request: _Request, match: Match, principal: Principal) -> Call:
        address = base_url(self.settings, request.scheme, request.headers)
        hub, accounts, community = guarded(
            self.stores.hub,
            self.stores.accounts,
            self.stores.community,
            principal,
            anonymous_read=self.settings.anonymous_read,
            base_url=address,
        )
        return Call(
            route=match.route,
            method=request.method,
            parts=match.parts,
            query=_parameters(request.query),
            headers=request.headers,
            body=request.body,
            base_url=address,
            principal=principal,
            hub=hub,
            accounts=accounts,
            community=community,
            settings=self.settings,
            tickets=self.stores.tickets,
            uploads=self.stores.uploads,
        )


def _parameters(query: str) -> tuple[tuple[str, str], ...]:
    try:
        return tuple(parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS))
    except UnicodeDecodeError:
        raise ValidationError("A parameter after '?' is not UTF-8 once it is decoded.") from None
    except ValueError:
        raise ValidationError(f"There are more than {MAX_PARAMETERS} parameters after '?'.") from None


def _is_for_people(request: _Request, match: Match) -> bool:
    """Return whether a browser asks for a page; whoever asks for one in another way reads errors as everywhere."""
    return match.route.name.startswith("web.") and "text/html" in request.headers.get("accept", "")


def _moved(call: Call) -> Answer | None:
    """Return the way to where a repository is now, when it was asked for by a name that it had before.

    The location is relative: clients of all ages follow those, and keep their token.
    """
    asked = call.repo()
    found = call.hub.standing(asked)
    if found is None or str(found.repo).lower() == str(asked).lower():
        return None
    query = f"?{urlencode(call.query)}" if call.query else ""
    location = call.route.path(**{**call.parts, "repo": str(found.repo)}) + query
    return Answer(307, {"Location": location})


async def _live(receive: Receive, send: Send) -> None:
    """Answer the server's own beginning and end."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
