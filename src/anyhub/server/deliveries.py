"""The thread that tells webhooks what happened."""

from __future__ import annotations

import http.client
import json
import logging
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from anyhub.errors import HubError, ValidationError
from anyhub.hub.social.destinations import Destination, Destinations
from anyhub.hub.social.postbag import Letter, Postbag
from anyhub.hub.sql.database import Database
from anyhub.server.settings import Settings

logger = logging.getLogger(__name__)

TIMEOUT = 10.0
_PAUSE = 1.0
_AT_ONCE = 8


class Deliveries:
    """Posts what the outbox of a hub holds: in order for each webhook, several webhooks at once.

    An answer of 200 to 299 is an arrival; no redirect is followed and no body is read. What does not arrive is tried
    five times within an hour, and then dropped. An address that may not be posted to is dropped at once.

    Args:
        database (`Database`): The hub's.
        settings (`Settings`): How the server was started.
        base_url (`str`): What addresses in what is told begin with, when ``settings.public_url`` is None.
    """

    def __init__(self, database: Database, settings: Settings, base_url: str = "") -> None:
        self._postbag = Postbag(database)
        self._destinations = Destinations(settings.webhook_hosts)
        self._base_url = (settings.public_url or base_url).rstrip("/")
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to deliver, in the background."""
        self._thread = threading.Thread(target=self._run, name="deliveries", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop after what is on its way, which takes ten seconds at most; the rest stays in the outbox."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(TIMEOUT + 1)

    def deliver_due(self, pool: ThreadPoolExecutor) -> int:
        """Try once what is due, and return how much that was."""
        letters = self._postbag.take(_AT_ONCE)
        list(pool.map(self._deliver, letters))
        return len(letters)

    def _run(self) -> None:
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="delivery") as pool:
            while not self._stopping.is_set():
                try:
                    if self.deliver_due(pool):
                        continue
                except HubError as error:  # the disk may be full for a while: what is to be told stays
                    logger.warning("Webhooks are not told at the moment: %s", error)
                except Exception:  # the thread is the only one there is: it goes on with what comes next
                    logger.exception("A webhook could not be told.")
                self._stopping.wait(_PAUSE)

    def _deliver(self, letter: Letter) -> None:
        try:
            status = self._post(self._destinations.resolve(letter.url), letter)
            reason = "" if 200 <= status < 300 else f"it answered {status}"
        except ValidationError as error:
            logger.warning("A webhook is not told: %s", error)
            self._postbag.drop(letter)
            return
        except (HubError, OSError, http.client.HTTPException) as error:
            reason = f"{type(error).__name__}: {error}"
        if not reason:
            self._postbag.drop(letter)
        elif not self._postbag.put_back(letter):
            logger.warning("A webhook at %s was not told: %s.", urlsplit(letter.url).hostname, reason[:200])

    def _post(self, to: Destination, letter: Letter) -> int:
        """Post a letter and return the status of the answer. All of it takes ten seconds at most."""
        body = json.dumps(_with_base(json.loads(letter.payload), self._base_url)).encode()
        headers = {"Content-Type": "application/json", "User-Agent": "anyhub-webhooks", "Connection": "close"}
        if letter.secret:
            headers["X-Webhook-Secret"] = letter.secret
        connection = http.client.HTTPConnection(to.host, to.port, timeout=TIMEOUT)
        plain = socket.create_connection((to.address, to.port), timeout=TIMEOUT)
        deadline = threading.Timer(TIMEOUT, _cut, [plain])  # a receiver that answers byte by byte would never time out
        deadline.start()
        try:
            secure = ssl.create_default_context() if to.scheme == "https" else None
            connection.sock = secure.wrap_socket(plain, server_hostname=to.host) if secure else plain
            connection.default_port = 443 if secure else 80  # which the Host header does without
            connection.request("POST", to.target, body, headers)
            return connection.getresponse().status
        finally:
            deadline.cancel()
            connection.close()
            plain.close()


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _with_base(payload: dict[str, Any], base_url: str) -> dict[str, Any]:
    """Return a payload whose addresses begin with that of the server."""
    spelled: dict[str, Any] = {}
    for key, value in payload.items():
        if key == "url" and isinstance(value, dict):
            spelled[key] = {name: base_url + path for name, path in value.items()}
        else:
            spelled[key] = _with_base(value, base_url) if isinstance(value, dict) else value
    return spelled
