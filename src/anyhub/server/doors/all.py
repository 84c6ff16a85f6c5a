"""Every door of the server: which handler answers which route."""

from __future__ import annotations

from anyhub.server.call import Handler
from anyhub.server.doors import (
    cards,
    collections,
    commits,
    community,
    discussions,
    git_http,
    lfs,
    lfs_files,
    listings,
    noise,
    oauth,
    people,
    preupload,
    refs,
    repos,
    resolve,
    search,
    tokens,
    tus,
    web,
    webhooks,
)
from anyhub.wire.routes import ROUTES

HANDLERS: dict[str, Handler] = {
    **{route.name: noise.unbuilt for route in ROUTES if route.unbuilt},
    **cards.HANDLERS,
    **collections.HANDLERS,
    **commits.HANDLERS,
    **community.HANDLERS,
    **discussions.HANDLERS,
    **git_http.HANDLERS,
    **lfs.HANDLERS,
    **lfs_files.HANDLERS,
    **listings.HANDLERS,
    **noise.HANDLERS,
    **oauth.HANDLERS,
    **people.HANDLERS,
    **preupload.HANDLERS,
    **refs.HANDLERS,
    **repos.HANDLERS,
    **resolve.HANDLERS,
    **search.HANDLERS,
    **tokens.HANDLERS,
    **tus.HANDLERS,
    **web.HANDLERS,
    **webhooks.HANDLERS,
}
"""The handler of each route, by its name."""
