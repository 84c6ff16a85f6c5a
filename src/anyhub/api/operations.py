"""What a commit is to do: add, delete or copy a file."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import BinaryIO, Literal, TypeAlias

from anyhub.api.repo_paths import file_in_repo, text_of
from anyhub.errors import ValidationError, did_you_mean
from anyhub.paths import check_path
from anyhub.values import AddFile, Change, CopyFile, DeleteFile, DeleteFolder

Source: TypeAlias = str | Path | bytes | BinaryIO

_PIECE = 2**20


@dataclass
class CommitOperationAdd:
    """Put a file into a repository, new or in place of the one that is there.

    Args:
        path_in_repo (`str` or `PurePath`): Where in the repository. In a folder, written with a ``/`` at its end, a
            file of this machine keeps its name. It is a text afterwards.
        path_or_fileobj (`str`, `Path`, `bytes` or `BinaryIO`): The path of a file on this machine, the content, or a
            file that is open for reading bytes. One that can seek is read from its beginning and left where it was.

    Raises:
        InvalidPathError: When the path can not be one in a repository.
        ValidationError: When there is no such file on this machine, or the source is of another kind.
    """

    path_in_repo: str | PurePath
    path_or_fileobj: Source

    def __post_init__(self) -> None:
        self.path_in_repo = file_in_repo(self.path_in_repo, self.path_or_fileobj)
        source = self.path_or_fileobj
        if isinstance(source, str | os.PathLike):
            self.path_or_fileobj = check_local_file(Path(source))
        elif isinstance(source, io.TextIOBase):
            raise ValidationError(f"The file for {self.path_in_repo!r} is open as text; open it with mode 'rb'.")
        elif not isinstance(source, bytes) and not hasattr(source, "read"):
            raise ValidationError(
                f"The content of {self.path_in_repo!r} is a path, bytes or an open file, not a {type(source).__name__}."
            )


@dataclass
class CommitOperationDelete:
    """Remove a file or a folder from a repository.

    Args:
        path_in_repo (`str` or `PurePath`): Which. One that ends with ``/`` is a folder.
        is_folder (`bool` or `"auto"`): Whether it is a folder; `"auto"` goes by the path's end.

    Raises:
        InvalidPathError: When the path can not be one in a repository.
    """

    path_in_repo: str | PurePath
    is_folder: bool | Literal["auto"] = "auto"

    def __post_init__(self) -> None:
        self.path_in_repo = text_of(self.path_in_repo)
        if self.is_folder == "auto":
            self.is_folder = self.path_in_repo.endswith("/")
        check_path(self.path_in_repo.removesuffix("/"))


@dataclass
class CommitOperationCopy:
    """Put at one path of a repository what is at another.

    Args:
        src_path_in_repo (`str` or `PurePath`): The path of the file to copy.
        path_in_repo (`str` or `PurePath`): Where to put it.
        src_revision (`str`, *optional*): The revision to copy from; the branch that is committed to, when None.

    Raises:
        InvalidPathError: When one of the paths can not be one in a repository.
    """

    src_path_in_repo: str | PurePath
    path_in_repo: str | PurePath
    src_revision: str | None = None

    def __post_init__(self) -> None:
        self.src_path_in_repo = check_path(text_of(self.src_path_in_repo))
        self.path_in_repo = check_path(text_of(self.path_in_repo))


CommitOperation: TypeAlias = CommitOperationAdd | CommitOperationDelete | CommitOperationCopy


def check_local_file(path: Path) -> Path:
    """Return a path with ``~`` expanded when it leads to a file on this machine.

    Raises:
        ValidationError: When it does not; names the nearest file.
    """
    path = path.expanduser()
    if path.is_file():
        return path
    if path.is_dir():
        raise ValidationError(f"{str(path)!r} is a folder; use upload_folder.")
    beside = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
    hint = did_you_mean(path.name, beside)
    raise ValidationError(f"There is no file {str(path)!r} on this machine; check the path.{hint}")


def change_of(operation: CommitOperation, staging: Path) -> Change:
    """Return an operation as a value that a hub takes.

    Args:
        operation: What to do.
        staging (`Path`): A folder from which the hub adopts files; content that has to be read here is put there.
    """
    match operation:
        case CommitOperationDelete(path, is_folder):
            return DeleteFolder(text_of(path).removesuffix("/")) if is_folder else DeleteFile(text_of(path))
        case CommitOperationCopy(source, path, revision):
            return CopyFile(text_of(path), text_of(source), revision)
        case CommitOperationAdd(path, source):
            return _addition(text_of(path), source, staging)


def _addition(path: str, source: Source, staging: Path) -> AddFile:
    if isinstance(source, bytes):
        return AddFile(path, source)
    if isinstance(source, str | Path):
        return AddFile(path, Path(source))
    return _staged(path, source, staging)


def _staged(path: str, source: BinaryIO, staging: Path) -> AddFile:
    from anyhub import files

    staged = staging / f"upload-{os.urandom(8).hex()}"
    with _from_its_beginning(source), files.create(staged) as writer:
        while piece := source.read(_PIECE):
            if not isinstance(piece, bytes | bytearray | memoryview):
                raise ValidationError(f"The file for {path!r} gives text; open it with mode 'rb'.")
            writer.write(piece)
    return AddFile(path, staged, writer.digest, adopt=True)


@contextmanager
def _from_its_beginning(file: BinaryIO) -> Iterator[None]:
    if not (hasattr(file, "seekable") and file.seekable()):
        yield
        return
    position = file.tell()
    file.seek(0)
    try:
        yield
    finally:
        file.seek(position)
