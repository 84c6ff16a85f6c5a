"""A hub that is a directory.

::

    <directory>/
    ├── hub.db                        SQLite: repositories, references, commits, trees, pull requests
    ├── blobs/ab/cd/abcd0123…         large files, once each, named by their SHA-256
    ├── repos/<id>/pack/pack-*.pack   git objects; repos/<id> is a git object directory
    ├── staging/                      what is being pushed right now
    └── uploads/<upload>/7            part 7 of a large file that is coming in parts, when a server is in front

No server, no account: every process that may write the directory may use it, many at once.
``docs/formats/hub-on-disk.md`` tells how to find every byte with `ls`, `sqlite3` and `sha256sum`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from anyhub import files, temporary
from anyhub.content.directory import DirectoryBlobStore
from anyhub.errors import StorageError
from anyhub.git.packs import DirectoryPackStore
from anyhub.hub.sql.database import Database
from anyhub.hub.stored import StoredHub

DATABASE_NAME = "hub.db"


class LocalHub(StoredHub):
    """The hub in a directory, made by the first write when it is missing.

    Args:
        directory (`str` or `Path`): Where the hub lies, or is to lie.

    Raises:
        StorageError: When the directory holds other things than a hub.
        FormatTooNewError: When a newer anyhub wrote it.
        CorruptFileError: When its database is none, or was damaged.
        ReadOnlyError: When it can not be read.
    """

    def __init__(self, directory: str | Path) -> None:
        root = Path(directory).expanduser().absolute()
        self.directory = root
        self.check()
        self._git = DirectoryPackStore(root / "repos")
        super().__init__(
            endpoint=str(root),
            address=root.as_uri(),
            database=Database(root / DATABASE_NAME),
            blobs=DirectoryBlobStore(root / "blobs"),
            packs=self._git,
            staging=partial(_lend_staging, root / "staging"),
        )
        self._database.query("SELECT 1")  # a hub that can not be opened is told here, not at the first use

    def check(self) -> None:
        """Refuse a directory that is no hub, or no longer.

        Raises:
            StorageError: When it holds other things.
        """
        with files.storage_errors(self.directory):
            _check_is_hub_or_free(self.directory)

    def close(self) -> None:
        """Write what waits for it, and close the files that this thread holds open; the next call opens them again."""
        self.downloads.close()
        self._git.close()
        self._database.close()


@contextmanager
def _lend_staging(parent: Path) -> Iterator[Path]:
    files.make_folder(parent)
    with temporary.scratch(parent) as scratch:
        yield scratch


def _check_is_hub_or_free(root: Path) -> None:
    """Refuse to mix a hub with somebody's files."""
    if root.exists() and not root.is_dir():
        raise StorageError(f"{root} is a file, not a folder. Give the folder of a hub, or a new one.")
    if root.is_dir() and not (root / DATABASE_NAME).exists():
        present = sorted({path.name for path in root.iterdir()} - {"blobs", "repos", "staging", "uploads"})[:3]
        if present:
            raise StorageError(
                f"{root} is not a hub: it has {', '.join(map(repr, present))} in it and no {DATABASE_NAME}."
                " Give the folder of a hub, or an empty one."
            )
