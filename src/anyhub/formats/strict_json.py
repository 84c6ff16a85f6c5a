"""JSON from strangers: parsed at a bounded cost, and to what every other parser makes of it too, or not at all.

Parsers disagree about names that come twice and about NaN, so both are refused (RFC 8259, sections 4 and 6).
"""

from __future__ import annotations

import json
from typing import Any

from anyhub.formats.objections import Objection, shorten

MAX_VALUES = 500_000


def parse(data: bytes) -> Any:
    """Return what a JSON text says.

    Args:
        data (`bytes`): The text, in UTF-8; the caller has bounded its length.

    Raises:
        Objection: When it is not JSON, is not unambiguous, or has more than `MAX_VALUES` values.
    """
    check_count(data)
    try:
        return json.loads(data.decode(), object_pairs_hook=_distinct, parse_constant=_no_constant)
    except Objection:
        raise
    except UnicodeDecodeError as error:
        raise Objection(f"it is not UTF-8 at byte {error.start:,}") from None
    except json.JSONDecodeError as error:
        raise Objection(f"it is not JSON at character {error.pos:,}") from None
    except RecursionError:
        raise Objection("it is nested too deeply") from None
    except ValueError:
        raise Objection("it has a number with too many digits") from None


def check_count(*texts: bytes) -> None:
    """Do nothing when JSON texts have no more values than are read; a value costs many times the memory of its text.

    Raises:
        Objection: When they have more than `MAX_VALUES` in all.
    """
    if sum(text.count(mark) for text in texts for mark in (b",", b"[", b"{")) > MAX_VALUES:
        raise Objection(f"it has more than {MAX_VALUES:,} values")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Objection(f"it has two entries called {shorten(name)}")
        found[name] = value
    return found


def _no_constant(text: str) -> None:
    raise Objection(f"it has {text}, which is not JSON")
