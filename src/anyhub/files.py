"""The one module for durable writes: stage beside the destination, sync, rename into place.

A name that a reader may look at means either what it meant before or all of what was written, whatever instant the
process is killed or the disk fills. Staged files and folders are called ``.anyhub-`` and 16 hexadecimal digits; those
which killed processes leave behind are removed by `anyhub.temporary`.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from anyhub import syscalls, writing
from anyhub.errors import DiskFullError, ReadOnlyError, StorageError
from anyhub.values import Digest
from anyhub.writing import FileWriter, Recording

if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    Progress: TypeAlias = Callable[[int], object]
    Shared: TypeAlias = Literal["hardlink", "reflink", "copy"]

_FULL = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your disk quota is used up",
    errno.EFBIG: "the file is larger than its file system or `ulimit -f` allows",
}
_READ_ONLY = frozenset((errno.EROFS, errno.EACCES, errno.EPERM))
_NO_LINK = frozenset(
    (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)
)
_BINARY = getattr(os, "O_BINARY", 0)  # Windows would translate line ends
_PRIVILEGE_NOT_HELD = 1314  # what Windows says to a user who may not make symbolic links
_READ_PIECE = 8 * 2**20
_HELD_WHILE_EXTENDING = 16 * 2**20  # bytes that came from elsewhere and wait to be hashed
PREFIX = ".anyhub-"
_FRESH = re.compile(rf"({re.escape(PREFIX)}(?:[a-z]+-)?)[0-9a-f]{{16}}")


@contextmanager
def storage_errors(path: Path, needed: int | None = None) -> Iterator[None]:
    """Say in our own errors what the disk refuses.

    Args:
        path (`Path`): What was to be written.
        needed (`int`, *optional*): Bytes that it takes.

    Raises:
        DiskFullError: For a full disk, a quota, or a limit on the size of files.
        ReadOnlyError: Where writing is not allowed.
        OSError: Any other, as it came.
    """
    try:
        yield
    except OSError as error:
        if isinstance(error, StorageError) and not _is_staged(error.details.get("path", path)):
            raise
        if error.errno in _FULL:
            raise _disk_full(error, path, needed) from error
        if error.errno in _READ_ONLY:
            raise ReadOnlyError(
                f"{str(path)!r} can not be written ({os.strerror(error.errno)}); allow it, or choose another folder.",
                errno=error.errno,
                path=path,
            ) from error
        raise


def _is_staged(path: Path) -> bool:
    """Return whether a path is ours for now: it means nothing to a user, who is told what it was to become."""
    return any(map(prefix_of, path.parts))


def _disk_full(error: OSError, path: Path, needed: int | None) -> DiskFullError:
    free = _free_bytes(path)
    need = "" if needed is None else f"need {needed:,} bytes, "
    return DiskFullError(
        f"{str(path)!r} can not be written: {_FULL[error.errno or 0]}: {need}have {free:,}; free some space, or choose "
        "another folder.",
        errno=error.errno,
        needed_bytes=needed,
        free_bytes=free,
        path=path,
    )


def _free_bytes(path: Path) -> int:
    import shutil

    folder = path if path.is_dir() else path.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


@contextmanager
def create(path: Path, *, hashing: bool = True, mode: int = 0o666) -> Iterator[FileWriter]:
    """Open a new file for staging: hashed while it is written, removed when the body fails, neither synced nor atomic.

    Args:
        path (`Path`): A file that does not exist yet.
        hashing (`bool`): Whether the caller wants the digest; within `recording`, it is computed in any case.
        mode (`int`): Who may read and write it, of which the umask takes away.

    Raises:
        FileExistsError: When the name is taken.
        DiskFullError, ReadOnlyError: When the disk refuses.
    """
    with storage_errors(path):
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode)
    recording = writing.current.get()
    writer = FileWriter(fd, hashing=hashing or recording is not None)
    try:
        try:
            with writer:
                yield writer
        finally:
            with storage_errors(path):
                os.close(fd)  # where a network file system may only now say that it is full
    except BaseException as error:
        remove(path)  # first, so that what is free is counted without it
        with storage_errors(path) if error is writer.refusal else nullcontext():
            raise
    if recording:
        recording.note(path, writer.digest)


@contextmanager
def extend(path: Path, progress: Progress | None = None, *, hashing: bool = True) -> Iterator[FileWriter]:
    """Open a staged file to go on at its end, or a new one: what it has is hashed first; it stays when the body fails.

    Args:
        path (`Path`): The file, which nobody else writes.
        progress (*optional*): Called with the number of bytes of each piece that is there already.
        hashing (`bool`): Whether the caller wants the digest; without it, nothing is read.

    Raises:
        DiskFullError, ReadOnlyError: When the disk refuses.
    """
    with storage_errors(path):
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | _BINARY, 0o666)
    try:
        with FileWriter(fd, hashing=hashing, most_behind=_HELD_WHILE_EXTENDING) as writer:
            if not hashing:
                writer.skip(os.fstat(fd).st_size)
            for piece in _pieces(path) if hashing else ():
                writer.passed(piece)
                if progress:
                    progress(piece.nbytes)
            with storage_errors(path):
                yield writer
    finally:
        os.close(fd)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Keep a staged file, made when it is missing, to whoever is in the body: any other, in any process, waits.

    What the file has become meanwhile is for those who waited to find: they hold a new one when it has another name by
    then. Where a system or file system has no locks, nobody waits.
    """
    if sys.platform == "win32":  # which renames no file that somebody has open
        yield
        return
    fd = _open_held(path)
    try:
        while syscalls.lock(fd, wait=True) and not _is_still(fd, path):
            os.close(fd)
            fd = _open_held(path)
        yield
    finally:
        os.close(fd)


def _open_held(path: Path) -> int:
    with storage_errors(path):
        return os.open(path, os.O_RDWR | os.O_CREAT | _BINARY, 0o666)


def _is_still(fd: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), path.stat())
    except FileNotFoundError:
        return False


@contextmanager
def recording() -> Iterator[Recording]:
    """Note the digest of every file that is written through this module in the body, in this thread or task."""
    noted = Recording(outer=writing.current.get())
    token = writing.current.set(noted)
    try:
        yield noted
    finally:
        writing.current.reset(token)


def hash_file(path: Path, progress: Progress | None = None) -> Digest:
    """Return what a file holds.

    Args:
        path (`Path`): The file.
        progress (*optional*): Called with the number of bytes of each piece that was read.
    """
    import hashlib

    digest, size = hashlib.sha256(), 0
    for piece in _pieces(path):
        digest.update(piece)
        size += piece.nbytes
        if progress:
            progress(piece.nbytes)
    return Digest(digest.hexdigest(), size)


def copy(source: Path, destination: Path, progress: Progress | None = None) -> Digest:
    """Copy a file to a new one, reading it once, and return what it holds.

    Raises:
        FileExistsError: When the destination exists.
        DiskFullError, ReadOnlyError: When the disk refuses.
    """
    with create(destination) as writer:
        for piece in _pieces(source):
            writer.write(piece)
            if progress:
                progress(piece.nbytes)
    return writer.digest


def _pieces(path: Path) -> Iterator[memoryview]:
    """Read a file; each piece is valid until the next is asked for."""
    with path.open("rb", buffering=0) as file:
        buffer = memoryview(bytearray(min(_READ_PIECE, max(1, os.fstat(file.fileno()).st_size))))
        while count := file.readinto(buffer):
            yield buffer[:count]


def share(source: Path, destination: Path) -> Shared:
    """Make a read-only file that holds the bytes of another, without copying them where the file system can.

    Args:
        source (`Path`): A file whose bytes never change; it becomes read-only when it is hard-linked.
        destination (`Path`): Appears, or is replaced, in one step.

    Returns:
        `str`: How: `"hardlink"`, `"reflink"` or `"copy"`.

    Raises:
        DiskFullError, ReadOnlyError: When the disk refuses.
    """
    staged = _beside(destination)
    with storage_errors(destination):
        try:
            if _link_read_only(source, staged):
                how: Shared = "hardlink"
            else:
                how = "reflink" if _reflink(source, staged) else "copy"
                if how == "copy":
                    copy(source, staged)
                sync(staged)
                staged.chmod(0o444)
            _replace(staged, destination)
        finally:
            remove(staged)  # renaming one of two links of a file onto the other does nothing, says POSIX
    return how


def link(source: Path, new: Path) -> bool:
    """Give a file a second name; False, and nothing done, where the file system can not. A symbolic link is made anew.

    Raises:
        FileExistsError: When the new name is taken.
        DiskFullError, ReadOnlyError: When the disk refuses.
    """
    with storage_errors(new):
        try:
            if source.is_symlink():
                new.symlink_to(source.readlink())
            else:
                new.hardlink_to(source)
        except OSError as error:
            if error.errno in _NO_LINK:
                return False
            raise
    return True


def _link_read_only(source: Path, new: Path) -> bool:
    if not link(source.resolve(), new):
        return False
    try:
        if stat.S_IMODE(new.stat().st_mode) & 0o222:
            new.chmod(0o444)
    except PermissionError:  # another user's file: it may change yet, so a copy is taken
        remove(new)
        return False
    return True


def _reflink(source: Path, new: Path) -> bool:
    with source.open("rb") as original, new.open("xb") as file:
        done = syscalls.clone(original.fileno(), file.fileno())
    if not done:
        remove(new)
    return done


def symlink(target: str, link: Path, fallback: Path) -> Literal["symlink"] | Shared:
    """Make a symbolic link in one step, or `share` the file where such links are not allowed.

    Args:
        target (`str`): Where the link points, relative to its own folder, with ``/``.
        link (`Path`): Appears, or is replaced, in one step.
        fallback (`Path`): The file that is shared instead, on Windows without that privilege and on some file systems.

    Returns:
        `str`: `"symlink"`, or what `share` returned.
    """
    staged = _beside(link)
    with storage_errors(link):
        try:
            staged.symlink_to(Path(target))
            _replace(staged, link)
        except OSError as error:
            remove(staged)
            if error.errno in _NO_LINK or getattr(error, "winerror", None) == _PRIVILEGE_NOT_HELD:
                return share(fallback, link)
            raise
    return "symlink"


def write(path: Path, data: bytes | str, *, secret: bool = False) -> None:
    """Replace one small file by another, durably, in one step; its mode stays.

    Args:
        path (`Path`): The file; a new one gets the mode that the umask allows.
        data (`bytes` or `str`): All of its content; text is written as UTF-8.
        secret (`bool`): Whether only its owner may read it, whatever the old file's mode was.

    Raises:
        DiskFullError, ReadOnlyError: When the disk refuses; the old file is still there then.
    """
    content = data.encode() if isinstance(data, str) else data
    staged = _beside(path)
    with storage_errors(path, len(content)):
        with create(staged, mode=0o600 if secret else 0o666) as writer:
            writer.write(content)
        try:
            sync(staged)
            if not secret:
                keep_status(path, staged)
            publish(staged, path, synced=True)
        except BaseException:
            remove(staged)
            raise


def publish(staged: Path, final: Path, *, read_only: bool = False, synced: bool = False) -> None:
    """Give a staged file its final name, durably and in one step.

    Args:
        staged (`Path`): A file on the same file system; it is gone afterwards.
        final (`Path`): Appears, or is replaced.
        read_only (`bool`): Whether nobody may write to it from now on.
        synced (`bool`): Whether its bytes are known to be on the disk.
    """
    if not synced:
        sync(staged)
    with storage_errors(final):
        if read_only:
            staged.chmod(0o444)
        _replace(staged, final)
    sync_folder(final.parent)


def fresh_name(prefix: str = PREFIX) -> str:
    """Return a name that nothing has yet.

    Args:
        prefix (`str`): What it begins with: `PREFIX`, or that and a word and ``-``.
    """
    return f"{prefix}{os.urandom(8).hex()}"


def prefix_of(name: str) -> str | None:
    """Return the prefix from which `fresh_name` made a name, or None for any other name."""
    match = _FRESH.fullmatch(name)
    return match[1] if match else None


def _beside(path: Path) -> Path:
    return path.with_name(fresh_name())


def _replace(staged: Path, final: Path) -> None:
    try:
        staged.replace(final)
    except PermissionError:
        if sys.platform != "win32" or not final.is_file():
            raise
        final.chmod(stat.S_IWRITE)  # Windows replaces no read-only file
        staged.replace(final)


def keep_status(old: Path, new: Path) -> None:
    """Give a file or folder the mode and, where allowed, the owner of the one that it is to replace, if there is one.

    A folder gets the access list and other attributes too; those of a file may speak of its content.
    """
    try:
        status = old.lstat()
    except FileNotFoundError:
        return
    if stat.S_ISLNK(status.st_mode) or new.is_symlink():
        return
    if sys.platform != "win32":
        with suppress(PermissionError):  # only root may give files away
            os.chown(new, status.st_uid, status.st_gid)
    new.chmod(stat.S_IMODE(status.st_mode))
    if stat.S_ISDIR(status.st_mode):
        import shutil

        shutil.copystat(old, new)
        os.utime(new)


def sync(path: Path) -> None:
    """Wait until the bytes of a file are on the disk."""
    with storage_errors(path):
        # Windows syncs only what is open for writing; elsewhere the file may be read-only by now.
        _sync(path, (os.O_RDWR if sys.platform == "win32" else os.O_RDONLY) | _BINARY)


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk; on Windows the system has no such call."""
    if sys.platform == "win32":
        return
    with storage_errors(path):
        try:
            _sync(path, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # network file systems that sync names at once
                raise


def _sync(path: Path, flags: int) -> None:
    fd = os.open(path, flags)
    try:
        syscalls.flush(fd)
    finally:
        os.close(fd)


def make_folder(path: Path) -> None:
    """Make a folder and those above it, durably; one that exists is fine."""
    missing = []
    while not path.is_dir():
        missing.append(path)
        path = path.parent
        if path.exists() and not path.is_dir():
            break
    for folder in reversed(missing):
        with storage_errors(folder):
            folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def remove(path: Path) -> None:
    """Remove a file or a symbolic link; a missing one is fine."""
    with storage_errors(path):
        try:
            path.unlink(missing_ok=True)
        except PermissionError:
            if sys.platform != "win32" or not path.is_file():
                raise
            path.chmod(stat.S_IWRITE)  # Windows removes no read-only file
            path.unlink(missing_ok=True)


def remove_tree(path: Path) -> None:
    """Remove a folder and everything below it, or a file; a missing one is fine."""
    import shutil

    if path.is_symlink() or not path.is_dir():
        remove(path)
        return
    with storage_errors(path):
        while path.exists():
            with suppress(FileNotFoundError):  # another process removes the same folder
                try:
                    shutil.rmtree(path)
                except PermissionError:
                    _allow_removal(path)
                    shutil.rmtree(path)


def _allow_removal(tree: Path) -> None:
    """Make a tree writable: read-only folders keep their files everywhere, read-only files stay on Windows."""
    tree.chmod(0o700)
    for folder, names, files in os.walk(tree):
        for name in names + (files if sys.platform == "win32" else []):
            if not (path := Path(folder, name)).is_symlink():
                path.chmod(0o700)


def rename(old: Path, new: Path) -> None:
    """Give a file or folder another name on the same file system, in place of what has it; not synced."""
    with storage_errors(new):
        _replace(old, new)


def exchange(a: Path, b: Path) -> bool:
    """Swap two folders in one step; False, and nothing done, where this system or file system can not."""
    with storage_errors(b):
        return syscalls.exchange(a, b)
