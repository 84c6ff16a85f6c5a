"""Files: listing, reading and committing them."""

from __future__ import annotations

from anyhub.wire.routes.route import Needs, Route
from anyhub.wire.routes.schemas import COUNT, FLAG, TEXT, Schema, one_of, some, thing

_REPO = "/api/{type}/{repo}"
_FILE = "/{prefix}{repo}"
_BINARY: Schema = {"type": "string", "format": "binary"}
_SHA256: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_TREE: dict[str, Schema] = {
    "recursive": FLAG,
    "expand": FLAG,
    "limit": {"type": "integer", "minimum": 1, "maximum": 1000},
    "cursor": TEXT,
}

_LISTING = (
    Route(
        "tree.list",
        "GET",
        f"{_REPO}/tree/{{revision}}",
        Needs.SEE,
        "List the files of a revision.",
        query=_TREE,
    ),
    Route(
        "tree.list_folder",
        "GET",
        f"{_REPO}/tree/{{revision}}/{{path*}}",
        Needs.SEE,
        "List the files of a folder.",
        query=_TREE,
    ),
    Route(
        "paths.info",
        "POST",
        f"{_REPO}/paths-info/{{revision}}",
        Needs.SEE,
        "Describe some files of a revision.",
        body=thing("paths", paths=some(TEXT, 25_000), expand=FLAG),
    ),
)

_COMMITTING = (
    Route(
        "commit.preupload",
        "POST",
        f"{_REPO}/preupload/{{revision}}",
        Needs.PROPOSE,
        "Say how each file of a commit to come is to be sent.",
        query={"create_pr": FLAG},
        body=thing(
            "files",
            files=some(thing("path", path=TEXT, size=COUNT, sample={**TEXT, "contentEncoding": "base64"}), 1000),
            gitIgnore=TEXT,
        ),
    ),
    Route(
        "commit.create",
        "POST",
        f"{_REPO}/commit/{{revision}}",
        Needs.PROPOSE,
        "Commit changes, or open a pull request with them.",
        query={"create_pr": FLAG, "hot_reload": FLAG},
        body=_BINARY,
        content_type="application/x-ndjson",
    ),
)

_READING = (
    Route(
        "file.resolve",
        "GET",
        f"{_FILE}/resolve/{{revision}}/{{path*}}",
        Needs.READ,
        "Send a file.",
        query={"download": FLAG},
    ),
    Route(
        "file.raw",
        "GET",
        f"{_FILE}/raw/{{revision}}/{{path*}}",
        Needs.READ,
        "Send a file as git has it: the pointer, for a large one.",
    ),
)

_LARGE = (
    Route("lfs_files.list", "GET", f"{_REPO}/lfs-files", Needs.WRITE, "List large files."),
    Route(
        "lfs_files.purge",
        "POST",
        f"{_REPO}/lfs-files/batch",
        Needs.MANAGE,
        "Remove large files for good.",
        body=thing("deletions", deletions=thing("sha", sha=some(_SHA256, 1000), rewriteHistory=FLAG)),
    ),
    Route(
        "lfs_files.duplicate",
        "POST",
        f"{_REPO}/lfs-files/duplicate",
        Needs.READ,
        "Let another repository link large files of this one.",
        body=thing(
            "target",
            "files",
            target=thing("type", "name", type=one_of("model", "dataset", "space"), name=TEXT),
            files=some(thing("sha256", sha256=_SHA256, filename=TEXT), 1000),
        ),
    ),
)

ROUTES = (*_LISTING, *_COMMITTING, *_READING, *_LARGE)
