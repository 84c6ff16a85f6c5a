"""What a client asks ahead of a commit: how each file is to be sent, and which need not be."""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from typing import Any

from anyhub.errors import TooLargeError, ValidationError
from anyhub.git.ignoring import IGNORE_PATH, MAX_IGNORE_BYTES, Ignored
from anyhub.git.pointers import (
    ATTRIBUTES_PATH,
    LARGE_FILE_BYTES,
    MAX_ATTRIBUTES_BYTES,
    SAMPLE_BYTES,
    Attributes,
    looks_binary,
)
from anyhub.server.answers import Answer, json_answer
from anyhub.server.call import Call, Handler, field
from anyhub.server.rights import check_proposes
from anyhub.values import Commit, RepoId

MAX_FILES = 1000


def preupload(call: Call) -> Answer:
    """Say of each file whether it goes into git or beside it, what is there already, and whether it is left out."""
    content = call.json()
    given = field(content, "files", list)
    if len(given) > MAX_FILES:
        raise TooLargeError(f"At most {MAX_FILES:,} files may be asked about at once. Ask several times.")
    files = [_checked(file) for file in given]
    repo = call.repo()
    check_proposes(call, repo)  # here, and not when the files have been sent
    commit = call.hub.resolve(repo, call.parts["revision"])
    attributes = Attributes.of(_read(call, repo, commit, ATTRIBUTES_PATH, MAX_ATTRIBUTES_BYTES))
    ignored = _ignored(call, repo, commit, content)
    present = {entry.path: entry for entry in call.hub.find(repo, commit.oid, [path for path, _, _ in files])}
    answers = []
    for path, size, sample in files:
        is_large = _is_large(path, size, sample, attributes)
        answer = {
            "path": path,
            "uploadMode": "lfs" if is_large else "regular",
            "shouldIgnore": ignored is not None and ignored.has(path),
        }
        entry = present.get(path)
        if entry is not None and not entry.is_folder and bool(entry.sha256) == is_large:
            answer["oid"] = entry.etag
        answers.append(answer)
    return json_answer({"files": answers})


def _checked(file: object) -> tuple[str, int, bytes]:
    if not isinstance(file, dict):
        raise ValidationError("Each of 'files' is an object with 'path', 'size' and 'sample'.")
    path, size = field(file, "path", str), field(file, "size", int, 0)
    try:
        sample = binascii.a2b_base64(field(file, "sample", str, ""))
    except ValueError:
        raise ValidationError(f"The sample of {path[:100]!r} is not base64.") from None
    return path, size, sample[:SAMPLE_BYTES]


def _is_large(path: str, size: int, sample: bytes, attributes: Attributes) -> bool:
    """Decide as a commit would, of a sample in the place of the file; a sample may end inside a character."""
    if size == 0 or path == ATTRIBUTES_PATH:
        return False
    if size >= LARGE_FILE_BYTES or attributes.says_large(path):
        return True
    return looks_binary(_whole_characters(sample) if len(sample) < size else sample)


def _whole_characters(sample: bytes) -> bytes:
    """Return a sample without the character of UTF-8 at its end that it has only the beginning of."""
    for back in range(1, min(4, len(sample)) + 1):
        byte = sample[-back]
        if byte & 0xC0 != 0x80:  # the first byte of a character, which says how long that is
            length = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
            return sample[:-back] if length > back else sample
    return sample


def _ignored(call: Call, repo: RepoId, commit: Commit, content: Mapping[str, Any]) -> Ignored | None:
    """Return the rules that were sent along; else those of the repository, when it has any."""
    if content.get("gitIgnore") is not None:
        sent = field(content, "gitIgnore", str).encode()
        if len(sent) > MAX_IGNORE_BYTES:
            raise TooLargeError(f"'gitIgnore' may have at most {MAX_IGNORE_BYTES:,} bytes. Write fewer lines.")
        return Ignored(sent)
    data = _read(call, repo, commit, IGNORE_PATH, MAX_IGNORE_BYTES)
    return Ignored(data) if data else None


def _read(call: Call, repo: RepoId, commit: Commit, path: str, most: int) -> bytes:
    """Return a small file of the repository; nothing when it is not there, or is large."""
    found = call.hub.find(repo, commit.oid, [path])
    if not found or found[0].is_folder or found[0].sha256 or found[0].size > most:
        return b""
    return call.hub.read_object(repo, found[0].oid)


HANDLERS: dict[str, Handler] = {"commit.preupload": preupload}
