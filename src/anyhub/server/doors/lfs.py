"""Git LFS: where large files are sent to and read from, and their bytes on the way there and back."""

from __future__ import annotations

from pathlib import Path

from anyhub import files
from anyhub.errors import CorruptFileError, EntryNotFoundError, ForbiddenError, UnsupportedError, ValidationError
from anyhub.server.answers import Answer, FileBody, json_answer
from anyhub.server.call import Call, Handler
from anyhub.server.tickets import Purpose, Ticket
from anyhub.server.uploads import bounded
from anyhub.values import Digest, RepoId
from anyhub.wire import lfs
from anyhub.wire.lfs import Action, Parts, Placed
from anyhub.wire.routes import BY_NAME

_TYPE = {"Content-Type": lfs.CONTENT_TYPE}


def batch(call: Call) -> Answer:
    """Say for each large file where it is read from or sent to."""
    asked = lfs.read_batch(call.json())
    transfer, placed = _downloads(call, asked) if asked.operation == "download" else _uploads(call, asked)
    return json_answer(lfs.spell_placed(transfer, placed), headers=_TYPE)


def verify(call: Call) -> Answer:
    """Say whether a large file has come."""
    return _verified(call, call.repo(), lfs.read_digest(call.json()))


def verify_ticket(call: Call) -> Answer:
    """Say whether the large file of a ticket has come."""
    ticket = ticket_of(call, "put", "parts", "tus")
    return _verified(call, ticket.repo, ticket.digest)


def _verified(call: Call, repo: RepoId, digest: Digest) -> Answer:
    if call.hub.lacking(repo, [digest]):
        raise EntryNotFoundError(f"The large file {digest.sha256} has not come. Send it again.")
    return json_answer({}, headers=_TYPE)


def locks_verify(call: Call) -> Answer:
    """Say that there are no locks, in the way in which git-lfs takes it without a word to its user."""
    call.hub.info(call.repo())
    raise UnsupportedError("This hub has no locks on files; commits that change the same file are refused instead.")


def put(call: Call) -> Answer:
    """Take the bytes of a large file, and keep them when they are what the ticket says."""
    ticket = ticket_of(call, "put")
    _check_length(call, ticket.size)
    with call.hub.staging() as folder:
        staged = folder / "object"
        with files.create(staged) as writer:
            for chunk in bounded(call.body.chunks(), ticket.size, "The file"):
                writer.write(chunk)
        _keep(call, ticket, staged, writer.digest)
    return json_answer({}, headers=_TYPE)


def get(call: Call) -> Answer:
    """Send the bytes of a large file."""
    ticket = ticket_of(call, "get")
    entry = call.hub.large(ticket.repo, ticket.sha256)
    path = call.hub.local_path(ticket.repo, entry)
    body = FileBody(path or call.hub.open(ticket.repo, entry), entry.size)
    return Answer(200, {"Content-Type": "application/octet-stream", "ETag": f'"{ticket.sha256}"'}, body)


def put_part(call: Call) -> Answer:
    """Take one part of a large file."""
    ticket = ticket_of(call, "parts")
    number, count = call.parts["number"], lfs.part_count(ticket.size, ticket.part_bytes)
    if not number.isascii() or not number.isdecimal() or len(number) > 9 or not 1 <= int(number) <= count:
        raise ValidationError(f"The file has the parts 1 to {count}, and no part {number[:20]!r}.")
    size = min(ticket.part_bytes, ticket.size - (int(number) - 1) * ticket.part_bytes)
    _check_length(call, size)
    call.hub.lacking(ticket.repo, [ticket.digest])  # refused to those who may no longer send it
    etag = call.uploads.put(ticket.upload, int(number), size, call.body.chunks())
    return Answer(200, {"ETag": f'"{etag}"'})


def complete(call: Call) -> Answer:
    """Make one file of the parts that have come, and keep it when it is what the ticket says."""
    ticket = ticket_of(call, "parts")
    completion = lfs.read_completion(call.json())
    if completion.sha256 != ticket.sha256:
        raise ValidationError(f"This address completes {ticket.sha256}, not {completion.sha256}.")
    if not call.uploads.received(ticket.upload) and not call.hub.lacking(ticket.repo, [ticket.digest]):
        return json_answer({}, headers=_TYPE)  # it is complete already; the answer to that was lost
    count = lfs.part_count(ticket.size, ticket.part_bytes)
    with call.hub.staging() as folder:
        staged = folder / "object"
        found = call.uploads.join(ticket.upload, completion.etags, count, staged)
        try:
            _keep(call, ticket, staged, found)
        except CorruptFileError:
            call.uploads.remove(ticket.upload)  # sending one of them again would not mend it: nobody knows which
            raise
    call.uploads.remove(ticket.upload)
    return json_answer({}, headers=_TYPE)


def _downloads(call: Call, asked: lfs.Batch) -> tuple[str, list[Placed]]:
    call.hub.info(call.repo())  # a batch of nothing tells as little of a hidden repository as any other
    return lfs.BASIC, [_download(call, digest) for digest in asked.digests]


def _download(call: Call, digest: Digest) -> Placed:
    try:
        entry = call.hub.large(call.repo(), digest.sha256)
    except EntryNotFoundError as error:
        return Placed(digest, error=(404, error.message))
    return Placed(Digest(digest.sha256, entry.size), Action(_url(call, "lfs.get", "get", digest)))


def _uploads(call: Call, asked: lfs.Batch) -> tuple[str, list[Placed]]:
    lacking = set(call.hub.lacking(call.repo(), asked.digests))
    if lfs.TUS in asked.transfers:
        return lfs.TUS, [_going_on(call, each) if each in lacking else Placed(each) for each in asked.digests]
    in_parts = lfs.MULTIPART in asked.transfers and any(each.size > call.settings.part_bytes for each in lacking)
    # git-lfs hands all files of a batch to one transfer; others look at each.
    least = 0 if call.headers.get("user-agent", "").startswith("git-lfs/") else call.settings.part_bytes
    placed = [
        Placed(digest)
        if digest not in lacking
        else _in_parts(call, digest)
        if in_parts and digest.size > least
        else _at_once(call, digest)
        for digest in asked.digests
    ]
    return lfs.MULTIPART if in_parts else lfs.BASIC, placed


def _at_once(call: Call, digest: Digest) -> Placed:
    return Placed(digest, Action(_url(call, "lfs.put", "put", digest)), _verify(call, digest))


def _going_on(call: Call, digest: Digest) -> Placed:
    ticket = _issue(call, "tus", digest)
    # Who is told that nothing has come need not ask.
    header = {} if call.uploads.partials.has(ticket.upload) else {"Upload-Offset": "0"}
    action = Action(_address(call, "lfs.tus", ticket=call.tickets.issue(ticket)), header)
    return Placed(digest, action, _verify(call, digest))


def _in_parts(call: Call, digest: Digest) -> Placed:
    part_bytes = max(call.settings.part_bytes, -(-digest.size // lfs.MAX_PARTS))
    ticket = _issue(call, "parts", digest, part_bytes)
    segment = call.tickets.issue(ticket)
    numbers = range(1, lfs.part_count(digest.size, part_bytes) + 1)
    urls = tuple(_address(call, "lfs.put_part", ticket=segment, number=str(number)) for number in numbers)
    parts = Parts(
        _address(call, "lfs.complete", ticket=segment), part_bytes, urls, call.uploads.received(ticket.upload)
    )
    return Placed(digest, parts, _verify(call, digest))


def _verify(call: Call, digest: Digest) -> Action:
    return Action(_url(call, "lfs.verify_ticket", "put", digest))


def _issue(call: Call, purpose: Purpose, digest: Digest, part_bytes: int = 0) -> Ticket:
    repo, token = call.repo(), call.principal.token
    return Ticket(
        purpose,
        repo.type,
        repo.namespace,
        repo.name,
        digest.sha256,
        digest.size,
        token.id if token else "",
        call.tickets.expiry(call.settings.upload_seconds),
        part_bytes,
    )


def _url(call: Call, route: str, purpose: Purpose, digest: Digest) -> str:
    return _address(call, route, ticket=call.tickets.issue(_issue(call, purpose, digest)))


def _address(call: Call, route: str, **parts: str) -> str:
    return call.base_url + BY_NAME[route].path(**parts)


def ticket_of(call: Call, *purposes: Purpose) -> Ticket:
    """Return the ticket in the path of a request, when it is good for one of some purposes."""
    ticket = call.tickets.read(call.parts["ticket"])
    if ticket.purpose not in purposes:
        raise ForbiddenError("This address of a large file is good for something else. Ask for the file again.")
    return ticket


def _check_length(call: Call, size: int) -> None:
    """Refuse a body of another length before any of it is read."""
    if call.body.length not in (None, size):
        raise CorruptFileError(
            f"The request has {call.body.length:,} bytes where {size:,} were announced. Send it again."
        )


def _keep(call: Call, ticket: Ticket, staged: Path, found: Digest) -> None:
    if found != ticket.digest:
        raise CorruptFileError(
            f"What came has the SHA-256 {found.sha256}, and {ticket.sha256} was announced. Send the file again."
        )
    call.hub.receive(ticket.repo, ticket.digest, staged)


HANDLERS: dict[str, Handler] = {
    "lfs.batch": batch,
    "lfs.batch_bare": batch,
    "lfs.verify": verify,
    "lfs.verify_bare": verify,
    "lfs.verify_ticket": verify_ticket,
    "lfs.locks_verify": locks_verify,
    "lfs.locks_verify_bare": locks_verify,
    "lfs.put": put,
    "lfs.get": get,
    "lfs.put_part": put_part,
    "lfs.complete": complete,
}
