"""How a test calls an ASGI application without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, TypeAlias

App: TypeAlias = Callable[[MutableMapping[str, Any], Callable[..., Any], Callable[..., Any]], Awaitable[None]]

_MESSAGE = 2**16


def call(
    app: App, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> tuple[int, dict[str, str], bytes]:
    """Send one request to an application, and return the whole answer.

    Args:
        app: The application.
        method (`str`): Of HTTP.
        path (`str`): As it stands in a request: percent-encoded, with what comes after ``?``.
        headers: Of the request. ``Host`` and ``Content-Length`` are added where they are missing.
        body (`bytes`): Sent in pieces of 64 KiB, as a server hands them on.

    Returns:
        The status, the headers by lower-case name, and the body.
    """
    return asyncio.run(_call(app, _scope(method, path, headers or {}, body), body))


async def _call(app: App, scope: dict[str, Any], body: bytes) -> tuple[int, dict[str, str], bytes]:
    pieces = [body[start : start + _MESSAGE] for start in range(0, len(body), _MESSAGE)] or [b""]
    left = list(enumerate(pieces, 1))
    forever = asyncio.Event()
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not left:
            await forever.wait()
        number, piece = left.pop(0)
        return {"type": "http.request", "body": piece, "more_body": number < len(pieces)}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, *rest = sent
    found = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    return start["status"], found, b"".join(message.get("body", b"") for message in rest)


def _scope(method: str, path: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    raw, _, query = path.partition("?")
    given = {"host": "testserver", **{name.lower(): value for name, value in headers.items()}}
    if body and "transfer-encoding" not in given:
        given.setdefault("content-length", str(len(body)))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": raw,
        "raw_path": raw.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in given.items()],
        "client": ("127.0.0.1", 1),
        "server": ("testserver", 80),
    }
