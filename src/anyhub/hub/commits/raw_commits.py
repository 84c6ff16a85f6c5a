"""Commits and tags as git keeps them: read whatever strangers wrote in them, and written again with other parents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from anyhub.errors import ValidationError
from anyhub.git.objects import GitObject
from anyhub.values import Commit

_AUTHOR = re.compile(rb"(.*?) ?<[^<>]*>(?: .*)?")
_COMMITTED = re.compile(rb".*> ([0-9]{1,18}) [+-][0-9]{4}")
_OID = re.compile(rb"[0-9a-f]{40}")
_LAST_SECOND = 253_402_300_799  # of the year 9999, the last that Python knows
_MAX_TITLE = 1000
_MAX_PARENTS = 1000


def commit_of(found: GitObject) -> Commit:
    """Read a commit: what does not decode is replaced.

    Raises:
        ValidationError: When it is none.
    """
    headers, message = _cut(found)
    tree = headers.get(b"tree", [b""])[0]
    parents = headers.get(b"parent", [])
    if found.type != "commit" or not all(map(_OID.fullmatch, (tree, *parents))) or len(parents) > _MAX_PARENTS:
        raise _broken(found)
    title, _, body = _text(message).strip().partition("\n")
    author = _AUTHOR.fullmatch(headers.get(b"author", [b""])[0])
    return Commit(
        found.oid,
        tree.decode(),
        tuple(parent.decode() for parent in parents),
        title.strip()[:_MAX_TITLE],
        body.strip(),
        _text(author[1]).strip() if author else "",
        _date(headers.get(b"committer", [b""])[0]),
    )


def tagged(found: GitObject) -> str:
    """Return the id of what an annotated tag is of.

    Raises:
        ValidationError: When it is no tag.
    """
    target = _cut(found)[0].get(b"object", [b""])[0]
    if found.type != "tag" or not _OID.fullmatch(target):
        raise _broken(found)
    return target.decode()


def with_other_ids(found: GitObject, ids: Mapping[str, str]) -> GitObject:
    """Return a commit or tag that names other objects, and is the same else; a signature that no longer fits goes."""
    head, _, rest = found.data.partition(b"\n\n")
    lines = []
    signed = False
    for line in head.split(b"\n"):
        signed = line.startswith((b"gpgsig ", b"gpgsig-sha256 ")) or (signed and line.startswith(b" "))
        key, _, value = line.partition(b" ")
        if key in (b"tree", b"parent", b"object"):
            line = key + b" " + ids.get(value.decode(), value.decode()).encode()
        if not signed:
            lines.append(line)
    if found.type == "tag":
        rest = re.split(rb"^-----BEGIN (?:PGP|SSH) ", rest, maxsplit=1, flags=re.MULTILINE)[0]
    return GitObject.of(found.type, b"\n".join(lines) + b"\n\n" + rest)


def _cut(found: GitObject) -> tuple[dict[bytes, list[bytes]], bytes]:
    """Return the headers by name, and the message."""
    head, _, message = found.data.partition(b"\n\n")
    headers: dict[bytes, list[bytes]] = {}
    for line in head.split(b"\n"):
        key, _, value = line.partition(b" ")
        headers.setdefault(key, []).append(value)
    return headers, message


def _date(committer: bytes) -> datetime:
    found = _COMMITTED.fullmatch(committer)
    return datetime.fromtimestamp(min(int(found[1]), _LAST_SECOND) if found else 0, UTC)


def _text(data: bytes) -> str:
    return data.decode(errors="replace").replace("\0", "\ufffd")


def _broken(found: GitObject) -> ValidationError:
    return ValidationError(f"The {found.type} {found.oid} can not be read. Repair it; `git fsck` tells more.")
