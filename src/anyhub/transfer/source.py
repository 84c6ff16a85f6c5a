"""What is to be sent: bytes or a file of this machine, of which any part can be read as often as it takes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from anyhub.errors import ValidationError
from anyhub.progress import Update
from anyhub.transfer.messages import Stream
from anyhub.values import Digest

_LEAST, _MOST = 2**16, 2**22
_QUICK, _SLOW = 0.1, 2.0


@dataclass(frozen=True, slots=True)
class Source:
    """The content of one large file.

    Attributes:
        content (`bytes` or `Path`): The bytes, or the file that has them.
        digest (`Digest`): What they are.
    """

    content: bytes | Path
    digest: Digest

    def stream(self, update: Update, start: int = 0, size: int | None = None) -> Stream:
        """Return a part as the body of a request.

        Args:
            update: Told how many more bytes were sent; less, when they are sent again.
            start (`int`): The first byte.
            size (`int`, *optional*): How many; all that follow, when None.
        """
        size = self.digest.size - start if size is None else size
        sent = 0

        def pieces() -> Iterator[bytes | memoryview]:
            nonlocal sent
            if sent:
                update(-sent)
            sent = 0
            for piece in self._read(start, size):
                yield piece
                sent += len(piece)
                update(len(piece))

        return Stream(pieces, size)

    def _read(self, start: int, size: int) -> Iterator[bytes | memoryview]:
        """Read a part in pieces that grow while they are taken quickly, so that a slow line is no stalled one."""
        if isinstance(self.content, bytes):
            yield memoryview(self.content)[start : start + size]
            return
        length = _LEAST
        with self.content.open("rb", buffering=0) as file:
            file.seek(start)
            while size:
                piece = file.read(min(length, size))
                if not piece:
                    raise ValidationError(f"{self.content} became shorter while it was sent. Try again.")
                began = time.monotonic()
                yield piece
                took = time.monotonic() - began
                length = (
                    min(length * 2, _MOST) if took < _QUICK else max(length // 2, _LEAST) if took > _SLOW else length
                )
                size -= len(piece)
