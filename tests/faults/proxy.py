"""A proxy that does to a connection what networks do: cut, refuse, delay, and change bits, at bytes given beforehand.

Offsets count the bytes that went through in one direction over all connections since `FaultProxy.script`, so that a
transfer which is taken up again on another connection meets the next fault where its script says.
"""

from __future__ import annotations

import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

Direction = Literal["up", "down"]
_PIECE = 2**14


@dataclass(frozen=True)
class Fault:
    """What happens at one byte.

    Attributes:
        direction: ``up`` is from the client to the server.
        at (`int`): Bytes that went through before.
        kind: ``end`` closes the connection, ``reset`` breaks it off, ``gone`` closes it and refuses all others from
            then on, ``flip`` changes one bit, ``wait`` stops for ``seconds``.
    """

    direction: Direction
    at: int
    kind: Literal["end", "reset", "gone", "flip", "wait"]
    seconds: float = 0.0


class FaultProxy:
    """Listens on a port of loopback, and passes on what comes to another one.

    Args:
        host (`str`), port (`int`): Where the server listens.
    """

    def __init__(self, host: str, port: int) -> None:
        self._upstream = (host, port)
        self._lock = threading.Lock()
        self._faults: dict[Direction, list[Fault]] = {"up": [], "down": []}
        self._refusals = 0
        self.passed: dict[Direction, int] = {"up": 0, "down": 0}
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**16)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def endpoint(self) -> str:
        """The address by which clients reach the server through this proxy."""
        return f"http://127.0.0.1:{self.port}"

    def script(self, faults: Sequence[Fault] = (), *, refuse: int = 0) -> None:
        """Begin to count anew, with these faults; the next ``refuse`` connections are closed as they come."""
        with self._lock:
            self.passed = {"up": 0, "down": 0}
            self.connections = 0
            self._refusals = refuse
            for direction in self._faults:
                self._faults[direction] = sorted((f for f in faults if f.direction == direction), key=lambda f: f.at)

    def left(self) -> int:
        """Return how many faults have not happened yet."""
        with self._lock:
            return sum(map(len, self._faults.values())) + self._refusals

    def close(self) -> None:
        """Listen no longer."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    # -- inside

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                refused = self._refusals > 0
                self._refusals -= refused
            if refused:
                _break_off(client)
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._upstream)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**16)  # what is cut there did not go through
        except OSError:
            _break_off(client)
            return
        both = (client, server)
        up = threading.Thread(target=self._pump, args=("up", client, server, both), daemon=True)
        up.start()
        self._pump("down", server, client, both)
        up.join()
        for each in both:
            each.close()

    def _pump(
        self, direction: Direction, source: socket.socket, sink: socket.socket, both: Sequence[socket.socket]
    ) -> None:
        try:
            while piece := source.recv(_PIECE):
                if not self._pass(direction, piece, sink, both):
                    return
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            for each in both:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def _pass(self, direction: Direction, piece: bytes, sink: socket.socket, both: Sequence[socket.socket]) -> bool:
        """Send a piece on, up to and past the faults in it; return whether the connection goes on."""
        while piece:
            with self._lock:
                waiting = self._faults[direction]
                room = waiting[0].at - self.passed[direction] if waiting else len(piece)
                fault = waiting.pop(0) if room < len(piece) and waiting else None
                count = max(0, min(room, len(piece))) if fault else len(piece)
                self.passed[direction] += count
            sink.sendall(piece[:count])
            piece = piece[count:]
            if fault is None:
                continue
            if fault.kind == "wait":
                time.sleep(fault.seconds)
            elif fault.kind == "flip":
                piece = bytes((piece[0] ^ 1,)) + piece[1:]
            else:
                if fault.kind == "gone":
                    self._refusals = sys.maxsize
                for each in both:
                    _break_off(each) if fault.kind == "reset" else _end(each)
                return False
        return True


@contextmanager
def fault_proxy(endpoint: str) -> Iterator[FaultProxy]:
    """Put a proxy before the server at an ``http://HOST:PORT`` address."""
    host, _, port = endpoint.removeprefix("http://").partition(":")
    proxy = FaultProxy(host, int(port))
    try:
        yield proxy
    finally:
        proxy.close()


def _break_off(connection: socket.socket) -> None:
    """Reset a connection: what was not sent yet never is."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RD)
    connection.close()


def _end(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
