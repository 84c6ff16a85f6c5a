"""The description of the API (OpenAPI 3.1), made from the table of routes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from anyhub.wire.routes import ROUTES, Needs, Route

_TYPES = ("models", "datasets", "spaces")
_PREFIXES = {"": "a model", "datasets/": "a data set", "spaces/": "a space"}
_SCOPES = {
    Needs.NOTHING: "Anybody may call it.",
    Needs.SEE: "The caller has to be able to see the repository.",
    Needs.READ: "The caller has to be able to read the repository's files.",
    Needs.LOGIN: "The caller has to be logged in.",
    Needs.PROPOSE: "The caller has to see the repository, and needs a token that may write.",
    Needs.WRITE: "The caller has to be able to write to the repository.",
    Needs.MANAGE: "The caller has to be able to manage the repository.",
    Needs.ADMIN: "The caller has to be an admin of the server.",
}
_REFUSAL = {
    "description": "A refusal, or an error of the server.",
    "headers": {
        "X-Error-Code": {"schema": {"type": "string"}},
        "X-Error-Message": {"schema": {"type": "string"}},
        "X-Request-Id": {"schema": {"type": "string"}},
    },
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}},
}
_COMPONENTS = {
    "schemas": {
        "Refusal": {
            "type": "object",
            "required": ["error"],
            "properties": {
                "error": {"type": "string", "description": "One sentence that names the thing, and the next step."},
                "type": {"type": "string", "description": "Which error it is."},
                "details": {"type": "object", "description": "The facts behind the sentence."},
            },
        }
    },
    "securitySchemes": {
        "token": {"type": "http", "scheme": "bearer"},
        "password": {"type": "http", "scheme": "basic", "description": "Any name, and a token as the password."},
    },
}


def description(base_url: str) -> dict[str, Any]:
    """Return the description of the API as a value for JSON.

    OpenAPI has no parameter that holds slashes or is nothing at all. A repository is therefore described by its
    namespace and its name, and what begins with the kind of repository by one path for each kind.

    Args:
        base_url (`str`): The address of the server.
    """
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        for template, extra in _spelled(route):
            paths.setdefault(template, {})[route.method.lower()] = _operation(route, template, extra)
    return {
        "openapi": "3.1.0",
        "info": {"title": "anyhub", "version": version("anyhub"), "description": "Any framework, any hub."},
        "servers": [{"url": base_url}],
        "paths": paths,
        "components": _COMPONENTS,
        "security": [{"token": []}, {"password": []}, {}],
    }


def _spelled(route: Route) -> list[tuple[str, str]]:
    """Return the paths of a route as OpenAPI can spell them, each with what tells its name from the others'."""
    template = route.template.replace("{repo}", "{namespace}/{name}").replace("*}", "}")
    if "{prefix}" not in template:
        return [(template, "")]
    return [(template.replace("{prefix}", prefix), prefix.rstrip("/")) for prefix in _PREFIXES]


def _operation(route: Route, template: str, extra: str) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": ".".join(filter(None, (route.name, extra))),
        "summary": route.summary,
        "description": _SCOPES[route.needs],
        "tags": [route.name.partition(".")[0]],
        "parameters": [*_parts(template), *_query(route.query)],
        "responses": {"default": _REFUSAL} if route.unbuilt else {"2XX": {"description": "Done."}, "default": _REFUSAL},
    }
    if route.body is not None:
        operation["requestBody"] = {"content": {route.content_type: {"schema": dict(route.body)}}}
    return operation


def _parts(template: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _schema(name)}
        for name in re.findall(r"\{(\w+)\}", template)
    ]


def _schema(name: str) -> dict[str, Any]:
    if name == "type":
        return {"type": "string", "enum": list(_TYPES)}
    return {"type": "string", "minLength": 1}


def _query(parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, "in": "query", "schema": schema} for name, schema in parameters.items()]
