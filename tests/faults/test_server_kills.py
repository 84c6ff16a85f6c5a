"""Kills a server at random moments of uploads, commits and pushes: what it confirmed is there, and all of it is whole.

``ANYHUB_SERVER_KILLS=60 python -m pytest tests/faults/test_server_kills.py`` kills it more often; ``ANYHUB_SEED``
repeats the moments of an earlier run, as far as the machine lets it.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from http.client import HTTPException
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/faults"), str(ROOT / "tests/server")]

import hub_sweep  # noqa: E402
from asking import Asker, added  # noqa: E402

from anyhub.hub.local import LocalHub  # noqa: E402
from anyhub.values import RepoId  # noqa: E402

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="what is left is looked at by git")

KILLS = int(os.environ.get("ANYHUB_SERVER_KILLS", "4"))
SEED = int(os.environ.get("ANYHUB_SEED", "1"))
REPO = RepoId("ann", "m")
_SERVER = """
import sys
from pathlib import Path
from anyhub.server.embedded import RunningHub
from anyhub.server.settings import Settings
with RunningHub(Path(sys.argv[1]), Settings(part_bytes=100_000)) as hub:
    if not any(user.name == "ann" for user in hub._accounts.users()):
        hub.create_user("ann")
    print(hub.endpoint, hub._accounts.create_token("ann", sys.argv[2])[1], flush=True)
    sys.stdin.read()
"""


class Writers:
    """Threads that write to a server until it is gone, and remember what it confirmed.

    Attributes:
        confirmed: The content of each file of which a server said that it is there, by path.
    """

    def __init__(self) -> None:
        self.confirmed: dict[str, bytes] = {}
        self._count = 0
        self._lock = threading.Lock()

    def run(self, asker: Asker, until: Callable[[], object]) -> None:
        """Let all of them write, do what ends the server, and wait for them."""
        ways = (self._inline, self._large, self._in_parts, self._git)
        threads = [threading.Thread(target=self._repeat, args=(way, asker)) for way in ways]
        for each in threads:
            each.start()
        until()
        for each in threads:
            each.join()

    def _repeat(self, way: Callable[[Asker, str, bytes], bool], asker: Asker) -> None:
        with suppress(OSError, HTTPException):
            while True:
                with self._lock:
                    self._count += 1
                    number = self._count
                path, data = f"{way.__name__}-{number}.bin", hashlib.sha256(b"%d" % number).digest() * 10_000
                if way(asker, path, data):
                    self.confirmed[path] = data

    def _inline(self, asker: Asker, path: str, data: bytes) -> bool:
        return asker.commit(str(REPO), added(path, data)).status == 200

    def _large(self, asker: Asker, path: str, data: bytes, *, transfer: str = "basic") -> bool:
        oid = hashlib.sha256(data).hexdigest()
        asked = {"operation": "upload", "transfers": [transfer], "objects": [{"oid": oid, "size": len(data)}]}
        upload = asker.post(f"/{REPO}.git/info/lfs/objects/batch", asked).json["objects"][0]["actions"]["upload"]
        anyone = Asker(asker.endpoint)
        if transfer == "basic":
            sent = anyone.ask("PUT", upload["href"], data)
        else:
            size = int(upload["header"]["chunk_size"])
            urls = [url for key, url in sorted(upload["header"].items()) if key.isdecimal()]
            etags = [
                anyone.ask("PUT", url, data[start * size : (start + 1) * size]).headers.get("etag", "")
                for start, url in enumerate(urls)
            ]
            parts = [{"partNumber": number, "etag": etag} for number, etag in enumerate(etags, 1)]
            sent = anyone.post(upload["href"], {"oid": oid, "parts": parts})
        line = {"path": path, "algo": "sha256", "oid": oid, "size": len(data)}
        return sent.status == 200 and asker.commit(str(REPO), ("lfsFile", line)).status == 200

    def _in_parts(self, asker: Asker, path: str, data: bytes) -> bool:
        return self._large(asker, path, data, transfer="multipart")

    def _git(self, asker: Asker, path: str, data: bytes) -> bool:
        """Push a branch with one file, made without a clone."""
        address = asker.endpoint.replace("://", f"://ann:{asker.token}@") + f"/{REPO}"
        here = self._folder(path)
        (here / path).write_bytes(data)
        who = ("-c", "user.name=ann", "-c", "user.email=ann@example.org", "-c", "gc.auto=0")
        for words in (("init", "-q"), ("add", path), ("commit", "-q", "-m", path)):
            subprocess.run(["git", *who, *words], cwd=here, check=True, capture_output=True)
        push = ["git", "push", "-q", address, f"HEAD:refs/heads/{path}"]
        done = subprocess.run(push, cwd=here, check=False, capture_output=True, timeout=60)
        if done.returncode:
            raise ConnectionError(done.stderr.decode())
        return True

    def _folder(self, name: str) -> Path:
        folder = self.place / name
        folder.mkdir(parents=True)
        return folder

    place: Path


def killed_while(folder: Path, writers: Writers, seconds: float, number: int) -> None:
    """Start a server, let the writers write, and kill it."""
    command = [sys.executable, "-c", _SERVER, str(folder), f"token-{number}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        endpoint, token = server.stdout.readline().split()
        asker = Asker(endpoint, token)
        if number == 0:
            assert asker.create("m").status == 200

        def kill() -> None:
            with suppress(subprocess.TimeoutExpired):
                server.wait(seconds)
            server.kill()
            server.wait()

        writers.run(asker, kill)


def lost(folder: Path, confirmed: dict[str, bytes]) -> list[str]:
    """Name what was confirmed and is not there as it was sent."""
    found = []
    with closing(LocalHub(folder)) as hub:
        branches = {ref.short for ref in hub.refs(REPO)}
        for path, data in confirmed.items():
            revision = path if path.startswith("_git") else "main"
            if revision not in branches:
                found.append(path)
                continue
            with hub.open(REPO, hub.entry(REPO, hub.resolve(REPO, revision).oid, path)) as stream:
                found += [path] if stream.read() != data else []
    return found


def test_what_a_killed_server_confirmed_is_there_and_whole(tmp_path: Path) -> None:
    chance, folder, writers = random.Random(SEED), tmp_path / "hub", Writers()
    writers.place = tmp_path / "clones"
    for number in range(KILLS):
        before = len(writers.confirmed)
        killed_while(folder, writers, chance.uniform(0.1, 1.5), number)
        print(f"kill {number + 1}: {len(writers.confirmed) - before} more confirmed")
        assert lost(folder, writers.confirmed) == []
        assert hub_sweep.objections(folder) == []
    assert hub_sweep.unreadable(folder) == []
    ways = {path.split("-")[0] for path in writers.confirmed}
    assert ways == {"_inline", "_large", "_in_parts", "_git"}, "a way of writing never came to its end"
