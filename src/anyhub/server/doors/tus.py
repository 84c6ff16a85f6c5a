"""Large files that go on where they were cut: the core of tus 1.0.0 (https://tus.io/protocols/resumable-upload)."""

from __future__ import annotations

from pathlib import Path

from anyhub.errors import ConflictError, TooLargeError, ValidationError
from anyhub.server.answers import Answer
from anyhub.server.call import Call, Handler
from anyhub.server.doors.lfs import ticket_of
from anyhub.server.partials import Partial
from anyhub.server.tickets import Ticket
from anyhub.wire.lfs import TUS_TYPE, TUS_VERSION

_VERSION = {"Tus-Resumable": TUS_VERSION}


def offset(call: Call) -> Answer:
    """Say how much of a large file has come. One that is whole is kept, as it is after its last byte."""
    ticket = ticket_of(call, "tus")
    if call.headers.get("tus-resumable") != TUS_VERSION:
        return _other_version()
    size = ticket.size
    if call.hub.lacking(ticket.repo, [ticket.digest]):
        with call.uploads.partials.of(ticket.upload) as partial, partial.turn(call.body.arrival):
            size = partial.size
            if size >= ticket.size:
                _finish(call, ticket, partial)
    headers = {"Upload-Offset": str(size), "Upload-Length": str(ticket.size), "Cache-Control": "no-store"}
    return Answer(200, _VERSION | headers)


def append(call: Call) -> Answer:
    """Take bytes of a large file from the offset on up to which it has come, and keep it when they are the last."""
    ticket = ticket_of(call, "tus")
    if call.headers.get("tus-resumable") != TUS_VERSION:
        return _other_version()
    start = _offset(call)
    if not call.hub.lacking(ticket.repo, [ticket.digest]):
        raise ConflictError("The file is here already. Ask how much of it has come.")
    if start + (call.body.length or 0) > ticket.size:
        raise TooLargeError(f"The file has {ticket.size:,} bytes, and more were announced.")
    call.uploads.sweep()
    with call.uploads.partials.of(ticket.upload) as partial, partial.turn(call.body.arrival):
        if partial.size != start:
            raise ConflictError(f"{partial.size:,} bytes of the file have come, not {start:,}. Send those that follow.")
        for chunk in call.body.chunks():
            partial.append(call.body.arrival, chunk, ticket.size)
        size = partial.size
        if size == ticket.size:
            _finish(call, ticket, partial)
    return Answer(204, _VERSION | {"Upload-Offset": str(size)})


def _finish(call: Call, ticket: Ticket, partial: Partial) -> None:
    def keep(path: Path) -> None:
        call.hub.receive(ticket.repo, ticket.digest, path)

    partial.finish(call.body.arrival, ticket.digest, keep)


def _offset(call: Call) -> int:
    if call.headers.get("content-type", "").strip().lower() != TUS_TYPE:
        raise ValidationError(f"Bytes of a file that goes on have the Content-Type {TUS_TYPE}.")
    text = call.headers.get("upload-offset", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise ValidationError(f"Upload-Offset is the number of bytes that have come, not {text[:40]!r}.")
    return int(text)


def _other_version() -> Answer:
    return Answer(412, {"Tus-Version": TUS_VERSION})


HANDLERS: dict[str, Handler] = {"lfs.tus_offset": offset, "lfs.tus": append}
