"""The file system calls that Python does not offer, each answering whether this system could do it."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2  # <linux/fs.h>
_RENAME_SWAP = 2  # <sys/stdio.h> of macOS
_SYNC_FILE_RANGE_WRITE = 2  # <fcntl.h>
_FICLONE = 0x40049409  # <linux/fs.h>

# What a file system or an old kernel says to a call that it does not know, or not between these two files.
_CANNOT = frozenset(
    (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOTTY, errno.EXDEV, errno.EBUSY)
)

_libc: Any = None


def exchange(a: Path, b: Path) -> bool:
    """Swap what two names mean, in one step that no other process sees the middle of.

    Source: ``renameat2`` in the Linux manual, ``renamex_np`` in the macOS manual.

    Args:
        a (`Path`): A file or folder that exists.
        b (`Path`): Another, on the same file system.

    Returns:
        `bool`: False when this system or file system has no such call; then nothing was changed.

    Raises:
        OSError: When it has, and says no for another reason.
    """
    first, second = os.fsencode(a), os.fsencode(b)
    if sys.platform == "linux":
        return _call("renameat2", _AT_FDCWD, first, _AT_FDCWD, second, _RENAME_EXCHANGE)
    if sys.platform == "darwin":
        return _call("renamex_np", first, second, _RENAME_SWAP)
    return False


def clone(source: int, destination: int) -> bool:
    """Let one open file hold the bytes of another without copying them, until either is changed.

    Source: ``ioctl_ficlone`` in the Linux manual.

    Args:
        source (`int`): The descriptor of a file that is open for reading.
        destination (`int`): The descriptor of an empty file that is open for writing.

    Returns:
        `bool`: False when the file system can not do this; then the destination is still empty.
    """
    if sys.platform != "linux":
        return False
    import fcntl

    try:
        fcntl.ioctl(destination, _FICLONE, source)
    except OSError as error:
        if error.errno in _CANNOT or error.errno == errno.EPERM:
            return False
        raise
    return True


def start_writing_back(fd: int, offset: int, size: int) -> bool:
    """Ask the system to send a part of a file to the disk now, without waiting for it; only a later fsync is a promise.

    Source: ``sync_file_range`` in the Linux manual.
    """
    if sys.platform != "linux":
        return False
    import ctypes

    wide = ctypes.c_int64
    return _call("sync_file_range", fd, wide(offset), wide(size), ctypes.c_uint(_SYNC_FILE_RANGE_WRITE))


def flush(fd: int) -> None:
    """Wait until the bytes of an open file are on the disk itself.

    Source: ``F_FULLFSYNC`` in the ``fcntl`` manual of macOS, where ``fsync`` alone stops at the drive's own memory.
    """
    if sys.platform == "darwin":
        import fcntl

        with suppress(OSError):  # some network file systems do not know it
            fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
            return
    os.fsync(fd)


def lock(fd: int, *, wait: bool) -> bool | None:
    """Take the lock of an open file or folder, which is held until its descriptor is closed.

    Source: ``flock`` in the Linux manual.

    Args:
        fd (`int`): Its descriptor.
        wait (`bool`): Whether to wait while another process, or another descriptor of this one, holds the lock.

    Returns:
        `bool`: Whether it is held now; None when this system or file system has no such locks.
    """
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        fcntl.flock(fd, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in _CANNOT or error.errno in (errno.EBADF, errno.ENOLCK):
            return None
        raise
    return True


def _call(name: str, *arguments: object) -> bool:
    import ctypes

    global _libc  # noqa: PLW0603 - the one handle on the C library, opened at the first call
    if _libc is None:
        _libc = ctypes.CDLL(None, use_errno=True)
    function = getattr(_libc, name, None)
    if function is None:
        return False
    if function(*arguments) == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT:
        return False
    raise OSError(number, os.strerror(number))
