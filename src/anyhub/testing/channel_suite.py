"""The exam of every channel by which large files travel."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path
from typing import Protocol

import pytest

from anyhub.errors import HubError
from anyhub.transfer.channels.channel import Channel
from anyhub.transfer.http import Transport
from anyhub.transfer.source import Source
from anyhub.values import Digest, Entry
from anyhub.wire.lfs import Placed


class Line(Protocol):
    """A channel with a real hub at its other end."""

    channel: Channel
    transport: Transport

    def place(self, digest: Digest) -> Placed:
        """Ask the hub where a file goes, offering this channel alone."""

    def where(self, digest: Digest) -> Placed:
        """Ask the hub where a file that it has is read."""

    def kept(self, digest: Digest) -> bytes | None:
        """Return what the hub keeps as this file, or None."""


def digest_of(content: bytes) -> Digest:
    """Return what some bytes are."""
    return Digest(hashlib.sha256(content).hexdigest(), len(content))


class ChannelSuite:
    """Tests that a channel passes; derive from it and give a fixture ``line``, with parts of 100,000 bytes."""

    sizes = (1, 99_999, 100_000, 100_001, 1_234_567)

    def _content(self, size: int) -> bytes:
        return random.Random(size).randbytes(size)

    def _send(self, line: Line, content: bytes | Path, digest: Digest, workers: int = 3) -> int:
        told: list[int] = []
        line.channel.upload(line.transport, Source(content, digest), line.place(digest), told.append, workers)
        return sum(told)

    def test_what_was_sent_is_what_the_hub_keeps(self, line: Line) -> None:
        for size in self.sizes:
            content = self._content(size)
            assert self._send(line, content, digest_of(content)) == size
            assert line.kept(digest_of(content)) == content

    def test_a_file_of_this_machine_is_sent_as_bytes_are(self, line: Line, tmp_path: Path) -> None:
        content = self._content(765_432)
        (tmp_path / "m.bin").write_bytes(content)
        assert self._send(line, tmp_path / "m.bin", digest_of(content)) == len(content)
        assert line.kept(digest_of(content)) == content

    def test_one_request_at_a_time_is_enough(self, line: Line) -> None:
        content = self._content(300_001)
        self._send(line, content, digest_of(content), workers=1)
        assert line.kept(digest_of(content)) == content

    def test_other_bytes_than_announced_are_refused_and_not_kept(self, line: Line) -> None:
        promised = digest_of(self._content(250_000))
        with pytest.raises(HubError):
            self._send(line, self._content(250_000)[::-1], promised)
        assert line.kept(promised) is None

    def test_what_was_refused_once_can_be_sent_as_it_should_have_been(self, line: Line) -> None:
        content = self._content(250_000)
        with pytest.raises(HubError):
            self._send(line, content[::-1], digest_of(content))
        self._send(line, content, digest_of(content))
        assert line.kept(digest_of(content)) == content

    def test_what_the_hub_keeps_comes_back(self, line: Line, tmp_path: Path) -> None:
        content = self._content(1_234_567)
        digest = digest_of(content)
        self._send(line, content, digest)
        entry = Entry("m.bin", "0" * 40, digest.size, digest.sha256)
        told: list[int] = []
        partial = tmp_path / "partial"
        partial.write_bytes(content[:700_000])
        assert line.channel.download(line.transport, line.where(digest), entry, partial, told.append) == digest
        assert partial.read_bytes() == content
        assert sum(told) == len(content)
