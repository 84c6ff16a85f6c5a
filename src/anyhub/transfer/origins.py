"""Origins: the scheme, host and port of an address, to which a credential belongs (RFC 6454)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from anyhub.errors import ValidationError

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an address leads: two addresses of one origin are of one server, as far as anybody can tell."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Origin:
        """Return the origin of an address.

        Raises:
            ValidationError: When it is not one of http or https, or has a user name or a password in it.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            parts, host, port = urlsplit(""), None, None
        if parts.scheme not in _PORTS or not host:
            raise ValidationError(f"{_shown(url)!r} is not an address of the form https://host.")
        if parts.username is not None or parts.password is not None:
            raise ValidationError(
                f"The address of {host} has a user name or a password in it, which logs would show. Log in with a token"
                " instead: `anyhub login`."
            )
        return cls(parts.scheme, host.rstrip("."), _PORTS[parts.scheme] if port is None else port)

    @property
    def is_loopback(self) -> bool:
        """Whether it is on this machine, so that what is sent there crosses no network."""
        if self.host == "localhost" or self.host.endswith(".localhost"):  # RFC 6761, section 6.3
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")


def _shown(url: str) -> str:
    """Return an address as a message may show it: without what stands before an ``@``."""
    return url.rpartition("@")[2][:200]
