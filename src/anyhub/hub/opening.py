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

from anyhub.errors import StorageError, UnsupportedError, ValidationError
from anyhub.hub.caller import Caller

if TYPE_CHECKING:
    from anyhub.hub.accounts import Accounts
    from anyhub.hub.interface import Hub
    from anyhub.hub.local import LocalHub
    from anyhub.hub.remote.hub import RemoteHub

_opened: dict[str, LocalHub] = {}
_reached: dict[tuple[str, str | None, Caller], RemoteHub] = {}
_MOST_REACHED = 64
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

    Raises:
        ValidationError: When it is empty, or an address of another kind.
    """
    if endpoint == "":
        raise ValidationError("The endpoint is an empty text; give a folder or an address, or none for the usual hub.")
    if endpoint is None:
        endpoint = _used.get() or _usual_endpoint()
    if not isinstance(endpoint, str | Path):
        return endpoint.endpoint
    text = str(endpoint)
    if re.match(r"https?://", text):
        return text.rstrip("/")
    if text.startswith("file://"):
        from urllib.request import url2pathname  # which brings an HTTP client along

        text = url2pathname(urlsplit(text).path)
    elif re.fullmatch(r"[A-Za-z0-9.-]+:[0-9]{1,5}/?", text):  # as of a host; nobody calls a folder so by purpose
        raise ValidationError(f"{text!r} is not the address of a hub. Did you mean 'http://{text}'?")
    elif re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", text):
        raise ValidationError(f"{text!r} is not the address of a hub. Give a folder, or an https:// address.")
    return str(Path(text).expanduser().absolute())


def _usual_endpoint() -> str | Path:
    named = os.environ.get("ANYHUB_ENDPOINT") or os.environ.get("HF_ENDPOINT")
    if named:
        return named
    from anyhub.hub.configured import chosen_endpoint

    return chosen_endpoint(home()) or home() / "hub"


def open_hub(endpoint: str | Path | Hub | None = None, caller: Caller | None = None) -> Hub:
    """Return the hub at an endpoint.

    Args:
        endpoint (`str`, `Path` or `Hub`, *optional*): A folder, a ``file://`` address, an ``https://`` address, or a
            hub, which is returned as it is. When None: the hub of the enclosing `using` block, else
            ``ANYHUB_ENDPOINT``, else ``HF_ENDPOINT``, else the one chosen with `anyhub use`, else the folder ``hub`` in
            `home()`.
        caller (`Caller`, *optional*): Who calls, for a hub on the network. One hub is kept for each address, token and
            way to reach it, and shared by all threads.

    Raises:
        ValidationError: When the endpoint is empty, or an address of another kind.
        AuthenticationError: When a token has to be there and is not.
        StorageError, ReadOnlyError, FormatTooNewError: When the folder is not a hub, or can not be used.
    """
    if endpoint is None:
        endpoint = _used.get()
    if endpoint is not None and not isinstance(endpoint, str | Path):
        return endpoint
    address = endpoint_of(endpoint)
    if address.startswith(("http://", "https://")):
        return _reach(address, caller or Caller())
    if (hub := _opened.get(address)) is not None:
        hub.check()
        return hub
    from anyhub.hub.local import LocalHub

    check_free_for_folder(Path(address))
    return _opened.setdefault(address, LocalHub(address))


def open_accounts(endpoint: str | Path | Hub | None = None, caller: Caller | None = None) -> Accounts:
    """Return who may use the hub at an endpoint; the arguments are those of `open_hub`.

    Raises:
        UnsupportedError: When the hub is one that keeps no accounts.
        HubError: As `open_hub` does.
    """
    from anyhub.hub.accounts import HasAccounts

    hub = open_hub(endpoint, caller)
    if not isinstance(hub, HasAccounts):
        raise UnsupportedError(f"{hub.endpoint} keeps no accounts. Use a hub in a folder, or a server of one.")
    return hub.accounts


def _reach(address: str, caller: Caller) -> RemoteHub:
    from anyhub.hub.credentials import OriginCredentials, secret_of
    from anyhub.hub.remote.hub import RemoteHub
    from anyhub.transfer.http import Transport
    from anyhub.transfer.origins import Origin

    origin = Origin.of(address)
    secret = secret_of(caller.token, origin, home())
    key = (address, secret.text if secret else None, caller)
    if (hub := _reached.get(key)) is None:
        transport = Transport(
            OriginCredentials(origin, secret),
            home=origin,
            headers=dict(caller.headers),
            user_agent=caller.user_agent,
            proxies=None if caller.proxies is None else dict(caller.proxies),
        )
        while len(_reached) >= _MOST_REACHED:
            _reached.pop(next(iter(_reached)), None)
        made = RemoteHub(address, transport, seconds=caller.timeout, threads=caller.threads, scratch=home() / "staging")
        hub = _reached.setdefault(key, made)
    return hub


def check_free_for_folder(folder: Path) -> None:
    """Do nothing when a folder that a user named is there or can be made: no file is in its way.

    Raises:
        StorageError: When it, or something above it, is a file or a link that leads nowhere; names that.
    """
    nearest = next((path for path in (folder, *folder.parents) if os.path.lexists(path)), folder)
    if os.path.lexists(nearest) and not nearest.is_dir():
        what = "a file" if nearest.exists() else "a link that leads nowhere"
        raise StorageError(f"{nearest} is {what}, not a folder. Give another folder, or move it away.", path=nearest)


@contextmanager
def using(hub: Hub) -> Iterator[Hub]:
    """Make a hub the default of every call inside the block, in this thread or task."""
    token = _used.set(hub)
    try:
        yield hub
    finally:
        _used.reset(token)
