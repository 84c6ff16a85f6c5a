"""The channel that goes on where it was cut (tus 1.0.0, https://tus.io), as git-lfs has it."""

from __future__ import annotations

from pathlib import Path

from anyhub.errors import ConflictError, CorruptFileError, HfHubHTTPError, NetworkError, UnsupportedError
from anyhub.progress import Update
from anyhub.transfer.channels.basic import BasicChannel, verify
from anyhub.transfer.http import Transport
from anyhub.transfer.source import Source
from anyhub.values import Digest, Entry
from anyhub.wire.lfs import TUS, TUS_TYPE, TUS_VERSION, Action, Placed

_WHILE_IT_HASHES = 600.0
"""Seconds that a hub may take to look at a whole file before it answers."""


class TusChannel:
    """Implements `anyhub.transfer.channels.channel.Channel`; what comes down comes as one answer, which can go on."""

    name = TUS

    def upload(self, transport: Transport, source: Source, placed: Placed, update: Update, workers: int) -> None:  # noqa: ARG002
        """Send what has not come yet.

        A file that the hub found to be another one is sent once more from its beginning: bytes that were changed on the
        way, or by a former attempt, should not stand in the way.
        """
        if not isinstance(placed.transfer, Action):
            raise UnsupportedError("The hub wants a file in parts by a channel that knows none. Ask whoever runs it.")
        for may_try_again in (True, False):
            sending = _Sending(transport, source, placed.transfer, update)
            try:
                sending.run()
                break
            except CorruptFileError:
                sending.told(-sending.here)
                if not may_try_again:
                    raise
        verify(transport, placed)

    def download(self, transport: Transport, placed: Placed, entry: Entry, partial: Path, update: Update) -> Digest:
        """Bring a file as one answer."""
        return BasicChannel().download(transport, placed, entry, partial, update)


class _Sending:
    """One file on its way, and how much of it whoever waits was told to be there."""

    def __init__(self, transport: Transport, source: Source, action: Action, update: Update) -> None:
        self.here = 0
        self._transport = transport
        self._source = source
        self._update = update
        self._url = action.href
        self._headers = {**action.header, "Tus-Resumable": TUS_VERSION}
        self._hint = self._headers.pop("Upload-Offset", "")

    def told(self, count: int) -> None:
        """Tell whoever waits that so many more bytes are there."""
        self.here += count
        self._update(count)

    def run(self) -> None:
        """Send from where the hub is to the end, and again from there whenever it is cut."""
        offset, failures = 0 if self._hint == "0" else self._ask(), 0
        while True:
            self.told(offset - self.here)
            if offset >= self._source.digest.size and (self._hint != "0" or offset):
                return
            cut = self._send(offset)
            if cut is None:
                return
            self._transport.patience.wait(failures + 1)  # the hub may still be taking what came before the cut
            before, offset, self._hint = offset, self._ask(), ""
            failures = 0 if offset > before else failures + 1
            if failures >= self._transport.patience.tries:
                raise cut

    def _send(self, offset: int) -> ConflictError | NetworkError | None:
        """Send all that follows; return what cut it, or None when all is there."""
        headers = {**self._headers, "Upload-Offset": str(offset), "Content-Type": TUS_TYPE}
        body = self._source.stream(self.told, offset)
        try:
            self._transport.request("PATCH", self._url, headers=headers, body=body, seconds=_WHILE_IT_HASHES)
        except HfHubHTTPError as error:
            if error.status is not None and error.status < 500:
                raise
            return error
        except (ConflictError, NetworkError) as error:
            return error
        return None

    def _ask(self) -> int:
        """Return how much of the file the hub has; it finishes a whole one first."""
        answer = self._transport.request("HEAD", self._url, headers=self._headers, seconds=_WHILE_IT_HASHES)
        offset = answer.headers.get("upload-offset", "")
        if not offset.isdecimal() or len(offset) > 18 or int(offset) > self._source.digest.size:
            raise UnsupportedError(
                f"The hub does not say how much of a file it has ({offset[:40]!r}). Ask its operator."
            )
        return int(offset)
