"""What is known of a failure before it happens, told with the error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def noted_on_failure(note: str) -> Iterator[None]:
    """Add a note to whatever error the body raises, since what it says may be the cause; an empty one is none."""
    try:
        yield
    except Exception as error:  # noted, whichever it is, and raised again
        if note:
            error.add_note(note)
        raise
