"""The ways in which large files travel; each is one module."""

from __future__ import annotations

from anyhub.transfer.channels.basic import BasicChannel
from anyhub.transfer.channels.channel import Channel
from anyhub.transfer.channels.multipart import MultipartChannel
from anyhub.transfer.channels.tus import TusChannel

CHANNELS: tuple[Channel, ...] = (TusChannel(), MultipartChannel(), BasicChannel())
"""All that are known here, the best one first."""

__all__ = ["CHANNELS", "BasicChannel", "Channel", "MultipartChannel", "TusChannel"]
