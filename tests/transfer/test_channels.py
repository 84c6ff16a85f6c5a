"""Every channel takes its exam with a real server at the other end; and what is sent goes where it should."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from small_server import Asked, reply, serving

from anyhub.hub.caller import Caller
from anyhub.hub.opening import open_hub
from anyhub.hub.remote.hub import RemoteHub
from anyhub.testing import ChannelSuite, running_hub
from anyhub.testing.channel_suite import Line, digest_of
from anyhub.transfer.channels import BasicChannel, Channel, MultipartChannel, TusChannel
from anyhub.transfer.engine import ask, send_large
from anyhub.transfer.http import Transport
from anyhub.transfer.origins import Origin
from anyhub.transfer.secret import Secret
from anyhub.transfer.source import Source
from anyhub.values import Digest
from anyhub.wire.lfs import Batch, Placed


@dataclass
class ToServer:
    """A line to a repository of a server of this package."""

    channel: Channel
    transport: Transport
    url: str
    running: Any
    repo: Any

    def _ask(self, operation: Any, digest: Digest) -> Placed:
        batch = Batch(operation, (digest,), (self.channel.name, "basic"))
        return ask(self.transport, self.url, batch, (self.channel, BasicChannel()))[1][0]

    def place(self, digest: Digest) -> Placed:
        return self._ask("upload", digest)

    def where(self, digest: Digest) -> Placed:
        return self._ask("download", digest)

    def kept(self, digest: Digest) -> bytes | None:
        hub = self.running.hub
        if hub.lacking(self.repo, [digest]):
            return None
        with hub.open(self.repo, hub.large(self.repo, digest.sha256)) as stream:
            data: bytes = stream.read()
        return data


@pytest.fixture
def line(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Line]:
    with running_hub(tmp_path / "hub", part_bytes=100_000) as running:
        hub = open_hub(running.endpoint, Caller(token=running.admin_token))
        assert isinstance(hub, RemoteHub)
        repo = hub.repo_id("ada/engine")
        hub.create(repo)
        yield ToServer(request.cls.channel, hub._transport, hub._address("lfs.batch", repo), running, repo)


class TestBasicChannel(ChannelSuite):
    channel = BasicChannel()


class TestMultipartChannel(ChannelSuite):
    channel = MultipartChannel()

    def test_parts_that_came_are_not_sent_again(self, line: ToServer) -> None:
        content = bytes(range(256)) * 2000
        digest = digest_of(content)
        placed = line.place(digest)
        assert placed.transfer is not None
        for number in (1, 3):
            part = content[(number - 1) * 100_000 : number * 100_000]
            line.transport.request("PUT", placed.transfer.urls[number - 1], body=part)  # type: ignore[union-attr]
        asked: list[str] = []
        request = line.transport.request
        line.transport.request = lambda *how, **more: (asked.append(how[0]), request(*how, **more))[1]  # type: ignore[method-assign]
        line.channel.upload(line.transport, Source(content, digest), line.place(digest), lambda _: None, 3)
        assert asked.count("PUT") == 4
        assert line.kept(digest) == content


class TestTusChannel(ChannelSuite):
    channel = TusChannel()


def test_a_large_file_that_goes_to_another_origin_goes_without_the_token() -> None:
    content = b"\0" * 1000
    digest = digest_of(content)
    with ExitStack() as rest:
        store = rest.enter_context(serving(lambda asked, to: reply(to)))

        def answer(asked: Asked, to: Any) -> None:
            action = {"href": f"{store.url}/object", "header": {"X-Signed": "yes"}}
            objects = [{"oid": digest.sha256, "size": digest.size, "actions": {"upload": action}}]
            import json

            reply(to, body=json.dumps({"transfer": "basic", "objects": objects}).encode())

        hub = rest.enter_context(serving(answer))
        from anyhub.hub.credentials import OriginCredentials

        transport = Transport(OriginCredentials(Origin.of(hub.url), Secret("t")), home=Origin.of(hub.url))
        send_large(transport, f"{hub.url}/batch", [Source(content, digest)], update=lambda _: None)
        assert hub.tokens == ["Bearer t"]
        assert store.tokens == [None]
        assert (store.asked[0].headers["x-signed"], store.asked[0].body) == ("yes", content)
