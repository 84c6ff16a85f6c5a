"""Which hub a call means: the one that it names, else the one in use, the environment's, or the one at home."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from anyhub.errors import UnsupportedError, ValidationError

if TYPE_CHECKING:
    from anyhub.hub.interface import Hub
    from anyhub.hub.local import LocalHub

_opened: dict[tuple[str, int], LocalHub] = {}
_used: ContextVar[Hub | None] = ContextVar("anyhub_hub", default=None)


def home() -> Path:
    """Return the folder in which anyhub keeps the default hub and the cache.

    It is ``ANYHUB_HOME`` where that is set, else the place for a user's data: ``~/.local/share/anyhub`` on Linux,
    ``~/Library/Application Support/anyhub`` on macOS, ``%LOCALAPPDATA%\\anyhub`` on Windows.
    """
    if chosen := os.environ.get("ANYHUB_HOME"):
        return Path(chosen).expanduser().absolute()
    import platformdirs

    return platformdirs.user_data_path("anyhub", appauthor=False)


def endpoint_of(endpoint: str | Path | Hub | None = None) -> str:
    """Return the address of the hub that `open_hub` would open: an absolute folder path, or a URL.

    Args:
        endpoint: As for `open_hub`.
    """
    if endpoint is None:
        endpoint = _used.get() or os.environ.get("ANYHUB_ENDPOINT") or os.environ.get("HF_ENDPOINT") or home() / "hub"
    if not isinstance(endpoint, str | Path):
        return endpoint.endpoint
    text = str(endpoint)
    if re.match(r"https?://", text):
        return text.rstrip("/")
    if text.startswith("file://"):
        from urllib.request import url2pathname  # which brings an HTTP client along

        text = url2pathname(urlsplit(text).path)
    elif re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", text):
        raise ValidationError(f"{text!r} is not the address of a hub. Give a folder, or an https:// address.")
    return str(Path(text).expanduser().absolute())


def open_hub(endpoint: str | Path | Hub | None = None) -> Hub:
    """Return the hub at an endpoint.

    Args:
        endpoint (`str`, `Path` or `Hub`, *optional*): A folder, a ``file://`` address, or a hub, which is returned as
            it is. When None: the hub of the enclosing `using` block, else ``ANYHUB_ENDPOINT``, else ``HF_ENDPOINT``,
            else the folder ``hub`` in `home()`.

    Raises:
        UnsupportedError: For an ``https://`` endpoint, which this version can not talk to.
        StorageError, ReadOnlyError, FormatTooNewError: When the folder is not a hub, or can not be used.
    """
    if endpoint is None:
        endpoint = _used.get()
    if endpoint is not None and not isinstance(endpoint, str | Path):
        return endpoint
    address = endpoint_of(endpoint)
    if address.startswith(("http://", "https://")):
        raise UnsupportedError(
            f"{address} is a hub on the network, and this version of anyhub opens hubs that are folders. Set"
            " ANYHUB_ENDPOINT to a folder, or unset it and HF_ENDPOINT to use the default one."
        )
    key = (address, os.getpid())  # one for each process: open files do not survive a fork well
    hub = _opened.get(key)
    if hub is None or not hub.is_there():
        from anyhub.hub.local import LocalHub

        hub = _opened[key] = LocalHub(address)
    return hub


@contextmanager
def using(hub: Hub) -> Iterator[Hub]:
    """Make a hub the default of every call inside the block, in this thread or task."""
    token = _used.set(hub)
    try:
        yield hub
    finally:
        _used.reset(token)
