"""The thread that brings the facts of a hub's repositories up to date once the server runs."""

from __future__ import annotations

import logging
import threading

from anyhub.errors import HubError
from anyhub.hub.repos.refreshing import Refreshing

logger = logging.getLogger(__name__)

_AT_ONCE = 4
_PAUSE = 0.05
_STOP_SECONDS = 2.0


class Refresher:
    """Reads facts that are behind, a few repositories at a time with a pause between, so that requests go first.

    Args:
        refreshing (`Refreshing`): Finds and reads them.
    """

    def __init__(self, refreshing: Refreshing) -> None:
        self._refreshing = refreshing
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="refresher", daemon=True)

    def start(self) -> None:
        """Begin, in the background; the server need not wait."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the repositories that are being read, which is waited for 2 seconds at most."""
        self._stopping.set()
        self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        last: int | None = 0
        try:
            while last is not None and not self._stopping.is_set():
                last = self._refreshing.several(last, _AT_ONCE)
                self._stopping.wait(_PAUSE)
        except HubError as error:  # the next start goes on, and so does whoever asks for one of them
            logger.warning("The facts of some repositories are behind: %s", error)
        except Exception:
            logger.exception("The facts of some repositories are behind.")
