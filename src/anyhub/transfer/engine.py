"""Large files to a hub: what it lacks is asked for once, and sent by the best channel that both ends speak."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from anyhub.errors import CorruptFileError, UnsupportedError
from anyhub.progress import Update
from anyhub.transfer.channels import CHANNELS, Channel
from anyhub.transfer.http import Transport
from anyhub.transfer.parallel import for_each
from anyhub.transfer.source import Source
from anyhub.wire.lfs import CONTENT_TYPE, Batch, Placed, raise_refused, read_placed, spell_batch

_IN_ONE_BATCH = 256


def send_large(
    transport: Transport,
    batch_url: str,
    sources: Iterable[Source],
    *,
    update: Update,
    workers: int = 5,
    channels: Sequence[Channel] = CHANNELS,
) -> None:
    """Send those of some large files that a hub lacks.

    Args:
        transport (`Transport`): Asks.
        batch_url (`str`): Where the hub says what it lacks.
        sources: The files.
        update: Told how many more bytes are there: those that were sent, and those that need not be.
        workers (`int`): How many requests may be under way at once.
        channels: The ways to send them that may be used, the best one first.

    Raises:
        ValidationError, NotFoundError: When the hub refuses one.
        NetworkError, StalledError: When the hub went away and did not come back.
    """
    by_hash = {source.digest.sha256: source for source in sources}
    each = list(by_hash.values())
    for start in range(0, len(each), _IN_ONE_BATCH):
        batch = Batch(
            "upload", tuple(one.digest for one in each[start : start + _IN_ONE_BATCH]), tuple(c.name for c in channels)
        )
        channel, placed = ask(transport, batch_url, batch, channels)
        wanted = [one for one in placed if one.transfer is not None]
        present = {one.sha256: one.size for one in batch.digests}
        for one in wanted:
            present.pop(one.digest.sha256, None)
        update(sum(present.values()))
        inner = max(1, workers // max(1, len(wanted)))

        def send(one: Placed, channel: Channel = channel, inner: int = inner) -> None:
            channel.upload(transport, by_hash[one.digest.sha256], one, update, inner)

        for_each(send, wanted, workers)


def ask(
    transport: Transport, batch_url: str, batch: Batch, channels: Sequence[Channel] = CHANNELS
) -> tuple[Channel, list[Placed]]:
    """Ask a hub where large files go, or are.

    Returns:
        The channel that the hub chose, and what it answered for every file.

    Raises:
        ValidationError, NotFoundError: When the hub refuses one.
        UnsupportedError: When it chose a channel that was not offered.
    """
    headers = {"Accept": CONTENT_TYPE, "Content-Type": CONTENT_TYPE}
    answer = transport.request("POST", batch_url, headers=headers, json=spell_batch(batch), repeatable=True)
    content = answer.json()
    if not isinstance(content, dict):
        raise CorruptFileError("The answer is not that of a hub: it is not an object. Check the address of the hub.")
    name, placed = read_placed(content, batch)
    for one in placed:
        raise_refused(one)
    if missing := {digest.sha256 for digest in batch.digests} - {one.digest.sha256 for one in placed}:
        raise CorruptFileError(f"The hub does not say where {len(missing)} of the large files go. Ask whoever runs it.")
    channel = next((channel for channel in channels if channel.name == name), None)
    if channel is None:
        raise UnsupportedError(f"The hub wants large files by {name[:40]!r}, which was not offered. Ask its operator.")
    return channel, placed
