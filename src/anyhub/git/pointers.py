"""LFS pointers, and the ``.gitattributes`` lines that say which files are kept outside of git.

Sources: the Git LFS specification (``docs/spec.md``, "The Pointer") and the ``gitattributes`` manual page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from anyhub.errors import ValidationError
from anyhub.values import Digest

if TYPE_CHECKING:
    from dulwich.attrs import Pattern

ATTRIBUTES_PATH = ".gitattributes"
LARGE_FILE_BYTES = 10_000_000
SAMPLE_BYTES = 8000  # what git itself looks at to tell text from binary

_LFS = "filter=lfs diff=lfs merge=lfs -text"
_DEFAULT_PATTERNS = """
*.7z *.aac *.aiff *.arrow *.avi *.avif *.avro *.bin *.bmp *.bz2 *.ckpt *.db *.dll *.dylib *.exe *.flac *.ftz
*.gguf *.gif *.gz *.h5 *.ico *.jar *.joblib *.jpeg *.jpg *.keras *.lz4 *.m4a *.m4v *.mkv *.mlmodel *.model
*.mov *.mp3 *.mp4 *.msgpack *.npy *.npz *.ogg *.onnx *.opus *.ot *.otf *.parquet *.pb *.pdf *.pickle *.pkl
*.png *.pt *.pth *.pyc *.rar *.safetensors *.skops *.so *.sqlite *.tar.* *.tar *tfevents* *.tflite *.tgz *.tif
*.tiff *.ttf *.wasm *.wav *.webm *.webp *.whl *.woff *.woff2 *.xz *.zip *.zst saved_model/**/*
"""

DEFAULT_ATTRIBUTES = "".join(f"{pattern} {_LFS}\n" for pattern in _DEFAULT_PATTERNS.split()).encode()


def pointer(digest: Digest) -> bytes:
    """Return the text that stands in git for a file of this content."""
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest.sha256}\nsize {digest.size}\n".encode()


_POINTER = re.compile(
    rb"version https://(?:git-lfs|hawser)\.github\.com/spec/v1\noid sha256:([0-9a-f]{64})\nsize (0|[1-9][0-9]{0,17})\n?"
)


def read_pointer(data: bytes) -> Digest | None:
    """Return which file a text stands for, or None when it is no pointer; one with extensions stays a text."""
    found = _POINTER.fullmatch(data)
    return Digest(found[1].decode(), int(found[2])) if found else None


def looks_binary(sample: bytes) -> bool:
    """Return whether the first `SAMPLE_BYTES` of a file are not text in UTF-8."""
    if b"\0" in sample:
        return True
    try:
        sample.decode()
    except UnicodeDecodeError as error:
        cut_inside_a_character = len(sample) >= SAMPLE_BYTES and error.start >= len(sample) - 3
        return not cut_inside_a_character
    return False


MAX_ATTRIBUTES_BYTES = 1_000_000
MAX_ATTRIBUTES_LINE = 2047
"""Bytes; of a longer line git takes no notice, and with ``--strict`` it refuses the repository that has one."""
_MAX_STARS = 3  # in one name of a pattern: matching takes time that grows with the length of a path to this power


def check_attribute_lines(path: str, data: bytes) -> None:
    """Refuse a ``.gitattributes``, in any folder and in any case, that git itself would not take.

    Raises:
        ValidationError: When it has a line that is too long.
    """
    if path.rpartition("/")[2].casefold() == ATTRIBUTES_PATH:
        longest = max(map(len, data.split(b"\n")))
        if longest > MAX_ATTRIBUTES_LINE:
            raise ValidationError(
                f"{path!r} has a line of {longest:,} bytes, and git takes {MAX_ATTRIBUTES_LINE:,}. Write shorter ones."
            )


class Attributes:
    """What one ``.gitattributes`` file says about which paths are large files."""

    def __init__(self, data: bytes = b"") -> None:
        import io

        from dulwich.attrs import compile_gitattributes_patterns, parse_git_attributes

        self._data = data
        lines = [line for line in parse_git_attributes(io.BytesIO(data)) if not _is_slow(line[0])]
        filters = [line for line in lines if b"filter" in line[1]]
        compiled = compile_gitattributes_patterns(filters)
        self._rules = _rules([(_compiled(pattern), attrs[b"filter"] == b"lfs") for pattern, attrs in compiled])

    @staticmethod
    @lru_cache(maxsize=16)
    def of(data: bytes) -> Attributes:
        """Return what a file says, remembered: the files of most commits are the same."""
        return Attributes(data)

    @classmethod
    def checked(cls, data: bytes) -> Attributes:
        """Read a file that somebody wants to commit.

        Raises:
            ValidationError: When it is too large, is not text, or has a pattern that would take long to match.
        """
        import io

        from dulwich.attrs import parse_git_attributes

        if len(data) > MAX_ATTRIBUTES_BYTES or looks_binary(data):
            raise ValidationError(
                f"{ATTRIBUTES_PATH} has to be text in UTF-8 of at most {MAX_ATTRIBUTES_BYTES:,} bytes. Mend the file."
            )
        for pattern, _ in parse_git_attributes(io.BytesIO(data)):
            if _is_slow(pattern):
                raise ValidationError(
                    f"The pattern {pattern.decode()!r} in {ATTRIBUTES_PATH} has more than {_MAX_STARS} '*' in one"
                    " name. Write a simpler one."
                )
        return cls.of(data)

    def says_large(self, path: str) -> bool:
        """Return whether git, reading this file, would hand ``path`` to git-lfs."""
        asked = path.encode().removeprefix(b"/")
        return next((is_large for expression, is_large in self._rules if expression.match(asked)), False)

    def extended_by(self, paths: Iterable[str]) -> bytes | None:
        """Return the file with a line more for each of ``paths`` that it does not cover, or None when it covers all."""
        missing = [path for path in paths if not self.says_large(path)]
        if not missing:
            return None
        kept = self._data if not self._data or self._data.endswith(b"\n") else self._data + b"\n"
        return kept + "".join(f"{_pattern(path)} {_LFS}\n" for path in sorted(missing)).encode()


def merge_added_lines(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """Return our version of a file with the lines that theirs adds to the base, or None when it did more than add."""
    old, mine, other = (each.splitlines(keepends=True) for each in (base, ours, theirs))
    if other[: len(old)] != old or mine[: len(old)] != old:
        return None
    return ours + b"".join(line for line in other[len(old) :] if line not in mine)


_MAX_JOINED = 500  # patterns in one expression


def _compiled(pattern: Pattern) -> re.Pattern[bytes]:
    """Return the regular expression that dulwich made of a pattern, of which it shows only whether it matches."""
    made: re.Pattern[bytes] = vars(pattern)["_regex"]
    return made


def _rules(lines: Sequence[tuple[re.Pattern[bytes], bool]]) -> list[tuple[re.Pattern[bytes], bool]]:
    """Return what decides about a path, the first that matches: of lines in a file it is the last one.

    Lines next to each other that say the same become one expression, since asking each by itself takes several times
    as long for the files of a large commit.
    """
    rules = []
    for is_large, run in groupby(reversed(lines), key=itemgetter(1)):
        parts = [b"(?:%b)" % pattern.pattern for pattern, _ in run]
        for start in range(0, len(parts), _MAX_JOINED):
            rules.append((re.compile(b"|".join(parts[start : start + _MAX_JOINED])), is_large))
    return rules


def _is_slow(pattern: bytes) -> bool:
    return any(len(re.findall(rb"\*+", name)) > _MAX_STARS for name in pattern.split(b"/"))


def _pattern(path: str) -> str:
    """Return the pattern that matches this one path; the leading slash keeps it from matching deeper ones."""
    return "/" + re.sub(" ", "[[:space:]]", re.sub(r"([\[\]])", r"\\\1", path))
