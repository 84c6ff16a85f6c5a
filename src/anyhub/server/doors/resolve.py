"""Single files: sent with the headers by which clients know what they get."""

from __future__ import annotations

import logging
import re
from urllib.parse import quote

from anyhub.errors import EntryNotFoundError, HubError
from anyhub.server.answers import Answer, FileBody, json_answer
from anyhub.server.call import Call, Handler
from anyhub.values import Commit, Entry, RepoId
from anyhub.wire.errors import body_of, headers_of, status_of

logger = logging.getLogger(__name__)

_COUNTED = "config.json"
_MOST_TREES = 1000
_first_files: dict[str, str | None] = {}
"""By the id of a tree, which is a hash of what is in it: the file of it that is counted."""


def resolve(call: Call) -> Answer:
    """Send a file, or say of it what ``HEAD`` asks for."""
    repo, path = call.repo(), call.parts["path"]
    commit = call.hub.resolve(repo, call.parts["revision"])
    try:
        entry = _file(call, repo, commit, path)
    except EntryNotFoundError as error:
        return _missing(error, commit)
    local = call.hub.local_path(repo, entry)
    headers = _headers(call, commit, entry)
    if _has_it(call, headers["ETag"]):
        return Answer(304, headers)
    if call.method == "HEAD":
        return Answer(200, {**headers, "Accept-Ranges": "bytes", "Content-Length": str(entry.size)})
    _count(call, repo, commit, path)
    return Answer(200, headers, FileBody(local or call.hub.open(repo, entry), entry.size))


def raw(call: Call) -> Answer:
    """Send a file as git has it, which for a large one is the pointer to it."""
    repo = call.repo()
    commit = call.hub.resolve(repo, call.parts["revision"])
    try:
        entry = _file(call, repo, commit, call.parts["path"])
    except EntryNotFoundError as error:
        return _missing(error, commit)
    data = call.hub.read_object(repo, entry.oid)
    headers = {"X-Repo-Commit": commit.oid, "ETag": f'"{entry.oid}"', **_harmless("text/plain; charset=utf-8")}
    return Answer(304, headers) if _has_it(call, headers["ETag"]) else Answer(200, headers, data)


def _file(call: Call, repo: RepoId, commit: Commit, path: str) -> Entry:
    entry = call.hub.entry(repo, commit.oid, path)
    if entry.is_folder:
        raise EntryNotFoundError(f"{path!r} is a folder; name a file in it.")
    return entry


def _missing(error: EntryNotFoundError, commit: Commit) -> Answer:
    """Refuse with the commit that was looked in, for which clients remember that the file is not there."""
    return json_answer(body_of(error), status_of(error), {**headers_of(error), "X-Repo-Commit": commit.oid})


def _headers(call: Call, commit: Commit, entry: Entry) -> dict[str, str]:
    kind = "application/octet-stream" if entry.sha256 else "text/plain; charset=utf-8"
    headers = {
        "X-Repo-Commit": commit.oid,
        "ETag": f'"{entry.etag}"',
        "Content-Disposition": _disposition(entry, saved=bool(entry.sha256) or call.flag("download")),
        **_harmless(kind),
    }
    if entry.sha256:
        headers |= {"X-Linked-Etag": f'"{entry.sha256}"', "X-Linked-Size": str(entry.size)}
    return headers


def _harmless(kind: str) -> dict[str, str]:
    """Return headers with which a browser runs nothing that somebody put into a repository."""
    return {
        "Content-Type": kind,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }


def _disposition(entry: Entry, *, saved: bool) -> str:
    """Return under which name a browser saves a file (RFC 6266); the plain name is for those that read no other."""
    name = entry.path.rpartition("/")[2]
    simple = re.sub(r"[^A-Za-z0-9._-]", "_", name, flags=re.ASCII)
    return f"{'attachment' if saved else 'inline'}; filename=\"{simple}\"; filename*=UTF-8''{quote(name, safe='')}"


def _has_it(call: Call, etag: str) -> bool:
    known = [each.strip().removeprefix("W/") for each in call.headers.get("if-none-match", "").split(",")]
    return etag in known or known == ["*"]


def _count(call: Call, repo: RepoId, commit: Commit, path: str) -> None:
    """Count a download when the file is the one by which the repository's downloads are counted.

    That is ``config.json``, or, where there is none, the first file that is no card and not hidden: each load of a
    model asks for it once. A part from the middle of a file is not counted: another request had the beginning.
    """
    if call.headers.get("range", "bytes=0-").startswith("bytes=0-") and _is_counted(call, repo, commit, path):
        try:
            call.hub.count_download(repo)
        except HubError as error:  # the file itself can be sent all the same
            logger.warning("A download of %s was not counted: %s", repo, error)


def _is_counted(call: Call, repo: RepoId, commit: Commit, path: str) -> bool:
    if path == _COUNTED:
        return True
    if commit.tree not in _first_files:
        if len(_first_files) >= _MOST_TREES:
            _first_files.clear()
        _first_files[commit.tree] = _first_file(call, repo, commit)
    return path == _first_files.get(commit.tree)


def _first_file(call: Call, repo: RepoId, commit: Commit) -> str | None:
    if call.hub.find(repo, commit.oid, [_COUNTED]):
        return _COUNTED
    files = (entry.path for entry in call.hub.tree(repo, commit.oid) if not entry.is_folder)
    return next((each for each in files if not each.startswith((".", "README"))), None)


HANDLERS: dict[str, Handler] = {"file.resolve": resolve, "file.raw": raw}
