"""The few words in which routes describe parameters and bodies, each a JSON schema (draft 2020-12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}


def one_of(*texts: str) -> Schema:
    """Describe a text that is one of a few."""
    return {"type": "string", "enum": list(texts)}


def some(item: Schema, most: int) -> Schema:
    """Describe a list of things of a kind."""
    return {"type": "array", "items": item, "maxItems": most}


def maybe(schema: Schema) -> Schema:
    """Describe what may also be null."""
    return {"anyOf": [schema, {"type": "null"}]}


def thing(*required: str, **fields: Schema) -> Schema:
    """Describe an object by its fields; others are passed over."""
    return {"type": "object", "properties": fields, "required": list(required)}
