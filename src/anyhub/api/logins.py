"""Logging in to hubs on the network: a token is checked, and kept for the origin of its hub."""

from __future__ import annotations

from anyhub.api.session import Endpoint
from anyhub.errors import ValidationError


def login(token: str | None = None, *, endpoint: Endpoint = None, skip_if_logged_in: bool = False) -> None:
    """Keep a token for a hub on the network, and for no other one, after asking the hub whose it is.

    Args:
        token (`str`, *optional*): The token; it is asked for on the terminal, when None.
        endpoint (*optional*): The address of the hub; the one that calls mean which name none, when None.
        skip_if_logged_in (`bool`): Do nothing when there is a token for it already.

    Raises:
        AuthenticationError: When the hub does not know the token; nothing is kept then.
        ValidationError: When the endpoint is not on the network, or the text can not be a token.
        ReadOnlyError, DiskFullError: When the token can not be kept.
    """
    from anyhub.hub.caller import Caller
    from anyhub.hub.credentials import origins, store
    from anyhub.hub.opening import home, open_accounts
    from anyhub.transfer.origins import Origin

    address = _address(endpoint)
    origin = Origin.of(address)
    if skip_if_logged_in and str(origin) in origins(home()):
        return
    if token is None:
        from getpass import getpass

        token = getpass(f"Token for {origin}: ")
    open_accounts(address, Caller(token=token)).whoami()
    store(home(), origin, token)


def logout(*, endpoint: Endpoint = None) -> None:
    """Forget the token of a hub on the network. It still opens the hub for whoever has it, until it is revoked there.

    Args:
        endpoint (*optional*): The address of the hub; the one that calls mean which name none, when None.

    Raises:
        ValidationError: When the endpoint is not on the network.
    """
    from anyhub.hub.credentials import forget
    from anyhub.hub.opening import home
    from anyhub.transfer.origins import Origin

    forget(home(), Origin.of(_address(endpoint)))


def _address(endpoint: Endpoint) -> str:
    from anyhub.hub.opening import endpoint_of

    address = endpoint_of(endpoint)
    if not address.startswith(("http://", "https://")):
        raise ValidationError(f"{address} asks for no token: it is not on the network. Give endpoint='https://…'.")
    return address
