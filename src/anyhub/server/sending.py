"""How an answer goes out: whole, as it is made, or as a range of a file, never faster than the client takes it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, MutableMapping
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from anyhub.server.answers import Answer, FileBody
from anyhub.server.body import Body

Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PIECE = 2**20
_SLOWEST = 1024.0
_PATIENCE = 30.0
_RANGE = re.compile(r"bytes=(?:([0-9]{1,19})-([0-9]{0,19})|-([0-9]{1,19}))")


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends the answer to one request.

    Attributes:
        send: Of ASGI.
        pool: The threads in which answers are made and files are read.
        body (`Body`): Of the request; tells when the client went away.
        is_head (`bool`): Whether the client asked for the headers alone.
        extra: Headers that every answer has.
    """

    send: Send
    pool: Executor
    body: Body
    is_head: bool
    extra: Mapping[str, str]

    async def answer(self, answer: Answer, request: Mapping[str, str]) -> None:
        """Send an answer.

        Args:
            answer (`Answer`): What a handler gave. A stream in it is closed, whatever happens.
            request: Headers of the request, by lower-case name.

        Raises:
            TimeoutError: When the client takes less than 1 KiB a second.
        """
        if isinstance(answer.body, bytes):
            await self._bytes(answer, answer.body)
        elif isinstance(answer.body, FileBody):
            await self._file(answer, answer.body, request)
        else:
            await self._stream(answer, answer.body)

    async def _bytes(self, answer: Answer, data: bytes) -> None:
        bodiless = answer.status in (204, 304)
        lengths = {} if bodiless else {"Content-Length": str(len(data))}
        await self._head(answer, lengths)
        await self._write(b"" if self.is_head or bodiless else data, more=False)

    async def _file(self, answer: Answer, body: FileBody, request: Mapping[str, str]) -> None:
        """Send a file, or the one range of it that was asked for (RFC 9110, section 14)."""
        try:
            start, stop, answer = _range(answer, body.size, {} if self.is_head else request)
            await self._head(answer, {"Content-Length": str(stop - start), "Accept-Ranges": "bytes"})
            pieces = iter(()) if self.is_head else _read(body.source, start, stop)
            await self._send_all(pieces)
        finally:
            if not isinstance(body.source, Path):
                await self._in_thread(body.source.close)

    async def _stream(self, answer: Answer, pieces: Iterable[bytes]) -> None:
        await self._head(answer, {})
        await self._send_all(iter(()) if self.is_head else iter(pieces), made=pieces)

    async def _send_all(self, pieces: Iterator[bytes], made: object = None) -> None:
        """Send pieces, each of which is made in a thread while the one before it goes out."""
        gone = asyncio.ensure_future(self.body.disconnected())
        coming = self._in_thread(next, pieces, None)
        try:
            while (piece := await coming) is not None and not gone.done():
                coming = self._in_thread(next, pieces, None)
                await self._write(piece, more=True)
            await self._write(b"", more=False)
        finally:
            gone.cancel()
            with suppress(Exception):  # the pieces can be closed only when none is being made
                await coming
            for each in (pieces, made):
                if (close := getattr(each, "close", None)) is not None:
                    await self._in_thread(close)

    def _in_thread(self, function: Callable[..., Any], *arguments: object) -> asyncio.Future[Any]:
        return asyncio.get_running_loop().run_in_executor(self.pool, function, *arguments)

    async def _head(self, answer: Answer, lengths: Mapping[str, str]) -> None:
        headers = {**self.extra, **lengths, **answer.headers}
        spelled = [_spelled(name, value) for name, value in headers.items()]
        await self.send({"type": "http.response.start", "status": answer.status, "headers": spelled})

    async def _write(self, data: bytes, *, more: bool) -> None:
        message = {"type": "http.response.body", "body": data, "more_body": more}
        async with asyncio.timeout(_PATIENCE + len(data) / _SLOWEST):
            await self.send(message)


def _spelled(name: str, value: str) -> tuple[bytes, bytes]:
    if not {"\r", "\n", "\0"}.isdisjoint(value):
        raise ValueError(f"The header {name} of the answer has a line break in it.")
    return name.lower().encode("ascii"), value.encode("latin-1", "replace")


def _range(answer: Answer, size: int, request: Mapping[str, str]) -> tuple[int, int, Answer]:
    """Return from where to where is sent, and the answer with the status and the header that say so.

    More than one range is answered with the whole file, as RFC 9110 allows: putting many small ranges together has cost
    other servers more than it ever saved a client.
    """
    asked = _RANGE.fullmatch(request.get("range", "").strip())
    if answer.status != 200 or asked is None or not _is_same(answer, request.get("if-range")):
        return 0, size, answer
    if asked[3] is not None:
        start, stop = max(0, size - int(asked[3])), size
    else:
        start, stop = int(asked[1]), min(size, int(asked[2]) + 1) if asked[2] else size
        if asked[2] and int(asked[2]) < int(asked[1]):
            return 0, size, answer
    if start >= size:
        return 0, 0, replace(answer, status=416, headers={**answer.headers, **_outside(size)})
    headers = {**answer.headers, "Content-Range": f"bytes {start}-{stop - 1}/{size}"}
    return start, stop, replace(answer, status=206, headers=headers)


def _outside(size: int) -> dict[str, str]:
    return {
        "Content-Range": f"bytes */{size}",
        "X-Error-Code": "Range",
        "X-Error-Message": f"The range begins after the end of the file, which has {size} bytes.",
    }


def _is_same(answer: Answer, if_range: str | None) -> bool:
    """Return whether the client has the beginning of this very file; by a strong ETag alone, dates are too coarse."""
    return if_range is None or if_range.strip() == next(
        (value for name, value in answer.headers.items() if name.lower() == "etag"), None
    )


def _read(source: Path | BinaryIO, start: int, stop: int) -> Iterator[bytes]:
    """Read a part of a file. The stream is closed when the last piece was read, or the walk is given up."""
    with source.open("rb", buffering=0) if isinstance(source, Path) else source as stream:
        stream.seek(start)
        while start < stop:
            data = stream.read(min(PIECE, stop - start))
            if not data:
                raise EOFError(f"{source} ended {stop - start} bytes before its end.")
            start += len(data)
            yield data
