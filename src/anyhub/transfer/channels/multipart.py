"""The channel in parts: each part is a request of its own, several at once, and only those that are missing."""

from __future__ import annotations

from pathlib import Path

from anyhub.errors import CorruptFileError, UnsupportedError
from anyhub.progress import Update
from anyhub.transfer.channels.basic import BasicChannel, verify
from anyhub.transfer.http import Transport
from anyhub.transfer.parallel import for_each
from anyhub.transfer.source import Source
from anyhub.values import Digest, Entry
from anyhub.wire.lfs import CONTENT_TYPE, MULTIPART, Completion, Parts, Placed, spell_completion


class MultipartChannel:
    """Implements `anyhub.transfer.channels.channel.Channel`; what comes down comes as one answer, which can go on."""

    name = MULTIPART

    def upload(self, transport: Transport, source: Source, placed: Placed, update: Update, workers: int) -> None:
        """Send the parts that have not come yet, and say that all are there."""
        parts = placed.transfer
        if not isinstance(parts, Parts):  # a hub may choose for each file
            BasicChannel().upload(transport, source, placed, update, workers)
            return
        etags = dict(parts.received)

        def send(number: int) -> None:
            start = (number - 1) * parts.part_bytes
            size = min(parts.part_bytes, source.digest.size - start)
            if number in etags:
                update(size)
                return
            answer = transport.request("PUT", parts.urls[number - 1], body=source.stream(update, start, size))
            if not (etag := answer.headers.get("etag")):
                raise CorruptFileError(f"The hub did not say what part {number} is that it took. Ask whoever runs it.")
            etags[number] = etag

        for_each(send, range(1, len(parts.urls) + 1), workers)
        done = spell_completion(Completion(source.digest.sha256, tuple(sorted(etags.items()))))
        headers = {"Accept": CONTENT_TYPE, "Content-Type": CONTENT_TYPE}
        transport.request("POST", parts.href, headers=headers, json=done, repeatable=True, seconds=_WHILE_IT_HASHES)
        verify(transport, placed)

    def download(self, transport: Transport, placed: Placed, entry: Entry, partial: Path, update: Update) -> Digest:
        """Bring a file as one answer."""
        if isinstance(placed.transfer, Parts):
            raise UnsupportedError(f"The hub gives {entry.path!r} in parts, which this version can not join.")
        return BasicChannel().download(transport, placed, entry, partial, update)


_WHILE_IT_HASHES = 600.0
"""Seconds that a hub may take to look at all parts of a file before it answers."""
