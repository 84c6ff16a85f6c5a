"""What a door answers: a status, headers, and a body that is bytes, a stream of them, or a file of this machine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO


@dataclass(frozen=True)
class FileBody:
    """Bytes of a file, by its path where it has one on this machine, else from a seekable stream.

    The server sends the range that the request asks for (one range; 206, or 416 when it lies outside), reads 1 MiB at
    a time, and closes the stream.
    """

    source: Path | BinaryIO
    size: int


@dataclass(frozen=True)
class Answer:
    """What is sent back.

    Attributes:
        status (`int`): Of HTTP.
        headers: By name. ``Content-Length`` is added where it is known.
        body: Bytes, an iterable of bytes that is made as it is sent (in a thread), or a `FileBody`.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes] | FileBody = b""


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer a value in JSON."""
    data = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_spell).encode("utf-8", "replace")
    return Answer(status, {"Content-Type": "application/json; charset=utf-8", **(headers or {})}, data)


def text_answer(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer plain text."""
    return Answer(status, {"Content-Type": "text/plain; charset=utf-8", **(headers or {})}, text.encode())


def _spell(value: object) -> Any:
    raise TypeError(f"{type(value).__name__} has no spelling in JSON.")
