"""The verbs of a hub on the network that change nothing."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

from anyhub.errors import (
    CorruptFileError,
    EntryNotFoundError,
    GatedRepoError,
    HubError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
    did_you_mean,
)
from anyhub.hub.remote.calls import RemoteCalls, no_answer
from anyhub.hub.remote.listings import Listing, check_commit
from anyhub.hub.remote.stream import BLOCK, RemoteStream
from anyhub.progress import Update
from anyhub.transfer.download import download
from anyhub.values import DEFAULT_BRANCH, Commit, Digest, Entry, Query, Ref, RepoId, RepoInfo, spelled_owner
from anyhub.wire.bodies import reading
from anyhub.wire.bodies.commits import read_commit
from anyhub.wire.bodies.entries import read_entry, read_sibling
from anyhub.wire.bodies.refs import read_refs
from anyhub.wire.bodies.repos import SORT_NAMES, read_info

_PAGE = 1000


class RemoteReading(RemoteCalls):
    """Implements `anyhub.hub.interface.ReadsRepos` by the Hub's protocol."""

    def repo_id(self, text: str, type: str | None = None) -> RepoId:
        """Return the id that a text means; a bare name belongs to whoever the hub says asks, which it is asked once."""
        written = getattr(text, "repo_id", text)
        bare = isinstance(written, str) and written and "/" not in written
        RepoId.parse(written, namespace="x", type=type, any_owner=True)  # what is malformed needs no asking
        return RepoId.parse(written, namespace=self._own_name() if bare else "", type=type, any_owner=True)

    def url(self, repo: RepoId, *parts: str) -> str:
        """Return an address of a repository, for people."""
        kind = [] if repo.type == "model" else [f"{repo.type}s"]
        return "/".join([self.endpoint, *kind, spelled_owner(repo.namespace), repo.name, *parts])

    def find_repo(self, repo: RepoId) -> RepoInfo | None:
        """Return what is known of a repository, or None."""
        try:
            return read_info(self._ask_object("repo.info", repo), repo.type)
        except RepositoryNotFoundError:
            return None

    def info(self, repo: RepoId) -> RepoInfo:
        """Return what is known of a repository as a whole."""
        with self._naming_the_nearest(repo):
            return read_info(self._ask_object("repo.info", repo), repo.type)

    def search(self, query: Query) -> Iterator[RepoInfo]:
        """List repositories, page by page as they are asked for."""
        address = self._address("repo.search", query=_parameters(query), type=f"{query.type}s")
        return islice((read_info(line, query.type) for line in self._pages(address)), query.limit)

    def resolve(self, repo: RepoId, revision: str = DEFAULT_BRANCH) -> Commit:
        """Return the commit that a revision is at now; what the hub says of its files is remembered."""
        with self._naming_the_nearest(repo):
            content = self._ask_object("repo.info_at", repo, query=[("blobs", "true")], revision=revision)
        oid = reading.oid(content, "sha")
        told = reading.maybe(content, "lastCommit", dict)
        commit = read_commit(told) if told is not None else self._commit(repo, oid)
        if commit.oid != oid:
            raise no_answer("which commit the revision is at")
        self._remember(repo, commit, content)
        return commit

    def refs(self, repo: RepoId) -> list[Ref]:
        """List branches, tags and the heads of pull requests."""
        return read_refs(self._ask_object("ref.list", repo, query=[("include_prs", "1")]))

    def history(self, repo: RepoId, revision: str = DEFAULT_BRANCH) -> Iterator[Commit]:
        """Walk from a revision to the first commit; every page is asked for by the id of the newest commit."""
        first = self._ask("commit.list", repo, query=[("limit", str(_PAGE))], revision=revision)
        return self._history(repo, _commits(first.json()), more="next" in first.headers.get("link", ""))

    def _history(self, repo: RepoId, page: list[Commit], *, more: bool) -> Iterator[Commit]:
        newest, number, seen = page[0].oid if page else "", 0, {commit.oid for commit in page}
        while True:
            yield from page
            if not more or not page:
                return
            number += 1
            query = [("limit", str(_PAGE)), ("p", str(number))]
            answer = self._ask("commit.list", repo, query=query, revision=newest)
            page = [commit for commit in _commits(answer.json()) if commit.oid not in seen]
            seen.update(commit.oid for commit in page)
            more = "next" in answer.headers.get("link", "")

    def tree(self, repo: RepoId, commit: str, path: str = "", *, recursive: bool = True) -> Iterator[Entry]:
        """List what is in a folder of a commit."""
        listing = self._listing(repo, commit)
        if listing.everything is not None:
            return listing.walk(path, recursive=recursive)
        return self._tree(repo, commit, path, recursive=recursive)

    def find(self, repo: RepoId, commit: str, paths: Sequence[str]) -> list[Entry]:
        """Return the entries of those of ``paths`` that exist."""
        known = self._known(repo, commit, paths)
        return [known[path] for path in paths if path in known]

    def entry(self, repo: RepoId, commit: str, path: str) -> Entry:
        """Return the entry of one file or folder."""
        found = self._known(repo, commit, [path]).get(path)
        if found is None:
            raise self._listing(repo, commit).not_found(path)
        return found

    def open(self, repo: RepoId, entry: Entry) -> BinaryIO:
        """Return a seekable stream of a file's content; one that is small is brought and checked as a whole."""
        if entry.is_folder:
            raise EntryNotFoundError(f"{entry.path!r} is a folder; name a file in it.")
        url = self._file(repo, entry)
        try:
            if entry.size > BLOCK:
                stream = RemoteStream(self._transport, url, entry.size, entry.path)
                return cast("BinaryIO", io.BufferedReader(stream, 2**16))
            data = self._transport.request("GET", url, limit=BLOCK + 1).data
        except RevisionNotFoundError as error:
            raise EntryNotFoundError(f"{repo} has no {entry.path!r} of that commit: {error.message}") from None
        if _etag(entry, data) != entry.etag:
            raise CorruptFileError(f"The hub sent other bytes for {entry.path!r} than it announced. Try again.")
        return io.BytesIO(data)

    def local_path(self, repo: RepoId, entry: Entry) -> Path | None:  # noqa: ARG002 - as the protocol has it
        """Return None: the files are on another machine."""
        return None

    def fetch(self, repo: RepoId, entry: Entry, partial: Path, update: Update) -> Digest:
        """Bring the content of a file into ``partial``, going on where an earlier call was cut."""
        if entry.is_folder:
            raise EntryNotFoundError(f"{entry.path!r} is a folder; name a file in it.")
        return download(self._transport, self._file(repo, entry), entry, partial, update)

    # -- inside

    @contextmanager
    def _naming_the_nearest(self, repo: RepoId) -> Iterator[None]:
        """Add to the error for a repository that is not there which one may be meant, of those that the caller sees."""
        try:
            yield
        except GatedRepoError:
            raise
        except RepositoryNotFoundError as error:
            try:
                found = self.search(Query(repo.type, author=repo.namespace, limit=_PAGE))
                hint = did_you_mean(str(repo), [str(info.repo) for info in found])
            except HubError:
                hint = ""
            raise type(error)(error.message + hint, **error.details) from None

    def _file(self, repo: RepoId, entry: Entry) -> str:
        return self._address("file.resolve", repo, revision=check_commit(entry), path=entry.path)

    def _commit(self, repo: RepoId, oid: str) -> Commit:
        """Ask for one commit by its id."""
        answer = self._ask("commit.list", repo, query=[("limit", "1")], revision=oid)
        found = _commits(answer.json())
        if not found or found[0].oid != oid:
            raise no_answer(f"what the commit {oid[:7]} is")
        return found[0]

    def _listing(self, repo: RepoId, commit: str) -> Listing:
        known = self._listings.get(repo.key, commit)
        if known is None:
            self.resolve(repo, commit)
            known = self._listings.get(repo.key, commit)
        if known is None:
            raise no_answer(f"which files the commit {commit[:7]} has")
        return known

    def _remember(self, repo: RepoId, commit: Commit, content: Mapping[str, Any]) -> None:
        lines = [reading.is_a(line, dict, "a file") for line in reading.maybe(content, "siblings", list) or ()]
        if all(line.get("blobId") for line in lines):
            entries = [read_sibling(line, commit.oid) for line in lines]
        else:  # a hub that tells only names there
            entries = [entry for entry in self._tree(repo, commit.oid, "", recursive=True) if not entry.is_folder]
        self._listings.put(repo.key, commit.oid, Listing(entries, commit.tree))

    def _tree(self, repo: RepoId, commit: str, path: str, *, recursive: bool) -> Iterator[Entry]:
        route, parts = ("tree.list_folder", {"path": path}) if path else ("tree.list", {})
        query = [("recursive", "true" if recursive else "false"), ("expand", "false")]
        address = self._address(route, repo, query, revision=commit, **parts)
        return (read_entry(line, commit) for line in self._pages(address))

    def _known(self, repo: RepoId, commit: str, paths: Sequence[str]) -> Mapping[str, Entry]:
        """Return by path what is known of some files and folders."""
        listing = self._listing(repo, commit)
        if all(path in listing.files for path in paths):
            return listing.files
        if listing.everything is not None:
            return listing.everything
        return {entry.path: entry for entry in self._tree(repo, commit, "", recursive=True)}


def _commits(content: object) -> list[Commit]:
    lines = reading.is_a(content, list, "the answer")
    return [read_commit(reading.is_a(line, dict, "a commit")) for line in lines]


def _etag(entry: Entry, data: bytes) -> str:
    if entry.sha256:
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _parameters(query: Query) -> list[tuple[str, str]]:
    """Return a search as the parameters that hubs know."""
    found = [("search", text) for text in query.search] + [("filter", tag) for tag in query.tags]
    single = {
        "author": query.author,
        "pipeline_tag": query.pipeline_tag,
        "library": query.library,
        "gated": None if query.gated is None else str(query.gated).lower(),
        "num_parameters": ",".join(
            f"{end}:{count}"
            for end, count in (("min", query.min_parameters), ("max", query.max_parameters))
            if count is not None
        )
        or None,
        "sort": SORT_NAMES[query.sort],
        "direction": "1" if query.ascending else "-1",
        "limit": None if query.limit is None else str(min(query.limit, _PAGE)),
        "cursor": query.after,
        "full": "true",
    }
    return [*found, *((name, value) for name, value in single.items() if value is not None)]
