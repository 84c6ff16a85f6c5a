"""Values that say how a tensor or a module is made, as JSON: plain data, torch's own names, and little else.

What JSON knows stands for itself. Everything else is an object of one member, whose name is the kind of the value:
``{"tuple": [1, 2]}``, ``{"dict": [["key", 1]]}``, ``{"dtype": "torch.float16"}``. Members of enumerations, dataclasses
and named tuples are taken when this process has told ``torch.serialization.add_safe_globals`` of their class, as
libraries do that define tensors; a file only names a class, and nothing is imported.
"""

from __future__ import annotations

import base64
import dataclasses
import math
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any

import torch

from anyhub.errors import CorruptFileError, UnsafeFileError, UnsupportedError

_MAX_DEPTH = 64
_THEMSELVES = (type(None), bool, int, str)
_NAMED: dict[str, type] = {
    "dtype": torch.dtype,
    "layout": torch.layout,
    "memory_format": torch.memory_format,
    "qscheme": torch.qscheme,
}
# Looked up here and never by `getattr`, which imports parts of torch by their names.
_BY_NAME = {kind: {str(v): v for v in vars(torch).values() if isinstance(v, cls)} for kind, cls in _NAMED.items()}
_KIND_OF = {cls: kind for kind, cls in _NAMED.items()}


def to_json(value: Any, depth: int = 0) -> Any:
    """Return a value as what JSON can hold; a subclass of a known type is not known.

    Args:
        value: The value.
        depth (`int`): In how many others it is.

    Raises:
        UnsupportedError: When something in it is of a type that is not known here; the message, which continues a
            sentence, names the type.
    """
    kind = type(value)
    if kind in _THEMSELVES or (kind is float and math.isfinite(value)):
        return value
    if depth > _MAX_DEPTH:
        raise UnsupportedError(f"it is nested more than {_MAX_DEPTH} levels deep")
    if kind is list:
        return [to_json(item, depth + 1) for item in value]
    if kind in _KIND_OF:
        return {_KIND_OF[kind]: str(value)}
    for name, (cls, encode, _) in _CODECS.items():
        if kind is cls:
            return {name: to_json(encode(value), depth + 1)}
    if kind in registered():
        if isinstance(value, Enum):
            return {"enum": [full_name(kind), to_json(value.value, depth + 1)]}
        if (fields := _fields(value)) is not None:
            return {"object": [full_name(kind), to_json(fields, depth + 1)]}
    raise UnsupportedError(f"it has a {full_name(kind)}")


def _fields(value: Any) -> dict[str, Any] | None:
    """Return what a dataclass or a named tuple is made with, or None for anything else."""
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.init}
    return value._asdict() if isinstance(value, tuple) and hasattr(value, "_asdict") else None


def registered() -> Iterator[type]:
    """Yield the classes that this process has told ``torch.serialization.add_safe_globals`` of."""
    for entry in torch.serialization.get_safe_globals():
        cls = entry[0] if isinstance(entry, tuple) else entry
        if isinstance(cls, type):
            yield cls


def full_name(cls: type) -> str:
    """Return the name by which a file knows a class: that of its module, and its own."""
    return f"{cls.__module__}.{cls.__qualname__}"


def from_json(data: Any, depth: int = 0) -> Any:
    """Return the value that `to_json` was given.

    Args:
        data: What it returned.
        depth (`int`): In how many others that is.

    Raises:
        CorruptFileError: When it was given none; the message continues a sentence.
        UnsafeFileError: When it names a class that is not registered.
    """
    if depth > 2 * _MAX_DEPTH + 2:
        raise CorruptFileError("it is nested too deeply")
    if isinstance(data, list):
        return [from_json(item, depth + 1) for item in data]
    if not isinstance(data, dict):
        return data
    if len(data) != 1:
        raise CorruptFileError("it has an object without a kind")
    ((kind, content),) = data.items()
    plain = from_json(content, depth + 1)
    if kind in _MADE_OF_CLASSES:
        return _of_class(kind, plain)
    try:
        return _BY_NAME[kind][plain] if kind in _BY_NAME else _CODECS[kind][2](plain)
    except (KeyError, TypeError, ValueError, RuntimeError):
        raise CorruptFileError(f"it has the malformed {str(kind)[:40]!r} {str(content)[:40]!r}") from None


def _of_class(kind: str, content: Any) -> Any:
    """Return a member of an enumeration, a dataclass or a named tuple."""
    if not isinstance(content, list) or len(content) != 2:
        raise CorruptFileError(f"it has a malformed {kind!r}")
    name, value = content
    cls = next((cls for cls in registered() if full_name(cls) == name and _MADE_OF_CLASSES[kind](cls)), None)
    if cls is None:
        raise UnsafeFileError(unregistered(f"A value of the file is a {name!r}", str(name)))
    try:
        return cls(value) if kind == "enum" else cls(**value)
    except Exception as error:  # whatever a class of another library says of values from a file
        raise CorruptFileError(f"it has a {name} that can not be made ({error!r:.200})") from error


def unregistered(what: str, name: str) -> str:
    """Return what to say of a class that a file names and that this process has not registered.

    Args:
        what (`str`): How the sentence begins, with the name of the class.
        name (`str`): The full name of the class.
    """
    module, _, short = name.rpartition(".")
    return (
        f"{what}, which nothing here has registered, and a file does not decide what is imported. Import the library "
        f"that defines it, or, where you trust {module!r}, call torch.serialization.add_safe_globals([{short}])."
    )


def _is_record(cls: type) -> bool:
    return dataclasses.is_dataclass(cls) or (issubclass(cls, tuple) and hasattr(cls, "_asdict"))


_MADE_OF_CLASSES: dict[str, Callable[[type], bool]] = {"enum": lambda cls: issubclass(cls, Enum), "object": _is_record}


def _pairs(value: dict[Any, Any]) -> list[list[Any]]:
    return [[key, item] for key, item in value.items()]


def _to_base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _from_base64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


# Kind: the type, what of plain values stands for one, and the way back. A float of this kind is not finite.
_CODECS: dict[str, tuple[type, Callable[[Any], Any], Callable[[Any], Any]]] = {
    "tuple": (tuple, list, tuple),
    "size": (torch.Size, list, torch.Size),
    "dict": (dict, _pairs, dict),
    "set": (set, lambda value: sorted(value, key=repr), set),
    "bytes": (bytes, _to_base64, _from_base64),
    "float": (float, str, float),
    "complex": (complex, str, complex),
    "device": (torch.device, str, torch.device),
}
