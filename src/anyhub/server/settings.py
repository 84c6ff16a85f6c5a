"""How a server is started."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """What whoever runs the server decides.

    Attributes:
        public_url (`str`, *optional*): The address under which users reach the server, where a proxy stands before it;
            the one that each request names, when None.
        anonymous_read (`bool`): Whether public repositories are shown to those who have not logged in.
        webhook_hosts: Host names and networks, such as ``10.0.0.0/8``, that webhooks may reach although they are not
            public; ``*`` for all.
        upload_seconds (`int`): For how long the address of an upload or download by Git LFS is good.
        part_bytes (`int`): The size of a part, when a large file comes in parts.
        max_inline_bytes (`int`): How many bytes of files one commit may hold in its request.
    """

    public_url: str | None = None
    anonymous_read: bool = False
    webhook_hosts: tuple[str, ...] = ()
    upload_seconds: int = 6 * 3600
    part_bytes: int = 64 * 2**20
    max_inline_bytes: int = 2**30
