"""Which files a ``.gitignore`` says to leave out (the ``gitignore`` manual page; dulwich reads and matches)."""

from __future__ import annotations

import re

IGNORE_PATH = ".gitignore"
MAX_IGNORE_BYTES = 100_000
_MAX_PATTERNS = 1000
_MAX_STARS = 3  # in one name of a pattern: matching takes time that grows with the length of a path to this power
_MAX_ALL_STARS = 8


class Ignored:
    """What one ``.gitignore`` file says.

    Lines beyond the first 1,000, and lines with so many ``*`` that matching would take long, say nothing.

    Args:
        data (`bytes`): The file.
    """

    def __init__(self, data: bytes) -> None:
        import io

        from dulwich.ignore import IgnoreFilter, read_ignore_patterns

        patterns = [line for line in read_ignore_patterns(io.BytesIO(data[:MAX_IGNORE_BYTES])) if not _is_slow(line)]
        self._filter = IgnoreFilter(patterns[:_MAX_PATTERNS])

    def has(self, path: str) -> bool:
        """Return whether a file is to be left out, by its own name or by that of a folder that it is in."""
        return bool(self._filter.is_ignored(path))


def _is_slow(pattern: bytes) -> bool:
    names = pattern.split(b"/")
    return pattern.count(b"*") > _MAX_ALL_STARS or any(len(re.findall(rb"\*+", name)) > _MAX_STARS for name in names)
