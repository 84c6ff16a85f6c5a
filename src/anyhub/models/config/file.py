"""The file config.json of a checkpoint: how captured arguments lie in it, and come out again.

A flat file has the keys of the ``config`` argument beside the other arguments, as other tools expect them::

    {"hidden_size": 64, "act": "gelu"}                     M(config=Config(64), act="gelu")

Where that would mix the two up, the file is nested::

    {"config": {"act": "relu"}, "act": "gelu"}             M(config={"act": "relu"}, act="gelu")

What ``*sizes`` takes is kept under a name that no keyword has::

    {"*sizes": [64, 32], "act": "gelu"}                    M(64, 32, act="gelu")
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import logging
import types
import typing
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from anyhub.constants import CONFIG_NAME
from anyhub.errors import CorruptFileError, ValidationError
from anyhub.models.config.capture import CONFIG, Capture, is_dataclass_value
from anyhub.models.config.parameters import Parameters
from anyhub.models.config.values import NOT_JSON, Coders, decode, encode, encode_fields

logger = logging.getLogger(__name__)


def content_of(
    model_class: type, captured: Capture, current: Any, passed: Any, coders: Coders
) -> tuple[Any, list[str]]:
    """Return what the config.json of a model is to hold, None when nothing, and the names of what it can not hold.

    Args:
        model_class (`type`): The class of the model.
        captured (`Capture`): What the model was constructed with.
        current: The configuration that the model has now; it was `captured.view()`, and may have been changed since.
        passed: What the caller wants to be the configuration, or None. It takes the place of the ``config`` argument if
            the class has one; else its keys win over those of the arguments.
        coders (`Mapping`): Encoders and decoders for types that JSON does not know.

    Raises:
        ValidationError: When ``passed`` is neither a dict, a dataclass nor anything that JSON can hold.
    """
    if passed is None and not is_dataclass_value(current):
        if current == captured.view():
            content = _join(Parameters.of(model_class), captured.config, captured)
            return content or None, captured.lost
        return _fields(current, coders)
    content, lost = _fields(current if passed is None else passed, coders)
    if isinstance(content, dict):
        content = _join(Parameters.of(model_class), content, captured)
        lost = [*lost, *captured.lost]
    return content, lost


def _fields(config: Any, coders: Coders) -> tuple[Any, list[str]]:
    """Return what can be stored of a configuration, and the keys of what can not."""
    encoded = encode(config, coders)
    if encoded is not NOT_JSON:
        return encoded, []
    if is_dataclass_value(config) or isinstance(config, Mapping):
        return encode_fields(config, coders)
    raise ValidationError(
        f"A {type(config).__name__} can not be written to {CONFIG_NAME}; pass a dict or a dataclass, or give the class "
        f"coders={{{type(config).__name__}: (encode, decode)}}."
    )


def _join(parameters: Parameters, config: dict[str, Any] | None, captured: Capture) -> dict[str, Any]:
    """Put the ``config`` argument and the others into one object, such that `arguments_for` can tell them apart."""
    arguments = captured.arguments
    declared, among_others = CONFIG in parameters.named, captured.config is not None
    if not declared and not among_others:
        return {**arguments, **(config or {})}
    others = arguments.keys() - parameters.named.keys()  # they came through **kwargs
    if config is None:
        return {CONFIG: None, **arguments} if others else dict(arguments)
    mixed = not config.keys().isdisjoint((*parameters.named, *arguments))
    if mixed or not declared or (others and not config.keys() <= _field_names(parameters)):
        return {**arguments, CONFIG: config}
    return {**arguments, **config}


def dump(content: Any) -> str:
    """Return the text of a config.json; the same content always makes the same text."""
    return json.dumps(content, sort_keys=True, indent=2)


def warn_of_lost(model_class: type, lost: Collection[str], content: Any) -> None:
    """Name in a warning what a config.json was to hold and does not."""
    missing = [name for name in lost if not (isinstance(content, dict) and name in content)]
    if missing:
        logger.warning(
            "%s of %s does not hold %s: JSON has no form for such values. Give the class "
            "coders={type: (encode, decode)}, or pass them to from_pretrained again.",
            CONFIG_NAME,
            model_class.__name__,
            ", ".join(map(repr, missing)),
        )


def read(path: Path, remedy: str) -> dict[str, Any]:
    """Return what a config.json says.

    Args:
        path (`Path`): The file.
        remedy (`str`): What to do when it can not be read, as the end of a sentence.

    Raises:
        CorruptFileError: When it is not JSON, or not an object.
    """
    try:
        content = json.loads(path.read_bytes())
    except ValueError as error:
        raise CorruptFileError(f"{str(path)!r} is not JSON ({error}); {remedy}.") from error
    if not isinstance(content, dict):
        raise CorruptFileError(f"{str(path)!r} holds a {type(content).__name__}, not an object; {remedy}.")
    return content


def arguments_for(model_class: type, content: dict[str, Any], given: Collection[str], coders: Coders) -> dict[str, Any]:
    """Return the arguments for a class that a config.json speaks of.

    Args:
        model_class (`type`): The class to construct; only what its `__init__` takes is returned.
        content (`dict`): What `read` returned.
        given (`Collection[str]`): Names that the caller gives arguments for; they are left out.
        coders (`Mapping`): Encoders and decoders for types that JSON does not know.

    Raises:
        CorruptFileError: When a value is not one that its type hint, an `Enum`, has.
    """
    parameters = Parameters.of(model_class)
    own = {name: content[name] for name in parameters.named if name in content}
    rest = {name: value for name, value in content.items() if name not in own}
    if CONFIG in parameters.named and CONFIG not in own and (config := _flat_config(parameters, content, rest)):
        own[CONFIG] = config
        rest = {name: value for name, value in rest.items() if name not in config}
    decoded = {name: _decode(model_class, parameters, name, own[name], coders) for name in own if name not in given}
    others = {name: value for name, value in rest.items() if parameters.open and name not in given}
    return {**others, **decoded}


def _flat_config(parameters: Parameters, content: dict[str, Any], rest: dict[str, Any]) -> dict[str, Any]:
    """Pick the keys of the ``config`` argument from a flat file.

    A file of ours is flat only if no key of it could be another argument's. Other writers did not look: there, keys
    that name both a field of the dataclass and another argument are given to both.
    """
    fields = _field_names(parameters)
    required = parameters.default(CONFIG) is inspect.Parameter.empty
    if not fields:
        return rest or (content if required else {})
    if required or not fields.isdisjoint(rest):
        return {name: value for name, value in content.items() if name in fields}
    return {}


def _field_names(parameters: Parameters) -> frozenset[str]:
    """Return the names of the fields of the dataclass that ``config`` is annotated with; none when it is not."""
    hint = parameters.hints.get(CONFIG)
    members = typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
    present = [member for member in members if member is not type(None)]
    if len(present) != 1 or not dataclasses.is_dataclass(present[0]):
        return frozenset()
    return frozenset(item.name for item in dataclasses.fields(present[0]) if item.init)


def _decode(model_class: type, parameters: Parameters, name: str, value: Any, coders: Coders) -> Any:
    if name in parameters.unresolved and isinstance(value, dict | list):
        logger.warning(
            "The type hint of %r of %s.__init__ names what can not be found there, so it gets what %s holds as it is. "
            "Define that type at the top of its module.",
            name,
            model_class.__name__,
            CONFIG_NAME,
        )
    return decode(parameters.hints.get(name), value, coders, name=name)
