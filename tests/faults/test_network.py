"""Files over a network that fails: cut, broken off, refused, delayed, and with bits changed on the way."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from network import HEADERS, MIB, cuts, down, impatient, up
from proxy import Fault, FaultProxy, fault_proxy

from anyhub.hub.remote.hub import RemoteHub
from anyhub.server.embedded import RunningHub
from anyhub.testing.server import running_hub
from anyhub.values import AddFile, Entry, RepoId

SIZE = 5 * MIB + 12_345
CONTENT = random.Random(7).randbytes(SIZE)
REPO = RepoId("ada", "engine")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    with running_hub(tmp_path_factory.mktemp("faults") / "hub", part_bytes=2 * MIB) as hub:
        yield hub


@pytest.fixture(scope="module")
def token(server: RunningHub) -> str:
    return server.create_user("ada")


@pytest.fixture(scope="module")
def served(server: RunningHub, token: str) -> RemoteHub:
    """The hub, without a proxy before it."""
    hub = impatient(server.endpoint, token)
    hub.create(REPO)
    hub.commit(REPO, [AddFile("weights.bin", CONTENT)], message="weights")
    return hub


@pytest.fixture
def proxy(server: RunningHub) -> Iterator[FaultProxy]:
    with fault_proxy(server.endpoint) as made:
        yield made


@pytest.fixture
def hub(proxy: FaultProxy, token: str) -> RemoteHub:
    """The hub, behind the proxy."""
    return impatient(proxy.endpoint, token)


@pytest.fixture
def entry(hub: RemoteHub, served: RemoteHub) -> Entry:
    return hub.entry(REPO, hub.resolve(REPO).oid, "weights.bin")


@pytest.mark.parametrize("seed", range(8))
def test_a_download_goes_on_where_it_was_cut(
    hub: RemoteHub, proxy: FaultProxy, entry: Entry, tmp_path: Path, seed: int
) -> None:
    faults = cuts(random.Random(seed), "down", SIZE, count=5)
    proxy.script(faults)
    done = down(hub, proxy, REPO, entry, CONTENT, tmp_path / "partial")
    assert done.error is None
    assert not done.wrong
    assert proxy.left() == 0
    assert done.sent_again <= len(faults) * (MIB + HEADERS) + HEADERS


@pytest.mark.parametrize("at", [0, 1, 200, HEADERS, MIB, SIZE // 2, SIZE - 1])
def test_one_changed_bit_never_becomes_a_wrong_file(
    hub: RemoteHub, proxy: FaultProxy, entry: Entry, tmp_path: Path, at: int
) -> None:
    proxy.script([Fault("down", at, "flip")])
    done = down(hub, proxy, REPO, entry, CONTENT, tmp_path / "partial")
    assert not done.wrong
    if at >= HEADERS:
        assert done.error is None  # it was asked for once more


def test_a_download_waits_for_a_server_that_refuses_and_is_slow(
    hub: RemoteHub, proxy: FaultProxy, entry: Entry, tmp_path: Path
) -> None:
    proxy.script([Fault("down", MIB, "wait", 1.5), Fault("down", 2 * MIB, "reset")], refuse=2)
    done = down(hub, proxy, REPO, entry, CONTENT, tmp_path / "partial")
    assert done.error is None
    assert not done.wrong


def test_another_process_goes_on_with_a_download_that_was_given_up(
    server: RunningHub, token: str, served: RemoteHub, tmp_path: Path
) -> None:
    script = (
        "import sys; from anyhub import hf_hub_download\n"
        "print(hf_hub_download('ada/engine', 'weights.bin', endpoint=sys.argv[1], token=sys.argv[2],"
        " cache_dir=sys.argv[3]))"
    )

    def run(endpoint: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", script, endpoint, token, str(tmp_path / "cache")]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ), timeout=120)

    with fault_proxy(server.endpoint) as proxy:
        proxy.script([Fault("down", 3 * MIB, "gone")])
        first = run(proxy.endpoint)
        assert first.returncode != 0
        assert "the next call goes on from there" in first.stderr
        proxy.script()
        second = run(proxy.endpoint)
        assert second.returncode == 0, second.stderr
        assert proxy.passed["down"] <= SIZE - 3 * MIB + MIB + 4 * HEADERS
    assert Path(second.stdout.strip()).read_bytes() == CONTENT


@pytest.mark.parametrize("seed", range(8))
def test_an_upload_goes_on_where_it_was_cut(hub: RemoteHub, proxy: FaultProxy, served: RemoteHub, seed: int) -> None:
    content = random.Random(100 + seed).randbytes(SIZE)
    hub.resolve(REPO)
    faults = cuts(random.Random(seed), "up", SIZE, count=3)
    proxy.script(faults)
    done = up(hub, proxy, served, REPO, f"up-{seed}.bin", content)
    assert done.error is None
    assert not done.wrong
    assert done.sent_again <= len(faults) * (MIB + HEADERS) + 10 * HEADERS


@pytest.mark.parametrize("at", [0, 300, HEADERS, MIB, SIZE // 2, SIZE - 1])
def test_one_bit_changed_on_the_way_up_never_becomes_a_wrong_file(
    hub: RemoteHub, proxy: FaultProxy, served: RemoteHub, at: int
) -> None:
    content = random.Random(200 + at).randbytes(SIZE)
    hub.resolve(REPO)
    proxy.script([Fault("up", at, "flip")])
    assert not up(hub, proxy, served, REPO, f"flip-{at}.bin", content).wrong
