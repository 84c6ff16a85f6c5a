"""Values that are written as one text: paths, bytes, UUIDs."""

# ruff: noqa: ARG002, RUF012 - every kind has methods and constants of the same shape

from __future__ import annotations

import base64
from typing import Any

from anyhub.models.config.kinds.kind import Kind


class Paths(Kind):
    """Paths, with ``/`` between the names, which every system reads."""

    names = {
        "Path": ("pathlib", "Path"),
        "PurePosixPath": ("pathlib", "PurePosixPath"),
        "PureWindowsPath": ("pathlib", "PureWindowsPath"),
    }

    def type_named(self, name: str) -> type | None:
        cls = super().type_named(name)
        return type(cls()) if cls is not None else None  # a Path is a PosixPath or a WindowsPath

    def parts(self, value: Any) -> Any:
        return value.as_posix()

    def make(self, cls: type, parts: Any, parameter: str) -> Any:
        return cls(parts)


class Bytes(Kind):
    """Bytes, in base 64 (RFC 4648, section 4)."""

    names = {"bytes": ("builtins", "bytes"), "bytearray": ("builtins", "bytearray")}

    def parts(self, value: Any) -> Any:
        return base64.b64encode(value).decode()

    def make(self, cls: type, parts: Any, parameter: str) -> Any:
        return cls(base64.b64decode(parts, validate=True))


class Uuids(Kind):
    """UUIDs, as RFC 9562 writes them."""

    names = {"UUID": ("uuid", "UUID")}

    def parts(self, value: Any) -> Any:
        return str(value)

    def make(self, cls: type, parts: Any, parameter: str) -> Any:
        return cls(parts)
