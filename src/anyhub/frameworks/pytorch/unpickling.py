"""Files of `torch.save`, read without running their code, and what is said of those that are not read."""

from __future__ import annotations

import pickle
import re
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

import torch
from torch.serialization import _is_zipfile

from anyhub.errors import CorruptFileError, UnsafeFileError

if TYPE_CHECKING:
    from pathlib import Path

# Where torch says what it refuses to make or to call, or what has to be imported first; all before it is advice.
_SAID = "WeightsUnpickler error: "
_REFUSED = re.compile(
    r"(?:GLOBAL |unrecognized function |unsupported class |add_safe_globals`,? but got |\A``)"
    r"(?:<(?:built-in )?(?:class|function) '?)?([A-Za-z_][\w.]{0,99})",
    re.ASCII,
)
_MOST_CHARACTERS = 120

# What torch and the readers of pickles and archives raise over bytes that are not theirs.
_OF_DAMAGE = (RuntimeError, EOFError, LookupError, ValueError, TypeError, AttributeError, AssertionError)


def unpickle(path: Path, map_location: Any, *, weights_only: bool, mmap: bool) -> Any:
    """Return what a file of `torch.save` holds.

    Args:
        path (`Path`): The file.
        map_location: As in `torch.load`.
        weights_only (`bool`): Whether to run none of its code.
        mmap (`bool`): Whether to map it into memory where its format allows that.

    Raises:
        UnsafeFileError: When it holds more than tensors and plain values; names what.
        CorruptFileError: When it is damaged.
    """
    try:
        return torch.load(path, map_location=map_location, weights_only=weights_only, mmap=mmap and is_mappable(path))
    except pickle.UnpicklingError as error:
        raise _refusal(path, error) from error
    except _OF_DAMAGE as error:
        raise _damage(path, error) from error


def check_records(path: Path, stored: int) -> None:
    """Do nothing when a file has the bytes of its tensors: torch does not look where they end when it maps a file.

    Args:
        path (`Path`): The file, which was read.
        stored (`int`): Bytes of all memory that its tensors use.

    Raises:
        CorruptFileError: When it has fewer.
    """
    if not is_mappable(path):
        return
    try:
        with ZipFile(path) as archive:
            held = sum(member.file_size for member in archive.infolist() if "/data/" in member.filename)
    except (BadZipFile, *_OF_DAMAGE) as error:
        raise _damage(path, error) from error
    if stored > held:
        raise CorruptFileError(
            f"{str(path)!r} has {held:,} bytes for tensors that take {stored:,}; download it again, or save it anew."
        )


def is_mappable(path: Path) -> bool:
    """Return whether a file has the format of torch since version 1.6, which can be mapped into memory."""
    with path.open("rb") as file:
        return _is_zipfile(file)


def _refusal(path: Path, error: pickle.UnpicklingError) -> UnsafeFileError | CorruptFileError:
    """Say what torch has refused; nothing of its advice, which is to run the code."""
    if refused := _REFUSED.search(str(error).rpartition(_SAID)[2]):
        return UnsafeFileError(
            f"{str(path)!r} was not read: it holds more than tensors and plain values, a {refused[1].rstrip('.')!r}. "
            "Ask for a safetensors file, or make one where you trust this file."
        )
    return _damage(path, error)


def _damage(path: Path, error: Exception) -> CorruptFileError:
    return CorruptFileError(f"{str(path)!r} is not a sound file of torch.save ({_reason(error)}). Download it again.")


def _reason(error: Exception) -> str:
    """Return the beginning of what torch says of a file, without its advice."""
    if isinstance(error, pickle.UnpicklingError):  # of whose text all that counts is the name that was looked for
        return "its pickle is malformed"
    first = next(iter(str(error).splitlines()), "")
    text = "".join(filter(str.isprintable, first))
    return text[:_MOST_CHARACTERS] or type(error).__name__
