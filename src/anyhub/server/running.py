"""A server that runs: a listening socket, the event loop in a thread of its own, and a clean end."""

from __future__ import annotations

import errno
import socket
import sys
import threading
from types import TracebackType

import uvicorn

from anyhub.errors import StorageError, ValidationError
from anyhub.hub.stored import StoredHub
from anyhub.server.app import App, build_app
from anyhub.server.protocol import Protocol
from anyhub.server.settings import Settings

GRACE_SECONDS = 10
_START_SECONDS = 30.0


class RunningServer:
    """A hub that answers on a port, until it is closed.

    Args:
        hub (`StoredHub`): What is served. Whoever made it closes it.
        settings (`Settings`, *optional*): What whoever runs the server decides.
        host (`str`): The name or address of this machine to listen at.
        port (`int`): The port; any that is free, when 0.

    Raises:
        StorageError: When the port is taken, or may not be listened at.
        ValidationError: When this machine has no such host.
    """

    def __init__(
        self, hub: StoredHub, settings: Settings | None = None, *, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self._socket = listen(host, port)
        self.app: App = build_app(hub, settings)
        self._server = _Server(_configuration(self.app))
        self._thread = threading.Thread(target=self._run, name="anyhub-server", daemon=True)
        self._thread.start()
        if not self._server.ready.wait(_START_SECONDS) or not self._server.started:
            self.close()
            raise StorageError("The server did not start; what was logged says why.")

    @property
    def address(self) -> str:
        """Where it listens, as a URL."""
        host, port = self._socket.getsockname()[:2]
        if host in ("0.0.0.0", "::"):
            host = "127.0.0.1"
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def close(self) -> None:
        """Take no more requests, finish those that run, for 10 seconds at most, and end. Twice is as good as once."""
        self._server.should_exit = True
        self._thread.join(GRACE_SECONDS + 5)
        self._socket.close()
        self.app.close()

    def __enter__(self) -> RunningServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._server.ready.set()


class _Server(uvicorn.Server):
    """Says when it is ready, and leaves the signals to whoever runs the process."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def _configuration(app: App) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=Protocol,
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=75,
    )


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address of this machine.

    Raises:
        StorageError: When the port is taken, or may not be listened at.
        ValidationError: When this machine has no such host.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, OverflowError, UnicodeError):
        raise ValidationError(f"{host!r} is no host of this machine. Give --host 127.0.0.1, or 0.0.0.0.") from None
    opened = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":  # where it means that several may listen at one port
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(2048)
    except (OSError, OverflowError) as error:
        opened.close()
        raise _refused(error, host, port) from None
    return opened


def _refused(error: Exception, host: str, port: int) -> StorageError | ValidationError:
    code = getattr(error, "errno", None)
    if code == errno.EADDRINUSE:
        return StorageError(f"Port {port} of {host} is taken by another program. Give another --port, or 0 for any.")
    if code == errno.EACCES:
        return StorageError(f"You may not listen at port {port} of {host}. Give a --port from 1024 on, or 0 for any.")
    return ValidationError(f"The server can not listen at port {port} of {host!r} ({error}). Give another --host.")
