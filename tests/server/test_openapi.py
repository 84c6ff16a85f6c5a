"""The description of the API is made from the table of routes, and is one that tools can read."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from anyhub.server.openapi import description
from anyhub.wire.routes import ROUTES

DESCRIPTION = description("https://hub.example.org")
OPERATIONS = [
    (path, method, operation) for path, methods in DESCRIPTION["paths"].items() for method, operation in methods.items()
]


def test_every_route_is_described() -> None:
    described = {operation["summary"] for _, _, operation in OPERATIONS}
    assert described == {route.summary for route in ROUTES}
    assert len(OPERATIONS) == sum(3 if "{prefix}" in route.template else 1 for route in ROUTES)


def test_the_names_of_operations_are_unique() -> None:
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_part_of_a_path_is_a_parameter(path: str, method: str, operation: dict[str, Any]) -> None:
    named = [each["name"] for each in operation["parameters"] if each["in"] == "path"]
    assert named == re.findall(r"\{(\w+)\}", path)


def test_it_is_json() -> None:
    assert json.loads(json.dumps(DESCRIPTION)) == DESCRIPTION


def test_it_is_valid_openapi() -> None:
    schemathesis = pytest.importorskip("schemathesis")
    schema = schemathesis.openapi.from_dict(DESCRIPTION)
    schema.validate()
    assert sum(1 for _ in schema.get_all_operations()) == len(OPERATIONS)
