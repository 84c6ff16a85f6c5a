"""Which texts may be the path of a file in a repository.

A path that is accepted here can be created on Linux, macOS and Windows without leaving the folder it is created in,
without naming a device, and without touching git's own files. The same rules hold when files come in (a commit) and
when they go out (a snapshot), so that a hub which never checked cannot harm a client which does.

Sources of the rules: git's ``core.protectNTFS`` and ``core.protectHFS`` (``git-config`` manual), the Windows "Naming
Files, Paths, and Namespaces" page, and Unicode TR 36 for characters that are not seen.
"""

from __future__ import annotations

import re
import unicodedata

from anyhub.errors import InvalidPathError

MAX_PATH_BYTES = 1024
MAX_NAME_BYTES = 255

_PLAIN = re.compile(r"(?!\.)[A-Za-z0-9_.\-+=@ ]*[A-Za-z0-9_\-+=@]")
_WINDOWS_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])( *)(\..*)?", re.IGNORECASE)
_SUBMODULES = re.compile(r"\.gitmodules|gitmod~[1-4]|gi7eba~[1-9]|gi7eb~[0-9]{2}|gi7e~[0-9]{3}|gi7~[0-9]{4}")
_FORBIDDEN = frozenset('\\:*?"<>|')
_INVISIBLE_CATEGORIES = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_JOINERS = frozenset("\u200c\u200d")  # needed to write Persian and emoji; harmless on every file system but HFS+


def check_path(path: str) -> str:
    """Return ``path`` when it may name a file in a repository.

    Args:
        path (`str`): Names joined by ``/``, relative to the root of the repository.

    Raises:
        InvalidPathError: When a name is empty, ``.``, ``..``, reserved by git or Windows, too long, or holds a
            character that some file system refuses or that is not seen.
    """
    if not path:
        raise InvalidPathError("A path in a repository can not be empty; give a name such as 'model.safetensors'.")
    if path.startswith(("/", "\\", "~/")) or re.match(r"[A-Za-z]:", path):
        raise InvalidPathError(f"{path!r} is an absolute path; give a path relative to the root of the repository.")
    for name in path.split("/"):
        if reason := _objection(name):
            raise InvalidPathError(f"{path!r} can not be a path in a repository: {reason}. Rename the file.")
    if len(path.encode()) > MAX_PATH_BYTES:
        raise InvalidPathError(f"{path[:40]!r}… is longer than {MAX_PATH_BYTES} bytes. Use shorter names.")
    return path


def check_new_path(path: str) -> str:
    """Return ``path`` when a hub takes a new file of that name.

    Beside what `check_path` refuses, that is none by which git looks for submodules, in any spelling: a hub keeps none,
    and what such a file says makes git run commands, or refuse the whole repository.

    Raises:
        InvalidPathError: When it is not.
    """
    check_path(path)
    for name in path.split("/"):
        if _SUBMODULES.fullmatch("".join(c for c in name if c not in _JOINERS).casefold()):
            raise InvalidPathError(
                f"{path!r} lists submodules for git, and a hub keeps none. Leave it out, or rename the file."
            )
    return path


def fold(name: str) -> str:
    """Return the form in which two names are equal when some file system holds them to be one.

    Case-insensitive file systems compare by case folding, macOS also by Unicode normal form.
    """
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def _objection(name: str) -> str | None:
    """Say what speaks against one name of a path, or None."""
    if len(name) <= MAX_NAME_BYTES and _PLAIN.fullmatch(name) and len(name) > 4:
        return "it names a device on Windows" if _WINDOWS_DEVICE.fullmatch(name) else None
    if not name:
        return "it has an empty name between two slashes"
    if name in (".", ".."):
        return f"it has a {name!r} in it"
    if bad := _FORBIDDEN.intersection(name):
        return f"it has the character {min(bad)!r} in it"
    for character in name:
        if unicodedata.category(character) in _INVISIBLE_CATEGORIES and character not in _JOINERS:
            return f"it has the invisible character U+{ord(character):04X} in it"
    if name[-1] in ". ":
        return "a name in it ends with a dot or a space"
    if len(name.encode()) > MAX_NAME_BYTES:
        return f"a name in it is longer than {MAX_NAME_BYTES} bytes"
    if _WINDOWS_DEVICE.fullmatch(name):
        return "it names a device on Windows"
    # Every spelling that NTFS (short names) or HFS+ (characters it skips) would take for `.git`.
    seen = "".join(c for c in name if c not in _JOINERS).casefold()
    if seen == ".git" or re.fullmatch(r"git~[0-9]+", seen):
        return "'.git' belongs to git"
    return None
