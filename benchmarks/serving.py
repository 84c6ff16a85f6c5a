"""A server for clients to be measured against, in a process of its own, and what stands between them to count."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

TOKEN = "ahf_of_the_benchmark"
USER = "bench"
_SEED = f"""
[[user]]
name = "{USER}"

[[token]]
user = "{USER}"
name = "bench"
role = "write"
value = "{TOKEN}"
"""
_REQUEST = re.compile(rb"(?:^|\n)(?:GET|HEAD|POST|PUT|PATCH|DELETE) /[^ \r\n]* HTTP/1\.1\r\n")


@dataclass(frozen=True)
class Served:
    """A running server: its address, and its process."""

    endpoint: str
    process: subprocess.Popen[str]

    def resident_mebibytes(self) -> float:
        """Return how much memory the server has in use."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+([0-9]+) kB", status)
        return int(found[1]) / 1024 if found else float("nan")


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """Run `anyhub serve` on a new hub in a folder, with a user and a token that are known."""
    folder.mkdir(parents=True, exist_ok=True)
    seed = folder / "seed.toml"
    seed.write_text(_SEED)
    seed.chmod(0o600)
    command = [
        sys.executable,
        "-m",
        "anyhub.cli.main",
        "serve",
        str(folder / "hub"),
        "--port",
        "0",
        "--seed",
        str(seed),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout
            yield Served(_address(process.stdout), process)
        finally:
            process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
            process.kill()


def _address(lines: Iterator[str]) -> str:
    for line in lines:
        if found := re.search(r"http://127\.0\.0\.1:[0-9]+", line):
            return found[0]
    raise SystemExit("The server ended before it had said where it listens.")


class Counter:
    """Passes bytes on to a server, and counts the requests among them."""

    def __init__(self, endpoint: str) -> None:
        host, _, port = endpoint.removeprefix("http://").partition(":")
        self._upstream = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.requests = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def taken(self) -> int:
        """Return how many requests came since the last call."""
        time.sleep(0.1)
        count, self.requests = self.requests, 0
        return count

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            server = socket.create_connection(self._upstream)
            threading.Thread(target=self._pump, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, False), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, counting: bool) -> None:
        with suppress(OSError):
            while piece := source.recv(2**16):
                self.requests += len(_REQUEST.findall(piece)) if counting else 0
                sink.sendall(piece)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
