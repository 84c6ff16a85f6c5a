"""What a channel is: one way in which a large file travels to and from a hub."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from anyhub.progress import Update
from anyhub.transfer.http import Transport
from anyhub.transfer.source import Source
from anyhub.values import Digest, Entry
from anyhub.wire.lfs import Placed


class Channel(Protocol):
    """One way in which large files travel.

    A hub names, in its answer to a batch, the channel that it chose of those that the client offered, and says for each
    file where it goes; see `anyhub.wire.lfs`.
    """

    @property
    def name(self) -> str:
        """What the channel is called in a batch."""

    def upload(self, transport: Transport, source: Source, placed: Placed, update: Update, workers: int) -> None:
        """Send a file.

        Args:
            transport (`Transport`): Asks.
            source (`Source`): What to send.
            placed (`Placed`): What the hub answered for it.
            update: Told how many more bytes were sent.
            workers (`int`): How many requests may be under way at once.

        Raises:
            CorruptFileError, ValidationError: When the hub found other bytes than were announced.
            NetworkError, StalledError: When the hub went away and did not come back.
        """

    def download(self, transport: Transport, placed: Placed, entry: Entry, partial: Path, update: Update) -> Digest:
        """Bring a file into ``partial``; see `anyhub.transfer.download.download`."""
