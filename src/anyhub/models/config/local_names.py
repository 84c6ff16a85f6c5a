"""What the names in the type hints of a class mean that was defined inside of a function."""

from __future__ import annotations

import re
import sys
from types import FrameType
from typing import Any

LOCAL_NAMES = "_hub_mixin_local_names"
"""The attribute of a class that keeps them."""

_NAME = re.compile(r"[^\W\d]\w*")


def remember_local_names(cls: type) -> None:
    """Keep, while a class is being made, what the function it is written in calls the types of its hints.

    Hints that are texts (PEP 563) are resolved by the names of the module; those of a function are gone once it has
    returned. Only what the hints speak of is kept, and no frame. It costs nothing for a class of a module.
    """
    function, inside, _ = cls.__qualname__.rpartition(".<locals>.")
    if not inside or not (texts := _texts(vars(cls).get("__init__"))):
        return
    frame = _frame_of(function, cls.__module__)
    found: dict[str, Any] = {}
    while frame is not None and texts:
        names = set(_NAME.findall(" ".join(texts))) - found.keys() - frame.f_globals.keys()
        new = {name: frame.f_locals[name] for name in names if name in frame.f_locals}
        found |= new
        texts = [text for value in new.values() if isinstance(value, type) for text in _texts(value)]
    if found:
        setattr(cls, LOCAL_NAMES, {**getattr(cls, LOCAL_NAMES, {}), **found})


def local_names(cls: type) -> dict[str, Any]:
    """Return what was remembered of a class."""
    names: dict[str, Any] = getattr(cls, LOCAL_NAMES, {})
    return names


def _texts(annotated: Any) -> list[str]:
    if annotated is None or (sys.version_info >= (3, 14) and getattr(annotated, "__annotate__", None)):
        return []  # annotations that are evaluated later see the names of the function by themselves
    owned = vars(annotated) if isinstance(annotated, type) else {"__annotations__": annotated.__annotations__}
    return [text for text in (owned.get("__annotations__") or {}).values() if isinstance(text, str)]


def _frame_of(function: str, module: str) -> FrameType | None:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_qualname == function and frame.f_globals.get("__name__") == module:
            return frame
        frame = frame.f_back
    return None
