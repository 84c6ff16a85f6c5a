"""Which route a path means, decided before anything in it is decoded."""

from __future__ import annotations

import pytest

from anyhub.errors import NotFoundError, ValidationError
from anyhub.server.doors.all import HANDLERS
from anyhub.server.routing import MethodError, Router
from anyhub.wire.routes import ROUTES

ROUTER = Router(ROUTES)


def test_every_route_has_a_handler_and_every_handler_a_route() -> None:
    assert sorted(HANDLERS) == sorted(route.name for route in ROUTES)


@pytest.mark.parametrize(
    ("method", "path", "name", "parts"),
    [
        ("GET", "/", "server.home", {}),
        ("GET", "/api/models/a/b", "repo.info", {"type": "models", "repo": "a/b"}),
        ("GET", "/api/models/a", "repo.info", {"type": "models", "repo": "a"}),
        ("GET", "/api/models/a/refs", "repo.info", {"type": "models", "repo": "a/refs"}),
        ("GET", "/api/models/a/b/refs", "ref.list", {"type": "models", "repo": "a/b"}),
        ("GET", "/api/models/a/b/revision/refs%2Fpr%2F1", "repo.info_at", {"revision": "refs/pr/1"}),
        ("GET", "/api/models/a/b/revision/x%252Fy", "repo.info_at", {"revision": "x%2Fy"}),
        ("HEAD", "/a/b/resolve/main/x/y.txt", "file.resolve", {"prefix": "", "repo": "a/b", "path": "x/y.txt"}),
        ("GET", "/a/resolve/main/x.txt", "file.resolve", {"prefix": "", "repo": "a"}),
        ("GET", "/datasets/a/b/resolve/main/x", "file.resolve", {"prefix": "datasets/", "repo": "a/b"}),
        ("GET", "/a/b.git/info/refs", "git.refs", {"repo": "a/b"}),
        ("GET", "/api/spaces/a/b/runtime", "unbuilt.space_runtime.get", {"namespace": "a"}),
        ("GET", "/api/resource-groups", "unbuilt.resource_groups_all.get", {}),
        ("POST", "/api/scim/v2/Users", "unbuilt.scim_all.post", {"path": "Users"}),
        ("GET", "/api/inference-endpoints/ada", "unbuilt.inference_endpoints.get", {"path": "ada"}),
        ("GET", "/ada", "web.namespace", {"namespace": "ada"}),
        ("GET", "/ada/net", "web.repo", {"prefix": "", "repo": "ada/net"}),
        ("GET", "/spaces/ada/net", "web.repo", {"prefix": "spaces/", "repo": "ada/net"}),
        ("GET", "/lfs/net/resolve/main/a", "file.resolve", {"repo": "lfs/net"}),
        ("GET", "/api/spaces/hardware", "unbuilt.space_hardware.get", {}),
    ],
)
def test_a_path_means_one_route(method: str, path: str, name: str, parts: dict[str, str]) -> None:
    match = ROUTER.find(method, path.encode())
    assert match.route.name == name
    assert dict(match.parts) | parts == dict(match.parts)


@pytest.mark.parametrize(
    "path",
    [
        "/api/models/../b",
        "/api/models/%2e%2e/b",
        "/api/models/a/b/tree/main/x%2F..%2Fy",
        "/api/models//b",
        "/api/models/a/",
        "/a/b/resolve/main/%2Fetc",
        "/a/b/resolve/main/x%00",
        "/a/b/resolve/main/%ff",
        "/a/b/resolve/main/" + "x" * 9000,
        "*",
    ],
)
def test_a_path_with_anything_doubtful_in_it_is_refused(path: str) -> None:
    with pytest.raises(ValidationError):
        ROUTER.find("GET", path.encode())


def test_a_path_of_nobody_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        ROUTER.find("GET", b"/api/nothing/of/this/kind/here")


def test_another_method_is_told_which_there_are() -> None:
    with pytest.raises(MethodError) as caught:
        ROUTER.find("DELETE", b"/api/whoami-v2")
    assert caught.value.allowed == ("GET", "HEAD", "OPTIONS")
