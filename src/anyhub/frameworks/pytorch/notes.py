"""State of a module that is no tensor, as JSON in the metadata of a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from anyhub.errors import CorruptFileError, UnsupportedError
from anyhub.frameworks.pytorch import plain_values

_VALUE = "value_of"

# What to do about a piece of state, by the last part of its name, which tells who put it there.
_ADVICE = {
    "_extra_state": "have get_extra_state return a tensor, or plain values such as numbers, texts, lists and dicts",
    "_packed_params": "torch has packed quantised weights for this processor, so save the model before it is quantised",
    "": "a state dict has tensors by name, so convert arrays to tensors, and save what is nested by itself",
}


def to_note(name: str, value: Any) -> str:
    """Return a piece of state that is no tensor as JSON; what JSON would change is written as `plain_values`.

    Raises:
        UnsupportedError: When it is more than plain values.
    """
    try:
        text = json.dumps(value, allow_nan=False)
        if _same(json.loads(text), value) and not _is_marked(value):
            return text
    except (TypeError, ValueError, RecursionError):
        pass
    try:
        return json.dumps({_VALUE: plain_values.to_json(value)}, separators=(",", ":"))
    except UnsupportedError as error:
        raise UnsupportedError(
            f"The state {name!r} can not be saved: {error}; {_ADVICE.get(name.rpartition('.')[2], _ADVICE[''])}."
        ) from None


def _same(a: Any, b: Any) -> bool:
    """Return whether two values are equal and of the same types, all the way down."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(_same, a, b))
    return bool(a == b)


def _is_marked(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {_VALUE}


def from_notes(metadata: Mapping[str, str], name: str) -> Any:
    """Return a piece of state that is no tensor, from the metadata of a file.

    Raises:
        KeyError: When the file has none of that name.
        ValueError: When it is not what `to_note` writes; an `UnsafeFileError`, when it names a class that this process
            has not registered.
    """
    try:
        value = json.loads(metadata[name])
    except RecursionError:
        raise CorruptFileError(f"The state {name!r} is nested too deeply; download the file again.") from None
    return plain_values.from_json(value[_VALUE]) if _is_marked(value) else value
