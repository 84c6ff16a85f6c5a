"""Every error that anyhub raises, in one tree.

::

    HubError
    ├── ValidationError          (also ValueError)      the caller's input is malformed
    │   ├── InvalidRepoIdError
    │   ├── InvalidRevisionError
    │   ├── InvalidPathError
    │   ├── MissingArgumentError (also TypeError)       a model needs an argument that was not stored
    │   └── UnexpectedArgumentError (also TypeError)    a model takes no argument of such a name
    ├── NotFoundError            (also LookupError)     a name that nothing answers to
    │   ├── RepositoryNotFoundError
    │   ├── RevisionNotFoundError
    │   ├── DiscussionNotFoundError
    │   │   └── PullRequestNotFoundError
    │   ├── EntryNotFoundError   (also FileNotFoundError)
    │   │   └── LocalEntryNotFoundError                 not in the cache, and asked not to look further
    │   └── NotASafetensorsRepoError                    the repository has no weights in safetensors
    ├── ConflictError                                   the hub's state says no; nothing was changed
    │   ├── RepositoryExistsError
    │   ├── RevisionExistsError
    │   ├── EditConflictError                           two writers changed the same file
    │   ├── ParentCommitError                           the branch is not at the stated parent commit
    │   └── PathCollisionError                          two names that some file systems hold to be one
    ├── TooLargeError            (also ValueError)      more than is taken at once
    ├── CorruptFileError         (also ValueError)      bytes that are not what their format or hash says
    │   └── SafetensorsParsingError
    ├── DDUFError                                       about DDUF files
    │   ├── DDUFCorruptedFileError   (also CorruptFileError)
    │   └── DDUFExportError          (also ValidationError)
    │       └── DDUFInvalidEntryNameError
    ├── CheckpointMismatchError  (also RuntimeError)    weights that do not fit the model
    ├── UnsafeFileError          (also ValueError)      a file that would run code when loaded
    ├── FormatTooNewError                               written by a newer anyhub
    ├── StorageError             (also OSError)         the disk says no
    │   ├── DiskFullError
    │   └── ReadOnlyError        (also PermissionError)
    ├── AccessError              (also PermissionError) who asks may not
    │   ├── AuthenticationError                         a token or a password is missing, or not valid
    │   ├── ForbiddenError                              known, and not allowed to do this
    │   └── GatedRepoError       (also RepositoryNotFoundError)  access has to be asked for first
    ├── NetworkError             (also ConnectionError) the hub can not be reached, or went away half-way
    │   ├── StalledError         (also TimeoutError)    nothing came for too long
    │   └── HfHubHTTPError                              a refusal that none of the others stands for
    ├── UnsupportedError                                understood, but not something this hub can do
    │   └── OtherFrameworkError  (also OSError)         weights that another framework has written
    └── MissingDependencyError   (also ImportError)     an extra has to be installed

Each class has a ``code``, the name by which it travels between processes and machines; each message is one sentence
that names the thing, followed by the next step.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar


class HubError(Exception):
    """The root of every error that anyhub raises.

    Args:
        message (`str`): What went wrong and what to do next, for a person.
        details: The facts behind the message, kept as attributes (`paths=[...]`, `needed_bytes=...`).
    """

    code: ClassVar[str] = "HubError"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        for name, value in details.items():
            setattr(self, name, value)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.code = cls.__name__.removesuffix("Error")

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self.details)


def _rebuild(cls: type[HubError], message: str, details: dict[str, Any]) -> HubError:
    return cls(message, **details)


class ValidationError(HubError, ValueError):
    """The caller's input is malformed."""


class InvalidRepoIdError(ValidationError):
    """A text that is not a repository id."""


class InvalidRevisionError(ValidationError):
    """A text that can not be the name of a branch, tag, pull request or commit."""


class InvalidPathError(ValidationError):
    """A text that can not be the path of a file in a repository."""


class MissingArgumentError(ValidationError, TypeError):
    """A model can not be constructed without an argument that was not stored; ``names`` has all such."""

    names: Sequence[str] = ()


class UnexpectedArgumentError(ValidationError, TypeError):
    """A model can not be constructed with an argument that its class does not take; ``names`` has all such."""

    names: Sequence[str] = ()


class NotFoundError(HubError, LookupError):
    """A name that nothing answers to."""


class RepositoryNotFoundError(NotFoundError):
    """The hub has no such repository."""


class RevisionNotFoundError(NotFoundError):
    """The repository has no such branch, tag, pull request or commit."""


class DiscussionNotFoundError(NotFoundError):
    """The repository has no discussion or pull request of that number."""


class PullRequestNotFoundError(DiscussionNotFoundError):
    """The repository has no pull request of that number."""


class EntryNotFoundError(NotFoundError, FileNotFoundError):
    """The revision has no such file or folder."""


class LocalEntryNotFoundError(EntryNotFoundError):
    """The file is not in the cache, and the caller asked not to look further."""


class NotASafetensorsRepoError(NotFoundError):
    """The repository has no weights in the safetensors format."""


class ConflictError(HubError):
    """The hub's state does not allow this; nothing was changed."""


class RepositoryExistsError(ConflictError):
    """A repository of that name exists."""


class RevisionExistsError(ConflictError):
    """A branch or tag of that name exists."""


class EditConflictError(ConflictError):
    """Another writer changed the same file since this one began; ``paths`` names the files."""

    paths: Sequence[str] = ()


class ParentCommitError(ConflictError):
    """The branch is not at the parent commit that the caller stated."""


class PathCollisionError(ConflictError):
    """Two names that some file systems hold to be one; ``paths`` names both."""

    paths: Sequence[str] = ()


class TooLargeError(HubError, ValueError):
    """More bytes, files or lines than the hub takes at once."""


class CorruptFileError(HubError, ValueError):
    """Bytes that are not what their format or their hash says."""


class SafetensorsParsingError(CorruptFileError):
    """A file that is not a sound safetensors file, or a list of shards that is not a sound one."""


class DDUFError(HubError):
    """Something about a DDUF file."""


class DDUFCorruptedFileError(DDUFError, CorruptFileError):
    """A file that is not a sound DDUF file."""


class DDUFExportError(DDUFError, ValidationError):
    """What can not be written as a DDUF file."""


class DDUFInvalidEntryNameError(DDUFExportError):
    """A name that no entry of a DDUF file may have."""


class CheckpointMismatchError(HubError, RuntimeError):
    """The tensors of a checkpoint are not those of the model."""


class UnsafeFileError(HubError, ValueError):
    """A file that would run code when it is loaded."""


class FormatTooNewError(HubError):
    """Something on disk was written by a newer anyhub than this one."""


class StorageError(HubError, OSError):
    """The disk refuses."""


class DiskFullError(StorageError):
    """No space is left where something had to be written."""


class ReadOnlyError(StorageError, PermissionError):
    """Something had to be written where writing is not allowed."""


class AccessError(HubError, PermissionError):
    """Who asks may not do this."""


class AuthenticationError(AccessError):
    """It is not known who asks: a token or a password is missing, or not a valid one."""


class ForbiddenError(AccessError):
    """It is known who asks, and they may not do this."""


class GatedRepoError(AccessError, RepositoryNotFoundError):
    """The files of this repository are given to those who asked for access and got it."""


class NetworkError(HubError, ConnectionError):
    """The hub can not be reached, or went away before it had answered."""


class StalledError(NetworkError, TimeoutError):
    """The hub sent nothing, or next to nothing, for too long."""


class HfHubHTTPError(NetworkError):
    """The hub refused in a way that no other error stands for; ``status`` is the one of HTTP."""

    status: int = 0


class UnsupportedError(HubError):
    """Understood, but not something that this hub, or this version, can do."""


class OtherFrameworkError(UnsupportedError, OSError):
    """Weights that another framework has written, in its own way."""


class MissingDependencyError(HubError, ImportError):
    """A package that this call needs is not installed."""


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the candidate nearest to ``name``, or an empty text when none is near."""
    by_folded = {candidate.casefold(): candidate for candidate in candidates}
    nearest = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.5)
    return f" Did you mean {by_folded[nearest[0]]!r}?" if nearest else ""


def by_code() -> dict[str, type[HubError]]:
    """Return every error class by its ``code``."""
    found: dict[str, type[HubError]] = {}
    waiting: list[type[HubError]] = [HubError]
    while waiting:
        cls = waiting.pop()
        found[cls.code] = cls
        waiting.extend(cls.__subclasses__())
    return found
