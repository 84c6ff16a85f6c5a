"""The address of the server, as the links in its answers begin."""

from __future__ import annotations

import re
from collections.abc import Mapping

from anyhub.errors import ValidationError
from anyhub.server.settings import Settings

_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


def base_url(settings: Settings, scheme: str, headers: Mapping[str, str]) -> str:
    """Return the public address of the server, without a slash at its end.

    A request says itself by which name it reached the server. What stands there ends up in links, so nothing but a
    host and a port is taken.

    Args:
        settings (`Settings`): May name the address.
        scheme (`str`): ``http`` or ``https``, as the connection is.
        headers: Of the request, by lower-case name.

    Raises:
        ValidationError: When the request names no host, or something else.
    """
    if settings.public_url is not None:
        return settings.public_url.rstrip("/")
    host = headers.get("host", "")
    if _HOST.fullmatch(host) is None:
        raise ValidationError("The Host header of the request names no host; an HTTP client sends one by itself.")
    return f"{scheme}://{host}"
