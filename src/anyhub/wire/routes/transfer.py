"""Bytes in bulk: git over HTTP, and Git LFS."""

from __future__ import annotations

from typing import Any

from anyhub.wire.routes.route import Needs, Route

_BINARY: dict[str, Any] = {"type": "string", "format": "binary"}
_OBJECT: dict[str, Any] = {
    "type": "object",
    "required": ["oid", "size"],
    "properties": {
        "oid": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "size": {"type": "integer", "minimum": 0},
    },
}
_BATCH: dict[str, Any] = {
    "type": "object",
    "required": ["operation", "objects"],
    "properties": {
        "operation": {"type": "string", "enum": ["upload", "download"]},
        "transfers": {"type": "array", "items": {"type": "string"}},
        "objects": {"type": "array", "maxItems": 1000, "items": _OBJECT},
        "hash_algo": {"type": "string", "enum": ["sha256"]},
        "ref": {"type": "object", "properties": {"name": {"type": "string"}}},
    },
}
_COMPLETION: dict[str, Any] = {
    "type": "object",
    "required": ["oid", "parts"],
    "properties": {
        "oid": _OBJECT["properties"]["oid"],
        "parts": {
            "type": "array",
            "maxItems": 10_000,
            "items": {
                "type": "object",
                "required": ["partNumber", "etag"],
                "properties": {"partNumber": {"type": "integer", "minimum": 1}, "etag": {"type": "string"}},
            },
        },
    },
}
_LOCKS: dict[str, Any] = {"type": "object", "properties": {"ref": {"type": "object"}}}
_SERVICE: dict[str, Any] = {"service": {"type": "string", "enum": ["git-upload-pack", "git-receive-pack"]}}

_REFS = "Tell git which references there are."
_FETCH = "Send git the objects that it lacks."
_PUSH = "Take the objects and references of a git push."
_PLACES = "Say where large files are read from or sent to."
_CAME = "Say whether a large file has come."
_NO_LOCKS = "Say that there are no locks on files."
_FETCH_TYPE = "application/x-git-upload-pack-request"
_PUSH_TYPE = "application/x-git-receive-pack-request"
_LFS_TYPE = "application/vnd.git-lfs+json"


def _both(name: str, method: Any, below: str, needs: Needs, summary: str, **more: Any) -> tuple[Route, Route]:
    """Return a route below ``<repository>.git``, and the same one below the repository's bare name."""
    return (
        Route(name, method, f"/{{prefix}}{{repo}}.git/{below}", needs, summary, **more),
        Route(f"{name}_bare", method, f"/{{prefix}}{{repo}}/{below}", needs, summary, **more),
    )


ROUTES = (
    *_both("git.refs", "GET", "info/refs", Needs.READ, _REFS, query=_SERVICE),
    *_both("git.fetch", "POST", "git-upload-pack", Needs.READ, _FETCH, body=_BINARY, content_type=_FETCH_TYPE),
    *_both("git.push", "POST", "git-receive-pack", Needs.PROPOSE, _PUSH, body=_BINARY, content_type=_PUSH_TYPE),
    *_both("lfs.batch", "POST", "info/lfs/objects/batch", Needs.READ, _PLACES, body=_BATCH, content_type=_LFS_TYPE),
    *_both("lfs.verify", "POST", "info/lfs/objects/verify", Needs.PROPOSE, _CAME, body=_OBJECT, content_type=_LFS_TYPE),
    *_both(
        "lfs.locks_verify", "POST", "info/lfs/locks/verify", Needs.SEE, _NO_LOCKS, body=_LOCKS, content_type=_LFS_TYPE
    ),
    Route(
        "lfs.put",
        "PUT",
        "/lfs/objects/{ticket}",
        Needs.NOTHING,
        "Take the bytes of a large file; the ticket says of which, and that its bearer may.",
        body=_BINARY,
        content_type="application/octet-stream",
    ),
    Route(
        "lfs.get",
        "GET",
        "/lfs/objects/{ticket}",
        Needs.NOTHING,
        "Send the bytes of a large file; the ticket says of which, and that its bearer may.",
    ),
    Route(
        "lfs.put_part",
        "PUT",
        "/lfs/parts/{ticket}/{number}",
        Needs.NOTHING,
        "Take one part of a large file.",
        body=_BINARY,
        content_type="application/octet-stream",
    ),
    Route(
        "lfs.complete",
        "POST",
        "/lfs/parts/{ticket}",
        Needs.NOTHING,
        "Make one file of parts that have come.",
        body=_COMPLETION,
        content_type=_LFS_TYPE,
    ),
    Route(
        "lfs.tus_offset",
        "HEAD",
        "/lfs/uploads/{ticket}",
        Needs.NOTHING,
        "Say how much of a large file has come (tus 1.0.0).",
    ),
    Route(
        "lfs.tus",
        "PATCH",
        "/lfs/uploads/{ticket}",
        Needs.NOTHING,
        "Take bytes of a large file from where it was cut (tus 1.0.0).",
        body=_BINARY,
        content_type="application/offset+octet-stream",
    ),
    Route(
        "lfs.verify_ticket",
        "POST",
        "/lfs/verify/{ticket}",
        Needs.NOTHING,
        "Say whether the large file of a ticket has come.",
        body=_OBJECT,
        content_type=_LFS_TYPE,
    ),
)
