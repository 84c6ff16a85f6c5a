"""A file that is about to be mapped, brought into memory at the speed of the disk.

Pages of a mapped file that are touched one after the other come from the disk in small pieces, and those that the
system is asked for beforehand (``posix_fadvise``) come one by one into the page cache. Read from one end to the other,
a file comes as fast as the disk can, and in large pieces that are mapped at little cost. What is in memory already is
not read again, for which samples are taken first.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_PIECE = 4 * 2**20
_SAMPLES = 64


def read_ahead(path: Path) -> None:
    """Read a file that is not in memory yet, and keep nothing of it but what the system keeps.

    Nothing is done where the system does not tell what is in memory.

    Args:
        path (`Path`): The file.

    Raises:
        OSError: When the file can not be read.
    """
    if not hasattr(os, "RWF_NOWAIT"):
        return
    with path.open("rb", buffering=0) as file:
        if _is_on_disk(file.fileno()):
            piece = bytearray(_PIECE)
            while file.readinto(piece):
                pass


def _is_on_disk(fd: int) -> bool:
    """Return whether a sample of a file is not in memory; False where the file system does not tell."""
    size, byte = os.fstat(fd).st_size, bytearray(1)
    try:
        for number in range(_SAMPLES):
            os.preadv(fd, [byte], size * number // _SAMPLES, os.RWF_NOWAIT)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
