"""Which paths a list of patterns means: the words ``allow_patterns``, ``ignore_patterns`` and ``delete_patterns``.

A pattern is a shell wildcard (Python's ``fnmatch``) that has to match a whole path: ``*`` stands for any characters,
slashes included, ``?`` for one, ``[ab]`` for one of several. A pattern that ends with ``/`` means everything below that
folder. Case counts on every operating system, because it counts in a repository.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import translate
from typing import TypeAlias

from anyhub.errors import ValidationError

Patterns: TypeAlias = str | Iterable[str]
"""One pattern, or several of which one has to match."""

KEPT_FILES = frozenset((".gitattributes",))
"""Files that say how the others are kept, and that no wildcard deletes."""


def select(paths: Iterable[str], allow: Patterns | None = None, ignore: Patterns | None = None) -> list[str]:
    """Return those of ``paths`` that are allowed and not ignored, in their order.

    Args:
        paths (`Iterable[str]`): Names joined by ``/``.
        allow (`str` or `Iterable[str]`, *optional*): Keep only what one of these matches; everything, when None, and
            nothing, when empty.
        ignore (`str` or `Iterable[str]`, *optional*): Leave out what one of these matches.

    Raises:
        ValidationError: When a pattern is not a text.
    """
    allowed = None if allow is None else _compile(allow)
    ignored = None if ignore is None else _compile(ignore)
    return [path for path in paths if (not allowed or allowed.match(path)) and not (ignored and ignored.match(path))]


def select_deleted(
    existing: Iterable[str], patterns: Patterns | None, *, folder: str = "", kept: Iterable[str] = ()
) -> list[str]:
    """Return the files of a repository that ``delete_patterns`` remove.

    Args:
        existing (`Iterable[str]`): The paths of the files that are in the repository.
        patterns (`str` or `Iterable[str]`, *optional*): What to delete, relative to ``folder``; nothing, when None.
        folder (`str`): Only files below this folder are considered; the whole repository when empty.
        kept (`Iterable[str]`): Paths that the same commit writes, and that are therefore not deleted.
    """
    if patterns is None:
        return []
    prefix = f"{folder}/" if folder else ""
    spared = {*kept, *KEPT_FILES}
    candidates = [path[len(prefix) :] for path in existing if path.startswith(prefix) and path not in spared]
    return [prefix + path for path in select(candidates, allow=patterns)]


def _compile(patterns: Patterns) -> re.Pattern[str]:
    """Return one expression that matches what any of the patterns matches, and nothing when there is none."""
    if not isinstance(patterns, Iterable):
        raise ValidationError(f"Patterns are a text such as '*.safetensors', or a list of such, not {patterns!r}.")
    listed = [patterns] if isinstance(patterns, str) else list(patterns)
    for pattern in listed:
        if not isinstance(pattern, str):
            raise ValidationError(f"A pattern is a text such as '*.safetensors', not {pattern!r}.")
    whole = (pattern + "*" if pattern.endswith("/") else pattern for pattern in listed)
    return re.compile("|".join(map(translate, whole)) or r"(?!)")
