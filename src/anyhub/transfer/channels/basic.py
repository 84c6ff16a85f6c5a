"""The basic channel: one request with all bytes (Git LFS, ``docs/api/basic-transfers.md``)."""

from __future__ import annotations

from pathlib import Path

from anyhub.errors import UnsupportedError
from anyhub.progress import Update
from anyhub.transfer.download import download
from anyhub.transfer.http import Transport
from anyhub.transfer.source import Source
from anyhub.values import Digest, Entry
from anyhub.wire.lfs import BASIC, CONTENT_TYPE, Action, Placed, spell_verify


class BasicChannel:
    """Implements `anyhub.transfer.channels.channel.Channel`."""

    name = BASIC

    def upload(self, transport: Transport, source: Source, placed: Placed, update: Update, workers: int) -> None:  # noqa: ARG002
        """Send a file as one request."""
        if not isinstance(placed.transfer, Action):
            raise UnsupportedError("The hub wants a file in parts by a channel that knows none. Ask whoever runs it.")
        body = source.stream(update)
        headers = {"Content-Type": "application/octet-stream", **placed.transfer.header}
        transport.request("PUT", placed.transfer.href, headers=headers, body=body)
        verify(transport, placed)

    def download(self, transport: Transport, placed: Placed, entry: Entry, partial: Path, update: Update) -> Digest:
        """Bring a file as one answer."""
        if not isinstance(placed.transfer, Action):
            raise UnsupportedError(f"The hub does not say where {entry.path!r} is. Ask whoever runs it.")
        return download(transport, placed.transfer.href, entry, partial, update, headers=placed.transfer.header)


def verify(transport: Transport, placed: Placed) -> None:
    """Ask whether a file came, where the hub wants to be asked."""
    if placed.verify is not None:
        headers = {"Accept": CONTENT_TYPE, "Content-Type": CONTENT_TYPE, **placed.verify.header}
        asked = spell_verify(placed.digest)
        transport.request("POST", placed.verify.href, headers=headers, json=asked, repeatable=True)
