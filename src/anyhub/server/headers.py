"""The headers that every request may have and every answer gets."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping

from anyhub.server.answers import Answer

_SANE_ID = re.compile(r"[A-Za-z0-9_.:=;/+-]{1,128}")
_EXPOSED = (
    "Accept-Ranges, Content-Disposition, Content-Range, ETag, Link, Location, Retry-After, X-Error-Code,"
    " X-Error-Message, X-Linked-Etag, X-Linked-Size, X-Repo-Commit, X-Request-Id, X-Total-Count, X-Xet-Hash"
)
_ALLOWED = (
    "Authorization, Content-Type, Content-Encoding, If-None-Match, If-Range, Range, X-Request-Id, X-Amzn-Trace-Id"
)


def received(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the headers of a request by lower-case name; those that came more than once joined by commas."""
    found: dict[str, str] = {}
    for name, value in pairs:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def request_id(headers: Mapping[str, str]) -> str:
    """Return the name of a request in the log: the one that the client gave it, when that is harmless."""
    for name in ("x-request-id", "x-amzn-trace-id"):
        if _SANE_ID.fullmatch(headers.get(name, "")):
            return headers[name]
    return secrets.token_hex(16)


def standing(request: Mapping[str, str], id: str) -> dict[str, str]:
    """Return the headers of every answer.

    Pages of any origin may read answers: they have no token but one that they were given, since the server sets no
    cookies.
    """
    always = {"X-Request-Id": id, "X-Content-Type-Options": "nosniff"}
    if "origin" not in request:
        return always
    return {**always, "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": _EXPOSED}


def preflight() -> Answer:
    """Answer a browser that asks what a page may send."""
    return Answer(
        204,
        {
            "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
            "Access-Control-Allow-Headers": _ALLOWED,
            "Access-Control-Max-Age": "86400",
        },
    )
