"""Files and folders in JSON: as listings of a tree have them, and as the description of a repository does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anyhub.values import Commit, Entry
from anyhub.wire.bodies import reading
from anyhub.wire.bodies.reading import maybe, need, spell_date

UNSCANNED = {"status": "unscanned", "avScan": None, "pickleImportScan": None}
"""What is said of the security of a file: nobody looked."""


def spell_entry(entry: Entry, last: Commit | None = None, *, expand: bool = False) -> dict[str, Any]:
    """Return a file or folder in JSON, as the listing of a tree has it.

    Args:
        entry (`Entry`): Which one.
        last (`Commit`, *optional*): The commit that last changed it.
        expand (`bool`): Whether ``last`` and what is known of the file's security are told.
    """
    spelled: dict[str, Any] = {
        "type": "directory" if entry.is_folder else "file",
        "oid": entry.oid,
        "size": entry.size,
        "path": entry.path,
    }
    if entry.sha256:
        spelled["lfs"] = {"oid": entry.sha256, "size": entry.size, "pointerSize": entry.pointer_size}
    if expand and last is not None:
        spelled["lastCommit"] = {"id": last.oid, "title": last.title, "date": spell_date(last.date)}
    if expand and not entry.is_folder:
        spelled["securityFileStatus"] = UNSCANNED
    return spelled


def read_entry(content: Mapping[str, Any], commit: str = "") -> Entry:
    """Return the file or folder that a line of a tree's listing tells of.

    Args:
        content: The line.
        commit (`str`): The commit that was listed.

    Raises:
        CorruptFileError: When it is not such a line.
    """
    if need(content, "type", str) == "directory":
        return Entry(need(content, "path", str), reading.oid(content, "oid"), is_folder=True, commit=commit)
    return _file(need(content, "path", str), content, "oid", "oid", commit)


def spell_sibling(entry: Entry, *, blobs: bool) -> dict[str, Any]:
    """Return a file in JSON, as the description of a repository has it.

    Args:
        entry (`Entry`): Which one.
        blobs (`bool`): Whether its size and digests are told.
    """
    spelled: dict[str, Any] = {"rfilename": entry.path}
    if blobs:
        spelled |= {"size": entry.size, "blobId": entry.oid}
        if entry.sha256:
            spelled["lfs"] = {"sha256": entry.sha256, "size": entry.size, "pointerSize": entry.pointer_size}
    return spelled


def read_sibling(content: Mapping[str, Any], commit: str = "") -> Entry:
    """Return the file that the description of a repository, asked for with ``blobs=true``, tells of.

    Raises:
        CorruptFileError: When it is not a file, or its size and digests are not told.
    """
    return _file(need(content, "rfilename", str), content, "blobId", "sha256", commit)


def _file(path: str, content: Mapping[str, Any], blob: str, large: str, commit: str) -> Entry:
    lfs = maybe(content, "lfs", dict)
    if lfs is None:
        return Entry(path, reading.oid(content, blob), reading.size(content, "size"), commit=commit)
    return Entry(
        path,
        reading.oid(content, blob),
        reading.size(lfs, "size"),
        reading.sha256(lfs, large),
        pointer_size=maybe(lfs, "pointerSize", int) or 0,
        commit=commit,
    )
