"""Every path of the server, named, in one table that both ends import."""

from __future__ import annotations

from anyhub.wire.routes import community, discussions, files, noise, people, repos, transfer, web
from anyhub.wire.routes.route import Method, Needs, Route

ROUTES: tuple[Route, ...] = (
    *noise.ROUTES,
    *people.ROUTES,
    *community.ROUTES,
    *discussions.ROUTES,
    *files.ROUTES,
    *transfer.ROUTES,
    *repos.ROUTES,
    *web.ROUTES,
)
BY_NAME = {route.name: route for route in ROUTES}

__all__ = ["BY_NAME", "ROUTES", "Method", "Needs", "Route"]
