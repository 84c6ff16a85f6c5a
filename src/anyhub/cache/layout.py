"""Where the cache keeps things; no other module joins the names of its folders.

::

    <cache root>/
    └── folder-hub-1f0c64a2b9d3/            one folder for each hub, named after its endpoint
        └── models--me--x/                  one for each repository; `datasets--…` and `spaces--…` likewise
            ├── blobs/<etag>                the bytes of a file, read-only: its SHA-256, or the id of its git blob
            ├── refs/<revision>             the commit id that a branch, tag or pull request was last seen at
            ├── snapshots/<commit>/<path>   a link to the blob that the file is in that commit
            ├── .no_exist/<commit>/<path>   a file that the commit does not have, and the sentence that says so
            └── .entries/<commit>           which files the commit has: see `anyhub.cache.entries`

Below the folder of a hub this is the layout of the Hugging Face tools (`huggingface_hub`, "Understand caching"), so
that they and this package read each other's files; ``.entries`` is an addition that they pass over. The public Hugging
Face hub has no folder of its own: its repositories lie directly in the folder where those tools keep them.

A hub has its own folder so that ``me/x`` on one is never answered with the files of another.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from anyhub.errors import CorruptFileError, InvalidRevisionError
from anyhub.paths import check_path
from anyhub.values import RepoId, check_ref_name, is_commit_id

HUGGING_FACE = "https://huggingface.co"

_ORIGIN = re.compile(r"(https?)://((?:[a-z0-9.]|-(?!-))+)(?::([0-9]+))?")  # a host without `--`, which separates here
_SCHEME = re.compile(r"([a-z][a-z0-9+.]+):")  # two letters or more: `C:` is a drive
_ETAG = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_PULL_REQUEST = re.compile(r"refs/pr/[1-9][0-9]{0,9}")
_DIGITS = 12
_MAX_READABLE = 60
_MAX_NAMESPACE = 120


def hub_folder(endpoint: str, home: Path, cache_dir: str | Path | None = None) -> Path:
    """Return the folder in which the cache keeps everything of one hub.

    Args:
        endpoint (`str`): The address of the hub, as `ReadsRepos.endpoint` gives it.
        home (`Path`): Where anyhub keeps its data.
        cache_dir (`str` or `Path`, *optional*): The root of the cache. When None it is the environment variable
            ``ANYHUB_CACHE``, or ``cache`` in ``home``; for the public Hugging Face hub, ``HF_HUB_CACHE``, ``hub`` in
            ``HF_HOME``, or ``~/.cache/huggingface/hub``.
    """
    endpoint = endpoint.rstrip("/") or endpoint
    if endpoint == HUGGING_FACE:
        return _expanded(cache_dir) if cache_dir is not None else _hugging_face_root()
    return cache_root(home, cache_dir) / endpoint_name(endpoint)


def cache_root(home: Path, cache_dir: str | Path | None = None) -> Path:
    """Return the folder that holds the folders of hubs; the arguments are those of `hub_folder`."""
    return _expanded(cache_dir if cache_dir is not None else os.environ.get("ANYHUB_CACHE") or home / "cache")


def repo_folders(root: Path) -> Iterator[tuple[str, str, str, RepoFolder]]:
    """Walk the repositories below a root of the cache: the name of the hub's folder, type, ``namespace/name``, folder.

    A root that is itself the folder of a hub, as that of the Hugging Face tools is, has its own name as the hub's.
    """
    for hub in (root, *(sorted(root.iterdir()) if root.is_dir() else ())):
        for folder in sorted(hub.iterdir()) if hub.is_dir() else ():
            kind, _, name = folder.name.partition("--")
            namespace, separator, short = name.rpartition("--")  # which a name can not have in it, and a namespace can
            if kind in ("models", "datasets", "spaces") and folder.is_dir():
                full = f"{unquote(namespace)}/{short}" if separator else short
                yield hub.name, kind.removesuffix("s"), full, RepoFolder(folder)


def endpoint_name(endpoint: str) -> str:
    """Return the name of the folder of a hub: readable, and different for every endpoint.

    It is the origin of an ``http`` address, such as ``https--hub.example.org--8443``. For any other endpoint it is the
    kind, the last name for people, and the beginning of the SHA-256 of the whole for certainty.
    """
    if origin := _ORIGIN.fullmatch(endpoint):
        return "--".join(filter(None, origin.groups()))
    digest = hashlib.sha256(endpoint.encode(errors="surrogateescape")).hexdigest()[:_DIGITS]
    scheme = _SCHEME.match(endpoint)
    last = re.split(r"[/\\:@]", endpoint.rstrip("/\\"))[-1]
    return "-".join(filter(None, (scheme[1] if scheme else "folder", _readable(last), digest)))


def _readable(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._]+", "-", text)[:_MAX_READABLE].strip("-.")


def _expanded(root: str | Path) -> Path:
    return Path(root).expanduser().absolute()


def _hugging_face_root() -> Path:
    if root := os.environ.get("HF_HUB_CACHE"):
        return _expanded(root)
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "huggingface")
    return _expanded(home) / "hub"


@dataclass(frozen=True, slots=True)
class RepoFolder:
    """The folder of one repository in the cache.

    Every name that comes from outside is checked before it becomes part of a path, so that nothing which a hub says
    leads out of the folder.

    Attributes:
        root (`Path`): The folder itself.
    """

    root: Path

    @classmethod
    def of(cls, repo: RepoId, hub_folder: Path) -> RepoFolder:
        """Return the folder of a repository in the folder of its hub."""
        return cls(hub_folder / f"{repo.type}s--{_folder_name(repo.namespace)}--{repo.name}")

    def blob(self, etag: str) -> Path:
        """Return where the bytes of that name are.

        Raises:
            CorruptFileError: When the name is neither a SHA-256 nor a git object id.
        """
        if not _ETAG.fullmatch(etag):
            raise CorruptFileError(
                f"The hub names a file's content {etag[:80]!r}, which is no digest; ask whoever runs the hub."
            )
        return self.root / "blobs" / etag

    def ref(self, revision: str) -> Path:
        """Return where it is noted which commit a revision was last seen at."""
        if not _PULL_REQUEST.fullmatch(revision):
            check_ref_name(revision.removeprefix("refs/heads/").removeprefix("refs/tags/"), "revision")
        return self.root / "refs" / revision

    def snapshot(self, commit: str) -> Path:
        """Return the folder of the files of one commit."""
        return self.root / "snapshots" / _checked(commit)

    def file(self, commit: str, path: str) -> Path:
        """Return where a file of a commit is."""
        return self.snapshot(commit) / check_path(path)

    def missing(self, commit: str, path: str) -> Path:
        """Return where it is noted that a commit does not have a file."""
        return self.root / ".no_exist" / _checked(commit) / check_path(path)

    def entries(self, commit: str) -> Path:
        """Return where it is noted which files a commit has."""
        return self.root / ".entries" / _checked(commit)


def _folder_name(namespace: str) -> str:
    """Return a namespace as part of the name of a folder on every file system; nearly all are what they are.

    Only the escapes have a ``%``, so that no two namespaces are one. One that would be too long for a file system is
    told by its SHA-256, and can not be read from the folder.
    """
    escaped = quote(namespace, safe="@+")
    if len(escaped) <= _MAX_NAMESPACE:
        return escaped
    return f"%{hashlib.sha256(namespace.encode()).hexdigest()}"


def _checked(commit: str) -> str:
    if not is_commit_id(commit):
        raise InvalidRevisionError(f"{commit[:80]!r} is not a full commit id; resolve the revision first.")
    return commit
