"""The bodies of the Git LFS API, from values to JSON and back: what is asked for in a batch, and where it goes.

Sources: the Git LFS documentation, ``docs/api/batch.md`` and ``docs/api/basic-transfers.md``. A ``multipart`` transfer
is one that clients of the Hub's protocol know: the ``upload`` action has the address that completes the file as its
``href``, and in its ``header`` the ``chunk_size`` and an address for each part, by its number. A ``tus`` transfer is
one that git-lfs knows: the ``upload`` action is an upload of tus 1.0.0 that was created already; an ``Upload-Offset``
in its ``header`` says that nobody has to ask for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from anyhub.errors import NotFoundError, TooLargeError, UnsupportedError, ValidationError
from anyhub.values import Digest

CONTENT_TYPE = "application/vnd.git-lfs+json"
BASIC, MULTIPART, TUS = "basic", "multipart", "tus"
TUS_VERSION = "1.0.0"
TUS_TYPE = "application/offset+octet-stream"
MAX_OBJECTS = 1000
MAX_SIZE = 2**50
MAX_PARTS = 10_000

Operation: TypeAlias = Literal["upload", "download"]

_SHA256 = re.compile(r"[0-9a-f]{64}")
_PARTS_THAT_CAME = "received"


@dataclass(frozen=True, slots=True)
class Batch:
    """What a client asks: to send or to get some large files, by one of the transfers that it knows."""

    operation: Operation
    digests: tuple[Digest, ...]
    transfers: tuple[str, ...] = (BASIC,)
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """Where a request goes, and which headers it has to have."""

    href: str
    header: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parts:
    """Where a large file goes in parts.

    Attributes:
        href (`str`): Where it is said that all parts are there.
        part_bytes (`int`): The size of each part but the last.
        urls: Where each part goes, the first one first.
        received: The ETags of the parts that have come already, by number from 1; stock clients send them again.
    """

    href: str
    part_bytes: int
    urls: tuple[str, ...]
    received: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Placed:
    """What is answered for one large file. Without an action and without an error, there is nothing to do.

    Attributes:
        digest (`Digest`): Which one.
        transfer (`Action` or `Parts`, *optional*): Where it is sent to, or read from.
        verify (`Action`, *optional*): Where it is asked afterwards whether it came.
        error (`tuple`, *optional*): A status of HTTP and a sentence.
    """

    digest: Digest
    transfer: Action | Parts | None = None
    verify: Action | None = None
    error: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """What completes a file that came in parts: which file, and the ETag of each part, by number."""

    sha256: str
    etags: tuple[tuple[int, str], ...]


def spell_batch(batch: Batch) -> dict[str, Any]:
    """Return the request for a batch."""
    ref = {} if batch.ref is None else {"ref": {"name": batch.ref}}
    return {
        "operation": batch.operation,
        "transfers": list(batch.transfers),
        "objects": [_spell_digest(digest) for digest in batch.digests],
        "hash_algo": "sha256",
        **ref,
    }


def read_batch(content: Mapping[str, Any]) -> Batch:
    """Read a request for a batch.

    Raises:
        ValidationError: When it is malformed.
        TooLargeError: When it asks for more than `MAX_OBJECTS` files.
        UnsupportedError: When its files are named by another hash than SHA-256.
    """
    operation, algorithm = content.get("operation"), content.get("hash_algo", "sha256")
    if operation not in ("upload", "download"):
        raise ValidationError(f"The operation of a batch is 'upload' or 'download', not {str(operation)[:40]!r}.")
    if algorithm != "sha256":
        raise UnsupportedError(f"Large files are named by 'sha256', not by {str(algorithm)[:40]!r}.")
    objects = _list(content, "objects")
    if len(objects) > MAX_OBJECTS:
        raise TooLargeError(f"A batch has at most {MAX_OBJECTS} objects, not {len(objects)}. Ask in several batches.")
    known = content.get("transfers") or [BASIC]
    transfers = tuple(each for each in known if isinstance(each, str)) if isinstance(known, list) else (BASIC,)
    ref = content.get("ref")
    name = ref.get("name") if isinstance(ref, dict) else None
    return Batch(
        operation, tuple(read_digest(each) for each in objects), transfers, name if isinstance(name, str) else None
    )


def read_digest(content: object) -> Digest:
    """Read an ``oid`` and a ``size``, of a batch or of the question whether a file came.

    Raises:
        ValidationError: When it is malformed.
    """
    oid = content.get("oid") if isinstance(content, dict) else None
    size = content.get("size") if isinstance(content, dict) else None
    if not isinstance(oid, str) or not _SHA256.fullmatch(oid):
        raise ValidationError(f"The oid of a large file is 64 lower-case hexadecimal digits, not {str(oid)[:80]!r}.")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= MAX_SIZE:
        raise ValidationError(f"The size of a large file is a whole number up to {MAX_SIZE}, not {str(size)[:40]!r}.")
    return Digest(oid, size)


def spell_verify(digest: Digest) -> dict[str, Any]:
    """Return the question whether a file came."""
    return _spell_digest(digest)


def spell_placed(transfer: str, placed: Iterable[Placed]) -> dict[str, Any]:
    """Return the answer to a batch.

    Args:
        transfer (`str`): The one that was chosen.
        placed: What is answered for each file.
    """
    return {"transfer": transfer, "objects": [_spell_one(each) for each in placed], "hash_algo": "sha256"}


def _spell_one(placed: Placed) -> dict[str, Any]:
    content = _spell_digest(placed.digest)
    if placed.error is not None:
        return content | {"error": {"code": placed.error[0], "message": placed.error[1]}}
    if placed.transfer is None:
        return content
    actions: dict[str, Any] = {}
    match placed.transfer:
        case Parts() as parts:
            actions["upload"] = {"href": parts.href, "header": _spell_parts(parts)}
        case Action() as action:
            actions["upload" if placed.verify else "download"] = _spell_action(action)
    if placed.verify:
        actions["verify"] = _spell_action(placed.verify)
    # The addresses are all that is needed: no client has to add a token to them.
    return content | {"authenticated": True, "actions": actions}


def _spell_parts(parts: Parts) -> dict[str, str]:
    header = {"chunk_size": str(parts.part_bytes)}
    header |= {str(number): url for number, url in enumerate(parts.urls, 1)}
    if parts.received:
        header[_PARTS_THAT_CAME] = " ".join(f"{number}:{etag}" for number, etag in sorted(parts.received.items()))
    return header


def read_placed(content: Mapping[str, Any], batch: Batch) -> tuple[str, list[Placed]]:
    """Read the answer to a batch.

    Args:
        content: The answer.
        batch (`Batch`): What was asked.

    Returns:
        `tuple`: The transfer that was chosen, and what was answered for those files that were asked for.

    Raises:
        ValidationError: When it is malformed.
    """
    transfer = content.get("transfer") or BASIC
    wanted = {digest.sha256: digest for digest in batch.digests}
    found = []
    for each in _list(content, "objects"):
        oid = each.get("oid") if isinstance(each, dict) else None
        if isinstance(oid, str) and oid in wanted:
            found.append(_read_one(each, wanted[oid], batch.operation))
    return str(transfer), found


def _read_one(content: Mapping[str, Any], digest: Digest, operation: Operation) -> Placed:
    if isinstance(error := content.get("error"), dict):
        code = error.get("code")
        return Placed(digest, error=(code if isinstance(code, int) else 500, str(error.get("message"))[:2000]))
    actions = content.get("actions")
    if not isinstance(actions, dict) or operation not in actions:
        return Placed(digest)
    action = _read_action(actions[operation])
    transfer = _read_parts(action, digest) if "chunk_size" in action.header else action
    return Placed(digest, transfer, _read_action(actions["verify"]) if actions.get("verify") else None)


def _read_action(content: object) -> Action:
    if not isinstance(content, dict) or not isinstance(content.get("href"), str):
        raise ValidationError("An action of Git LFS has an address under 'href'; the hub sent none.")
    header = content.get("header") or {}
    if not isinstance(header, dict):
        raise ValidationError("The headers of an action of Git LFS are an object in JSON; the hub sent something else.")
    return Action(content["href"], {str(name): str(value) for name, value in header.items()})


def _read_parts(action: Action, digest: Digest) -> Parts:
    size = action.header["chunk_size"]
    part_bytes = int(size) if size.isdecimal() and len(size) < 20 else 0
    numbered = {int(name): url for name, url in action.header.items() if name.isdecimal() and len(name) < 10}
    count = part_count(digest.size, part_bytes) if part_bytes else 0
    if not count or sorted(numbered) != list(range(1, count + 1)):
        raise ValidationError(
            f"The hub gave {len(numbered)} addresses for {digest.size:,} bytes in parts of {size[:20]}."
        )
    received = (each.partition(":") for each in action.header.get(_PARTS_THAT_CAME, "").split())
    came = {int(number): etag for number, _, etag in received if number.isdecimal() and int(number) in numbered}
    return Parts(action.href, part_bytes, tuple(url for _, url in sorted(numbered.items())), came)


def part_count(size: int, part_bytes: int) -> int:
    """Return in how many parts a file of this size comes."""
    return -(-size // part_bytes)


def spell_completion(completion: Completion) -> dict[str, Any]:
    """Return what says that all parts are there."""
    parts = [{"partNumber": number, "etag": etag} for number, etag in completion.etags]
    return {"oid": completion.sha256, "parts": parts}


def read_completion(content: Mapping[str, Any]) -> Completion:
    """Read what says that all parts are there. Whether they are is for the receiver to find.

    Raises:
        ValidationError: When it is malformed; names the part.
    """
    oid = content.get("oid")
    if not isinstance(oid, str) or not _SHA256.fullmatch(oid):
        raise ValidationError(f"The oid of a large file is 64 lower-case hexadecimal digits, not {str(oid)[:80]!r}.")
    parts = _list(content, "parts")
    if len(parts) > MAX_PARTS:
        raise TooLargeError(f"A file comes in at most {MAX_PARTS} parts, not in {len(parts)}.")
    return Completion(oid, tuple(_read_part(position, each) for position, each in enumerate(parts, 1)))


def _read_part(position: int, content: object) -> tuple[int, str]:
    number = content.get("partNumber") if isinstance(content, dict) else None
    etag = content.get("etag") if isinstance(content, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or not isinstance(etag, str):
        raise ValidationError(f"Part {position} of the list needs a whole number 'partNumber' and a text 'etag'.")
    return number, etag


def raise_refused(placed: Placed) -> None:
    """Raise the error that was answered for one file, when there is one.

    Raises:
        NotFoundError, ValidationError: With the hub's sentence.
    """
    if placed.error is None:
        return
    status, sentence = placed.error
    raise (NotFoundError if status == 404 else ValidationError)(sentence)


def _spell_digest(digest: Digest) -> dict[str, Any]:
    return {"oid": digest.sha256, "size": digest.size}


def _spell_action(action: Action) -> dict[str, Any]:
    return {"href": action.href, "header": dict(action.header)} if action.header else {"href": action.href}


def _list(content: Mapping[str, Any], name: str) -> Sequence[Any]:
    value = content.get(name)
    if not isinstance(value, list):
        raise ValidationError(f"{name!r} is a list; {type(value).__name__} was sent.")
    return value
