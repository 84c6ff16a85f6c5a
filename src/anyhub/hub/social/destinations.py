"""Where a server may post to for a user: public addresses, and what its operator allows.

A user who can make a server connect to an address of their choice can reach what only the server can reach: itself,
its network, the metadata of its cloud. So a name is looked up once, and the connection goes to the very address that
was judged.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

from anyhub.errors import NetworkError, ValidationError

MAX_URL = 2000
PUBLIC_PORTS = (80, 443)

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_UNICAST = ipaddress.ip_network("2000::/3")  # RFC 4291: what else there is leads to this machine, or its network
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last four bytes are an IPv4 address


@dataclass(frozen=True, slots=True)
class Destination:
    """An address that may be posted to.

    Attributes:
        scheme (`str`): ``http`` or ``https``.
        host (`str`): The name, for the certificate and the ``Host`` header.
        address (`str`): The IP address to connect to.
        port (`int`): The port.
        target (`str`): Path and query.
    """

    scheme: str
    host: str
    address: str
    port: int
    target: str


class Destinations:
    """Judges addresses.

    Args:
        allowed: Host names and networks that may be reached on every port although they are not public; ``*`` for all.
    """

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        self._names = {each.lower() for each in allowed}
        self._networks = [network for each in allowed if (network := _network(each)) is not None]

    def check(self, url: str) -> None:
        """Refuse an address that can be told to be wrong without looking its name up.

        Raises:
            ValidationError: When it is malformed, or names a place that is not public.
        """
        parts = _split(url)
        host = str(parts.hostname)
        address = _address(host)
        if address is not None:
            self._check_address(host, address, _port(parts))
        elif host.lower() == "localhost" or host.lower().endswith((".localhost", ".local", ".internal")):
            self._check_name(host)

    def resolve(self, url: str) -> Destination:
        """Return where to connect to; the name is looked up once.

        Raises:
            ValidationError: When it is malformed, or one of its addresses is not public.
            NetworkError: When the name is not known.
        """
        parts = _split(url)
        host, port = str(parts.hostname), _port(parts)
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NetworkError(f"The name {host!r} is not known: {error}. Correct the address.") from error
        addresses = [str(each[4][0]) for each in found]
        for each in addresses:
            self._check_address(host, _address(each), port)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Destination(parts.scheme, host, addresses[0], port, target)

    def _check_name(self, host: str) -> None:
        if not self._names & {"*", host.lower()}:
            raise _not_public(host)

    def _check_address(self, host: str, address: _Address | None, port: int) -> None:
        if self._names & {"*", host.lower()}:
            return
        if address is None or any(each.version == address.version and address in each for each in self._networks):
            if address is None:
                raise _not_public(host)
            return
        if address.version == 6 and address not in _UNICAST and address not in _TRANSLATED:
            raise _not_public(host)
        if not all(each.is_global and not each.is_multicast for each in (address, *_within(address))):
            raise _not_public(host)
        if port not in PUBLIC_PORTS:
            raise ValidationError(f"Port {port} of {host!r} may not be posted to; use 80 or 443, or ask the operator.")


def _not_public(host: str) -> ValidationError:
    return ValidationError(
        f"{host!r} is not a public address. Give one that is, or ask the operator of this server to allow it."
    )


def _within(address: _Address) -> list[_Address]:
    """Return the IPv4 addresses that an IPv6 address stands for, which are what is reached in the end."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    translated = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _TRANSLATED else None
    teredo = address.teredo[1] if address.teredo else None
    return [each for each in (address.ipv4_mapped, address.sixtofour, teredo, translated) if each is not None]


def _split(url: str) -> SplitResult:
    """Return the parts of an address.

    Raises:
        ValidationError: When it is malformed.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    fine = (
        len(url) <= MAX_URL
        and re.fullmatch(r"[!-~]+", url)
        and "\\" not in url
        and parts.scheme in ("http", "https")
        and parts.hostname
        and "@" not in parts.netloc
        and port != 0
    )
    if not fine:
        raise ValidationError(
            f"{url[:100]!r} is not an address to post to; give one such as 'https://example.org/hook', in ASCII and"
            f" without a password, of at most {MAX_URL} characters."
        )
    return parts


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _address(text: str) -> _Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
