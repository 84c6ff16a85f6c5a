"""What is left to do of a save, written down in the folder before it is begun, so that anybody can finish it.

A folder that can not be exchanged as a whole is changed file by file. The changed files wait in a folder inside it::

    my-model/
    ├── .anyhub-save.json                the journal: while it is here, the save is decided but not finished
    ├── .anyhub-save-6e0f…/              the files that wait
    │   └── model.safetensors
    ├── config.json
    └── model.safetensors                the old one, until the journal is rolled forward

A crash before the journal has its name leaves the old state, and one after it a state from which every step can be
done again until all are done.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from anyhub import files
from anyhub.errors import CorruptFileError
from anyhub.paths import check_path

NAME = ".anyhub-save.json"
PREFIX = f"{files.PREFIX}save-"
_VERSION = 1


def is_ours(name: str) -> bool:
    """Return whether a name at the top of a folder is that of a journal, or of files that wait or are being staged."""
    return name == NAME or files.prefix_of(name) is not None


@dataclass(frozen=True, slots=True)
class Journal:
    """The steps of one save.

    Attributes:
        waiting (`str`): The name, inside the folder, of the folder in which the changed files wait.
        folders (`tuple[str, ...]`): Folders to be made, those above before those below.
        moves (`dict[str, int]`): Path and size in bytes of each file that is to move out of ``waiting``.
        deletions (`tuple[str, ...]`): Names in the folder that are to go.
        version (`int`): Of this format.
    """

    waiting: str
    folders: tuple[str, ...]
    moves: dict[str, int]
    deletions: tuple[str, ...]
    version: int = _VERSION

    def publish(self, folder: Path, staging: Path) -> None:
        """Decide the save: from here on it is finished, whatever happens.

        Args:
            folder (`Path`): The folder that is saved to, in which the changed files wait already, synced.
            staging (`Path`): A private folder on the same file system.

        Raises:
            InvalidPathError: When a name in it could not be checked again when it is read.
            DiskFullError, ReadOnlyError: When the disk refuses; nothing is decided then.
        """
        self._check_names()
        staged = staging / NAME
        with files.create(staged) as writer:
            writer.write(json.dumps(asdict(self), indent=1).encode())
        files.publish(staged, folder / NAME)

    @classmethod
    def read(cls, folder: Path) -> Journal | None:
        """Return the journal of a folder, or None when no save is unfinished there.

        Raises:
            CorruptFileError: When it is not one that could have been written here; nothing it says is done then.
        """
        path = folder / NAME
        try:
            journal = cls(**json.loads(path.read_bytes()))
            journal._check_names()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (ValueError, TypeError, AttributeError) as error:
            raise CorruptFileError(
                f"{str(path)!r} is not the journal of a save ({error}); remove it to use the folder as it is."
            ) from error
        return journal

    def roll_forward(self, folder: Path) -> None:
        """Do every step that is not done yet; may be called again, and by two processes at once.

        Raises:
            CorruptFileError: When a file that should move is neither here nor there; nothing is done then.
            DiskFullError, ReadOnlyError: When the disk refuses; the journal is still there then.
        """
        waiting = folder / self.waiting
        for path, size in self.moves.items():
            _check_move(folder, self.waiting, path, size)
        for path in self.folders:
            files.make_folder(_without_links(folder, path))
        for path in self.moves:
            with suppress(FileNotFoundError):  # it has moved already
                files.keep_status(folder / path, waiting / path)
                files.rename(waiting / path, folder / path)
        for name in self.deletions:
            files.remove_tree(folder / name)
        for parent in {(folder / path).parent for path in self.moves}:
            files.sync_folder(parent)
        files.remove(folder / NAME)
        files.sync_folder(folder)
        files.remove_tree(waiting)

    def _check_names(self) -> None:
        if self.version != _VERSION or files.prefix_of(self.waiting) != PREFIX:
            raise ValueError(f"version {self.version!r}, files in {self.waiting!r}")
        for path in (*self.folders, *self.moves, *self.deletions):
            if is_ours(check_path(path).split("/")[0]):
                raise ValueError(f"{path!r} is not the name of a file that is saved")
        if any("/" in name for name in self.deletions) or not all(isinstance(n, int) for n in self.moves.values()):
            raise ValueError("deletions or sizes are malformed")


def _check_move(folder: Path, waiting: str, path: str, size: int) -> None:
    """Refuse to begin when a file neither waits, whole, nor has moved already."""
    staged, final = _without_links(folder, f"{waiting}/{path}"), _without_links(folder, path)
    place = staged if os.path.lexists(staged) else final
    # The journal goes before the folder of those that wait, so that a missing folder was removed by somebody else.
    if not ((folder / waiting).is_dir() and os.path.lexists(place) and place.lstat().st_size == size):
        raise CorruptFileError(
            f"A save to {str(folder)!r} was interrupted, and the new {path!r} of {size:,} bytes is not there any more; "
            f"save again after removing {NAME!r}, which leaves the folder as it is now."
        )


def _without_links(folder: Path, path: str) -> Path:
    """Return a path below the folder, in which no symbolic link leads out of it."""
    place = folder
    for name in path.split("/")[:-1]:
        place /= name
        if place.is_symlink():
            raise CorruptFileError(
                f"The save to {str(folder)!r} can not be finished: {str(place)!r} is a symbolic link."
            )
    return folder / path
