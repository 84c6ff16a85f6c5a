"""Where in a configuration a value is: ``layers[0].path``, ``labels["a b"]``, ``["*sizes"][1]``."""

from __future__ import annotations

import json
import re

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def place_of(parent: str, key: str | int) -> str:
    """Return the place of one part of a value.

    Args:
        parent (`str`): The place of the value; empty for the configuration itself.
        key (`str` or `int`): The name of an argument, a field or a key of a dict; or an index. A text that is no
            identifier of ASCII is written as JSON in brackets, so that no two places are written alike.
    """
    if isinstance(key, int):
        return f"{parent}[{key}]"
    if _IDENTIFIER.fullmatch(key):
        return f"{parent}.{key}" if parent else key
    return f"{parent}[{json.dumps(key)}]"
