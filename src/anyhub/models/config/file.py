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

import inspect
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from anyhub.constants import CONFIG_NAME
from anyhub.errors import CorruptFileError, MissingArgumentError, ValidationError
from anyhub.models.config.capture import CONFIG, Capture, is_dataclass_value
from anyhub.models.config.changes import changed, fields_of
from anyhub.models.config.choice import Scope
from anyhub.models.config.decode import Decoder
from anyhub.models.config.encode import Encoder
from anyhub.models.config.kinds import registry
from anyhub.models.config.kinds.forms import NOT_STORABLE
from anyhub.models.config.kinds.records import Records
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
    "missing_arguments",
    "read",
    "refuse_missing",
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
    content = _join(parameters, parts, encoder, among_others=captured.config is not None)
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
    declared = _class_of_config(parameters)
    if type(part) is dict and declared is not None:  # its fields, as config.json has them
        part = Typed(declared, name_of(declared), part, registry.kind_of_users(declared))
    before = [name for name in captured.lost if not name.startswith(f"{CONFIG}.")]
    return Capture(part, captured.arguments, [*(f"{CONFIG}.{key}" for key in lost), *before])


def _join(parameters: Parameters, parts: Capture, encoder: Encoder, *, among_others: bool) -> dict[str, Any]:
    """Put the ``config`` argument and the others into one object, such that `arguments_for` can tell them apart."""
    declared = CONFIG in parameters.named
    if not declared and not among_others:
        return _written(parameters, {**parts.arguments, **fields_of(parts.config)}, encoder)
    arguments = _written(parameters, parts.arguments, encoder)
    others = arguments.keys() - parameters.named.keys()  # they came through **kwargs
    if parts.config is None:
        return {CONFIG: None, **arguments} if others else arguments
    config = encoder.write(parts.config, members_of(parameters.hint(CONFIG)), CONFIG)
    mixed = not isinstance(config, dict) or not config or not config.keys().isdisjoint((*parameters.named, *arguments))
    if mixed or not declared or (others and not config.keys() <= _field_names(parameters)):
        return {**arguments, CONFIG: config}
    return {**arguments, **config}


def _written(parameters: Parameters, parts: Mapping[str, Any], encoder: Encoder) -> dict[str, Any]:
    return {
        name: encoder.write(parts[name], members_of(parameters.hint(name)), place_of("", name))
        for name in sorted(parts)
    }


def warn_of_lost(model_class: type, lost: Collection[str], content: Any, untyped: Collection[str] = ()) -> None:
    """Name in a warning what a config.json was to hold and does not, and what comes back as plain JSON.

    Args:
        model_class (`type`): The class of the model.
        lost, content, untyped: As `Stored` has them.
    """
    missing = [name for name in lost if not (isinstance(content, dict) and name in content)]
    if missing:
        logger.warning(
            "%s of %s does not hold %s: JSON has no form for such values. Give the class "
            "coders={type: (encode, decode)}, or pass them to from_pretrained again.",
            CONFIG_NAME,
            model_class.__name__,
            ", ".join(map(repr, missing)),
        )
    if untyped:
        logger.warning(
            "%s of %s holds %s as plain JSON, and that is what will come back: no type hint of %s.__init__ declares "
            "the class of such a value. Annotate the parameter with its class.",
            CONFIG_NAME,
            model_class.__name__,
            ", ".join(map(repr, untyped)),
            model_class.__name__,
        )


def arguments_for(
    model_class: type,
    content: dict[str, Any],
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
        content (`dict`): What `read` returned.
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
    own = {name: content[name] for name in parameters.named if name in content}
    rest = {name: value for name, value in content.items() if name not in own}
    if CONFIG in parameters.named and CONFIG not in own and (config := _flat_config(parameters, content, rest)):
        own[CONFIG] = config
        rest = {name: value for name, value in rest.items() if name not in config}
    wanted = {**(rest if parameters.open else {}), **own}
    _ask_for_lost(model_class, [name for name in lost if name not in {*wanted, *given}], origin)
    decoder = Decoder(Scope(coders, parameters.names), types, origin)
    return {name: _decode(model_class, parameters, name, wanted[name], decoder) for name in wanted if name not in given}


def missing_arguments(model_class: type, arguments: Collection[str]) -> tuple[str, ...]:
    """Return the names of the parameters that have no default, and that ``arguments`` has none for."""
    return tuple(name for name in Parameters.of(model_class).required if name not in arguments)


def refuse_missing(model_class: type, names: Collection[str], origin: str = CONFIG_NAME) -> None:
    """Raise when there are names of arguments that a model can not be constructed without.

    Args:
        model_class (`type`): The class.
        names (`Collection[str]`): What `missing_arguments` returned.
        origin (`str`): What the file is called that does not have them.

    Raises:
        MissingArgumentError: When there are any; its ``names`` has them all.
    """
    if names:
        raise MissingArgumentError(
            f"{model_class.__name__} needs {_listed(names)}, which {origin} does not hold; pass "
            f"{_as_keywords(names)} to from_pretrained.",
            names=list(names),
        )


def _ask_for_lost(model_class: type, lost: Collection[str], origin: str) -> None:
    required = missing_arguments(model_class, ())
    refuse_missing(model_class, [name for name in lost if name in required], origin)
    if lost:
        logger.warning(
            "%s of %s does not hold %s, which could not be kept when it was saved, so the default is used; pass %s to "
            "from_pretrained.",
            origin,
            model_class.__name__,
            _listed(lost),
            _as_keywords(dict.fromkeys(name.partition(".")[0] for name in lost)),
        )


def _listed(names: Collection[str]) -> str:
    return ", ".join(map(repr, names))


def _as_keywords(names: Collection[str]) -> str:
    return ", ".join(f"{name}=…" for name in names)


def _flat_config(parameters: Parameters, content: dict[str, Any], rest: dict[str, Any]) -> dict[str, Any]:
    """Pick the keys of the ``config`` argument from a flat file.

    A file of ours is flat only if no key of it could be another argument's. Other writers did not look: there, keys
    that name both a field of the class and another argument are given to both.
    """
    fields = _field_names(parameters)
    required = parameters.default(CONFIG) is inspect.Parameter.empty
    if not fields:
        return rest or (content if required else {})
    if required or not fields.isdisjoint(rest):
        return {name: value for name, value in content.items() if name in fields}
    return {}


def _field_names(parameters: Parameters) -> frozenset[str]:
    """Return the names of the fields of the class that ``config`` is annotated with; none when it has none."""
    declared = _class_of_config(parameters)
    kind = registry.kind_of_users(declared) if declared else None
    return frozenset(kind.fields(declared) if declared and isinstance(kind, Records) else ())


def _class_of_config(parameters: Parameters) -> type | None:
    """Return the one class with fields that ``config`` is annotated with, if it is."""
    classes = [member.type for member in members_of(parameters.hint(CONFIG)) if member.type is not type(None)]
    only = classes[0] if len(classes) == 1 else None
    return only if only and isinstance(registry.kind_of_users(only), Records) else None


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
