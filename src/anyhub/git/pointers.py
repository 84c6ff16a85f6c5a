"""LFS pointers, and the ``.gitattributes`` lines that say which files are kept outside of git.

Sources: the Git LFS specification (``docs/spec.md``, "The Pointer") and the ``gitattributes`` manual page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from anyhub.values import Digest

ATTRIBUTES_PATH = ".gitattributes"
LARGE_FILE_BYTES = 10_000_000
SAMPLE_BYTES = 8000  # what git itself looks at to tell text from binary

_LFS = "filter=lfs diff=lfs merge=lfs -text"
_DEFAULT_PATTERNS = """
*.7z *.arrow *.avro *.bin *.bz2 *.ckpt *.ftz *.gguf *.gz *.h5 *.joblib *.keras *.lz4 *.mlmodel *.model *.msgpack *.npy
*.npz *.onnx *.ot *.parquet *.pb *.pickle *.pkl *.pt *.pth *.rar *.safetensors *.skops *.tar *.tar.* *.tflite *.tgz
*.wasm *.xz *.zip *.zst *tfevents* saved_model/**/*
"""

DEFAULT_ATTRIBUTES = "".join(f"{pattern} {_LFS}\n" for pattern in _DEFAULT_PATTERNS.split()).encode()


def pointer(digest: Digest) -> bytes:
    """Return the text that stands in git for a file of this content."""
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest.sha256}\nsize {digest.size}\n".encode()


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


class Attributes:
    """What one ``.gitattributes`` file says about which paths are large files."""

    def __init__(self, data: bytes = b"") -> None:
        import io

        from dulwich.attrs import compile_gitattributes_patterns, parse_git_attributes

        self._data = data
        self._patterns = compile_gitattributes_patterns(parse_git_attributes(io.BytesIO(data)))

    def says_large(self, path: str) -> bool:
        """Return whether git, reading this file, would hand ``path`` to git-lfs."""
        from dulwich.attrs import match_path

        return match_path(self._patterns, path.encode()).get(b"filter") == b"lfs"

    def extended_by(self, paths: Iterable[str]) -> bytes | None:
        """Return the file with a line more for each of ``paths`` that it does not cover, or None when it covers all."""
        missing = [path for path in paths if not self.says_large(path)]
        if not missing:
            return None
        kept = self._data if not self._data or self._data.endswith(b"\n") else self._data + b"\n"
        return kept + "".join(f"{_pattern(path)} {_LFS}\n" for path in sorted(missing)).encode()


def _pattern(path: str) -> str:
    """Return the pattern that matches this one path; the leading slash keeps it from matching deeper ones."""
    return "/" + re.sub(r"\s", "[[:space:]]", re.sub(r"([\[\]])", r"\\\1", path))
