"""What a request brought along, read in a thread while the event loop takes it from the network."""

from __future__ import annotations

import asyncio
import itertools
import zlib
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from concurrent.futures import CancelledError, Future
from typing import Any, TypeAlias

from anyhub.errors import HubError, NetworkError, StalledError, TooLargeError, ValidationError

Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]

PIECE = 2**20
STALL_SECONDS = 30.0
STALL_BYTES = int(STALL_SECONDS) * 1024
_GLANCE = 0.2
_arrivals = itertools.count(1)
_ENDED = "The server ended before all of the request had come; send it again."


class Body:
    """The bytes of one request, read at most once.

    They come from the network in small messages, which are gathered on the side of the event loop: a thread that reads
    a large upload is woken once for each MiB. While it works on one piece, the next one comes.

    Args:
        receive: Of ASGI: waits for the next message.
        loop: The event loop in which ``receive`` has to be awaited.
        headers: Of the request, by lower-case name.

    Attributes:
        arrival (`int`): A number that is larger the later the request came.
    """

    def __init__(self, receive: Receive, loop: asyncio.AbstractEventLoop, headers: Mapping[str, str]) -> None:
        self.arrival = next(_arrivals)
        self._receive = receive
        self._loop = loop
        self._encoding = headers.get("content-encoding", "identity").strip().lower()
        length = headers.get("content-length", "")
        self._length = int(length) if length.isascii() and length.isdigit() else None
        self._more = self._length != 0 if self._length is not None else "transfer-encoding" in headers
        self._first: bytes | None = None
        self._cut: HubError | None = None

    @property
    def length(self) -> int | None:
        """How many bytes will come, where the request says so and they are not compressed."""
        return self._length if self._encoding == "identity" else None

    @property
    def has_come(self) -> bool:
        """Whether nothing more of it is awaited from the network."""
        return not self._more

    @property
    def is_cut(self) -> bool:
        """Whether the client went away, or came to a standstill, before all of it had come."""
        return self._cut is not None

    def read(self, limit: int) -> bytes:
        """Return all of it.

        Args:
            limit (`int`): How many bytes there may be, after decompression.

        Raises:
            TooLargeError: When there are more; no more than one MiB beyond the limit is kept meanwhile.
            NetworkError, StalledError, ValidationError: As for `chunks`.
        """
        if self.length is not None and self.length > limit:
            raise _too_large(limit)
        return b"".join(self.chunks(limit))

    def chunks(self, limit: int | None = None) -> Iterator[bytes]:
        """Walk through it, in pieces of about one MiB.

        Args:
            limit (`int`, *optional*): How many bytes there may be, after decompression.

        Raises:
            TooLargeError: When there are more.
            NetworkError: When the client went away.
            StalledError: When less than 30 KiB came in 30 seconds.
            ValidationError: When it is compressed in a way that is not gzip, or is damaged.
        """
        total = 0
        for piece in self._decoded():
            total += len(piece)
            if limit is not None and total > limit:
                raise _too_large(limit)
            yield piece

    async def begin(self) -> None:
        """Take the first piece from the network, so that no thread waits for the sender of a small body."""
        if self._more:
            self._first = await self._gather()
            if isinstance(self._cut, StalledError):
                raise self._cut

    async def disconnected(self) -> None:
        """Wait until the client goes away.

        Nothing of the body is taken from a handler that reads it while its answer is on its way: only when all of it
        has come does this look at what comes next.
        """
        while self._more:
            await asyncio.sleep(_GLANCE)
        while (await self._receive())["type"] != "http.disconnect":
            pass

    def _decoded(self) -> Iterator[bytes]:
        if self._encoding in ("", "identity"):
            return self._pieces()
        if self._encoding in ("gzip", "x-gzip"):
            return _inflated(self._pieces())
        raise ValidationError(f"Content-Encoding: {self._encoding[:40]!r} is not known; send gzip, or none.")

    def _pieces(self) -> Iterator[bytes]:
        first, self._first = self._first, None
        coming = self._order()
        try:
            if first:
                yield first
            while coming is not None:
                piece = _awaited(coming)
                coming = self._order()
                if piece:
                    yield piece
            if self._cut is not None:
                raise self._cut
        finally:
            if coming is not None:
                coming.cancel()

    def _order(self) -> Future[bytes] | None:
        """Let the event loop take the next piece, while this thread goes on."""
        if not self._more:
            return None
        if self._loop.is_closed():
            raise NetworkError(_ENDED)
        return asyncio.run_coroutine_threadsafe(self._gather(), self._loop)

    async def _gather(self) -> bytes:
        """Return what comes until it is about a MiB, or the end; what came before a cut is not lost."""
        gathered: list[bytes] = []
        size = progress = 0
        try:
            async with asyncio.timeout(STALL_SECONDS) as stall:
                while self._more and size < PIECE:
                    data = self._data_of(await self._receive())
                    gathered.append(data)
                    size += len(data)
                    progress += len(data)
                    if progress >= STALL_BYTES:
                        progress = 0
                        stall.reschedule(self._loop.time() + STALL_SECONDS)
        except TimeoutError:
            self._more = False
            self._cut = StalledError(
                f"Less than {STALL_BYTES} bytes of the request came in {STALL_SECONDS:.0f} seconds; send it again."
            )
        except NetworkError as error:
            self._cut = error
        if self._cut is not None and not gathered:
            raise self._cut from None
        return gathered[0] if len(gathered) == 1 else b"".join(gathered)

    def _data_of(self, message: MutableMapping[str, Any]) -> bytes:
        if message["type"] == "http.disconnect":
            self._more = False
            raise NetworkError("The client went away before all of its request had come.")
        self._more = bool(message.get("more_body", False))
        data: bytes = message.get("body", b"")
        return data


def _awaited(coming: Future[bytes]) -> bytes:
    try:
        return coming.result()
    except CancelledError:
        raise NetworkError(_ENDED) from None


def _inflated(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Decompress one gzip stream (RFC 1952), in pieces that stay small however well it was packed."""
    inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        for piece in pieces:
            while piece and not inflater.eof:
                data = inflater.decompress(piece, PIECE)
                piece = inflater.unconsumed_tail
                if data:
                    yield data
            while not inflater.eof and (data := inflater.decompress(b"", PIECE)):
                yield data
    except zlib.error as error:
        raise ValidationError(f"The body is said to be gzip, and is not: {error}.") from None
    if not inflater.eof:
        raise ValidationError("The body is gzip that ends before its end.")
    if inflater.unused_data:
        raise ValidationError("The body goes on after the end of its gzip stream.")


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(f"The body of this request may have {limit} bytes; send less at once.")
