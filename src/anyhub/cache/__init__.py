"""Files of a hub on this disk, in the layout that the ecosystem knows."""

from __future__ import annotations

from anyhub.cache.repo import CachedRepo, cached_repo
from anyhub.cache.snapshot import fetch_file, fetch_snapshot, resolve_commit

__all__ = ["CachedRepo", "cached_repo", "fetch_file", "fetch_snapshot", "resolve_commit"]
