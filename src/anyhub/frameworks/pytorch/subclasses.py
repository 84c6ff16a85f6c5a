"""Tensors that stand for others, as the plain tensors that they are made of, and the way back.

A quantised weight, say, is packed integers and their scales. Each is stored as a plain tensor under a name of its own,
``layer.weight.scale``; under the tensor's name, in the metadata, a note says how they make one tensor.

Classes of tensors take part by torch's own protocol, ``__tensor_flatten__`` and ``__tensor_unflatten__`` (source:
``torch.utils._python_dispatch.is_traceable_wrapper_subclass``). A file only names a class: it is found among the
types that the model has at that place and those that this process has registered, and is never imported.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import is_traceable_wrapper_subclass

from anyhub.errors import CorruptFileError, UnsafeFileError, UnsupportedError
from anyhub.formats import strict_json
from anyhub.formats.objections import Objection
from anyhub.frameworks.pytorch import plain_values
from anyhub.frameworks.pytorch.own_kinds import OWN_KINDS
from anyhub.frameworks.pytorch.plain_values import full_name

_BEGIN = '{"tensor_of":'
_MAX_DEPTH = 16


@dataclass(frozen=True, slots=True)
class Flat:
    """What is stored for a tensor that stands for others.

    Attributes:
        tensors (`dict[str, Tensor]`): Plain tensors by the names that they get, without copies.
        note (`str`): JSON for the metadata, under the name of the tensor.
    """

    tensors: dict[str, Tensor]
    note: str


@dataclass(frozen=True, slots=True)
class Note:
    """How a tensor is made of others.

    Attributes:
        kind (`str`): The full name of its class, or, for torch's own kinds, such as ``"torch.sparse_coo"``.
        parts (`dict[str, Note | None]`): What it is made of, by attribute, with a note for what is made of others too.
        context: What else its class wants to know, of plain values.
        size, stride (`tuple[int, ...]`): Of the tensor itself, in elements.
    """

    kind: str
    parts: dict[str, Note | None]
    context: Any
    size: tuple[int, ...]
    stride: tuple[int, ...]

    def names(self, name: str) -> Iterator[str]:
        """Yield the names of the plain tensors that a tensor of some name is stored as."""
        for part, note in self.parts.items():
            if note is None:
                yield f"{name}.{part}"
            else:
                yield from note.names(f"{name}.{part}")


@dataclass(frozen=True, slots=True)
class Apart:
    """A tensor that stands for others, taken apart by one level, without copies.

    Attributes:
        kind (`str`): As in `Note`.
        parts (`dict[str, Tensor]`): What it is made of, by attribute.
        context: What else its class says of it.
        others (`tuple`): What is among its parts and is no tensor, such as the processes that it is spread over.
    """

    kind: str
    parts: dict[str, Tensor]
    context: Any
    others: tuple[Any, ...] = ()


def take_apart(tensor: Tensor) -> Apart | None:
    """Return what a tensor stands for, or None for a plain one."""
    if is_traceable_wrapper_subclass(tensor):
        attributes, context = tensor.__tensor_flatten__()
        found = {name: getattr(tensor, name) for name in attributes}
        parts = {name: part for name, part in found.items() if isinstance(part, Tensor)}
        others = tuple(part for part in found.values() if not isinstance(part, Tensor))
        return Apart(full_name(type(tensor)), parts, context, others)
    own = next((own for own in OWN_KINDS.values() if own.matches(tensor)), None)
    return Apart(own.name, *own.take_apart(tensor)) if own else None


def flatten(name: str, tensor: Tensor) -> Flat | None:
    """Return what to store for a tensor that stands for others, or None for a plain one.

    Args:
        name (`str`): Its name.
        tensor (`Tensor`): Of any class. A distributed one has to be gathered first.

    Raises:
        UnsupportedError: When its class says of it what is more than plain values; names both.
    """
    tensors: dict[str, Tensor] = {}
    content = _flatten(name, name, tensor, tensors)
    return Flat(tensors, json.dumps(content, separators=(",", ":"), allow_nan=False)) if content else None


def find_notes(metadata: Mapping[str, str]) -> dict[str, Note]:
    """Return the notes of a file's metadata by the names of the tensors.

    Raises:
        CorruptFileError: When one is malformed, or two are of the same tensors; names the tensor.
        UnsafeFileError: When one has a value of a class that this process has not registered.
    """
    texts = {name: text.encode() for name, text in metadata.items() if text.startswith(_BEGIN)}
    try:
        strict_json.check_count(*texts.values())
    except Objection as objection:
        raise CorruptFileError(f"A file's notes on tensors can not be read: {objection}; save it anew.") from None
    notes = {name: _read(name, text) for name, text in texts.items()}
    parts = Counter(part for name, note in notes.items() for part in note.names(name))
    for part, count in parts.items():
        if count > 1:
            raise CorruptFileError(
                f"Two tensors are made of {part!r}, which no file of ours says; download it again, or save it anew."
            )
    return notes


def restore(name: str, note: Note, stored: Mapping[str, Tensor], *, like: Tensor | None = None) -> Tensor:
    """Make a tensor of those that it was stored as.

    Args:
        name (`str`): Its name.
        note (`Note`): How it is made.
        stored: What the file has, under the names that `Note.names` gives; the tensor may share their memory.
        like (`Tensor`, *optional*): What the model has under that name. Its classes may be used, as may those that
            ``torch.serialization.add_safe_globals`` was told of, and no other.

    Raises:
        UnsafeFileError: When the note names any other class.
        CorruptFileError: When a tensor is missing, or the class does not take what the note says.
    """
    parts = {}
    for part, inner in note.parts.items():
        full_name = f"{name}.{part}"
        if inner is not None:
            parts[part] = restore(full_name, inner, stored, like=_part_of(like, part))
        elif full_name in stored:
            parts[part] = stored[full_name]
        else:
            raise CorruptFileError(
                f"Tensor {name!r} is made of {full_name!r}, which the file lacks; download it again, or save it anew."
            )
    build = _builder(name, note, like)
    try:
        return build(parts)
    except Exception as error:  # whatever a class of another library says of values from a file
        raise CorruptFileError(
            f"Tensor {name!r} can not be made as a {note.kind} of what the file has ({error!r:.200}); load it with the "
            "versions of the libraries that saved it."
        ) from error


# What follows writes.


def _flatten(root: str, name: str, tensor: Tensor, tensors: dict[str, Tensor]) -> dict[str, Any] | None:
    """Put the plain tensors of one into ``tensors``, and return how they make it; None for one that is plain itself."""
    if (apart := take_apart(tensor)) is None:
        return None
    contents = {}
    for part, inner in apart.parts.items():
        full_name = f"{name}.{part}"
        contents[part] = _flatten(root, full_name, inner, tensors)
        if contents[part] is None:
            tensors[full_name] = inner
    context = _context(root, apart)
    return {"tensor_of": contents, "kind": apart.kind, "context": context, **_geometry(root, tensor)}


def _context(root: str, apart: Apart) -> Any:
    try:
        if apart.others:
            raise UnsupportedError(f"it has a {full_name(type(apart.others[0]))}")
        return plain_values.to_json(apart.context)
    except UnsupportedError as error:
        raise UnsupportedError(
            f"Tensor {root!r} can not be saved: what its class {apart.kind} says of it is more than plain values: "
            f"{error}; dequantise the model, then save it."
        ) from None


def _geometry(root: str, tensor: Tensor) -> dict[str, list[int]]:
    try:
        stride = tensor.stride() if tensor.layout == torch.strided else ()
        return {"size": [int(length) for length in tensor.shape], "stride": [int(step) for step in stride]}
    except (RuntimeError, TypeError) as error:
        raise UnsupportedError(
            f"Tensor {root!r} can not be saved: its shape is not made of numbers; turn it into ordinary tensors."
        ) from error


# What follows reads.


def _read(name: str, text: bytes) -> Note:
    try:
        return _note(strict_json.parse(text))
    except UnsafeFileError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise CorruptFileError(
            f"The note on tensor {name!r} is malformed; download the file again, or save it anew."
        ) from None


def _note(content: Any, depth: int = 0) -> Note:
    if depth > _MAX_DEPTH or not isinstance(content["kind"], str):
        raise ValueError
    parts = {part: None if inner is None else _note(inner, depth + 1) for part, inner in content["tensor_of"].items()}
    size, stride = (_counts(content[key]) for key in ("size", "stride"))
    return Note(content["kind"], parts, plain_values.from_json(content["context"]), size, stride)


def _counts(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(item) is int and 0 <= item < 2**63 for item in value):
        raise ValueError
    return tuple(value)


def _part_of(tensor: Tensor | None, part: str) -> Tensor | None:
    """Return what a tensor of the model has as a part, when it has parts of such names."""
    if tensor is None or not is_traceable_wrapper_subclass(tensor) or part not in tensor.__tensor_flatten__()[0]:
        return None
    inner = getattr(tensor, part)
    return inner if isinstance(inner, Tensor) else None


def _builder(name: str, note: Note, like: Tensor | None) -> Callable[[dict[str, Tensor]], Tensor]:
    """Return what makes a tensor of its parts."""
    size = torch.Size(note.size)
    if own := OWN_KINDS.get(note.kind):
        return lambda parts: own.build(parts, note.context, size)
    cls = _class_called(name, note.kind, like)
    return lambda parts: cls.__tensor_unflatten__(parts, note.context, size, note.stride)


def _class_called(name: str, kind: str, like: Tensor | None) -> Any:
    for cls in (type(like), *plain_values.registered()):
        if full_name(cls) == kind and issubclass(cls, Tensor) and hasattr(cls, "__tensor_unflatten__"):
            return cls
    raise UnsafeFileError(plain_values.unregistered(f"Tensor {name!r} is of the class {kind!r}", kind))


def gathered(tensor: Tensor) -> Tensor:
    """Return all of a tensor that is spread over processes, which all have to ask for it; any other as it is."""
    return tensor.full_tensor() if is_distributed(tensor) else tensor  # type: ignore[attr-defined]


def is_distributed(tensor: Tensor) -> bool:
    """Return whether a tensor is spread over processes: a ``torch.distributed.tensor.DTensor``."""
    defining = sys.modules.get("torch.distributed.tensor")  # without which there is none
    return defining is not None and isinstance(tensor, defining.DTensor)
