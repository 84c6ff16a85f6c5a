"""Replace the files of a folder all at once, or not at all.

New files are staged out of sight, synced, and become part of the folder in one step, the first of these that fits:

1. the folder is new: the staged one is renamed;
2. one file is different: it is renamed over the old one;
3. a whole new folder, with hard links to the files that stay, is exchanged with the old one;
4. where folders can not be exchanged: a journal decides the save, and anybody can finish it (`settle`).

Whoever is killed, at whatever instant, leaves the old files or the new ones, never some of both.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from anyhub import files, journal, temporary
from anyhub.errors import CorruptFileError, PathCollisionError, ReadOnlyError, StorageError, ValidationError
from anyhub.journal import Journal

_COMPARED = 2**20


@contextmanager
def saving(folder: Path, *, stale: Callable[[str], bool]) -> Iterator[Path]:
    """Lend an empty folder; when the body succeeds, all that was written there becomes part of ``folder`` in one step.

    Files of the folder that the body did not write stay, the very same inodes; so do those that it wrote again with the
    same bytes. Who saves to one folder at the same time takes turns at this step.

    Args:
        folder (`Path`): Where to save. It need not exist; a symbolic link to a folder is followed.
        stale: Says of a name in the folder that the body did not write, whether it belongs to what is replaced; such
            files go away in the same step.

    Yields:
        `Path`: A folder of the same name. When the body fails it is removed, and nothing has changed.

    Raises:
        ValidationError: When the destination is a file.
        PathCollisionError: When the body made a file where the folder has a folder, or the other way round.
        StorageError: When something would change below another mount inside the folder.
        DiskFullError, ReadOnlyError: When the disk refuses; nothing has changed.
    """
    destination = _destination(folder)
    files.make_folder(destination.parent)
    settle(destination)
    if destination.is_dir():
        temporary.sweep(destination)
    place = destination if _must_stay(destination) else destination.parent  # whence files can be renamed into it
    with _naming(destination), temporary.scratch(place) as private:
        staged = private / Path(os.path.abspath(folder)).name  # noqa: PTH100 - resolve() would follow the link
        staged.mkdir()
        yield staged
        _Save(destination, staged, private, stale).commit()


@contextmanager
def _naming(folder: Path) -> Iterator[None]:
    """Say of the folder, not of the staged one, that the disk refuses; what else the body may not do is its own."""
    try:
        yield
    except OSError as error:
        if isinstance(error, PermissionError) and not isinstance(error, StorageError):
            raise
        with files.storage_errors(folder):
            raise


def settle(folder: Path) -> None:
    """Finish a save that was decided but interrupted; cheap when there is none.

    Args:
        folder (`Path`): A folder that may have been saved to; it need not exist.

    Raises:
        CorruptFileError: When its journal is not ours, or a file that belongs to the save is gone.
        ReadOnlyError: When the folder may not be written.
    """
    if not os.path.lexists(folder / journal.NAME):
        return
    with temporary.locked(folder):
        _roll_forward(folder)


def _roll_forward(folder: Path) -> None:
    unfinished = Journal.read(folder)
    if unfinished is None:
        return
    try:
        unfinished.roll_forward(folder)
    except CorruptFileError:
        if Journal.read(folder) is not None:
            raise
        # Where there are no locks, another process may have finished meanwhile and taken the files that wait.
    except ReadOnlyError as error:
        raise ReadOnlyError(
            f"A save to {str(folder)!r} was interrupted and must be finished first, but nothing may be written there; "
            "load it once as a user who may write, or copy the folder and load the copy.",
            path=folder,
        ) from error


def _destination(folder: Path) -> Path:
    real = folder.resolve()
    nearest = next(path for path in (real, *real.parents) if path.exists())
    if not nearest.is_dir():
        raise ValidationError(f"{str(nearest)!r} is a file, so nothing can be saved in it; give the path of a folder.")
    return real


def _must_stay(folder: Path) -> bool:
    """Return whether a folder can not be exchanged: it is in use, mounted, or below one that may not be written."""
    if not folder.is_dir():
        return False
    if sys.platform == "win32" or _is_mounted(folder) or not os.access(folder.parent, os.W_OK | os.X_OK):
        return True
    with suppress(FileNotFoundError):  # the current folder was removed
        return Path.cwd().is_relative_to(folder)
    return False


def _is_mounted(folder: Path) -> bool:
    """Return whether a folder is where another file system begins, or another view of the same one: a bind mount.

    A bind mount has the device of what is around it; it shows when something is to be renamed into it. Linux refuses
    that before it looks for what is renamed, which is why nothing need be there: nothing is ever changed by asking.
    """
    if os.path.ismount(folder):  # the method of Path is missing on Windows before Python 3.12
        return True
    missing = files.fresh_name()
    try:
        files.rename(folder.parent / missing, folder / missing)
    except OSError as error:  # any other refusal is met, and told, by the save itself
        return error.errno == errno.EXDEV
    return False


@dataclass(slots=True)
class _Tree:
    """What is below a folder: files, with what is known of them, and folders, from the top down; none of our own."""

    root: Path
    files: dict[str, os.stat_result] = field(default_factory=dict)
    folders: dict[str, os.stat_result] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Path) -> _Tree:
        tree = cls(root)
        tree._enter("")
        return tree

    def _enter(self, prefix: str) -> None:
        with os.scandir(self.root / prefix) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        for entry in found:
            if not prefix and journal.is_ours(entry.name):
                continue
            with suppress(FileNotFoundError):  # somebody else's, removed meanwhile
                self._add(prefix + entry.name, entry)

    def _add(self, path: str, entry: os.DirEntry[str]) -> None:
        if entry.is_dir(follow_symlinks=False):
            self.folders[path] = entry.stat(follow_symlinks=False)
            self._enter(f"{path}/")
        else:
            self.files[path] = (self.root / path).lstat()  # on Windows an entry does not know its inode

    @property
    def names(self) -> set[str]:
        """The names at the top."""
        return {path.split("/")[0] for path in (*self.files, *self.folders)}


@dataclass(slots=True)
class _Save:
    """One save, from the staged files to the state that all see."""

    folder: Path
    staged: Path
    private: Path
    stale: Callable[[str], bool]

    def commit(self) -> None:
        new = _Tree.of(self.staged)
        if not self.folder.exists() and self._move_in(new):
            return
        with temporary.locked(self.folder):
            _roll_forward(self.folder)
            temporary.sweep(self.folder, journal.PREFIX)  # without a journal nobody needs them, and we hold the lock
            self._bring_in(_Difference.between(new, _Tree.of(self.folder), self.stale))

    def _move_in(self, new: _Tree) -> bool:
        _sync(self.staged, new.files, new.folders)
        try:
            files.rename(self.staged, self.folder)
        except OSError:
            if self.folder.exists():  # another save came first
                return False
            raise
        files.sync_folder(self.folder.parent)
        return True

    def _bring_in(self, difference: _Difference) -> None:
        changed, structural = difference.changed, difference.added or difference.gone
        if not changed and not structural:
            return
        mounts = self._untouched_mounts(difference)
        _sync(self.staged, changed, ())
        if len(changed) == 1 and not structural:
            files.keep_status(self.folder / changed[0], self.staged / changed[0])
            files.publish(self.staged / changed[0], self.folder / changed[0], synced=True)
        elif mounts or _must_stay(self.folder) or not self._exchange(difference):  # mounts would go with the old folder
            self._write_journal(difference)
            _roll_forward(self.folder)

    def _untouched_mounts(self, difference: _Difference) -> list[str]:
        """Return the mounted folders below this one, after refusing to change what is in them: no rename leads in."""
        mounts = [path for path in difference.old.folders if _is_mounted(self.folder / path)]
        written = (*difference.changed, *difference.added)
        for mount in mounts:
            if difference.goes(mount) or any(path.startswith(f"{mount}/") for path in written):
                place = str(self.folder / mount)
                raise StorageError(
                    f"{place!r} is mounted, so it can not change in one step with {str(self.folder)!r}; unmount it, or "
                    "save to another folder.",
                    path=self.folder / mount,
                )
        return mounts

    def _exchange(self, difference: _Difference) -> bool:
        if not self._complete(difference):
            return False
        with temporary.locked(self.staged):  # nobody else may begin in the new folder before this save is done with it
            try:
                if not files.exchange(self.staged, self.folder):
                    return False
            except ReadOnlyError:  # the folder's own files may be writable all the same
                return False
            files.sync_folder(self.folder.parent)
            self._carry_over(difference)
        return True

    def _complete(self, difference: _Difference) -> bool:
        """Make the staged folder all that the new one shall be; False where files can not be linked."""
        old = difference.old
        for path in old.folders:
            if not difference.goes(path):
                (self.staged / path).mkdir(exist_ok=True)
        for path in old.files:
            if path in difference.changed:
                files.keep_status(self.folder / path, self.staged / path)
            elif not difference.goes(path) and not self._keep(path):
                return False
        kept = [path for path in old.folders if not difference.goes(path)]
        _sync(self.staged, (), {*kept, *difference.new.folders})
        for path in [*reversed(kept), ""]:  # from the bottom up: one may be read-only
            files.keep_status(self.folder / path, self.staged / path)
        return True

    def _keep(self, path: str) -> bool:
        files.remove(self.staged / path)
        try:
            return files.link(self.folder / path, self.staged / path)
        except FileNotFoundError:  # somebody removed it since we looked
            return True

    def _carry_over(self, difference: _Difference) -> None:
        """Bring along what others put into the old folder, now the staged one, while the new one was made."""
        for entry in list(self.staged.iterdir()):
            if journal.is_ours(entry.name):  # somebody saves to a folder below this one
                files.rename(entry, self.folder / entry.name)
        late = _Tree.of(self.staged)
        for path in late.folders:
            if path not in difference.old.folders and not difference.goes(path):
                (self.folder / path).mkdir(exist_ok=True)
        for path, status in late.files.items():
            known = difference.old.files.get(path)
            if path in difference.changed or difference.goes(path) or (known and os.path.samestat(known, status)):
                continue
            files.rename(self.staged / path, self.folder / path)
        files.sync_folder(self.folder)

    def _write_journal(self, difference: _Difference) -> None:
        waiting = self.folder / files.fresh_name(journal.PREFIX)
        sizes = {path: (self.staged / path).lstat().st_size for path in difference.changed}
        decided = Journal(waiting.name, tuple(difference.added), sizes, tuple(sorted(difference.gone)))
        files.rename(self.staged, waiting)
        try:
            _sync(waiting, (), difference.new.folders)
            files.sync_folder(self.folder)
            decided.publish(self.folder, self.private)
        except BaseException:
            files.remove(self.folder / journal.NAME)  # first: without it the waiting files mean nothing
            files.remove_tree(waiting)
            raise


@dataclass(slots=True)
class _Difference:
    """What has to be done to an old folder to bring in a new one.

    Attributes:
        changed: Files whose bytes are not in the old one.
        added: Folders that are not in the old one, those above first.
        gone: Names at the top of the old one that go away.
    """

    new: _Tree
    old: _Tree
    stale: Callable[[str], bool]
    changed: list[str]
    added: list[str]
    gone: set[str]

    @classmethod
    def between(cls, new: _Tree, old: _Tree, stale: Callable[[str], bool]) -> _Difference:
        gone = {name for name in old.names - new.names if stale(name)}
        both = {*new.files, *new.folders} & {*old.files, *old.folders}
        if mixed := sorted(path for path in both if (path in new.files) != (path in old.files)):
            raise PathCollisionError(
                f"{mixed[0]!r} in {str(old.root)!r} is a folder and would become a file, or the other way round; "
                "remove it, or save to another folder.",
                paths=mixed,
            )
        changed = [path for path in new.files if path not in old.files or not _same(new, old, path)]
        return cls(new, old, stale, changed, [path for path in new.folders if path not in old.folders], gone)

    def goes(self, path: str) -> bool:
        """Return whether a file or folder of the old folder, or one that came into it later, goes away."""
        name = path.split("/")[0]
        return name not in self.new.names and self.stale(name)


def _same(new: _Tree, old: _Tree, path: str) -> bool:
    """Return whether a file is the same in both."""
    a, b = new.files[path], old.files[path]
    if stat.S_ISLNK(a.st_mode) and stat.S_ISLNK(b.st_mode):
        return (new.root / path).readlink() == (old.root / path).readlink()
    if not (stat.S_ISREG(a.st_mode) and stat.S_ISREG(b.st_mode) and a.st_size == b.st_size):
        return False
    with (new.root / path).open("rb") as first, (old.root / path).open("rb") as second:
        while piece := first.read(_COMPARED):
            if piece != second.read(_COMPARED):
                return False
    return True


def _sync(root: Path, paths: Iterable[str], folders: Iterable[str]) -> None:
    """Put files on the disk, and the names in some folders and in the root itself."""
    for path in paths:
        if not (root / path).is_symlink():
            files.sync(root / path)
    for path in (*folders, ""):
        files.sync_folder(root / path)
