"""The file config.json of a checkpoint: how captured arguments lie in it, and come out again.

A flat file has the keys of the ``config`` argument beside the other arguments, as other tools expect them::

    {"hidden_size": 64, "act": "gelu"}                     M(config=Config(64), act="gelu")

Where that would mix the two up, the file is nested::

    {"config": {"act": "relu"}, "act": "gelu"}             M(config={"act": "relu"}, act="gelu")

What ``*sizes`` takes is kept under a name that no keyword has::

    {"*sizes": [64, 32], "act": "gelu"}                    M(64, 32, act="gelu")

The file is plain JSON. What neither that nor the type hints of `__init__` tell is noted elsewhere, by place::

    {"sizes": [64, 32]}    {"sizes": "tuple"}              M(sizes=(64, 32))
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import islice
from types import MappingProxyType
from typing import Any

from anyhub.constants import CONFIG_NAME
from anyhub.errors import CorruptFileError, ValidationError
from anyhub.models.config.capture import CONFIG, Capture, is_dataclass_value
from anyhub.models.config.changes import changed, fields_of
from anyhub.models.config.choice import Scope
from anyhub.models.config.decode import Decoder
from anyhub.models.config.encode import Encoder
from anyhub.models.config.flat import class_declared_for_config, joined, kept_apart
from anyhub.models.config.gaps import ask_for_lost, listed, unused_keys_noted, warn_of_lost
from anyhub.models.config.kinds import registry
from anyhub.models.config.kinds.forms import NOT_STORABLE
from anyhub.models.config.members import members_of
from anyhub.models.config.parameters import Parameters
from anyhub.models.config.places import place_of
from anyhub.models.config.text import dump, read
from anyhub.models.config.values import Coders, Typed, fields_snapshot, name_of, plain

__all__ = [
    "Stored",
    "arguments_for",
    "content_of",
    "dump",
    "read",
    "unused_keys_noted",
    "warn_of_lost",
]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stored:
    """What of a configuration can be stored, and how.

    Attributes:
        content: What config.json is to hold, None for no such file.
        types (`dict[str, str]`): What type values have that neither JSON nor the type hints of `__init__` tell, by
            place (see `place_of`).
        lost (`tuple[str, ...]`): The names of arguments that can not be kept; ``config.key`` for what is in it.
        untyped (`tuple[str, ...]`): The places of values that come back as plain JSON, because no type hint of
            `__init__` declares their class.
    """

    content: Any = None
    types: dict[str, str] = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    untyped: tuple[str, ...] = ()


def content_of(model_class: type, captured: Capture, current: Any, passed: Any, coders: Coders) -> Stored:
    """Return what of the configuration of a model can be stored.

    Args:
        model_class (`type`): The class of the model.
        captured (`Capture`): What the model was constructed with.
        current: The configuration that the model has now; it was `captured.view()`, and may have been changed since.
        passed: What the caller wants to be the configuration, or None. It takes the place of the ``config`` argument if
            the class has one; else its keys win over those of the arguments.
        coders (`Mapping`): Encoders and decoders for types that JSON does not know.

    Raises:
        ValidationError: When ``passed`` is neither a dict, an object with fields, nor anything that JSON can hold.
    """
    parameters = Parameters.of(model_class)
    if passed is None and not is_dataclass_value(current):
        parts = changed(captured, current, coders)
    else:
        parts = _replaced(parameters, captured, current if passed is None else passed, coders)
        if type(plain(parts.config)) is not dict:
            return Stored(plain(parts.config))
    encoder = Encoder(Scope(coders, parameters.names))
    content = _content(parameters, parts, encoder, among_others=captured.config is not None)
    lost = [name for name in parts.lost if content.get(name) is None]
    return Stored(content or None, encoder.types, tuple(lost), tuple(encoder.untold))


def _replaced(parameters: Parameters, captured: Capture, config: Any, coders: Coders) -> Capture:
    part, lost = fields_snapshot(config, coders)
    if part is NOT_STORABLE:
        name = type(config).__name__
        raise ValidationError(
            f"A {name} can not be written to {CONFIG_NAME}; pass a dict or a dataclass, or give the class "
            f"coders={{{name}: (encode, decode)}}."
        )
    declared = class_declared_for_config(parameters)
    if type(part) is dict and declared is not None:  # its fields, as config.json has them
        part = Typed(declared, name_of(declared), part, registry.kind_of_users(declared))
    before = [name for name in captured.lost if not name.startswith(f"{CONFIG}.")]
    return Capture(part, captured.arguments, [*(f"{CONFIG}.{key}" for key in lost), *before])


def _content(parameters: Parameters, parts: Capture, encoder: Encoder, *, among_others: bool) -> dict[str, Any]:
    if CONFIG not in parameters.named and not among_others:
        return _written(parameters, {**parts.arguments, **fields_of(parts.config)}, encoder)
    arguments = _written(parameters, parts.arguments, encoder)
    if parts.config is None:
        return joined(parameters, arguments, None, {})
    config = encoder.write(parts.config, members_of(parameters.hint(CONFIG)), CONFIG)
    return joined(parameters, arguments, config, encoder.types)


def _written(parameters: Parameters, parts: Mapping[str, Any], encoder: Encoder) -> dict[str, Any]:
    return {
        name: encoder.write(parts[name], members_of(parameters.hint(name)), place_of("", name))
        for name in sorted(parts)
    }


def arguments_for(
    model_class: type,
    content: Any,
    given: Collection[str],
    coders: Coders,
    *,
    types: Mapping[str, str] = MappingProxyType({}),
    lost: Collection[str] = (),
    origin: str = CONFIG_NAME,
) -> dict[str, Any]:
    """Return the arguments for a class that a config.json speaks of.

    Nothing is made but JSON, values of the built-in kinds and those of classes that the type hints of `__init__`, or
    the coders, declare; nothing is imported or looked up by a name from a file.

    Args:
        model_class (`type`): The class to construct; only what its `__init__` takes is returned.
        content: What `read` returned.
        given (`Collection[str]`): Names that the caller gives arguments for; they are left out.
        coders (`Mapping`): Encoders and decoders for types that JSON does not know.
        types (`Mapping[str, str]`): As `Stored` has them.
        lost (`Collection[str]`): As `Stored` has them. A warning asks for those that are not given and have a default.
        origin (`str`): What the file is called, for messages.

    Raises:
        CorruptFileError: When a value is not what its type hint, or the note about it, says; names the key.
        MissingArgumentError: When the class needs one of ``lost`` that is not given.
        MissingDependencyError: When a value is of a library that has to be imported first.
    """
    parameters = Parameters.of(model_class)
    content = _as_object(model_class, parameters, content, origin)
    own, config = kept_apart(parameters, content, types)
    given = {parameters.stored_name(name) for name in given}
    rest = {name: value for name, value in content.items() if name not in own and name not in config}
    wanted = {**(rest if parameters.open else {}), **own, **({CONFIG: config} if config else {})}
    ask_for_lost(model_class, [name for name in lost if wanted.get(name) is None and name not in given], origin)
    decoder = Decoder(Scope(coders, parameters.names), types, origin)
    arguments = {
        name: _decode(model_class, parameters, name, wanted[name], decoder) for name in wanted if name not in given
    }
    _tell_of_misfits(decoder)
    return arguments


def _as_object(model_class: type, parameters: Parameters, content: Any, origin: str) -> dict[str, Any]:
    """Return what a config.json says as an object: any other value is the ``config`` argument, if there is one."""
    if isinstance(content, dict):
        return content
    if CONFIG in parameters.named:
        return {CONFIG: content}
    told = repr(content)
    logger.warning(
        "%s of %s is %s, which is no object and so names no argument; it is not used.",
        origin,
        model_class.__name__,
        told if len(told) < 80 else told[:77] + "…",
    )
    return {}


def _tell_of_misfits(decoder: Decoder) -> None:
    """Name in a warning the notes that do not fit their values, and in another what does not fit its type hint."""
    for place, note in islice(decoder.unfit.items(), 1):
        logger.warning(
            "%r in %s is noted to be %r, which it is not any more, or which nothing here declares; it is taken as it "
            "is%s. Save the model again.",
            place[:80],
            decoder.origin,
            note,
            _and_others(decoder.unfit),
        )
    for place, hint in islice(decoder.unlike.items(), 1):
        logger.warning(
            "%r in %s is no %s, which its type hint says; it is taken as it is%s. Correct the file or the hint.",
            place[:80],
            decoder.origin,
            hint,
            _and_others(decoder.unlike),
        )


def _and_others(places: Collection[str]) -> str:
    others = list(places)[1:]
    return f", and so with {listed(others)}" if others else ""


def _decode(model_class: type, parameters: Parameters, name: str, value: Any, decoder: Decoder) -> Any:
    if name in parameters.unresolved and isinstance(value, dict | list):
        logger.warning(
            "The type hint of %r of %s.__init__ names what can not be found there, so it gets what %s holds as it is. "
            "Define that type at the top of its module.",
            name,
            model_class.__name__,
            CONFIG_NAME,
        )
    try:
        return decoder.read(value, members_of(parameters.hint(name)), place_of("", name))
    except RecursionError as error:
        raise CorruptFileError(f"{name!r} in {decoder.origin} is nested too deeply; save the model again.") from error
