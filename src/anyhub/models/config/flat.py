"""The ``config`` argument among the others in one object: whether it can lie flat there, and which keys are its own."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from anyhub.models.config.capture import CONFIG
from anyhub.models.config.choice import Scope, declared_class
from anyhub.models.config.kinds import registry
from anyhub.models.config.kinds.records import Records
from anyhub.models.config.members import members_of
from anyhub.models.config.parameters import Parameters


def joined(
    parameters: Parameters, arguments: Mapping[str, Any], config: Any, types: Mapping[str, str]
) -> dict[str, Any]:
    """Put the ``config`` argument and the others into one object, such that `kept_apart` can tell them apart.

    Args:
        parameters (`Parameters`): The parameters of the class.
        arguments (`Mapping`): The JSON of the other arguments.
        config: The JSON of ``config``.
        types (`Mapping[str, str]`): The notes about both.
    """
    if config is None:
        return {CONFIG: None, **arguments} if _others(parameters, arguments) else {**arguments}
    taken = (*parameters.named, *arguments)
    mixed = not isinstance(config, dict) or not config or not config.keys().isdisjoint(taken)
    if mixed or CONFIG not in parameters.named or _looks_like_others(parameters, arguments, config, types):
        return {**arguments, CONFIG: config}
    return {**arguments, **config}


def _looks_like_others(
    parameters: Parameters, arguments: Mapping[str, Any], config: Mapping[str, Any], types: Mapping[str, str]
) -> bool:
    """Return whether some keys of ``config`` would be taken for arguments that came through ``**kwargs``."""
    fields = _field_names(_class_of_config(parameters, types))
    unnamed = not config.keys() <= fields
    return unnamed and bool(parameters.open if fields else _others(parameters, arguments))


def _others(parameters: Parameters, arguments: Mapping[str, Any]) -> set[str]:
    return arguments.keys() - parameters.named.keys()


def kept_apart(
    parameters: Parameters, content: Mapping[str, Any], types: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the arguments that an object names, and the keys of ``config`` where they lie flat among them.

    Args:
        parameters (`Parameters`): The parameters of the class.
        content (`Mapping`): The object.
        types (`Mapping[str, str]`): The notes about it.
    """
    own = {name: content[name] for name in parameters.named if name in content}
    if CONFIG not in parameters.named or CONFIG in own:
        return own, {}
    rest = {name: value for name, value in content.items() if name not in own}
    return own, _flat_config(parameters, content, rest, types)


def _flat_config(
    parameters: Parameters, content: Mapping[str, Any], rest: dict[str, Any], types: Mapping[str, str]
) -> dict[str, Any]:
    """Pick the keys of the ``config`` argument from a flat file.

    A file of ours is flat only if no key of it could be another argument's. Other writers did not look: there, keys
    that name both a field of the class and another argument are given to both.
    """
    cls = _class_of_config(parameters, types)
    fields = _field_names(cls)
    required = parameters.default(CONFIG) is inspect.Parameter.empty
    if not fields:
        return rest or (dict(content) if required else {})
    if _takes_others(cls) and not parameters.open:
        fields |= rest.keys()
    if required or not fields.isdisjoint(rest):
        return {name: value for name, value in content.items() if name in fields}
    return {}


def class_declared_for_config(parameters: Parameters) -> type | None:
    """Return the one class with fields that ``config`` is annotated with, if it is."""
    classes = [member.type for member in members_of(parameters.hint(CONFIG)) if member.type is not type(None)]
    only = classes[0] if len(classes) == 1 else None
    return only if only and isinstance(registry.kind_of_users(only), Records) else None


def _class_of_config(parameters: Parameters, types: Mapping[str, str]) -> type | None:
    """Return the class of ``config``: what a note says, which may be a subclass of what is declared."""
    members, note = members_of(parameters.hint(CONFIG)), types.get(CONFIG)
    noted = declared_class(members, note, Scope(names=parameters.names)) if isinstance(note, str) else None
    return noted or class_declared_for_config(parameters)


def _field_names(cls: type | None) -> frozenset[str]:
    kind = registry.kind_of_users(cls) if cls else None
    return frozenset(kind.fields(cls) if cls and isinstance(kind, Records) else ())


def _takes_others(cls: type | None) -> bool:
    kind = registry.kind_of_users(cls) if cls else None
    return bool(cls and isinstance(kind, Records) and kind.takes_others(cls))
