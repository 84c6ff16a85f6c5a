"""Plays the calls of a process, as ``strace`` wrote them, on a `disk.Disk`."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from disk import Disk, File, Folder

# Those of a save, and others that would change a disk: nobody has described them, and `play` refuses them.
CALLS = (
    *("openat", "write", "fsync", "fdatasync", "sync_file_range"),
    *("rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat", "rmdir", "mkdir", "mkdirat"),
    *("pwrite64", "writev", "pwritev", "ftruncate", "truncate", "fallocate", "copy_file_range", "sendfile", "ioctl"),
    *("symlink", "symlinkat"),
)
WHOLE = ("-s", str(2**24))  # the options with which strace writes all that is written
_LINE = re.compile(r"(\w+)\((.*)\)\s+= (-?\d+)", re.DOTALL)
_ARGUMENT = re.compile(r'"(?:[^"\\]|\\.)*"|[^,\s][^,]*')
_DESCRIPTOR = re.compile(r"(?:\d+|AT_FDCWD)<(.*)>")


@dataclass(frozen=True)
class Call:
    """One call that succeeded, and its arguments: texts as bytes, the rest as strace writes it."""

    name: str
    arguments: Sequence[bytes | str]

    @classmethod
    def parse(cls, line: str) -> Call | None:
        """Read a line of strace; None for a call that failed, and for what is no call.

        Raises:
            ValueError: When strace did not write all of the call.
        """
        if "<unfinished" in line or "resumed>" in line or '"...' in line:
            raise ValueError(f"strace did not write all of this call: {line[:200]}")
        match = _LINE.match(line)
        if match is None or int(match[3]) < 0:
            return None
        arguments = [ast.literal_eval(f"b{each}") if each[0] == '"' else each for each in _ARGUMENT.findall(match[2])]
        return cls(match[1], arguments)


class Replay:
    """Plays calls on a disk.

    Args:
        disk (`Disk`): What is below the folder.
        root (`Path`): The folder; what a process does elsewhere is passed over.
    """

    def __init__(self, disk: Disk, root: Path) -> None:
        self._disk = disk
        self._root = root

    def play(self, call: Call) -> bool:
        """Do to the disk what a call did; return whether it did anything.

        Raises:
            ValueError: For a call that changes a disk and is not known here.
        """
        if call.name not in _ACTIONS:
            raise ValueError(f"{call.name} is not known; say in replay.py what it does to a disk.")
        return _ACTIONS[call.name](self, *call.arguments)

    def _path(self, folder: str, path: bytes | None = None) -> str | None:
        """Return a path below the root, from what strace writes of a descriptor and of a path relative to it."""
        base = _DESCRIPTOR.fullmatch(folder)
        named = Path(base[1] if base else "/", (path or b"").decode())
        return str(named.relative_to(self._root)) if named.is_relative_to(self._root) else None

    def _open(self, folder: str, path: bytes, flags: str, _mode: str = "") -> bool:
        if (found := self._path(folder, path)) is None or not ("O_CREAT" in flags or "O_TRUNC" in flags):
            return False
        node = self._disk.find(found)
        if node is None:
            self._disk.put(found, File())
        elif isinstance(node, File) and "O_TRUNC" in flags:
            node.data = b""
        return True

    def _write(self, descriptor: str, data: bytes, _size: str) -> bool:
        """Append: who writes here writes each file from its beginning to its end."""
        node = self._node(descriptor)
        if not isinstance(node, File):
            return False
        node.data += data
        return True

    def _sync(self, descriptor: str) -> bool:
        if (node := self._node(descriptor)) is None:
            return False
        self._disk.sync(node)
        return True

    def _node(self, descriptor: str) -> File | Folder | None:
        path = self._path(descriptor)
        return None if path is None else self._disk.find(path)

    def _rename(self, old: bytes, new: bytes) -> bool:
        return self._rename_at("", old, "", new)

    def _rename_at(self, old_in: str, old: bytes, new_in: str, new: bytes, flags: str = "0") -> bool:
        a, b = self._path(old_in, old), self._path(new_in, new)
        if a is None or b is None:
            return False
        if flags not in ("0", "RENAME_EXCHANGE"):
            raise ValueError(f"renameat2 with {flags} is not known.")
        (self._disk.rename if flags == "0" else self._disk.exchange)(a, b)
        return True

    def _link(self, old: bytes, new: bytes) -> bool:
        return self._link_at("", old, "", new, "0")

    def _link_at(self, old_in: str, old: bytes, new_in: str, new: bytes, _flags: str) -> bool:
        a, b = self._path(old_in, old), self._path(new_in, new)
        if a is None or b is None or (node := self._disk.find(a)) is None:
            return False
        self._disk.put(b, node)
        return True

    def _remove(self, path: bytes) -> bool:
        return self._remove_at("", path, "0")

    def _remove_at(self, folder: str, path: bytes, _flags: str) -> bool:
        if (found := self._path(folder, path)) is None:
            return False
        self._disk.remove(found)
        return True

    def _make_folder(self, path: bytes, mode: str) -> bool:
        return self._make_folder_at("", path, mode)

    def _make_folder_at(self, folder: str, path: bytes, _mode: str) -> bool:
        if (found := self._path(folder, path)) is None:
            return False
        self._disk.put(found, Folder())
        return True

    def _promise_nothing(self, *_arguments: str) -> bool:
        return False


_ACTIONS: dict[str, Callable[..., bool]] = {
    "openat": Replay._open,
    "write": Replay._write,
    "fsync": Replay._sync,
    "fdatasync": Replay._sync,
    "sync_file_range": Replay._promise_nothing,
    "rename": Replay._rename,
    "renameat": Replay._rename_at,
    "renameat2": Replay._rename_at,
    "link": Replay._link,
    "linkat": Replay._link_at,
    "unlink": Replay._remove,
    "unlinkat": Replay._remove_at,
    "rmdir": Replay._remove,
    "mkdir": Replay._make_folder,
    "mkdirat": Replay._make_folder_at,
}
