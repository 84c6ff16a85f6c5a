"""The files of a revision, listed folder by folder or by name."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from itertools import islice

from anyhub.errors import EntryNotFoundError, TooLargeError, ValidationError
from anyhub.server.answers import Answer, json_answer
from anyhub.server.call import Call, Handler
from anyhub.server.paging import Kept, next_page
from anyhub.values import Commit, Entry, RepoId
from anyhub.wire.bodies.entries import spell_entry

PAGE = 1000
EXPANDED_PAGE = 100
MAX_PATHS = 25_000

# By commit id and folder, which say what is in it; whether the caller may see that is asked for every page.
_kept: Kept[Entry] = Kept(200_000)


def tree(call: Call) -> Answer:
    """List what is in a folder, page by page; a file in its place is listed alone."""
    repo, path = call.repo(), call.parts.get("path", "").strip("/")
    start = call.first("cursor")
    commit_id, offset = _read_cursor(start) if start else ("", 0)
    commit = call.hub.resolve(repo, commit_id or call.parts["revision"])
    expand, recursive = call.flag("expand"), call.flag("recursive")
    limit = call.number("limit", PAGE, least=1, most=EXPANDED_PAGE if expand else PAGE)
    try:
        found = call.hub.tree(repo, commit.oid, path, recursive=recursive)
        if offset:
            page: Sequence[Entry] = _kept.get((commit.oid, path, recursive), lambda: found)[offset:]
        else:
            page = list(islice(found, limit + 1))
    except EntryNotFoundError:
        page = [entry for entry in call.hub.find(repo, commit.oid, [path]) if not entry.is_folder]
        if not page:
            raise
    headers = next_page(call, cursor=_cursor(commit, offset + limit)) if len(page) > limit else {}
    return json_answer(_spelled(call, repo, commit, page[:limit], expand), headers=headers)


def _cursor(commit: Commit, offset: int) -> str:
    """Return where the next page begins: in the same commit, be the branch where it may by then."""
    return base64.urlsafe_b64encode(f"{commit.oid}:{offset}".encode()).decode()


def _read_cursor(cursor: str) -> tuple[str, int]:
    try:
        commit, _, offset = base64.b64decode(cursor, altchars=b"-_", validate=True).decode().partition(":")
        if len(commit) == 40 and offset.isdecimal() and len(offset) < 12:
            return commit, int(offset)
    except (binascii.Error, ValueError):
        pass
    raise ValidationError(f"{cursor[:40]!r} is not a cursor of this hub. Follow the Link header of the page before.")


def paths_info(call: Call) -> Answer:
    """Describe those of some paths that exist."""
    paths, expand = _asked_paths(call)
    if len(paths) > MAX_PATHS:
        raise TooLargeError(f"At most {MAX_PATHS:,} paths may be asked for at once. Ask several times.")
    repo = call.repo()
    commit = call.hub.resolve(repo, call.parts["revision"])
    found = call.hub.find(repo, commit.oid, [path for path in paths if path])
    return json_answer(_spelled(call, repo, commit, found, expand))


def _asked_paths(call: Call) -> tuple[list[str], bool]:
    if "json" in call.headers.get("content-type", ""):
        content = call.json()
        paths = content.get("paths") or []
        paths = [paths] if isinstance(paths, str) else paths
        if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            raise ValidationError("'paths' is a list of texts.")
        return [path.strip("/") for path in paths], content.get("expand") is True
    form = call.form()
    expand = any(name == "expand" and value.lower() in ("true", "1") for name, value in form)
    return [value.strip("/") for name, value in form if name in ("paths", "paths[]")], expand


def _spelled(call: Call, repo: RepoId, commit: Commit, entries: Sequence[Entry], expand: bool) -> list[object]:
    last: dict[str, Commit] = {}
    if expand:
        last = call.hub.last_commits(repo, commit.oid, [entry.path for entry in entries])
    return [spell_entry(entry, last.get(entry.path), expand=expand) for entry in entries]


HANDLERS: dict[str, Handler] = {
    "tree.list": tree,
    "tree.list_folder": tree,
    "paths.info": paths_info,
}
