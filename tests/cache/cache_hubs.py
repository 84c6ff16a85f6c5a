"""A repository with four files, and hubs that count or lie."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from anyhub.cache import CachedRepo, cached_repo
from anyhub.hub.repos import fetching
from anyhub.progress import Update
from anyhub.values import AddFile, Digest, Entry

WEIGHTS = bytes(range(256)) * 64
FILES = {
    "config.json": b'{"hidden_size": 128}\n',
    "model.safetensors": WEIGHTS,
    "logs/first.txt": b"1\n",
    "logs/second.txt": b"2\n",
}


class Counting:
    """A hub that remembers which of its verbs were used."""

    def __init__(self, hub: Any) -> None:
        self._hub = hub
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._hub, name)
        if callable(found):
            self.calls.append(name)
        return found


class Lying(Counting):
    """A hub that gives other bytes than it promised."""

    def __init__(self, hub: Any, spoil: Callable[[bytes], bytes]) -> None:
        super().__init__(hub)
        self._spoil = spoil

    def local_path(self, repo: Any, entry: Entry) -> Path | None:
        return None

    def open(self, repo: Any, entry: Entry) -> io.BytesIO:
        with self._hub.open(repo, entry) as stream:
            return io.BytesIO(self._spoil(stream.read()))

    def fetch(self, repo: Any, entry: Entry, partial: Path, update: Update) -> Digest:
        return fetching.stream(repo, entry, self.open(repo, entry), partial, update)


def filled(hub: Any) -> Counting:
    repo = hub.repo_id("me/x")
    hub.create(repo)
    hub.commit(repo, [AddFile(path, data) for path, data in FILES.items()], message="Add files")
    return Counting(hub)


def cached(hub: Any, **options: Any) -> CachedRepo:
    return cached_repo("me/x", endpoint=hub, **options)


def head(hub: Any) -> str:
    return str(hub.resolve(hub.repo_id("me/x")).oid)
