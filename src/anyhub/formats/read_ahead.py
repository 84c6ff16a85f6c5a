"""A hint to the system: this file is about to be read, from one end to the other.

Pages of a mapped file that are touched one after the other come from the disk in small pieces; asked for beforehand,
they come at the speed of the disk. Asking for what is in memory already costs more than mapping it, so samples are
taken first.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_STEP = 2 * 2**20  # the system answers a longer request only in part
_SAMPLES = 64


def read_ahead(path: Path) -> None:
    """Have the system begin to read a file, where it can and where the file is not in memory already.

    Args:
        path (`Path`): The file.

    Raises:
        OSError: When the file can not be opened.
    """
    if not hasattr(os, "posix_fadvise"):
        return
    fd = os.open(path, os.O_RDONLY)
    try:
        size = os.fstat(fd).st_size
        if not _in_memory(fd, size):
            for offset in range(0, size, _STEP):
                os.posix_fadvise(fd, offset, _STEP, os.POSIX_FADV_WILLNEED)
    finally:
        os.close(fd)


def _in_memory(fd: int, size: int) -> bool:
    """Return whether all samples of a file are in memory; False where that can not be told."""
    if not hasattr(os, "RWF_NOWAIT"):
        return False
    byte = bytearray(1)
    try:
        return all(os.preadv(fd, [byte], size * i // _SAMPLES, os.RWF_NOWAIT) for i in range(_SAMPLES)) or not size
    except OSError:  # not in memory (EAGAIN), or a file system that does not tell (EOPNOTSUPP)
        return False
