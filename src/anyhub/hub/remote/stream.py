"""A file of a hub on the network as a stream: it can be read from anywhere, and only what is read is asked for."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from anyhub.errors import CorruptFileError
from anyhub.transfer.http import Transport

if TYPE_CHECKING:
    from typing_extensions import Buffer

BLOCK = 2**20


class RemoteStream(io.RawIOBase):
    """The bytes of a file, asked for in ranges.

    Args:
        transport (`Transport`): Asks.
        url (`str`): Where the file is.
        size (`int`): How many bytes it has.
        what (`str`): Names it in messages.
    """

    def __init__(self, transport: Transport, url: str, size: int, what: str) -> None:
        self._transport = transport
        self._url = url
        self._size = size
        self._what = what
        self._at = 0
        self._start, self._block = 0, b""
        self._fetch()  # a file that can not be read is told of when it is opened

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return where the next byte is read."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place in the file."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"There is nothing before the beginning of {self._what!r}.")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Buffer) -> int:
        """Read into a buffer what there is in the block around the place, which is asked for when it is not here."""
        view = memoryview(buffer).cast("B")
        if self._at >= self._size or not view.nbytes:
            return 0
        if not self._start <= self._at < self._start + len(self._block):
            self._fetch(max(BLOCK, view.nbytes))
        begin = self._at - self._start
        found = self._block[begin : begin + view.nbytes]
        view[: len(found)] = found
        self._at += len(found)
        return len(found)

    def _fetch(self, length: int = BLOCK) -> None:
        end = min(self._at + length, self._size) - 1
        headers = {"Range": f"bytes={self._at}-{end}", "Accept-Encoding": "identity"}
        answer = self._transport.request("GET", self._url, headers=headers, limit=max(self._size, BLOCK))
        if answer.status == 206:
            found = re.match(r"bytes ([0-9]{1,18})-", answer.headers.get("content-range", ""))
            self._start = int(found[1]) if found else -1
        else:
            self._start = 0
        self._block = answer.data
        if not self._start <= self._at <= end < self._start + len(self._block):
            raise CorruptFileError(f"The hub sent another part of {self._what!r} than it was asked for. Try again.")
