"""A sender of requests that calls an application in the same process."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import urlsplit

from anyhub.testing.asgi import call
from anyhub.transfer.messages import Outgoing, Stream


class Answer:
    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self._body = io.BytesIO(body)

    def read1(self, most: int) -> bytes:
        return self._body.read(most)

    def close(self) -> None:
        pass


class InProcess:
    """Implements `anyhub.transfer.messages.Sender`."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def send(self, request: Outgoing) -> Answer:
        parts = urlsplit(request.url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        body = request.body
        data = b"".join(body.pieces()) if isinstance(body, Stream) else body or b""
        headers = {"Host": parts.netloc, **request.headers}
        return Answer(*call(self._app, request.method, path, headers, data))

    def is_private(self, url: str) -> bool:
        return True
