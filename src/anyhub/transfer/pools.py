"""Sockets to servers, kept open between requests: the one module that knows an HTTP client (urllib3)."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from anyhub.errors import NetworkError, StalledError, ValidationError
from anyhub.transfer.messages import Incoming, Outgoing, Stream
from anyhub.transfer.origins import Origin

if TYPE_CHECKING:
    import urllib3

CONNECT_SECONDS = 10.0
_KEPT = 32


class Pools:
    """Implements `anyhub.transfer.messages.Sender` with TLS, proxies, and connections that are used again.

    Args:
        proxies (*optional*): The address of the proxy for ``"http"``, for ``"https"`` and for ``"all"``. When None they
            are the system's: ``http_proxy``, ``https_proxy``, ``all_proxy`` and ``no_proxy``, which are not used for
            addresses on this machine.
    """

    def __init__(self, proxies: Mapping[str, str] | None = None) -> None:
        self._proxies = None if proxies is None else _checked(proxies)
        self._lock = threading.Lock()
        self._managers: dict[str | None, urllib3.PoolManager] = {}
        self._process = os.getpid()

    def __repr__(self) -> str:
        return "Pools()"  # a proxy's address may have a password in it

    def send(self, request: Outgoing) -> Incoming:
        """Send a request and return its answer, whatever the status."""
        import urllib3

        manager = self._manager(self._proxy_for(request.url))
        body, headers = request.body, dict(request.headers)
        if isinstance(body, Stream):
            if body.size is not None:
                headers["Content-Length"] = str(body.size)
            body = body.pieces()  # type: ignore[assignment]
        with _errors(request.url):
            answer = manager.request(
                request.method,
                request.url,
                body=body,  # type: ignore[arg-type]
                headers=headers,
                preload_content=False,
                decode_content=False,
                redirect=False,
                retries=False,
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=request.patience),
            )
        return _Answer(answer, request.url)

    def is_private(self, url: str) -> bool:
        """Return whether nobody between here and there can read what is sent."""
        origin = Origin.of(url)
        return origin.scheme == "https" or (origin.is_loopback and self._proxy_for(url) is None)

    def _proxy_for(self, url: str) -> str | None:
        origin = Origin.of(url)
        if self._proxies is not None:
            return self._proxies.get(origin.scheme) or self._proxies.get("all")
        if origin.is_loopback:
            return None
        from urllib.request import getproxies, proxy_bypass

        proxies = getproxies()
        found = proxies.get(origin.scheme) or proxies.get("all")
        return _address(found) if found and not proxy_bypass(origin.host) else None

    def _manager(self, proxy: str | None) -> urllib3.PoolManager:
        with self._lock:
            if self._process != os.getpid():  # two processes must not talk on one connection
                self._managers, self._process = {}, os.getpid()
            if proxy not in self._managers:
                self._managers[proxy] = _make_manager(proxy)
            return self._managers[proxy]


def _make_manager(proxy: str | None) -> urllib3.PoolManager:
    import urllib3
    from urllib3.connection import HTTPConnection, HTTPSConnection

    class Http(HTTPConnection):
        def getresponse(self) -> Any:
            with _time_for_the_head(self):
                return super().getresponse()

        def endheaders(self, *args: Any, **kwargs: Any) -> None:
            super().endheaders(*args, **kwargs)
            _allow_time_to_send(self)

    class Https(HTTPSConnection):
        def getresponse(self) -> Any:
            with _time_for_the_head(self):
                return super().getresponse()

        def endheaders(self, *args: Any, **kwargs: Any) -> None:
            super().endheaders(*args, **kwargs)
            _allow_time_to_send(self)

    class HttpPool(urllib3.HTTPConnectionPool):
        ConnectionCls = Http

    class HttpsPool(urllib3.HTTPSConnectionPool):
        ConnectionCls = Https

    kept: dict[str, Any] = {"num_pools": _KEPT, "maxsize": _KEPT}
    if proxy is None:
        manager = urllib3.PoolManager(**kept)
    else:
        address, credentials = _parted(proxy)
        headers = urllib3.make_headers(proxy_basic_auth=credentials) if credentials else None
        manager = urllib3.ProxyManager(address, proxy_headers=headers, **kept)
    manager.pool_classes_by_scheme = {"http": HttpPool, "https": HttpsPool}
    return manager


@contextmanager
def _time_for_the_head(connection: Any) -> Iterator[None]:
    """Bound how long status and headers may take as a whole: the time limit of the socket is one for each byte."""
    given_up = threading.Event()
    own = getattr(connection.sock, "socket", connection.sock)  # of TLS within the TLS of a proxy

    def give_up() -> None:
        given_up.set()
        with suppress(OSError):
            socket.socket.shutdown(own, socket.SHUT_RDWR)

    timer = threading.Timer(2 * float(connection.timeout), give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception:
        if not given_up.is_set():
            raise
    finally:
        timer.cancel()
    if given_up.is_set():  # headers that were cut off are taken for all there are
        raise TimeoutError("The headers of the answer did not come to their end.")


def _allow_time_to_send(connection: Any) -> None:
    """While a body is sent the server may be slow to take it; the time limit until now was the one for connecting."""
    if connection.sock is not None:
        connection.sock.settimeout(30.0)


class _Answer:
    """An answer of urllib3."""

    def __init__(self, answer: urllib3.BaseHTTPResponse, url: str) -> None:
        self._answer = answer
        self._url = url
        self.status: int = answer.status
        self.headers: dict[str, str] = {name.lower(): value for name, value in answer.headers.items()}
        self._encoded = "content-encoding" in self.headers

    def read1(self, most: int) -> bytes:
        """Return some bytes of the body as soon as there are any; none at its end."""
        with _errors(self._url):
            data = self._answer.read1(most, decode_content=self._encoded)
        if not data:
            self._answer.release_conn()
        return data or b""

    def close(self) -> None:
        """Give the connection back where all was read, and close it where not."""
        if self._answer.closed:
            self._answer.release_conn()
        else:
            self._answer.close()


@contextmanager
def _errors(url: str) -> Iterator[None]:
    """Say in our own errors what happened to a connection."""
    import urllib3.exceptions as theirs

    try:
        yield
    except (theirs.NewConnectionError, theirs.ConnectTimeoutError, theirs.NameResolutionError) as error:
        raise NetworkError(
            f"{Origin.of(url)} can not be reached ({_reason(error)}). Check the address and the connection.", sent=False
        ) from None
    except theirs.ProxyError as error:
        raise NetworkError(
            f"The proxy on the way to {Origin.of(url)} did not let the request through ({_reason(error)}). Check"
            " proxies=, or http_proxy and https_proxy.",
            sent=False,
        ) from None
    except theirs.SSLError as error:
        raise NetworkError(
            f"{Origin.of(url)} could not prove who it is ({_reason(error)}). Check the address, or give the certificate"
            " of its authority by SSL_CERT_FILE.",
            sent=False,
            certain=True,
        ) from None
    except (theirs.TimeoutError, TimeoutError):
        raise StalledError(f"{Origin.of(url)} sent nothing for too long. Try again later.") from None
    except (theirs.LocationParseError, theirs.LocationValueError):
        raise ValidationError(f"{Origin.of(url)} is not an address that can be asked. Check it.") from None
    except (theirs.HTTPError, OSError) as error:
        raise NetworkError(f"The connection to {Origin.of(url)} was cut ({_reason(error)}). Try again.") from None


def _reason(error: BaseException) -> str:
    """Return what happened, without the parts of an address that only name objects of the client."""
    import urllib3.exceptions as theirs

    cause: BaseException = error
    while isinstance(inner := cause.__cause__ or cause.__context__, OSError | theirs.HTTPError):
        cause = inner
    text = getattr(cause, "strerror", None) or str(cause).rpartition(">: ")[2] or type(cause).__name__
    return str(text)[:200]


def _checked(proxies: Mapping[str, str]) -> dict[str, str]:
    known = {key.lower().removesuffix("://"): str(value) for key, value in proxies.items() if value}
    if unknown := sorted(known.keys() - {"http", "https", "all"}):
        raise ValidationError(f"proxies has the key {unknown[0]!r}; give proxies={{'http': …, 'https': …}}.")
    return {key: _address(value) for key, value in known.items()}


def _address(proxy: str) -> str:
    address = proxy if "://" in proxy else f"http://{proxy}"
    if urlsplit(address).scheme not in ("http", "https"):
        raise ValidationError(
            f"A proxy of kind {urlsplit(address).scheme!r} is not known here. Give one of kind http or https."
        )
    return address


def _parted(proxy: str) -> tuple[str, str]:
    """Split the address of a proxy from the user name and password in it."""
    credentials, at, host = proxy.partition("://")[2].rpartition("@")
    return f"{urlsplit(proxy).scheme}://{host}", unquote(credentials) if at else ""
