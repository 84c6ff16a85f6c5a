"""A file over a network that cuts, breaks off, and changes bits: what comes of it, and what it costs."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from proxy import Direction, Fault, FaultProxy

from anyhub.errors import CorruptFileError, HubError, NetworkError
from anyhub.hub.credentials import OriginCredentials
from anyhub.hub.remote.hub import RemoteHub
from anyhub.transfer.http import Transport
from anyhub.transfer.origins import Origin
from anyhub.transfer.retry import Patience
from anyhub.transfer.secret import Secret
from anyhub.values import AddFile, Entry, RepoId

MIB = 2**20
HEADERS = 8192
"""More bytes than the headers of a request or an answer have."""


@dataclass(frozen=True)
class Outcome:
    """What came of one transfer.

    Attributes:
        wrong (`bool`): Whether a file is there that is not the one that was asked for: what must never be.
        error (`HubError`, *optional*): What was raised, when it was given up.
        sent_again (`int`): Bytes that crossed the wire beyond those of the file.
    """

    wrong: bool
    error: HubError | None
    sent_again: int


def impatient(endpoint: str, token: str, *, tries: int = 6) -> RemoteHub:
    """Return a client that tries again as soon as a server can have noticed a cut."""
    origin = Origin.of(endpoint)
    transport = Transport(
        OriginCredentials(origin, Secret(token)),
        home=origin,
        patience=Patience(tries=tries, sleep=lambda _: time.sleep(0.02)),
    )
    return RemoteHub(endpoint, transport)


def down(hub: RemoteHub, proxy: FaultProxy, repo: RepoId, entry: Entry, content: bytes, partial: Path) -> Outcome:
    """Bring a file over the proxy, as it was scripted."""
    have = partial.stat().st_size if partial.exists() else 0
    error = None
    try:
        hub.fetch(repo, entry, partial, lambda _: None)
    except (NetworkError, CorruptFileError) as raised:
        error = raised
    wrong = error is None and partial.read_bytes() != content
    now = partial.stat().st_size if partial.exists() else 0
    return Outcome(wrong, error, proxy.passed["down"] - (now - have))


def up(hub: RemoteHub, proxy: FaultProxy, served: RemoteHub, repo: RepoId, path: str, content: bytes) -> Outcome:
    """Push a file over the proxy, as it was scripted, and look at it on the server without the proxy between."""
    error = None
    try:
        hub.commit(repo, [AddFile(path, content)], message=path)
    except HubError as raised:
        error = raised
    wrong = False
    commit = served.resolve(repo)
    for entry in served.find(repo, commit.oid, [path]):
        with served.open(repo, entry) as stream:
            wrong = stream.read() != content
        error = None
    return Outcome(wrong, error, max(0, proxy.passed["up"] - len(content)))


def cuts(random_: random.Random, direction: Direction, size: int, count: int) -> Sequence[Fault]:
    """Return that many cuts within a transfer, half of them abrupt."""
    places = sorted(random_.randrange(size) for _ in range(count))
    return [Fault(direction, at, random_.choice(("end", "reset"))) for at in places]
